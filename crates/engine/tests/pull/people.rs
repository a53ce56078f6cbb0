//! Who becomes whom: contacts, users, owners (ticket-sync.md 2 and 3).

use domain::person::PersonName;
use simulator::{NewComment, NewTicket, NewUser, Role, TicketChange, UserChange};
use store::integrations::{ContactPolicy, EmailMatch};
use world::World;

use crate::{
    add, agent, altered, change, contact, contact_of, customer, hire, lines, meet, name, page,
    pull, pull_new, quiet, shown, ticket, unreadable,
};

/// Changes a user in Zendesk.
fn edit(world: &World, user: i64, change: UserChange) {
    world
        .zendesk()
        .edit(|account| account.update_user(user, change))
        .unwrap();
}

fn asked_by(requester: i64) -> NewTicket {
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
async fn an_end_user_without_email_gets_a_contact_once() {
    quiet()
        .each(async |world| {
            let new = NewUser {
                name: "Caller 555".to_owned(),
                ..NewUser::default()
            };
            let caller = world
                .zendesk()
                .edit(|account| account.add_user(new))
                .unwrap();
            let (first, _) = pull_new(world, asked_by(caller)).await;
            let (second, _) = pull_new(world, asked_by(caller)).await;
            let made = contact_of(world, first).await;
            assert_eq!(
                (made.name.full().as_str(), made.email.clone()),
                ("Caller 555", None)
            );
            assert_eq!(contact_of(world, second).await, made);
            assert_eq!(lines(world, "crm_contact").await.len(), 1);
        })
        .await;
}

#[tokio::test]
async fn two_users_with_one_email_are_one_contact_and_the_run_says_so() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let twin = customer(world, "Rosa Twin", "twin@customer.example");
            let route = "incremental/users/cursor";
            world
                .zendesk()
                .add_fault(altered(twin, route, "email", "ROSA@customer.example"));
            let first = add(world, asked_by(rosa));
            let second = add(world, asked_by(twin));
            let run = pull(world).await;
            assert_eq!(run.counters.contacts.created, 1);
            let made = contact_of(world, first).await;
            assert_eq!(contact_of(world, second).await, made);
            let warnings = world.warnings(&run).await;
            assert!(
                warnings
                    .iter()
                    .any(|line| line.contains("same email address")
                        && line.contains(&rosa.to_string())
                        && line.contains(&twin.to_string())),
                "{warnings:?}"
            );
        })
        .await;
}

#[tokio::test]
async fn a_contact_is_found_by_a_secondary_email_only_if_the_integration_says_so() {
    for (rule, found) in [
        (EmailMatch::Primary, false),
        (EmailMatch::PrimaryThenSecondary, true),
    ] {
        quiet()
            .settings(move |settings| settings.email_match = rule)
            .each(async |world| {
                let id = meet(world, "c1", "Rosa L. Parks", "rosa@work.example").await;
                let mut tx = world.store().begin().await.unwrap();
                store::contacts::add_email(&mut tx, &id, "rosa@home.example")
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
                let rosa = customer(world, "Rosa Parks", "rosa@home.example");
                let (ticket, _) = pull_new(world, asked_by(rosa)).await;
                assert_eq!(contact_of(world, ticket).await.id == id, found, "{rule:?}");
            })
            .await;
    }
}

#[tokio::test]
async fn a_primary_email_is_preferred_to_a_secondary_one() {
    quiet()
        .settings(|settings| settings.email_match = EmailMatch::PrimaryThenSecondary)
        .each(async |world| {
            let other = meet(world, "c1", "Other Rosa", "other@work.example").await;
            let mine = meet(world, "c2", "Rosa Parks", "rosa@home.example").await;
            let mut tx = world.store().begin().await.unwrap();
            store::contacts::add_email(&mut tx, &other, "rosa@home.example")
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let rosa = customer(world, "Rosa Parks", "rosa@home.example");
            let (ticket, _) = pull_new(world, asked_by(rosa)).await;
            assert_eq!(contact_of(world, ticket).await.id, mine);
        })
        .await;
}

