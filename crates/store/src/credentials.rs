//! Keys to other systems, sealed. What goes in as a secret never leaves this crate but as a
//! [`SecretString`].

use clock::Dice;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::audit::{self, Act};
use crate::bulk::clean;
use crate::cases::moment;
use crate::database::Tx;
use crate::error::{Error, Result, exists_already};
use crate::ids::new_id;
use crate::secrets::Keyring;
use crate::versions::{self, Read};

/// How a credential signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// OAuth, client credentials: client id and secret.
    OAuthClient,
    /// OAuth with a refresh token that rotates: *Connect to Zendesk*.
    OAuthTokens,
    /// An email address and an API token. Zendesk stops these on 30 April 2027.
    ApiToken,
    /// A database that queries read: the secret is its whole address, with user and password.
    Database,
    /// An object store that queries read: access key id and secret key.
    ObjectStore,
}

impl CredentialKind {
    /// The word that is stored and shown in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OAuthClient => "oauth_client",
            Self::OAuthTokens => "oauth_tokens",
            Self::ApiToken => "api_token",
            Self::Database => "database",
            Self::ObjectStore => "object_store",
        }
    }

    fn parse(word: &str) -> Result<Self> {
        match word {
            "oauth_client" => Ok(Self::OAuthClient),
            "oauth_tokens" => Ok(Self::OAuthTokens),
            "api_token" => Ok(Self::ApiToken),
            "database" => Ok(Self::Database),
            "object_store" => Ok(Self::ObjectStore),
            other => Err(Error::Damaged(format!("credential kind {other:?}"))),
        }
    }
}

/// A credential as people see it: without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Our id.
    pub id: String,
    /// Its name, unique.
    pub name: String,
    /// What it is for, in a person's words.
    pub description: String,
    /// How it signs in.
    pub kind: CredentialKind,
    /// Who signs in, for an API token.
    pub email: Option<String>,
    /// Which OAuth client signs in, or the access key id of an object store.
    pub client_id: Option<String>,
    /// How many integrations, destinations and queries use it; [`uses`] names them.
    pub used_by: i64,
    /// When a person last changed it, or its secret.
    pub updated_at: Timestamp,
}

/// What a new or edited credential carries.
pub struct CredentialDraft {
    /// Its name, unique.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// How it signs in.
    pub kind: CredentialKind,
    /// Who signs in, for an API token.
    pub email: Option<String>,
    /// Which OAuth client signs in, or the access key id of an object store.
    pub client_id: Option<String>,
    /// API token, client secret, address of a database or secret key; `None` leaves a stored one as it is.
    pub secret: Option<SecretString>,
}

/// OAuth tokens as they are kept.
pub struct StoredTokens {
    /// Sent with every request.
    pub access: SecretString,
    /// Spent once to get the next pair.
    pub refresh: Option<SecretString>,
    /// When the access token ends, if said.
    pub expires_at: Option<Timestamp>,
}

fn place(id: &str, column: &str) -> String {
    format!("credential/{id}/{column}")
}

fn credential(row: &AnyRow) -> Result<Credential> {
    Ok(Credential {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        kind: CredentialKind::parse(&row.try_get::<String, _>("kind")?)?,
        email: row.try_get("email")?,
        client_id: row.try_get("client_id")?,
        used_by: row.try_get("used_by")?,
        updated_at: moment(row, "updated_at")?,
    })
}

/// Stores a new credential; returns its id.
///
/// # Errors
/// [`Error::Exists`] if the name is taken.
pub async fn add(
    tx: &mut Tx,
    keyring: &Keyring,
    draft: &CredentialDraft,
    act: Act<'_>,
) -> Result<String> {
    add_as(tx, keyring, new_id(act.now, act.dice), draft, act).await
}

