//! Edits on both sides, as far as a pull goes (ticket-sync.md 2 and 4).

use domain::case::CaseStatus;
use domain::merge::Priority as SyncPriority;
use engine::case_view::HistoryKind;
use simulator::{Status, TicketChange};
use world::World;

use crate::{add, change, lines, page, pull, pull_new, quiet, ticket};

fn subject(words: &str) -> TicketChange {
    TicketChange {
        subject: Some(Some(words.to_owned())),
        ..TicketChange::default()
    }
}

/// Both sides change the subject between two pulls.
async fn edit_both(world: &World) -> i64 {
    let (id, _) = pull_new(world, ticket()).await;
    world
        .admin()
        .edit_case_of(id, |fields| fields.subject = "Ours".to_owned())
        .await;
    change(world, id, subject("Theirs"));
    let run = pull(world).await;
    assert_eq!(run.counters.conflicts, 1);
    id
}

#[tokio::test]
async fn one_way_a_local_edit_stays_while_zendesk_leaves_the_field_alone() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            world
                .admin()
                .edit_case_of(id, |fields| fields.subject = "Ours".to_owned())
                .await;
            // The ticket changes, but not in that field.
            change(
                world,
                id,
                TicketChange {
                    status: Some(Status::Pending),
                    ..TicketChange::default()
                },
            );
            let run = pull(world).await;
            let fields = world.case_of(id).await.fields;
            assert_eq!(
                (fields.subject.as_str(), fields.status),
                ("Ours", CaseStatus::InProgress)
            );
            assert_eq!(run.counters.conflicts, 0);
            let there = world
                .zendesk()
                .read(|account| account.ticket(id).unwrap().subject.clone().unwrap());
            assert_eq!(
                there.read(),
                "Printer on fire",
                "nothing is ever written to Zendesk"
            );
        })
        .await;
}

#[tokio::test]
async fn one_way_a_field_changed_on_both_sides_takes_zendesks_value_and_both_are_on_record() {
    quiet()
        .each(async |world| {
            let id = edit_both(world).await;
            assert_eq!(world.case_of(id).await.fields.subject, "Theirs");
            let conflicts = lines(world, "conflict").await;
            assert_eq!(conflicts.len(), 1);
            for told in [
                "field=\"subject\"",
                "crm=\"Ours\"",
                "zendesk=\"Theirs\"",
                "agreed=\"Printer on fire\"",
                "winner=\"zendesk\"",
            ] {
                assert!(conflicts[0].contains(told), "{told} in {}", conflicts[0]);
            }
            assert_eq!(page(world, id).await.conflicts, 1);
            // The conflict is over: the next change is an ordinary one.
            change(world, id, subject("Theirs again"));
            assert_eq!(pull(world).await.counters.conflicts, 0);
            assert_eq!(world.case_of(id).await.fields.subject, "Theirs again");
        })
        .await;
}

#[tokio::test]
async fn two_way_remote_wins_a_field_changed_on_both_sides_takes_zendesks_value() {
    quiet()
        .two_way(SyncPriority::Remote)
        .each(async |world| {
            let id = edit_both(world).await;
            assert_eq!(world.case_of(id).await.fields.subject, "Theirs");
            assert!(lines(world, "conflict").await[0].contains("rule=\"remote wins\""));
        })
        .await;
}

#[tokio::test]
async fn two_way_local_wins_the_case_keeps_its_value_and_the_conflict_is_recorded_once() {
    quiet()
        .two_way(SyncPriority::Local)
        .each(async |world| {
            let id = edit_both(world).await;
            assert_eq!(world.case_of(id).await.fields.subject, "Ours");
            // The ticket comes again for another reason: no second conflict.
            change(
                world,
                id,
                TicketChange {
                    status: Some(Status::Pending),
                    ..TicketChange::default()
                },
            );
            assert_eq!(pull(world).await.counters.conflicts, 0);
            assert_eq!(world.case_of(id).await.fields.subject, "Ours");
            let conflicts = lines(world, "conflict").await;
            assert_eq!(conflicts.len(), 1);
            for told in [
                "crm=\"Ours\"",
                "zendesk=\"Theirs\"",
                "winner=\"crm\"",
                "rule=\"local wins\"",
            ] {
                assert!(conflicts[0].contains(told), "{told} in {}", conflicts[0]);
            }
        })
        .await;
}

