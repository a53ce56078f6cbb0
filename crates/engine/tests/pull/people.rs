//! Who becomes whom: contacts, users, owners (ticket-sync.md 2 and 3).

use simulator::{NewTicket, Role, UserChange};
use world::World;

use crate::{
    add, agent, altered, contact, contact_of, customer, hire, lines, meet, name, page, pull,
    pull_new, quiet, shown, ticket, unreadable,
};

/// Changes a user in Zendesk.
pub(crate) fn edit(world: &World, user: i64, change: UserChange) {
    world
        .zendesk()
        .edit(|account| account.update_user(user, change))
        .unwrap();
}

pub(crate) fn asked_by(requester: i64) -> NewTicket {
    NewTicket {
        requester_id: Some(requester),
        ..ticket()
    }
}

#[tokio::test]
async fn a_submitter_who_is_an_end_user_becomes_a_contact_by_email_or_a_new_one() {
    quiet()
        .each(async |world| {
            let known = meet(world, "c1", "Rosa L. Parks", "Rosa@Customer.example").await;
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let tom = customer(world, "Tom New", "tom@customer.example");
            for (person, shown_as) in [(rosa, "Rosa L. Parks"), (tom, "Tom New")] {
                let (id, _) = pull_new(world, asked_by(person)).await;
                let panel = page(world, id).await.ticket.unwrap();
                let submitter = panel.submitter.unwrap();
                assert_eq!(name(submitter.contact.as_ref()), Some(shown_as));
                assert_eq!(submitter.user, None);
            }
            assert_eq!(lines(world, "crm_contact").await.len(), 2);
            let rosa_here = contact(world, &known).await;
            assert_eq!(
                rosa_here.name.full(),
                "Rosa L. Parks",
                "the contact keeps its name"
            );
        })
        .await;
}

#[tokio::test]
async fn a_submitter_of_the_staff_is_the_user_with_that_email_or_the_integration_owner() {
    quiet()
        .each(async |world| {
            hire(world, "grace@example.com", "Grace Hopper").await;
            let grace = agent(world, "G. H.", "Grace@example.com");
            let lin = agent(world, "Lin Stranger", "lin@elsewhere.example");
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            for (person, expected) in [
                (grace, (Some("Grace Hopper"), Some("G. H."))),
                (lin, (Some("Ada Lovelace"), Some("Lin Stranger"))),
            ] {
                let new = NewTicket {
                    submitter_id: Some(person),
                    ..asked_by(rosa)
                };
                let (id, _) = pull_new(world, new).await;
                let panel = page(world, id).await.ticket.unwrap();
                assert_eq!(shown(panel.submitter.as_ref()), expected);
                assert_eq!(
                    panel.submitter.unwrap().contact,
                    None,
                    "staff that only types is no contact"
                );
            }
        })
        .await;
}

#[tokio::test]
async fn a_requester_who_is_an_agent_gets_a_contact_and_the_panel_links_the_user_too() {
    quiet()
        .each(async |world| {
            hire(world, "grace@example.com", "Grace Hopper").await;
            let grace = agent(world, "Grace Hopper", "grace@example.com");
            let (id, _) = pull_new(world, asked_by(grace)).await;
            assert_eq!(
                contact_of(world, id).await.email.as_deref(),
                Some("grace@example.com")
            );
            let requester = page(world, id).await.ticket.unwrap().requester.unwrap();
            assert_eq!(name(requester.shown()), Some("Grace Hopper"));
            assert_eq!(name(requester.second()), Some("Grace Hopper"));
            assert!(requester.contact.is_some() && requester.user.is_some());
        })
        .await;
}

#[tokio::test]
async fn the_mapped_name_is_shown_with_zendesks_own_beside_it() {
    quiet()
        .each(async |world| {
            meet(
                world,
                "c1",
                "Steven Spielberg",
                "founder@dreamworks.example",
            )
            .await;
            let founder = customer(world, "DreamWorks Founder", "founder@dreamworks.example");
            let (id, _) = pull_new(world, asked_by(founder)).await;
            let panel = page(world, id).await.ticket.unwrap();
            let expected = (Some("Steven Spielberg"), Some("DreamWorks Founder"));
            assert_eq!(shown(panel.requester.as_ref()), expected);
        })
        .await;
}

