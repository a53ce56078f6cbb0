//! A copy of a database holds every row of every table, whatever kind either is; but for those that sends of
//! profiles keep of their customers.

use store::{Dialect, Store, cases};

use crate::database::{Database, execute, in_new_database, in_new_file};
use crate::samples::case;
use crate::schema::{Kind, tables};

/// Three rows in every table: a plain one, one with everything empty that may be, and one with
/// large numbers and difficult text. A row refers to the row of the same number elsewhere.
async fn fill(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    for table in tables() {
        for row in 1..=3 {
            let columns = &table.columns;
            let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
            let values: Vec<_> = columns
                .iter()
                .map(|column| match (row, column.kind, column.may_be_empty) {
                    (2, _, true) => "NULL".to_owned(),
                    (_, Kind::Bytes, _) => match store.dialect() {
                        Dialect::Sqlite => format!("X'00FF8{row}0A'"),
                        Dialect::Postgres => format!("decode('00FF8{row}0A', 'hex')"),
                    },
                    (3, Kind::Text, _) => "'v3 — 🖨️ שלום \"quoted\" ''quoted''\n'".to_owned(),
                    (3, Kind::Number, _) => "9007199254740993".to_owned(),
                    (_, Kind::Text, _) => format!("'v{row}'"),
                    (_, Kind::Number, _) => row.to_string(),
                })
                .collect();
            let insert = format!(
                "INSERT INTO {} ({}) VALUES ({})",
                table.name,
                names.join(", "),
                values.join(", ")
            );
            execute(&mut tx, &insert).await.unwrap();
        }
    }
    // More than one page of the copy.
    let many: Vec<_> = (100..2_200).map(case).collect();
    cases::put(&mut tx, &many).await.unwrap();
    tx.commit().await.unwrap();
}

/// Every value of every row of every table.
async fn contents(store: &Store) -> Vec<String> {
    let mut all = Vec::new();
    for table in tables() {
        let values: Vec<_> = table
            .columns
            .iter()
            .map(|column| match (column.kind, store.dialect()) {
                (Kind::Bytes, Dialect::Sqlite) => format!("hex({})", column.name),
                (Kind::Bytes, Dialect::Postgres) => {
                    format!("upper(encode({}, 'hex'))", column.name)
                }
                (Kind::Text | Kind::Number, _) => {
                    format!("COALESCE(CAST({} AS TEXT), '(nothing)')", column.name)
                }
            })
            .collect();
        let table = table.name;
        let query = format!(
            "SELECT '{table}: ' || {} FROM {table}",
            values.join(" || '|' || ")
        );
        let mut rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .fetch_all(&mut *store.read().await.unwrap())
            .await
            .unwrap();
        rows.sort();
        all.extend(rows);
    }
    all
}

async fn check_copy(from: &Store, into: &Store) {
    fill(from).await;
    from.copy_into(into).await.unwrap();
    let (mut original, copy) = (contents(from).await, contents(into).await);
    let all = original.len();
    let is_left_out = |row: &String| {
        [
            "ledger: ",
            "workflow_row: ",
            "send_batch: ",
            "outgoing_webhook: ",
            "outgoing_event: ",
            "asked_check: ",
        ]
        .iter()
        .any(|table| row.starts_with(table))
    };
    original.retain(|row| !is_left_out(row));
    assert_eq!(original.len(), all - 18, "three rows of each table");
    assert_eq!(original.len(), copy.len());
    for (original, copy) in original.iter().zip(&copy) {
        assert_eq!(original, copy);
    }
    let told = async |store: &Store| {
        store::dump::read(&mut store.read().await.unwrap())
            .await
            .unwrap()
    };
    let (original, copy) = (told(from).await, told(into).await);
    assert!(original.lines().count() > 2_100);
    assert!(original == copy, "the dumps differ");
    // The copy is a database like any other.
    let mut tx = into.begin().await.unwrap();
    cases::put(&mut tx, &[case(5_000)]).await.unwrap();
    tx.commit().await.unwrap();
    let kept = cases::find(&mut from.read().await.unwrap(), "5000").await;
    assert_eq!(kept.unwrap(), None);
}

