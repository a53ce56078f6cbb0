//! Databases of a PostgreSQL server that live as long as a test: made empty, dropped at its end.

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::error::{Error, Result};

/// Makes an empty database on the server at `server` (the address of any database of it). Returns
/// the new one's address.
///
/// # Errors
/// As the server says; a name is letters, digits and underscores only.
pub async fn create(server: &str, name: &str) -> Result<String> {
    drop(server, name).await?;
    run(server, &format!("CREATE DATABASE {name}")).await?;
    let (address, parameters) = server.split_once('?').unwrap_or((server, ""));
    let (address, _) = address.rsplit_once('/').unwrap_or((address, ""));
    let question = if parameters.is_empty() { "" } else { "?" };
    Ok(format!("{address}/{name}{question}{parameters}"))
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
    sqlx::any::install_default_drivers();
    let options: AnyConnectOptions = server.parse()?;
    let mut connection = AnyConnection::connect_with(&options.disable_statement_logging()).await?;
    sqlx::raw_sql(AssertSqlSafe(text.to_owned()))
        .execute(&mut connection)
        .await?;
    Ok(connection.close().await?)
}
