//! Sealed secrets: what stays hidden, who opens it, and how the key is exchanged.

use clock::SystemDice;
use secrecy::ExposeSecret as _;
use store::credentials::{self, CredentialKind, StoredTokens};
use store::secrets::Keyring;
use store::{Error, KeyProblem, When};

use crate::database::{Database, on_both};
use crate::samples::{act, at, credential, draft, integration, keyring, settings, user};
use crate::sending::{destination_draft, query_draft};

/// How many secrets are planted (security-and-operations.md 1, *Secrets at rest*).
const CANARIES: usize = 1_000;

pub(crate) async fn keep_tokens(
    database: &Database,
    id: &str,
    access: &str,
    refresh: Option<&str>,
) {
    let tokens = StoredTokens {
        access: access.to_owned().into(),
        refresh: refresh.map(|text| text.to_owned().into()),
        expires_at: Some(at(3_600)),
    };
    let mut tx = database.tx().await;
    credentials::keep_tokens(&mut tx, &keyring(1), id, &tokens, &SystemDice)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn secret(
    database: &Database,
    keyring: &Keyring,
    id: &str,
) -> Result<String, Error> {
    credentials::secret(&mut *database.reader().await, keyring, id)
        .await
        .map(|secret| secret.expose_secret().to_owned())
}

pub(crate) async fn tokens(
    database: &Database,
    keyring: &Keyring,
    id: &str,
) -> Result<Option<(String, Option<String>)>, Error> {
    let tokens = credentials::tokens(&mut *database.reader().await, keyring, id).await?;
    Ok(tokens.map(|tokens| {
        assert_eq!(tokens.expires_at, Some(at(3_600)));
        (
            tokens.access.expose_secret().to_owned(),
            tokens
                .refresh
                .map(|refresh| refresh.expose_secret().to_owned()),
        )
    }))
}

#[track_caller]
pub(crate) fn assert_wrong_key(error: &Error) {
    assert!(matches!(error, Error::Key(KeyProblem::Wrong)), "{error:?}");
    assert_eq!(error.when(), When::AfterFix);
    assert_eq!(
        error.to_string(),
        "The key does not open this database: it belongs to another installation. Put back the key this database was made with."
    );
}

/// Everything that a thief of the database gets: the bytes of SQLite's files, or every row of
/// every PostgreSQL table as text.
async fn loot(database: &Database) -> Vec<u8> {
    let mut loot = Vec::new();
    if database.is_postgres() {
        let tables = database
            .texts("SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_sqlx_migrations'")
            .await;
        assert!(tables.len() > 20, "{tables:?}");
        for table in tables {
            for row in database
                .texts(&format!("SELECT CAST(t AS TEXT) FROM {table} t"))
                .await
            {
                loot.extend(row.into_bytes());
            }
        }
    } else {
        let mut files = 0;
        for entry in std::fs::read_dir(database.place.folder()).unwrap() {
            loot.extend(std::fs::read(entry.unwrap().path()).unwrap());
            files += 1;
        }
        assert!(files > 1, "the write-ahead log was not looked at");
    }
    loot
}

fn count(haystack: &[u8], needle: &str) -> usize {
    haystack
        .windows(needle.len())
        .filter(|window| *window == needle.as_bytes())
        .count()
}

#[tokio::test]
async fn of_a_thousand_secrets_none_is_found_in_the_database() {
    on_both(async |database| {
        let key = keyring(1);
        let mut tx = database.tx().await;
        for n in 0..CANARIES {
            let named = draft(&format!("visible-{n}"), Some(&format!("canary-{n}")));
            let id = credentials::add(&mut tx, &key, &named, act())
                .await
                .unwrap();
            let tokens = StoredTokens {
                access: format!("canary-access-{n}").into(),
                refresh: Some(format!("canary-refresh-{n}").into()),
                expires_at: None,
            };
            credentials::keep_tokens(&mut tx, &key, &id, &tokens, &SystemDice)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        key.check(&database.store, &SystemDice).await.unwrap();
        let owner = user(database, "ada@example.com").await;
        let mut tx = database.tx().await;
        let hash = store::passwords::hash(&"canary-password".to_owned().into(), &SystemDice);
        store::users::set_password(&mut tx, &owner, &hash.unwrap(), None, act())
            .await
            .unwrap();
        let session = store::sessions::open(&mut tx, &owner, "a browser", at(0), &SystemDice)
            .await
            .unwrap();
        tx.commit().await.unwrap();

        let loot = loot(database).await;
        assert!(
            count(&loot, "visible-") >= CANARIES,
            "the search finds nothing"
        );
        assert_eq!(count(&loot, "canary"), 0);
        assert_eq!(count(&loot, session.expose_secret()), 0);
        let key = Keyring::generate(&clock::SeededDice::new(1));
        let (_, key) = key.expose_secret().trim().split_once(':').unwrap();
        assert_eq!(count(&loot, key), 0);
    })
    .await;
}

#[tokio::test]
async fn a_secret_comes_back_with_its_key_and_with_no_other() {
    on_both(async |database| {
        let id = credential(database, "main").await;
        assert_eq!(
            secret(database, &keyring(1), &id).await.unwrap(),
            "a-secret"
        );
        assert_wrong_key(&secret(database, &keyring(2), &id).await.unwrap_err());
        keep_tokens(database, &id, "access", Some("refresh")).await;
        let both = Some(("access".to_owned(), Some("refresh".to_owned())));
        assert_eq!(tokens(database, &keyring(1), &id).await.unwrap(), both);
        assert_wrong_key(&tokens(database, &keyring(2), &id).await.unwrap_err());
        keep_tokens(database, &id, "access 2", None).await;
        let one = Some(("access 2".to_owned(), None));
        assert_eq!(tokens(database, &keyring(1), &id).await.unwrap(), one);
    })
    .await;
}

#[tokio::test]
async fn a_sealed_secret_that_was_copied_elsewhere_does_not_open_there() {
    on_both(async |database| {
        let mine = credential(database, "mine").await;
        credential(database, "theirs").await;
        keep_tokens(database, &mine, "access", None).await;
        database
            .execute(
                "UPDATE credential SET sealed_secret = (SELECT c.sealed_secret FROM credential c WHERE c.name = 'theirs'), \
                 sealed_tokens = sealed_secret WHERE name = 'mine'",
            )
            .await;
        assert_wrong_key(&secret(database, &keyring(1), &mine).await.unwrap_err());
        assert_wrong_key(&tokens(database, &keyring(1), &mine).await.unwrap_err());
    })
    .await;
}

#[tokio::test]
async fn a_credential_without_a_secret_says_so() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        let id = credentials::add(&mut tx, &keyring(1), &draft("empty", None), act())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let error = secret(database, &keyring(1), &id).await.unwrap_err();
        assert!(error.to_string().contains("holds no secret"), "{error}");
        assert!(tokens(database, &keyring(1), &id).await.unwrap().is_none());
        assert!(
            tokens(database, &keyring(1), "nobody")
                .await
                .unwrap()
                .is_none()
        );
    })
    .await;
}

