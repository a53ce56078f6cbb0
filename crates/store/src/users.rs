//! Staff who log in (`crm_user`), and their sessions.

use std::collections::HashMap;
use std::time::Duration;

use clock::Dice;
use domain::person::email_key;
use jiff::Timestamp;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::audit::{self, Act};
use crate::bulk::{clean, select_in};
use crate::database::Tx;
use crate::error::{Result, exists_already};
use crate::ids::{new_id, new_token};
use crate::leases::after;

/// What a person who logs in may do. One table of rights stands in the web crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserRole {
    /// May do everything. The first user is one.
    Administrator,
    /// Works on cases and sees integrations.
    Agent,
}

impl UserRole {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Agent => "agent",
        }
    }

    fn parse(word: &str) -> Self {
        // An unknown word gets the role with fewer rights.
        match word {
            "administrator" => Self::Administrator,
            _ => Self::Agent,
        }
    }
}

/// Somebody on the staff.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Our id.
    pub id: String,
    /// Their email address as typed.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

fn user(row: &AnyRow) -> Result<User> {
    Ok(User {
        id: row.try_get("id")?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        role: UserRole::parse(&row.try_get::<String, _>("role")?),
    })
}

/// Adds a user. `password_hash` comes from [`crate::passwords::hash`]; without one they cannot log in yet.
///
/// # Errors
/// [`crate::Error::Exists`] if the email is taken, compared without case.
pub async fn add(
    tx: &mut Tx,
    email: &str,
    name: &str,
    role: UserRole,
    password_hash: Option<String>,
    now: Timestamp,
    dice: &dyn Dice,
) -> Result<User> {
    let id = new_id(now, dice);
    sqlx::query(
        "INSERT INTO crm_user (id, email, email_key, name, role, password_hash, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
    )
    .bind(id.clone())
    .bind(clean(email.trim()))
    .bind(clean(&email_key(email)))
    .bind(clean(name))
    .bind(role.as_str().to_owned())
    .bind(password_hash)
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await
    .map_err(|error| exists_already(error, "A user with this email"))?;
    Ok(User {
        id,
        email: email.trim().to_owned(),
        name: name.to_owned(),
        role,
    })
}

/// The user with this email, compared without case.
///
/// # Errors
/// As the database says.
pub async fn by_email(connection: &mut AnyConnection, email: &str) -> Result<Option<User>> {
    by_email_with_hash(connection, email)
        .await
        .map(|found| found.map(|(user, _)| user))
}

/// The user with this email and their stored password hash, for a login.
///
/// # Errors
/// As the database says.
pub async fn by_email_with_hash(
    connection: &mut AnyConnection,
    email: &str,
) -> Result<Option<(User, Option<String>)>> {
    let row = sqlx::query("SELECT id, email, name, role, password_hash FROM crm_user WHERE email_key = $1 AND disabled_at IS NULL")
        .bind(clean(&email_key(email)))
        .fetch_optional(connection)
        .await?;
    row.map(|row| Ok((user(&row)?, row.try_get("password_hash")?)))
        .transpose()
}

/// All users whose email is among `keys` (as [`email_key`] makes them), by that key.
///
/// # Errors
/// As the database says.
pub async fn by_email_keys(
    connection: &mut AnyConnection,
    keys: &[String],
) -> Result<HashMap<String, User>> {
    select_in(
        connection,
        "SELECT id, email, name, role, email_key FROM crm_user WHERE disabled_at IS NULL AND email_key IN",
        None,
        keys,
        "",
    )
    .await?
    .iter()
    .map(|row| Ok((row.try_get("email_key")?, user(row)?)))
    .collect()
}

/// All users, by name.
///
/// # Errors
/// As the database says.
pub async fn list(connection: &mut AnyConnection) -> Result<Vec<User>> {
    sqlx::query(
        "SELECT id, email, name, role FROM crm_user WHERE disabled_at IS NULL ORDER BY name, id",
    )
    .fetch_all(connection)
    .await?
    .iter()
    .map(user)
    .collect()
}

/// The users with these ids, by id.
///
/// # Errors
/// As the database says.
pub async fn by_ids(
    connection: &mut AnyConnection,
    ids: &[String],
) -> Result<HashMap<String, User>> {
    select_in(
        connection,
        "SELECT id, email, name, role FROM crm_user WHERE id IN",
        None,
        ids,
        "",
    )
    .await?
    .iter()
    .map(|row| user(row).map(|user| (user.id.clone(), user)))
    .collect()
}

/// The user with this id, disabled or not.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<User>> {
    let row = sqlx::query("SELECT id, email, name, role FROM crm_user WHERE id = $1")
        .bind(clean(id))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(user).transpose()
}

/// Gives a user a new password and ends their sessions: whoever knew the old one is out.
/// `password_hash` comes from [`crate::passwords::hash`].
///
/// # Errors
/// As the database says.
pub async fn set_password(
    tx: &mut Tx,
    user: &User,
    password_hash: &str,
    act: Act<'_>,
) -> Result<()> {
    sqlx::query("UPDATE crm_user SET password_hash = $2, updated_at = $3 WHERE id = $1")
        .bind(user.id.clone())
        .bind(clean(password_hash))
        .bind(act.now.as_microsecond())
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM session WHERE user_id = $1")
        .bind(user.id.clone())
        .execute(&mut **tx)
        .await?;
    audit::note(tx, act, "user.password", &user.email, "password changed").await
}

/// How long a session lives unused, and at most.
pub const SESSION_IDLE: Duration = Duration::from_secs(8 * 3600);
/// See [`SESSION_IDLE`].
pub const SESSION_LIFE: Duration = Duration::from_secs(7 * 86_400);

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
pub async fn open_session(
    tx: &mut Tx,
    user: &User,
    now: Timestamp,
    dice: &dyn Dice,
) -> Result<SecretString> {
    let token = new_token(dice);
    sqlx::query("INSERT INTO session (token_hash, user_id, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $3, $4)")
        .bind(token_hash(&token))
        .bind(user.id.clone())
        .bind(now.as_microsecond())
        .bind(after(now, SESSION_LIFE))
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
    /// Whose it is.
    pub user: User,
    /// When it was last noted as used: the caller decides by this whether to [`touch_session`].
    pub seen_at: Timestamp,
}

/// The session `token` belongs to, if it is still open.
///
/// # Errors
/// As the database says.
pub async fn by_session(
    connection: &mut AnyConnection,
    token: &str,
    now: Timestamp,
) -> Result<Option<Session>> {
    let row = sqlx::query(
        "SELECT u.id, u.email, u.name, u.role, s.seen_at FROM session s JOIN crm_user u ON u.id = s.user_id \
         WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.seen_at > $3 AND u.disabled_at IS NULL",
    )
    .bind(token_hash(token))
    .bind(now.as_microsecond())
    .bind(now.as_microsecond() - i64::try_from(SESSION_IDLE.as_micros()).unwrap_or(i64::MAX))
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Session {
            user: user(&row)?,
            seen_at: crate::cases::moment(&row, "seen_at")?,
        })
    })
    .transpose()
}

/// Notes that the session was used. Called at most once a minute per session, so that reading a
/// page costs no write.
///
/// # Errors
/// As the database says.
pub async fn touch_session(tx: &mut Tx, token: &str, now: Timestamp) -> Result<()> {
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
pub async fn end_session(tx: &mut Tx, token: &str) -> Result<()> {
    sqlx::query("DELETE FROM session WHERE token_hash = $1")
        .bind(token_hash(token))
        .execute(&mut **tx)
        .await?;
    Ok(())
}
