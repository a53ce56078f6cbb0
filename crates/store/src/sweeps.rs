//! How far the sweep of each integration has come, and what it found (ticket-sync.md 3).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row as _};

use crate::bulk::clean;
use crate::database::Tx;
use crate::error::{Error, Result};

/// How far a sweep has come. Kept as one JSON.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SweepState {
    /// The full round that is under way.
    pub round: Round,
    /// The last full round that came to its end.
    pub last: Option<Round>,
    /// Where the round goes on, in the sweep's own words: it may hold the position of an export.
    pub position: Option<String>,
}

/// One walk over all linked records.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Round {
    /// When it began; none before the first record of the first round.
    pub began_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Records verified so far.
    pub verified: u64,
    /// Differences found, by kind (`fields`, `comments`, `missing`…): 0 once all is in step.
    pub differences: BTreeMap<String, u64>,
}

/// How far the sweep of this integration has come; nothing yet if it never began.
///
/// # Errors
/// [`Error::Damaged`] if it cannot be read.
pub async fn load(connection: &mut AnyConnection, integration: &str) -> Result<SweepState> {
    let row = sqlx::query("SELECT state FROM sweep WHERE integration_id = $1")
        .bind(clean(integration))
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else {
        return Ok(SweepState::default());
    };
    serde_json::from_str(&row.try_get::<String, _>("state")?)
        .map_err(|error| Error::Damaged(format!("the sweep's state: {error}")))
}

/// Keeps how far it has come, in the transaction of what was verified.
///
/// # Errors
/// As the database says.
pub async fn store(
    tx: &mut Tx,
    integration: &str,
    state: &SweepState,
    now: Timestamp,
) -> Result<()> {
    let state = serde_json::to_string(state).map_err(|error| Error::Damaged(error.to_string()))?;
    sqlx::query(
        "INSERT INTO sweep (integration_id, state, updated_at) VALUES ($1, $2, $3) \
         ON CONFLICT (integration_id) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at",
    )
    .bind(clean(integration))
    .bind(clean(&state))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
