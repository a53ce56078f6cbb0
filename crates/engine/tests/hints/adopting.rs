//! A ticket that bears our own id is its case's, whoever sees it first: after a database was put back
//! that did not remember having made it, too. Whose it is, and which of its comments are the case's own,
//! is found out by a look with all its audits (ticket-sync.md 3, reliability.md 6).

use domain::merge::Priority;
use simulator::{NewComment, NewTicket, Status};
use store::inbox::{self, Subject};
use world::{Voice, World};

use crate::{comment, heed, pull, quiet, rename, two_way};

mod others;

/// A case that was published, with a private note and a public comment, and its ticket.
async fn published(world: &World) -> (String, i64) {
    world.sync_well().await;
    let admin = world.admin();
    let case = admin.open_case("A moth", "In relay 70.", None).await.id;
    world.pass_minutes(1);
    admin.say(&case, "A note.", false, Voice::Own).await;
    world.pass_minutes(1);
    admin.say(&case, "For her.", true, Voice::Own).await;
    assert!(admin.publish(&case).await);
    pull(world).await;
    pull(world).await;
    assert_eq!(world.tally(&case).await.open, 0);
    let ticket = world.ticket_of(&case).await.unwrap();
    (case, ticket)
}

/// Puts the database back to before the case was published, as far as it tells of the ticket.
async fn forget(world: &World, case: &str, ticket: i64) {
    let mut tx = world.store().begin().await.unwrap();
    for text in [
        "DELETE FROM link WHERE case_id = $1",
        "DELETE FROM outbox WHERE line = $1",
        "DELETE FROM history WHERE case_id = $1",
    ] {
        let query = sqlx::query(text).bind(case.to_owned());
        query.execute(&mut *tx).await.unwrap();
    }
    for text in [
        "DELETE FROM zendesk_comment WHERE ticket_remote_id = $1",
        "DELETE FROM zendesk_ticket WHERE remote_id = $1",
    ] {
        let query = sqlx::query(text).bind(ticket);
        query.execute(&mut *tx).await.unwrap();
    }
    sqlx::query("DELETE FROM stream_cursor")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.ticket_of(case).await, None);
}

/// Makes a ticket in Zendesk that bears this external id.
fn add_with(world: &World, external_id: &str) -> i64 {
    let new = NewTicket {
        subject: Some("Another moth".to_owned()),
        comment: NewComment::public("It flies."),
        external_id: Some(external_id.to_owned()),
        ..NewTicket::default()
    };
    let added = world.zendesk().edit(|account| account.add_ticket(new));
    added.unwrap()
}

/// Somebody tells of a ticket.
async fn tell_of(world: &World, ticket: i64) {
    let integration = world.integration().await.id;
    let mut tx = world.store().begin().await.unwrap();
    let (subjects, now) = ([Subject::Ticket(ticket)], world.now());
    let hinted = inbox::hint(&mut tx, &integration, &subjects, now, now);
    hinted.await.unwrap();
    tx.commit().await.unwrap();
}

fn external_id(world: &World, ticket: i64) -> String {
    let id = world
        .zendesk()
        .read(|account| account.ticket(ticket).unwrap().external_id.clone());
    id.unwrap().to_string()
}

/// What is on a case: each text, whether it is public, and the Zendesk comment it is.
async fn said(world: &World, case: &str) -> Vec<(String, bool, Option<i64>)> {
    let rows = world.said_on(case).await.into_iter();
    rows.map(|row| (row.comment.message, row.comment.public, row.remote_id))
        .collect()
}

/// The same, as Zendesk has it.
fn said_there(world: &World, ticket: i64) -> Vec<(String, bool, Option<i64>)> {
    world.zendesk().read(|account| {
        let all = account.comments_of(ticket);
        all.map(|(audit, comment)| {
            let id = audit.comment_id();
            (comment.body.to_string(), comment.public, Some(id))
        })
        .collect()
    })
}

/// How many tickets and comments Zendesk has.
fn count(world: &World) -> (usize, usize) {
    (
        world.zendesk().count_tickets(),
        world.zendesk().count_comments(),
    )
}

/// How many requests that change something Zendesk has had.
fn writes(world: &World) -> u64 {
    world.zendesk().writes_by_route().values().sum()
}

async fn count_cases(world: &World) -> i64 {
    let mut reader = world.store().read().await.unwrap();
    store::cases::count(&mut reader).await.unwrap()
}

