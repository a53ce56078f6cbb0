//! Staff who log in (`crm_user`).

use std::collections::HashMap;

use clock::Dice;
use domain::person::email_key;
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use crate::audit::{self, Act, Change};
use crate::bulk::{clean, select_in};
use crate::database::Tx;
use crate::error::{Error, Result, exists_already};
use crate::ids::new_id;

/// What a person who logs in may do (profile-send.md 5). The one table of rights is `web::access`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserRole {
    /// May do everything. The first user is one.
    Administrator,
    /// May do everything but users and keys.
    Operator,
    /// Works on queries, and on orchestrations to destinations that are open to them.
    Analyst,
    /// Works on cases and sees integrations.
    Agent,
}

impl UserRole {
    /// All of them, the one with most rights first.
    pub const ALL: [Self; 4] = [
        Self::Administrator,
        Self::Operator,
        Self::Analyst,
        Self::Agent,
    ];

    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::Analyst => "analyst",
            Self::Agent => "agent",
        }
    }

    /// The role of a word, exactly as written.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
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
    /// Whether they see personal data only masked.
    pub restrict_pii: bool,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

pub(crate) fn user(row: &AnyRow) -> Result<User> {
    Ok(User {
        id: row.try_get("id")?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        // A word of a later version gets the role with the fewest rights.
        role: UserRole::parse(&row.try_get::<String, _>("role")?).unwrap_or(UserRole::Agent),
        restrict_pii: row.try_get::<i64, _>("restrict_pii")? != 0,
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
    add_as(tx, new_id(now, dice), email, name, role, password_hash, now).await
}

/// Adds a user under an id that was chosen before.
///
/// # Errors
/// As [`add`].
pub async fn add_as(
    tx: &mut Tx,
    id: String,
    email: &str,
    name: &str,
    role: UserRole,
    password_hash: Option<String>,
    now: Timestamp,
) -> Result<User> {
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
        restrict_pii: false,
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
    let row = sqlx::query("SELECT id, email, name, role, restrict_pii, password_hash FROM crm_user WHERE email_key = $1 AND disabled_at IS NULL")
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
        "SELECT id, email, name, role, restrict_pii, email_key FROM crm_user WHERE disabled_at IS NULL AND email_key IN",
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
        "SELECT id, email, name, role, restrict_pii FROM crm_user WHERE disabled_at IS NULL ORDER BY name, id",
    )
    .fetch_all(connection)
    .await?
    .iter()
    .map(user)
    .collect()
}

/// The first users by name, at most so many.
///
/// # Errors
/// As the database says.
pub async fn first(connection: &mut AnyConnection, limit: usize) -> Result<Vec<User>> {
    sqlx::query(
        "SELECT id, email, name, role, restrict_pii FROM crm_user WHERE disabled_at IS NULL ORDER BY name, id LIMIT $1",
    )
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?
    .iter()
    .map(user)
    .collect()
}

/// Who has this name, exactly: one of them, or two if there are several.
///
/// # Errors
/// As the database says.
pub async fn by_name(connection: &mut AnyConnection, name: &str) -> Result<Vec<User>> {
    sqlx::query(
        "SELECT id, email, name, role, restrict_pii FROM crm_user WHERE name = $1 AND disabled_at IS NULL ORDER BY id LIMIT 2",
    )
    .bind(clean(name))
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
        "SELECT id, email, name, role, restrict_pii FROM crm_user WHERE id IN",
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
    let row = sqlx::query("SELECT id, email, name, role, restrict_pii FROM crm_user WHERE id = $1")
        .bind(clean(id))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(user).transpose()
}

/// Gives a user a new password and ends their sessions but `keep`: whoever knew the old one is out.
/// `password_hash` comes from [`crate::passwords::hash`].
///
/// # Errors
/// As the database says.
pub async fn set_password(
    tx: &mut Tx,
    user: &User,
    password_hash: &str,
    keep: Option<&str>,
    act: Act<'_>,
) -> Result<()> {
    sqlx::query("UPDATE crm_user SET password_hash = $2, updated_at = $3 WHERE id = $1")
        .bind(user.id.clone())
        .bind(clean(password_hash))
        .bind(act.now.as_microsecond())
        .execute(&mut **tx)
        .await?;
    crate::sessions::end_all(tx, &user.id, keep).await?;
    audit::note(tx, act, "user.password", &user.email, "password changed").await
}

/// What may be changed about somebody on the staff. What is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserEdit {
    /// Their name.
    pub name: Option<String>,
    /// What they may do.
    pub role: Option<UserRole>,
    /// Whether they see personal data only masked.
    pub restrict_pii: Option<bool>,
    /// Whether they may no longer sign in. Their sessions end at once.
    pub disabled: Option<bool>,
}

