//! The webhook of an integration: its endpoint, and the sealed secrets that sign what comes in.

use jiff::Timestamp;
use secrecy::SecretString;
use sqlx::{AnyConnection, Row as _};

use crate::audit::{self, Act};
use crate::bulk::clean;
use crate::cases::{maybe_moment, moment};
use crate::database::Tx;
use crate::error::{Result, gone_already};
use crate::secrets::Keyring;

/// A webhook as people see it: without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Whose events it brings.
    pub integration_id: String,
    /// Zendesk's id of it, if we made it there ourselves.
    pub remote_id: Option<String>,
    /// Where Zendesk sends its events.
    pub endpoint: String,
    /// Until when the previous secret is good too, while it is exchanged.
    pub previous_until: Option<Timestamp>,
    /// When it was set up.
    pub created_at: Timestamp,
    /// When something it had signed last came in.
    pub last_seen_at: Option<Timestamp>,
}

pub(crate) fn place(integration: &str, column: &str) -> String {
    format!("webhook/{integration}/{column}")
}

/// Sets up the webhook of an integration, in place of one it may have had: then its former secret is
/// good no more.
///
/// # Errors
/// [`crate::Error::Stale`] if the integration was deleted meanwhile.
pub async fn put(
    tx: &mut Tx,
    keyring: &Keyring,
    integration: &str,
    remote_id: Option<&str>,
    endpoint: &str,
    secret: &SecretString,
    act: Act<'_>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO webhook (integration_id, remote_id, sealed_secret, endpoint, created_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (integration_id) DO UPDATE SET remote_id = excluded.remote_id, sealed_secret = excluded.sealed_secret, \
         sealed_previous = NULL, previous_until = NULL, endpoint = excluded.endpoint, created_at = excluded.created_at, last_seen_at = NULL",
    )
    .bind(clean(integration))
    .bind(remote_id.map(clean))
    .bind(keyring.seal(secret, &place(integration, "secret"), act.dice))
    .bind(clean(endpoint))
    .bind(act.now.as_microsecond())
    .execute(&mut **tx)
    .await
    .map_err(|error| gone_already(error, "the integration"))?;
    audit::note(tx, act, "webhook.set", integration, endpoint).await
}

/// The webhook of an integration, if it has one.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, integration: &str) -> Result<Option<Webhook>> {
    let row = sqlx::query("SELECT integration_id, remote_id, endpoint, previous_until, created_at, last_seen_at FROM webhook WHERE integration_id = $1")
        .bind(clean(integration))
        .fetch_optional(connection)
        .await?;
    row.map(|row| {
        Ok(Webhook {
            integration_id: row.try_get("integration_id")?,
            remote_id: row.try_get("remote_id")?,
            endpoint: row.try_get("endpoint")?,
            previous_until: maybe_moment(&row, "previous_until")?,
            created_at: moment(&row, "created_at")?,
            last_seen_at: maybe_moment(&row, "last_seen_at")?,
        })
    })
    .transpose()
}

/// The secrets that may sign at `now`: the present one, then the previous one while it is still good.
/// None if there is no webhook.
///
/// # Errors
/// [`crate::error::KeyProblem::Wrong`] if the key does not open them.
pub async fn secrets(
    connection: &mut AnyConnection,
    keyring: &Keyring,
    integration: &str,
    now: Timestamp,
) -> Result<Vec<SecretString>> {
    let row = sqlx::query("SELECT sealed_secret, sealed_previous, previous_until FROM webhook WHERE integration_id = $1")
        .bind(clean(integration))
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else {
        return Ok(Vec::new());
    };
    let present: String = row.try_get("sealed_secret")?;
    let mut secrets = vec![keyring.open(&present, &place(integration, "secret"))?];
    if let Some(previous) = row.try_get::<Option<String>, _>("sealed_previous")?
        && maybe_moment(&row, "previous_until")?.is_some_and(|until| until > now)
    {
        secrets.push(keyring.open(&previous, &place(integration, "previous"))?);
    }
    Ok(secrets)
}

/// Gives the webhook a new secret; the present one stays good until `previous_until`. False if there is
/// no webhook.
///
/// # Errors
/// [`crate::error::KeyProblem::Wrong`] if the key does not open the present one.
pub async fn rotate(
    tx: &mut Tx,
    keyring: &Keyring,
    integration: &str,
    secret: &SecretString,
    previous_until: Timestamp,
    act: Act<'_>,
) -> Result<bool> {
    let Some(present) = secrets(tx, keyring, integration, act.now)
        .await?
        .into_iter()
        .next()
    else {
        return Ok(false);
    };
    sqlx::query(
        "UPDATE webhook SET sealed_secret = $2, sealed_previous = $3, previous_until = $4 WHERE integration_id = $1",
    )
    .bind(clean(integration))
    .bind(keyring.seal(secret, &place(integration, "secret"), act.dice))
    .bind(keyring.seal(&present, &place(integration, "previous"), act.dice))
    .bind(previous_until.as_microsecond())
    .execute(&mut **tx)
    .await?;
    audit::note(tx, act, "webhook.rotate", integration, "secret changed").await?;
    Ok(true)
}

/// Takes the webhook away. False if there was none.
///
/// # Errors
/// As the database says.
pub async fn remove(tx: &mut Tx, integration: &str, act: Act<'_>) -> Result<bool> {
    let removed = sqlx::query("DELETE FROM webhook WHERE integration_id = $1")
        .bind(clean(integration))
        .execute(&mut **tx)
        .await?;
    if removed.rows_affected() == 0 {
        return Ok(false);
    }
    audit::note(tx, act, "webhook.remove", integration, "").await?;
    Ok(true)
}

/// Notes that something it had signed came in. Called at most once a minute, so that a burst costs no
/// more than its hints.
///
/// # Errors
/// As the database says.
pub async fn note_seen(tx: &mut Tx, integration: &str, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE webhook SET last_seen_at = $2 WHERE integration_id = $1")
        .bind(clean(integration))
        .bind(now.as_microsecond())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
