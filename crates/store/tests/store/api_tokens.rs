//! Tokens of the API, and the keys of creations.

use std::time::Duration;

use clock::SystemDice;
use secrecy::{ExposeSecret as _, SecretString};
use store::api_tokens::{self, LONGEST_LIFE, NewToken};
use store::audit::Act;
use store::idempotency::{self, Key};
use store::users::{self, UserEdit, UserRole};

use crate::database::{Database, on_both};
use crate::samples::{at, user};

fn act_at(seconds: i64) -> Act<'static> {
    Act {
        actor: "ada@example.com",
        now: at(seconds),
        dice: &SystemDice,
    }
}

async fn token(database: &Database, owner: &users::User, life: Duration) -> (String, SecretString) {
    let mut tx = database.tx().await;
    let new = NewToken {
        name: "nightly export",
        scopes: &["cases:read", "sends:write"],
        life,
    };
    let (token, secret) = api_tokens::add(&mut tx, owner, new, act_at(0))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    (token.id, secret)
}

#[tokio::test]
async fn a_token_is_found_by_its_secret_until_it_ends() {
    on_both(async |database| {
        let ada = user(database, "ada@example.com").await;
        let (id, secret) = token(database, &ada, Duration::from_secs(60)).await;
        let mut reader = database.reader().await;
        let (found, owner) = api_tokens::find(&mut reader, &secret, at(59))
            .await
            .unwrap()
            .unwrap();
        assert_eq!((found.id, owner.id), (id, ada.id));
        assert_eq!(found.scopes, ["cases:read", "sends:write"]);
        assert_eq!(
            api_tokens::find(&mut reader, &secret, at(60))
                .await
                .unwrap(),
            None
        );
        let other = format!("{}x", secret.expose_secret()).into();
        assert_eq!(
            api_tokens::find(&mut reader, &other, at(1)).await.unwrap(),
            None
        );
    })
    .await;
}

#[tokio::test]
async fn only_the_hash_of_a_token_is_kept_and_no_token_lives_longer_than_a_year() {
    on_both(async |database| {
        let ada = user(database, "ada@example.com").await;
        let (_, secret) = token(database, &ada, LONGEST_LIFE * 9).await;
        let mut reader = database.reader().await;
        let all = api_tokens::of_user(&mut reader, &ada.id).await.unwrap();
        let longest = i64::try_from(LONGEST_LIFE.as_secs()).unwrap();
        assert_eq!(all[0].expires_at, at(longest));
        assert!(secret.expose_secret().ends_with(&all[0].hint));
        let dump = format!("{all:?}");
        assert!(!dump.contains(secret.expose_secret()));
    })
    .await;
}

#[tokio::test]
async fn a_token_ends_with_its_owner_and_by_nobody_elses_hand() {
    on_both(async |database| {
        let ada = user(database, "ada@example.com").await;
        let bob = user(database, "bob@example.com").await;
        let (id, secret) = token(database, &bob, Duration::from_secs(60)).await;
        let mut tx = database.tx().await;
        assert!(
            !api_tokens::remove(&mut tx, &ada, &id, act_at(1))
                .await
                .unwrap()
        );
        let member = users::member(&mut tx, &bob.id).await.unwrap().unwrap();
        let edit = UserEdit {
            disabled: Some(true),
            ..UserEdit::default()
        };
        users::edit(&mut tx, &member, &edit, act_at(1))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let found = api_tokens::find(&mut *database.reader().await, &secret, at(2)).await;
        assert_eq!(found.unwrap(), None);
        let mut tx = database.tx().await;
        assert!(
            api_tokens::remove(&mut tx, &bob, &id, act_at(3))
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();
        assert_eq!(database.count("api_token").await, 0);
    })
    .await;
}

#[tokio::test]
async fn one_key_stands_for_one_request_for_a_day() {
    on_both(async |database| {
        let ada = user(database, "ada@example.com").await;
        let bob = user(database, "bob@example.com").await;
        let take = async |who: &users::User, request: &[u8], seconds: i64| {
            let mut tx = database.tx().await;
            let key = idempotency::take(&mut tx, &who.id, "k", request, act_at(seconds)).await;
            tx.commit().await.unwrap();
            key.unwrap()
        };
        let first = take(&ada, b"one", 0).await;
        assert!(matches!(first, Key::Ours(_)));
        assert_eq!(take(&ada, b"one", 86_399).await, first);
        assert_eq!(take(&ada, b"two", 1).await, Key::Another);
        assert_ne!(take(&bob, b"one", 1).await, first);
        assert_ne!(take(&ada, b"one", 86_401).await, first);
    })
    .await;
}

#[tokio::test]
async fn nobody_can_take_the_last_administrator_away() {
    on_both(async |database| {
        let ada = user(database, "ada@example.com").await;
        assert_eq!(ada.role, UserRole::Administrator);
        let mut tx = database.tx().await;
        let member = users::member(&mut tx, &ada.id).await.unwrap().unwrap();
        for edit in [
            UserEdit {
                role: Some(UserRole::Operator),
                ..UserEdit::default()
            },
            UserEdit {
                disabled: Some(true),
                ..UserEdit::default()
            },
        ] {
            let done = users::edit(&mut tx, &member, &edit, act_at(1)).await;
            assert!(
                matches!(done, Err(store::Error::LastAdministrator)),
                "{done:?}"
            );
        }
    })
    .await;
}