#[tokio::test]
async fn the_same_value_on_both_sides_is_no_conflict() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            world
                .admin()
                .edit_case_of(id, |fields| fields.subject = "Alike".to_owned())
                .await;
            change(world, id, subject("Alike"));
            let run = pull(world).await;
            assert_eq!((run.counters.conflicts, run.counters.cases.updated), (0, 0));
        })
        .await;
}

#[tokio::test]
async fn a_status_that_only_we_have_stays_while_the_ticket_does() {
    quiet()
        .each(async |world| {
            let id = add(world, ticket());
            world.zendesk().edit(|account| account.solve(id)).unwrap();
            pull(world).await;
            world
                .admin()
                .edit_case_of(id, |fields| fields.status = CaseStatus::Resolved)
                .await;
            change(world, id, subject("Still solved"));
            pull(world).await;
            let fields = world.case_of(id).await.fields;
            assert_eq!(
                (fields.status, fields.subject.as_str()),
                (CaseStatus::Resolved, "Still solved")
            );
        })
        .await;
}

#[tokio::test]
async fn a_description_edited_here_is_never_overwritten() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            world
                .admin()
                .edit_case_of(id, |fields| {
                    fields.description = "Our own words.".to_owned();
                })
                .await;
            change(world, id, subject("Another subject"));
            pull(world).await;
            assert_eq!(world.case_of(id).await.fields.description, "Our own words.");
            assert_eq!(world.comments_of(id).await[0].comment.message, "It burns.");
        })
        .await;
}

#[tokio::test]
async fn a_ticket_with_an_external_id_of_ours_links_to_that_case() {
    quiet()
        .each(async |world| {
            let (_, ours) = pull_new(world, ticket()).await;
            // The case as it is while its publication has not been confirmed: without its link.
            let integration = world.integration().await.id;
            forget_link(world, &ours.id).await;
            let external_id = Some(format!("deskbridge:{integration}:{}", ours.id));
            let id = add(
                world,
                simulator::NewTicket {
                    external_id,
                    ..ticket()
                },
            );
            let run = pull(world).await;
            assert_eq!(run.counters.cases.created, 0);
            assert_eq!(world.case_of(id).await.id, ours.id);

            // A second one cannot take the case from it, nor can one of another integration.
            for external_id in [
                format!("deskbridge:{integration}:{}", ours.id),
                format!("deskbridge:elsewhere:{}", ours.id),
                format!("deskbridge:{integration}:no-such-case"),
                "anything else".to_owned(),
            ] {
                let new = simulator::NewTicket {
                    external_id: Some(external_id),
                    ..ticket()
                };
                let (_, case) = pull_new(world, new).await;
                assert_ne!(case.id, ours.id);
            }
        })
        .await;
}

async fn forget_link(world: &World, case: &str) {
    let mut tx = world.store().begin().await.unwrap();
    sqlx::query("DELETE FROM link WHERE case_id = $1")
        .bind(case.to_owned())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_history_begins_with_the_state_before_the_first_change_and_is_whole() {
    quiet()
        .each(async |world| {
            let (id, case) = pull_new(world, ticket()).await;
            assert!(
                page(world, id).await.history.is_empty(),
                "nothing has happened yet"
            );
            change(world, id, subject("First change"));
            pull(world).await;
            change(
                world,
                id,
                TicketChange {
                    status: Some(Status::Pending),
                    ..subject("Second change")
                },
            );
            pull(world).await;
            let history = page(world, id).await.history;
            let kinds: Vec<HistoryKind> = history.iter().rev().map(|line| line.kind).collect();
            assert_eq!(
                kinds,
                [
                    HistoryKind::Beginning,
                    HistoryKind::Changed,
                    HistoryKind::Changed
                ]
            );
            let fields: Vec<&str> = history[0]
                .changes
                .iter()
                .map(|one| one.field.as_str())
                .collect();
            assert_eq!(fields, ["subject", "status"]);
            assert_eq!(
                history[1].changes[0].from.as_deref(),
                Some("Printer on fire")
            );
            let mut reader = world.store().read().await.unwrap();
            assert!(
                store::history::chain_is_whole(&mut reader, &case.id)
                    .await
                    .unwrap()
            );
        })
        .await;
}