/// As [`add`], under an id that was chosen before.
///
/// # Errors
/// As [`add`].
pub async fn add_as(
    tx: &mut Tx,
    keyring: &Keyring,
    id: String,
    draft: &CredentialDraft,
    act: Act<'_>,
) -> Result<String> {
    let sealed = draft
        .secret
        .as_ref()
        .map(|secret| keyring.seal(secret, &place(&id, "secret"), act.dice));
    sqlx::query(
        "INSERT INTO credential (id, name, description, kind, email, client_id, sealed_secret, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
    )
    .bind(id.clone())
    .bind(clean(&draft.name))
    .bind(clean(&draft.description))
    .bind(draft.kind.as_str().to_owned())
    .bind(draft.email.as_deref().map(clean))
    .bind(draft.client_id.as_deref().map(clean))
    .bind(sealed)
    .bind(act.now.as_microsecond())
    .execute(&mut **tx)
    .await
    .map_err(|error| exists_already(error, &format!("A credential named {}", draft.name)))?;
    audit::note(tx, act, "credential.add", &draft.name, draft.kind.as_str()).await?;
    Ok(id)
}

/// Makes sure that a credential is still as it was read, and stays so until the transaction ends.
///
/// # Errors
/// [`Error::Stale`] if somebody changed or deleted it since.
pub async fn hold(tx: &mut Tx, read: &Credential) -> Result<()> {
    let read = Read {
        table: "credential",
        id: &read.id,
        name: &read.name,
        updated_at: read.updated_at,
    };
    versions::hold(tx, read).await
}

/// Replaces what a credential holds. Tokens got with another client or secret are forgotten.
///
/// # Errors
/// [`Error::Exists`] if the new name is taken.
pub async fn edit(
    tx: &mut Tx,
    keyring: &Keyring,
    id: &str,
    draft: &CredentialDraft,
    act: Act<'_>,
) -> Result<()> {
    let sealed = draft
        .secret
        .as_ref()
        .map(|secret| keyring.seal(secret, &place(id, "secret"), act.dice));
    let stays = sqlx::query(
        "SELECT id FROM credential WHERE id = $1 AND kind = $2 AND COALESCE(client_id, '') = $3",
    )
    .bind(clean(id))
    .bind(draft.kind.as_str().to_owned())
    .bind(draft.client_id.as_deref().map(clean).unwrap_or_default())
    .fetch_optional(&mut **tx)
    .await?
    .is_some();
    if sealed.is_some() || !stays {
        sqlx::query(
            "UPDATE credential SET sealed_tokens = NULL, tokens_expire_at = NULL WHERE id = $1",
        )
        .bind(clean(id))
        .execute(&mut **tx)
        .await?;
    }
    sqlx::query(
        "UPDATE credential SET name = $2, description = $3, kind = $4, email = $5, client_id = $6, \
         sealed_secret = COALESCE($7, sealed_secret), updated_at = $8 WHERE id = $1",
    )
    .bind(clean(id))
    .bind(clean(&draft.name))
    .bind(clean(&draft.description))
    .bind(draft.kind.as_str().to_owned())
    .bind(draft.email.as_deref().map(clean))
    .bind(draft.client_id.as_deref().map(clean))
    .bind(sealed)
    .bind(act.now.as_microsecond())
    .execute(&mut **tx)
    .await
    .map_err(|error| exists_already(error, &format!("A credential named {}", draft.name)))?;
    let secret = if draft.secret.is_some() {
        ", secret changed"
    } else {
        ""
    };
    audit::note(
        tx,
        act,
        "credential.edit",
        &draft.name,
        &format!("{}{secret}", draft.kind.as_str()),
    )
    .await
}

/// Deletes a credential. The caller has made sure that nothing uses it; the database refuses otherwise.
///
/// # Errors
/// As the database says.
pub async fn delete(tx: &mut Tx, credential: &Credential, act: Act<'_>) -> Result<()> {
    sqlx::query("DELETE FROM credential WHERE id = $1")
        .bind(credential.id.clone())
        .execute(&mut **tx)
        .await?;
    audit::note(tx, act, "credential.delete", &credential.name, "").await
}

/// All credentials, by name.
///
/// # Errors
/// As the database says.
pub async fn list(connection: &mut AnyConnection) -> Result<Vec<Credential>> {
    sqlx::query(
        "SELECT c.id, c.name, c.description, c.kind, c.email, c.client_id, c.updated_at, \
         (SELECT COUNT(*) FROM integration i WHERE i.credential_id = c.id) \
         + (SELECT COUNT(*) FROM destination d WHERE d.credential_id = c.id) \
         + (SELECT COUNT(*) FROM query q WHERE q.credential_id = c.id) AS used_by FROM credential c ORDER BY c.name",
    )
    .fetch_all(connection)
    .await?
    .iter()
    .map(credential)
    .collect()
}

