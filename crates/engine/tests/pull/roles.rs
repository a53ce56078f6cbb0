//! Who a case is assigned to, for whom it is, and who owns it (ticket-sync.md 3).

use domain::identity::Unassigned;
use rstest::rstest;
use simulator::{NewTicket, TicketChange};

use crate::{agent, change, customer, hire, name, page, pull, pull_new, quiet, shown, ticket};

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
