//! What goes wrong with databases, and the sentence and the *when* that people get.
//!
//! A disk that is full is made with SQLite's own limit of pages, which gives the very error of a
//! full disk; on PostgreSQL a trigger raises the code that the server gives. A file that may not be
//! written is in `permissions.rs`.

use std::time::Duration;

use store::{Error, Store, When, cases, counters, runs};

use crate::database::{execute, in_new_database, in_new_file, on_both, on_postgres, on_sqlite};
use crate::samples::{at, case, integration};

/// Opening answers well before the time after which a pool gives up.
async fn open_soon(url: &str) -> Error {
    tokio::time::timeout(Duration::from_secs(10), Store::open(url))
        .await
        .unwrap()
        .unwrap_err()
}

#[track_caller]
fn assert_unreachable(error: &Error, place: &str, reason: &str) {
    let said = error.to_string();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert!(
        said.starts_with(&format!("The database at {place} cannot be opened: ")),
        "{said}"
    );
    assert!(said.contains(reason), "{said}");
    assert!(
        said.ends_with("Check that the path or address is right and that the server is running."),
        "{said}"
    );
    assert_eq!(error.when(), When::AfterFix);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told_as_such_and_left_alone() {
    in_new_file(async |place| {
        let file = place.folder().join("desk.db");
        let holiday = "My holiday in Cornwall. ".repeat(1_000);
        std::fs::write(&file, &holiday).unwrap();
        let error = open_soon(&place.url).await;
        assert_unreachable(&error, &file.display().to_string(), "not a database");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), holiday);
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_told_with_its_path() {
    in_new_file(async |place| {
        let file = place.folder().join("nowhere/desk.db");
        let error = open_soon(&format!("sqlite:{}?mode=rwc", file.display())).await;
        assert_unreachable(&error, &file.display().to_string(), "nowhere is not there");
        let folder = place.folder();
        let error = open_soon(&format!("sqlite:{}?mode=rwc", folder.display())).await;
        assert_unreachable(&error, &folder.display().to_string(), "it is a folder");
        let file = folder.join("misspelt.db");
        let error = open_soon(&format!("sqlite:{}", file.display())).await;
        assert_unreachable(&error, &file.display().to_string(), "no such file");
    })
    .await;
}

#[tokio::test]
async fn an_address_of_neither_kind_is_told_with_the_kinds_there_are() {
    let error = open_soon("mysql://desk:hunter2@db/desk").await;
    assert!(error.to_string().contains("postgres:// or sqlite:"));
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let error = open_soon("postgres://desk:hunter2@:not a port/desk").await;
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_without_its_password() {
    // Taken and given back: nobody listens there now.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = open_soon(&format!("postgres://desk:hunter2@127.0.0.1:{port}/desk")).await;
    let place = format!("postgres://127.0.0.1:{port}/desk");
    assert_unreachable(&error, &place, "nothing answers there");
    assert!(!error.to_string().contains("hunter2"));
}

#[tokio::test]
async fn a_server_that_is_none_of_ours_is_told_as_unreachable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let closing = std::thread::spawn(move || drop(listener.accept()));
    let error = open_soon(&format!("postgres://desk@127.0.0.1:{port}/desk")).await;
    closing.join().unwrap();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_database_that_the_server_does_not_have_is_told_by_name() {
    on_postgres(async |database| {
        let url = database.place.url.replace("deskbridge_store", "nonesuch");
        let error = open_soon(&url).await;
        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
        assert!(error.to_string().contains("does not exist"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_is_told_as_such_and_loses_nothing_that_was_stored() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        cases::put(&mut tx, &[case(1)]).await.unwrap();
        tx.commit().await.unwrap();

        if database.is_postgres() {
            database
                .execute(
                    "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS \
                     $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$; \
                     CREATE TRIGGER fill BEFORE INSERT ON crm_case EXECUTE FUNCTION fill()",
                )
                .await;
        }
        let mut tx = database.tx().await;
        counters::take(&mut tx, "case", 1).await.unwrap();
        if !database.is_postgres() {
            // No page more than there are.
            execute(&mut tx, "PRAGMA max_page_count = 1").await.unwrap();
        }
        let mut large = case(2);
        large.fields.description = "x".repeat(1_000_000);
        let error = cases::put(&mut tx, &[large.clone()]).await.unwrap_err();
        assert!(matches!(error, Error::DiskFull), "{error:?}");
        assert_eq!(
            error.to_string(),
            "The disk that holds the database is full. Nothing stored is lost: free some space and run the command again."
        );
        assert_eq!(error.when(), When::AfterFix);
        drop(tx);

        // Space was made.
        if database.is_postgres() {
            database.execute("DROP TRIGGER fill ON crm_case").await;
        } else {
            let pragma = "PRAGMA max_page_count = 1000000";
            execute(&mut *database.reader().await, pragma).await.unwrap();
        }
        assert_eq!(database.count("crm_case").await, 1);
        assert_eq!(database.count("counter").await, 0);
        let mut tx = database.tx().await;
        cases::put(&mut tx, &[large]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(database.count("crm_case").await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_disk_that_is_full_when_the_tables_are_made_is_told_as_such() {
    in_new_database(async |place| {
        let mut stranger = place.stranger().await;
        execute(
            &mut stranger,
            "CREATE FUNCTION fill() RETURNS event_trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$; \
             CREATE EVENT TRIGGER fill ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION fill()",
        )
        .await
        .unwrap();
        let error = open_soon(&place.url).await;
        assert!(matches!(error, Error::DiskFull), "{error:?}");
        execute(&mut stranger, "DROP EVENT TRIGGER fill").await.unwrap();
        Store::open(&place.url).await.unwrap().close().await;
    })
    .await;
}

#[track_caller]
fn assert_read_only(error: &Error, place: &str) {
    assert!(matches!(error, Error::ReadOnly { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!(
            "The database cannot be written to (read-only file system or missing permission on {place}). \
             Make it writable for the user that runs Deskbridge."
        )
    );
    assert_eq!(error.when(), When::AfterFix);
}

#[tokio::test]
async fn a_database_that_may_only_be_read_is_told_as_such() {
    on_both(async |database| {
        let url = if database.is_postgres() {
            let name = database.place.url.rsplit('/').next().unwrap();
            let name = name.split('?').next().unwrap();
            database
                .execute(&format!(
                    "ALTER DATABASE {name} SET default_transaction_read_only = on"
                ))
                .await;
            database.place.url.clone()
        } else {
            database.place.url.replace("mode=rwc", "mode=ro")
        };
        let error = open_soon(&url).await;
        assert_read_only(&error, database.store.place());
    })
    .await;
}

#[tokio::test]
async fn a_new_database_that_may_only_be_read_is_told_with_its_place() {
    in_new_database(async |place| {
        let name = place.url.rsplit('/').next().unwrap();
        let name = name.split('?').next().unwrap();
        let mut stranger = place.stranger().await;
        execute(
            &mut stranger,
            &format!("ALTER DATABASE {name} SET default_transaction_read_only = on"),
        )
        .await
        .unwrap();
        let error = open_soon(&place.url).await;
        let (_, address) = place.url.rsplit_once('@').unwrap();
        assert_read_only(&error, &format!("postgres://{address}"));
    })
    .await;
}

#[tokio::test]
async fn a_role_without_rights_is_told_to_get_them() {
    in_new_database(async |place| {
        let mut stranger = place.stranger().await;
        let role = format!("guest_{}", std::process::id());
        execute(&mut stranger, &format!("CREATE ROLE {role} LOGIN"))
            .await
            .unwrap();
        execute(&mut stranger, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            .await
            .unwrap();
        let (_, address) = place.url.rsplit_once('@').unwrap();
        let error = open_soon(&format!("postgres://{role}@{address}")).await;
        execute(&mut stranger, &format!("DROP ROLE {role}"))
            .await
            .unwrap();
        assert_read_only(&error, &format!("postgres://{address}"));
    })
    .await;
}

#[track_caller]
fn assert_busy(error: &Error) {
    assert!(matches!(error, Error::Busy), "{error:?}");
    assert_eq!(
        error.to_string(),
        "The database is locked by another process and did not become free in time. Nothing was lost; the work is repeated by itself. \
         If it stays so, end the other process (a backup or a database browser?)."
    );
    assert_eq!(error.when(), When::Later);
}

#[tokio::test]
async fn a_locked_database_is_told_as_busy_and_can_still_be_read() {
    on_both(async |database| {
        let other = database.again().await;
        let mut theirs = other.begin().await.unwrap();
        counters::take(&mut theirs, "case", 1).await.unwrap();

        // The wait is 15 s in earnest; here it is made short, on every connection the pool may have.
        let (asked, shortened, connections) = if database.is_postgres() {
            (
                "SELECT current_setting('lock_timeout')",
                "SET lock_timeout = '20ms'",
                12,
            )
        } else {
            (
                "SELECT CAST(timeout AS TEXT) FROM pragma_busy_timeout",
                "PRAGMA busy_timeout = 20",
                6,
            )
        };
        let wait = database.texts(asked).await;
        assert!(wait == ["15s"] || wait == ["15000"], "{wait:?}");
        let mut all = Vec::new();
        for _ in 0..connections {
            all.push(database.reader().await);
        }
        for connection in &mut all {
            execute(connection, shortened).await.unwrap();
        }
        drop(all);

        assert_eq!(database.count("crm_case").await, 0);
        let error = match database.store.begin().await {
            Err(error) => error,
            Ok(mut ours) => counters::take(&mut ours, "case", 1).await.unwrap_err(),
        };
        assert_busy(&error);

        theirs.commit().await.unwrap();
        other.close().await;
        let mut ours = database.tx().await;
        assert_eq!(counters::take(&mut ours, "case", 1).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_database_is_opened_while_somebody_writes_to_it() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        counters::take(&mut tx, "case", 1).await.unwrap();
        let again = tokio::time::timeout(Duration::from_secs(10), database.again())
            .await
            .unwrap();
        again.close().await;
    })
    .await;
}

/// The one test that really waits: 15 s, the product's own patience.
#[tokio::test]
async fn a_database_that_another_program_keeps_to_itself_is_told_as_busy_when_it_is_opened() {
    on_sqlite(async |database| {
        database.store.close().await;
        let mut browser = database.place.stranger().await;
        execute(
            &mut browser,
            "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE",
        )
        .await
        .unwrap();
        let error = Store::open(&database.place.url).await.unwrap_err();
        assert_busy(&error);
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_is_cut_is_told_and_the_next_one_works() {
    on_postgres(async |database| {
        let mut tx = database.tx().await;
        counters::take(&mut tx, "case", 1).await.unwrap();
        database
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle in transaction'",
            )
            .await;
        let error = counters::take(&mut tx, "case", 1).await.unwrap_err();
        assert!(matches!(error, Error::Disconnected), "{error:?}");
        assert_eq!(
            error.to_string(),
            "The connection to the database was lost. Nothing half-done was kept; the work is repeated by itself."
        );
        assert_eq!(error.when(), When::Later);
        drop(tx);
        let mut tx = database.tx().await;
        assert_eq!(counters::take(&mut tx, "case", 1).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_store_that_was_closed_says_so_instead_of_hanging() {
    on_both(async |database| {
        database.store.close().await;
        let error = database.store.read().await.unwrap_err();
        assert!(matches!(error, Error::Disconnected), "{error:?}");
        let error = database.store.begin().await.map(drop).unwrap_err();
        assert!(matches!(error, Error::Disconnected), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_value_that_nobody_can_read_names_its_place_and_spares_the_others() {
    on_both(async |database| {
        let integration = integration(database, "main").await;
        let mut tx = database.tx().await;
        cases::put(&mut tx, &[case(1), case(2)]).await.unwrap();
        let (run, _) = runs::open_or_join(
            &mut tx,
            &integration.id,
            "pull",
            "schedule",
            at(0),
            &clock::SystemDice,
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        database
            .execute("UPDATE crm_case SET status = 'lost' WHERE number = 1")
            .await;
        database.execute("UPDATE run SET counters = 'lost'").await;

        let mut reader = database.reader().await;
        let error = cases::find(&mut reader, "1").await.unwrap_err();
        assert_eq!(error.when(), When::Never);
        assert_eq!(
            error.to_string(),
            "A stored value cannot be read: status of case case000001. The row was left as it is. \
             Restore it from a backup or report this sentence."
        );
        assert_eq!(cases::find(&mut reader, "2").await.unwrap(), Some(case(2)));
        let error = runs::find(&mut reader, &run).await.unwrap_err();
        assert!(error.to_string().contains("run counters"), "{error}");
    })
    .await;
}
