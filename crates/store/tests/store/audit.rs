//! Who changed which setting: noted with the change, and never with a secret.

use store::credentials::{self};
use store::integrations;

use crate::database::{Database, on_both};
use crate::samples::{act, at, credential, draft, integration, keyring};

async fn noted(database: &Database) -> Vec<String> {
    database
        .texts(
            "SELECT action || ' | ' || subject || ' | ' || detail FROM audit_log ORDER BY action",
        )
        .await
}

#[tokio::test]
async fn every_change_of_a_credential_is_noted_without_its_secret() {
    on_both(async |database| {
        let id = credential(database, "main").await;
        let mut tx = database.tx().await;
        let key = keyring(1);
        credentials::edit(&mut tx, &key, &id, &draft("main", Some("canary")), act())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let found = credentials::find(&mut *database.reader().await, &id).await;
        let mut tx = database.tx().await;
        credentials::delete(&mut tx, &found.unwrap().unwrap(), act())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            noted(database).await,
            [
                "credential.add | main | api_token",
                "credential.delete | main | ",
                "credential.edit | main | api_token, secret changed",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn every_change_of_an_integration_is_noted() {
    on_both(async |database| {
        let integration = integration(database, "main").await;
        let mut tx = database.tx().await;
        let mut settings = integration.settings.clone();
        settings.name = "renamed".to_owned();
        integrations::edit(
            &mut tx,
            &integration.id,
            &settings,
            "name: main -> renamed",
            act(),
        )
        .await
        .unwrap();
        integrations::activate(&mut tx, &integration, "acme", act())
            .await
            .unwrap();
        integrations::deactivate(&mut tx, &integration, act())
            .await
            .unwrap();
        integrations::delete(&mut tx, &integration, act())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            noted(database).await[1..],
            [
                "integration.activate | main | acme",
                "integration.add | main | https://acme.zendesk.com",
                "integration.deactivate | main | ",
                "integration.delete | main | https://acme.zendesk.com",
                "integration.edit | renamed | name: main -> renamed",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn an_entry_says_who_and_when() {
    on_both(async |database| {
        credential(database, "main").await;
        let who = database.texts("SELECT actor FROM audit_log").await;
        assert_eq!(who, ["ada@example.com"]);
        let when = database.number("SELECT at FROM audit_log").await;
        assert_eq!(when, at(0).as_microsecond());
    })
    .await;
}

#[tokio::test]
async fn a_change_that_was_not_kept_is_not_noted() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        credentials::add(&mut tx, &keyring(1), &draft("main", None), act())
            .await
            .unwrap();
        drop(tx);
        assert_eq!(database.count("audit_log").await, 0);
    })
    .await;
}
