//! What came in by itself, and what is to be looked at because of it (reliability.md 7).
//!
//! A webhook's event is noted once ([`receive`]) and is otherwise only a hint that its record may have
//! changed. Hints of one record are one row, however many there were: the record is fetched once.

use std::fmt;

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, clean};
use crate::cases::{maybe_moment, moment};
use crate::database::Tx;
use crate::error::{Error, Result};

/// Which record of Zendesk a hint is about. Kept as `ticket:<id>` and `user:<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A ticket, with its comments.
    Ticket(i64),
    /// A user.
    User(i64),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticket(id) => write!(f, "ticket:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
        }
    }
}

impl Subject {
    /// The subject of such a text; none of any other.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        let id = id.parse().ok()?;
        match kind {
            "ticket" => Some(Self::Ticket(id)),
            "user" => Some(Self::User(id)),
            _ => None,
        }
    }
}

/// A record that is to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Of which account.
    pub integration_id: String,
    /// Which record.
    pub subject: Subject,
    /// Since when it has waited.
    pub received_at: Timestamp,
    /// Not to be looked at before.
    pub not_before: Timestamp,
    /// Rises with every hint: one that comes in later has another one, and is not answered with this.
    pub version: i64,
}

fn hint_of(row: &AnyRow) -> Result<Hint> {
    let subject: String = row.try_get("subject")?;
    Ok(Hint {
        integration_id: row.try_get("integration_id")?,
        subject: Subject::parse(&subject)
            .ok_or_else(|| Error::Damaged(format!("hint {subject:?}")))?,
        received_at: moment(row, "received_at")?,
        not_before: moment(row, "not_before")?,
        version: row.try_get("version")?,
    })
}

/// Notes an event that came in from `source` (`webhook`), and that its record is to be looked at now.
/// False, and nothing is noted, if the event was seen before.
///
/// # Errors
/// As the database says.
pub async fn receive(
    tx: &mut Tx,
    source: &str,
    event_id: &str,
    integration: &str,
    subject: Subject,
    now: Timestamp,
) -> Result<bool> {
    let noted = sqlx::query(
        "INSERT INTO inbox (integration_id, source, event_id, subject, received_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (integration_id, source, event_id) DO NOTHING",
    )
    .bind(clean(integration))
    .bind(clean(source))
    .bind(clean(event_id))
    .bind(subject.to_string())
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    if noted.rows_affected() == 0 {
        return Ok(false);
    }
    hint(tx, integration, &[subject], now, now).await?;
    Ok(true)
}

static HINT: Bulk = Bulk::new(
    "INSERT INTO hint (integration_id, subject, state, received_at, not_before)",
    5,
    "ON CONFLICT (integration_id, subject) DO UPDATE SET state = excluded.state, version = hint.version + 1, \
     received_at = CASE hint.state WHEN 'waiting' THEN hint.received_at ELSE excluded.received_at END, \
     not_before = CASE WHEN hint.state = 'waiting' AND hint.not_before < excluded.not_before THEN hint.not_before ELSE excluded.not_before END",
);

/// Asks, at `now`, that these records be looked at from `not_before` on. One that waits already waits no
/// longer than before.
///
/// # Errors
/// As the database says.
pub async fn hint(
    tx: &mut Tx,
    integration: &str,
    subjects: &[Subject],
    now: Timestamp,
    not_before: Timestamp,
) -> Result<()> {
    // Each once, and always in the same order, so that two transactions never wait for each other.
    let mut subjects = subjects.to_vec();
    subjects.sort_unstable();
    subjects.dedup();
    HINT.run(tx, &subjects, |row, subject| {
        row.text(integration)
            .text(&subject.to_string())
            .text("waiting")
            .int(now.as_microsecond())
            .int(not_before.as_microsecond());
    })
    .await?;
    Ok(())
}

