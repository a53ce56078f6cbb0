//! What is parked, what lost a conflict, what piled up: settled by a person.

use domain::case::CasePriority;
use domain::merge::Priority;
use domain::outbox::{Kind, Line, Operation, Parked, Payload};
use engine::actions::{self, CaseEdit};
use simulator::TicketChange;
use store::conflicts::{self, Filter};
use store::outbox::{self, ParkedFilter};
use world::{ADMIN_EMAIL, World};

use crate::{pulled, quiet, run, say, subject_there};

fn subject(text: &str) -> CaseEdit {
    CaseEdit {
        subject: Some(text.to_owned()),
        ..CaseEdit::default()
    }
}

async fn rename_there(world: &World, ticket: i64, text: &str) {
    let change = TicketChange {
        subject: Some(Some(text.to_owned())),
        ..TicketChange::default()
    };
    world
        .zendesk()
        .edit(|account| account.update_ticket(ticket, change))
        .unwrap();
}

#[tokio::test]
async fn the_value_that_lost_a_conflict_is_restored_by_one_command() {
    for wins in [Priority::Remote, Priority::Local] {
        quiet(wins)
            .each(async |world| {
                let (ticket, case) = pulled(world).await;
                rename_there(world, ticket, "Theirs").await;
                actions::edit(world.engine(), &case.id, subject("Ours"), ADMIN_EMAIL)
                    .await
                    .unwrap();
                run(world).await;
                let (winner, loser) = match wins {
                    Priority::Remote => ("Theirs", "Ours"),
                    Priority::Local => ("Ours", "Theirs"),
                };
                assert_eq!(world.case_of(ticket).await.fields.subject, winner);
                assert_eq!(subject_there(world, ticket).as_deref(), Some(winner));
                let mut reader = world.store().read().await.unwrap();
                let filter = Filter {
                    case: Some(&case.id),
                    ..Filter::default()
                };
                let found = conflicts::list(&mut reader, filter, None, 10)
                    .await
                    .unwrap();
                drop(reader);
                let [conflict] = found.as_slice() else {
                    panic!("{found:?}");
                };
                actions::restore_conflict(world.engine(), &conflict.id, ADMIN_EMAIL)
                    .await
                    .unwrap();
                run(world).await;
                assert_eq!(world.case_of(ticket).await.fields.subject, loser);
                assert_eq!(subject_there(world, ticket).as_deref(), Some(loser));
                let again =
                    actions::restore_conflict(world.engine(), &conflict.id, ADMIN_EMAIL).await;
                assert!(again.unwrap_err().to_string().contains("restored before"));
            })
            .await;
    }
}

#[tokio::test]
async fn what_is_parked_is_retried_or_given_up() {
    quiet(Priority::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            world.zendesk().edit(|account| {
                account.solve(ticket).unwrap();
                account.close(ticket).unwrap();
            });
            run(world).await;
            actions::edit(world.engine(), &case.id, subject("Too late"), ADMIN_EMAIL)
                .await
                .unwrap();
            say(world, &case.id, "Too late as well.", false)
                .await
                .unwrap();
            run(world).await;
            let mut reader = world.store().read().await.unwrap();
            let parked = outbox::parked(&mut reader, ParkedFilter::default(), None, 10)
                .await
                .unwrap();
            drop(reader);
            assert_eq!(parked.len(), 2, "{parked:?}");
            for entry in &parked {
                let reason = entry.entry.operation.reason.as_ref().unwrap().to_string();
                assert!(reason.contains("closed"), "{reason}");
                assert_eq!(entry.case_number, Some(case.number));
            }
            // Tried again, it is parked again; given up, the field is what both sides agreed on.
            assert_eq!(
                actions::retry_all(world.engine(), None, ADMIN_EMAIL)
                    .await
                    .unwrap(),
                2
            );
            run(world).await;
            let given_up = actions::discard_all(world.engine(), &case.id, ADMIN_EMAIL)
                .await
                .unwrap();
            assert_eq!(given_up, 2);
            assert_eq!(
                world.case_of(ticket).await.fields.subject,
                "Printer on fire"
            );
            let why = engine::why::why(world.engine(), &case.id).await.unwrap();
            assert_eq!(
                why.details,
                ["1 comment was never sent."],
                "it stays on the case"
            );
        })
        .await;
}

#[tokio::test]
async fn what_piled_up_while_two_way_sync_was_off_is_counted_and_sent_when_asked_for() {
    World::builder()
        .tickets(0)
        .users(3)
        .comments(1)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let edit = CaseEdit {
                priority: Some(CasePriority::Low),
                ..subject("Piled up")
            };
            actions::edit(world.engine(), &case.id, edit, ADMIN_EMAIL)
                .await
                .unwrap();
            say(world, &case.id, "Piled up too.", true).await.unwrap();
            run(world).await;
            world.set(|settings| settings.two_way = true).await;
            let integration = world.integration().await;
            let counted = actions::backlog(world.engine(), &integration, false, ADMIN_EMAIL);
            let counted = counted.await.unwrap();
            assert_eq!((counted.cases, counted.fields, counted.comments), (1, 2, 1));
            run(world).await;
            assert_eq!(
                subject_there(world, ticket).as_deref(),
                Some("Printer on fire")
            );
            actions::backlog(world.engine(), &integration, true, ADMIN_EMAIL)
                .await
                .unwrap();
            run(world).await;
            assert_eq!(subject_there(world, ticket).as_deref(), Some("Piled up"));
            assert_eq!(world.zendesk().count_comments(), 2);
            let counted = actions::backlog(world.engine(), &integration, false, ADMIN_EMAIL);
            assert_eq!(counted.await.unwrap(), actions::Backlog::default());
        })
        .await;
}

#[tokio::test]
async fn everything_that_is_parked_is_retried_however_much_it_is() {
    quiet(Priority::Remote)
        .each(async |world| {
            let (integration, now) = (world.integration().await.id, world.now());
            let parked: Vec<Operation> = (0..1_203)
                .map(|n| {
                    let id = format!("{integration}:{n:04}");
                    let line = Line {
                        id: &id,
                        operations: &[],
                        last_seq: 0,
                    };
                    let op_id = format!("operation {n:04}");
                    let mut asked =
                        Operation::new(op_id, &line, Kind::Person, Payload::default(), now);
                    asked.park(Parked::TwoWayOff);
                    asked
                })
                .collect();
            let mut tx = world.store().begin().await.unwrap();
            outbox::put(&mut tx, &integration, "sync", &parked, now)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let retried = actions::retry_all(world.engine(), Some(&integration), ADMIN_EMAIL);
            assert_eq!(retried.await.unwrap(), 1_203);
            let mut reader = world.store().read().await.unwrap();
            let filter = ParkedFilter::default();
            let left = outbox::parked(&mut reader, filter, None, 10).await.unwrap();
            assert_eq!(left, []);
        })
        .await;
}