#[tokio::test]
async fn credentials_are_listed_and_found_without_their_secrets() {
    on_both(async |database| {
        let lonely = credential(database, "a lonely one").await;
        let integration = integration(database, "main").await;
        let listed = credentials::list(&mut *database.reader().await)
            .await
            .unwrap();
        let said: Vec<_> = listed
            .iter()
            .map(|credential| (credential.name.as_str(), credential.used_by))
            .collect();
        assert_eq!(said, [("a lonely one", 0), ("main", 1)]);
        assert!(!format!("{listed:?}").contains("a-secret"));
        let mut reader = database.reader().await;
        let by_name = credentials::find(&mut reader, "a lonely one")
            .await
            .unwrap();
        let by_id = credentials::find(&mut reader, &lonely).await.unwrap();
        assert_eq!(by_name, by_id);
        assert_eq!(by_id.as_ref(), Some(&listed[0]));
        let found = by_id.unwrap();
        assert_eq!(found.kind, CredentialKind::ApiToken);
        assert_eq!(found.email.as_deref(), Some("agent@example.com"));
        assert_eq!(found.client_id, None);
        assert_eq!(
            credentials::find(&mut reader, &integration.settings.credential_id)
                .await
                .unwrap()
                .unwrap()
                .name,
            "main"
        );
    })
    .await;
}

#[tokio::test]
async fn editing_without_a_new_secret_keeps_the_old_one_and_forgets_the_tokens() {
    on_both(async |database| {
        let id = credential(database, "main").await;
        keep_tokens(database, &id, "access", Some("refresh")).await;
        let edit = async |draft: &credentials::CredentialDraft| {
            let mut tx = database.tx().await;
            credentials::edit(&mut tx, &keyring(1), &id, draft, act()).await?;
            tx.commit().await
        };
        let mut changed = draft("renamed", None);
        changed.kind = CredentialKind::OAuthClient;
        changed.client_id = Some("client".to_owned());
        edit(&changed).await.unwrap();
        assert_eq!(
            secret(database, &keyring(1), &id).await.unwrap(),
            "a-secret"
        );
        assert!(tokens(database, &keyring(1), &id).await.unwrap().is_none());
        let found = credentials::find(&mut *database.reader().await, &id).await;
        let found = found.unwrap().unwrap();
        assert_eq!(
            (found.name.as_str(), found.kind),
            ("renamed", CredentialKind::OAuthClient)
        );
        edit(&draft("renamed", Some("another"))).await.unwrap();
        assert_eq!(secret(database, &keyring(1), &id).await.unwrap(), "another");
    })
    .await;
}

