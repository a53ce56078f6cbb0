//! Two-way sync switched off and on, and a case deleted, while changes are on their way: nothing of
//! them is lost, and a person can settle each.

use domain::case::CaseStatus;
use domain::merge::Priority;
use domain::outbox::{Kind, Parked};
use domain::plan::case_value;
use engine::actions::{self, Backlog, CaseEdit};
use engine::why;
use simulator::TicketChange;
use store::{desks, outbox};
use world::{ADMIN_EMAIL, World};

use crate::{a_case, pulled, quiet, run, say, subject_there};

fn subject(text: &str) -> CaseEdit {
    CaseEdit {
        subject: Some(text.to_owned()),
        ..CaseEdit::default()
    }
}

/// Does what is due, which parks it if nothing may be sent.
async fn park_all(world: &World) {
    world.pass_minutes(2);
    world.run_jobs().await;
    world.sync_well().await;
}

/// Switches two-way sync off while a worker is at everything that waits for a case, so that it parks
/// all of it.
async fn switch_off_midway(world: &World, case: &str) {
    world.set(|settings| settings.two_way = false).await;
    let integration = world.integration().await.id;
    let mut tx = world.store().begin().await.unwrap();
    let desk = desks::lock(&mut tx, case).await.unwrap().unwrap().desk;
    let mut operations = desk.operations.clone();
    for operation in &mut operations {
        if operation.kind == Kind::Fields {
            let changed = desk.changed_here().into_iter();
            operation.payload.parked = changed
                .map(|field| (field, case_value(&desk.fields, field)))
                .collect();
        }
        operation.park(Parked::TwoWayOff);
    }
    outbox::put(&mut tx, &integration, "sync", &operations, world.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn why_never_promises_to_send_while_nothing_is_sent() {
    quiet(Priority::Local)
        .each(async |world| {
            let (_, case) = pulled(world).await;
            let engine = world.engine();
            actions::edit(engine, &case.id, subject("Waits"), ADMIN_EMAIL)
                .await
                .unwrap();
            world.set(|settings| settings.two_way = false).await;
            park_all(world).await;
            let said = why::why(engine, &case.id).await.unwrap();
            assert!(!said.in_sync, "{said:?}");
            assert!(said.sentence.contains("two-way sync is off"), "{said:?}");
            assert!(!said.sentence.contains("to be sent"), "{said:?}");
        })
        .await;
}

#[tokio::test]
async fn what_was_under_way_when_two_way_was_switched_off_is_counted_and_sent_with_the_backlog() {
    quiet(Priority::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let engine = world.engine();
            actions::edit(engine, &case.id, subject("Under way"), ADMIN_EMAIL)
                .await
                .unwrap();
            say(world, &case.id, "Under way too.", false).await.unwrap();
            switch_off_midway(world, &case.id).await;
            let said = why::why(engine, &case.id).await.unwrap();
            assert!(said.sentence.contains("switched off"), "{said:?}");
            world.set(|settings| settings.two_way = true).await;
            let integration = world.integration().await;
            let all = Backlog {
                cases: 1,
                fields: 1,
                comments: 1,
            };
            run(world).await;
            let there = subject_there(world, ticket);
            assert_eq!(there.as_deref(), Some("Printer on fire"), "nobody asked");
            let counted = actions::backlog(engine, &integration, false, ADMIN_EMAIL).await;
            assert_eq!(counted.unwrap(), all);
            let pushed = actions::backlog(engine, &integration, true, ADMIN_EMAIL).await;
            assert_eq!(pushed.unwrap(), all);
            run(world).await;
            assert_eq!(subject_there(world, ticket).as_deref(), Some("Under way"));
            assert_eq!(world.zendesk().count_comments(), 2);
            let left = actions::backlog(engine, &integration, false, ADMIN_EMAIL).await;
            assert_eq!(left.unwrap(), Backlog::default());
        })
        .await;
}

#[tokio::test]
async fn what_piled_up_is_held_when_two_way_is_switched_on_and_not_sent_with_the_tickets_next_change()
 {
    quiet(Priority::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let engine = world.engine();
            world.set(|settings| settings.two_way = false).await;
            actions::edit(engine, &case.id, subject("Piled up"), ADMIN_EMAIL)
                .await
                .unwrap();
            say(world, &case.id, "Piled up too.", true).await.unwrap();
            let all = Backlog {
                cases: 1,
                fields: 1,
                comments: 1,
            };
            let integration = world.integration().await;
            for _ in 0..2 {
                let held = actions::hold_backlog(engine, &integration, ADMIN_EMAIL).await;
                assert_eq!(held.unwrap(), all);
            }
            world.set(|settings| settings.two_way = true).await;
            let change = TicketChange {
                comment: Some(simulator::NewComment::public("We look at it.")),
                ..TicketChange::default()
            };
            world
                .zendesk()
                .edit(|account| account.update_ticket(ticket, change).unwrap());
            let audits = world.zendesk().count_audits();
            run(world).await;
            assert_eq!(world.zendesk().count_audits(), audits, "nobody asked");
            let integration = world.integration().await;
            let pushed = actions::backlog(engine, &integration, true, ADMIN_EMAIL).await;
            assert_eq!(pushed.unwrap(), all);
            run(world).await;
            assert_eq!(subject_there(world, ticket).as_deref(), Some("Piled up"));
            assert_eq!(world.zendesk().count_comments(), 3);
            let said = why::why(engine, &case.id).await.unwrap();
            assert!(said.in_sync, "{said:?}");
        })
        .await;
}

