//! The door to the database: opening, migrating, reading and the one way to write.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, ConnectOptions, Transaction};

use crate::error::{Error, Result};

pub(crate) static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// How long a writer waits for another one before it says *busy*.
const WRITE_WAIT: Duration = Duration::from_secs(15);

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
    /// [`Error::ReadOnly`] and [`Error::DiskFull`] as they say.
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
        let unreachable = |error: sqlx::Error| match Error::from(error) {
            Error::ReadOnly { .. } => Error::ReadOnly {
                place: place.clone(),
            },
            Error::Database(error) => Error::Unreachable {
                place: place.clone(),
                reason: error.to_string(),
            },
            Error::Disconnected | Error::Busy => Error::Unreachable {
                place: place.clone(),
                reason: "nothing answers there".to_owned(),
            },
            other @ (Error::DiskFull
            | Error::Unreachable { .. }
            | Error::Exists { .. }
            | Error::LeaseLost
            | Error::Key(_)
            | Error::Schema(_)
            | Error::Damaged(_)) => other,
        };
        let options = AnyConnectOptions::from_str(url)
            .map_err(unreachable)?
            .disable_statement_logging();
        let pool = AnyPoolOptions::new()
            .max_connections(match dialect {
                Dialect::Sqlite => 6,
                Dialect::Postgres => 12,
            })
            .acquire_timeout(WRITE_WAIT)
            .after_connect(move |connection, _| {
                Box::pin(async move { prepare(connection, dialect).await })
            })
            .connect_with(options)
            .await
            .map_err(unreachable)?;
        let store = Self {
            pool,
            dialect,
            place,
        };
        store.migrate().await?;
        Ok(store)
    }

    /// Opens, or makes, the SQLite file at `path`.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_file(path: &Path) -> Result<Self> {
        Self::open(&file_url(path)).await
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the driver's errors: what is not told apart is told as it is"
    )]
    async fn migrate(&self) -> Result<()> {
        let mut connection = self.pool.acquire().await?;
        let before = applied(&mut connection).await;
        MIGRATIONS
            .run(&mut *connection)
            .await
            .map_err(|error| match error {
                sqlx::migrate::MigrateError::Execute(error) => Error::from(error),
                other => Error::Schema(other.to_string()),
            })?;
        if self.dialect == Dialect::Postgres && before < MIGRATIONS.iter().count() {
            for (table, comment) in MIGRATIONS
                .iter()
                .flat_map(|m| table_comments(m.sql.as_str()))
            {
                let comment = comment.replace('\'', "''");
                sqlx::raw_sql(AssertSqlSafe(format!(
                    "COMMENT ON TABLE {table} IS '{comment}'"
                )))
                .execute(&mut *connection)
                .await?;
            }
        }
        Ok(())
    }

    /// Begins a write transaction: the only way to write. No HTTP request may be made while it is
    /// open.
    ///
    /// # Errors
    /// [`Error::Busy`] if another writer does not finish in time.
    pub async fn begin(&self) -> Result<Tx> {
        // A plain BEGIN on SQLite takes the write lock only at the first write, and then fails at
        // once, whatever the busy timeout, if another writer came first.
        let begin = match self.dialect {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN",
        };
        Ok(Tx {
            inner: self.pool.begin_with(begin).await?,
            dialect: self.dialect,
        })
    }

    /// A connection to read through.
    ///
    /// # Errors
    /// [`Error::Busy`] if all connections are taken for too long.
    pub async fn read(&self) -> Result<Reader> {
        Ok(self.pool.acquire().await?)
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

/// The address of a SQLite file.
pub(crate) fn file_url(path: &Path) -> String {
    let mut url = String::from("sqlite:");
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'?' | b'#' | b'%' | b' ' => url.push_str(&format!("%{byte:02X}")),
            other => url.push(other as char),
        }
    }
    url.push_str("?mode=rwc");
    url
}

async fn prepare(connection: &mut AnyConnection, dialect: Dialect) -> sqlx::Result<()> {
    match dialect {
        // WAL lets pages be read while a pull writes. NORMAL keeps every committed transaction
        // through a crash of the process; a power cut may undo the last ones, whole and together
        // with their cursor, so they are simply read again.
        Dialect::Sqlite => {
            sqlx::raw_sql(
                "PRAGMA busy_timeout = 15000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                 PRAGMA foreign_keys = ON; PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY; \
                 PRAGMA journal_size_limit = 67108864;",
            )
            .execute(connection)
            .await?;
        }
        Dialect::Postgres => {
            sqlx::raw_sql("SET TIME ZONE 'UTC'; SET lock_timeout = '15s';")
                .execute(connection)
                .await?;
        }
    }
    Ok(())
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

fn shown_place(url: &str) -> String {
    match url.split_once('@') {
        Some((head, tail)) => {
            let scheme = head.split("://").next().unwrap_or("postgres");
            format!("{scheme}://{tail}")
        }
        None => url
            .trim_start_matches("sqlite:")
            .trim_end_matches("?mode=rwc")
            .to_owned(),
    }
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
        assert_eq!(
            shown_place("postgres://me:secret@db/desk"),
            "postgres://db/desk"
        );
        assert_eq!(shown_place("sqlite:/var/desk.db?mode=rwc"), "/var/desk.db");
    }
}
