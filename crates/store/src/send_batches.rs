//! Batches on their way to Zendesk (profile-send.md 3, step 6): written before they are posted, and taken
//! out in the transaction that writes their outcome.

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::clean;
use crate::cases::maybe_moment;
use crate::database::Tx;
use crate::error::{Error, Result};

/// How a batch is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchKind {
    /// Many users in one job.
    Users,
    /// A call for each user.
    Single,
    /// What is done to users whose customers left.
    Leave,
    /// Users that are deleted.
    Delete,
}

impl BatchKind {
    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Single => "single",
            Self::Leave => "leave",
            Self::Delete => "delete",
        }
    }

    /// The kind of a word, exactly as written.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Users, Self::Single, Self::Leave, Self::Delete]
            .into_iter()
            .find(|one| one.as_str() == word)
    }
}

/// One batch. Its rows are personal data: `Debug` does not show them.
#[derive(Clone, PartialEq, Eq)]
pub struct SendBatch {
    /// Our id.
    pub id: String,
    /// Whose it is.
    pub workflow_id: String,
    /// How it is sent.
    pub kind: BatchKind,
    /// Zendesk's id of the job, once known.
    pub job_id: Option<String>,
    /// When Zendesk took it.
    pub posted_at: Option<Timestamp>,
    /// How often it was sent again.
    pub tries: i64,
    /// Whether its outcome was unknown once, so that it was sent again.
    pub again: bool,
    /// What is sent, as JSON of the engine's own.
    pub rows: String,
}

impl std::fmt::Debug for SendBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SendBatch")
            .field("id", &self.id)
            .field("workflow_id", &self.workflow_id)
            .field("kind", &self.kind)
            .field("job_id", &self.job_id)
            .field("posted_at", &self.posted_at)
            .field("tries", &self.tries)
            .field("again", &self.again)
            .finish_non_exhaustive()
    }
}

fn send_batch(row: &AnyRow) -> Result<SendBatch> {
    let word: String = row.try_get("kind")?;
    Ok(SendBatch {
        id: row.try_get("id")?,
        workflow_id: row.try_get("workflow_id")?,
        kind: BatchKind::parse(&word)
            .ok_or_else(|| Error::Damaged(format!("kind {word:?} of a batch")))?,
        job_id: row.try_get("job_id")?,
        posted_at: maybe_moment(row, "posted_at")?,
        tries: row.try_get("tries")?,
        again: row.try_get::<i64, _>("again")? != 0,
        rows: row.try_get("rows")?,
    })
}

/// Adds a batch. Only once this is committed may it be posted.
///
/// # Errors
/// As the database says.
pub async fn add(tx: &mut Tx, batch: &SendBatch) -> Result<()> {
    sqlx::query(
        "INSERT INTO send_batch (id, workflow_id, kind, job_id, posted_at, tries, again, rows) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(clean(&batch.id))
    .bind(clean(&batch.workflow_id))
    .bind(batch.kind.as_str().to_owned())
    .bind(batch.job_id.as_deref().map(clean))
    .bind(batch.posted_at.map(Timestamp::as_microsecond))
    .bind(batch.tries)
    .bind(i64::from(batch.again))
    .bind(clean(&batch.rows))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that Zendesk took a batch, and as which job. Only once this is committed may the job be polled.
///
/// # Errors
/// As the database says.
pub async fn keep_job(tx: &mut Tx, id: &str, job_id: &str, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE send_batch SET job_id = $2, posted_at = $3 WHERE id = $1")
        .bind(clean(id))
        .bind(clean(job_id))
        .bind(now.as_microsecond())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Notes that a batch of unknown outcome is sent again; its old job is forgotten.
///
/// # Errors
/// As the database says.
pub async fn again(tx: &mut Tx, id: &str) -> Result<()> {
    sqlx::query(
        "UPDATE send_batch SET again = 1, tries = tries + 1, job_id = NULL, posted_at = NULL WHERE id = $1",
    )
    .bind(clean(id))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The batches of a workflow whose outcome is not written yet, the oldest first.
///
/// # Errors
/// As the database says.
pub async fn open(connection: &mut AnyConnection, workflow_id: &str) -> Result<Vec<SendBatch>> {
    sqlx::query("SELECT * FROM send_batch WHERE workflow_id = $1 ORDER BY id")
        .bind(clean(workflow_id))
        .fetch_all(connection)
        .await?
        .iter()
        .map(send_batch)
        .collect()
}

/// Takes a batch out, in the transaction that writes its outcome.
///
/// # Errors
/// As the database says.
pub async fn remove(tx: &mut Tx, id: &str) -> Result<()> {
    sqlx::query("DELETE FROM send_batch WHERE id = $1")
        .bind(clean(id))
        .execute(&mut **tx)
        .await?;
    Ok(())
}
