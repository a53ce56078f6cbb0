//! What has not changed costs no write: proven by triggers in the database itself, which see every
//! row that is inserted, updated or deleted, also one that is written over with what it held.

use std::collections::BTreeMap;

use sqlx::Row as _;
use store::Dialect;
use world::World;

use crate::{add, change, customer, pull, quiet, ticket};

/// The rows of a run itself, which are excepted: runs, leases, budgets, cursors, and when the
/// integration is due next.
const EXCEPTED: [&str; 7] = [
    "run",
    "run_log",
    "job",
    "lease",
    "budget",
    "stream_cursor",
    "integration",
];

/// Watches every other table from now on.
async fn watch(world: &World) {
    let list = match world.store().dialect() {
        Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
        Dialect::Postgres => {
            "SELECT CAST(tablename AS TEXT) AS name FROM pg_tables WHERE schemaname = 'public'"
        }
    };
    let mut tx = world.store().begin().await.unwrap();
    let rows = sqlx::query(list).fetch_all(&mut *tx).await.unwrap();
    let tables: Vec<String> = rows
        .iter()
        .map(|row| row.get::<String, _>("name"))
        .filter(|name| !EXCEPTED.contains(&name.as_str()))
        .filter(|name| !name.starts_with("sqlite_") && !name.starts_with('_'))
        .collect();
    assert!(tables.len() > 20, "{tables:?}");
    let mut statements = vec!["CREATE TABLE seen_write (what TEXT NOT NULL)".to_owned()];
    match world.store().dialect() {
        Dialect::Sqlite => {
            for table in &tables {
                for act in ["INSERT", "UPDATE", "DELETE"] {
                    statements.push(format!(
                        "CREATE TRIGGER see_{table}_{act} AFTER {act} ON {table} \
                         BEGIN INSERT INTO seen_write VALUES ('{act} {table}'); END"
                    ));
                }
            }
        }
        Dialect::Postgres => {
            statements.push(
                "CREATE FUNCTION see_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 INSERT INTO seen_write VALUES (TG_OP || ' ' || TG_TABLE_NAME); RETURN NULL; END $$"
                    .to_owned(),
            );
            for table in &tables {
                statements.push(format!(
                    "CREATE TRIGGER see_{table} AFTER INSERT OR UPDATE OR DELETE ON {table} \
                     FOR EACH ROW EXECUTE FUNCTION see_write()"
                ));
            }
        }
    }
    for statement in statements {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
}

/// What was written since it was last asked: how many rows, by act and table.
async fn seen(world: &World) -> BTreeMap<String, i64> {
    let mut tx = world.store().begin().await.unwrap();
    let rows = sqlx::query("SELECT what, COUNT(*) AS n FROM seen_write GROUP BY what")
        .fetch_all(&mut *tx)
        .await
        .unwrap();
    sqlx::query("DELETE FROM seen_write")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    rows.iter()
        .map(|row| (row.get("what"), row.get("n")))
        .collect()
}

#[tokio::test]
async fn an_unchanged_pull_costs_at_most_four_requests_and_writes_no_row() {
    World::builder()
        .tickets(300)
        .users(60)
        .page_size(100)
        .each(async |world| {
            world.sync_well().await;
            let dump = world.dump().await;
            watch(world).await;
            for _ in 0..3 {
                let before = world.zendesk().requests();
                let run = pull(world).await;
                let sent = world.zendesk().requests() - before;
                assert!(
                    sent <= 4,
                    "{sent} requests: {:?}",
                    world.zendesk().requests_by_route()
                );
                assert_eq!(run.counters.requests, sent);
                assert_eq!(seen(world).await, BTreeMap::new());
                let counters = run.counters;
                assert_eq!(counters.tickets.read, counters.tickets.unchanged);
                assert_eq!(counters.users.read, counters.users.unchanged);
                assert_eq!(counters.comments.read, counters.comments.unchanged);
            }
            assert!(dump == world.dump().await, "the records are as they were");
            // The watch itself works: a change is seen, and only what it touches.
            change(
                world,
                7,
                simulator::TicketChange {
                    subject: Some(Some("Changed".to_owned())),
                    ..simulator::TicketChange::default()
                },
            );
            pull(world).await;
            let expected = [
                // The subject has one word that it did not have.
                ("INSERT case_word", 1),
                ("INSERT history", 2),
                ("UPDATE crm_case", 1),
                ("UPDATE link", 1),
                ("UPDATE zendesk_ticket", 1),
            ];
            let expected: BTreeMap<String, i64> = expected
                .into_iter()
                .map(|(what, n)| (what.to_owned(), n))
                .collect();
            assert_eq!(seen(world).await, expected);
        })
        .await;
}

#[tokio::test]
async fn reading_everything_again_from_the_beginning_writes_no_row() {
    World::builder()
        .tickets(120)
        .users(30)
        .page_size(50)
        .each(async |world| {
            world.sync_well().await;
            watch(world).await;
            let mut tx = world.store().begin().await.unwrap();
            sqlx::query("DELETE FROM stream_cursor")
                .execute(&mut *tx)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let run = pull(world).await;
            assert_eq!(run.counters.tickets.read, 120);
            assert_eq!(seen(world).await, BTreeMap::new());
        })
        .await;
}

#[tokio::test]
async fn a_ticket_touched_by_the_system_only_is_no_change() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let id = add(
                world,
                simulator::NewTicket {
                    requester_id: Some(rosa),
                    ..ticket()
                },
            );
            pull(world).await;
            watch(world).await;
            world
                .zendesk()
                .edit(|account| account.system_touch(id))
                .unwrap();
            let run = pull(world).await;
            assert_eq!(
                (run.counters.tickets.read, run.counters.tickets.unchanged),
                (1, 1)
            );
            assert_eq!(seen(world).await, BTreeMap::new());
        })
        .await;
}

