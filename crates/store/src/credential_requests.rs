//! Links on which somebody outside enters a secret once (profile-send.md 1, *Request credential*).

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::audit::{self, Act};
use crate::bulk::clean;
use crate::cases::moment;
use crate::database::Tx;
use crate::error::{Result, exists_already};
use crate::ids::{new_id, new_token};
use crate::leases::after;

/// How long a link may be used.
pub const LIFE: Duration = Duration::from_secs(7 * 86_400);

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestDraft {
    /// The name that the credential gets, unique among requests.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The type that is asked for, as a word of the engine's own.
    pub kind: String,
    /// The account on which it is tried before it is stored.
    pub url: Option<String>,
}

/// A link that can still be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRequest {
    /// By this it is withdrawn. It opens nothing.
    pub id: String,
    /// The name that the credential gets.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The type that is asked for, as a word of the engine's own.
    pub kind: String,
    /// The account on which it is tried before it is stored.
    pub url: Option<String>,
    /// Who asked.
    pub requested_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when the link may be used.
    pub expires_at: Timestamp,
}

fn request(row: &AnyRow) -> Result<CredentialRequest> {
    Ok(CredentialRequest {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        kind: row.try_get("kind")?,
        url: row.try_get("url")?,
        requested_by: row.try_get("requested_by")?,
        created_at: moment(row, "created_at")?,
        expires_at: moment(row, "expires_at")?,
    })
}

fn token_hash(token: &str) -> String {
    Sha256::digest(token.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Makes a link. What is returned opens it, and only its hash is kept. Links that nobody can use any more
/// go with the occasion.
///
/// # Errors
/// [`crate::Error::Exists`] if a credential of this name is asked for already.
pub async fn add(tx: &mut Tx, draft: &RequestDraft, act: Act<'_>) -> Result<SecretString> {
    sqlx::query("DELETE FROM credential_request WHERE expires_at <= $1")
        .bind(act.now.as_microsecond())
        .execute(&mut **tx)
        .await?;
    let token = new_token(act.dice);
    sqlx::query(
        "INSERT INTO credential_request (id, token_hash, name, description, kind, url, requested_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(new_id(act.now, act.dice))
    .bind(token_hash(&token))
    .bind(clean(&draft.name))
    .bind(clean(&draft.description))
    .bind(clean(&draft.kind))
    .bind(draft.url.as_deref().map(clean))
    .bind(clean(act.actor))
    .bind(act.now.as_microsecond())
    .bind(after(act.now, LIFE))
    .execute(&mut **tx)
    .await
    .map_err(|error| exists_already(error, &format!("A request for the credential {}", draft.name)))?;
    audit::note(tx, act, "credential_request.add", &draft.name, &draft.kind).await?;
    Ok(token.into())
}

/// The links that can still be used, the newest first.
///
/// # Errors
/// As the database says.
pub async fn list(
    connection: &mut AnyConnection,
    now: Timestamp,
) -> Result<Vec<CredentialRequest>> {
    sqlx::query("SELECT * FROM credential_request WHERE expires_at > $1 ORDER BY id DESC")
        .bind(now.as_microsecond())
        .fetch_all(connection)
        .await?
        .iter()
        .map(request)
        .collect()
}

/// The link that `token` opens, if it can still be used.
///
/// # Errors
/// As the database says.
pub async fn find(
    connection: &mut AnyConnection,
    token: &str,
    now: Timestamp,
) -> Result<Option<CredentialRequest>> {
    let row =
        sqlx::query("SELECT * FROM credential_request WHERE token_hash = $1 AND expires_at > $2")
            .bind(token_hash(token))
            .bind(now.as_microsecond())
            .fetch_optional(connection)
            .await?;
    row.as_ref().map(request).transpose()
}

/// Spends a link; says whether it was there to be spent. It opens nothing after the commit.
///
/// # Errors
/// As the database says.
pub async fn spend(tx: &mut Tx, token: &str, now: Timestamp) -> Result<bool> {
    let done =
        sqlx::query("DELETE FROM credential_request WHERE token_hash = $1 AND expires_at > $2")
            .bind(token_hash(token))
            .bind(now.as_microsecond())
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a link back; says whether it was there.
///
/// # Errors
/// As the database says.
pub async fn withdraw(tx: &mut Tx, id: &str, act: Act<'_>) -> Result<bool> {
    let row = sqlx::query("DELETE FROM credential_request WHERE id = $1 RETURNING name")
        .bind(clean(id))
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(false) };
    let name: String = row.try_get("name")?;
    audit::note(tx, act, "credential_request.withdraw", &name, "").await?;
    Ok(true)
}
