//! Opening a database: new, known, newer than us, somebody else's.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use store::{Error, Store, When};
use tokio::time::timeout;

use crate::database::{execute, in_both_places, in_new_file, on_both, on_postgres};
use crate::samples::{at, case};
use crate::schema::tables;

#[tokio::test]
async fn opening_a_database_again_changes_nothing_in_it() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        store::cases::put(&mut tx, &[case(1)]).await.unwrap();
        tx.commit().await.unwrap();
        let before = database.count("_sqlx_migrations").await;
        let again = database.again().await;
        let found = store::cases::find(&mut again.read().await.unwrap(), "1").await;
        assert_eq!(found.unwrap().unwrap(), case(1));
        again.close().await;
        assert_eq!(database.count("_sqlx_migrations").await, before);
    })
    .await;
}

#[tokio::test]
async fn several_processes_may_open_a_new_database_at_once() {
    in_both_places(async |place| {
        let open = || Store::open(&place.url);
        let (a, b, c, d) = tokio::join!(open(), open(), open(), open());
        for opened in [a, b, c, d] {
            let store = opened.unwrap();
            let cases = store::cases::count(&mut store.read().await.unwrap()).await;
            assert_eq!(cases.unwrap(), 0);
            store.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_new_file_that_another_process_is_at_is_waited_for() {
    in_new_file(async |place| {
        let mut stranger = place.stranger().await;
        execute(&mut stranger, "BEGIN IMMEDIATE").await.unwrap();
        let mut opening = pin!(Store::open(&place.url));
        // It would say that it cannot within a few thousandths of a second.
        let early = timeout(Duration::from_millis(400), &mut opening).await;
        assert!(early.is_err(), "{early:?}");
        execute(&mut stranger, "COMMIT").await.unwrap();
        opening.await.unwrap().close().await;
    })
    .await;
}

#[tokio::test]
async fn a_database_that_a_newer_version_wrote_is_refused() {
    on_both(async |database| {
        database
            .execute(
                "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) \
                 SELECT 9000, 'the future', installed_on, success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1",
            )
            .await;
        let error = Store::open(&database.place.url).await.unwrap_err();
        assert!(matches!(error, Error::Schema(_)), "{error:?}");
        assert_eq!(error.when(), When::AfterFix);
        let said = error.to_string();
        assert!(said.contains("9000"), "{said}");
        assert!(
            said.ends_with("Start the version that wrote it last, or a newer one."),
            "{said}"
        );
    })
    .await;
}

#[tokio::test]
async fn tables_that_were_changed_behind_an_open_database_are_told() {
    on_both(async |database| {
        let store = Store::open(&database.place.url).await.unwrap();
        store.check_tables().await.unwrap();
        let newest = "SELECT MAX(version) FROM _sqlx_migrations";
        database
            .execute(&format!(
                "UPDATE _sqlx_migrations SET version = 9000 WHERE version = ({newest})"
            ))
            .await;
        let newer = store.check_tables().await.unwrap_err();
        assert!(newer.to_string().contains("9000"), "{newer}");
        database
            .execute("DELETE FROM _sqlx_migrations WHERE version = 9000")
            .await;
        let older = store.check_tables().await.unwrap_err();
        assert!(matches!(older, Error::Schema(_)), "{older:?}");
        assert!(older.to_string().contains("they are older"), "{older}");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_database_that_holds_something_else_is_refused_and_left_alone() {
    in_both_places(async |place| {
        let mut stranger = place.stranger().await;
        execute(&mut stranger, "CREATE TABLE crm_case (theirs TEXT)")
            .await
            .unwrap();
        let error = Store::open(&place.url).await.unwrap_err();
        assert!(matches!(error, Error::Schema(_)), "{error:?}");
        assert!(error.to_string().contains("crm_case"), "{error}");
        let kept = execute(&mut stranger, "INSERT INTO crm_case (theirs) VALUES ('x')").await;
        assert_eq!(kept.unwrap(), 1);
        // Nothing of ours was half made.
        let ours = execute(&mut stranger, "SELECT * FROM crm_user").await;
        assert!(ours.is_err());
    })
    .await;
}

#[tokio::test]
async fn both_databases_hold_the_same_tables() {
    on_both(async |database| {
        let query = if database.is_postgres() {
            "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'"
        } else {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        };
        let found: BTreeSet<String> = database.texts(query).await.into_iter().collect();
        let mut expected: BTreeSet<String> = tables().into_iter().map(|table| table.name).collect();
        expected.insert("_sqlx_migrations".to_owned());
        assert_eq!(found, expected);
    })
    .await;
}

#[tokio::test]
async fn every_table_in_postgresql_says_what_it_holds() {
    on_postgres(async |database| {
        let silent = database
            .texts(
                "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_sqlx_migrations' \
                 AND COALESCE(obj_description(CAST(tablename AS regclass), 'pg_class'), '') = ''",
            )
            .await;
        assert_eq!(silent, Vec::<String>::new());
        let said = database
            .texts("SELECT obj_description(CAST('crm_case' AS regclass), 'pg_class')")
            .await;
        // The lines above the table in the migration, as one.
        let begins = "Cases. `number` is what people say to each other, `id` is what programs keep: it survives a restored backup";
        assert!(said[0].starts_with(begins), "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn a_data_folder_may_have_any_name() {
    in_new_file(async |place| {
        for name in [
            "with space",
            "50%25",
            "what?",
            "a#b",
            "ada@example.com",
            "büro",
            "办公室 🏢",
            "a&b=c+d",
            "tab\tin it",
            "back\\slash",
            "quote'\"",
        ] {
            let folder = place.folder().join(name);
            std::fs::create_dir(&folder).unwrap();
            let file = folder.join("desk.db");
            let store = Store::open_file(&file).await.unwrap();
            assert!(file.exists(), "{name}");
            assert_eq!(store.place(), file.display().to_string());
            store.close().await;
            let made: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
            assert_eq!(made.len(), 1, "{name}: {made:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_committed_write_is_there_for_the_next_process_and_an_abandoned_one_is_not() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        store::cursors::store(&mut tx, "i", "tickets", "kept", at(0))
            .await
            .unwrap_err();
        drop(tx);
        let mut tx = database.tx().await;
        store::budgets::store(&mut tx, "acme", "kept", at(0))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = database.tx().await;
        store::budgets::store(&mut tx, "acme", "abandoned", at(1))
            .await
            .unwrap();
        drop(tx);
        let again = database.again().await;
        let state = store::budgets::load(&mut again.read().await.unwrap(), "acme").await;
        assert_eq!(state.unwrap().as_deref(), Some("kept"));
        again.close().await;
    })
    .await;
}
