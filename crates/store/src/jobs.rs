//! The job queue: work that exists if and only if the transaction that asked for it committed.
//!
//! A claim raises the job's lease token; every transaction of the worker confirms it, so that one
//! whose lease has ended and passed on cannot write (reliability.md 5, F40 and F41).

use std::time::Duration;

use clock::Dice;
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use crate::bulk::clean;
use crate::database::{Store, Tx};
use crate::error::Result;
use crate::ids::new_id;
use crate::leases::{after, still_held};

/// A claimed job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Our id.
    pub id: String,
    /// What is to be done.
    pub kind: String,
    /// To what: an integration's id.
    pub subject: String,
    /// With what, as JSON or an id.
    pub payload: String,
    /// How often it has been claimed.
    pub attempts: i64,
    /// The fencing token of this claim.
    pub lease_token: i64,
}

/// Adds a job, unless one of its kind and subject is already waiting or running. Returns whether it
/// was added.
///
/// # Errors
/// As the database says.
pub async fn add(
    tx: &mut Tx,
    kind: &str,
    subject: &str,
    payload: &str,
    now: Timestamp,
    dice: &dyn Dice,
) -> Result<bool> {
    let added = sqlx::query(
        "INSERT INTO job (id, kind, subject, payload, state, not_before, created_at) VALUES ($1, $2, $3, $4, 'waiting', $5, $5) \
         ON CONFLICT DO NOTHING",
    )
    .bind(new_id(now, dice))
    .bind(clean(kind))
    .bind(clean(subject))
    .bind(clean(payload))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(added.rows_affected() > 0)
}

fn job(row: &AnyRow) -> Result<Job> {
    Ok(Job {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        subject: row.try_get("subject")?,
        payload: row.try_get("payload")?,
        attempts: row.try_get("attempts")?,
        lease_token: row.try_get("lease_token")?,
    })
}

/// Claims the job that has been due longest, of any subject or only of `subject`: one that waits,
/// or one whose worker has let its lease end.
///
/// # Errors
/// As the database says.
pub async fn claim(
    store: &Store,
    subject: Option<&str>,
    holder: &str,
    now: Timestamp,
    lease: Duration,
) -> Result<Option<Job>> {
    if !is_due(&mut *store.read().await?, subject, now).await? {
        // Looking costs no write lock: an idle worker does not disturb anybody.
        return Ok(None);
    }
    let text = format!(
        "UPDATE job SET state = 'running', attempts = attempts + 1, lease_holder = $1, lease_token = lease_token + 1, lease_until = $2 \
         WHERE id = (SELECT id FROM job WHERE ((state = 'waiting' AND not_before <= $3) OR (state = 'running' AND lease_until <= $3)) \
         AND ($4 = '' OR subject = $4) ORDER BY not_before, id LIMIT 1{}) RETURNING *",
        store.dialect().skipping()
    );
    let mut tx = store.begin().await?;
    let row = sqlx::query(AssertSqlSafe(text))
        .bind(clean(holder))
        .bind(after(now, lease))
        .bind(now.as_microsecond())
        .bind(clean(subject.unwrap_or_default()))
        .fetch_optional(&mut *tx)
        .await?;
    let claimed = row.as_ref().map(job).transpose()?;
    tx.commit().await?;
    Ok(claimed)
}

async fn is_due(
    connection: &mut AnyConnection,
    subject: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    Ok(sqlx::query(
        "SELECT 1 FROM job WHERE ((state = 'waiting' AND not_before <= $1) OR (state = 'running' AND lease_until <= $1)) \
         AND ($2 = '' OR subject = $2) LIMIT 1",
    )
    .bind(now.as_microsecond())
    .bind(clean(subject.unwrap_or_default()))
    .fetch_optional(connection)
    .await?
    .is_some())
}

/// Makes sure, inside a writing transaction, that the claim still stands, and lengthens its lease.
///
/// # Errors
/// [`crate::Error::LeaseLost`] if another worker has claimed the job since.
pub async fn confirm(tx: &mut Tx, job: &Job, now: Timestamp, lease: Duration) -> Result<()> {
    let held = sqlx::query(
        "UPDATE job SET lease_until = $3 WHERE id = $1 AND lease_token = $2 AND state = 'running'",
    )
    .bind(job.id.clone())
    .bind(job.lease_token)
    .bind(after(now, lease))
    .execute(&mut **tx)
    .await?;
    still_held(&held)
}

/// Ends the job. `problem` says why it failed, if it did.
///
/// # Errors
/// [`crate::Error::LeaseLost`] if another worker has claimed the job since.
pub async fn end(tx: &mut Tx, job: &Job, problem: Option<&str>, now: Timestamp) -> Result<()> {
    let held = sqlx::query(
        "UPDATE job SET state = $3, problem = $4, ended_at = $5, lease_until = 0 WHERE id = $1 AND lease_token = $2 AND state = 'running'",
    )
    .bind(job.id.clone())
    .bind(job.lease_token)
    .bind(if problem.is_some() { "failed" } else { "done" }.to_owned())
    .bind(problem.map(clean))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    still_held(&held)
}

/// Puts the job back into the queue, to be claimed again from `not_before` on.
///
/// # Errors
/// [`crate::Error::LeaseLost`] if another worker has claimed the job since.
pub async fn put_off(tx: &mut Tx, job: &Job, not_before: Timestamp) -> Result<()> {
    let held = sqlx::query(
        "UPDATE job SET state = 'waiting', not_before = $3, lease_until = 0, lease_holder = NULL WHERE id = $1 AND lease_token = $2 AND state = 'running'",
    )
    .bind(job.id.clone())
    .bind(job.lease_token)
    .bind(not_before.as_microsecond())
    .execute(&mut **tx)
    .await?;
    still_held(&held)
}

/// Removes jobs that ended before `before`, so that the table stays small.
///
/// # Errors
/// As the database says.
pub async fn sweep(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    Ok(
        sqlx::query("DELETE FROM job WHERE state IN ('done', 'failed') AND ended_at < $1")
            .bind(before.as_microsecond())
            .execute(&mut **tx)
            .await?
            .rows_affected(),
    )
}

/// How long the lease of the running job of `subject` still lasts, if one runs and somebody holds it.
///
/// # Errors
/// As the database says.
pub async fn held_until(
    connection: &mut AnyConnection,
    kind: &str,
    subject: &str,
) -> Result<Option<Timestamp>> {
    let row = sqlx::query(
        "SELECT lease_until FROM job WHERE kind = $1 AND subject = $2 AND state = 'running'",
    )
    .bind(clean(kind))
    .bind(clean(subject))
    .fetch_optional(connection)
    .await?;
    row.map(|row| crate::cases::moment(&row, "lease_until"))
        .transpose()
}
