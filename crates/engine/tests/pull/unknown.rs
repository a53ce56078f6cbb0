//! Words nobody has explained: the mirror keeps them, the case stays as it is, the run says so.

use domain::case::{CasePriority, CaseStatus};
use simulator::{NewTicket, Priority, Role, Status, TicketChange, UserChange};
use store::runs::Run;
use world::World;

use crate::{add, altered, change, customer, lines, name, page, pull, pull_new, quiet, ticket};

const TICKETS: &str = "incremental/tickets/cursor";
const USERS: &str = "incremental/users/cursor";

async fn says(world: &World, run: &Run, words: &[&str]) {
    let warnings = world.warnings(run).await;
    let told = |line: &String| words.iter().all(|word| line.contains(word));
    assert!(warnings.iter().any(told), "{words:?} in {warnings:?}");
}

#[tokio::test]
async fn an_unknown_status_leaves_the_case_as_it_is_until_the_map_learns_the_word() {
    quiet()
        .each(async |world| {
            let new = NewTicket {
                status: Some(Status::Pending),
                ..ticket()
            };
            let (id, _) = pull_new(world, new).await;
            world
                .zendesk()
                .add_fault(altered(id, TICKETS, "status", "snoozed"));
            change(
                world,
                id,
                TicketChange {
                    priority: Some(Some(Priority::Low)),
                    ..TicketChange::default()
                },
            );
            let run = pull(world).await;
            says(
                world,
                &run,
                &[&format!("Ticket {id}"), "snoozed", "status map"],
            )
            .await;
            let case = world.case_of(id).await.fields;
            assert_eq!(case.status, CaseStatus::InProgress, "the status stays");
            assert_eq!(case.priority, CasePriority::Low, "the other fields go on");
            assert_eq!(
                page(world, id).await.ticket.unwrap().status.as_deref(),
                Some("snoozed")
            );

            world
                .set(|settings| {
                    settings
                        .maps
                        .status
                        .from_zendesk
                        .other
                        .insert("snoozed".to_owned(), CaseStatus::Open);
                })
                .await;
            change(
                world,
                id,
                TicketChange {
                    tags: Some(vec!["x".to_owned()]),
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            assert_eq!(world.case_of(id).await.fields.status, CaseStatus::Open);
        })
        .await;
}

#[tokio::test]
async fn a_new_ticket_with_an_unknown_status_still_gets_its_case() {
    quiet()
        .each(async |world| {
            let id = add(world, ticket());
            world
                .zendesk()
                .add_fault(altered(id, TICKETS, "status", "snoozed"));
            let run = pull(world).await;
            says(world, &run, &[&format!("Ticket {id}"), "snoozed"]).await;
            assert_eq!(world.case_of(id).await.fields.status, CaseStatus::Open);
            // Once the word is understood the case follows, without a conflict.
            world.zendesk().clear_faults();
            world.zendesk().edit(|account| account.solve(id)).unwrap();
            pull(world).await;
            assert_eq!(world.case_of(id).await.fields.status, CaseStatus::Closed);
            assert_eq!(page(world, id).await.conflicts, 0);
        })
        .await;
}

#[tokio::test]
async fn an_unknown_priority_leaves_the_case_as_it_is() {
    quiet()
        .each(async |world| {
            let new = NewTicket {
                priority: Some(Priority::High),
                ..ticket()
            };
            let (id, _) = pull_new(world, new).await;
            world
                .zendesk()
                .add_fault(altered(id, TICKETS, "priority", "cosmic"));
            change(
                world,
                id,
                TicketChange {
                    status: Some(Status::Pending),
                    ..TicketChange::default()
                },
            );
            let run = pull(world).await;
            says(
                world,
                &run,
                &[&format!("Ticket {id}"), "cosmic", "priority map"],
            )
            .await;
            assert_eq!(world.case_of(id).await.fields.priority, CasePriority::High);
            assert_eq!(
                page(world, id).await.ticket.unwrap().priority.as_deref(),
                Some("cosmic")
            );
        })
        .await;
}

#[tokio::test]
async fn an_unknown_type_is_kept_and_shown_as_it_came() {
    quiet()
        .each(async |world| {
            let id = add(world, ticket());
            world
                .zendesk()
                .add_fault(altered(id, TICKETS, "type", "riddle"));
            let run = pull(world).await;
            says(world, &run, &[&format!("Ticket {id}"), "riddle"]).await;
            assert_eq!(
                page(world, id).await.ticket.unwrap().kind.as_deref(),
                Some("riddle")
            );
        })
        .await;
}

#[tokio::test]
async fn a_user_of_an_unknown_role_is_linked_to_nobody_until_the_role_is_known() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            world
                .zendesk()
                .add_fault(altered(rosa, USERS, "role", "wizard"));
            let id = add(
                world,
                NewTicket {
                    requester_id: Some(rosa),
                    ..ticket()
                },
            );
            let run = pull(world).await;
            says(world, &run, &[&format!("user {rosa}"), "role"]).await;
            let case = page(world, id).await;
            assert!(case.contact.is_none());
            assert!(lines(world, "crm_contact").await.is_empty());
            assert!(
                lines(world, "zendesk_user")
                    .await
                    .iter()
                    .any(|line| line.contains("wizard"))
            );

            world.zendesk().clear_faults();
            let phone = Some(Some("1".to_owned()));
            let edit = UserChange {
                phone,
                ..UserChange::default()
            };
            world
                .zendesk()
                .edit(|account| account.update_user(rosa, edit))
                .unwrap();
            pull(world).await;
            assert_eq!(
                name(page(world, id).await.contact.as_ref()),
                Some("Rosa Parks")
            );
        })
        .await;
}

