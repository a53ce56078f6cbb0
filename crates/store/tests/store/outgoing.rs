//! Endpoints of other systems with their secrets, and what they are to be told.

use clock::SystemDice;
use secrecy::ExposeSecret as _;
use store::Error;
use store::outgoing_events::{self, NewOutgoingEvent, OutgoingState, Try};
use store::outgoing_webhooks::{self, OutgoingWebhook, OutgoingWebhookDraft};
use store::secrets::Keyring;

use crate::credentials::assert_wrong_key;
use crate::database::{Database, on_both};
use crate::samples::{act, at, keyring, user};

fn draft(name: &str, owner: &str) -> OutgoingWebhookDraft {
    OutgoingWebhookDraft {
        name: name.to_owned(),
        url: "https://hooks.example.com/secret-path".to_owned(),
        kinds: vec!["case.created".to_owned(), "run.failed".to_owned()],
        active: true,
        owner_id: owner.to_owned(),
    }
}

async fn add(database: &Database, id: &str, draft: &OutgoingWebhookDraft) -> OutgoingWebhook {
    let mut tx = database.tx().await;
    let secret = format!("secret of {id}").into();
    let added = outgoing_webhooks::add(&mut tx, &keyring(1), id, draft, &secret, act())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    added
}

async fn find(database: &Database, id: &str) -> Option<OutgoingWebhook> {
    let reader = &mut *database.reader().await;
    outgoing_webhooks::find(reader, id).await.unwrap()
}

async fn secrets(database: &Database, key: &Keyring, id: &str, now: i64) -> Vec<String> {
    let reader = &mut *database.reader().await;
    let secrets = outgoing_webhooks::secrets(reader, key, id, at(now)).await;
    let open = |secret: &secrecy::SecretString| secret.expose_secret().to_owned();
    secrets.unwrap().iter().map(open).collect()
}

