//! What happened to each case, chained so that a missing or altered entry shows.
//!
//! A case made by a pull has no entry at first: its row, with the run that made it, is the whole
//! story. At its first change two entries are written, the state before it and the change, so that
//! replaying a case's entries always gives its present state. A case that somebody makes here has one
//! entry from the start, which tells who made it and its first state.

use std::collections::HashMap;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, clean, select_in};
use crate::database::Tx;
use crate::error::Result;

/// Something that happened to a case.
pub struct Event {
    /// The case.
    pub case_id: String,
    /// Whose doing it was: `crm` or `zendesk`.
    pub side: &'static str,
    /// Who: a person, or `pull`.
    pub actor: String,
    /// In which run, if in one.
    pub run_id: Option<String>,
    /// What changed, as JSON.
    pub body: String,
    /// The state before, as JSON: written first if this is the case's first entry. Empty if there was
    /// nothing before.
    pub before: String,
}

/// An entry as it is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counts up per case, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Whose doing it was.
    pub side: String,
    /// Who.
    pub actor: String,
    /// In which run.
    pub run_id: Option<String>,
    /// What changed, as JSON; none once it was purged.
    pub body: Option<String>,
}

struct Row<'a> {
    event: &'a Event,
    seq: i64,
    actor: String,
    body: String,
    body_hash: String,
    prev_hash: String,
    hash: String,
}

static INSERT: Bulk = Bulk::new(
    "INSERT INTO history (case_id, seq, at, side, actor, run_id, body, body_hash, prev_hash, hash)",
    10,
    "",
);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn chain(
    prev: &str,
    case: &str,
    seq: i64,
    at: Timestamp,
    side: &str,
    actor: &str,
    body_hash: &str,
) -> String {
    let mut hasher = Sha256::new();
    for part in [
        prev,
        case,
        &seq.to_string(),
        &at.as_microsecond().to_string(),
        side,
        actor,
        body_hash,
    ] {
        // The length before each part: no two different entries feed the hash the same bytes.
        hasher.update(part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hex(&hasher.finalize())
}

/// Adds events to their cases' histories, in the order given.
///
/// # Errors
/// As the database says.
pub async fn append(tx: &mut Tx, events: &[Event], now: Timestamp) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let cases: Vec<&str> = events.iter().map(|event| event.case_id.as_str()).collect();
    let ends = select_in(
        tx,
        "SELECT h.case_id, h.seq, h.hash FROM history h WHERE h.seq = (SELECT MAX(m.seq) FROM history m WHERE m.case_id = h.case_id) AND h.case_id IN",
        None,
        &cases,
        "",
    )
    .await?;
    let mut last: HashMap<String, (i64, String)> = ends
        .iter()
        .map(|row| {
            Ok((
                row.try_get("case_id")?,
                (row.try_get("seq")?, row.try_get("hash")?),
            ))
        })
        .collect::<Result<_>>()?;
    let mut rows = Vec::with_capacity(events.len() + cases.len());
    for event in events {
        let (mut seq, mut prev) = last.remove(&event.case_id).unwrap_or_default();
        let first = seq == 0;
        let before = Some(event.before.as_str()).filter(|before| first && !before.is_empty());
        for body in before.into_iter().chain([event.body.as_str()]) {
            seq += 1;
            // The hash covers what will be read back.
            let (actor, body) = (clean(&event.actor), clean(body));
            let body_hash = hex(&Sha256::digest(body.as_bytes()));
            let hash = chain(
                &prev,
                &event.case_id,
                seq,
                now,
                event.side,
                &actor,
                &body_hash,
            );
            rows.push(Row {
                event,
                seq,
                actor,
                body,
                body_hash,
                prev_hash: std::mem::replace(&mut prev, hash.clone()),
                hash,
            });
        }
        last.insert(event.case_id.clone(), (seq, prev));
    }
    INSERT
        .run(tx, &rows, |out, row| {
            out.text(&row.event.case_id)
                .int(row.seq)
                .int(now.as_microsecond())
                .text(row.event.side)
                .text(&row.actor)
                .maybe_text(row.event.run_id.as_deref())
                .text(&row.body)
                .text(&row.body_hash)
                .text(&row.prev_hash)
                .text(&row.hash);
        })
        .await?;
    Ok(())
}

/// The history of a case, oldest first.
///
/// # Errors
/// As the database says.
pub async fn of_case(connection: &mut AnyConnection, case: &str) -> Result<Vec<Entry>> {
    sqlx::query(
        "SELECT seq, at, side, actor, run_id, body FROM history WHERE case_id = $1 ORDER BY seq",
    )
    .bind(clean(case))
    .fetch_all(connection)
    .await?
    .iter()
    .map(entry)
    .collect()
}

/// The latest entries of a case's history, newest first: those below `before`, an entry's `seq`, if
/// given; at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn latest(
    connection: &mut AnyConnection,
    case: &str,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Entry>> {
    sqlx::query(
        "SELECT seq, at, side, actor, run_id, body FROM history WHERE case_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
    )
    .bind(clean(case))
    .bind(before.unwrap_or(i64::MAX))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(entry)
    .collect()
}

fn entry(row: &AnyRow) -> Result<Entry> {
    Ok(Entry {
        seq: row.try_get("seq")?,
        at: crate::cases::moment(row, "at")?,
        side: row.try_get("side")?,
        actor: row.try_get("actor")?,
        run_id: row.try_get("run_id")?,
        body: row.try_get("body")?,
    })
}

/// What happened to cases from `since` on, as `(case number, place in its history, body)`, behind the entry
/// `after` if given: changes only, without the first entries, which tell what cases began with.
///
/// # Errors
/// As the database says.
pub async fn since(
    connection: &mut AnyConnection,
    since: Timestamp,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<(i64, i64, String)>> {
    let (number, seq) = after.unwrap_or((i64::MIN, 0));
    sqlx::query(
        "SELECT c.number, h.seq, h.body FROM history h JOIN crm_case c ON c.id = h.case_id \
         WHERE h.at >= $1 AND h.seq > 1 AND h.body IS NOT NULL AND (c.number, h.seq) > ($2, $3) \
         ORDER BY c.number, h.seq LIMIT $4",
    )
    .bind(since.as_microsecond())
    .bind(number)
    .bind(seq)
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok((
            row.try_get("number")?,
            row.try_get("seq")?,
            row.try_get("body")?,
        ))
    })
    .collect()
}

