//! Keys under which creations were asked for: the same creation asked for twice makes one record.
//!
//! The id of the record is chosen and kept here before the record is made. Whoever asks again, after a
//! lost answer or a crash at any moment, gets the same id, and making a record under an id that exists
//! is no second record. So nothing has to be stored of the answer.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use crate::audit::Act;
use crate::bulk::clean;
use crate::database::Tx;
use crate::error::Result;
use crate::ids::new_id;

/// How long a key is remembered, in microseconds: a day.
const LIFE: i64 = 86_400_000_000;

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// It was used for this very request, or for none yet: the record has this id.
    Ours(String),
    /// It was used for another request.
    Another,
}

/// Takes `key` for a request of `user`, or finds what it was taken for. Keys of a day ago are forgotten.
///
/// # Errors
/// As the database says.
pub async fn take(tx: &mut Tx, user: &str, key: &str, request: &[u8], act: Act<'_>) -> Result<Key> {
    let hash: String = Sha256::digest(request)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    forget(tx, act.now).await?;
    sqlx::query(
        "INSERT INTO idempotency_key (user_id, name, request_hash, record_id, created_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id, name) DO NOTHING",
    )
    .bind(clean(user))
    .bind(clean(key))
    .bind(hash.clone())
    .bind(new_id(act.now, act.dice))
    .bind(act.now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    let row = sqlx::query(
        "SELECT request_hash, record_id FROM idempotency_key WHERE user_id = $1 AND name = $2",
    )
    .bind(clean(user))
    .bind(clean(key))
    .fetch_one(&mut **tx)
    .await?;
    if row.try_get::<String, _>("request_hash")? == hash {
        return Ok(Key::Ours(row.try_get("record_id")?));
    }
    Ok(Key::Another)
}

async fn forget(tx: &mut Tx, now: Timestamp) -> Result<()> {
    sqlx::query("DELETE FROM idempotency_key WHERE created_at < $1")
        .bind(now.as_microsecond() - LIFE)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
