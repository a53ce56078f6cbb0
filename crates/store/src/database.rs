//! The door to the database: opening, migrating, reading and the one way to write.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::{
    Any, AnyConnection, AnyPool, AssertSqlSafe, ConnectOptions as _, Connection as _, Transaction,
};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use crate::error::{Error, Result};

pub(crate) static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// How long a writer waits for another one before it says *busy*.
const WRITE_WAIT: Duration = Duration::from_secs(15);
/// How long a writer queues behind others of its own process, each of which may take a page's time.
const QUEUE_WAIT: Duration = Duration::from_secs(60);

/// Which of the two databases this is. Hardly a statement differs; see `jobs.rs` for one that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// One file, no other service.
    Sqlite,
    /// A PostgreSQL server, or what speaks its protocol.
    Postgres,
}

impl Dialect {
    pub(crate) fn of(connection: &AnyConnection) -> Self {
        match connection.backend_name() {
            "PostgreSQL" => Self::Postgres,
            _ => Self::Sqlite,
        }
    }
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    dialect: Dialect,
    place: String,
    /// SQLite has one writer at a time and wakes waiting ones in no order; within a process they
    /// queue here, so that none of them starves.
    queue: Arc<Mutex<()>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("place", &self.place).finish()
    }
}

/// A connection to read through.
pub type Reader = PoolConnection<Any>;

/// A write transaction. Dropping it undoes everything; [`Tx::commit`] keeps it.
pub struct Tx {
    inner: Transaction<'static, Any>,
    dialect: Dialect,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Deref for Tx {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}

impl Tx {
    /// Keeps what was written.
    ///
    /// # Errors
    /// [`Error::Disconnected`] leaves the outcome unknown: who repeats the work must find out by
    /// reading, which every caller does because its cursor or lease token moved or did not.
    pub async fn commit(self) -> Result<()> {
        Ok(self.inner.commit().await?)
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }
}

impl Store {
    /// Opens `sqlite:PATH`, `sqlite::memory:`-free on purpose (a store outlives its process), or
    /// `postgres://…`, and brings its tables up to date.
    ///
    /// # Errors
    /// [`Error::Unreachable`] if it is not there, [`Error::Schema`] if a newer version wrote it,
    /// [`Error::ReadOnly`], [`Error::DiskFull`] and [`Error::Busy`] as they say.
    pub async fn open(url: &str) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let place = shown_place(url);
        let dialect = if url.starts_with("sqlite:") {
            Dialect::Sqlite
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Dialect::Postgres
        } else {
            return Err(Error::Unreachable {
                place,
                reason: "the address must start with postgres:// or sqlite:".to_owned(),
            });
        };
        let options = AnyConnectOptions::from_str(url)
            .map_err(|error| explain(error.into(), dialect, url))?
            .disable_statement_logging();
        // The first connection is made without the pool, which would try again and again until its
        // patience ends, and then not know why.
        first_connection(&options, dialect)
            .await
            .map_err(|error| explain(error, dialect, url))?;
        let pool = AnyPoolOptions::new()
            .max_connections(match dialect {
                Dialect::Sqlite => 6,
                Dialect::Postgres => 12,
            })
            .acquire_timeout(WRITE_WAIT)
            .after_connect(move |connection, _| {
                Box::pin(async move { prepare(connection, dialect).await })
            })
            .after_release(move |connection, _| {
                Box::pin(async move { is_fit_for_others(connection, dialect).await })
            })
            .connect_lazy_with(options);
        Ok(Self {
            pool,
            dialect,
            place,
            queue: Arc::default(),
        })
    }