/// Whether a case's chain is whole: no entry missing, none altered. Purged bodies are no break.
///
/// # Errors
/// As the database says.
pub async fn chain_is_whole(connection: &mut AnyConnection, case: &str) -> Result<bool> {
    let rows = sqlx::query("SELECT seq, at, side, actor, body, body_hash, prev_hash, hash FROM history WHERE case_id = $1 ORDER BY seq")
        .bind(clean(case))
        .fetch_all(connection)
        .await?;
    let mut prev = String::new();
    for (n, row) in (1_i64..).zip(&rows) {
        let text = |column: &str| row.try_get::<String, _>(column);
        let (seq, body_hash, hash): (i64, _, _) =
            (row.try_get("seq")?, text("body_hash")?, text("hash")?);
        let body: Option<String> = row.try_get("body")?;
        let expected = chain(
            &prev,
            case,
            seq,
            crate::cases::moment(row, "at")?,
            &text("side")?,
            &text("actor")?,
            &body_hash,
        );
        let body_fits = body.is_none_or(|body| hex(&Sha256::digest(body.as_bytes())) == body_hash);
        if seq != n || text("prev_hash")? != prev || hash != expected || !body_fits {
            return Ok(false);
        }
        prev = hash;
    }
    Ok(true)
}

/// Empties the bodies of these cases' entries, keeping their hashes: a privacy purge.
///
/// # Errors
/// As the database says.
pub async fn purge(tx: &mut Tx, cases: &[String]) -> Result<()> {
    for case in cases {
        sqlx::query("UPDATE history SET body = NULL WHERE case_id = $1 AND body IS NOT NULL")
            .bind(case.clone())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
