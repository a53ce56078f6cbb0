//! Sign-ins at Zendesk that somebody has begun: *Connect to Zendesk* (security-and-operations.md 1).

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use crate::bulk::clean;
use crate::cases::moment;
use crate::database::Tx;
use crate::error::Result;

/// How long somebody may take at Zendesk.
pub const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// A sign-in that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The session in which it was begun.
    pub session: String,
    /// For which integration.
    pub integration: String,
    /// The address of ours that Zendesk was told to lead back to.
    pub redirect: String,
    /// Until when it may be come back from.
    pub expires_at: Timestamp,
}

fn hash(state: &str) -> String {
    let hash = Sha256::digest(state.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Notes a sign-in under its `state`, and forgets those whose time is over.
///
/// # Errors
/// As the database says.
pub async fn begin(
    tx: &mut Tx,
    state: &str,
    (session, integration, redirect): (&str, &str, &str),
    now: Timestamp,
) -> Result<()> {
    sqlx::query("DELETE FROM oauth_consent WHERE expires_at <= $1")
        .bind(now.as_microsecond())
        .execute(&mut **tx)
        .await?;
    let end = now.saturating_add(LIFE).unwrap_or(now);
    sqlx::query("INSERT INTO oauth_consent (state_hash, session_id, integration_id, redirect, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(hash(state))
        .bind(clean(session))
        .bind(clean(integration))
        .bind(clean(redirect))
        .bind(now.as_microsecond())
        .bind(end.as_microsecond())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The sign-in of this `state`, which is used up with it: of two who come back with the same one, only
/// one finds it. One that belongs to another session is not found, and stays for whom it belongs to.
/// Whether its time is over is for the caller to see.
///
/// # Errors
/// As the database says.
pub async fn take(tx: &mut Tx, state: &str, session: &str) -> Result<Option<Consent>> {
    let row = sqlx::query("DELETE FROM oauth_consent WHERE state_hash = $1 AND session_id = $2 RETURNING session_id, integration_id, redirect, expires_at")
        .bind(hash(state))
        .bind(clean(session))
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Consent {
        session: row.try_get("session_id")?,
        integration: row.try_get("integration_id")?,
        redirect: row.try_get("redirect")?,
        expires_at: moment(&row, "expires_at")?,
    }))
}