/// What is to be looked at now, of active integrations: what has waited longest first, at most `limit`.
///
/// # Errors
/// [`Error::Damaged`] if one cannot be read.
pub async fn due(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<Vec<Hint>> {
    some(connection, "", now, limit).await
}

/// As [`due`], of one integration; none while it is inactive.
///
/// # Errors
/// As [`due`].
pub async fn due_of(
    connection: &mut AnyConnection,
    integration: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Hint>> {
    some(connection, integration, now, limit).await
}

async fn some(
    connection: &mut AnyConnection,
    integration: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Hint>> {
    sqlx::query(
        "SELECT h.* FROM hint h JOIN integration i ON i.id = h.integration_id AND i.active = 1 \
         WHERE h.state = 'waiting' AND h.not_before <= $1 AND ($2 = '' OR h.integration_id = $2) \
         ORDER BY h.not_before, h.received_at, h.subject LIMIT $3",
    )
    .bind(now.as_microsecond())
    .bind(clean(integration))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(hint_of)
    .collect()
}

/// When there is something to look at next, of any active integration; may be past.
///
/// # Errors
/// As the database says.
pub async fn next_due(connection: &mut AnyConnection) -> Result<Option<Timestamp>> {
    let row = sqlx::query(
        "SELECT MIN(h.not_before) AS due FROM hint h JOIN integration i ON i.id = h.integration_id AND i.active = 1 \
         WHERE h.state = 'waiting'",
    )
    .fetch_one(connection)
    .await?;
    maybe_moment(&row, "due")
}

/// As [`next_due`], of one integration.
///
/// # Errors
/// As the database says.
pub async fn next_due_of(
    connection: &mut AnyConnection,
    integration: &str,
) -> Result<Option<Timestamp>> {
    let row = sqlx::query(
        "SELECT MIN(not_before) AS due FROM hint WHERE integration_id = $1 AND state = 'waiting'",
    )
    .bind(clean(integration))
    .fetch_one(connection)
    .await?;
    maybe_moment(&row, "due")
}

/// Notes that these were looked at, in the transaction that keeps what was found. One that was hinted
/// at again meanwhile goes on waiting. Returns how many are answered.
///
/// # Errors
/// As the database says.
pub async fn done(tx: &mut Tx, hints: &[Hint]) -> Result<u64> {
    let mut answered = 0;
    for hint in hints {
        answered += sqlx::query(
            "UPDATE hint SET state = 'done' WHERE integration_id = $1 AND subject = $2 AND version = $3 AND state = 'waiting'",
        )
        .bind(clean(&hint.integration_id))
        .bind(hint.subject.to_string())
        .bind(hint.version)
        .execute(&mut **tx)
        .await?
        .rows_affected();
    }
    Ok(answered)
}

/// Puts these off: they could not be looked at, or it would have been too early. One that was hinted at
/// again meanwhile stays due.
///
/// # Errors
/// As the database says.
pub async fn postpone(tx: &mut Tx, hints: &[Hint], not_before: Timestamp) -> Result<()> {
    for hint in hints {
        sqlx::query(
            "UPDATE hint SET not_before = $4 WHERE integration_id = $1 AND subject = $2 AND version = $3 AND state = 'waiting'",
        )
        .bind(clean(&hint.integration_id))
        .bind(hint.subject.to_string())
        .bind(hint.version)
        .bind(not_before.as_microsecond())
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Forgets events that came in before `before`, and hints answered that came in before, at most 10,000
/// of each at a time. Callers keep them for 30 days, so that a replay is refused.
///
/// # Errors
/// As the database says.
pub async fn sweep(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let mut swept = 0;
    for text in [
        "DELETE FROM inbox WHERE (integration_id, source, event_id) IN \
         (SELECT integration_id, source, event_id FROM inbox WHERE received_at < $1 LIMIT 10000)",
        "DELETE FROM hint WHERE (integration_id, subject) IN \
         (SELECT integration_id, subject FROM hint WHERE state = 'done' AND received_at < $1 LIMIT 10000)",
    ] {
        swept += sqlx::query(text)
            .bind(before.as_microsecond())
            .execute(&mut **tx)
            .await?
            .rows_affected();
    }
    Ok(swept)
}

/// How much of an integration is still to be looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenCounts {
    /// How many records.
    pub waiting: i64,
    /// Since when the oldest of them has waited.
    pub oldest_at: Option<Timestamp>,
}

/// How much of an integration is still to be looked at.
///
/// # Errors
/// As the database says.
pub async fn open_counts(connection: &mut AnyConnection, integration: &str) -> Result<OpenCounts> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS n, MIN(received_at) AS oldest FROM hint WHERE integration_id = $1 AND state = 'waiting'",
    )
    .bind(clean(integration))
    .fetch_one(connection)
    .await?;
    Ok(OpenCounts {
        waiting: row.try_get("n")?,
        oldest_at: maybe_moment(&row, "oldest")?,
    })
}
