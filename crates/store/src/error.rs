//! What can go wrong with the database, and what to do about it.

use std::fmt;

/// When the same call may succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// By itself, after a pause.
    Later,
    /// Only once a person has done what the sentence says.
    AfterFix,
    /// Never: a defect, or damaged data.
    Never,
}

/// A failure of the store. `Display` is the sentence a person reads.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process held the database for longer than we wait.
    #[error(
        "The database is locked by another process and did not become free in time. Nothing was lost; the work is repeated by itself. If it stays so, end the other process (a backup or a database browser?)."
    )]
    Busy,
    /// The disk, or the quota, is full.
    #[error(
        "The disk that holds the database is full. Nothing stored is lost: free some space and run the command again."
    )]
    DiskFull,
    /// The database may be read only.
    #[error(
        "The database cannot be written to (read-only file system or missing permission on {place}). Make it writable for the user that runs Deskbridge."
    )]
    ReadOnly {
        /// Where the database is.
        place: String,
    },
    /// The database could not be opened or reached.
    #[error(
        "The database at {place} cannot be opened: {reason}. Check that the path or address is right and that the server is running."
    )]
    Unreachable {
        /// Where the database is, without a password.
        place: String,
        /// What the driver said.
        reason: String,
    },
    /// The connection went away in the middle of something.
    #[error(
        "The connection to the database was lost. Nothing half-done was kept; the work is repeated by itself."
    )]
    Disconnected,
    /// A name or key that must be unique exists already.
    #[error("{what} exists already. Choose another name.")]
    Exists {
        /// What exists.
        what: String,
    },
    /// Nobody would be left who may do everything.
    #[error(
        "This is the last administrator who can sign in, so nothing was changed. Make somebody else an administrator first."
    )]
    LastAdministrator,
    /// Somebody changed or deleted a record after whoever writes had read it.
    #[error(
        "Somebody changed or deleted {what} meanwhile, so nothing was changed. Look at it again and decide."
    )]
    Stale {
        /// Which record: `the destination live`.
        what: String,
    },
    /// A record of Zendesk is another one's of ours than the caller thought.
    #[error(
        "{what} belongs to another case already. Nothing was written; the work is repeated by itself with what is known by then."
    )]
    Taken {
        /// Which record: `Ticket 7`.
        what: String,
    },
    /// The lease under which this worker wrote has passed to another one.
    #[error(
        "Another worker has taken over this work, so this one stopped without writing. Nothing was lost."
    )]
    LeaseLost,
    /// No key to open the sealed secrets with.
    #[error("{0}")]
    Key(KeyProblem),
    /// The database was made by a newer Deskbridge, or by something else.
    #[error(
        "The database's tables do not fit this version of Deskbridge: {0}. Start the version that wrote it last, or a newer one."
    )]
    Schema(String),
    /// A stored value cannot be read.
    #[error(
        "A stored value cannot be read: {0}. The row was left as it is. Restore it from a backup or report this sentence."
    )]
    Damaged(String),
    /// Anything else the database said.
    #[error("The database refused: {0}")]
    Database(#[source] sqlx::Error),
}

/// What is wrong with the key that seals secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyProblem {
    /// There is none.
    Missing {
        /// Where it was looked for.
        place: String,
    },
    /// It is there and cannot be read as a key.
    Unreadable {
        /// Where it was found.
        place: String,
    },
    /// It is a key, and not the one this database was sealed with.
    Wrong,
}

impl fmt::Display for KeyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { place } => write!(
                f,
                "There is no key at {place}, so stored secrets cannot be opened and nothing is started. For a new installation make one with `deskbridge keys new`; for an existing one put its key back from your backup."
            ),
            Self::Unreadable { place } => write!(
                f,
                "The key at {place} cannot be read as a Deskbridge key. Put it back from your backup; a new one would not open what is stored."
            ),
            Self::Wrong => write!(
                f,
                "The key does not open this database: it belongs to another installation. Put back the key this database was made with."
            ),
        }
    }
}

impl Error {
    /// When the same call may succeed.
    pub fn when(&self) -> When {
        match self {
            Self::Busy | Self::Disconnected | Self::LeaseLost | Self::Taken { .. } => When::Later,
            Self::DiskFull
            | Self::ReadOnly { .. }
            | Self::Unreachable { .. }
            | Self::Exists { .. }
            | Self::LastAdministrator
            | Self::Stale { .. }
            | Self::Key(_)
            | Self::Schema(_) => When::AfterFix,
            Self::Damaged(_) | Self::Database(_) => When::Never,
        }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the driver's errors: what is not told apart is told as it is"
)]
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(said) => {
                // SQLite gives its extended result code in decimal, PostgreSQL its SQLSTATE.
                match said.code().as_deref() {
                    Some(
                        "5" | "6" | "261" | "262" | "517" | "773" | "40001" | "40P01" | "55P03",
                    ) => Self::Busy,
                    // 4874: no space for the file of SQLite's shared memory.
                    Some("13" | "4874" | "53100") => Self::DiskFull,
                    Some(
                        "8" | "264" | "520" | "776" | "1032" | "1288" | "1544" | "25006" | "42501",
                    ) => Self::ReadOnly {
                        place: "the database".to_owned(),
                    },
                    Some("57P01" | "57P02" | "57P03" | "08006" | "08003") => Self::Disconnected,
                    _ => Self::Database(error),
                }
            }
            // A full disk can also show as a failed write of the database's own file.
            sqlx::Error::Io(cause) if cause.kind() == std::io::ErrorKind::StorageFull => {
                Self::DiskFull
            }
            sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => {
                Self::Disconnected
            }
            sqlx::Error::PoolTimedOut => Self::Busy,
            _ => Self::Database(error),
        }
    }
}

/// Turns a broken uniqueness into the sentence that names what exists already.
pub(crate) fn exists_already(error: sqlx::Error, what: &str) -> Error {
    if error
        .as_database_error()
        .is_some_and(|said| said.is_unique_violation())
    {
        return Error::Exists {
            what: what.to_owned(),
        };
    }
    error.into()
}

/// Turns a reference to a record that is gone into the sentence that says so.
pub(crate) fn gone_already(error: sqlx::Error, what: &str) -> Error {
    if error
        .as_database_error()
        .is_some_and(|said| said.is_foreign_key_violation())
    {
        return Error::Stale {
            what: what.to_owned(),
        };
    }
    error.into()
}

/// A result of the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;