#[tokio::test]
async fn what_waits_when_two_way_is_switched_off_is_held_and_so_is_a_publication() {
    quiet(Priority::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let engine = world.engine();
            let new = a_case(world, "Made here").await;
            actions::publish(engine, &new.id, None, ADMIN_EMAIL)
                .await
                .unwrap();
            actions::edit(engine, &case.id, subject("Waits"), ADMIN_EMAIL)
                .await
                .unwrap();
            world.set(|settings| settings.two_way = false).await;
            let integration = world.integration().await;
            actions::hold_backlog(engine, &integration, ADMIN_EMAIL)
                .await
                .unwrap();
            world.set(|settings| settings.two_way = true).await;
            let tickets = world.zendesk().count_tickets();
            run(world).await;
            assert_eq!(world.zendesk().count_tickets(), tickets);
            let there = subject_there(world, ticket);
            assert_eq!(there.as_deref(), Some("Printer on fire"));
            for id in [&case.id, &new.id] {
                let said = why::why(engine, id).await.unwrap();
                assert!(said.sentence.contains("switched off"), "{said:?}");
            }
        })
        .await;
}

#[tokio::test]
async fn what_is_done_while_an_integration_is_inactive_goes_once_it_is_active_again() {
    quiet(Priority::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let engine = world.engine();
            let integration = world.integration().await;
            engine::integrations::deactivate(engine, &integration, ADMIN_EMAIL)
                .await
                .unwrap();
            actions::edit(engine, &case.id, subject("Meanwhile"), ADMIN_EMAIL)
                .await
                .unwrap();
            world.pass_minutes(2);
            world.run_jobs().await;
            let there = subject_there(world, ticket);
            assert_eq!(there.as_deref(), Some("Printer on fire"));
            let said = why::why(engine, &case.id).await.unwrap();
            assert!(said.sentence.contains("is inactive"), "{said:?}");
            let integration = world.integration().await;
            engine::integrations::activate(engine, &integration, ADMIN_EMAIL)
                .await
                .unwrap();
            run(world).await;
            assert_eq!(subject_there(world, ticket).as_deref(), Some("Meanwhile"));
        })
        .await;
}

#[tokio::test]
async fn a_preview_of_the_backlog_neither_sends_nor_changes_anything() {
    quiet(Priority::Local)
        .each(async |world| {
            let (_, case) = pulled(world).await;
            let engine = world.engine();
            world.set(|settings| settings.two_way = false).await;
            actions::edit(engine, &case.id, subject("Piled up"), ADMIN_EMAIL)
                .await
                .unwrap();
            world.set(|settings| settings.two_way = true).await;
            let integration = world.integration().await;
            let before = world.dump().await;
            // Somebody else writes meanwhile; who only counts does not wait for them.
            let writing = world.store().begin().await.unwrap();
            let counted = actions::backlog(engine, &integration, false, ADMIN_EMAIL).await;
            assert_eq!(counted.unwrap().fields, 1);
            drop(writing);
            assert_eq!(world.dump().await, before);
        })
        .await;
}