/// Nothing waits to be looked at, and a further run changes nothing on either side.
async fn assert_at_rest(world: &World) {
    heed(world).await;
    // A look and an export write one comment in two forms, of which the mirror keeps the last.
    pull(world).await;
    let before = (world.dump().await, count(world), writes(world));
    pull(world).await;
    assert_eq!(heed(world).await, 0);
    let now = world.dump().await;
    for (before, after) in before.0.lines().zip(now.lines()) {
        assert_eq!(before, after, "changed at rest");
    }
    assert_eq!(before.0.lines().count(), now.lines().count());
    assert_eq!((count(world), writes(world)), (before.1, before.2));
}

#[tokio::test]
async fn a_database_that_forgot_a_publish_adopts_the_ticket_with_its_comments() {
    for wins in [Priority::Remote, Priority::Local] {
        quiet()
            .two_way(wins)
            .each(async |world| {
                let (case, ticket) = published(world).await;
                comment(world, ticket, "Which relay?");
                let there = (count(world), said_there(world, ticket));
                forget(world, &case, ticket).await;
                let cases = count_cases(world).await;
                pull(world).await;
                assert_eq!(world.ticket_of(&case).await, Some(ticket));
                assert_at_rest(world).await;
                assert_eq!(count_cases(world).await, cases);
                // None is sent twice, and each is known to be what it is.
                assert_eq!((count(world), said_there(world, ticket)), there);
                assert_eq!(said(world, &case).await, there.1);
                let words: Vec<&str> = there.1.iter().map(|(text, ..)| text.as_str()).collect();
                assert_eq!(
                    words,
                    ["In relay 70.", "A note.", "For her.", "Which relay?"]
                );
                // Nothing differs, so there is nothing to record.
                assert!(world.conflicts().await.is_empty());
                assert_eq!(world.tally(&case).await.parked, 0);
            })
            .await;
    }
}

#[tokio::test]
async fn a_comment_that_was_not_sent_before_the_database_was_put_back_is_sent_once() {
    two_way()
        .each(async |world| {
            let (case, ticket) = published(world).await;
            forget(world, &case, ticket).await;
            let admin = world.admin();
            admin.say(&case, "One more.", true, Voice::Own).await;
            let before = count(world);
            pull(world).await;
            pull(world).await;
            assert_at_rest(world).await;
            assert_eq!(count(world), (before.0, before.1 + 1));
            assert_eq!(said(world, &case).await, said_there(world, ticket));
        })
        .await;
}

#[tokio::test]
async fn a_comment_that_was_made_private_meanwhile_is_private_here() {
    two_way()
        .each(async |world| {
            let (case, ticket) = published(world).await;
            let (_, _, for_her) = said_there(world, ticket)[2].clone();
            forget(world, &case, ticket).await;
            let hidden = world
                .zendesk()
                .edit(|account| account.make_comment_private(for_her.unwrap()));
            hidden.unwrap();
            pull(world).await;
            assert_at_rest(world).await;
            assert_eq!(said(world, &case).await, said_there(world, ticket));
            assert!(!said(world, &case).await[2].1);
        })
        .await;
}

#[tokio::test]
async fn a_field_that_differs_is_a_conflict_by_the_rule() {
    for wins in [Priority::Remote, Priority::Local] {
        quiet()
            .two_way(wins)
            .each(async |world| {
                let (case, ticket) = published(world).await;
                forget(world, &case, ticket).await;
                rename(world, ticket, "Two moths");
                let admin = world.admin();
                admin
                    .edit(&case, |fields| fields.subject = "Three moths".to_owned())
                    .await;
                pull(world).await;
                pull(world).await;
                assert_at_rest(world).await;
                let (stands, winner) = match wins {
                    Priority::Remote => ("Two moths", "zendesk"),
                    Priority::Local => ("Three moths", "crm"),
                };
                assert_eq!(world.case(&case).await.fields.subject, stands);
                let there = world.zendesk().read(|account| {
                    let ticket = account.ticket(ticket).unwrap();
                    ticket.subject.as_ref().map(ToString::to_string)
                });
                assert_eq!(there.as_deref(), Some(stands));
                let recorded = world.conflicts().await;
                let told: Vec<_> = recorded
                    .iter()
                    .map(|one| {
                        let values = (one.crm.as_deref(), one.zendesk.as_deref());
                        (
                            one.field.as_str(),
                            one.agreed.as_deref(),
                            values,
                            &*one.winner,
                        )
                    })
                    .collect();
                let values = (Some("Three moths"), Some("Two moths"));
                assert_eq!(told, [("subject", None, values, winner)]);
                assert_eq!(recorded[0].remote_id, ticket);
            })
            .await;
    }
}