#[tokio::test]
async fn a_role_that_changes_switches_the_link() {
    quiet()
        .each(async |world| {
            hire(world, "rosa@example.com", "Rosa (staff)").await;
            let rosa = customer(world, "Rosa Parks", "rosa@example.com");
            let (id, _) = pull_new(world, asked_by(rosa)).await;
            let submitter = async || page(world, id).await.ticket.unwrap().submitter.unwrap();
            assert_eq!(submitter().await.user, None);

            edit(
                world,
                rosa,
                UserChange {
                    role: Some(Role::Agent),
                    ..UserChange::default()
                },
            );
            pull(world).await;
            let staff = submitter().await;
            assert_eq!(
                (name(staff.user.as_ref()), staff.contact),
                (Some("Rosa (staff)"), None)
            );
            let comment = &page(world, id).await.comments[0];
            assert_eq!(name(comment.author.shown()), Some("Rosa (staff)"));

            edit(
                world,
                rosa,
                UserChange {
                    role: Some(Role::EndUser),
                    ..UserChange::default()
                },
            );
            pull(world).await;
            let again = submitter().await;
            assert_eq!(
                (name(again.contact.as_ref()), again.user),
                (Some("Rosa Parks"), None)
            );
        })
        .await;
}

#[tokio::test]
async fn a_requester_whom_the_export_left_out_is_fetched() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            world
                .zendesk()
                .add_fault(unreadable(rosa, "incremental/users/cursor"));
            let (id, _) = pull_new(world, asked_by(rosa)).await;
            assert_eq!(contact_of(world, id).await.name.full(), "Rosa Parks");
            let asked = world.zendesk().requests_by_route();
            assert_eq!(asked.get("GET users/show_many"), Some(&1), "{asked:?}");
        })
        .await;
}

#[tokio::test]
async fn a_requester_nobody_knows_leaves_the_submitters_contact_and_is_put_right_on_arrival() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let tom = customer(world, "Tom Sender", "tom@customer.example");
            for route in ["incremental/users/cursor", "users/show_many"] {
                world.zendesk().add_fault(unreadable(rosa, route));
            }
            let id = add(
                world,
                NewTicket {
                    submitter_id: Some(tom),
                    ..asked_by(rosa)
                },
            );
            let run = pull(world).await;
            assert_eq!(contact_of(world, id).await.name.full(), "Tom Sender");
            let warnings = world.warnings(&run).await;
            let said =
                format!("The requester of ticket {id}, Zendesk user {rosa}, has not arrived");
            assert!(
                warnings.iter().any(|line| line.contains(&said)),
                "{warnings:?}"
            );

            // The user arrives; the ticket itself does not change any more.
            world.zendesk().clear_faults();
            edit(
                world,
                rosa,
                UserChange {
                    phone: Some(Some("1".to_owned())),
                    ..UserChange::default()
                },
            );
            pull(world).await;
            assert_eq!(contact_of(world, id).await.name.full(), "Rosa Parks");
            assert_eq!(page(world, id).await.conflicts, 0);
        })
        .await;
}

#[tokio::test]
async fn a_requester_missing_in_zendesk_too_is_reported_and_the_ticket_still_gets_its_case() {
    quiet()
        .each(async |world| {
            let tom = customer(world, "Tom Sender", "tom@customer.example");
            let id = add(world, asked_by(tom));
            let (requester, route) = ("9999999999999", "incremental/tickets/cursor");
            world
                .zendesk()
                .add_fault(altered(id, route, "requester_id", requester));
            let run = pull(world).await;
            let warnings = world.warnings(&run).await;
            assert!(
                warnings.iter().any(|line| line.contains(requester)),
                "{warnings:?}"
            );
            assert_eq!(contact_of(world, id).await.name.full(), "Tom Sender");
        })
        .await;
}
