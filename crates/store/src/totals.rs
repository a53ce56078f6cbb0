//! Counts for the home page: what needs somebody to look at it.

use jiff::Timestamp;
use sqlx::AnyConnection;

use crate::error::Result;

/// How many fields were changed on both sides since then.
///
/// # Errors
/// As the database says.
pub async fn conflicts_since(connection: &mut AnyConnection, since: Timestamp) -> Result<i64> {
    Ok(
        sqlx::query_scalar("SELECT COUNT(*) FROM conflict WHERE at >= $1")
            .bind(since.as_microsecond())
            .fetch_one(connection)
            .await?,
    )
}

/// How many changes are parked, of all integrations.
///
/// # Errors
/// As the database says.
pub async fn parked(connection: &mut AnyConnection) -> Result<i64> {
    Ok(
        sqlx::query_scalar("SELECT COUNT(*) FROM outbox WHERE state = 'parked'")
            .fetch_one(connection)
            .await?,
    )
}

/// How many workflows have ended by something that a person has to settle.
///
/// # Errors
/// As the database says.
pub async fn failed_workflows(connection: &mut AnyConnection) -> Result<i64> {
    Ok(
        sqlx::query_scalar("SELECT COUNT(*) FROM workflow WHERE state = 'failed'")
            .fetch_one(connection)
            .await?,
    )
}
