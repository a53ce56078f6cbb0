//! Contacts edited by people here, with the command or the page: what reaches whom in Zendesk.

use domain::outbox::{Kind, Parked, State};
use engine::actions::{self, ContactEdit, Restored};
use store::conflicts::Subject;
use store::{contacts, outbox};
use world::ADMIN_EMAIL;

use crate::*;

async fn edit(world: &World, contact: &str, edit: ContactEdit) -> engine::Result<Contact> {
    actions::edit_contact(world.engine(), contact, edit, ADMIN_EMAIL).await
}

fn phone(number: &str) -> ContactEdit {
    ContactEdit {
        phone: Some(Some(number.to_owned())),
        ..ContactEdit::default()
    }
}

async fn contact_here(world: &World, id: &str) -> Contact {
    let mut reader = world.store().read().await.unwrap();
    let ids = [id.to_owned()];
    let mut found = contacts::by_ids(&mut reader, &ids).await.unwrap();
    found.remove(id).unwrap()
}

fn phone_there(world: &World, user: i64) -> Option<String> {
    world.zendesk().read(|account| {
        let user = account.user(user).unwrap();
        user.phone.as_deref().map(str::to_owned)
    })
}

fn user_writes(world: &World) -> u64 {
    let writes = world.zendesk().writes_by_route();
    let users = writes.iter().filter(|(route, _)| route.contains("users"));
    users.map(|(_, count)| count).sum()
}

/// A case of Rosa's, pulled: her contact, and her id in Zendesk.
async fn rosas(world: &World) -> (String, i64) {
    let (_, case) = pulled(world).await;
    let contact = world.case(&case).await.fields.contact.unwrap();
    (contact, rosa(world))
}

#[tokio::test]
async fn an_edit_of_a_contact_is_in_zendesk_with_the_next_run_and_nothing_comes_back() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (contact, rosa) = rosas(world).await;
            let all = ContactEdit {
                name: Some("Rosa Louise Parks".to_owned()),
                phone: Some(Some(" +13135550100 ".to_owned())),
                email: Some(Some("rosa.parks@customer.example".to_owned())),
            };
            edit(world, &contact, all).await.unwrap();
            let view = engine::contact_view::show(world.engine(), &contact);
            let view = view.await.unwrap().unwrap();
            assert!(!view.in_sync, "{view:?}");
            assert!(view.sentence.contains("not up to date in Zendesk yet"));
            pull(world).await;
            world.zendesk().read(|account| {
                let user = account.user(rosa).unwrap();
                assert_eq!(&*user.name, "Rosa Louise Parks");
                assert_eq!(user.phone.as_deref(), Some("+13135550100"));
                assert_eq!(user.email.as_deref(), Some("rosa.parks@customer.example"));
            });
            let view = engine::contact_view::show(world.engine(), &contact);
            let view = view.await.unwrap().unwrap();
            assert!(view.in_sync, "{view:?}");
            pull(world).await;
            let writes = user_writes(world);
            assert_eq!(
                contact_here(world, &contact).await.name.full(),
                "Rosa Louise Parks"
            );
            assert_at_rest(world).await;
            assert_eq!(user_writes(world), writes);
            // The same again is no edit.
            edit(world, &contact, phone("+13135550100")).await.unwrap();
            assert_at_rest(world).await;
            assert_eq!(user_writes(world), writes);
        })
        .await;
}

#[tokio::test]
async fn a_dry_run_tells_an_edit_of_a_contact() {
    quiet(Wins::Remote)
        .once(async |world| {
            let (contact, rosa) = rosas(world).await;
            edit(world, &contact, phone("+13135550100")).await.unwrap();
            let integration = world.integration().await;
            let folder = tempfile::tempdir().unwrap();
            let engine = world.engine();
            let dry = Box::pin(engine::dry_run::dry_run(
                engine,
                &integration,
                folder.path(),
            ))
            .await
            .unwrap();
            let expected = format!(
                "Contact Rosa Parks: phone of Zendesk user {rosa} would become “+13135550100”."
            );
            assert_eq!(dry.sendings.sentences, [expected]);
        })
        .await;
}

#[tokio::test]
async fn with_two_way_sync_off_an_edit_of_a_contact_stays_here_and_is_kept() {
    World::builder()
        .tickets(0)
        .users(3)
        .comments(1)
        .each(async |world| {
            let (contact, rosa) = rosas(world).await;
            let writes = user_writes(world);
            edit(world, &contact, phone("+13135550100")).await.unwrap();
            pull(world).await;
            assert_eq!(user_writes(world), writes);
            assert_eq!(phone_there(world, rosa), None);
            let here = contact_here(world, &contact).await;
            assert_eq!(here.phone.as_deref(), Some("+13135550100"));
            let view = engine::contact_view::show(world.engine(), &contact);
            let view = view.await.unwrap().unwrap();
            assert!(view.sentence.contains("two-way sync is off"), "{view:?}");
        })
        .await;
}

#[tokio::test]
async fn a_contact_that_is_staff_in_zendesk_is_edited_here_only() {
    quiet(Wins::Local)
        .each(async |world| {
            let agent = world.zendesk().edit(|account| {
                let new = NewUser::agent("Alan Turing", "alan@bletchley.example");
                account.add_user(new).unwrap()
            });
            let (_, case) = pulled_with(world, |new| new.requester_id = Some(agent)).await;
            let contact = world.case(&case).await.fields.contact.unwrap();
            let writes = user_writes(world);
            edit(world, &contact, phone("+441234")).await.unwrap();
            pull(world).await;
            assert_eq!(user_writes(world), writes);
            let here = contact_here(world, &contact).await;
            assert_eq!(here.phone.as_deref(), Some("+441234"));
        })
        .await;
}

