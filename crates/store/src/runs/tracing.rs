//! Runs over time: what the home page draws.

use jiff::Timestamp;
use sqlx::{AnyConnection, Row as _};

use super::{Counters, Run, run};
use crate::bulk::clean;
use crate::cases::moment;
use crate::error::{Error, Result};

/// What a run did, and when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// When it was asked for.
    pub created_at: Timestamp,
    /// What it did.
    pub counters: Counters,
}

/// What the runs of an integration did that were asked for since then, oldest first; at most `limit`,
/// the newest.
///
/// # Errors
/// As the database says.
pub async fn since(
    connection: &mut AnyConnection,
    integration: &str,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Trace>> {
    let rows = sqlx::query(
        "SELECT created_at, counters FROM run WHERE integration_id = $1 AND created_at >= $2 ORDER BY created_at DESC LIMIT $3",
    )
    .bind(clean(integration))
    .bind(since.as_microsecond())
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .rev()
        .map(|row| {
            Ok(Trace {
                created_at: moment(row, "created_at")?,
                counters: serde_json::from_str(&row.try_get::<String, _>("counters")?)
                    .map_err(|error| Error::Damaged(format!("run counters: {error}")))?,
            })
        })
        .collect()
}

/// The newest run of an integration that came to its end.
///
/// # Errors
/// As the database says.
pub async fn last_completed(
    connection: &mut AnyConnection,
    integration: &str,
) -> Result<Option<Run>> {
    let row = sqlx::query(
        "SELECT * FROM run WHERE integration_id = $1 AND state = 'completed' ORDER BY created_at DESC LIMIT 1",
    )
    .bind(clean(integration))
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(run).transpose()
}
