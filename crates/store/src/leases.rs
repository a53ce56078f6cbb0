//! Named locks with an end: what only one process may do at a time, such as refreshing a token.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sqlx::Row as _;

use crate::bulk::clean;
use crate::database::{Store, Tx};
use crate::error::{Error, Result};

/// A lock that is held. Its token rises with every holder, so that an old one can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    name: String,
    token: i64,
}

/// Takes the lock `name` for `length`, or `None` while somebody else holds it.
///
/// # Errors
/// As the database says.
pub async fn take(
    store: &Store,
    name: &str,
    holder: &str,
    now: Timestamp,
    length: Duration,
) -> Result<Option<Lease>> {
    let mut tx = store.begin().await?;
    let row = sqlx::query(
        "INSERT INTO lease (name, holder, token, until) VALUES ($1, $2, 1, $3) \
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = lease.token + 1, until = excluded.until \
         WHERE lease.until <= $4 RETURNING token",
    )
    .bind(clean(name))
    .bind(clean(holder))
    .bind(after(now, length))
    .bind(now.as_microsecond())
    .fetch_optional(&mut *tx)
    .await?;
    let lease = row
        .map(|row| {
            Ok::<_, Error>(Lease {
                name: name.to_owned(),
                token: row.try_get("token")?,
            })
        })
        .transpose()?;
    tx.commit().await?;
    Ok(lease)
}

/// Gives the lock back early. Nothing happens if it has passed to somebody else meanwhile.
///
/// # Errors
/// As the database says.
pub async fn give_back(tx: &mut Tx, lease: &Lease) -> Result<()> {
    sqlx::query("UPDATE lease SET until = 0 WHERE name = $1 AND token = $2")
        .bind(lease.name.clone())
        .bind(lease.token)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Makes sure, inside a writing transaction, that the lock is still held.
///
/// # Errors
/// [`Error::LeaseLost`] if it has passed to somebody else.
pub async fn confirm(tx: &mut Tx, lease: &Lease) -> Result<()> {
    let held = sqlx::query("UPDATE lease SET token = token WHERE name = $1 AND token = $2")
        .bind(lease.name.clone())
        .bind(lease.token)
        .execute(&mut **tx)
        .await?;
    match held.rows_affected() {
        0 => Err(Error::LeaseLost),
        _ => Ok(()),
    }
}

pub(crate) fn after(now: Timestamp, length: Duration) -> i64 {
    let length = SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX);
    now.saturating_add(length)
        .unwrap_or(Timestamp::MAX)
        .as_microsecond()
}
