//! Databases of a PostgreSQL server that live as long as a test: made empty, dropped at its end.

use sha2::{Digest as _, Sha256};
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::database::{MIGRATIONS, Store};
use crate::error::{Error, Result};

/// Makes an empty database on the server at `server` (the address of any database of it). Returns
/// the new one's address.
///
/// # Errors
/// As the server says; a name is letters, digits and underscores only.
pub async fn create(server: &str, name: &str) -> Result<String> {
    drop(server, name).await?;
    run(server, &format!("CREATE DATABASE {name}")).await?;
    Ok(address(server, name))
}

/// The server's address with this database in it.
fn address(server: &str, name: &str) -> String {
    let (address, parameters) = server.split_once('?').unwrap_or((server, ""));
    let (address, _) = address.rsplit_once('/').unwrap_or((address, ""));
    let question = if parameters.is_empty() { "" } else { "?" };
    format!("{address}/{name}{question}{parameters}")
}

/// Makes a database with all tables and nothing in them, as [`crate::Store::open`] leaves an empty one. The
/// server keeps one such database as a pattern, of which a copy is made in half the time.
///
/// # Errors
/// As [`create`].
pub async fn create_with_tables(server: &str, name: &str) -> Result<String> {
    let pattern = pattern();
    make_pattern(server, &pattern).await?;
    drop(server, name).await?;
    run(
        server,
        &format!("CREATE DATABASE {name} TEMPLATE {pattern}"),
    )
    .await?;
    Ok(address(server, name))
}

/// The pattern's name, which tells its tables.
fn pattern() -> String {
    let mut all = Sha256::new();
    for migration in MIGRATIONS.iter() {
        all.update(&migration.checksum);
    }
    let name: String = all
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("deskbridge_pattern_{name}")
}

/// Makes the pattern, if it is not there; other processes wait meanwhile.
async fn make_pattern(server: &str, pattern: &str) -> Result<()> {
    let mut connection = connect(server).await?;
    sqlx::query("SELECT pg_advisory_lock(7238119210544)")
        .execute(&mut connection)
        .await?;
    let known: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM pg_database WHERE datname = $1")
        .bind(pattern.to_owned())
        .fetch_one(&mut connection)
        .await?;
    if known == 0 {
        // Only what is whole gets the name.
        let half = format!("{pattern}_half");
        let place = create(server, &half).await?;
        Store::open(&place).await?.close().await;
        run(
            server,
            &format!("ALTER DATABASE {half} RENAME TO {pattern}"),
        )
        .await?;
    }
    // The lock ends with the connection.
    Ok(connection.close().await?)
}

/// Drops the database, ending every connection to it. One that is not there is no error.
///
/// # Errors
/// As the server says.
pub async fn drop(server: &str, name: &str) -> Result<()> {
    run(
        server,
        &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
    )
    .await
}

/// Empties the database at `address`, which is quicker than to make another one.
///
/// # Errors
/// As the server says.
pub async fn empty(address: &str) -> Result<()> {
    run(address, "DROP SCHEMA public CASCADE").await?;
    run(address, "CREATE SCHEMA public").await
}

async fn run(server: &str, text: &str) -> Result<()> {
    // A name cannot be bound as a value, so nothing that could end one is let through.
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_ ()".contains(letter);
    if !text.chars().all(is_plain) {
        return Err(Error::Damaged("the name of a scratch database".to_owned()));
    }
    let mut connection = connect(server).await?;
    sqlx::raw_sql(AssertSqlSafe(text.to_owned()))
        .execute(&mut connection)
        .await?;
    Ok(connection.close().await?)
}

async fn connect(server: &str) -> Result<AnyConnection> {
    sqlx::any::install_default_drivers();
    let options: AnyConnectOptions = server.parse()?;
    Ok(AnyConnection::connect_with(&options.disable_statement_logging()).await?)
}
