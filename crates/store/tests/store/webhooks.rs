//! The webhook of an integration and the secrets that sign for it.

use clock::SystemDice;
use secrecy::ExposeSecret as _;
use store::secrets::Keyring;
use store::webhooks::{self, Webhook};

use crate::credentials::assert_wrong_key;
use crate::database::{Database, on_both};
use crate::samples::{act, at, credential, integration, keyring};

async fn set_up(database: &Database, integration: &str, remote: Option<&str>, secret: &str) {
    let mut tx = database.tx().await;
    let secret = secret.to_owned().into();
    let place = "https://desk.example/hooks/1";
    webhooks::put(
        &mut tx,
        &keyring(1),
        integration,
        remote,
        place,
        &secret,
        act(),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

async fn rotate(database: &Database, integration: &str, secret: &str, until: i64) -> bool {
    let mut tx = database.tx().await;
    let secret = secret.to_owned().into();
    let key = keyring(1);
    let rotated = webhooks::rotate(&mut tx, &key, integration, &secret, at(until), act())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    rotated
}

async fn secrets(database: &Database, key: &Keyring, integration: &str, now: i64) -> Vec<String> {
    let reader = &mut *database.reader().await;
    let secrets = webhooks::secrets(reader, key, integration, at(now)).await;
    let open = |secret: &secrecy::SecretString| secret.expose_secret().to_owned();
    secrets.unwrap().iter().map(open).collect()
}

#[tokio::test]
async fn a_webhook_is_set_up_looked_at_and_taken_away() {
    on_both(async |database| {
        let main = integration(database, "main").await.id;
        let find = async || webhooks::find(&mut *database.reader().await, &main).await.unwrap();
        assert_eq!(find().await, None);
        assert!(secrets(database, &keyring(1), &main, 0).await.is_empty());
        assert!(!rotate(database, &main, "nothing to exchange", 9).await);
        set_up(database, &main, Some("01HW"), "s3cret").await;
        let mut expected = Webhook {
            integration_id: main.clone(),
            remote_id: Some("01HW".to_owned()),
            endpoint: "https://desk.example/hooks/1".to_owned(),
            previous_until: None,
            created_at: at(0),
            last_seen_at: None,
        };
        assert_eq!(find().await, Some(expected.clone()));
        let mut tx = database.tx().await;
        webhooks::note_seen(&mut tx, &main, at(60)).await.unwrap();
        tx.commit().await.unwrap();
        expected.last_seen_at = Some(at(60));
        assert_eq!(find().await, Some(expected));
        assert_eq!(secrets(database, &keyring(1), &main, 0).await, ["s3cret"]);

        for is_there in [true, false] {
            let mut tx = database.tx().await;
            let removed = webhooks::remove(&mut tx, &main, act()).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(removed, is_there);
        }
        assert_eq!(find().await, None);
        let noted = database
            .texts("SELECT action || ' ' || detail FROM audit_log WHERE action LIKE 'webhook%' ORDER BY action")
            .await;
        assert_eq!(noted, ["webhook.remove ", "webhook.set https://desk.example/hooks/1"]);
        let kept = database.texts("SELECT detail FROM audit_log").await;
        assert!(!kept.iter().any(|line| line.contains("s3cret")));
    })
    .await;
}

#[tokio::test]
async fn while_a_secret_is_exchanged_the_previous_one_is_good_until_its_end() {
    on_both(async |database| {
        let main = integration(database, "main").await.id;
        set_up(database, &main, None, "first").await;
        assert!(rotate(database, &main, "second", 100).await);
        let good = async |now| secrets(database, &keyring(1), &main, now).await;
        assert_eq!(good(99).await, ["second", "first"]);
        assert_eq!(good(100).await, ["second"]);
        assert!(rotate(database, &main, "third", 200).await);
        assert_eq!(good(150).await, ["third", "second"]);
        // Set up anew, no former secret is good.
        set_up(database, &main, None, "fourth").await;
        assert_eq!(good(150).await, ["fourth"]);
    })
    .await;
}

#[tokio::test]
async fn a_sealed_secret_opens_only_with_its_key_in_its_place() {
    on_both(async |database| {
        let main = integration(database, "main").await.id;
        let other = integration(database, "other").await.id;
        for integration in [&main, &other] {
            set_up(database, integration, None, "first").await;
            rotate(database, integration, "second", 100).await;
        }
        let kept = database
            .texts("SELECT sealed_secret || sealed_previous FROM webhook")
            .await;
        assert!(
            kept.iter()
                .all(|text| !text.contains("first") && !text.contains("second"))
        );
        let refused = async |key: &Keyring, of: &str| {
            let reader = &mut *database.reader().await;
            let refused = webhooks::secrets(reader, key, of, at(0)).await;
            assert_wrong_key(&refused.map(|secrets| secrets.len()).unwrap_err());
        };
        refused(&keyring(2), &main).await;
        database
            .execute("UPDATE webhook SET sealed_secret = sealed_previous")
            .await;
        refused(&keyring(1), &main).await;
    })
    .await;
}

#[tokio::test]
async fn a_new_key_opens_the_secrets_of_webhooks_too_and_the_old_one_does_not() {
    on_both(async |database| {
        let (old, new) = (keyring(1), keyring(2));
        old.check(&database.store, &SystemDice).await.unwrap();
        let main = integration(database, "main").await.id;
        let other = integration(database, "other").await.id;
        set_up(database, &main, None, "first").await;
        rotate(database, &main, "second", 100).await;
        set_up(database, &other, None, "only").await;
        credential(database, "third").await;
        let mut tx = database.tx().await;
        // Three credentials, and three secrets of two webhooks.
        let rewrapped = old.rotate(&new, &mut tx, &SystemDice).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(rewrapped, 6);
        assert_eq!(secrets(database, &new, &main, 0).await, ["second", "first"]);
        assert_eq!(secrets(database, &new, &other, 0).await, ["only"]);
        let reader = &mut *database.reader().await;
        let refused = webhooks::secrets(reader, &old, &main, at(0)).await;
        assert_wrong_key(&refused.map(|secrets| secrets.len()).unwrap_err());
    })
    .await;
}