/// A user as the page of users lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: User,
    /// When they were disabled, if they are.
    pub disabled_at: Option<Timestamp>,
    /// Whether they have a password to sign in with.
    pub has_password: bool,
}

const MEMBERS: &str = "SELECT id, email, name, role, restrict_pii, disabled_at, \
     CASE WHEN password_hash IS NULL THEN 0 ELSE 1 END AS has_password FROM crm_user";

fn member_of(row: &AnyRow) -> Result<Member> {
    Ok(Member {
        user: user(row)?,
        disabled_at: crate::cases::maybe_moment(row, "disabled_at")?,
        has_password: row.try_get::<i64, _>("has_password")? != 0,
    })
}

/// All users, also those who may no longer sign in, by name.
///
/// # Errors
/// As the database says.
pub async fn members(connection: &mut AnyConnection) -> Result<Vec<Member>> {
    let text = format!("{MEMBERS} ORDER BY name, id");
    let rows = sqlx::query(AssertSqlSafe(text))
        .fetch_all(connection)
        .await?;
    rows.iter().map(member_of).collect()
}

/// One of them, by id.
///
/// # Errors
/// As the database says.
pub async fn member(connection: &mut AnyConnection, id: &str) -> Result<Option<Member>> {
    let text = format!("{MEMBERS} WHERE id = $1");
    let query = sqlx::query(AssertSqlSafe(text)).bind(clean(id));
    let row = query.fetch_optional(connection).await?;
    row.as_ref().map(member_of).transpose()
}

/// Whether there is anybody yet: before, the pages offer the first set-up.
///
/// # Errors
/// As the database says.
pub async fn is_empty(connection: &mut AnyConnection) -> Result<bool> {
    let row = sqlx::query("SELECT id FROM crm_user LIMIT 1")
        .fetch_optional(connection)
        .await?;
    Ok(row.is_none())
}

/// Changes somebody. With fewer rights, or none, their sessions end: what is open in a browser shows
/// no more than they may see.
///
/// # Errors
/// [`Error::LastAdministrator`] if nobody who may sign in as administrator would be left.
pub async fn edit(tx: &mut Tx, before: &Member, edit: &UserEdit, act: Act<'_>) -> Result<()> {
    let was = &before.user;
    let name = edit.name.as_deref().unwrap_or(&was.name);
    let role = edit.role.unwrap_or(was.role);
    let restrict_pii = edit.restrict_pii.unwrap_or(was.restrict_pii);
    let disabled = edit.disabled.unwrap_or(before.disabled_at.is_some());
    let disabled_at = match (disabled, before.disabled_at) {
        (true, Some(at)) => Some(at),
        (true, None) => Some(act.now),
        (false, _) => None,
    };
    sqlx::query(
        "UPDATE crm_user SET name = $2, role = $3, restrict_pii = $4, disabled_at = $5, updated_at = $6 WHERE id = $1",
    )
    .bind(was.id.clone())
    .bind(clean(name))
    .bind(role.as_str().to_owned())
    .bind(i64::from(restrict_pii))
    .bind(disabled_at.map(Timestamp::as_microsecond))
    .bind(act.now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    let left = sqlx::query(
        "SELECT id FROM crm_user WHERE role = 'administrator' AND disabled_at IS NULL LIMIT 1",
    )
    .fetch_optional(&mut **tx)
    .await?;
    if left.is_none() {
        return Err(Error::LastAdministrator);
    }
    if role != was.role || restrict_pii != was.restrict_pii || disabled {
        crate::sessions::end_all(tx, &was.id, None).await?;
    }
    let detail = audit::changes(&[
        ("name", Change::Told(&was.name, name)),
        ("role", Change::Told(was.role.as_str(), role.as_str())),
        (
            "restrict PII",
            Change::Switched(was.restrict_pii, restrict_pii),
        ),
        (
            "disabled",
            Change::Switched(before.disabled_at.is_some(), disabled),
        ),
    ]);
    audit::note(tx, act, "user.edit", &was.email, &detail).await
}