    /// Opens, or makes, the SQLite file at `path`.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_file(path: &Path) -> Result<Self> {
        Self::open(&file_url(path)).await
    }

    /// Begins a write transaction: the only way to write. No HTTP request may be made while it is
    /// open.
    ///
    /// # Errors
    /// [`Error::Busy`] if another writer does not finish in time.
    pub async fn begin(&self) -> Result<Tx> {
        // A plain BEGIN on SQLite takes the write lock only at the first write, and then fails at
        // once, whatever the busy timeout, if another writer came first.
        let (begin, turn) = match self.dialect {
            Dialect::Sqlite => {
                let turn = self.queue.clone().lock_owned();
                let turn = timeout(QUEUE_WAIT, turn).await.map_err(|_| Error::Busy)?;
                ("BEGIN IMMEDIATE", Some(turn))
            }
            Dialect::Postgres => ("BEGIN", None),
        };
        Ok(Tx {
            inner: self.pool.begin_with(begin).await?,
            dialect: self.dialect,
            _turn: turn,
        })
    }

    /// A connection to read through.
    ///
    /// # Errors
    /// [`Error::Busy`] if all connections are taken for too long.
    pub async fn read(&self) -> Result<Reader> {
        Ok(self.pool.acquire().await?)
    }

    /// A transaction that only reads and sees one moment, however long it lasts and whoever writes.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Any>> {
        let begin = match self.dialect {
            Dialect::Sqlite => "BEGIN",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Ok(self.pool.begin_with(begin).await?)
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Where the database is, without a password: for a person.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Closes all connections, letting SQLite fold its log back into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// The address of a SQLite file. Whatever could mean something in an address is encoded.
pub(crate) fn file_url(path: &Path) -> String {
    let mut url = String::from("sqlite:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                url.push(char::from(*byte));
            }
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url.push_str("?mode=rwc");
    url
}

/// Finds out whether the database is there and may be written, and brings its tables up to date.
async fn first_connection(options: &AnyConnectOptions, dialect: Dialect) -> Result<()> {
    let connecting = timeout(WRITE_WAIT, AnyConnection::connect_with(options));
    let mut connection = connecting.await.map_err(|_| Error::Disconnected)??;
    prepare(&mut connection, dialect).await?;
    migrate(&mut connection, dialect).await?;
    check_writable(&mut connection, dialect).await?;
    connection.close().await?;
    Ok(())
}

async fn migrate(connection: &mut AnyConnection, dialect: Dialect) -> Result<()> {
    if applied(connection).await >= MIGRATIONS.iter().count() {
        // Nothing is written, so nobody is waited for; what is there is compared with what we know.
        return run_migrations(connection).await;
    }
    // All or nothing, one process at a time: the others wait here and then find it done.
    let (begin, lock) = match dialect {
        Dialect::Sqlite => ("BEGIN IMMEDIATE", None),
        Dialect::Postgres => ("BEGIN", Some("SELECT pg_advisory_xact_lock(7238119210543)")),
    };
    let mut tx = connection.begin_with(begin).await?;
    if let Some(lock) = lock {
        sqlx::raw_sql(lock).execute(&mut *tx).await?;
    }
    run_migrations(&mut tx).await?;
    if dialect == Dialect::Postgres {
        for (table, comment) in MIGRATIONS
            .iter()
            .flat_map(|m| table_comments(m.sql.as_str()))
        {
            let comment = comment.replace('\'', "''");
            sqlx::raw_sql(AssertSqlSafe(format!(
                "COMMENT ON TABLE {table} IS '{comment}'"
            )))
            .execute(&mut *tx)
            .await?;
        }
    }
    Ok(tx.commit().await?)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the driver's errors: what is not told apart is told as it is"
)]
async fn run_migrations(connection: &mut AnyConnection) -> Result<()> {
    use sqlx::migrate::MigrateError;
    // Not `run`, whose future cannot be sent to another thread.
    MIGRATIONS
        .run_direct(None, connection, false)
        .await
        .map_err(|error| match error {
            MigrateError::Execute(cause) => Error::from(cause),
            MigrateError::ExecuteMigration(cause, version) => match Error::from(cause) {
                Error::Database(cause) => Error::Schema(format!("migration {version}: {cause}")),
                other => other,
            },
            other => Error::Schema(other.to_string()),
        })
}

