//! Tokens with which programs call the REST API (security-and-operations.md 1, *API tokens*).
//!
//! A token is `deskbridge_`, 43 characters of 256 random bits, and six of a checksum over what stands
//! before them: scanners of leaked secrets find it by its beginning and know by its end that it is one,
//! and a mistyped token is refused without a look into the database.

use std::time::Duration;

use clock::Dice;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use subtle::ConstantTimeEq as _;

use crate::audit::{self, Act};
use crate::bulk::clean;
use crate::cases::{maybe_moment, moment};
use crate::database::Tx;
use crate::error::Result;
use crate::ids::{new_id, new_token};
use crate::leases::after;
use crate::users::{User, user};

/// How every token begins.
pub const PREFIX: &str = "deskbridge_";

/// The longest a token may live.
pub const LONGEST_LIFE: Duration = Duration::from_secs(366 * 86_400);

/// How many characters of a token are its checksum.
const CHECKSUM: usize = 6;

/// A token as its owner sees it, without what opens anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Our id.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// What it is for, in its owner's words.
    pub name: String,
    /// Its last four characters.
    pub hint: String,
    /// What it may do at most, as words.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last noted as used.
    pub used_at: Option<Timestamp>,
}

fn api_token(row: &AnyRow) -> Result<ApiToken> {
    let scopes: String = row.try_get("scopes")?;
    Ok(ApiToken {
        id: row.try_get("id")?,
        user_id: row.try_get("user_id")?,
        name: row.try_get("name")?,
        hint: row.try_get("hint")?,
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        created_at: moment(row, "created_at")?,
        expires_at: moment(row, "expires_at")?,
        used_at: maybe_moment(row, "used_at")?,
    })
}

/// What a new token is for.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    /// What it is for, in its owner's words.
    pub name: &'a str,
    /// What it may do at most, as words.
    pub scopes: &'a [&'a str],
    /// How long it lives; at most [`LONGEST_LIFE`].
    pub life: Duration,
}

/// Makes a token for `owner`. It is returned once, and only its hash is kept.
///
/// # Errors
/// As the database says.
pub async fn add(
    tx: &mut Tx,
    owner: &User,
    new: NewToken<'_>,
    act: Act<'_>,
) -> Result<(ApiToken, SecretString)> {
    let token = mint(act.dice);
    let hint: String = token.chars().skip(token.len() - 4).collect();
    let row = sqlx::query(
        "INSERT INTO api_token (id, user_id, name, token_hash, hint, scopes, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING *",
    )
    .bind(new_id(act.now, act.dice))
    .bind(owner.id.clone())
    .bind(clean(new.name))
    .bind(hash(&token))
    .bind(hint)
    .bind(new.scopes.join(" "))
    .bind(act.now.as_microsecond())
    .bind(after(act.now, new.life.min(LONGEST_LIFE)))
    .fetch_one(&mut **tx)
    .await?;
    let detail = format!(
        "{:?} of {}: {}",
        new.name,
        owner.email,
        new.scopes.join(" ")
    );
    audit::note(tx, act, "token.add", &owner.email, &detail).await?;
    Ok((api_token(&row)?, token.into()))
}

/// Whose token this is, if it is one, still holds, and its owner may sign in.
///
/// # Errors
/// As the database says.
pub async fn find(
    connection: &mut AnyConnection,
    token: &SecretString,
    now: Timestamp,
) -> Result<Option<(ApiToken, User)>> {
    let text = token.expose_secret();
    if !is_whole(text) {
        return Ok(None);
    }
    let row = sqlx::query(
        "SELECT t.id AS token_id, t.user_id, t.name AS token_name, t.token_hash, t.hint, t.scopes, t.created_at, \
         t.expires_at, t.used_at, u.id, u.email, u.name, u.role, u.restrict_pii \
         FROM api_token t JOIN crm_user u ON u.id = t.user_id \
         WHERE t.token_hash = $1 AND t.expires_at > $2 AND u.disabled_at IS NULL",
    )
    .bind(hash(text))
    .bind(now.as_microsecond())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let kept: String = row.try_get("token_hash")?;
    if !bool::from(kept.as_bytes().ct_eq(hash(text).as_bytes())) {
        return Ok(None);
    }
    let scopes: String = row.try_get("scopes")?;
    let found = ApiToken {
        id: row.try_get("token_id")?,
        user_id: row.try_get("user_id")?,
        name: row.try_get("token_name")?,
        hint: row.try_get("hint")?,
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        created_at: moment(&row, "created_at")?,
        expires_at: moment(&row, "expires_at")?,
        used_at: maybe_moment(&row, "used_at")?,
    };
    Ok(Some((found, user(&row)?)))
}

/// Notes that a token was used. Called at most once a minute per token.
///
/// # Errors
/// As the database says.
pub async fn touch(tx: &mut Tx, id: &str, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE api_token SET used_at = $2 WHERE id = $1")
        .bind(clean(id))
        .bind(now.as_microsecond())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The tokens of a user, the newest first, also those that have ended.
///
/// # Errors
/// As the database says.
pub async fn of_user(connection: &mut AnyConnection, user: &str) -> Result<Vec<ApiToken>> {
    let rows =
        sqlx::query("SELECT * FROM api_token WHERE user_id = $1 ORDER BY created_at DESC, id")
            .bind(clean(user))
            .fetch_all(connection)
            .await?;
    rows.iter().map(api_token).collect()
}

/// Ends a token of `owner` for good. Says whether there was one.
///
/// # Errors
/// As the database says.
pub async fn remove(tx: &mut Tx, owner: &User, id: &str, act: Act<'_>) -> Result<bool> {
    let row = sqlx::query("DELETE FROM api_token WHERE user_id = $1 AND id = $2 RETURNING name")
        .bind(owner.id.clone())
        .bind(clean(id))
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else {
        return Ok(false);
    };
    let name: String = row.try_get("name")?;
    audit::note(tx, act, "token.end", &owner.email, &format!("{name:?}")).await?;
    Ok(true)
}

fn mint(dice: &dyn Dice) -> String {
    let body = format!("{PREFIX}{}", new_token(dice));
    let checksum = checksum(&body);
    format!("{body}{checksum}")
}

/// Whether a text has the form of a token, and the checksum that belongs to it.
fn is_whole(text: &str) -> bool {
    let Some(cut) = text.len().checked_sub(CHECKSUM) else {
        return false;
    };
    text.is_ascii() && text.starts_with(PREFIX) && checksum(&text[..cut]) == text[cut..]
}

/// The first bits of a hash, as letters and digits.
fn checksum(text: &str) -> String {
    hash(text)[..CHECKSUM].to_owned()
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clock::SeededDice;

    #[test]
    fn a_token_is_told_by_its_beginning_and_proved_by_its_end() {
        let token = mint(&SeededDice::new(1));
        assert!(token.starts_with("deskbridge_"), "{token}");
        assert_eq!(token.len(), PREFIX.len() + 43 + CHECKSUM);
        assert!(is_whole(&token));
        for at in 0..token.len() {
            let mut other = token.clone().into_bytes();
            other[at] = if other[at] == b'a' { b'b' } else { b'a' };
            assert!(!is_whole(&String::from_utf8(other).unwrap()), "{at}");
        }
        for none in ["", "deskbridge_", "äöü", "deskbridge_äääääääääää"] {
            assert!(!is_whole(none), "{none}");
        }
    }
}
