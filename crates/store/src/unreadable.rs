//! Records that Zendesk sent and that could not be read: kept whole until they can be.

use jiff::Timestamp;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, clean};
use crate::database::Tx;
use crate::error::Result;

/// A record that could not be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Which stream or list it came in: `users`, `tickets`, `ticket_events`, `comments`, `group`…
    pub stream: String,
    /// What tells it from the others there: its id, or `#` and a hash where it has none.
    pub key: String,
    /// Why it could not be read, as a sentence without its content.
    pub problem: String,
    /// All that Zendesk sent, as JSON.
    pub raw: String,
}

impl std::fmt::Debug for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unreadable")
            .field("stream", &self.stream)
            .field("key", &self.key)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}

static KEEP: Bulk = Bulk::new(
    "INSERT INTO unreadable_record (integration_id, stream, record_key, problem, raw, at)",
    6,
    "ON CONFLICT (integration_id, stream, record_key) DO UPDATE SET problem = excluded.problem, raw = excluded.raw, at = excluded.at \
     WHERE unreadable_record.raw <> excluded.raw",
);

/// Keeps records that could not be read. One that is kept already just so costs no write.
///
/// # Errors
/// As the database says.
pub async fn keep(
    tx: &mut Tx,
    integration: &str,
    records: &[Unreadable],
    now: Timestamp,
) -> Result<()> {
    // One statement may touch a row only once, so of records with one key the last counts.
    let mut last: Vec<&Unreadable> = Vec::with_capacity(records.len());
    for record in records {
        last.retain(|other| (&other.stream, &other.key) != (&record.stream, &record.key));
        last.push(record);
    }
    KEEP.run(tx, &last, |row, record| {
        row.text(integration)
            .text(&record.stream)
            .text(&record.key)
            .text(&record.problem)
            .text(&record.raw)
            .int(now.as_microsecond());
    })
    .await?;
    Ok(())
}

static FORGET: Bulk = Bulk::new(
    "DELETE FROM unreadable_record WHERE (integration_id, stream, record_key) IN (",
    3,
    ")",
);

/// Forgets records, by stream and key, that have been read well since. Returns how many there were.
///
/// # Errors
/// As the database says.
pub async fn forget(
    tx: &mut Tx,
    integration: &str,
    read_well: &[(&'static str, String)],
) -> Result<u64> {
    FORGET
        .run(tx, read_well, |row, (stream, key)| {
            row.text(integration).text(stream).text(key);
        })
        .await
}

/// Forgets what belongs to these tickets, which Zendesk has erased: events of them, and comments of
/// their own lists.
///
/// # Errors
/// As the database says.
pub async fn purge(tx: &mut Tx, integration: &str, tickets: &[i64]) -> Result<()> {
    for ticket in tickets {
        // An event's ticket stands in its JSON only, as a number or, in old forms, as a text.
        sqlx::query(
            "DELETE FROM unreadable_record WHERE integration_id = $1 AND (record_key LIKE $2 OR \
             raw LIKE $3 OR raw LIKE $4 OR raw LIKE $5)",
        )
        .bind(clean(integration))
        .bind(format!("{ticket}/%"))
        .bind(format!("%\"ticket_id\":{ticket},%"))
        .bind(format!("%\"ticket_id\":{ticket}}}%"))
        .bind(format!("%\"ticket_id\":\"{ticket}\"%"))
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Whether any record is kept.
///
/// # Errors
/// As the database says.
pub async fn exist(connection: &mut AnyConnection, integration: &str) -> Result<bool> {
    let row = sqlx::query("SELECT 1 FROM unreadable_record WHERE integration_id = $1 LIMIT 1")
        .bind(clean(integration))
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// The kept records, in the order of stream and key, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    connection: &mut AnyConnection,
    integration: &str,
    limit: i64,
) -> Result<Vec<Unreadable>> {
    sqlx::query(
        "SELECT stream, record_key, problem, raw FROM unreadable_record WHERE integration_id = $1 \
         ORDER BY stream, record_key LIMIT $2",
    )
    .bind(clean(integration))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(Unreadable {
            stream: row.try_get("stream")?,
            key: row.try_get("record_key")?,
            problem: row.try_get("problem")?,
            raw: row.try_get("raw")?,
        })
    })
    .collect()
}
