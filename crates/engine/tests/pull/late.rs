//! Rows that come late, and rows that come to light late.

use std::time::Duration;

use simulator::{Fault, NewTicket, TicketChange, UserChange};

use crate::{
    altered, change, contact_of, customer, lines, pull, pull_new, quiet, ticket, unreadable,
};

const USERS: &str = "incremental/users/cursor";
const TICKETS: &str = "incremental/tickets/cursor";

#[tokio::test]
async fn a_late_ticket_never_overwrites_a_newer_one() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            let old = world
                .zendesk()
                .read(|account| account.ticket(id).unwrap().updated_at);
            world.pass_minutes(10);
            let subject = Some(Some("Newer".to_owned()));
            change(
                world,
                id,
                TicketChange {
                    subject,
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            // An older form of it comes late.
            let stamp = jiff::Timestamp::from_second(old).unwrap().to_string();
            world
                .zendesk()
                .add_fault(altered(id, TICKETS, "updated_at", &stamp));
            world
                .zendesk()
                .add_fault(altered(id, TICKETS, "subject", "Older"));
            world
                .zendesk()
                .edit(|account| account.system_touch(id))
                .unwrap();
            let run = pull(world).await;
            assert_eq!(
                (run.counters.tickets.read, run.counters.tickets.unchanged),
                (1, 1)
            );
            assert_eq!(world.case_of(id).await.fields.subject, "Newer");
            assert!(lines(world, "zendesk_ticket").await[0].contains("Newer"));
        })
        .await;
}

#[tokio::test]
async fn a_late_user_never_overwrites_a_newer_one() {
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
            let edit = |phone: &str| {
                let phone = Some(Some(phone.to_owned()));
                let edit = UserChange {
                    phone,
                    ..UserChange::default()
                };
                world
                    .zendesk()
                    .edit(|account| account.update_user(rosa, edit))
                    .unwrap();
            };
            edit("111");
            pull(world).await;
            world
                .zendesk()
                .add_fault(altered(rosa, USERS, "updated_at", "2026-01-01T00:00:00Z"));
            edit("222");
            pull(world).await;
            assert_eq!(contact_of(world, id).await.phone.as_deref(), Some("111"));
        })
        .await;
}

#[tokio::test]
async fn a_user_who_comes_to_light_after_a_younger_one_is_not_lost() {
    quiet()
        .each(async |world| {
            pull(world).await;
            // Two users change; Zendesk shows only the later change at first.
            let early = customer(world, "Early Bird", "early@customer.example");
            world.pass(Duration::from_secs(5));
            customer(world, "Late Riser", "late@customer.example");
            world.zendesk().add_fault(Fault {
                times: Some(1),
                ..unreadable(early, USERS)
            });
            world.pass(Duration::from_secs(5));
            assert_eq!(world.sync_well().await.counters.users.created, 1);
            assert_eq!(pull(world).await.counters.users.created, 1);
            let users = lines(world, "zendesk_user").await;
            assert!(
                users
                    .iter()
                    .any(|line| line.contains("early@customer.example"))
            );
        })
        .await;
}

#[tokio::test]
async fn a_ticket_that_does_not_say_when_it_changed_is_taken_as_it_comes() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            world
                .zendesk()
                .add_fault(altered(id, TICKETS, "updated_at", "null"));
            let subject = Some(Some("Without a date".to_owned()));
            change(
                world,
                id,
                TicketChange {
                    subject,
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            assert_eq!(world.case_of(id).await.fields.subject, "Without a date");
            // And what says when is taken again after it.
            world.zendesk().clear_faults();
            let subject = Some(Some("With a date".to_owned()));
            change(
                world,
                id,
                TicketChange {
                    subject,
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            assert_eq!(world.case_of(id).await.fields.subject, "With a date");
        })
        .await;
}