/// Events for an endpoint, told so many seconds after noon.
async fn tell(database: &Database, webhook: &str, ids: &[&str], seconds: i64) {
    let events: Vec<_> = ids
        .iter()
        .map(|id| NewOutgoingEvent {
            id: (*id).to_owned(),
            webhook_id: webhook,
            kind: "case.created",
            body: "{}",
        })
        .collect();
    let mut tx = database.tx().await;
    outgoing_events::add(&mut tx, &events, at(seconds))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn next(database: &Database, webhook: &str, now: i64) -> Option<String> {
    let reader = &mut *database.reader().await;
    let next = outgoing_events::next(reader, webhook, at(now)).await;
    next.unwrap().map(|event| event.id)
}

async fn note(database: &Database, id: &str, state: OutgoingState, next_at: i64, now: i64) {
    let mut tx = database.tx().await;
    let tried = Try {
        status: Some(500),
        problem: Some("It was not taken."),
        state,
        next_at: at(next_at),
    };
    outgoing_events::note_try(&mut tx, id, tried, at(now))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_endpoint_is_added_found_edited_as_it_was_read_and_removed() {
    on_both(async |database| {
        let owner = user(database, "ada@example.com").await.id;
        let one = add(database, "id1", &draft("one", &owner)).await;
        assert_eq!(find(database, "id1").await.as_ref(), Some(&one));
        assert_eq!(find(database, "one").await.as_ref(), Some(&one));
        let mut tx = database.tx().await;
        let taken = draft("one", &owner);
        let secret = "other".to_owned().into();
        let refused =
            outgoing_webhooks::add(&mut tx, &keyring(1), "id2", &taken, &secret, act()).await;
        assert!(matches!(refused, Err(Error::Exists { .. })), "{refused:?}");
        drop(tx);
        let mut changed = draft("two", &owner);
        changed.kinds = vec!["run.failed".to_owned()];
        changed.active = false;
        let mut tx = database.tx().await;
        let edited = outgoing_webhooks::edit(&mut tx, &one, &changed, act())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!((&edited.draft, edited.version), (&changed, 2));
        let mut tx = database.tx().await;
        let stale = outgoing_webhooks::edit(&mut tx, &one, &changed, act()).await;
        assert!(matches!(stale, Err(Error::LeaseLost)), "{stale:?}");
        drop(tx);
        tell(database, "id1", &["e1"], 0).await;
        let mut tx = database.tx().await;
        assert!(
            outgoing_webhooks::remove(&mut tx, &edited, act())
                .await
                .unwrap()
        );
        assert!(
            !outgoing_webhooks::remove(&mut tx, &edited, act())
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();
        assert_eq!(find(database, "id1").await, None);
        let reader = &mut *database.reader().await;
        assert_eq!(
            outgoing_events::find(reader, "id1", "e1").await.unwrap(),
            None
        );
        // An address may hold a secret of the receiver's, so no entry repeats it.
        let entries = store::audit::page(reader, &Default::default(), None, 100)
            .await
            .unwrap();
        assert!(
            entries
                .iter()
                .all(|entry| !entry.detail.contains("secret-path"))
        );
        assert!(
            entries
                .iter()
                .any(|entry| entry.action == "outgoing_webhook.edit")
        );
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_rolled_and_sealed_again_under_a_new_key() {
    on_both(async |database| {
        let owner = user(database, "ada@example.com").await.id;
        let one = add(database, "id1", &draft("one", &owner)).await;
        let key = keyring(1);
        assert_eq!(secrets(database, &key, "id1", 0).await, ["secret of id1"]);
        let mut tx = database.tx().await;
        let new = "a new one".to_owned().into();
        outgoing_webhooks::roll(&mut tx, &key, &one, &new, at(60), act())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let both = ["a new one", "secret of id1"];
        assert_eq!(secrets(database, &key, "id1", 59).await, both);
        assert_eq!(secrets(database, &key, "id1", 60).await, ["a new one"]);
        assert_eq!(
            find(database, "id1").await.unwrap().previous_until,
            Some(at(60))
        );
        let mut tx = database.tx().await;
        let again = key.rotate(&keyring(2), &mut tx, &SystemDice).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(again, 2);
        assert_eq!(secrets(database, &keyring(2), "id1", 59).await, both);
        let reader = &mut *database.reader().await;
        let wrong = outgoing_webhooks::secrets(reader, &key, "id1", at(0)).await;
        assert_wrong_key(&wrong.unwrap_err());
    })
    .await;
}

#[tokio::test]
async fn events_go_in_their_order_and_those_that_are_put_off_later() {
    on_both(async |database| {
        tell(database, "id1", &["z", "b", "a"], 1).await;
        tell(database, "id1", &["c"], 0).await;
        tell(database, "other", &["x"], 0).await;
        let waits = OutgoingState::Waiting;
        assert_eq!(next(database, "id1", 9).await.as_deref(), Some("c"));
        note(database, "c", waits, 50, 9).await;
        assert_eq!(next(database, "id1", 9).await.as_deref(), Some("z"));
        note(database, "z", OutgoingState::Delivered, 9, 9).await;
        assert_eq!(next(database, "id1", 9).await.as_deref(), Some("b"));
        note(database, "b", OutgoingState::GivenUp, 9, 9).await;
        note(database, "a", waits, 51, 9).await;
        assert_eq!(next(database, "id1", 49).await, None);
        assert_eq!(next(database, "id1", 50).await.as_deref(), Some("c"));
        // What ended is not ended again by who comes late.
        note(database, "b", waits, 9, 9).await;
        let mut reader = database.reader().await;
        let found = outgoing_events::find(&mut reader, "id1", "b")
            .await
            .unwrap()
            .unwrap();
        assert_eq!((found.state, found.attempts), (OutgoingState::GivenUp, 1));
        assert_eq!(
            outgoing_events::find(&mut reader, "other", "b")
                .await
                .unwrap(),
            None
        );
        let page = outgoing_events::page(&mut reader, "id1", None, None, 2)
            .await
            .unwrap();
        let ids = |page: &[outgoing_events::OutgoingEvent]| -> Vec<String> {
            page.iter().map(|event| event.id.clone()).collect()
        };
        assert_eq!(ids(&page), ["z", "b"]);
        let before = Some((page[1].at, "b"));
        let page = outgoing_events::page(&mut reader, "id1", None, before, 9)
            .await
            .unwrap();
        assert_eq!(ids(&page), ["a", "c"]);
        let page = outgoing_events::page(&mut reader, "id1", Some(waits), None, 9)
            .await
            .unwrap();
        assert_eq!(ids(&page), ["a", "c"]);
        let waiting = outgoing_events::waiting(&mut reader).await.unwrap();
        assert_eq!((waiting["id1"], waiting["other"]), (2, 1));
        drop(reader);
        let mut tx = database.tx().await;
        assert!(
            outgoing_events::send_again(&mut tx, "id1", "b", at(20))
                .await
                .unwrap()
        );
        assert!(
            !outgoing_events::send_again(&mut tx, "other", "b", at(20))
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();
        assert_eq!(next(database, "id1", 20).await.as_deref(), Some("b"));
    })
    .await;
}

#[tokio::test]
async fn what_is_of_no_use_any_more_is_swept() {
    on_both(async |database| {
        let owner = user(database, "ada@example.com").await.id;
        let on = add(database, "on", &draft("on", &owner)).await;
        let mut off = draft("off", &owner);
        off.active = false;
        add(database, "off", &off).await;
        tell(database, "on", &["arrived", "given up", "waits"], 0).await;
        tell(database, "off", &["waits for nobody"], 0).await;
        tell(database, "removed", &["is nobody's"], 90).await;
        note(database, "arrived", OutgoingState::Delivered, 0, 10).await;
        note(database, "given up", OutgoingState::GivenUp, 0, 10).await;
        let sweep = async |delivered: i64, given_up: i64| {
            let mut tx = database.tx().await;
            let swept = outgoing_events::sweep(&mut tx, at(delivered), at(given_up)).await;
            tx.commit().await.unwrap();
            swept.unwrap()
        };
        assert_eq!(sweep(10, 0).await, 1, "what nobody is there for");
        assert_eq!(sweep(11, 0).await, 1, "what arrived");
        assert_eq!(
            sweep(99, 11).await,
            2,
            "what was given up, or waits for one that is off"
        );
        assert_eq!(sweep(99, 99).await, 0);
        assert_eq!(next(database, &on.id, 0).await.as_deref(), Some("waits"));
    })
    .await;
}
