//! Fields of a case on their way to its ticket.

use domain::case::{CasePriority, CaseStatus};
use simulator::{Priority, Status};

use crate::*;

#[tokio::test]
async fn an_edit_of_each_field_reaches_zendesk_once() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let before = count(world);
            let writes = ticket_writes(world);
            let admin = world.admin();
            rename(world, &case, "Smoke only").await;
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
async fn a_case_that_got_another_contact_changes_the_requester_and_makes_nobody_twice() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let contact = meet(world, "Grace Hopper", "grace@navy.example").await;
            let people = || world.zendesk().read(|account| account.users().count());
            let before = people();
            let id = contact.clone();
            world
                .admin()
                .edit(&case, |fields| fields.contact = Some(id))
                .await;
            settle(world, &case).await;
            assert_eq!(people() - before, 1);
            let grace = customer(world, "Grace Hopper", "grace@navy.example");
            assert_eq!(people() - before, 1, "she was made with her email");
            assert_eq!(there(world, ticket).requester, grace);
            assert_eq!(world.case(&case).await.fields.contact, Some(contact));
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn an_agent_is_assigned_by_email_and_the_default_user_stands_in_for_a_stranger() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let agent = world.zendesk().edit(|account| {
                let new = NewUser::agent("Alan Turing", "alan@bletchley.example");
                account.add_user(new).unwrap()
            });
            pull(world).await;
            let alan = hire(world, "Alan@Bletchley.example", "Alan Turing").await;
            let id = alan.clone();
            world
                .admin()
                .edit(&case, |fields| fields.assigned_to = Some(id))
                .await;
            settle(world, &case).await;
            assert_eq!(there(world, ticket).assignee, Some(agent));
            let stranger = hire(world, "nobody@there.example", "Nobody There").await;
            let id = stranger.clone();
            world
                .admin()
                .edit(&case, |fields| fields.assigned_to = Some(id))
                .await;
            settle(world, &case).await;
            assert_eq!(there(world, ticket).assignee, Some(administrator(world)));
            // Who it is assigned to here is not lost to the stand-in.
            let here = world.case(&case).await.fields.assigned_to;
            assert_eq!(here, Some(stranger));
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn an_assignee_unknown_there_parks_alone_where_nobody_stands_in() {
    quiet(Wins::Remote)
        .settings(|settings| settings.default_email = None)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let before = count(world);
            let stranger = hire(world, "nobody@there.example", "Nobody There").await;
            world
                .admin()
                .edit(&case, |fields| {
                    fields.assigned_to = Some(stranger);
                    fields.subject = "Smoke only".to_owned();
                })
                .await;
            settle(world, &case).await;
            let parked = world.parked(&case).await;
            assert_eq!(parked.len(), 1, "{parked:?}");
            assert!(parked[0].1.contains("has this user's email"), "{parked:?}");
            assert_eq!(there(world, ticket).subject.as_deref(), Some("Smoke only"));
            assert_eq!(there(world, ticket).assignee, Some(administrator(world)));
            assert_added(world, &before, [0, 0, 1]);
            assert_at_rest(world).await;
            // Once there is such an agent, it goes.
            let agent = world.zendesk().edit(|account| {
                let new = NewUser::agent("Nobody There", "nobody@there.example");
                account.add_user(new).unwrap()
            });
            pull(world).await;
            assert!(world.admin().retry(&parked[0].0).await);
            settle(world, &case).await;
            assert_eq!(there(world, ticket).assignee, Some(agent));
            assert_eq!(world.parked(&case).await, []);
            assert_at_rest(world).await;
        })
        .await;
}

/// Open, and nobody's.
fn unassigned(new: &mut NewTicket) {
    new.assignee_id = None;
    new.status = Some(Status::Open);
}