/// The credential with this name or id.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, name_or_id: &str) -> Result<Option<Credential>> {
    Ok(list(connection)
        .await?
        .into_iter()
        .find(|credential| credential.name == name_or_id || credential.id == name_or_id))
}

/// What uses a credential and keeps it from being deleted: `integration support`, `destination live`,
/// `query people`.
///
/// # Errors
/// As the database says.
pub async fn uses(connection: &mut AnyConnection, id: &str) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "SELECT said FROM (SELECT 1 AS place, 'integration ' || name AS said FROM integration WHERE credential_id = $1 \
         UNION ALL SELECT 2 AS place, 'destination ' || name AS said FROM destination WHERE credential_id = $1 \
         UNION ALL SELECT 3 AS place, 'query ' || name AS said FROM query WHERE credential_id = $1) AS used \
         ORDER BY place, said",
    )
    .bind(clean(id))
    .fetch_all(connection)
    .await?)
}

/// The API token, client secret, address of a database or secret key of a credential.
///
/// # Errors
/// [`crate::error::KeyProblem::Wrong`] if the key does not open it; [`Error::Damaged`] if there is none.
pub async fn secret(
    connection: &mut AnyConnection,
    keyring: &Keyring,
    id: &str,
) -> Result<SecretString> {
    let row = sqlx::query("SELECT sealed_secret FROM credential WHERE id = $1")
        .bind(clean(id))
        .fetch_optional(connection)
        .await?;
    let sealed: Option<String> = row
        .map(|row| row.try_get("sealed_secret"))
        .transpose()?
        .flatten();
    let sealed =
        sealed.ok_or_else(|| Error::Damaged(format!("credential {id} holds no secret")))?;
    keyring.open(&sealed, &place(id, "secret"))
}

/// The OAuth tokens of a credential, if it has any.
///
/// # Errors
/// [`crate::error::KeyProblem::Wrong`] if the key does not open them.
pub async fn tokens(
    connection: &mut AnyConnection,
    keyring: &Keyring,
    id: &str,
) -> Result<Option<StoredTokens>> {
    let row = sqlx::query("SELECT sealed_tokens, tokens_expire_at FROM credential WHERE id = $1")
        .bind(clean(id))
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let Some(sealed) = row.try_get::<Option<String>, _>("sealed_tokens")? else {
        return Ok(None);
    };
    let opened = keyring.open(&sealed, &place(id, "tokens"))?;
    let (access, refresh) = opened
        .expose_secret()
        .split_once('\n')
        .unwrap_or((opened.expose_secret(), ""));
    Ok(Some(StoredTokens {
        access: access.to_owned().into(),
        refresh: (!refresh.is_empty()).then(|| refresh.to_owned().into()),
        expires_at: row
            .try_get::<Option<i64>, _>("tokens_expire_at")?
            .and_then(|at| Timestamp::from_microsecond(at).ok()),
    }))
}

/// Keeps new OAuth tokens; the old ones are gone with the commit.
///
/// # Errors
/// As the database says.
pub async fn keep_tokens(
    tx: &mut Tx,
    keyring: &Keyring,
    id: &str,
    tokens: &StoredTokens,
    dice: &dyn Dice,
) -> Result<()> {
    let both: SecretString = format!(
        "{}\n{}",
        tokens.access.expose_secret(),
        tokens
            .refresh
            .as_ref()
            .map_or("", |refresh| refresh.expose_secret())
    )
    .into();
    sqlx::query("UPDATE credential SET sealed_tokens = $2, tokens_expire_at = $3 WHERE id = $1")
        .bind(clean(id))
        .bind(keyring.seal(&both, &place(id, "tokens"), dice))
        .bind(tokens.expires_at.map(Timestamp::as_microsecond))
        .execute(&mut **tx)
        .await?;
    Ok(())
}
