//! Open logins. Only hashes of their tokens are kept (security-and-operations.md 1, *Sessions*).

use std::time::Duration;

use clock::Dice;
use jiff::Timestamp;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use sqlx::{AnyConnection, Row as _};

use crate::bulk::clean;
use crate::cases::moment;
use crate::database::Tx;
use crate::error::Result;
use crate::ids::{new_id, new_token};
use crate::leases::after;
use crate::users::{User, user};

/// How long a session lives unused, and at most.
pub const IDLE: Duration = Duration::from_secs(8 * 3600);
/// See [`IDLE`].
pub const LIFE: Duration = Duration::from_secs(7 * 86_400);

fn token_hash(token: &str) -> String {
    Sha256::digest(token.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Opens a session for a user who has just proved who they are. The returned token goes into
/// their cookie; only its hash is kept.
///
/// # Errors
/// As the database says.
pub async fn open(
    tx: &mut Tx,
    user: &User,
    agent: &str,
    now: Timestamp,
    dice: &dyn Dice,
) -> Result<SecretString> {
    let token = new_token(dice);
    sqlx::query("INSERT INTO session (token_hash, id, user_id, agent, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $5, $6)")
        .bind(token_hash(&token))
        .bind(new_id(now, dice))
        .bind(user.id.clone())
        .bind(clean(agent))
        .bind(now.as_microsecond())
        .bind(after(now, LIFE))
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM session WHERE expires_at <= $1")
        .bind(now.as_microsecond())
        .execute(&mut **tx)
        .await?;
    Ok(token.into())
}

/// An open login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// By this it is listed and ended. It opens nothing.
    pub id: String,
    /// Whose it is.
    pub user: User,
    /// When it was last noted as used: the caller decides by this whether to [`touch`].
    pub seen_at: Timestamp,
}

/// The session `token` belongs to, if it is still open.
///
/// # Errors
/// As the database says.
pub async fn find(
    connection: &mut AnyConnection,
    token: &str,
    now: Timestamp,
) -> Result<Option<Session>> {
    let row = sqlx::query(
        "SELECT u.id, u.email, u.name, u.role, u.restrict_pii, s.id AS session_id, s.seen_at FROM session s JOIN crm_user u ON u.id = s.user_id \
         WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.seen_at > $3 AND u.disabled_at IS NULL",
    )
    .bind(token_hash(token))
    .bind(now.as_microsecond())
    .bind(now.as_microsecond() - i64::try_from(IDLE.as_micros()).unwrap_or(i64::MAX))
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Session {
            id: row.try_get("session_id")?,
            user: user(&row)?,
            seen_at: moment(&row, "seen_at")?,
        })
    })
    .transpose()
}

/// Notes that the session was used. Called at most once a minute per session, so that reading a
/// page costs no write.
///
/// # Errors
/// As the database says.
pub async fn touch(tx: &mut Tx, token: &str, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE session SET seen_at = $2 WHERE token_hash = $1")
        .bind(token_hash(token))
        .bind(now.as_microsecond())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Ends the session `token`.
///
/// # Errors
/// As the database says.
pub async fn end(tx: &mut Tx, token: &str) -> Result<()> {
    sqlx::query("DELETE FROM session WHERE token_hash = $1")
        .bind(token_hash(token))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// An open login as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// By this it is ended. It opens nothing.
    pub id: String,
    /// What the browser said it is.
    pub agent: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last noted as used.
    pub seen_at: Timestamp,
}

/// The open logins of a user, the one used last first.
///
/// # Errors
/// As the database says.
pub async fn of_user(
    connection: &mut AnyConnection,
    user: &str,
    now: Timestamp,
) -> Result<Vec<Login>> {
    let rows = sqlx::query(
        "SELECT id, agent, created_at, seen_at FROM session \
         WHERE user_id = $1 AND expires_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, id",
    )
    .bind(clean(user))
    .bind(now.as_microsecond())
    .bind(now.as_microsecond() - i64::try_from(IDLE.as_micros()).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Login {
                id: row.try_get("id")?,
                agent: row.try_get("agent")?,
                created_at: moment(row, "created_at")?,
                seen_at: moment(row, "seen_at")?,
            })
        })
        .collect()
}

/// Ends one login of a user, by its id. Says whether there was one.
///
/// # Errors
/// As the database says.
pub async fn end_one(tx: &mut Tx, user: &str, id: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM session WHERE user_id = $1 AND id = $2")
        .bind(clean(user))
        .bind(clean(id))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends all logins of a user but the one of the id `keep`.
///
/// # Errors
/// As the database says.
pub async fn end_all(tx: &mut Tx, user: &str, keep: Option<&str>) -> Result<()> {
    sqlx::query("DELETE FROM session WHERE user_id = $1 AND id <> $2")
        .bind(clean(user))
        .bind(clean(keep.unwrap_or_default()))
        .execute(&mut **tx)
        .await?;
    Ok(())
}
