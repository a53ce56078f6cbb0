//! What cannot be done is said in a sentence, and nothing is changed.

use domain::merge::Priority;
use engine::actions::{self, CaseEdit, NewCase};
use world::{ADMIN_EMAIL, World};

use crate::{a_case, pulled, quiet, say};

/// The sentence of a refusal.
#[track_caller]
fn said<T>(result: engine::Result<T>) -> String {
    match result {
        Ok(_) => panic!("it was done"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn bad_edits_are_refused_with_what_to_do() {
    quiet(Priority::Remote)
        .each(async |world| {
            let (_, case) = pulled(world).await;
            let engine = world.engine();
            let before = world.dump().await;
            let edit = |edit: CaseEdit| actions::edit(engine, &case.id, edit, ADMIN_EMAIL);
            let blank = CaseEdit {
                subject: Some("  ".to_owned()),
                ..CaseEdit::default()
            };
            assert!(said(edit(blank).await).contains("needs a subject"));
            let long = CaseEdit {
                subject: Some("x".repeat(300)),
                ..CaseEdit::default()
            };
            assert!(said(edit(long).await).contains("300 characters"));
            let user = CaseEdit {
                assigned_to: Some(Some("nobody".to_owned())),
                ..CaseEdit::default()
            };
            assert!(said(edit(user).await).contains("no such user"));
            let contact = CaseEdit {
                contact: Some(Some("nobody".to_owned())),
                ..CaseEdit::default()
            };
            assert!(said(edit(contact).await).contains("no such contact"));
            let nowhere = actions::edit(engine, "4711", CaseEdit::default(), ADMIN_EMAIL).await;
            assert!(said(nowhere).contains("no case \"4711\""));
            assert!(said(say(world, &case.id, " ", true).await).contains("needs a text"));
            assert_eq!(world.dump().await, before, "nothing changed");
            let why = engine::why::why(engine, &case.id).await.unwrap();
            assert!(why.in_sync, "nothing of it was kept: {why:?}");
        })
        .await;
}

#[tokio::test]
async fn a_ticket_is_made_only_where_one_may_be() {
    World::builder()
        .tickets(0)
        .users(3)
        .each(async |world| {
            let case = a_case(world, "Nowhere to go").await;
            let engine = world.engine();
            let before = world.dump().await;
            let publish = |to| actions::publish(engine, &case.id, to, ADMIN_EMAIL);
            assert!(said(publish(None).await).contains("nowhere to publish"));
            assert!(said(publish(Some("main")).await).contains("no active two-way integration"));
            assert!(
                said(actions::follow_up(engine, &case.id, ADMIN_EMAIL).await)
                    .contains("Publish it")
            );
            assert_eq!(world.dump().await, before, "nothing changed");
            world.set(|settings| settings.two_way = true).await;
            assert!(!publish(Some("main")).await.unwrap().already);
        })
        .await;
}

#[tokio::test]
async fn a_ticket_that_is_open_is_not_followed_and_not_made_twice() {
    quiet(Priority::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let engine = world.engine();
            let number = ticket.to_string();
            let before = world.dump().await;
            let published = said(actions::publish(engine, &case.id, None, ADMIN_EMAIL).await);
            assert!(published.contains(&number), "{published}");
            let followed = said(actions::follow_up(engine, &case.id, ADMIN_EMAIL).await);
            assert!(followed.contains("is not closed"), "{followed}");
            assert_eq!(world.dump().await, before, "nothing changed");
        })
        .await;
}

#[tokio::test]
async fn a_deleted_case_takes_nothing_until_it_is_restored() {
    quiet(Priority::Remote)
        .each(async |world| {
            let (_, case) = pulled(world).await;
            let engine = world.engine();
            actions::delete(engine, &case.id, ADMIN_EMAIL)
                .await
                .unwrap();
            let before = world.dump().await;
            let edited = actions::edit(engine, &case.id, CaseEdit::default(), ADMIN_EMAIL).await;
            assert!(said(edited).contains("was deleted"));
            assert_eq!(world.dump().await, before, "nothing changed");
            actions::restore(engine, &case.id, ADMIN_EMAIL)
                .await
                .unwrap();
            assert!(
                said(actions::restore(engine, &case.id, ADMIN_EMAIL).await)
                    .contains("was not deleted")
            );
            let new = NewCase {
                subject: String::new(),
                description: String::new(),
                priority: domain::case::CasePriority::Normal,
                contact: None,
                assigned_to: None,
                owner: case.owner_id.clone().unwrap_or_default(),
            };
            assert!(
                said(actions::create(engine, new, ADMIN_EMAIL).await).contains("needs a subject")
            );
        })
        .await;
}
