//! Every number of rows that a statement may or may not divide evenly.

use std::collections::HashSet;

use store::comments::{self, MirroredComment};
use store::history::{self, Event};
use store::references::{self, Reference};
use store::runs::{self, Level};
use store::tickets::{self, MirroredTicket};
use store::zendesk_users::{self, MirroredUser, PersonLink};
use store::{cases, conflicts, contacts, links};

use crate::database::{Database, on_both};
use crate::samples::{
    at, case, case_comment, contact, integration, link, ticket, ticket_comment, zendesk_user,
};

pub(crate) const SIZES: [i64; 10] = [0, 1, 7, 8, 9, 39, 40, 41, 100, 1_001];

/// Asks for every id there is, the first ones again, and some that are not there.
fn asked(size: i64) -> Vec<i64> {
    (1..=size)
        .chain(1..=size.min(20))
        .chain([-1, size + 1])
        .collect()
}

async fn empty(database: &Database, tables: &[&str]) {
    for table in tables {
        database.execute(&format!("DELETE FROM {table}")).await;
    }
}

fn length<T>(found: impl IntoIterator<Item = T>) -> i64 {
    i64::try_from(found.into_iter().count()).unwrap()
}

#[tokio::test]
async fn cases_and_contacts_of_any_number_are_written_and_read_back() {
    on_both(async |database| {
        for size in SIZES {
            let all: Vec<_> = (1..=size).map(case).collect();
            let people: Vec<_> = (1..=size).map(contact).collect();
            let ids: Vec<_> = asked(size).into_iter().map(|n| case(n).id).collect();
            let mut tx = database.tx().await;
            cases::put(&mut tx, &all).await.unwrap();
            let locked = cases::lock(&mut tx, &ids).await.unwrap();
            assert_eq!(length(&locked), size);
            assert!(all.iter().all(|case| locked[&case.id] == *case), "{size}");
            contacts::put(&mut tx, &people, at(0)).await.unwrap();
            contacts::put(&mut tx, &people, at(1)).await.unwrap();
            tx.commit().await.unwrap();

            let mut reader = database.reader().await;
            assert_eq!(cases::count(&mut reader).await.unwrap(), size);
            let ids: Vec<_> = asked(size).into_iter().map(|n| contact(n).id).collect();
            let found = contacts::by_ids(&mut reader, &ids).await.unwrap();
            assert_eq!(length(&found), size);
            assert!(people.iter().all(|person| found[&person.id] == *person));
            let keys: Vec<_> = asked(size)
                .into_iter()
                .map(|n| format!("grace{n}@example.com"))
                .collect();
            let found = contacts::ids_by_primary_email(&mut reader, &keys).await;
            let found = found.unwrap();
            assert_eq!(length(&found), size);
            assert!((1..=size).all(|n| found[&format!("grace{n}@example.com")] == contact(n).id));
            drop(reader);
            empty(database, &["crm_case", "crm_contact"]).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_mirror_of_any_size_is_written_twice_and_read_back() {
    on_both(async |database| {
        let id = integration(database, "main").await.id;
        for size in SIZES {
            let all: Vec<_> = (1..=size).map(ticket).collect();
            let users: Vec<_> = (1..=size).map(zendesk_user).collect();
            let said: Vec<_> = (1..=size).map(|n| ticket_comment(n, n)).collect();
            let mut tx = database.tx().await;
            for content in [1, 2] {
                let rows: Vec<_> = all
                    .iter()
                    .map(|ticket| MirroredTicket {
                        ticket,
                        content: ticket.id * content,
                        raw: "{}",
                    })
                    .collect();
                tickets::put(&mut tx, &id, &rows).await.unwrap();
                let rows: Vec<_> = users
                    .iter()
                    .map(|user| MirroredUser {
                        user,
                        content: user.id * content,
                        raw: "{}",
                    })
                    .collect();
                zendesk_users::put(&mut tx, &id, &rows).await.unwrap();
                let rows: Vec<_> = said
                    .iter()
                    .map(|comment| MirroredComment {
                        comment,
                        case_comment_id: None,
                        content: comment.id * content,
                        raw: "{}",
                    })
                    .collect();
                comments::mirror(&mut tx, &id, &rows).await.unwrap();
            }
            let merged: Vec<_> = (1..=size).map(|n| (n, n + 1)).collect();
            tickets::note_merged(&mut tx, &id, &merged).await.unwrap();
            tx.commit().await.unwrap();

            let asked = asked(size);
            let mut reader = database.reader().await;
            let found = tickets::by_ids(&mut reader, &id, &asked).await.unwrap();
            assert_eq!(length(&found), size);
            assert!((1..=size).all(|n| found[&n].content == 2 * n));
            let found = zendesk_users::by_ids(&mut reader, &id, &asked)
                .await
                .unwrap();
            assert_eq!(length(&found), size);
            assert!((1..=size).all(|n| found[&n].content == 2 * n));
            let found = comments::known(&mut reader, &id, &asked).await.unwrap();
            assert_eq!(length(&found), size);
            assert!((1..=size).all(|n| found[&n].content == 2 * n));
            drop(reader);
            let merged = "SELECT COUNT(*) FROM zendesk_ticket WHERE merged_into = remote_id + 1";
            assert_eq!(database.number(merged).await, size);
            empty(
                database,
                &["zendesk_ticket", "zendesk_user", "zendesk_comment"],
            )
            .await;
        }
    })
    .await;
}

#[tokio::test]
async fn links_comments_and_lists_of_any_number_are_written_and_read_back() {
    on_both(async |database| {
        let id = integration(database, "main").await.id;
        for size in SIZES {
            let all: Vec<_> = (1..=size).map(|n| link(n, &case(n).id)).collect();
            let said: Vec<_> = (1..=size).map(|n| case_comment(n, "case1")).collect();
            let people: Vec<_> = (1..=size)
                .map(|n| PersonLink {
                    remote_id: n,
                    contact_id: contact(n).id,
                    agreed: domain::value::Agreed::default(),
                })
                .collect();
            let groups: Vec<_> = (1..=size)
                .map(|n| Reference {
                    remote_id: n,
                    name: format!("Group {n}"),
                    content: n,
                    raw: "{}".to_owned(),
                })
                .collect();
            let mut tx = database.tx().await;
            links::put(&mut tx, &id, &all, at(0)).await.unwrap();
            comments::put(&mut tx, &said, at(0)).await.unwrap();
            zendesk_users::link(&mut tx, &id, &people, at(0))
                .await
                .unwrap();
            let written = references::put(&mut tx, &id, references::GROUPS, &groups).await;
            assert_eq!(i64::try_from(written.unwrap()).unwrap(), size);
            tx.commit().await.unwrap();

            let asked = asked(size);
            let mut reader = database.reader().await;
            let found = links::by_tickets(&mut reader, &id, &asked).await.unwrap();
            assert_eq!(length(&found), size);
            assert!(all.iter().all(|link| found[&link.remote_id] == *link));
            let found = links::cases_of(&mut reader, &id, &asked).await.unwrap();
            assert_eq!(length(&found), size);
            let ids: Vec<_> = asked.iter().map(|n| case(*n).id).collect();
            let open: HashSet<_> = links::open_cases(&mut reader, &ids)
                .await
                .unwrap()
                .into_iter()
                .collect();
            assert_eq!(length(&open), size);
            let ids: Vec<_> = asked.iter().map(|n| case_comment(*n, "").id).collect();
            let found = comments::by_ids(&mut reader, &ids).await.unwrap();
            assert_eq!(length(&found), size);
            assert!(said.iter().all(|comment| found[&comment.id] == *comment));
            let found = zendesk_users::links(&mut reader, &id, &asked)
                .await
                .unwrap();
            assert_eq!(length(&found), size);
            let found = references::names(&mut reader, &id, references::GROUPS, &asked).await;
            assert_eq!(length(found.unwrap()), size);
            let found = references::known(&mut reader, &id, &asked).await;
            assert_eq!(length(found.unwrap()), size);
            drop(reader);
            empty(
                database,
                &[
                    "link",
                    "crm_case_comment",
                    "person_link",
                    "zendesk_reference",
                ],
            )
            .await;
        }
    })
    .await;
}

#[tokio::test]
async fn logs_conflicts_and_histories_of_any_length_are_written_and_read_back() {
    on_both(async |database| {
        let id = integration(database, "main").await.id;
        let mut tx = database.tx().await;
        let (run, _) =
            runs::open_or_join(&mut tx, &id, "pull", "schedule", at(0), &clock::SystemDice)
                .await
                .unwrap();
        tx.commit().await.unwrap();
        for size in SIZES {
            let lines: Vec<_> = (1..=size)
                .map(|n| (Level::Info, format!("line {n}")))
                .collect();
            let fought: Vec<_> = (1..=size)
                .map(|n| conflicts::Conflict {
                    id: format!("conflict{n}"),
                    subject: conflicts::Subject::Case("case1".to_owned()),
                    remote_id: n,
                    field: "subject".to_owned(),
                    agreed: None,
                    crm: Some("ours".to_owned()),
                    zendesk: Some("theirs".to_owned()),
                    winner: "zendesk",
                    rule: "remote wins",
                })
                .collect();
            // Every third event is about the same case: chains grow within one statement.
            let events: Vec<_> = (1..=size)
                .map(|n| Event {
                    case_id: format!("case{}", n / 3),
                    side: "zendesk",
                    actor: "pull".to_owned(),
                    run_id: Some(run.clone()),
                    body: format!("{{\"n\":{n}}}"),
                    before: "{}".to_owned(),
                })
                .collect();
            let mut tx = database.tx().await;
            runs::log(&mut tx, &run, 1, &lines, at(0)).await.unwrap();
            conflicts::record(&mut tx, &id, Some(&run), &fought, at(0))
                .await
                .unwrap();
            history::append(&mut tx, &events, at(0)).await.unwrap();
            history::append(&mut tx, &events, at(1)).await.unwrap();
            tx.commit().await.unwrap();

            let mut reader = database.reader().await;
            assert_eq!(runs::log_length(&mut reader, &run).await.unwrap(), size);
            let log = runs::read_log(&mut reader, &run, 0, 10_000, false).await;
            let told: Vec<_> = log.unwrap().into_iter().map(|line| line.line).collect();
            let expected: Vec<_> = lines.iter().map(|(_, line)| line.clone()).collect();
            assert_eq!(told, expected);
            let found = conflicts::count(&mut reader, "case1").await.unwrap();
            assert_eq!(found, size);
            for n in 0..=size / 3 {
                let case = format!("case{n}");
                assert!(
                    history::chain_is_whole(&mut reader, &case).await.unwrap(),
                    "{case}"
                );
            }
            drop(reader);
            let chains: HashSet<_> = events.iter().map(|event| &event.case_id).collect();
            // Each event twice, and before each case's first one the state before it.
            let expected = 2 * size + length(&chains);
            assert_eq!(database.count("history").await, expected);
            empty(database, &["run_log", "conflict", "history"]).await;
        }
    })
    .await;
}