#[tokio::test]
async fn a_change_that_only_the_mirror_has_a_place_for_writes_neither_case_nor_link() {
    quiet()
        .each(async |world| {
            let id = add(world, ticket());
            pull(world).await;
            watch(world).await;
            let tags = Some(vec!["vip".to_owned()]);
            change(
                world,
                id,
                simulator::TicketChange {
                    tags,
                    ..simulator::TicketChange::default()
                },
            );
            let run = pull(world).await;
            assert_eq!(
                (run.counters.tickets.updated, run.counters.cases.updated),
                (1, 0)
            );
            assert_eq!(
                seen(world).await,
                BTreeMap::from([("UPDATE zendesk_ticket".to_owned(), 1)])
            );
        })
        .await;
}

#[tokio::test]
async fn a_redaction_at_the_end_of_the_export_is_carried_out_once() {
    quiet()
        .each(async |world| {
            let id = add(world, ticket());
            pull(world).await;
            let first = world.comments_of(id).await[0].remote_id.unwrap();
            world
                .zendesk()
                .edit(|account| account.redact_comment(first, None))
                .unwrap();
            pull(world).await;
            watch(world).await;
            for _ in 0..2 {
                let before = world.zendesk().requests();
                pull(world).await;
                let sent = world.zendesk().requests() - before;
                assert!(sent <= 4, "{:?}", world.zendesk().requests_by_route());
                assert_eq!(seen(world).await, BTreeMap::new());
            }
        })
        .await;
}

#[tokio::test]
async fn users_changed_a_moment_ago_are_read_again_without_a_write() {
    quiet()
        .each(async |world| {
            pull(world).await;
            customer(world, "Rosa Parks", "rosa@customer.example");
            assert_eq!(world.sync_well().await.counters.users.created, 1);
            watch(world).await;
            let again = world.sync_well().await.counters.users;
            assert_eq!((again.created, again.updated), (0, 0));
            assert!(again.unchanged >= 1, "{again:?}");
            assert_eq!(seen(world).await, BTreeMap::new());
        })
        .await;
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_says_what_the_run_after_it_does() {
    quiet()
        .each(async |world| {
            let id = add(world, ticket());
            pull(world).await;
            let subject = Some(Some("Smoke only".to_owned()));
            change(
                world,
                id,
                simulator::TicketChange {
                    subject,
                    ..simulator::TicketChange::default()
                },
            );
            add(world, ticket());
            world.pass_minutes(2);
            watch(world).await;
            let integration = world.integration().await;
            let folder = tempfile::tempdir().unwrap();
            let engine = world.engine();
            let dry = engine::dry_run::dry_run(engine, &integration, folder.path())
                .await
                .unwrap();
            assert_eq!(seen(world).await, BTreeMap::new());
            let number = world.case_of(id).await.number;
            assert_eq!(
                dry.changes.sentences,
                [format!(
                    "Case {number}: subject would change from “Printer on fire” to “Smoke only”."
                )]
            );
            assert_eq!(dry.counters.cases.created, 1);
            assert_eq!(dry.warnings, engine::dry_run::Told::default());

            let mut real = world.sync_well().await.counters;
            real.requests = dry.counters.requests;
            assert_eq!(real, dry.counters);
            assert_eq!(world.case_of(id).await.fields.subject, "Smoke only");
        })
        .await;
}
