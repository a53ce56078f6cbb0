//! What people and the engine are told of operations.

use std::collections::HashMap;

use domain::outbox::{Kind, Operation};
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::operation;
use crate::bulk::{clean, select_in};
use crate::cases::maybe_moment;
use crate::error::Result;

/// An operation with what the database keeps beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// It.
    pub operation: Operation,
    /// Whose Zendesk it is for.
    pub integration_id: String,
    /// Who asked for it: a user's id, or `sync`.
    pub requested_by: String,
    /// Which worker has it, while it is claimed.
    pub lease_holder: Option<String>,
    /// When it was delivered or given up.
    pub ended_at: Option<Timestamp>,
}

fn entry(row: &AnyRow) -> Result<Entry> {
    Ok(Entry {
        operation: operation(row)?,
        integration_id: row.try_get("integration_id")?,
        requested_by: row.try_get("requested_by")?,
        lease_holder: row.try_get("lease_holder")?,
        ended_at: maybe_moment(row, "ended_at")?,
    })
}

/// The operation with this id, whatever its state.
///
/// # Errors
/// [`crate::Error::Damaged`] if it cannot be read.
pub async fn find(connection: &mut AnyConnection, op_id: &str) -> Result<Option<Entry>> {
    let row = sqlx::query("SELECT * FROM outbox WHERE op_id = $1")
        .bind(clean(op_id))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(entry).transpose()
}

/// Those of these ids that are operations of ours, whatever their state: who finds a marker in Zendesk
/// learns what it belongs to.
///
/// # Errors
/// [`crate::Error::Damaged`] if one cannot be read.
pub async fn by_ids(
    connection: &mut AnyConnection,
    op_ids: &[String],
) -> Result<HashMap<String, Entry>> {
    select_in(
        connection,
        "SELECT * FROM outbox WHERE op_id IN",
        None,
        op_ids,
        "",
    )
    .await?
    .iter()
    .map(|row| entry(row).map(|entry| (entry.operation.op_id.clone(), entry)))
    .collect()
}

/// Cases of an integration whose line holds an operation that waits, by their ids, behind `after` if
/// given, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn waiting_cases_after(
    connection: &mut AnyConnection,
    integration: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<String>> {
    sqlx::query(
        "SELECT DISTINCT line FROM outbox WHERE integration_id = $1 AND state = 'waiting' AND kind <> 'person' AND line > $2 ORDER BY line LIMIT $3",
    )
    .bind(clean(integration))
    .bind(clean(after.unwrap_or_default()))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| Ok(row.try_get("line")?))
    .collect()
}

/// Every operation of a line that is still kept, ended ones too, in their order.
///
/// # Errors
/// [`crate::Error::Damaged`] if one cannot be read.
pub async fn of_line(connection: &mut AnyConnection, line: &str) -> Result<Vec<Entry>> {
    sqlx::query("SELECT * FROM outbox WHERE line = $1 ORDER BY seq")
        .bind(clean(line))
        .fetch_all(connection)
        .await?
        .iter()
        .map(entry)
        .collect()
}

/// Which parked operations are meant; those of all, if nothing is said.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParkedFilter<'a> {
    /// Only of this integration.
    pub integration: Option<&'a str>,
    /// Only of this case (or contact).
    pub case: Option<&'a str>,
    /// Only those that do this.
    pub kind: Option<Kind>,
}

/// Where a list of parked operations goes on: behind this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedCursor {
    /// When the last one that was told was noted.
    pub created_at: Timestamp,
    /// Its id.
    pub op_id: String,
}

/// A parked operation as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedEntry {
    /// The operation.
    pub entry: Entry,
    /// The number of its case; none if it is about a contact.
    pub case_number: Option<i64>,
}

impl ParkedEntry {
    /// Where a list goes on behind it.
    pub fn cursor(&self) -> ParkedCursor {
        ParkedCursor {
            created_at: self.entry.operation.created_at,
            op_id: self.entry.operation.op_id.clone(),
        }
    }
}

/// What is parked, the change noted last first, at most `limit` behind the cursor. A walk over an index:
/// page 10,000 costs as much as page 1.
///
/// # Errors
/// [`crate::Error::Damaged`] if one cannot be read.
pub async fn parked(
    connection: &mut AnyConnection,
    filter: ParkedFilter<'_>,
    after: Option<&ParkedCursor>,
    limit: i64,
) -> Result<Vec<ParkedEntry>> {
    let (created_at, op_id) = after.map_or((i64::MAX, ""), |cursor| {
        (cursor.created_at.as_microsecond(), cursor.op_id.as_str())
    });
    // By the index of what is asked for: a few of one line, or the newest of all.
    let of = match filter.case {
        Some(_) => "o.line = $2",
        None => "$2 = ''",
    };
    sqlx::query(AssertSqlSafe(format!(
        "SELECT o.*, c.number AS case_number FROM outbox o LEFT JOIN crm_case c ON c.id = o.line WHERE o.state = 'parked' \
         AND {of} AND ($1 = '' OR o.integration_id = $1) AND ($3 = '' OR o.kind = $3) \
         AND (o.created_at, o.op_id) < ($4, $5) ORDER BY o.created_at DESC, o.op_id DESC LIMIT $6",
    )))
    .bind(clean(filter.integration.unwrap_or_default()))
    .bind(clean(filter.case.unwrap_or_default()))
    .bind(filter.kind.map_or("", Kind::as_str).to_owned())
    .bind(created_at)
    .bind(clean(op_id))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(ParkedEntry {
            entry: entry(row)?,
            case_number: row.try_get("case_number")?,
        })
    })
    .collect()
}

/// How much of an integration is on its way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Operations that wait.
    pub waiting: i64,
    /// Operations a worker is at.
    pub claimed: i64,
    /// Operations that are parked.
    pub parked: i64,
    /// When the change that has waited longest was noted.
    pub oldest_waiting_at: Option<Timestamp>,
}

/// How much of an integration is on its way.
///
/// # Errors
/// As the database says.
pub async fn counts(connection: &mut AnyConnection, integration: &str) -> Result<Counts> {
    let rows = sqlx::query(
        "SELECT state, COUNT(*) AS n, MIN(created_at) AS oldest FROM outbox \
         WHERE integration_id = $1 AND state IN ('waiting', 'claimed', 'parked') GROUP BY state",
    )
    .bind(clean(integration))
    .fetch_all(connection)
    .await?;
    let mut counts = Counts::default();
    for row in &rows {
        let n = row.try_get("n")?;
        match row.try_get::<String, _>("state")?.as_str() {
            "waiting" => {
                counts.waiting = n;
                counts.oldest_waiting_at = maybe_moment(row, "oldest")?;
            }
            "claimed" => counts.claimed = n,
            _ => counts.parked = n,
        }
    }
    Ok(counts)
}

/// How many operations of a line sent something since then, and when the earliest of them did: a
/// ticket takes 30 updates in 10 minutes (zendesk-api.md 2).
///
/// # Errors
/// As the database says.
pub async fn sent_since(
    connection: &mut AnyConnection,
    line: &str,
    since: Timestamp,
) -> Result<(i64, Option<Timestamp>)> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS n, MIN(sent_at) AS oldest FROM outbox WHERE line = $1 AND sent_at >= $2",
    )
    .bind(clean(line))
    .bind(since.as_microsecond())
    .fetch_one(connection)
    .await?;
    Ok((row.try_get("n")?, maybe_moment(&row, "oldest")?))
}