#[tokio::test]
async fn a_file_is_copied_into_a_file() {
    in_new_file(async |from| {
        let from_store = Store::open(&from.url).await.unwrap();
        let into = Store::open_file(&from.folder().join("copy.db"))
            .await
            .unwrap();
        check_copy(&from_store, &into).await;
    })
    .await;
}

#[tokio::test]
async fn a_server_is_copied_into_a_file() {
    in_new_database(async |from| {
        let from_store = Store::open(&from.url).await.unwrap();
        let into = Store::open_file(&from.folder().join("copy.db"))
            .await
            .unwrap();
        assert_eq!(into.dialect(), Dialect::Sqlite);
        check_copy(&from_store, &into).await;
    })
    .await;
}

#[tokio::test]
async fn a_file_is_copied_into_a_server() {
    in_new_database(async |into| {
        let from = Store::open_file(&into.folder().join("from.db"))
            .await
            .unwrap();
        check_copy(&from, &Store::open(&into.url).await.unwrap()).await;
    })
    .await;
}

#[tokio::test]
async fn a_server_is_copied_into_a_server() {
    in_new_database(async |from| {
        let from = &from;
        in_new_database(async |into| {
            let from = Store::open(&from.url).await.unwrap();
            check_copy(&from, &Store::open(&into.url).await.unwrap()).await;
            from.close().await;
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_copy_that_fails_leaves_the_original_usable() {
    crate::database::on_both(async |database: &Database| {
        let mut tx = database.tx().await;
        cases::put(&mut tx, &[case(1)]).await.unwrap();
        tx.commit().await.unwrap();
        let into = Store::open_file(&database.place.folder().join("copy.db"))
            .await
            .unwrap();
        let mut tx = into.begin().await.unwrap();
        cases::put(&mut tx, &[case(1)]).await.unwrap();
        tx.commit().await.unwrap();
        assert!(database.store.copy_into(&into).await.is_err());
        into.close().await;
        // Nobody gets a connection that still looks at the past, or is in the middle of something.
        for n in 2..20 {
            let mut tx = database.tx().await;
            cases::put(&mut tx, &[case(n)]).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(database.count("crm_case").await, n);
        }
    })
    .await;
}

#[tokio::test]
async fn a_copy_shows_one_moment_while_others_write() {
    crate::database::on_both(async |database: &Database| {
        let many: Vec<_> = (1..=1_500).map(case).collect();
        let mut tx = database.tx().await;
        cases::put(&mut tx, &many).await.unwrap();
        tx.commit().await.unwrap();
        let into = Store::open_file(&database.place.folder().join("copy.db"))
            .await
            .unwrap();
        // Cases and their comments come together, in one transaction; a copy has both or neither.
        let writing = async {
            for n in 2_000..2_020 {
                let mut tx = database.tx().await;
                cases::put(&mut tx, &[case(n)]).await.unwrap();
                let said = crate::samples::case_comment(n, &case(n).id);
                store::comments::put(&mut tx, &[said], crate::samples::at(0))
                    .await
                    .unwrap();
                store::users::add(
                    &mut tx,
                    &format!("{n}@example.com"),
                    "Somebody",
                    store::users::UserRole::Agent,
                    None,
                    crate::samples::at(0),
                    &clock::SystemDice,
                )
                .await
                .unwrap();
                tx.commit().await.unwrap();
            }
        };
        let (copied, ()) = tokio::join!(database.store.copy_into(&into), writing);
        copied.unwrap();
        let count = async |sql: &'static str| {
            let n: i64 = sqlx::query_scalar(sql)
                .fetch_one(&mut *into.read().await.unwrap())
                .await
                .unwrap();
            n
        };
        let cases = count("SELECT COUNT(*) FROM crm_case WHERE number >= 2000").await;
        let comments = count("SELECT COUNT(*) FROM crm_case_comment").await;
        let users = count("SELECT COUNT(*) FROM crm_user").await;
        assert_eq!((cases, comments), (users, users));
        into.close().await;
    })
    .await;
}
