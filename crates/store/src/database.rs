//! The door to the database: opening it, reading, and the one way to write.

mod opening;
mod place;

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions as _, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use crate::error::{Error, Result};
use opening::{Cache, check_tables, explain, first_connection, is_fit_for_others, prepare};
use place::{file_url, shown_place};

pub(crate) use opening::{MIGRATIONS, table_comments};

/// How long a writer waits for another one before it says *busy*.
const WRITE_WAIT: Duration = Duration::from_secs(15);
/// How long a writer queues behind others of its own process, each of which may take a page's time.
const QUEUE_WAIT: Duration = Duration::from_secs(60);

/// Which of the two databases this is. Hardly a statement differs but for the words that lock rows.
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

    /// How a query ends whose rows nobody else may change until the transaction ends. SQLite has one
    /// writer at a time; PostgreSQL must be told.
    pub(crate) const fn locking(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE",
        }
    }

    /// As [`Dialect::locking`], of a worker that passes over what another one is at.
    pub(crate) const fn skipping(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    readers: AnyPool,
    writers: AnyPool,
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
        let pool = |connections, cache| {
            AnyPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(WRITE_WAIT)
                .after_connect(move |connection, _| {
                    Box::pin(async move { prepare(connection, dialect, cache).await })
                })
                .after_release(move |connection, _| {
                    Box::pin(async move { is_fit_for_others(connection, dialect).await })
                })
                .connect_lazy_with(options.clone())
        };
        // On SQLite all writing goes through one connection: its cache is the one that stays warm,
        // and memory does not depend on which connection a page happened to get.
        let (readers, writers) = match dialect {
            Dialect::Sqlite => (pool(6, Cache::Small), pool(1, Cache::Large)),
            Dialect::Postgres => {
                let shared = pool(12, Cache::Small);
                (shared.clone(), shared)
            }
        };
        Ok(Self {
            readers,
            writers,
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
            inner: self.writers.begin_with(begin).await?,
            dialect: self.dialect,
            _turn: turn,
        })
    }

    /// A connection to read through.
    ///
    /// # Errors
    /// [`Error::Busy`] if all connections are taken for too long.
    pub async fn read(&self) -> Result<Reader> {
        Ok(self.readers.acquire().await?)
    }

    /// Makes sure that the tables are still those that this version knows, as they were when the database was
    /// opened: a newer version may have changed them since, or somebody have put an older backup in place.
    ///
    /// # Errors
    /// [`Error::Schema`] if they are not.
    pub async fn check_tables(&self) -> Result<()> {
        check_tables(&mut *self.read().await?).await
    }

    /// A transaction that only reads and sees one moment, however long it lasts and whoever writes.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Any>> {
        let begin = match self.dialect {
            Dialect::Sqlite => "BEGIN",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Ok(self.readers.begin_with(begin).await?)
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
        self.readers.close().await;
        self.writers.close().await;
    }
}
