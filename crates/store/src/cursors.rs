//! How far each stream has been read. A cursor moves in the transaction of the rows it covers.

use jiff::Timestamp;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::clean;
use crate::database::Tx;
use crate::error::Result;

/// The stored position of `stream`, if it was ever read.
///
/// # Errors
/// As the database says.
pub async fn load(
    connection: &mut AnyConnection,
    integration: &str,
    stream: &str,
) -> Result<Option<String>> {
    let row =
        sqlx::query("SELECT value FROM stream_cursor WHERE integration_id = $1 AND stream = $2")
            .bind(clean(integration))
            .bind(clean(stream))
            .fetch_optional(connection)
            .await?;
    Ok(row.map(|row| row.try_get("value")).transpose()?)
}

/// Moves `stream` to `value`.
///
/// # Errors
/// As the database says.
pub async fn store(
    tx: &mut Tx,
    integration: &str,
    stream: &str,
    value: &str,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO stream_cursor (integration_id, stream, value, moved_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (integration_id, stream) DO UPDATE SET value = excluded.value, moved_at = excluded.moved_at",
    )
    .bind(clean(integration))
    .bind(clean(stream))
    .bind(clean(value))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
