//! What people are told of workflows: the notifications pane (profile-send.md 4).

use clock::Dice;
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::clean;
use crate::cases::{maybe_moment, moment};
use crate::database::Tx;
use crate::error::Result;
use crate::ids::new_id;

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Our id.
    pub id: String,
    /// Which workflow it is about, if it is about one.
    pub workflow_id: Option<String>,
    /// What happened, as a word of the engine's own.
    pub kind: String,
    /// What happened, as a person reads it.
    pub sentence: String,
    /// When.
    pub created_at: Timestamp,
    /// When a person saw it.
    pub seen_at: Option<Timestamp>,
    /// What went out by mail and webhook, as JSON of the engine's own.
    pub mailed: Option<String>,
}

fn alert(row: &AnyRow) -> Result<Alert> {
    Ok(Alert {
        id: row.try_get("id")?,
        workflow_id: row.try_get("workflow_id")?,
        kind: row.try_get("kind")?,
        sentence: row.try_get("sentence")?,
        created_at: moment(row, "created_at")?,
        seen_at: maybe_moment(row, "seen_at")?,
        mailed: row.try_get("mailed")?,
    })
}

/// Adds an alert that nobody has seen. It goes when its workflow goes.
///
/// # Errors
/// As the database says.
pub async fn add(
    tx: &mut Tx,
    workflow_id: Option<&str>,
    kind: &str,
    sentence: &str,
    now: Timestamp,
    dice: &dyn Dice,
) -> Result<Alert> {
    let row = sqlx::query(
        "INSERT INTO alert (id, workflow_id, kind, sentence, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING *",
    )
    .bind(new_id(now, dice))
    .bind(workflow_id.map(clean))
    .bind(clean(kind))
    .bind(clean(sentence))
    .bind(now.as_microsecond())
    .fetch_one(&mut **tx)
    .await?;
    alert(&row)
}

/// The alert with this id.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<Alert>> {
    let row = sqlx::query("SELECT * FROM alert WHERE id = $1")
        .bind(clean(id))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(alert).transpose()
}

/// The last alerts, newest first, at most `limit`; only those that nobody has seen, if asked.
///
/// # Errors
/// As the database says.
pub async fn list(
    connection: &mut AnyConnection,
    only_unseen: bool,
    limit: i64,
) -> Result<Vec<Alert>> {
    let text = if only_unseen {
        "SELECT * FROM alert WHERE seen_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $1"
    } else {
        "SELECT * FROM alert ORDER BY created_at DESC, id DESC LIMIT $1"
    };
    sqlx::query(text)
        .bind(limit)
        .fetch_all(connection)
        .await?
        .iter()
        .map(alert)
        .collect()
}

/// How many alerts nobody has seen.
///
/// # Errors
/// As the database says.
pub async fn count_unseen(connection: &mut AnyConnection) -> Result<u64> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM alert WHERE seen_at IS NULL")
        .fetch_one(connection)
        .await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Notes that a person saw an alert; the first time counts.
///
/// # Errors
/// As the database says.
pub async fn mark_seen(tx: &mut Tx, id: &str, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE alert SET seen_at = $2 WHERE id = $1 AND seen_at IS NULL")
        .bind(clean(id))
        .bind(now.as_microsecond())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Notes what went out by mail and webhook.
///
/// # Errors
/// As the database says.
pub async fn keep_mailed(tx: &mut Tx, id: &str, mailed: &str) -> Result<()> {
    sqlx::query("UPDATE alert SET mailed = $2 WHERE id = $1")
        .bind(clean(id))
        .bind(clean(mailed))
        .execute(&mut **tx)
        .await?;
    Ok(())
}
