//! What was deleted here and must not come back by itself (ticket-sync.md 3, *case deleted here*).

use jiff::Timestamp;
use sqlx::AnyConnection;

use crate::bulk::clean;
use crate::database::Tx;
use crate::error::Result;

/// Notes that `id` was deleted.
///
/// # Errors
/// As the database says.
pub async fn put(tx: &mut Tx, kind: &str, id: &str, reason: &str, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO tombstone (kind, id, reason, at) VALUES ($1, $2, $3, $4) ON CONFLICT (kind, id) DO NOTHING",
    )
    .bind(clean(kind))
    .bind(clean(id))
    .bind(clean(reason))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes the note away: the record was restored.
///
/// # Errors
/// As the database says.
pub async fn lift(tx: &mut Tx, kind: &str, id: &str) -> Result<()> {
    sqlx::query("DELETE FROM tombstone WHERE kind = $1 AND id = $2")
        .bind(clean(kind))
        .bind(clean(id))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether `id` was deleted here.
///
/// # Errors
/// As the database says.
pub async fn exists(connection: &mut AnyConnection, kind: &str, id: &str) -> Result<bool> {
    Ok(
        sqlx::query("SELECT 1 FROM tombstone WHERE kind = $1 AND id = $2")
            .bind(clean(kind))
            .bind(clean(id))
            .fetch_optional(connection)
            .await?
            .is_some(),
    )
}