#[tokio::test]
async fn what_a_contact_cannot_be_is_refused_and_nothing_is_changed() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (contact, _) = rosas(world).await;
            let before = world.dump().await;
            let blank = ContactEdit {
                name: Some("  ".to_owned()),
                ..ContactEdit::default()
            };
            let nonsense = ContactEdit {
                email: Some(Some("nonsense".to_owned())),
                ..ContactEdit::default()
            };
            let nobody = ContactEdit {
                email: Some(None),
                ..ContactEdit::default()
            };
            for (wrong, words) in [
                (blank, "cannot be blank"),
                (nonsense, "no email address"),
                (nobody, "cannot be left without an email"),
            ] {
                let said = edit(world, &contact, wrong).await.unwrap_err().to_string();
                assert!(said.contains(words), "{said}");
            }
            let said = edit(world, "stranger", phone("1"))
                .await
                .unwrap_err()
                .to_string();
            assert!(said.contains("contact list"), "{said}");
            assert!(before == world.dump().await);
        })
        .await;
}

#[tokio::test]
async fn a_later_edit_takes_the_place_of_one_that_is_parked() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (contact, rosa) = rosas(world).await;
            edit(world, &contact, phone("+1 555 010 0001"))
                .await
                .unwrap();
            hurt(world, "status=422:method=PUT:route=users/{id}");
            pull(world).await;
            let line = format!("{}:{contact}", world.integration().await.id);
            let states = async || -> Vec<State> {
                let mut reader = world.store().read().await.unwrap();
                let line = outbox::of_line(&mut reader, &line).await.unwrap();
                assert!(
                    line.iter()
                        .all(|entry| entry.operation.kind == Kind::Person)
                );
                line.iter().map(|entry| entry.operation.state).collect()
            };
            assert!(
                states().await.contains(&State::Parked),
                "{:?}",
                states().await
            );
            world.zendesk().clear_faults();
            edit(world, &contact, phone("+1 555 010 0002"))
                .await
                .unwrap();
            assert!(!states().await.contains(&State::Parked));
            pull(world).await;
            assert_eq!(phone_there(world, rosa).as_deref(), Some("+1 555 010 0002"));
            assert!(!states().await.iter().any(|state| state.is_open()));
        })
        .await;
}

#[tokio::test]
async fn a_phone_that_zendesk_drops_without_a_word_is_parked_and_stays_here() {
    quiet(Wins::Remote)
        .simulator(|config| config.switches.bad_phones_are_dropped = true)
        .each(async |world| {
            let (contact, rosa) = rosas(world).await;
            edit(world, &contact, phone("ask at the desk"))
                .await
                .unwrap();
            pull(world).await;
            let writes = user_writes(world);
            assert_ne!(phone_there(world, rosa).as_deref(), Some("ask at the desk"));
            let line = format!("{}:{contact}", world.integration().await.id);
            let mut reader = world.store().read().await.unwrap();
            let entries = outbox::of_line(&mut reader, &line).await.unwrap();
            drop(reader);
            let [entry] = entries.as_slice() else {
                panic!("{entries:?}");
            };
            assert_eq!(entry.operation.state, State::Parked);
            assert_eq!(entry.operation.reason, Some(Parked::NotTaken));
            let here = contact_here(world, &contact).await;
            assert_eq!(here.phone.as_deref(), Some("ask at the desk"));
            // It is not tried again and again.
            pull(world).await;
            assert_eq!(user_writes(world), writes);
        })
        .await;
}

#[tokio::test]
async fn the_value_that_lost_a_conflict_about_a_contact_is_restored() {
    for wins in [Wins::Remote, Wins::Local] {
        quiet(wins)
            .each(async |world| {
                let (contact, rosa) = rosas(world).await;
                edit(world, &contact, phone("+1 555 010 0001"))
                    .await
                    .unwrap();
                world.zendesk().edit(|account| {
                    let change = simulator::UserChange {
                        phone: Some(Some("+1 555 010 0002".to_owned())),
                        ..simulator::UserChange::default()
                    };
                    account.update_user(rosa, change).unwrap();
                });
                pull(world).await;
                pull(world).await;
                let (stands, lost) = match wins {
                    Wins::Remote => ("+1 555 010 0002", "+1 555 010 0001"),
                    Wins::Local => ("+1 555 010 0001", "+1 555 010 0002"),
                };
                assert_eq!(phone_there(world, rosa).as_deref(), Some(stands));
                let found = world.conflicts().await;
                let [conflict] = found.as_slice() else {
                    panic!("{found:?}");
                };
                assert_eq!(conflict.subject, Subject::Contact(contact.clone()));
                let engine = world.engine();
                let restored = actions::restore_conflict(engine, &conflict.id, ADMIN_EMAIL).await;
                let Restored::Contact(restored) = restored.unwrap() else {
                    panic!("a contact's");
                };
                assert_eq!(restored.phone.as_deref(), Some(lost));
                pull(world).await;
                assert_eq!(phone_there(world, rosa).as_deref(), Some(lost));
                let again = actions::restore_conflict(engine, &conflict.id, ADMIN_EMAIL).await;
                let said = again.unwrap_err().to_string();
                assert!(said.contains("restored before"), "{said}");
                pull(world).await;
                assert_at_rest(world).await;
            })
            .await;
    }
}
