//! Staff and their sessions.

use std::collections::HashMap;
use std::time::Duration;

use clock::SystemDice;
use secrecy::{ExposeSecret as _, SecretString};
use store::sessions::{self, Session};
use store::users::{self, User, UserRole};
use store::{Error, When, passwords};

use crate::database::{Database, on_both};
use crate::samples::{act, at, user};

async fn open(database: &Database, user: &User, seconds: i64) -> SecretString {
    let mut tx = database.tx().await;
    let token = sessions::open(&mut tx, user, "a browser", at(seconds), &SystemDice)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    token
}

async fn session(database: &Database, token: &SecretString, seconds: i64) -> Option<Session> {
    sessions::find(
        &mut *database.reader().await,
        token.expose_secret(),
        at(seconds),
    )
    .await
    .unwrap()
}

async fn touch(database: &Database, token: &SecretString, seconds: i64) {
    let mut tx = database.tx().await;
    sessions::touch(&mut tx, token.expose_secret(), at(seconds))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

fn seconds(length: Duration) -> i64 {
    i64::try_from(length.as_secs()).unwrap()
}

#[tokio::test]
async fn a_user_is_found_by_email_whatever_its_case() {
    on_both(async |database| {
        let ada = user(database, " Ada@Example.com ").await;
        assert_eq!(ada.email, "Ada@Example.com");
        let mut reader = database.reader().await;
        for typed in ["ada@example.com", " ADA@EXAMPLE.COM", "Ada@Example.com"] {
            let found = users::by_email(&mut reader, typed).await.unwrap();
            assert_eq!(found, Some(ada.clone()), "{typed}");
        }
        let nobody = users::by_email(&mut reader, "bob@example.com").await;
        assert_eq!(nobody.unwrap(), None);
        let keys = ["ada@example.com", "bob@example.com"].map(str::to_owned);
        let found = users::by_email_keys(&mut reader, &keys).await.unwrap();
        assert_eq!(found, HashMap::from([(keys[0].clone(), ada.clone())]));
        let ids = [ada.id.clone(), "nobody".to_owned()];
        let found = users::by_ids(&mut reader, &ids).await.unwrap();
        assert_eq!(found, HashMap::from([(ada.id.clone(), ada)]));
    })
    .await;
}

#[tokio::test]
async fn an_email_is_taken_once_whatever_its_case() {
    on_both(async |database| {
        user(database, "ada@example.com").await;
        let mut tx = database.tx().await;
        let error = users::add(
            &mut tx,
            "ADA@example.com",
            "Another",
            UserRole::Agent,
            None,
            at(0),
            &SystemDice,
        )
        .await
        .unwrap_err();
        assert!(matches!(error, Error::Exists { .. }), "{error:?}");
        assert_eq!(error.when(), When::AfterFix);
        assert_eq!(
            error.to_string(),
            "A user with this email exists already. Choose another name."
        );
    })
    .await;
}

#[tokio::test]
async fn users_are_listed_by_name_with_their_roles() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        for (email, name, role) in [
            ("z@example.com", "Zora", UserRole::Administrator),
            ("a@example.com", "Amir", UserRole::Agent),
        ] {
            users::add(&mut tx, email, name, role, None, at(0), &SystemDice)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let listed: Vec<_> = users::list(&mut *database.reader().await)
            .await
            .unwrap()
            .into_iter()
            .map(|user| (user.name, user.role))
            .collect();
        assert_eq!(
            listed,
            [
                ("Amir".to_owned(), UserRole::Agent),
                ("Zora".to_owned(), UserRole::Administrator)
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once() {
    on_both(async |database| {
        let ada = user(database, "ada@example.com").await;
        let token = open(database, &ada, 0).await;
        database
            .execute("UPDATE crm_user SET disabled_at = 1")
            .await;
        assert_eq!(session(database, &token, 1).await, None);
        let mut reader = database.reader().await;
        assert_eq!(
            users::by_email(&mut reader, &ada.email).await.unwrap(),
            None
        );
        assert_eq!(users::list(&mut reader).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_when_it_was_not_used_for_too_long() {
    on_both(async |database| {
        let ada = user(database, "ada@example.com").await;
        let token = open(database, &ada, 0).await;
        let idle = seconds(sessions::IDLE);
        let open_still = session(database, &token, idle - 1).await.unwrap();
        assert_eq!((open_still.user, open_still.seen_at), (ada, at(0)));
        assert_eq!(session(database, &token, idle).await, None);
        touch(database, &token, idle - 1).await;
        let touched = session(database, &token, 2 * idle - 2).await.unwrap();
        assert_eq!(touched.seen_at, at(idle - 1));
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_at_last_however_much_it_is_used() {
    on_both(async |database| {
        let ada = user(database, "ada@example.com").await;
        let token = open(database, &ada, 0).await;
        let life = seconds(sessions::LIFE);
        touch(database, &token, life - 1).await;
        assert!(session(database, &token, life - 1).await.is_some());
        assert_eq!(session(database, &token, life).await, None);
        // The next login removes what has ended.
        open(database, &ada, life).await;
        assert_eq!(database.count("session").await, 1);
    })
    .await;
}

#[tokio::test]
async fn logging_out_ends_that_session_and_no_other() {
    on_both(async |database| {
        let ada = user(database, "ada@example.com").await;
        let here = open(database, &ada, 0).await;
        let there = open(database, &ada, 0).await;
        assert_ne!(here.expose_secret(), there.expose_secret());
        let mut tx = database.tx().await;
        sessions::end(&mut tx, here.expose_secret()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(session(database, &here, 1).await, None);
        assert!(session(database, &there, 1).await.is_some());
        let forged = SecretString::from("forged".to_owned());
        assert_eq!(session(database, &forged, 1).await, None);
    })
    .await;
}

#[tokio::test]
async fn of_a_session_only_the_hash_of_its_token_is_kept() {
    on_both(async |database| {
        let ada = user(database, "ada@example.com").await;
        let token = open(database, &ada, 0).await;
        let kept = database.texts("SELECT token_hash FROM session").await;
        assert_eq!(kept.len(), 1);
        assert_ne!(kept[0], token.expose_secret());
        let stolen = SecretString::from(kept[0].clone());
        assert_eq!(session(database, &stolen, 1).await, None);
        // 256 random bits, as base64.
        assert_eq!(token.expose_secret().len(), 43);
    })
    .await;
}

#[tokio::test]
async fn a_new_password_ends_all_sessions_of_its_user_and_is_noted() {
    on_both(async |database| {
        let ada = user(database, "ada@example.com").await;
        let bob = user(database, "bob@example.com").await;
        let adas = open(database, &ada, 0).await;
        let bobs = open(database, &bob, 0).await;
        let hash = passwords::hash(&"correct horse".to_owned().into(), &SystemDice).unwrap();
        let mut tx = database.tx().await;
        users::set_password(&mut tx, &ada, &hash, None, act())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(session(database, &adas, 1).await, None);
        assert!(session(database, &bobs, 1).await.is_some());
        let found = users::by_email_with_hash(&mut *database.reader().await, &ada.email)
            .await
            .unwrap();
        assert_eq!(found, Some((ada, Some(hash))));
        let found = users::by_email_with_hash(&mut *database.reader().await, &bob.email)
            .await
            .unwrap();
        assert_eq!(found, Some((bob, None)));
        let noted = database
            .texts(
                "SELECT actor || ' ' || action || ' ' || subject || ' ' || detail FROM audit_log",
            )
            .await;
        assert_eq!(
            noted,
            ["ada@example.com user.password ada@example.com password changed"]
        );
    })
    .await;
}
