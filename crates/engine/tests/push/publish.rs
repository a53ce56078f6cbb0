//! A case without a ticket becomes one, once.

use domain::case::{CasePriority, CaseStatus};
use simulator::{Priority, Status};
use world::Voice;

use crate::*;

/// A case here of somebody whom Zendesk does not know. It has no ticket.
async fn a_moth(world: &World) -> String {
    pull(world).await;
    let contact = meet(world, "Grace Hopper", "grace@navy.example").await;
    let admin = world.admin();
    let case = admin.open_case("A moth", "In relay 70.", Some(&contact));
    case.await.id
}

#[tokio::test]
async fn a_case_becomes_one_ticket_with_its_description_and_its_comments_in_order() {
    quiet(Wins::Remote)
        .each(async |world| {
            let case = a_moth(world).await;
            let admin = world.admin();
            let ada = admin.user().await.id;
            admin
                .edit(&case, |fields| {
                    fields.priority = CasePriority::High;
                    fields.assigned_to = Some(ada);
                })
                .await;
            world.pass_minutes(1);
            admin.say(&case, "A note.", false, Voice::Own).await;
            world.pass_minutes(1);
            admin.say(&case, "For her.", true, Voice::Own).await;
            let before = count(world);
            assert!(admin.publish(&case).await);
            settle(world, &case).await;
            let ticket = world.ticket_of(&case).await.unwrap();
            let now = there(world, ticket);
            assert_eq!(now.subject.as_deref(), Some("A moth"));
            assert_eq!(now.priority, Some(Priority::High));
            assert_eq!(now.assignee, Some(administrator(world)));
            let grace = customer(world, "Grace Hopper", "grace@navy.example");
            assert_eq!(now.requester, grace);
            let said: Vec<(String, bool)> = comments_there(world, ticket)
                .into_iter()
                .map(|(text, public, _)| (text, public))
                .collect();
            assert_eq!(
                said,
                [
                    ("In relay 70.".to_owned(), true),
                    ("A note.".to_owned(), false),
                    ("For her.".to_owned(), true),
                ]
            );
            assert_added(world, &before, [1, 3, 3]);
            let here = world.said_on(&case).await;
            assert_eq!(here.len(), 3);
            assert_same_comments(&here, world, ticket);
            world.zendesk().read(|account| {
                let id = account.ticket(ticket).unwrap().external_id.clone();
                let id = id.unwrap();
                assert!(id.starts_with("deskbridge:") && id.ends_with(&case), "{id}");
            });
            assert_equal(world, &case, ticket).await;
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn publishing_twice_is_publishing_once() {
    quiet(Wins::Remote)
        .each(async |world| {
            let case = a_moth(world).await;
            let admin = world.admin();
            let before = count(world);
            for _ in 0..3 {
                admin.publish(&case).await;
            }
            settle(world, &case).await;
            assert!(!admin.publish(&case).await, "it has one");
            settle(world, &case).await;
            assert_added(world, &before, [1, 1, 1]);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_ticket_whose_answer_was_lost_is_found_by_its_external_id_when_the_key_has_expired() {
    quiet(Wins::Remote)
        .each(async |world| {
            let case = a_moth(world).await;
            let admin = world.admin();
            let before = count(world);
            hurt(world, "reset-after:method=POST:route=tickets:times=1");
            // Nobody finds it for three hours, and Zendesk forgets the key.
            // The first attempt looks twice: for the ticket, and for one that would follow it.
            hurt(world, "unavailable:method=GET:route=tickets:after=2");
            assert!(admin.publish(&case).await);
            world.pass_minutes(2);
            world.sync_well().await;
            assert_eq!(world.ticket_of(&case).await, None);
            assert_added(world, &before, [1, 1, 1]);
            world.pass_minutes(180);
            world.zendesk().clear_faults();
            rename(world, &case, "Two moths").await;
            settle(world, &case).await;
            let ticket = world.ticket_of(&case).await.unwrap();
            assert_added(world, &before, [1, 1, 2]);
            assert_eq!(there(world, ticket).subject.as_deref(), Some("Two moths"));
            assert_eq!(world.said_on(&case).await.len(), 1);
            assert_same_comments(&world.said_on(&case).await, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_pull_that_sees_the_new_ticket_first_makes_no_second_case_of_it() {
    quiet(Wins::Remote)
        .each(async |world| {
            let case = a_moth(world).await;
            let admin = world.admin();
            let before = count(world);
            hurt(world, "apply-then=503:method=POST:route=tickets:times=1");
            assert!(admin.publish(&case).await);
            world.sync_well().await;
            // Two minutes later the export shows the ticket, whoever is quicker.
            hurt(world, "unavailable:method=GET:route=tickets:times=3");
            settle(world, &case).await;
            let ticket = world.ticket_of(&case).await.unwrap();
            assert_eq!(world.case_of(ticket).await.id, case);
            assert_added(world, &before, [1, 1, 1]);
            let cases = {
                let mut reader = world.store().read().await.unwrap();
                store::cases::count(&mut reader).await.unwrap()
            };
            assert_eq!(cases, 1);
            assert_same_comments(&world.said_on(&case).await, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn edits_and_comments_made_while_a_case_is_published_follow() {
    quiet(Wins::Remote)
        .each(async |world| {
            let case = a_moth(world).await;
            let admin = world.admin();
            let before = count(world);
            hurt(world, "late=120000:method=POST:route=tickets:times=1");
            assert!(admin.publish(&case).await);
            world.sync_well().await;
            admin
                .edit(&case, |fields| {
                    fields.subject = "Two moths".to_owned();
                    fields.status = CaseStatus::InProgress;
                })
                .await;
            admin.say(&case, "Another.", true, Voice::Own).await;
            settle(world, &case).await;
            let ticket = world.ticket_of(&case).await.unwrap();
            let now = there(world, ticket);
            assert_eq!(now.subject.as_deref(), Some("Two moths"));
            assert_eq!(now.status, Status::Pending);
            assert_added(world, &before, [1, 2, 3]);
            assert_same_comments(&world.said_on(&case).await, world, ticket);
            assert!(world.conflicts().await.is_empty());
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_refused_ticket_shows_why_and_a_corrected_one_is_made_once() {
    quiet(Wins::Remote)
        .each(async |world| {
            let case = a_moth(world).await;
            let admin = world.admin();
            let before = count(world);
            hurt(world, "status=422:method=POST:route=tickets:times=1");
            assert!(admin.publish(&case).await);
            settle(world, &case).await;
            let parked = world.parked(&case).await;
            assert_eq!(parked.len(), 1, "{parked:?}");
            assert!(parked[0].1.contains("Zendesk refused it"), "{parked:?}");
            rename(world, &case, "Two moths").await;
            assert!(admin.retry(&parked[0].0).await);
            settle(world, &case).await;
            let ticket = world.ticket_of(&case).await.unwrap();
            assert_eq!(there(world, ticket).subject.as_deref(), Some("Two moths"));
            assert_added(world, &before, [1, 1, 1]);
            assert_eq!(world.parked(&case).await, []);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_case_with_no_contact_and_no_owner_is_published_for_the_owner_of_the_integration() {
    quiet(Wins::Remote)
        .each(async |world| {
            pull(world).await;
            let admin = world.admin();
            let case = admin.open_case("Nobody's", "Whose is it?", None).await;
            assert_eq!((&case.owner_id, &case.fields.contact), (&None, &None));
            let before = count(world);
            assert!(admin.publish(&case.id).await);
            settle(world, &case.id).await;
            let ticket = world.ticket_of(&case.id).await.unwrap();
            assert_added(world, &before, [1, 1, 1]);
            let requester = there(world, ticket).requester;
            let email = world.zendesk().read(|account| {
                let user = account.user(requester).unwrap();
                user.email.clone().unwrap().to_string()
            });
            assert_eq!(email, world::ADMIN_EMAIL);
            assert_at_rest(world).await;
        })
        .await;
}
