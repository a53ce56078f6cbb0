//! Requests whose answer is lost, late, wrong or a lie: each change reaches Zendesk once all the same.

use domain::case::{CasePriority, CaseStatus};
use simulator::{Priority, Status};
use world::Voice;

use crate::*;

/// What may become of a request that was carried out, or was not.
const FAULTS: [&str; 14] = [
    "reset-before:times=1",
    "reset-after:times=1",
    "reset-after:times=3",
    "truncate:times=1",
    "invalid-json:times=1",
    "html:times=1",
    "wrong-shape:times=1",
    "status=500:times=2",
    "unavailable:retry-after=30:times=2",
    "too-many:retry-after=45:times=2",
    "apply-then=500:times=1",
    "apply-then=503:times=1",
    "apply-then=429:times=1",
    "late=90000:times=1",
];

/// Arms a fault on one method and route.
fn hurt_on(world: &World, fault: &str, method: &str, route: &str) {
    hurt(world, &format!("{fault}:method={method}:route={route}"));
}

/// Ends with both sides equal, nothing parked, and a whole chain of history; what was to go wrong did.
async fn assert_converged(world: &World, case: &str, ticket: i64) {
    assert_eq!(world.parked(case).await, []);
    assert_equal(world, case, ticket).await;
    assert_same_comments(&world.said_on(case).await, world, ticket);
    assert!(world.conflicts().await.is_empty(), "nobody else changed it");
    let mut reader = world.store().read().await.unwrap();
    let whole = store::history::chain_is_whole(&mut reader, case).await;
    drop(reader);
    assert!(whole.unwrap());
    let happened = world.zendesk().faults_happened();
    assert!(happened.iter().all(|times| *times > 0), "{happened:?}");
    world.zendesk().clear_faults();
    assert_at_rest(world).await;
}

#[tokio::test]
async fn fields_are_written_once_whatever_becomes_of_the_request() {
    quiet(Wins::Remote)
        .each(async |world| {
            for fault in FAULTS {
                let (ticket, case) = pulled(world).await;
                let before = count(world);
                hurt_on(world, fault, "PUT", "tickets/{id}");
                world
                    .admin()
                    .edit(&case, |fields| {
                        fields.subject = fault.to_owned();
                        fields.priority = CasePriority::High;
                    })
                    .await;
                settle(world, &case).await;
                let there = there(world, ticket);
                assert_eq!(there.subject.as_deref(), Some(fault));
                assert_eq!(there.priority, Some(Priority::High), "{fault}");
                assert_added(world, &before, [0, 0, 1]);
                assert_converged(world, &case, ticket).await;
            }
        })
        .await;
}

#[tokio::test]
async fn comments_are_added_once_and_in_order_whatever_becomes_of_the_request() {
    quiet(Wins::Remote)
        .each(async |world| {
            for fault in FAULTS {
                let (ticket, case) = pulled(world).await;
                let before = count(world);
                hurt_on(world, fault, "PUT", "tickets/{id}");
                for text in ["first", "second"] {
                    world.admin().say(&case, text, false, Voice::Own).await;
                }
                settle(world, &case).await;
                let said = comments_there(world, ticket);
                assert_eq!((said[1].0.as_str(), said[1].1), ("first", false));
                assert_eq!((said[2].0.as_str(), said[2].1), ("second", false));
                assert_added(world, &before, [0, 2, 2]);
                assert_eq!(world.said_on(&case).await.len(), 3);
                assert_converged(world, &case, ticket).await;
            }
        })
        .await;
}

