//! The table *Ticket → case* of ticket-sync.md 3, and the ticket panel.

use domain::case::{CaseField, CasePriority, CaseSource, CaseStatus};
use domain::identity::Unassigned;
use jiff::Timestamp;
use rstest::rstest;
use simulator::{
    Channel, CustomValue, Kind, NewComment, NewTicket, Priority, Status, TicketChange,
};
use store::links;
use world::{ADMIN_EMAIL, World};

use crate::{add, agent, change, customer, hire, name, page, pull, pull_new, quiet, shown, ticket};

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
async fn a_case_is_assigned_to_the_user_with_the_assignees_email_whatever_its_letters() {
    quiet()
        .each(async |world| {
            let grace = hire(world, "Grace.Hopper@Example.COM", "Grace Hopper").await;
            let assignee = agent(world, "G. Hopper", "grace.hopper@example.com");
            let new = NewTicket {
                assignee_id: Some(assignee),
                ..ticket()
            };
            let (id, case) = pull_new(world, new).await;
            assert_eq!(case.fields.assigned_to, Some(grace.id.clone()));
            let panel = page(world, id).await.ticket.unwrap();
            assert_eq!(
                shown(panel.assignee.as_ref()),
                (Some("Grace Hopper"), Some("G. Hopper"))
            );
        })
        .await;
}

#[tokio::test]
async fn a_case_goes_to_the_owner_if_nobody_here_has_the_assignees_email() {
    quiet()
        .each(async |world| {
            let assignee = agent(world, "Lin Stranger", "lin@elsewhere.example");
            let new = NewTicket {
                assignee_id: Some(assignee),
                ..ticket()
            };
            let (id, case) = pull_new(world, new).await;
            assert_eq!(case.fields.assigned_to, Some(world.admin().user().await.id));
            let panel = page(world, id).await.ticket.unwrap();
            assert_eq!(
                shown(panel.assignee.as_ref()),
                (Some("Ada Lovelace"), Some("Lin Stranger"))
            );
        })
        .await;
}