#[tokio::test]
async fn with_two_way_off_it_is_adopted_and_nothing_is_sent() {
    two_way()
        .each(async |world| {
            let (case, ticket) = published(world).await;
            forget(world, &case, ticket).await;
            world.set(|settings| settings.two_way = false).await;
            rename(world, ticket, "Two moths");
            comment(world, ticket, "Which relay?");
            let before = writes(world);
            pull(world).await;
            assert_at_rest(world).await;
            assert_eq!(world.ticket_of(&case).await, Some(ticket));
            assert_eq!(writes(world), before);
            assert_eq!(world.case(&case).await.fields.subject, "Two moths");
            assert_eq!(said(world, &case).await, said_there(world, ticket));
        })
        .await;
}

#[tokio::test]
async fn one_that_is_closed_is_adopted_and_so_is_the_one_that_follows_it() {
    two_way()
        .each(async |world| {
            let (case, ticket) = published(world).await;
            forget(world, &case, ticket).await;
            let close = simulator::TicketChange {
                status: Some(Status::Closed),
                ..simulator::TicketChange::default()
            };
            let solve = simulator::TicketChange {
                status: Some(Status::Solved),
                assignee_id: Some(Some(
                    world.zendesk().read(simulator::Account::administrator),
                )),
                ..simulator::TicketChange::default()
            };
            for change in [solve, close] {
                let changed = world
                    .zendesk()
                    .edit(|account| account.update_ticket(ticket, change));
                changed.unwrap();
            }
            let before = count(world);
            pull(world).await;
            assert_at_rest(world).await;
            assert_eq!(world.ticket_of(&case).await, Some(ticket));
            assert_eq!(count(world), before);
            assert_eq!(said(world, &case).await, said_there(world, ticket));
            assert!(world.admin().follow_up(&case).await);
            pull(world).await;
            pull(world).await;
            let next = world.ticket_of(&case).await.unwrap();
            assert!(external_id(world, next).ends_with(&format!("{case}:1")));
            // That one is forgotten in its turn, and found again.
            forget_follow_up(world, &case, next, ticket).await;
            let before = count(world);
            pull(world).await;
            assert_at_rest(world).await;
            assert_eq!(world.ticket_of(&case).await, Some(next));
            assert_eq!(count(world), before);
            // So are both at once.
            forget_follow_up(world, &case, next, ticket).await;
            forget(world, &case, ticket).await;
            let cases = count_cases(world).await;
            // Though somebody tells of the later one first.
            tell_of(world, next).await;
            heed(world).await;
            pull(world).await;
            assert_at_rest(world).await;
            assert_eq!(world.ticket_of(&case).await, Some(next));
            assert_eq!(world.case_of(ticket).await.id, case);
            assert_eq!((count(world), count_cases(world).await), (before, cases));
        })
        .await;
}

/// As [`forget`], to when the case had its former ticket.
async fn forget_follow_up(world: &World, case: &str, ticket: i64, former: i64) {
    let mut tx = world.store().begin().await.unwrap();
    for text in [
        "DELETE FROM link WHERE remote_id = $1",
        "DELETE FROM crm_case_comment WHERE id IN (SELECT case_comment_id FROM zendesk_comment WHERE ticket_remote_id = $1)",
        "DELETE FROM zendesk_comment WHERE ticket_remote_id = $1",
        "DELETE FROM zendesk_ticket WHERE remote_id = $1",
    ] {
        let query = sqlx::query(text).bind(ticket);
        query.execute(&mut *tx).await.unwrap();
    }
    sqlx::query("UPDATE link SET state = 'open' WHERE remote_id = $1")
        .bind(former)
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query("DELETE FROM outbox WHERE line = $1")
        .bind(case.to_owned())
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query("DELETE FROM stream_cursor")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.ticket_of(case).await, Some(former));
}

#[tokio::test]
async fn a_case_that_was_deleted_here_catches_up_with_its_ticket_once_it_is_restored() {
    two_way()
        .each(async |world| {
            let (case, ticket) = published(world).await;
            forget(world, &case, ticket).await;
            rename(world, ticket, "Two moths");
            let by = world::ADMIN_EMAIL;
            engine::actions::delete(world.engine(), &case, by)
                .await
                .unwrap();
            let cases = count_cases(world).await;
            pull(world).await;
            assert_at_rest(world).await;
            assert_eq!(count_cases(world).await, cases);
            assert_eq!(world.case(&case).await.fields.subject, "A moth");
            engine::actions::restore(world.engine(), &case, by)
                .await
                .unwrap();
            pull(world).await;
            assert_at_rest(world).await;
            assert_eq!(world.case(&case).await.fields.subject, "Two moths");
            assert_eq!(said(world, &case).await, said_there(world, ticket));
        })
        .await;
}
