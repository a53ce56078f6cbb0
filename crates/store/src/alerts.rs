//! What people are told of workflows: the notifications pane (profile-send.md 4).

use clock::Dice;
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

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

/// Alerts, newest first, behind the one made at `before.0` with the id `before.1`, at most `limit`. With
/// `among`, those of workflows to other destinations than these are left out.
///
/// # Errors
/// As the database says.
pub async fn page(
    connection: &mut AnyConnection,
    before: Option<(Timestamp, &str)>,
    among: Option<&[String]>,
    limit: i64,
) -> Result<Vec<Alert>> {
    let mut text =
        "SELECT * FROM alert WHERE (created_at < $1 OR (created_at = $1 AND id < $2))".to_owned();
    if let Some(among) = among {
        text.push_str(&only_among(4, among.len()));
    }
    text.push_str(" ORDER BY created_at DESC, id DESC LIMIT $3");
    let (at, id) = before.map_or((i64::MAX, ""), |(at, id)| (at.as_microsecond(), id));
    let mut query = sqlx::query(AssertSqlSafe(text))
        .bind(at)
        .bind(clean(id))
        .bind(limit);
    for id in among.unwrap_or_default() {
        query = query.bind(clean(id));
    }
    query
        .fetch_all(connection)
        .await?
        .iter()
        .map(alert)
        .collect()
}

/// The condition that an alert is about no workflow, or about one to one of so many destinations, whose
/// ids are bound from `first` on.
fn only_among(first: usize, many: usize) -> String {
    if many == 0 {
        return " AND workflow_id IS NULL".to_owned();
    }
    let places: Vec<String> = (first..first + many)
        .map(|place| format!("${place}"))
        .collect();
    format!(
        " AND (workflow_id IS NULL OR EXISTS (SELECT 1 FROM workflow WHERE workflow.id = alert.workflow_id \
         AND workflow.destination_id IN ({})))",
        places.join(", ")
    )
}

/// Notes that a person saw every alert made up to `now`; with `among`, as [`page`] leaves some out. Returns
/// how many were new.
///
/// # Errors
/// As the database says.
pub async fn mark_all_seen(tx: &mut Tx, among: Option<&[String]>, now: Timestamp) -> Result<u64> {
    let mut text =
        "UPDATE alert SET seen_at = $1 WHERE seen_at IS NULL AND created_at <= $1".to_owned();
    if let Some(among) = among {
        text.push_str(&only_among(2, among.len()));
    }
    let mut query = sqlx::query(AssertSqlSafe(text)).bind(now.as_microsecond());
    for id in among.unwrap_or_default() {
        query = query.bind(clean(id));
    }
    Ok(query.execute(&mut **tx).await?.rows_affected())
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

/// How the text of [`Alert::mailed`] begins once nothing of it is left to send: [`undelivered`] does not
/// return it any more.
pub const OVER: &str = "{\"over\":true";

/// Alerts that are not over and were made since, the oldest first, at most `limit`, behind the one that was
/// made at `after.0` with the id `after.1`.
///
/// # Errors
/// As the database says.
pub async fn undelivered(
    connection: &mut AnyConnection,
    since: Timestamp,
    after: (Timestamp, &str),
    limit: i64,
) -> Result<Vec<Alert>> {
    sqlx::query(
        "SELECT * FROM alert WHERE created_at >= $1 AND (mailed IS NULL OR mailed NOT LIKE $2) \
         AND (created_at > $3 OR (created_at = $3 AND id > $4)) ORDER BY created_at, id LIMIT $5",
    )
    .bind(since.as_microsecond())
    .bind(format!("{OVER}%"))
    .bind(after.0.as_microsecond())
    .bind(after.1.to_owned())
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(alert)
    .collect()
}

/// Notes what went out, if nobody else has noted anything since `before` was read. Returns whether.
///
/// # Errors
/// As the database says.
pub async fn exchange_mailed(
    tx: &mut Tx,
    id: &str,
    before: Option<&str>,
    mailed: &str,
) -> Result<bool> {
    let changed =
        sqlx::query("UPDATE alert SET mailed = $3 WHERE id = $1 AND COALESCE(mailed, '') = $2")
            .bind(clean(id))
            .bind(before.unwrap_or_default().to_owned())
            .bind(clean(mailed))
            .execute(&mut **tx)
            .await?;
    Ok(changed.rows_affected() > 0)
}

/// What was last told of this workflow, or of any send of its orchestration.
///
/// # Errors
/// As the database says.
pub async fn last_of(
    connection: &mut AnyConnection,
    workflow_id: &str,
    orchestration_id: Option<&str>,
) -> Result<Option<Alert>> {
    let row = sqlx::query(
        "SELECT alert.* FROM alert JOIN workflow ON workflow.id = alert.workflow_id \
         WHERE workflow.id = $1 OR (workflow.orchestration_id = $2 AND workflow.kind = 'send') \
         ORDER BY alert.created_at DESC, alert.id DESC LIMIT 1",
    )
    .bind(clean(workflow_id))
    .bind(orchestration_id.unwrap_or_default().to_owned())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(alert).transpose()
}

/// Whether an alert of this kind with this very sentence waits to be seen.
///
/// # Errors
/// As the database says.
pub async fn is_told(connection: &mut AnyConnection, kind: &str, sentence: &str) -> Result<bool> {
    let count: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM alert WHERE seen_at IS NULL AND kind = $1 AND sentence = $2",
    )
    .bind(clean(kind))
    .bind(clean(sentence))
    .fetch_one(connection)
    .await?;
    Ok(count > 0)
}