#[rstest]
#[case::are_left_so(Unassigned::Leave)]
#[case::go_to_the_owner(Unassigned::Owner)]
#[tokio::test]
async fn unassigned_tickets(#[case] unassigned: Unassigned) {
    quiet()
        .settings(move |settings| settings.unassigned = unassigned)
        .each(async |world| {
            let (id, case) = pull_new(world, ticket()).await;
            let owner = match unassigned {
                Unassigned::Leave => None,
                Unassigned::Owner => Some(world.admin().user().await.id),
            };
            assert_eq!(case.fields.assigned_to, owner);
            let panel = page(world, id).await.ticket.unwrap();
            assert!(
                panel.assignee.is_none(),
                "the ticket itself has no assignee"
            );

            // The same when a ticket is taken from its assignee later.
            let new = NewTicket {
                assignee_id: Some(agent(world, "Lin", "lin@x.example")),
                ..ticket()
            };
            let (taken, _) = pull_new(world, new).await;
            change(
                world,
                taken,
                TicketChange {
                    assignee_id: Some(None),
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            assert_eq!(world.case_of(taken).await.fields.assigned_to, owner);
        })
        .await;
}

#[tokio::test]
async fn the_contact_of_a_case_is_its_tickets_requester() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let clerk = agent(world, "Front Desk", "desk@example.com");
            let new = NewTicket {
                requester_id: Some(rosa),
                submitter_id: Some(clerk),
                ..ticket()
            };
            let (id, _) = pull_new(world, new).await;
            assert_eq!(
                name(page(world, id).await.contact.as_ref()),
                Some("Rosa Parks")
            );
            // The requester can change later.
            let tom = customer(world, "Tom Other", "tom@customer.example");
            change(
                world,
                id,
                TicketChange {
                    requester_id: Some(tom),
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            assert_eq!(
                name(page(world, id).await.contact.as_ref()),
                Some("Tom Other")
            );
        })
        .await;
}

#[tokio::test]
async fn a_case_belongs_to_the_submitters_user_else_the_requesters_else_the_integration_owner() {
    quiet()
        .each(async |world| {
            let grace = hire(world, "grace@example.com", "Grace Hopper").await;
            let alan = hire(world, "alan@example.com", "Alan Turing").await;
            let grace_there = agent(world, "Grace", "grace@example.com");
            let alan_there = agent(world, "Alan", "alan@example.com");
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let owner_of = async |requester, submitter| {
                let new = NewTicket {
                    requester_id: Some(requester),
                    submitter_id: Some(submitter),
                    ..ticket()
                };
                pull_new(world, new).await.1.owner_id
            };
            assert_eq!(
                owner_of(alan_there, grace_there).await,
                Some(grace.id.clone())
            );
            assert_eq!(owner_of(alan_there, rosa).await, Some(alan.id));
            let ada = world.admin().user().await.id;
            assert_eq!(owner_of(rosa, rosa).await, Some(ada));

            // Set once: whoever asks later, the case stays whose it is.
            let new = NewTicket {
                requester_id: Some(grace_there),
                ..ticket()
            };
            let (id, case) = pull_new(world, new).await;
            assert_eq!(case.owner_id, Some(grace.id.clone()));
            change(
                world,
                id,
                TicketChange {
                    requester_id: Some(rosa),
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            assert_eq!(world.case_of(id).await.owner_id, Some(grace.id));
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
async fn the_panel_shows_zendesks_own_words_and_names_unmapped() {
    World::builder()
        .tickets(0)
        .users(30)
        .each(async |world| {
            let (group, brand, organization, custom, field) = world.zendesk().read(|account| {
                (
                    account.groups()[0].clone(),
                    account.brands()[0].clone(),
                    account.organizations().next().unwrap().clone(),
                    account
                        .custom_statuses()
                        .iter()
                        .find(|one| !one.default)
                        .unwrap()
                        .clone(),
                    account
                        .ticket_fields()
                        .iter()
                        .find(|one| one.kind == "text" && one.removable)
                        .cloned(),
                )
            });
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let new = NewTicket {
                priority: Some(Priority::Urgent),
                kind: Some(Kind::Incident),
                recipient: Some("help@acme.example".to_owned()),
                group_id: Some(group.id),
                brand_id: Some(brand.id),
                organization_id: Some(organization.id),
                custom_status_id: Some(custom.id),
                collaborator_ids: vec![rosa],
                tags: vec!["vip".to_owned(), "fire".to_owned()],
                custom_fields: field
                    .iter()
                    .map(|field| CustomValue {
                        id: field.id,
                        value: "gold".into(),
                    })
                    .collect(),
                ..ticket()
            };
            let (id, _) = pull_new(world, new).await;
            let panel = page(world, id).await.ticket.unwrap();
            let labels: Vec<&str> = panel.fields().iter().map(|field| field.label).collect();
            assert_eq!(
                labels,
                [
                    "Ticket Number",
                    "Recipients Email",
                    "Status",
                    "Type",
                    "Submitter",
                    "Assignee",
                    "Requester",
                    "Priority",
                    "Problem",
                    "Collaborators",
                ]
            );
            assert_eq!(panel.number, id);
            assert!(
                panel
                    .url
                    .unwrap()
                    .ends_with(&format!("/agent/tickets/{id}"))
            );
            assert_eq!(panel.recipient.as_deref(), Some("help@acme.example"));
            assert_eq!(panel.status.as_deref(), Some(custom.category.as_str()));
            assert_eq!(panel.kind.as_deref(), Some("incident"));
            assert_eq!(panel.priority.as_deref(), Some("urgent"));
            assert_eq!(panel.tags, ["vip", "fire"]);
            assert_eq!(panel.group.as_deref(), Some(&*group.name));
            assert_eq!(panel.brand.as_deref(), Some(&*brand.name));
            assert_eq!(panel.organization.as_deref(), Some(&*organization.name));
            assert_eq!(panel.custom_status.as_deref(), Some(&*custom.agent_label));
            assert_eq!(
                panel.collaborators[0].zendesk_name.as_deref(),
                Some("Rosa Parks")
            );
            if let Some(field) = field {
                assert_eq!(panel.custom_fields[0].name, field.title);
                assert_eq!(panel.custom_fields[0].value, "gold");
            }
        })
        .await;
}

#[tokio::test]
async fn the_problem_of_a_ticket_leads_to_its_case_also_if_the_problem_arrives_later() {
    quiet()
        .each(async |world| {
            let problem = add(
                world,
                NewTicket {
                    kind: Some(Kind::Problem),
                    ..ticket()
                },
            );
            let incident = NewTicket {
                kind: Some(Kind::Incident),
                problem_id: Some(problem),
                ..ticket()
            };
            let incident = add(world, incident);
            // The export damages the problem, so that only the incident arrives.
            world
                .zendesk()
                .add_fault(crate::unreadable(problem, "incremental/tickets/cursor"));
            world
                .zendesk()
                .add_fault(crate::unreadable(problem, "tickets/show_many"));
            pull(world).await;
            let early = page(world, incident).await.ticket.unwrap().problem.unwrap();
            assert_eq!((early.ticket, early.case_number), (problem, None));

            world.zendesk().clear_faults();
            change(
                world,
                problem,
                TicketChange {
                    tags: Some(vec!["x".to_owned()]),
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            let number = world.case_of(problem).await.number;
            let late = page(world, incident).await.ticket.unwrap().problem.unwrap();
            assert_eq!((late.ticket, late.case_number), (problem, Some(number)));
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