#[tokio::test]
async fn only_the_people_of_tickets_become_contacts_unless_all_are_wanted() {
    for (policy, expected) in [(ContactPolicy::TicketPeople, 1), (ContactPolicy::All, 2)] {
        quiet()
            .settings(move |settings| settings.contacts = policy)
            .each(async |world| {
                let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
                customer(world, "Silent Sam", "sam@customer.example");
                add(world, asked_by(rosa));
                let run = pull(world).await;
                // Staff never becomes a contact for being there.
                assert_eq!(run.counters.contacts.created, expected, "{policy:?}");
            })
            .await;
    }
}

#[tokio::test]
async fn names_are_split_with_prefixes_and_suffixes() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Dr. Martin Luther King Jr.", "mlk@customer.example");
            let (id, _) = pull_new(world, asked_by(rosa)).await;
            let part = |text: &str| Some(text.to_owned());
            assert_eq!(
                contact_of(world, id).await.name,
                PersonName {
                    prefix: part("Dr."),
                    first: part("Martin"),
                    middle: part("Luther"),
                    last: part("King"),
                    suffix: part("Jr."),
                }
            );
        })
        .await;
}

#[tokio::test]
async fn name_phone_and_email_of_a_contact_follow_zendesk() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let (id, _) = pull_new(world, asked_by(rosa)).await;
            let change = UserChange {
                name: Some("Rosa Louise Parks".to_owned()),
                email: Some(Some("rosa@new.example".to_owned())),
                phone: Some(Some("+1 334 555 0100".to_owned())),
                ..UserChange::default()
            };
            edit(world, rosa, change);
            let run = pull(world).await;
            assert_eq!(run.counters.contacts.updated, 1);
            let made = contact_of(world, id).await;
            assert_eq!(made.name.full(), "Rosa Louise Parks");
            assert_eq!(made.email.as_deref(), Some("rosa@new.example"));
            assert_eq!(made.phone.as_deref(), Some("+1 334 555 0100"));

            edit(
                world,
                rosa,
                UserChange {
                    phone: Some(None),
                    ..UserChange::default()
                },
            );
            pull(world).await;
            assert_eq!(contact_of(world, id).await.phone, None);
        })
        .await;
}

#[tokio::test]
async fn a_contact_changed_on_both_sides_takes_zendesks_value_and_the_run_says_so() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let (id, _) = pull_new(world, asked_by(rosa)).await;
            let mut here = contact_of(world, id).await;
            here.name = PersonName::parse("Rosa Here").unwrap();
            let mut tx = world.store().begin().await.unwrap();
            store::contacts::put(&mut tx, &[here], world.now())
                .await
                .unwrap();
            tx.commit().await.unwrap();
            pull(world).await;
            assert_eq!(
                contact_of(world, id).await.name.full(),
                "Rosa Here",
                "changed here only"
            );

            let change = UserChange {
                name: Some("Rosa There".to_owned()),
                ..UserChange::default()
            };
            edit(world, rosa, change);
            let run = pull(world).await;
            assert_eq!(contact_of(world, id).await.name.full(), "Rosa There");
            assert_eq!(run.counters.conflicts, 1);
            let warnings = world.warnings(&run).await;
            assert!(
                warnings
                    .iter()
                    .any(|line| line.contains("both changed (name)")),
                "{warnings:?}"
            );
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

#[tokio::test]
async fn one_person_in_many_roles_and_tickets_is_one_contact() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let id = add(world, asked_by(rosa));
            for _ in 0..5 {
                add(world, asked_by(rosa));
            }
            let answer = NewComment::public("Me again.").by(rosa);
            world
                .zendesk()
                .edit(|account| account.add_comment(id, answer))
                .unwrap();
            change(
                world,
                id,
                TicketChange {
                    collaborator_ids: Some(vec![rosa]),
                    ..TicketChange::default()
                },
            );
            assert_eq!(pull(world).await.counters.contacts.created, 1);
            assert_eq!(lines(world, "crm_contact").await.len(), 1);
        })
        .await;
}