#[tokio::test]
async fn one_ticket_is_made_whatever_becomes_of_the_request() {
    quiet(Wins::Remote)
        .each(async |world| {
            for fault in FAULTS {
                let contact = meet(world, "Grace Hopper", "grace@navy.example").await;
                let admin = world.admin();
                let case = admin
                    .open_case(fault, "It smokes.", Some(&contact))
                    .await
                    .id;
                pull(world).await;
                let before = count(world);
                hurt_on(world, fault, "POST", "tickets");
                assert!(world.admin().publish(&case).await);
                settle(world, &case).await;
                let ticket = world.ticket_of(&case).await.unwrap();
                assert_added(world, &before, [1, 1, 1]);
                assert_eq!(there(world, ticket).subject.as_deref(), Some(fault));
                assert_eq!(comments_there(world, ticket).len(), 1);
                assert_converged(world, &case, ticket).await;
            }
        })
        .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_read_again_before_anything_is_sent() {
    quiet(Wins::Remote)
        .each(async |world| {
            for route in ["tickets/{id}", "tickets/{id}/audits"] {
                for fault in ["reset-before:times=2", "status=502:times=2", "html:times=1"] {
                    let (ticket, case) = pulled(world).await;
                    let before = count(world);
                    hurt_on(world, fault, "GET", route);
                    rename(world, &case, fault).await;
                    settle(world, &case).await;
                    assert_eq!(there(world, ticket).subject.as_deref(), Some(fault));
                    assert_added(world, &before, [0, 0, 1]);
                    assert_converged(world, &case, ticket).await;
                }
            }
        })
        .await;
}

#[tokio::test]
async fn a_yes_that_did_nothing_is_tried_again_and_then_parks() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let before = count(world);
            hurt_on(world, "ok-without-effect:times=1", "PUT", "tickets/{id}");
            rename(world, &case, "Once more").await;
            settle(world, &case).await;
            assert_eq!(there(world, ticket).subject.as_deref(), Some("Once more"));
            assert_added(world, &before, [0, 0, 1]);
            assert_converged(world, &case, ticket).await;

            hurt_on(world, "ok-without-effect", "PUT", "tickets/{id}");
            let writes = ticket_writes(world);
            rename(world, &case, "Never").await;
            world
                .admin()
                .say(&case, "Never heard.", true, Voice::Own)
                .await;
            settle(world, &case).await;
            let parked = world.parked(&case).await;
            assert_eq!(parked.len(), 2, "{parked:?}");
            for (_, why) in &parked {
                assert!(why.contains("did not take the value"), "{why}");
            }
            assert!(ticket_writes(world) - writes <= 8, "not for ever");
            world.zendesk().clear_faults();
            assert_at_rest(world).await;
            for (op_id, _) in &parked {
                assert!(world.admin().retry(op_id).await);
            }
            settle(world, &case).await;
            assert_eq!(there(world, ticket).subject.as_deref(), Some("Never"));
            assert_converged(world, &case, ticket).await;
        })
        .await;
}

#[tokio::test]
async fn a_ticket_that_zendesk_says_has_changed_is_read_again_before_it_is_written() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let before = count(world);
            hurt_on(world, "status=409:times=2", "PUT", "tickets/{id}");
            rename(world, &case, "Ours").await;
            settle(world, &case).await;
            assert_added(world, &before, [0, 0, 1]);
            assert_converged(world, &case, ticket).await;
        })
        .await;
}

#[tokio::test]
async fn a_request_that_arrives_late_after_a_second_edit_undoes_nothing() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            hurt_on(world, "late=200000:times=1", "PUT", "tickets/{id}");
            rename(world, &case, "First").await;
            pull(world).await;
            world
                .admin()
                .edit(&case, |fields| {
                    fields.subject = "Second".to_owned();
                    fields.status = CaseStatus::InProgress;
                })
                .await;
            settle(world, &case).await;
            world.pass_minutes(20);
            settle(world, &case).await;
            let now = there(world, ticket);
            assert_eq!(now.subject.as_deref(), Some("Second"));
            assert_eq!(now.status, Status::Pending);
            assert_converged(world, &case, ticket).await;
        })
        .await;
}

#[tokio::test]
async fn a_late_comment_is_known_as_ours_when_it_comes() {
    quiet(Wins::Remote)
        .each(async |world| {
            for late in ["late=3000", "late=45000", "late=400000"] {
                let (ticket, case) = pulled(world).await;
                let before = count(world);
                hurt_on(world, &format!("{late}:times=1"), "PUT", "tickets/{id}");
                world.admin().say(&case, late, true, Voice::Own).await;
                settle(world, &case).await;
                world.pass_minutes(20);
                settle(world, &case).await;
                assert_added(world, &before, [0, 1, 1]);
                assert_eq!(world.said_on(&case).await.len(), 2);
                assert_converged(world, &case, ticket).await;
            }
        })
        .await;
}
