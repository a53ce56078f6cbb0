//! One pause for everything that is to be sent to an account whose sign-in is refused.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;

use super::{encode, release_waiting};
use crate::bulk::clean;
use crate::cursors;
use crate::database::Tx;
use crate::error::Result;

/// Beside the positions of an integration's streams: until when nothing is sent, in microseconds, and why.
pub(super) const UNTIL: &str = "sign_in/until";
const WHY: &str = "sign_in/why";

/// Nothing is sent for a while, since the sign-in is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInPause {
    /// Until when.
    pub until: Timestamp,
    /// What to do, as a sentence.
    pub fix: String,
}

/// The pause of an integration that has not been ended, over or not: until somebody has signed in again.
/// One that cannot be read counts for none.
///
/// # Errors
/// As the database says.
pub async fn sign_in_pause(
    connection: &mut AnyConnection,
    integration: &str,
) -> Result<Option<SignInPause>> {
    let kept = cursors::load(connection, integration, WHY).await?;
    Ok(kept
        .and_then(|kept| serde_json::from_str(&kept).ok())
        .flatten())
}

/// Keeps the operations of an integration from being claimed for a while.
///
/// # Errors
/// As the database says.
pub async fn pause_for_sign_in(
    tx: &mut Tx,
    integration: &str,
    pause: &SignInPause,
    now: Timestamp,
) -> Result<()> {
    let until = pause.until.as_microsecond().to_string();
    cursors::store(tx, integration, UNTIL, &until, now).await?;
    cursors::store(tx, integration, WHY, &encode(pause)?, now).await
}

/// Ends the pause: the sign-in works again. What waited for it may be sent at once.
///
/// # Errors
/// As the database says.
pub async fn end_sign_in_pause(tx: &mut Tx, integration: &str, now: Timestamp) -> Result<()> {
    sqlx::query("DELETE FROM stream_cursor WHERE integration_id = $1 AND stream IN ($2, $3)")
        .bind(clean(integration))
        .bind(UNTIL)
        .bind(WHY)
        .execute(&mut **tx)
        .await?;
    release_waiting(tx, integration, now).await
}
