//! Named locks with an end: what only one process may do at a time, such as refreshing a token. And what
//! holds for every lease here, be it a lock's, a job's or an operation's: whoever lost it may not write,
//! and whoever died holds it no longer.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyQueryResult;

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
    still_held(&held)
}

/// Ends every lease whose holder is known to have died, so that nobody waits for it: of locks, of jobs
/// and of operations on their way to Zendesk. Looking costs no write.
///
/// # Errors
/// As the database says.
pub async fn free_abandoned(
    store: &Store,
    is_gone: &(dyn Fn(&str) -> bool + Send + Sync),
) -> Result<()> {
    let rows = sqlx::query(
        "SELECT 'lock' AS held, name AS id, holder, token FROM lease WHERE until > 0 \
         UNION ALL SELECT 'job', id, lease_holder, lease_token FROM job WHERE state IN ('waiting', 'running') AND lease_until > 0 \
         UNION ALL SELECT 'operation', op_id, lease_holder, lease_token FROM outbox WHERE state = 'claimed' AND lease_until > 0",
    )
    .fetch_all(&mut *store.read().await?)
    .await?;
    for row in rows {
        let holder: Option<String> = row.try_get("holder")?;
        if !holder.is_some_and(|holder| is_gone(&holder)) {
            continue;
        }
        // By its token, since it may have passed on to somebody alive meanwhile.
        let text = match row.try_get::<String, _>("held")?.as_str() {
            "lock" => "UPDATE lease SET until = 0 WHERE name = $1 AND token = $2",
            "job" => {
                "UPDATE job SET lease_until = 0 WHERE id = $1 AND lease_token = $2 AND state = 'running'"
            }
            _ => {
                "UPDATE outbox SET lease_until = 0 WHERE op_id = $1 AND lease_token = $2 AND state = 'claimed'"
            }
        };
        let mut tx = store.begin().await?;
        sqlx::query(text)
            .bind(row.try_get::<String, _>("id")?)
            .bind(row.try_get::<i64, _>("token")?)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Tells from a statement that names a row with its token whether the token was still the one.
pub(crate) fn still_held(done: &AnyQueryResult) -> Result<()> {
    match done.rows_affected() {
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