#[tokio::test]
async fn an_unknown_role_of_a_contact_changes_nothing_about_it() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let (id, _) = pull_new(
                world,
                NewTicket {
                    requester_id: Some(rosa),
                    ..ticket()
                },
            )
            .await;
            let edit = UserChange {
                name: Some("Somebody Else".to_owned()),
                role: Some(Role::Agent),
                ..UserChange::default()
            };
            world
                .zendesk()
                .edit(|account| account.update_user(rosa, edit))
                .unwrap();
            world
                .zendesk()
                .add_fault(altered(rosa, USERS, "role", "wizard"));
            let run = pull(world).await;
            says(world, &run, &[&format!("user {rosa}"), "wizard"]).await;
            assert_eq!(
                name(page(world, id).await.contact.as_ref()),
                Some("Rosa Parks")
            );
        })
        .await;
}

#[tokio::test]
async fn an_unknown_custom_status_is_kept_the_plain_status_counts_and_the_run_says_so() {
    quiet()
        .each(async |world| {
            pull(world).await;
            let new = NewTicket {
                status: Some(Status::Pending),
                ..ticket()
            };
            let id = add(world, new);
            world
                .zendesk()
                .add_fault(altered(id, TICKETS, "custom_status_id", "4242"));
            let run = pull(world).await;
            says(
                world,
                &run,
                &[&format!("Ticket {id}"), "custom status 4242"],
            )
            .await;
            assert_eq!(
                world.case_of(id).await.fields.status,
                CaseStatus::InProgress
            );
            assert!(lines(world, "zendesk_ticket").await[0].contains("4242"));
        })
        .await;
}

#[tokio::test]
async fn a_field_nobody_has_heard_of_is_kept_in_the_mirror() {
    quiet()
        .each(async |world| {
            let id = add(world, ticket());
            world.zendesk().add_fault(altered(
                id,
                TICKETS,
                "satisfaction_rating",
                r#"{"brand_new":["kept",7]}"#,
            ));
            pull(world).await;
            assert!(lines(world, "zendesk_ticket").await[0].contains("brand_new"));
            assert_eq!(world.case_of(id).await.fields.subject, "Printer on fire");
        })
        .await;
}
