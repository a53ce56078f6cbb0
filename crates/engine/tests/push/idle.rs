//! With nothing to do nothing is written, on either side; and a dry run tells what the next run does.

use std::collections::BTreeMap;

use domain::case::{CasePriority, CaseStatus};
use sqlx::Row as _;
use store::Dialect;
use world::Voice;

use crate::*;

/// How often each row of these tables was written since the last time, by act and table. Triggers in
/// the database see every row, also one that is written over with what it held.
const WATCHED: [&str; 12] = [
    "crm_case",
    "crm_case_comment",
    "crm_contact",
    "zendesk_user",
    "person_link",
    "zendesk_ticket",
    "zendesk_comment",
    "link",
    "outbox",
    "hint",
    "conflict",
    "history",
];

async fn watch(world: &World) {
    let mut statements = vec!["CREATE TABLE seen_write (what TEXT NOT NULL)".to_owned()];
    match world.store().dialect() {
        Dialect::Sqlite => {
            for table in WATCHED {
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
            for table in WATCHED {
                statements.push(format!(
                    "CREATE TRIGGER see_{table} AFTER INSERT OR UPDATE OR DELETE ON {table} \
                     FOR EACH ROW EXECUTE FUNCTION see_write()"
                ));
            }
        }
    }
    let mut tx = world.store().begin().await.unwrap();
    for statement in statements {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
}

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
async fn with_nothing_to_do_a_full_cycle_writes_no_row_and_sends_no_write() {
    World::builder()
        .tickets(150)
        .users(40)
        .two_way(Wins::Local)
        .each(async |world| {
            world.sync_well().await;
            // Something of everything, delivered.
            for ticket in 1..=5 {
                let case = world.case_of(ticket).await.id;
                let admin = world.admin();
                admin
                    .edit(&case, |fields| fields.priority = CasePriority::High)
                    .await;
                admin.say(&case, "We come.", false, Voice::Own).await;
            }
            for _ in 0..6 {
                pull(world).await;
            }
            let (writes, counted) = (world.zendesk().writes_by_route(), count(world));
            let dump = world.dump().await;
            watch(world).await;
            for _ in 0..4 {
                let before = world.zendesk().requests();
                pull(world).await;
                assert_eq!(seen(world).await, BTreeMap::new());
                assert!(world.zendesk().requests() - before <= 4);
            }
            assert_eq!(world.zendesk().writes_by_route(), writes);
            assert_eq!(count(world), counted);
            assert!(dump == world.dump().await);
        })
        .await;
}

#[tokio::test]
async fn one_edit_costs_one_write_there_and_a_few_rows_here() {
    quiet(Wins::Local)
        .each(async |world| {
            let (_, case) = pulled(world).await;
            pull(world).await;
            watch(world).await;
            let requests = world.zendesk().requests_by_route();
            world
                .admin()
                .edit(&case, |fields| fields.priority = CasePriority::High)
                .await;
            world.pass_minutes(2);
            world.sync_well().await;
            let mut cost = world.zendesk().requests_by_route();
            for (route, count) in &requests {
                *cost.entry(route.clone()).or_default() -= count;
            }
            cost.retain(|route, count| *count > 0 && !route.contains("incremental"));
            let wanted = [
                ("GET tickets/{id}", 1),
                ("GET tickets/{id}/audits", 1),
                ("PUT tickets/{id}", 1),
            ];
            let wanted: BTreeMap<String, u64> = wanted
                .into_iter()
                .map(|(route, count)| (route.to_owned(), count))
                .collect();
            assert_eq!(cost, wanted);
            let rows = seen(world).await;
            assert_eq!(rows.get("UPDATE crm_case"), Some(&1), "{rows:?}");
            assert_eq!(rows.get("INSERT outbox"), Some(&1), "{rows:?}");
            let all: i64 = rows.values().sum();
            assert!(all <= 13, "{rows:?}");
            pull(world).await;
            pull(world).await;
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_dry_run_tells_exactly_what_the_next_run_writes_on_either_side() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let (other, other_case) = pulled(world).await;
            change(world, other, subject("Said there"));
            let admin = world.admin();
            admin
                .edit(&case, |fields| {
                    fields.subject = "Said here".to_owned();
                    fields.status = CaseStatus::InProgress;
                })
                .await;
            admin.say(&case, "We come.", false, Voice::Own).await;
            admin
                .edit(&other_case, |fields| {
                    fields.subject = "Fought over".to_owned();
                })
                .await;
            let contact = meet(world, "Grace Hopper", "grace@navy.example").await;
            let new = admin
                .open_case("A moth", "In relay 70.", Some(&contact))
                .await;
            assert!(admin.publish(&new.id).await);
            world.pass_minutes(2);
            let (before, writes) = (count(world), world.zendesk().writes_by_route());
            let dump = world.dump().await;
            let integration = world.integration().await;
            let folder = tempfile::tempdir().unwrap();
            let dry = Box::pin(engine::dry_run::dry_run(world.engine(), &integration, folder.path()))
                .await
                .unwrap();
            assert_eq!(world.zendesk().writes_by_route(), writes);
            assert_eq!(count(world), before);
            assert!(dump == world.dump().await, "a dry run writes nothing here");
            let (number, other_number) = (
                world.case(&case).await.number,
                world.case(&other_case).await.number,
            );
            let moth = new.number;
            let id = administrator(world);
            let agent = world.zendesk().read(|account| {
                let name = &account.user(id).unwrap().name;
                format!("“{name}” (user {id})")
            });
            let mut told = dry.sendings.sentences.clone();
            told.sort();
            let mut expected = vec![
                format!(
                    "Case {number}: a private note would be added to ticket {ticket} by {agent}: “We come.”."
                ),
                format!("Case {number}: status of ticket {ticket} would become “pending”."),
                format!("Case {number}: subject of ticket {ticket} would become “Said here”."),
                format!("Case {moth} would become a ticket with the subject “A moth”."),
                format!(
                    "Case {moth}: the description of the new ticket would be the public comment “In relay 70.”."
                ),
                format!(
                    "Case {moth}: requester of the new ticket would be a new user with the name “Grace Hopper”, email “grace@navy.example”."
                ),
                format!("Case {moth}: priority of the new ticket would be “normal”."),
                format!("Case {moth}: status of the new ticket would be “open”."),
                format!(
                    "Case {moth}: external id of the new ticket would be “deskbridge:{}:{}”.",
                    integration.id, new.id
                ),
            ];
            expected.sort();
            assert_eq!(told, expected);
            assert_eq!(
                dry.changes.sentences,
                [format!(
                    "Case {other_number}: subject would change from “Fought over” to “Said there”."
                )]
            );
            world.sync_well().await;
            assert_added(world, &before, [1, 2, 3]);
            let here = world.case(&other_case).await.fields.subject;
            assert_eq!(here, "Said there");
            let now = there(world, ticket);
            assert_eq!(now.subject.as_deref(), Some("Said here"));
            assert_eq!(now.status, simulator::Status::Pending);
            settle(world, &case).await;
            assert_at_rest(world).await;
        })
        .await;
}