#[tokio::test]
async fn two_credentials_cannot_have_one_name() {
    on_both(async |database| {
        credential(database, "main").await;
        let other = credential(database, "other").await;
        let mut tx = database.tx().await;
        let added = credentials::add(&mut tx, &keyring(1), &draft("main", None), act()).await;
        drop(tx);
        let mut tx = database.tx().await;
        let edited =
            credentials::edit(&mut tx, &keyring(1), &other, &draft("main", None), act()).await;
        drop(tx);
        for error in [added.unwrap_err(), edited.unwrap_err()] {
            assert_eq!(
                error.to_string(),
                "A credential named main exists already. Choose another name."
            );
            assert_eq!(error.when(), When::AfterFix);
        }
    })
    .await;
}

#[tokio::test]
async fn a_credential_in_use_cannot_be_deleted_and_another_one_can() {
    on_both(async |database| {
        integration(database, "main").await;
        credential(database, "spare").await;
        for (name, is_free) in [("main", false), ("spare", true)] {
            let found = credentials::find(&mut *database.reader().await, name).await;
            let mut tx = database.tx().await;
            let deleted = credentials::delete(&mut tx, &found.unwrap().unwrap(), act()).await;
            assert_eq!(deleted.is_ok(), is_free, "{name}: {deleted:?}");
            if is_free {
                tx.commit().await.unwrap();
            }
        }
        let left = credentials::list(&mut *database.reader().await)
            .await
            .unwrap();
        assert_eq!(left.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn everything_that_uses_a_credential_is_counted_and_named() {
    on_both(async |database| {
        let shared = credential(database, "shared").await;
        let spare = credential(database, "spare").await;
        let owner = user(database, "owner@example.com").await;
        let mut tx = database.tx().await;
        for name in ["support", "billing"] {
            let settings = settings(name, &shared, &owner.id);
            store::integrations::add(&mut tx, &settings, act())
                .await
                .unwrap();
        }
        let live = destination_draft("live", &shared);
        store::destinations::add(&mut tx, &live, act())
            .await
            .unwrap();
        let mut people = query_draft("people");
        people.credential_id = Some(shared.clone());
        store::queries::add(&mut tx, &people, act()).await.unwrap();
        tx.commit().await.unwrap();

        let mut reader = database.reader().await;
        let uses = credentials::uses(&mut reader, &shared).await.unwrap();
        let expected = [
            "integration billing",
            "integration support",
            "destination live",
            "query people",
        ];
        assert_eq!(uses, expected);
        assert!(
            credentials::uses(&mut reader, &spare)
                .await
                .unwrap()
                .is_empty()
        );
        let listed = credentials::list(&mut reader).await.unwrap();
        let counts: Vec<_> = listed.iter().map(|one| one.used_by).collect();
        assert_eq!(counts, [4, 0]);
        drop(reader);
        for table in ["integration", "destination"] {
            database.execute(&format!("DELETE FROM {table}")).await;
        }
        let mut tx = database.tx().await;
        let refused = credentials::delete(&mut tx, &listed[0], act()).await;
        assert!(refused.is_err(), "a query uses it");
    })
    .await;
}

#[tokio::test]
async fn credentials_of_every_kind_are_read_back_with_their_secret() {
    on_both(async |database| {
        for kind in [
            CredentialKind::OAuthClient,
            CredentialKind::OAuthTokens,
            CredentialKind::ApiToken,
            CredentialKind::Database,
            CredentialKind::ObjectStore,
        ] {
            let mut made = draft(kind.as_str(), Some("postgres://me:canary@db/people"));
            made.kind = kind;
            made.client_id = Some("access key".to_owned());
            let mut tx = database.tx().await;
            let id = credentials::add(&mut tx, &keyring(1), &made, act()).await;
            tx.commit().await.unwrap();
            let id = id.unwrap();
            let found = credentials::find(&mut *database.reader().await, &id).await;
            let found = found.unwrap().unwrap();
            assert_eq!(found.kind, kind);
            assert_eq!(found.client_id.as_deref(), Some("access key"));
            assert!(!format!("{found:?}").contains("canary"));
            let secret = secret(database, &keyring(1), &id).await.unwrap();
            assert_eq!(secret, "postgres://me:canary@db/people");
        }
    })
    .await;
}
