//! A fresh database of each kind for every test, removed at its end, also when it fails.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use store::{Dialect, Reader, Store, Tx, scratch};
use tempfile::TempDir;

/// Names a PostgreSQL server in which tests may create and drop databases.
const VARIABLE: &str = "DESKBRIDGE_TEST_POSTGRES";

/// A place where a database may be made, and nothing in it yet.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) dialect: Dialect,
    folder: TempDir,
}

impl Place {
    /// A connection that knows nothing of the store, as another program has it.
    pub(crate) async fn stranger(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        AnyConnection::connect(&self.url).await.unwrap()
    }

    /// A folder of the test's own.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

/// An open store, and the ways of a test to look behind it.
pub(crate) struct Database {
    pub(crate) store: Store,
    pub(crate) place: Place,
}

impl Database {
    pub(crate) async fn tx(&self) -> Tx {
        self.store.begin().await.unwrap()
    }

    pub(crate) async fn reader(&self) -> Reader {
        self.store.read().await.unwrap()
    }

    /// The same database opened once more, as another process does.
    pub(crate) async fn again(&self) -> Store {
        Store::open(&self.place.url).await.unwrap()
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.place.dialect == Dialect::Postgres
    }

    /// Runs a statement behind the store's back.
    pub(crate) async fn execute(&self, sql: &str) -> u64 {
        let mut tx = self.tx().await;
        let done = execute(&mut tx, sql).await.unwrap();
        tx.commit().await.unwrap();
        done
    }

    /// The one number a query gives.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        sqlx::query(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut *self.reader().await)
            .await
            .unwrap()
            .get(0)
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table}")).await
    }

    /// The first column of every row, as text.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        sqlx::query(AssertSqlSafe(sql.to_owned()))
            .fetch_all(&mut *self.reader().await)
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect()
    }
}

/// Runs a statement on a connection; the error stays the driver's.
pub(crate) async fn execute(connection: &mut AnyConnection, sql: &str) -> sqlx::Result<u64> {
    Ok(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await?
        .rows_affected())
}

/// Runs `body` on a new SQLite file and, if there is a server, on a new PostgreSQL database.
pub(crate) async fn on_both(body: impl AsyncFn(&Database)) {
    on_sqlite(&body).await;
    on_postgres(&body).await;
}

pub(crate) async fn on_sqlite(body: impl AsyncFn(&Database)) {
    in_new_file(async |place| open_and_run(place, &body).await).await;
}

pub(crate) async fn on_postgres(body: impl AsyncFn(&Database)) {
    in_database(true, async |place| open_and_run(place, &body).await).await;
}

/// Like [`on_both`], but nobody has opened the database yet.
pub(crate) async fn in_both_places(body: impl AsyncFn(Place)) {
    in_new_file(&body).await;
    in_new_database(&body).await;
}

async fn open_and_run(place: Place, body: &impl AsyncFn(&Database)) {
    let store = Store::open(&place.url).await.unwrap();
    let database = Database { store, place };
    body(&database).await;
    database.store.close().await;
}

pub(crate) async fn in_new_file(body: impl AsyncFn(Place)) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!(
        "sqlite:{}?mode=rwc",
        folder.path().join("desk.db").display()
    );
    let place = Place {
        url,
        dialect: Dialect::Sqlite,
        folder,
    };
    if let Err(panic) = catch(body(place)).await {
        eprintln!("this was on SQLite");
        resume_unwind(panic);
    }
}

pub(crate) async fn in_new_database(body: impl AsyncFn(Place)) {
    in_database(false, body).await;
}

/// Runs `body` on a new PostgreSQL database, if there is a server; with the store's tables in it, or empty.
async fn in_database(with_tables: bool, body: impl AsyncFn(Place)) {
    static SKIPPED: Once = Once::new();
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Some(server) = std::env::var(VARIABLE).ok().filter(|url| !url.is_empty()) else {
        SKIPPED.call_once(|| {
            let thread = std::thread::current();
            let name = thread.name().unwrap_or("store").to_owned();
            println!("skipped: {name} on PostgreSQL needs {VARIABLE}");
        });
        return;
    };
    let name = format!(
        "deskbridge_store_{}_{}",
        std::process::id(),
        NUMBER.fetch_add(1, Ordering::Relaxed)
    );
    let made = match with_tables {
        true => scratch::create_with_tables(&server, &name).await,
        false => scratch::create(&server, &name).await,
    };
    let place = Place {
        url: made.unwrap(),
        dialect: Dialect::Postgres,
        folder: tempfile::tempdir().unwrap(),
    };
    let outcome = catch(body(place)).await;
    scratch::drop(&server, &name).await.unwrap();
    if let Err(panic) = outcome {
        eprintln!("this was on PostgreSQL");
        resume_unwind(panic);
    }
}

/// Waits for `body`, and gives its panic back as a value.
async fn catch(body: impl Future<Output = ()>) -> std::thread::Result<()> {
    let mut body = Box::pin(body);
    std::future::poll_fn(move |context| {
        match catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(context))) {
            Ok(std::task::Poll::Ready(())) => std::task::Poll::Ready(Ok(())),
            Ok(std::task::Poll::Pending) => std::task::Poll::Pending,
            Err(panic) => std::task::Poll::Ready(Err(panic)),
        }
    })
    .await
}
