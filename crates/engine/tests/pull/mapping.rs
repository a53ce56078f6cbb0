//! The table *Ticket → case* of ticket-sync.md 3, and the ticket panel.

use domain::case::{CaseField, CasePriority, CaseSource, CaseStatus};
use jiff::Timestamp;
use rstest::rstest;
use simulator::{Channel, NewComment, NewTicket, Priority, Status, TicketChange};
use store::links;
use world::{ADMIN_EMAIL, World};

use crate::{add, change, page, pull, pull_new, quiet, ticket};

#[rstest]
#[case::a_new_ticket_becomes_an_open_case(Status::New, CaseStatus::Open)]
#[case::an_open_ticket_becomes_an_open_case(Status::Open, CaseStatus::Open)]
#[case::a_pending_ticket_becomes_a_case_in_progress(Status::Pending, CaseStatus::InProgress)]
#[case::a_ticket_on_hold_becomes_an_open_case(Status::Hold, CaseStatus::Open)]
#[case::a_solved_ticket_becomes_a_closed_case(Status::Solved, CaseStatus::Closed)]
#[case::a_closed_ticket_becomes_a_closed_case(Status::Closed, CaseStatus::Closed)]
#[tokio::test]
async fn status_of(#[case] status: Status, #[case] expected: CaseStatus) {
    quiet()
        .each(async |world| {
            let made = pull_new(
                world,
                NewTicket {
                    status: Some(status),
                    ..ticket()
                },
            )
            .await;
            assert_eq!(made.1.fields.status, expected);

            // And a ticket that becomes so later takes its case along.
            let other = if status == Status::Pending {
                Status::Open
            } else {
                Status::Pending
            };
            let (id, _) = pull_new(
                world,
                NewTicket {
                    status: Some(other),
                    ..ticket()
                },
            )
            .await;
            change(
                world,
                id,
                TicketChange {
                    status: Some(status),
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            assert_eq!(world.case_of(id).await.fields.status, expected);
        })
        .await;
}

#[rstest]
#[case::a_low_ticket_becomes_a_low_case(Priority::Low, CasePriority::Low)]
#[case::a_normal_ticket_becomes_a_normal_case(Priority::Normal, CasePriority::Normal)]
#[case::a_high_ticket_becomes_a_high_case(Priority::High, CasePriority::High)]
#[case::an_urgent_ticket_becomes_a_high_case(Priority::Urgent, CasePriority::High)]
#[tokio::test]
async fn priority_of(#[case] priority: Priority, #[case] expected: CasePriority) {
    quiet()
        .each(async |world| {
            let new = NewTicket {
                priority: Some(priority),
                ..ticket()
            };
            let (_, case) = pull_new(world, new).await;
            assert_eq!(case.fields.priority, expected);
        })
        .await;
}

#[tokio::test]
async fn a_ticket_without_a_priority_makes_a_normal_case_and_changes_no_other() {
    quiet()
        .each(async |world| {
            let (_, case) = pull_new(world, ticket()).await;
            assert_eq!(case.fields.priority, CasePriority::Normal);

            let new = NewTicket {
                priority: Some(Priority::Urgent),
                ..ticket()
            };
            let (urgent, _) = pull_new(world, new).await;
            change(
                world,
                urgent,
                TicketChange {
                    priority: Some(None),
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            assert_eq!(
                world.case_of(urgent).await.fields.priority,
                CasePriority::High
            );
        })
        .await;
}

#[tokio::test]
async fn the_maps_of_the_integration_decide_where_somebody_edited_them() {
    quiet()
        .settings(|settings| {
            settings.maps.status.from_zendesk.solved = CaseStatus::Resolved;
            settings.maps.priority.from_zendesk.low = CasePriority::Normal;
        })
        .each(async |world| {
            let new = NewTicket {
                status: Some(Status::Solved),
                priority: Some(Priority::Low),
                ..ticket()
            };
            let (_, case) = pull_new(world, new).await;
            assert_eq!(case.fields.status, CaseStatus::Resolved);
            assert_eq!(case.fields.priority, CasePriority::Normal);
        })
        .await;
}

#[tokio::test]
async fn a_subject_is_taken_as_it_is() {
    quiet()
        .each(async |world| {
            let odd = "  Ünïcode 🔥 <b>not bold</b> {{ticket.id}} \u{202e}right to left";
            let new = NewTicket {
                subject: Some(odd.to_owned()),
                ..ticket()
            };
            let (id, case) = pull_new(world, new).await;
            assert_eq!(case.fields.subject, odd);
            let subject = Some(Some("Printer cool again".to_owned()));
            change(
                world,
                id,
                TicketChange {
                    subject,
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            assert_eq!(world.case_of(id).await.fields.subject, "Printer cool again");
        })
        .await;
}

#[tokio::test]
async fn an_empty_subject_reads_no_subject_on_the_case_only() {
    quiet()
        .each(async |world| {
            let (id, case) = pull_new(
                world,
                NewTicket {
                    subject: None,
                    ..ticket()
                },
            )
            .await;
            assert_eq!(case.fields.subject, "(no subject)");
            // What is agreed on, and would ever be sent back, has no such words.
            let integration = world.integration().await;
            let mut reader = world.store().read().await.unwrap();
            let links = links::by_tickets(&mut reader, &integration.id, &[id])
                .await
                .unwrap();
            drop(reader);
            let agreed = links[&id].agreed.get(CaseField::Subject).unwrap();
            assert_eq!(agreed.crm.as_deref(), Some("(no subject)"));
            assert_eq!(agreed.zendesk.as_deref().unwrap_or(""), "");

            let subject = Some(Some("Now it has one".to_owned()));
            change(
                world,
                id,
                TicketChange {
                    subject,
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            assert_eq!(world.case_of(id).await.fields.subject, "Now it has one");
            change(
                world,
                id,
                TicketChange {
                    subject: Some(None),
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            assert_eq!(world.case_of(id).await.fields.subject, "(no subject)");
            let zendesk = world
                .zendesk()
                .read(|account| account.ticket(id).unwrap().subject.clone());
            assert_eq!(zendesk, None);
        })
        .await;
}

#[rstest]
#[case::in_public(true)]
#[case::in_private(false)]
#[tokio::test]
async fn the_description_is_the_first_comment_counted_once_with_zendesks_visibility(
    #[case] public: bool,
) {
    quiet()
        .each(async |world| {
            let comment = NewComment {
                public,
                ..NewComment::public("It burns.")
            };
            let id = add(
                world,
                NewTicket {
                    comment,
                    ..ticket()
                },
            );
            let run = pull(world).await;
            assert_eq!(run.counters.comments.created, 1);
            let page = page(world, id).await;
            assert_eq!(page.description, "It burns.");
            assert_eq!(page.comments_total, 1);
            let only = &page.comments[0];
            assert!(only.is_description);
            assert_eq!((only.message.as_str(), only.public), ("It burns.", public));

            let answer = NewComment::public("Is there smoke?");
            world
                .zendesk()
                .edit(|account| account.add_comment(id, answer))
                .unwrap();
            assert_eq!(pull(world).await.counters.comments.created, 1);
            let comments = world.comments_of(id).await;
            let descriptions = comments
                .iter()
                .filter(|row| row.comment.is_description)
                .count();
            assert_eq!((comments.len(), descriptions), (2, 1));
        })
        .await;
}

#[tokio::test]
async fn a_case_was_reported_when_its_ticket_was_created_and_closed_when_it_was_solved() {
    quiet()
        .each(async |world| {
            let created = world.now();
            let id = add(world, ticket());
            world.pass_minutes(10);
            world.zendesk().edit(|account| account.solve(id)).unwrap();
            let solved = world.now();
            // Neither what happens to the ticket later nor its closing moves that time.
            world.pass_minutes(10);
            change(
                world,
                id,
                TicketChange {
                    tags: Some(vec!["late".to_owned()]),
                    ..TicketChange::default()
                },
            );
            let case = {
                pull(world).await;
                world.case_of(id).await
            };
            assert_eq!(case.reported_at, created);
            assert_eq!(case.fields.closed_at, Some(solved));
            world.zendesk().edit(|account| account.close(id)).unwrap();
            pull(world).await;
            assert_eq!(world.case_of(id).await.fields.closed_at, Some(solved));
        })
        .await;
}

#[tokio::test]
async fn a_ticket_that_is_opened_again_clears_the_time_and_a_second_solve_sets_it_anew() {
    quiet()
        .each(async |world| {
            let id = add(world, ticket());
            world.zendesk().edit(|account| account.solve(id)).unwrap();
            pull(world).await;
            assert!(world.case_of(id).await.fields.closed_at.is_some());
            change(
                world,
                id,
                TicketChange {
                    status: Some(Status::Open),
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            let open = world.case_of(id).await.fields;
            assert_eq!((open.status, open.closed_at), (CaseStatus::Open, None));

            world.zendesk().edit(|account| account.solve(id)).unwrap();
            let solved: Timestamp = world.now();
            world.pass_minutes(5);
            change(
                world,
                id,
                TicketChange {
                    tags: Some(vec!["late".to_owned()]),
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            assert_eq!(world.case_of(id).await.fields.closed_at, Some(solved));
        })
        .await;
}

#[rstest]
#[case::a_mail_makes_a_case_from_email(Channel::Email, CaseSource::Email)]
#[case::a_phone_call_makes_a_case_from_phone(Channel::Phone, CaseSource::Phone)]
#[case::the_web_form_makes_a_case_from_web(Channel::Web, CaseSource::Web)]
#[case::the_api_makes_a_case_from_elsewhere(Channel::Api, CaseSource::Other)]
#[case::a_rule_makes_a_case_from_elsewhere(Channel::Rule, CaseSource::Other)]
#[tokio::test]
async fn source_of(#[case] channel: Channel, #[case] expected: CaseSource) {
    quiet()
        .each(async |world| {
            let new = NewTicket {
                channel: Some(channel),
                ..ticket()
            };
            assert_eq!(pull_new(world, new).await.1.source, expected);
        })
        .await;
}

#[tokio::test]
async fn every_ticket_gets_exactly_one_case_from_the_first_ever() {
    World::builder()
        .tickets(120)
        .users(20)
        .page_size(50)
        .each(async |world| {
            let run = world.sync_well().await;
            assert_eq!(run.counters.cases.created, 120);
            assert_eq!(run.requested_by, ADMIN_EMAIL);
            let tickets: Vec<i64> = world
                .zendesk()
                .read(|account| account.tickets().map(|one| one.id).collect());
            let integration = world.integration().await;
            let mut reader = world.store().read().await.unwrap();
            let cases = links::cases_of(&mut reader, &integration.id, &tickets)
                .await
                .unwrap();
            let different: std::collections::HashSet<&String> = cases.values().collect();
            assert_eq!((cases.len(), different.len()), (120, 120));
            assert_eq!(store::cases::count(&mut reader).await.unwrap(), 120);
        })
        .await;
}
