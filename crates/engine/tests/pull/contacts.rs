//! Contacts: made once, found by email, kept in step (ticket-sync.md 3).

use domain::person::PersonName;
use engine::actions::{self, NewContact};
use simulator::{NewComment, NewUser, TicketChange, UserChange};
use store::integrations::{ContactPolicy, EmailMatch};

use crate::people::{asked_by, edit};
use crate::{add, altered, change, contact_of, customer, lines, meet, pull, pull_new, quiet};

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
async fn a_user_who_comes_later_with_the_email_of_another_is_the_same_contact() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let (first, _) = pull_new(world, asked_by(rosa)).await;
            let twin = customer(world, "Rosa Twin", "twin@customer.example");
            let route = "incremental/users/cursor";
            let same = altered(twin, route, "email", "rosa@customer.example");
            world.zendesk().add_fault(same);
            let second = add(world, asked_by(twin));
            let run = pull(world).await;
            assert_eq!(run.counters.contacts.created, 0);
            let made = contact_of(world, first).await;
            assert_eq!(contact_of(world, second).await, made);
            assert_eq!(
                made.name.full(),
                "Rosa Parks",
                "on a first meeting it keeps its name"
            );
            let warnings = world.warnings(&run).await;
            assert!(
                warnings
                    .iter()
                    .any(|line| line.contains("same email address")
                        && line.contains(&rosa.to_string())),
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
            let record = &lines(world, "conflict").await[0];
            for told in [
                "field=\"name\"",
                "crm=\"Rosa Here\"",
                "zendesk=\"Rosa There\"",
                "agreed=\"Rosa Parks\"",
                "winner=\"zendesk\"",
            ] {
                assert!(record.contains(told), "{told} in {record}");
            }
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

#[tokio::test]
async fn a_contact_made_here_meets_its_user_by_email_with_their_first_ticket() {
    quiet()
        .each(async |world| {
            let new = NewContact {
                name: "Rosa Louise Parks".to_owned(),
                email: Some("Rosa@customer.example".to_owned()),
                owner: world.admin().user().await.id,
                ..NewContact::default()
            };
            let engine = world.engine();
            let made = actions::create_contact(engine, new, world::ADMIN_EMAIL).await;
            let made = made.unwrap();
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            edit(
                world,
                rosa,
                UserChange {
                    phone: Some(Some("+1 334 555 0100".to_owned())),
                    ..UserChange::default()
                },
            );
            let ticket = add(world, asked_by(rosa));
            let run = pull(world).await;
            assert_eq!(run.counters.contacts.created, 0);
            assert_eq!(lines(world, "crm_contact").await.len(), 1);
            let met = contact_of(world, ticket).await;
            assert_eq!(met.id, made);
            assert_eq!(met.name.full(), "Rosa Louise Parks", "the name typed here");
            assert_eq!(
                met.phone.as_deref(),
                Some("+1 334 555 0100"),
                "what it lacked"
            );
            let view = engine::contact_view::show(engine, &made).await.unwrap();
            let linked: Vec<i64> = view.unwrap().zendesk.iter().map(|link| link.user).collect();
            assert_eq!(linked, [rosa]);
            assert!(world.conflicts().await.is_empty());
        })
        .await;
}
