//! Read-only SQL as a source, by the command lines that scripts rely on. The database is a PostgreSQL of its
//! own; without a server the tests say that they were skipped.

use serde_json::Value;
use world::Database;

use crate::desk::Desk;

/// A desk with the credential `warehouse` for a database.
async fn desk_with(database: &str) -> Desk {
    let mut desk = Desk::bare();
    desk.init().await;
    desk.set("WAREHOUSE", database);
    let add = [
        "credential",
        "add",
        "warehouse",
        "--type",
        "database",
        "--address-env",
        "WAREHOUSE",
    ];
    desk.ok(&add).await;
    desk
}

async fn add_query(desk: &Desk, name: &str, statement: &str) {
    let add = [
        "query",
        "add",
        name,
        "--credential",
        "warehouse",
        "--sql",
        statement,
    ];
    desk.ok(&add).await;
}

/// Runs a test on an empty database that is not the desk's own.
async fn with_database(test: &str, script: impl AsyncFn(&str)) {
    let Some(database) = Database::postgres(test).await else {
        return;
    };
    script(database.url()).await;
    database.remove().await;
}

const PEOPLE: &str = "SELECT * FROM (VALUES ('s1', 'Kim', 12.50), ('s2', 'Ada', NULL)) AS people(external_id, name, spent)";

#[tokio::test]
async fn a_statement_is_looked_at_and_sent() {
    with_database("a_statement_is_looked_at_and_sent", async |url| {
        let desk = desk_with(url).await;
        let zendesk = desk.destination("support", &[]).await;
        let tried = desk
            .json(&["credential", "test", "warehouse", "--json"])
            .await;
        assert_eq!(tried["ok"], true, "{tried}");
        let found = tried["places"][0]["found"].as_str().unwrap();
        assert!(
            found.contains("Make a user of its own for Deskbridge"),
            "{found}"
        );
        let file = desk.file("people.sql", PEOPLE);
        let add = [
            "query",
            "add",
            "people",
            "--credential",
            "warehouse",
            "--sql-file",
            &file,
        ];
        desk.ok(&add).await;
        let seen = desk.json(&["query", "preview", "people", "--json"]).await;
        assert_eq!(seen["columns"][2]["kind"], "decimal", "{seen}");
        assert_eq!(seen["rows"][0]["cells"]["spent"], "12.50");
        assert_eq!(seen["rows"][1]["cells"]["spent"], Value::Null);
        desk.ok(&["query", "activate", "people"]).await;
        desk.ok(&[
            "orchestration",
            "add",
            "all",
            "--query",
            "people",
            "--to",
            "support",
        ])
        .await;
        let result = desk.json(&["orchestration", "run", "all", "--json"]).await;
        assert_eq!(result["rows"]["created"], 2, "{result}");
        assert_eq!(zendesk.sends().users_created, 2);
        let said = desk
            .refused(1, &["credential", "delete", "warehouse"])
            .await;
        assert!(said.contains("query people"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_does_more_than_read_says_so() {
    with_database("a_statement_that_does_more_than_read_says_so", async |url| {
        let desk = desk_with(url).await;
        for (number, (statement, sentence)) in [
            ("DELETE FROM people", "it does not begin with SELECT, WITH or VALUES. Write one statement"),
            ("WITH gone AS (DELETE FROM people RETURNING *) SELECT * FROM gone", "it writes, with DELETE inside. Only reading is allowed."),
            ("SELECT 1 AS external_id; DROP TABLE people", "it is more than one statement."),
            ("SELECT 'x' AS external_id INTO people", "it writes with SELECT INTO."),
            ("SELECT 'x' AS external_id, pg_sleep(3600)", "it calls `pg_sleep`, which is not on the list of harmless functions. Do without it, or put it into a view."),
            ("SELECT pg_read_file('/etc/passwd') AS name", "it calls `pg_read_file`"),
            ("SELECT external_id FROM peeple", "relation \"peeple\" does not exist (42P01). Correct the statement."),
            ("SELECT 1 AS name, 2 AS name", "columns 1 and 2 are both called `name`."),
        ]
        .into_iter()
        .enumerate()
        {
            let name = format!("q{number}");
            add_query(&desk, &name, statement).await;
            for look in ["preview", "activate"] {
                let said = desk.refused(1, &["query", look, &name]).await;
                assert!(said.contains("warehouse") && said.contains(sentence), "{statement}: {said}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_statement_of_a_billion_rows_costs_no_more_than_is_looked_at() {
    const TEST: &str = "a_statement_of_a_billion_rows_costs_no_more_than_is_looked_at";
    with_database(TEST, async |url| {
        let desk = desk_with(url).await;
        let zendesk = desk.destination("support", &[]).await;
        let statement = "SELECT a || '-' || b AS external_id, 'Kim' AS name FROM generate_series(1, 100000) a, generate_series(1, 10000) b";
        add_query(&desk, "all", statement).await;
        let memory = "524288";
        let ran = desk.bounded(memory, &["query", "preview", "all", "--json"]).await;
        let seen: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((seen["rows"].as_array().unwrap().len(), &seen["complete"]), (100, &false.into()));
        desk.ok(&["query", "activate", "all"]).await;
        desk.ok(&["orchestration", "add", "all", "--query", "all", "--to", "support"]).await;
        let run = ["orchestration", "run", "all", "--test", "10", "--json"];
        let ran = desk.bounded(memory, &run).await;
        assert_eq!(ran.status, Some(0), "{ran:?}");
        assert_eq!(zendesk.sends().users_created, 10);
    })
    .await;
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_told_without_its_password() {
    const TEST: &str = "a_database_that_cannot_be_used_is_told_without_its_password";
    with_database(TEST, async |url| {
        let mut desk = desk_with(url).await;
        add_query(&desk, "people", PEOPLE).await;
        let (server, _) = url.rsplit_once('/').unwrap();
        let gone = format!("{server}/no_such_database");
        for (address, sentence) in [
            (gone.as_str(), "the database that the address names does not exist. Correct the address in the credential."),
            ("postgres://reader:hunter2@127.0.0.1:1/crm", "Try again; if it stays like this, check its address and the network."),
        ] {
            desk.set("WAREHOUSE", address);
            desk.ok(&["credential", "edit", "warehouse", "--address-env", "WAREHOUSE"]).await;
            for look in [["query", "preview", "people"], ["credential", "test", "warehouse"]] {
                let said = desk.refused(1, &look).await;
                assert!(said.contains(sentence), "{said}");
                assert!(!said.contains("hunter2"), "{said}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn our_own_database_is_no_source() {
    with_database("our_own_database_is_no_source", async |url| {
        let mut desk = Desk::bare();
        desk.database_url = Some(url.to_owned());
        desk.init().await;
        desk.set("WAREHOUSE", url);
        let add = [
            "credential",
            "add",
            "warehouse",
            "--type",
            "database",
            "--address-env",
            "WAREHOUSE",
        ];
        desk.ok(&add).await;
        add_query(&desk, "people", "SELECT name FROM contact").await;
        for look in [
            ["query", "preview", "people"],
            ["credential", "test", "warehouse"],
        ] {
            let said = desk.refused(1, &look).await;
            assert!(said.contains("own database"), "{said}");
        }
    })
    .await;
}