/// SQLite opens a file that may not be written without a word, and even begins a write transaction
/// in it. Only a write shows it, such as this one that changes nothing.
async fn check_writable(connection: &mut AnyConnection, dialect: Dialect) -> Result<()> {
    if dialect == Dialect::Sqlite {
        sqlx::raw_sql("PRAGMA busy_timeout = 0")
            .execute(&mut *connection)
            .await?;
    }
    let written = sqlx::raw_sql("UPDATE installation SET value = value WHERE name = ''")
        .execute(connection)
        .await;
    match written.map_err(Error::from) {
        // Somebody writes right now, so it can be written.
        Ok(_) | Err(Error::Busy) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What an error means when the database is being opened.
fn explain(error: Error, dialect: Dialect, url: &str) -> Error {
    let place = shown_place(url);
    match error {
        Error::ReadOnly { .. } => Error::ReadOnly { place },
        Error::Database(error) => {
            if dialect == Dialect::Sqlite
                && error
                    .as_database_error()
                    .and_then(|said| said.code())
                    .is_some_and(|code| code == "14")
            {
                // SQLite says "unable to open database file" for each of these.
                let file = Path::new(&place);
                let reason = if file.is_dir() {
                    "it is a folder".to_owned()
                } else if let Some(folder) = file.parent().filter(|folder| !folder.is_dir())
                    && folder != Path::new("")
                {
                    format!("the folder {} is not there", folder.display())
                } else if !file.exists() && !url.contains("mode=rwc") {
                    "there is no such file".to_owned()
                } else {
                    return Error::ReadOnly { place };
                };
                return Error::Unreachable { place, reason };
            }
            Error::Unreachable {
                place,
                reason: error.to_string(),
            }
        }
        Error::Disconnected => Error::Unreachable {
            place,
            reason: "nothing answers there".to_owned(),
        },
        other @ (Error::Busy
        | Error::DiskFull
        | Error::Unreachable { .. }
        | Error::Exists { .. }
        | Error::LeaseLost
        | Error::Key(_)
        | Error::Schema(_)
        | Error::Damaged(_)) => other,
    }
}

async fn prepare(connection: &mut AnyConnection, dialect: Dialect) -> sqlx::Result<()> {
    match dialect {
        // WAL lets pages be read while a pull writes. NORMAL keeps every committed transaction
        // through a crash of the process; a power cut may undo the last ones, whole and together
        // with their cursor, so they are simply read again.
        Dialect::Sqlite => {
            sqlx::raw_sql(
                "PRAGMA busy_timeout = 15000; PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                 PRAGMA foreign_keys = ON; PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY; \
                 PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;",
            )
            .execute(connection)
            .await?;
        }
        // A plan that is kept is one for the table as it was when the plan was made, often empty; a
        // first pull became ten times slower by that alone. Our statements are short and many, so
        // compiling them never pays.
        Dialect::Postgres => {
            sqlx::raw_sql(
                "SET TIME ZONE 'UTC'; SET lock_timeout = '15s'; SET plan_cache_mode = force_custom_plan; SET jit = off;",
            )
            .execute(connection)
            .await?;
        }
    }
    Ok(())
}

/// Whether a connection that is given back may go to somebody else. A full disk makes SQLite end the
/// transaction by itself; the driver's own rollback then fails, and it would begin nothing on this
/// connection any more.
async fn is_fit_for_others(connection: &mut AnyConnection, dialect: Dialect) -> sqlx::Result<bool> {
    match dialect {
        Dialect::Sqlite => {
            // A rollback may still be on its way to the connection's thread; this comes after it.
            connection.ping().await?;
            Ok(!connection.is_in_transaction())
        }
        Dialect::Postgres => Ok(true),
    }
}

async fn applied(connection: &mut AnyConnection) -> usize {
    // A database without the table is simply a new one.
    sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM _sqlx_migrations")
        .fetch_one(connection)
        .await
        .ok()
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(0)
}

/// The comment lines right above each `CREATE TABLE` of a migration: `(table, comment)`.
pub(crate) fn table_comments(sql: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in sql.lines() {
        if let Some(text) = line.strip_prefix("--") {
            comment.push(text.trim());
        } else if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
            let table = rest.split([' ', '(']).next().unwrap_or_default();
            found.push((table.to_owned(), comment.join(" ")));
            comment.clear();
        } else {
            comment.clear();
        }
    }
    found
}

/// Where the database is, for a person: without user, password and parameters.
fn shown_place(url: &str) -> String {
    let address = url.split(['?', '#']).next().unwrap_or_default();
    if let Some(path) = address.strip_prefix("sqlite:") {
        return decoded(path);
    }
    // A password may hold a question mark or a hash that should have been encoded: whatever stands
    // before the last @ is not shown.
    let (scheme, _) = address.split_once("://").unwrap_or(("postgres", ""));
    match url.rsplit_once('@') {
        Some((_, rest)) => {
            let rest = rest.split(['?', '#']).next().unwrap_or_default();
            format!("{scheme}://{rest}")
        }
        None => address.to_owned(),
    }
}

fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let encoded = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(encoded.unwrap_or(*first));
        rest = if encoded.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_a_comment() {
        for migration in MIGRATIONS.iter() {
            for (table, comment) in table_comments(migration.sql.as_str()) {
                assert!(
                    comment.len() > 20,
                    "table {table} has no comment that says what it holds"
                );
            }
        }
    }

    #[test]
    fn a_password_in_the_address_is_never_shown() {
        for (url, shown) in [
            ("postgres://me:secret@db/desk", "postgres://db/desk"),
            (
                "postgres://me:se@cret@db:5432/desk",
                "postgres://db:5432/desk",
            ),
            ("postgres://me:se?cret@db/desk", "postgres://db/desk"),
            (
                "postgres://db/desk?user=me&password=secret",
                "postgres://db/desk",
            ),
            ("postgresql://db/desk", "postgresql://db/desk"),
            ("mysql://me:secret@db/desk", "mysql://db/desk"),
            ("sqlite:/var/desk.db?mode=rwc", "/var/desk.db"),
            (
                "sqlite:/home/ada@example.com/desk.db",
                "/home/ada@example.com/desk.db",
            ),
            (
                "sqlite:/home/b%C3%BCro%20%25/desk.db",
                "/home/büro %/desk.db",
            ),
            ("sqlite:/home/100%", "/home/100%"),
        ] {
            assert_eq!(shown_place(url), shown);
        }
    }
}
