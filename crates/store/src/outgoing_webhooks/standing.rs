//! How the deliveries to an endpoint go: who is at it, how it answers, when it is tried again.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::{AnyConnection, Row as _};

use crate::audit::{self, Act};
use crate::bulk::clean;
use crate::database::{Store, Tx};
use crate::error::Result;
use crate::leases::{self, Lease};

/// What the locks of endpoints begin with.
const LOCK: &str = "outgoing_webhook/";

/// The name of the lock that who delivers to an endpoint holds.
pub(super) fn lock_of(id: &str) -> String {
    format!("{LOCK}{id}")
}

/// Endpoints that have something to be told now and nobody who is at it. Looking costs no write.
///
/// # Errors
/// As the database says.
pub async fn due(connection: &mut AnyConnection, now: Timestamp) -> Result<Vec<String>> {
    sqlx::query(
        "SELECT w.id FROM outgoing_webhook w WHERE w.active = 1 AND w.paused_until <= $1 \
         AND EXISTS (SELECT 1 FROM outgoing_event e WHERE e.webhook_id = w.id AND e.state = 'waiting' AND e.next_at <= $1) \
         AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.name = $2 || w.id AND l.until > $1) ORDER BY w.id",
    )
    .bind(now.as_microsecond())
    .bind(LOCK.to_owned())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| Ok(row.try_get("id")?))
    .collect()
}

/// Takes the endpoint, so that nobody else delivers to it; none while somebody has it.
///
/// # Errors
/// As the database says.
pub async fn take(
    store: &Store,
    id: &str,
    holder: &str,
    now: Timestamp,
    length: Duration,
) -> Result<Option<Lease>> {
    leases::take(store, &lock_of(id), holder, now, length).await
}

/// Notes that an event arrived.
///
/// # Errors
/// As the database says.
pub async fn delivered(tx: &mut Tx, id: &str, now: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE outgoing_webhook SET delivered_at = $2, failures = 0, paused_until = 0, problem = NULL, gave_up = 0 WHERE id = $1",
    )
    .bind(clean(id))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes why a try failed. With `until` the endpoint is unavailable, and nothing is sent to it before then.
///
/// # Errors
/// As the database says.
pub async fn put_off(tx: &mut Tx, id: &str, problem: &str, until: Option<Timestamp>) -> Result<()> {
    let text = match until {
        Some(_) => {
            "UPDATE outgoing_webhook SET problem = $2, failures = failures + 1, paused_until = $3 WHERE id = $1"
        }
        None => {
            "UPDATE outgoing_webhook SET problem = $2, failures = 0, paused_until = $3 WHERE id = $1"
        }
    };
    sqlx::query(text)
        .bind(clean(id))
        .bind(clean(problem))
        .bind(until.map_or(0, Timestamp::as_microsecond))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets that the endpoint failed, so that it is tried at once.
///
/// # Errors
/// As the database says.
pub async fn try_now(tx: &mut Tx, id: &str) -> Result<()> {
    sqlx::query(
        "UPDATE outgoing_webhook SET failures = 0, paused_until = 0, problem = NULL, off_reason = NULL WHERE id = $1",
    )
    .bind(clean(id))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Switches the endpoint off, with the sentence that says why. What waits for it stays. False if it was off
/// already.
///
/// # Errors
/// As the database says.
pub async fn switch_off(tx: &mut Tx, id: &str, reason: &str, act: Act<'_>) -> Result<bool> {
    let row = sqlx::query(
        "UPDATE outgoing_webhook SET active = 0, off_reason = $2, problem = $2, updated_at = $3, version = version + 1 \
         WHERE id = $1 AND active = 1 RETURNING name",
    )
    .bind(clean(id))
    .bind(clean(reason))
    .bind(act.now.as_microsecond())
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else {
        return Ok(false);
    };
    let name: String = row.try_get("name")?;
    audit::note(tx, act, "outgoing_webhook.off", &name, reason).await?;
    Ok(true)
}

/// Notes that an event was given up. True if it is the first since one last arrived.
///
/// # Errors
/// As the database says.
pub async fn note_gave_up(tx: &mut Tx, id: &str) -> Result<bool> {
    let noted =
        sqlx::query("UPDATE outgoing_webhook SET gave_up = 1 WHERE id = $1 AND gave_up = 0")
            .bind(clean(id))
            .execute(&mut **tx)
            .await?;
    Ok(noted.rows_affected() > 0)
}
