//! The ticket panel of a case (ticket-sync.md 3).

use simulator::{CustomValue, Kind, NewTicket, Priority, TicketChange};
use world::World;

use crate::{add, change, customer, page, pull, pull_new, quiet, ticket};

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
