//! The key that seals secrets: which one a database takes, and how it is exchanged.

use clock::SystemDice;
use store::Error;
use store::credentials::{self, StoredTokens};
use store::secrets::Keyring;

use crate::credentials::{assert_wrong_key, keep_tokens, secret, tokens};
use crate::database::{Database, execute, on_both, on_postgres};
use crate::samples::{act, at, credential, draft, keyring};

async fn rotate(database: &Database, old: &Keyring, new: &Keyring) -> Result<u64, Error> {
    let mut tx = database.tx().await;
    let rewrapped = old.rotate(new, &mut tx, &SystemDice).await?;
    tx.commit().await?;
    Ok(rewrapped)
}

#[tokio::test]
async fn the_first_key_that_is_checked_is_the_databases_own() {
    on_both(async |database| {
        keyring(1)
            .check(&database.store, &SystemDice)
            .await
            .unwrap();
        keyring(1)
            .check(&database.store, &SystemDice)
            .await
            .unwrap();
        let other = database.again().await;
        assert_wrong_key(&keyring(2).check(&other, &SystemDice).await.unwrap_err());
        other.close().await;
        keyring(1)
            .check(&database.store, &SystemDice)
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn of_two_keys_that_are_checked_at_once_one_is_refused() {
    on_both(async |database| {
        // The first process is about to tie its key to the database while the second one looks.
        let mut first = database.tx().await;
        let sealed = keyring(1).seal(
            &"deskbridge".to_owned().into(),
            "installation/key_check",
            &SystemDice,
        );
        execute(
            &mut first,
            &format!("INSERT INTO installation (name, value) VALUES ('key_check', '{sealed}')"),
        )
        .await
        .unwrap();
        let commit = async {
            // It looks, finds nothing, and waits for the first one's transaction.
            for _ in 0..1_000 {
                tokio::task::yield_now().await;
            }
            first.commit().await
        };
        let second = keyring(2);
        let (refused, committed) = tokio::join!(second.check(&database.store, &SystemDice), commit);
        committed.unwrap();
        assert_wrong_key(&refused.unwrap_err());
        keyring(1)
            .check(&database.store, &SystemDice)
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn after_a_rotation_every_secret_opens_with_the_new_key_and_none_with_the_old() {
    on_both(async |database| {
        let (old, new) = (keyring(1), keyring(2));
        old.check(&database.store, &SystemDice).await.unwrap();
        let mut ids = Vec::new();
        for n in 0..20 {
            let id = credential(database, &format!("credential {n}")).await;
            if n % 2 == 0 {
                keep_tokens(database, &id, "access", Some("refresh")).await;
            }
            ids.push(id);
        }
        let mut tx = database.tx().await;
        credentials::add(&mut tx, &old, &draft("empty", None), act())
            .await
            .unwrap();
        tx.commit().await.unwrap();

        assert_eq!(rotate(database, &old, &new).await.unwrap(), 30);
        new.check(&database.store, &SystemDice).await.unwrap();
        assert_wrong_key(&old.check(&database.store, &SystemDice).await.unwrap_err());
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(secret(database, &new, id).await.unwrap(), "a-secret");
            assert_wrong_key(&secret(database, &old, id).await.unwrap_err());
            let opened = tokens(database, &new, id).await.unwrap();
            assert_eq!(opened.is_some(), n % 2 == 0);
            if opened.is_some() {
                assert_wrong_key(&tokens(database, &old, id).await.unwrap_err());
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_rotation_from_the_wrong_key_changes_nothing() {
    on_both(async |database| {
        keyring(1)
            .check(&database.store, &SystemDice)
            .await
            .unwrap();
        let id = credential(database, "main").await;
        let error = rotate(database, &keyring(3), &keyring(2))
            .await
            .unwrap_err();
        assert_wrong_key(&error);
        assert_eq!(
            secret(database, &keyring(1), &id).await.unwrap(),
            "a-secret"
        );
        keyring(1)
            .check(&database.store, &SystemDice)
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_rotation_that_was_not_committed_changes_nothing() {
    on_both(async |database| {
        let (old, new) = (keyring(1), keyring(2));
        old.check(&database.store, &SystemDice).await.unwrap();
        let id = credential(database, "main").await;
        let mut tx = database.tx().await;
        assert_eq!(old.rotate(&new, &mut tx, &SystemDice).await.unwrap(), 1);
        drop(tx);
        old.check(&database.store, &SystemDice).await.unwrap();
        assert_eq!(secret(database, &old, &id).await.unwrap(), "a-secret");
    })
    .await;
}

#[tokio::test]
async fn a_rotation_waits_for_tokens_that_are_just_being_kept() {
    // Zendesk takes a refresh token once: going back to the one before would lock the account out.
    on_postgres(async |database| {
        let (old, new) = (keyring(1), keyring(2));
        old.check(&database.store, &SystemDice).await.unwrap();
        let id = credential(database, "main").await;
        keep_tokens(database, &id, "spent", Some("spent")).await;
        let mut refreshing = database.tx().await;
        let fresh = StoredTokens {
            access: "fresh".to_owned().into(),
            refresh: None,
            expires_at: Some(at(3_600)),
        };
        credentials::keep_tokens(&mut refreshing, &old, &id, &fresh, &SystemDice)
            .await
            .unwrap();
        let commit = async {
            // Until the rotation waits for the row.
            let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while database.number(waiting).await == 0 {}
            refreshing.commit().await
        };
        let (rotated, committed) = tokio::join!(rotate(database, &old, &new), commit);
        committed.unwrap();
        assert_eq!(rotated.unwrap(), 2);
        let kept = tokens(database, &new, &id).await.unwrap();
        assert_eq!(kept, Some(("fresh".to_owned(), None)));
    })
    .await;
}
