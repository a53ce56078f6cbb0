//! Fields of a case on their way to its ticket.

use domain::case::{CasePriority, CaseStatus};
use simulator::{Priority, Status};
use world::Voice;

use crate::*;

#[tokio::test]
async fn an_edit_of_each_field_reaches_zendesk_once() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let before = count(world);
            let writes = ticket_writes(world);
            let admin = world.admin();
            admin
                .edit(&case, |fields| fields.subject = "Smoke only".to_owned())
                .await;
            settle(world, &case).await;
            admin
                .edit(&case, |fields| fields.status = CaseStatus::InProgress)
                .await;
            settle(world, &case).await;
            admin
                .edit(&case, |fields| fields.priority = CasePriority::High)
                .await;
            settle(world, &case).await;
            admin.edit(&case, |fields| fields.assigned_to = None).await;
            settle(world, &case).await;
            let there = there(world, ticket);
            assert_eq!(there.subject.as_deref(), Some("Smoke only"));
            assert_eq!(there.status, Status::Pending);
            assert_eq!(there.priority, Some(Priority::High));
            assert_eq!(there.assignee, None);
            assert_added(world, &before, [0, 0, 4]);
            assert_eq!(ticket_writes(world) - writes, 4);
            assert_eq!(world.tally(&case).await.done, 4);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn edits_made_within_the_settle_time_are_one_write() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let (before, writes) = (count(world), ticket_writes(world));
            for word in ["One", "Two", "Three"] {
                let subject = word.to_owned();
                world
                    .admin()
                    .edit(&case, |fields| fields.subject = subject)
                    .await;
            }
            world
                .admin()
                .edit(&case, |fields| fields.priority = CasePriority::Low)
                .await;
            settle(world, &case).await;
            assert_eq!(there(world, ticket).subject.as_deref(), Some("Three"));
            assert_added(world, &before, [0, 0, 1]);
            assert_eq!(ticket_writes(world) - writes, 1);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn an_edit_taken_back_before_it_was_sent_is_no_write() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (_, case) = pulled(world).await;
            let (before, writes) = (count(world), ticket_writes(world));
            for word in ["Changed", "Printer on fire"] {
                let subject = word.to_owned();
                world
                    .admin()
                    .edit(&case, |fields| fields.subject = subject)
                    .await;
            }
            settle(world, &case).await;
            assert_added(world, &before, [0, 0, 0]);
            assert_eq!(ticket_writes(world), writes);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_comment_is_said() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let before = count(world);
            world.admin().say(&case, "We come.", true, Voice::Own).await;
            settle(world, &case).await;
            assert_added(world, &before, [0, 1, 1]);
            assert_same_comments(&world.said_on(&case).await, world, ticket);
            assert_equal(world, &case, ticket).await;
            assert_at_rest(world).await;
        })
        .await;
}