#[tokio::test]
async fn a_case_solved_without_an_assignee_is_solved_by_the_default_user() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled_with(world, unassigned).await;
            let before = count(world);
            world
                .admin()
                .edit(&case, |fields| fields.status = CaseStatus::Resolved)
                .await;
            settle(world, &case).await;
            let there = there(world, ticket);
            assert_eq!(there.status, Status::Solved);
            assert_eq!(there.assignee, Some(administrator(world)));
            assert_added(world, &before, [0, 0, 1]);
            // Solved says Closed to the maps, and Resolved stays Resolved all the same.
            let here = world.case(&case).await.fields;
            assert_eq!(here.status, CaseStatus::Resolved);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_case_solved_without_anybody_to_solve_it_parks_until_somebody_is_assigned() {
    quiet(Wins::Remote)
        .settings(|settings| settings.default_email = None)
        .each(async |world| {
            let (ticket, case) = pulled_with(world, unassigned).await;
            let before = count(world);
            let writes = ticket_writes(world);
            world
                .admin()
                .edit(&case, |fields| {
                    fields.status = CaseStatus::Closed;
                    fields.priority = CasePriority::High;
                })
                .await;
            settle(world, &case).await;
            let parked = world.parked(&case).await;
            assert_eq!(parked.len(), 1, "{parked:?}");
            assert!(parked[0].1.contains("without an assignee"), "{parked:?}");
            assert_eq!(there(world, ticket).priority, Some(Priority::High));
            assert_added(world, &before, [0, 0, 1]);
            assert_eq!(ticket_writes(world) - writes, 1);
            assert_at_rest(world).await;
            let administrator = administrator(world);
            change(
                world,
                ticket,
                TicketChange {
                    assignee_id: Some(Some(administrator)),
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            assert!(world.admin().retry(&parked[0].0).await);
            settle(world, &case).await;
            assert_eq!(there(world, ticket).status, Status::Solved);
            assert_eq!(world.parked(&case).await, []);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_field_that_zendesk_refuses_parks_alone_and_the_rest_goes() {
    quiet(Wins::Remote)
        .each(async |world| {
            let field = world.zendesk().read(|account| {
                let fields = account.ticket_fields().iter();
                fields.map(|field| field.id).max().unwrap()
            });
            let (ticket, case) = pulled(world).await;
            world
                .zendesk()
                .edit(|account| assert!(account.require_field(field, true)));
            let before = count(world);
            world
                .admin()
                .edit(&case, |fields| {
                    fields.status = CaseStatus::Resolved;
                    fields.subject = "Smoke only".to_owned();
                    fields.priority = CasePriority::High;
                })
                .await;
            settle(world, &case).await;
            let parked = world.parked(&case).await;
            assert_eq!(parked.len(), 1, "{parked:?}");
            assert!(parked[0].1.contains("Zendesk refused it"), "{parked:?}");
            let now = there(world, ticket);
            assert_eq!(now.subject.as_deref(), Some("Smoke only"));
            assert_eq!(
                (now.status, now.priority),
                (Status::Open, Some(Priority::High))
            );
            assert_added(world, &before, [0, 0, 1]);
            assert_at_rest(world).await;
            world
                .zendesk()
                .edit(|account| account.require_field(field, false));
            assert!(world.admin().retry(&parked[0].0).await);
            settle(world, &case).await;
            assert_eq!(there(world, ticket).status, Status::Solved);
            assert_eq!(world.parked(&case).await, []);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn what_is_parked_and_given_up_goes_back_to_what_was_agreed() {
    quiet(Wins::Remote)
        .settings(|settings| settings.default_email = None)
        .each(async |world| {
            let (_, case) = pulled_with(world, unassigned).await;
            let writes = ticket_writes(world);
            world
                .admin()
                .edit(&case, |fields| fields.status = CaseStatus::Closed)
                .await;
            settle(world, &case).await;
            let parked = world.parked(&case).await;
            assert!(world.admin().discard(&parked[0].0).await);
            assert_eq!(world.case(&case).await.fields.status, CaseStatus::Open);
            settle(world, &case).await;
            assert_eq!(ticket_writes(world), writes);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_map_that_loses_something_never_writes_back_by_itself() {
    quiet(Wins::Local)
        .each(async |world| {
            // Urgent is High here, hold is Open, and no subject has a stand-in: none of it goes back.
            let (ticket, case) = pulled_with(world, |new| {
                new.priority = Some(Priority::Urgent);
                new.status = Some(Status::Hold);
                new.subject = None;
            })
            .await;
            let (before, writes) = (count(world), ticket_writes(world));
            assert_at_rest(world).await;
            world
                .admin()
                .edit(&case, |fields| fields.assigned_to = None)
                .await;
            settle(world, &case).await;
            let there = there(world, ticket);
            assert_eq!(there.priority, Some(Priority::Urgent));
            assert_eq!((there.status, there.subject), (Status::Hold, None));
            assert_added(world, &before, [0, 0, 1]);
            assert_eq!(ticket_writes(world) - writes, 1);
            assert_at_rest(world).await;
        })
        .await;
}