#[tokio::test]
async fn a_restored_case_sends_what_was_parked_though_its_ticket_never_changed() {
    quiet(Priority::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let engine = world.engine();
            actions::edit(engine, &case.id, subject("Meant all the same"), ADMIN_EMAIL)
                .await
                .unwrap();
            let new = a_case(world, "Made here").await;
            actions::publish(engine, &new.id, None, ADMIN_EMAIL)
                .await
                .unwrap();
            for id in [&case.id, &new.id] {
                actions::delete(engine, id, ADMIN_EMAIL).await.unwrap();
            }
            park_all(world).await;
            let tickets = world.zendesk().count_tickets();
            for id in [&case.id, &new.id] {
                actions::restore(engine, id, ADMIN_EMAIL).await.unwrap();
            }
            run(world).await;
            let there = subject_there(world, ticket);
            assert_eq!(there.as_deref(), Some("Meant all the same"));
            assert_eq!(world.zendesk().count_tickets(), tickets + 1);
            for id in [&case.id, &new.id] {
                let said = why::why(engine, id).await.unwrap();
                assert!(said.in_sync, "{said:?}");
            }
        })
        .await;
}

#[tokio::test]
async fn what_is_parked_of_a_deleted_case_can_be_given_up_as_its_reason_says() {
    quiet(Priority::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let engine = world.engine();
            actions::edit(engine, &case.id, subject("Too late"), ADMIN_EMAIL)
                .await
                .unwrap();
            actions::delete(engine, &case.id, ADMIN_EMAIL)
                .await
                .unwrap();
            park_all(world).await;
            let said = why::why(engine, &case.id).await.unwrap();
            assert!(!said.in_sync, "a deleted case follows nothing: {said:?}");
            assert!(said.details[0].contains("or give it up"), "{said:?}");
            let given_up = actions::discard_all(engine, &case.id, ADMIN_EMAIL).await;
            assert_eq!(given_up.unwrap(), 1);
            actions::restore(engine, &case.id, ADMIN_EMAIL)
                .await
                .unwrap();
            run(world).await;
            assert_eq!(
                subject_there(world, ticket).as_deref(),
                Some("Printer on fire")
            );
            assert_eq!(
                world.case_of(ticket).await.fields.subject,
                "Printer on fire"
            );
            let said = why::why(engine, &case.id).await.unwrap();
            assert!(said.in_sync, "{said:?}");
        })
        .await;
}

#[tokio::test]
async fn why_tells_an_inactive_integration_from_one_that_syncs_one_way() {
    quiet(Priority::Remote)
        .each(async |world| {
            let (_, case) = pulled(world).await;
            let engine = world.engine();
            world.set(|settings| settings.two_way = false).await;
            let done = CaseEdit {
                status: Some(CaseStatus::InProgress),
                ..CaseEdit::default()
            };
            actions::edit(engine, &case.id, done, ADMIN_EMAIL)
                .await
                .unwrap();
            let said = why::why(engine, &case.id).await.unwrap();
            assert!(said.sentence.contains("two-way sync is off"), "{said:?}");
            world.set(|settings| settings.two_way = true).await;
            let integration = world.integration().await;
            engine::integrations::deactivate(engine, &integration, ADMIN_EMAIL)
                .await
                .unwrap();
            let said = why::why(engine, &case.id).await.unwrap();
            assert!(said.sentence.contains("is inactive"), "{said:?}");
        })
        .await;
}

#[tokio::test]
async fn an_edit_of_a_case_that_was_changed_since_it_was_read_is_refused() {
    quiet(Priority::Remote)
        .each(async |world| {
            let (_, case) = pulled(world).await;
            let engine = world.engine();
            let read = case.version;
            let first = actions::edit_as_read(engine, &case.id, subject("One"), read, ADMIN_EMAIL);
            assert_eq!(first.await.unwrap().fields.subject, "One");
            let second = actions::edit_as_read(engine, &case.id, subject("Two"), read, ADMIN_EMAIL);
            let said = second.await.unwrap_err().to_string();
            assert!(said.contains("was changed since you read it"), "{said}");
            assert_eq!(world.case(&case.id).await.fields.subject, "One");
        })
        .await;
}
