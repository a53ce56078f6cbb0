//! Contacts that people make here.

use std::time::Duration;

use domain::merge::Priority;
use domain::person::PersonName;
use engine::Error;
use engine::actions::{self, NewContact};
use store::contacts::{self, Contact};
use store::{accounts, integrations};
use world::{ADMIN_EMAIL, World};

use crate::quiet;

async fn rosa(world: &World) -> NewContact {
    NewContact {
        name: "Dr. Rosa Louise Parks".to_owned(),
        email: Some(" Rosa@customer.example ".to_owned()),
        phone: Some(" +1 313 555 0100 ".to_owned()),
        account: None,
        owner: world.admin().user().await.id,
    }
}

async fn make(world: &World, new: NewContact) -> engine::Result<String> {
    actions::create_contact(world.engine(), new, ADMIN_EMAIL).await
}

/// Everybody there is.
async fn all(world: &World) -> Vec<Contact> {
    let mut reader = world.store().read().await.unwrap();
    contacts::list(&mut reader, None, 100).await.unwrap()
}

/// The field that a refusal is about, and what it says.
#[track_caller]
fn refused(made: engine::Result<String>) -> (&'static str, String) {
    match made {
        Err(Error::Field { field, sentence }) => (field, sentence),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_contact_is_made_as_typed_with_an_owner_and_found_by_email_and_words() {
    quiet(Priority::Remote)
        .each(async |world| {
            let engine = world.engine();
            let account = actions::create_account(engine, "Acme", ADMIN_EMAIL);
            let account = account.await.unwrap();
            let new = NewContact {
                account: Some(account.clone()),
                ..rosa(world).await
            };
            let id = make(world, new).await.unwrap();
            let made = all(world).await;
            let [made] = made.as_slice() else {
                panic!("{made:?}");
            };
            assert_eq!(made.id, id);
            let part = |text: &str| Some(text.to_owned());
            let name = PersonName {
                prefix: part("Dr."),
                first: part("Rosa"),
                middle: part("Louise"),
                last: part("Parks"),
                suffix: None,
            };
            assert_eq!(made.name, name);
            assert_eq!(made.email.as_deref(), Some("Rosa@customer.example"));
            assert_eq!(made.phone.as_deref(), Some("+1 313 555 0100"));
            assert_eq!(made.owner_id, Some(world.admin().user().await.id));
            let named = actions::contact_named(engine, "rosa@CUSTOMER.example").await;
            assert_eq!(named.unwrap(), Some(id.clone()));
            let mut reader = world.store().read().await.unwrap();
            let found = contacts::search(&mut reader, "par lou", None, 5).await;
            assert_eq!(found.unwrap().len(), 1);
            let of = accounts::of_contact(&mut reader, &id).await.unwrap();
            assert_eq!(of.unwrap().id, account);
            // The audit log says who did it, and nothing of whom it is about.
            let told = contacts::told(&mut reader, &id, 9).await.unwrap();
            let [told] = told.as_slice() else {
                panic!("{told:?}");
            };
            let told = (&*told.action, &*told.actor, &*told.detail);
            assert_eq!(told, ("contact.add", ADMIN_EMAIL, ""));
        })
        .await;
}

#[tokio::test]
async fn what_no_contact_can_be_is_refused_by_field_and_nothing_is_made() {
    quiet(Priority::Remote)
        .each(async |world| {
            let good = rosa(world).await;
            make(world, good.clone()).await.unwrap();
            let before = world.dump().await;
            let other = NewContact {
                email: Some("other@customer.example".to_owned()),
                ..good.clone()
            };
            let blank = NewContact {
                name: " \t ".to_owned(),
                ..other.clone()
            };
            let nonsense = NewContact {
                email: Some("nonsense".to_owned()),
                ..other.clone()
            };
            let nowhere = NewContact {
                account: Some("nowhere".to_owned()),
                ..other
            };
            let twin = NewContact {
                name: "Somebody Else".to_owned(),
                email: Some("ROSA@customer.example".to_owned()),
                ..good
            };
            for (wrong, about, words) in [
                (blank, "name", "cannot be blank"),
                (nonsense, "email", "no email address"),
                (nowhere, "account", "no such account"),
                (twin, "email", "exists already"),
            ] {
                let (field, sentence) = refused(make(world, wrong).await);
                assert_eq!(field, about, "{sentence}");
                assert!(sentence.contains(words), "{sentence}");
                // Whoever sees personal data masked reads it too.
                assert!(!sentence.contains("Parks"), "{sentence}");
            }
            assert!(before == world.dump().await, "nothing changed");
        })
        .await;
}

#[tokio::test]
async fn without_an_email_two_of_one_name_are_two_contacts() {
    quiet(Priority::Remote)
        .each(async |world| {
            for email in [None, Some("  ".to_owned())] {
                let new = NewContact {
                    email,
                    ..rosa(world).await
                };
                make(world, new).await.unwrap();
            }
            let emails: Vec<_> = all(world).await.into_iter().map(|one| one.email).collect();
            assert_eq!(emails, [None, None]);
        })
        .await;
}

#[tokio::test]
async fn asked_for_twice_under_one_id_or_at_once_one_contact_is_made() {
    quiet(Priority::Remote)
        .each(async |world| {
            let (engine, id) = (world.engine(), world.engine().new_id());
            let new = rosa(world).await;
            let ask = || {
                let (id, new) = (id.clone(), new.clone());
                actions::create_contact_as(engine, id, new, ADMIN_EMAIL)
            };
            let (one, other) = tokio::join!(ask(), ask());
            assert_eq!((one.unwrap(), other.unwrap()), (id.clone(), id.clone()));
            assert_eq!(ask().await.unwrap(), id);
            assert_eq!(all(world).await.len(), 1);
            // Two people who do not know of each other.
            let new = NewContact {
                email: Some("alan@customer.example".to_owned()),
                ..new
            };
            let (one, other) = tokio::join!(make(world, new.clone()), make(world, new));
            let (made, not) = match one {
                Ok(id) => (id, other),
                not @ Err(_) => (other.unwrap(), not),
            };
            assert_eq!(refused(not).0, "email");
            let ids: Vec<_> = all(world).await.into_iter().map(|one| one.id).collect();
            assert!(ids.len() == 2 && ids.contains(&made), "{ids:?}");
        })
        .await;
}

#[tokio::test]
async fn whom_a_pull_makes_at_the_same_moment_is_not_made_again() {
    quiet(Priority::Remote)
        .each(async |world| {
            // What a pull does with a page: its integration's lock, then its contacts, in one transaction.
            let mut tx = world.store().begin().await.unwrap();
            let integration = world.integration().await;
            integrations::lock(&mut tx, &integration.id).await.unwrap();
            let pulled = Contact {
                id: world.engine().new_id(),
                name: PersonName::parse("Rosa Parks").unwrap(),
                email: Some("rosa@customer.example".to_owned()),
                phone: None,
                owner_id: None,
            };
            contacts::put(&mut tx, std::slice::from_ref(&pulled), world.now())
                .await
                .unwrap();
            let making = make(world, rosa(world).await);
            tokio::pin!(making);
            let early = tokio::time::timeout(Duration::from_millis(300), &mut making).await;
            assert!(early.is_err(), "it does not wait for the pull: {early:?}");
            tx.commit().await.unwrap();
            assert_eq!(refused(making.await).0, "email");
            assert_eq!(all(world).await, [pulled]);
        })
        .await;
}
