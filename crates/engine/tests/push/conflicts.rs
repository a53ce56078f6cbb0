//! One field changed on both sides.

use domain::case::{CasePriority, CaseStatus};
use simulator::{Priority, Status};

use crate::*;

async fn change_on_both_sides(world: &World, ticket: i64, case: &str) {
    change(world, ticket, subject("Said there"));
    rename(world, case, "Said here").await;
}

#[tokio::test]
async fn where_zendesk_wins_both_sides_end_equal_with_one_record_and_no_write() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let writes = ticket_writes(world);
            change_on_both_sides(world, ticket, &case).await;
            settle(world, &case).await;
            assert_eq!(world.case(&case).await.fields.subject, "Said there");
            assert_eq!(there(world, ticket).subject.as_deref(), Some("Said there"));
            assert_eq!(ticket_writes(world), writes);
            let conflicts = world.conflicts().await;
            assert_eq!(conflicts.len(), 1, "{conflicts:?}");
            let conflict = &conflicts[0];
            assert_eq!(
                (conflict.field.as_str(), conflict.remote_id),
                ("subject", ticket)
            );
            assert_eq!(conflict.agreed.as_deref(), Some("Printer on fire"));
            assert_eq!(conflict.crm.as_deref(), Some("Said here"));
            assert_eq!(conflict.zendesk.as_deref(), Some("Said there"));
            assert_eq!(conflict.winner, "zendesk");
            assert_at_rest(world).await;
            // The losing value is an edit like any other, and is no conflict again.
            let lost = conflict.crm.clone().unwrap();
            world
                .admin()
                .edit(&case, |fields| fields.subject = lost)
                .await;
            settle(world, &case).await;
            assert_eq!(there(world, ticket).subject.as_deref(), Some("Said here"));
            assert_eq!(world.conflicts().await.len(), 1);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn where_we_win_both_sides_end_equal_with_one_record_and_one_write() {
    quiet(Wins::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let (before, writes) = (count(world), ticket_writes(world));
            change_on_both_sides(world, ticket, &case).await;
            settle(world, &case).await;
            assert_eq!(world.case(&case).await.fields.subject, "Said here");
            assert_eq!(there(world, ticket).subject.as_deref(), Some("Said here"));
            assert_eq!(ticket_writes(world) - writes, 1);
            assert_added(world, &before, [0, 0, 2]);
            let conflicts = world.conflicts().await;
            assert_eq!(conflicts.len(), 1, "{conflicts:?}");
            assert_eq!(conflicts[0].winner, "crm");
            assert_eq!(conflicts[0].zendesk.as_deref(), Some("Said there"));
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn only_the_fields_that_both_changed_are_a_conflict() {
    for wins in [Wins::Remote, Wins::Local] {
        quiet(wins)
            .each(async |world| {
                let (ticket, case) = pulled(world).await;
                change(
                    world,
                    ticket,
                    TicketChange {
                        priority: Some(Some(Priority::Low)),
                        ..subject("Said there")
                    },
                );
                world
                    .admin()
                    .edit(&case, |fields| {
                        fields.subject = "Said here".to_owned();
                        fields.status = CaseStatus::InProgress;
                    })
                    .await;
                settle(world, &case).await;
                let now = there(world, ticket);
                assert_eq!(
                    (now.status, now.priority),
                    (Status::Pending, Some(Priority::Low))
                );
                let here = world.case(&case).await.fields;
                assert_eq!(
                    (here.status, here.priority),
                    (CaseStatus::InProgress, CasePriority::Low)
                );
                let conflicts = world.conflicts().await;
                assert_eq!(conflicts.len(), 1, "{conflicts:?}");
                assert_equal(world, &case, ticket).await;
                assert_at_rest(world).await;
            })
            .await;
    }
}

#[tokio::test]
async fn the_same_change_on_both_sides_is_no_conflict_and_no_write() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let writes = ticket_writes(world);
            change(
                world,
                ticket,
                TicketChange {
                    status: Some(Status::Solved),
                    ..subject("Same words")
                },
            );
            world
                .admin()
                .edit(&case, |fields| {
                    fields.subject = "Same words".to_owned();
                    fields.status = CaseStatus::Resolved;
                })
                .await;
            settle(world, &case).await;
            assert_eq!(ticket_writes(world), writes);
            assert!(world.conflicts().await.is_empty());
            assert_eq!(world.case(&case).await.fields.status, CaseStatus::Resolved);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn with_two_way_off_nothing_is_written_and_what_piled_up_goes_only_when_asked_for() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let writes = world.zendesk().writes_by_route();
            // One change waits already when it is switched off.
            world
                .admin()
                .edit(&case, |fields| fields.priority = CasePriority::High)
                .await;
            world.set(|settings| settings.two_way = false).await;
            let admin = world.admin();
            admin.say(&case, "Before.", true, world::Voice::Own).await;
            admin
                .edit(&case, |fields| fields.status = CaseStatus::InProgress)
                .await;
            change_on_both_sides(world, ticket, &case).await;
            for _ in 0..3 {
                pull(world).await;
            }
            assert_eq!(world.zendesk().writes_by_route(), writes, "not even one");
            let here = world.case(&case).await.fields;
            assert_eq!(here.subject, "Said there", "Zendesk's changes come in");
            assert_eq!(here.status, CaseStatus::InProgress, "ours stay here");
            assert_eq!(here.priority, CasePriority::High);
            assert_eq!(world.conflicts().await.len(), 1);
            world.set(|settings| settings.two_way = true).await;
            let before = count(world);
            world.admin().send_piled_up().await;
            settle(world, &case).await;
            assert_added(world, &before, [0, 1, 2]);
            assert_same_comments(&world.said_on(&case).await, world, ticket);
            assert_equal(world, &case, ticket).await;
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_run_counts_the_conflict_that_its_push_met() {
    for (wins, changed) in [(Wins::Remote, 1), (Wins::Local, 0)] {
        quiet(wins)
            .each(async |world| {
                let (ticket, case) = pulled(world).await;
                rename(world, &case, "Said here").await;
                // So lately that no export shows it yet: the push reads it first.
                change(world, ticket, subject("Said there"));
                let counters = world.sync_well().await.counters;
                assert_eq!(counters.conflicts, 1, "{counters:?}");
                assert_eq!(counters.cases.updated, changed, "{counters:?}");
                assert_eq!(world.conflicts().await.len(), 1);
                settle(world, &case).await;
                assert_at_rest(world).await;
            })
            .await;
    }
}
