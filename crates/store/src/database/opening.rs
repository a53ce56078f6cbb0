//! The first connection to a database: is it there, is it ours, may it be written, are its tables
//! up to date; and how each connection after it is prepared.

use std::path::Path;

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use tokio::time::timeout;

use super::place::shown_place;
use super::{Dialect, WRITE_WAIT};
use crate::error::{Error, Result};

pub(crate) static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Finds out whether the database is there and may be written, and brings its tables up to date.
pub(super) async fn first_connection(options: &AnyConnectOptions, dialect: Dialect) -> Result<()> {
    let connecting = timeout(WRITE_WAIT, AnyConnection::connect_with(options));
    let mut connection = connecting.await.map_err(|_| Error::Disconnected)??;
    prepare(&mut connection, dialect, Cache::Small).await?;
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

/// Whether the tables are those that we know. Changes nothing.
pub(super) async fn check_tables(connection: &mut AnyConnection) -> Result<()> {
    let made: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations")
        .fetch_one(&mut *connection)
        .await?;
    let known = MIGRATIONS.iter().count();
    if usize::try_from(made).unwrap_or_default() < known {
        return Err(Error::Schema(format!(
            "they are older, with {made} of {known} migrations"
        )));
    }
    // With none to be made, what is there is compared with what we know.
    run_migrations(connection).await
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
pub(super) fn explain(error: Error, dialect: Dialect, url: &str) -> Error {
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
        | Error::Taken { .. }
        | Error::Key(_)
        | Error::Schema(_)
        | Error::LastAdministrator
        | Error::Stale { .. }
        | Error::Damaged(_)) => other,
    }
}

/// How much of a SQLite file a connection keeps in memory.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cache {
    /// 2 MB: reading a page of the web, or a few rows before a page of a pull is written.
    Small,
    /// 32 MB: the one connection that writes.
    Large,
}

pub(super) async fn prepare(
    connection: &mut AnyConnection,
    dialect: Dialect,
    cache: Cache,
) -> sqlx::Result<()> {
    match dialect {
        // NORMAL keeps every committed transaction through a crash of the process; a power cut may
        // undo the last ones, whole and together with their cursor, so they are simply read again.
        Dialect::Sqlite => {
            sqlx::raw_sql("PRAGMA busy_timeout = 15000; PRAGMA page_size = 8192;")
                .execute(&mut *connection)
                .await?;
            let keeping = timeout(WRITE_WAIT, keep_log(connection));
            // The driver's own word for what waited in vain, which is *busy* to us.
            keeping.await.map_err(|_| sqlx::Error::PoolTimedOut)??;
            sqlx::raw_sql(
                "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
                 PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;",
            )
            .execute(&mut *connection)
            .await?;
            let cache = match cache {
                Cache::Small => "PRAGMA cache_size = -2000",
                Cache::Large => "PRAGMA cache_size = -32000",
            };
            sqlx::raw_sql(cache).execute(connection).await?;
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

/// Has the file keep a write-ahead log, which lets pages be read while a pull writes. A file that has
/// one already is left as it is.
///
/// To change over, SQLite reads the file first and then locks it. If somebody else has it just then (a
/// second process that opens the same new file), it says *busy* at once, whatever the busy timeout:
/// two who both read and both wait to lock would wait for ever. So this waits the way that SQLite does
/// wait, for a transaction that writes from its beginning, and tries again; most often the other one
/// has changed over by then. The caller sets the end of it.
async fn keep_log(connection: &mut AnyConnection) -> sqlx::Result<()> {
    loop {
        let changing = sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&mut *connection);
        match changing.await {
            Err(error) if is_busy(&error) => {
                sqlx::raw_sql("BEGIN IMMEDIATE; ROLLBACK")
                    .execute(&mut *connection)
                    .await?;
            }
            other => return other.map(drop),
        }
    }
}

/// Whether SQLite says that somebody else has the file (`SQLITE_BUSY`).
fn is_busy(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|said| said.code())
        .is_some_and(|code| code == "5")
}

/// Whether a connection that is given back may go to somebody else. A full disk makes SQLite end the
/// transaction by itself; the driver's own rollback then fails, and it would begin nothing on this
/// connection any more.
pub(super) async fn is_fit_for_others(
    connection: &mut AnyConnection,
    dialect: Dialect,
) -> sqlx::Result<bool> {
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
}
