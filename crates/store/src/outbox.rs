//! Changes on their way to Zendesk (reliability.md 5): the rows of [`domain::outbox`].
//!
//! What an operation is, and which one of a line goes first, is decided there. Here is how it is kept,
//! and how a worker takes one ([`claim`]) so that no other has it too.

mod claiming;
mod pausing;
mod telling;

use std::collections::HashMap;

use domain::outbox::{Kind, Operation, Parked, Payload, State};
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

pub use claiming::{Claimed, claim, confirm, give_back, next_due};
pub use pausing::{SignInPause, end_sign_in_pause, pause_for_sign_in, sign_in_pause};
pub use telling::{
    Counts, Entry, ParkedCursor, ParkedEntry, ParkedFilter, by_ids, counts, find, of_line, parked,
    sent_since, waiting_cases_after,
};

use crate::bulk::{Bulk, clean, select_in};
use crate::cases::{maybe_moment, moment};
use crate::database::Tx;
use crate::error::{Error, Result};

static UPSERT: Bulk = Bulk::new(
    "INSERT INTO outbox (op_id, integration_id, line, seq, kind, payload, state, reason, attempts, not_before, \
     lease_token, lease_until, created_at, sent_at, unknown_until, requested_by, ended_at)",
    17,
    "ON CONFLICT (op_id) DO UPDATE SET payload = excluded.payload, state = excluded.state, reason = excluded.reason, \
     attempts = excluded.attempts, not_before = excluded.not_before, lease_token = excluded.lease_token, \
     lease_until = excluded.lease_until, \
     lease_holder = CASE excluded.state WHEN 'claimed' THEN outbox.lease_holder ELSE NULL END, \
     sent_at = excluded.sent_at, unknown_until = excluded.unknown_until, \
     ended_at = CASE excluded.state WHEN outbox.state THEN COALESCE(outbox.ended_at, excluded.ended_at) ELSE excluded.ended_at END",
);

/// Adds operations, or replaces what is kept of known ones, by id. The caller has read known ones in
/// this same transaction, under the lock of their case ([`crate::desks::lock`]). `requested_by` says of
/// new ones who asked: a user's id, or `sync`.
///
/// # Errors
/// As the database says: a place in a line is taken once, one operation of a line is claimed, and one
/// that makes its ticket is open or parked.
pub async fn put(
    tx: &mut Tx,
    integration: &str,
    requested_by: &str,
    operations: &[Operation],
    now: Timestamp,
) -> Result<()> {
    let mut rows = operations
        .iter()
        // What cannot be read is left as it is kept.
        .filter(|operation| operation.reason != Some(Parked::Unreadable))
        .map(|operation| {
            let payload = encode(&operation.payload)?;
            let reason = operation.reason.as_ref().map(encode).transpose()?;
            Ok((operation, payload, reason))
        })
        .collect::<Result<Vec<_>>>()?;
    // What makes way for another one of its line goes first.
    rows.sort_by_key(|(operation, ..)| match operation.state {
        State::Done | State::Discarded => 0,
        State::Parked => 1,
        State::Waiting | State::Claimed => 2,
    });
    UPSERT
        .run(tx, &rows, |row, (operation, payload, reason)| {
            let ended_at = match operation.state {
                State::Waiting | State::Claimed | State::Parked => None,
                State::Done | State::Discarded => Some(now.as_microsecond()),
            };
            row.text(&operation.op_id)
                .text(integration)
                .text(&operation.line)
                .int(operation.seq)
                .text(operation.kind.as_str())
                .text(payload)
                .text(operation.state.as_str())
                .maybe_text(reason.as_deref())
                .int(operation.attempts)
                .int(operation.not_before.as_microsecond())
                .int(operation.lease_token)
                .int(operation.lease_until.as_microsecond())
                .int(operation.created_at.as_microsecond())
                .maybe_int(operation.sent_at.map(Timestamp::as_microsecond))
                .maybe_int(operation.unknown_until.map(Timestamp::as_microsecond))
                .text(requested_by)
                .maybe_int(ended_at);
        })
        .await?;
    Ok(())
}

fn encode(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Damaged(error.to_string()))
}

/// An operation as its row keeps it. While two versions work side by side, the newer one may note what this
/// one cannot read. Such an operation stands in its line and is never due here: the newer version carries
/// it out, and nothing else has to wait for that.
pub(crate) fn operation(row: &AnyRow) -> Result<Operation> {
    let op_id: String = row.try_get("op_id")?;
    let damaged = |column: &str| Error::Damaged(format!("{column} of the operation {op_id}"));
    let text = |column: &str| row.try_get::<String, _>(column);
    let reason: Option<String> = row.try_get("reason")?;
    let kind = Kind::parse(&text("kind")?).ok_or_else(|| damaged("kind"))?;
    let state = State::parse(&text("state")?).ok_or_else(|| damaged("state"))?;
    let payload = serde_json::from_str::<Payload>(&text("payload")?).ok();
    let said = reason.map(|reason| serde_json::from_str::<Parked>(&reason).ok());
    let is_read = payload.is_some() && said != Some(None);
    let mut read = Operation {
        line: text("line")?,
        seq: row.try_get("seq")?,
        kind,
        payload: payload.unwrap_or_default(),
        state,
        reason: said.flatten(),
        attempts: row.try_get("attempts")?,
        not_before: moment(row, "not_before")?,
        lease_token: row.try_get("lease_token")?,
        lease_until: moment(row, "lease_until")?,
        created_at: moment(row, "created_at")?,
        sent_at: maybe_moment(row, "sent_at")?,
        unknown_until: maybe_moment(row, "unknown_until")?,
        op_id,
    };
    if !is_read {
        if kind == Kind::Comment {
            // A comment is sent under its own id.
            read.payload.comment = Some(read.op_id.clone());
        }
        read.reason = Some(Parked::Unreadable);
        read.not_before = Timestamp::MAX;
        read.lease_until = Timestamp::MAX;
    }
    Ok(read)
}

/// The open and parked operations of these lines in their order, and the highest `seq` handed out in
/// each. A line that is not in the answer has no operation at all, so its next one is its first.
///
/// # Errors
/// [`Error::Damaged`] if an operation cannot be read.
pub async fn lines(
    connection: &mut AnyConnection,
    lines: &[String],
) -> Result<HashMap<String, (Vec<Operation>, i64)>> {
    let rows = select_in(
        connection,
        "SELECT m.line AS of_line, m.last_seq, o.* FROM (SELECT line, MAX(seq) AS last_seq FROM outbox WHERE line IN",
        None,
        lines,
        "GROUP BY line) m LEFT JOIN outbox o ON o.line = m.line AND o.state IN ('waiting', 'claimed', 'parked') ORDER BY m.line, o.seq",
    )
    .await?;
    let mut found: HashMap<String, (Vec<Operation>, i64)> = HashMap::new();
    for row in &rows {
        let line = found
            .entry(row.try_get("of_line")?)
            .or_insert((Vec::new(), row.try_get("last_seq")?));
        if row.try_get::<Option<String>, _>("op_id")?.is_some() {
            line.0.push(operation(row)?);
        }
    }
    Ok(found)
}

/// Lets what waits for the sign-in be sent at once: it was mended.
async fn release_waiting(tx: &mut Tx, integration: &str, now: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE outbox SET not_before = $2 WHERE integration_id = $1 AND state = 'waiting' AND not_before > $2 \
         AND reason LIKE '{\"why\":\"sign_in\"%'",
    )
    .bind(clean(integration))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes operations that were delivered or given up before `before`, at most 10,000 at a time.
/// Callers keep them for 30 days: a marker of theirs may turn up late in Zendesk, and their times are
/// what Zendesk's 30 updates in 10 minutes are counted by. The few comments that a person gave up are
/// kept for good: a ticket that the case gets later would else be sent them.
///
/// # Errors
/// As the database says.
pub async fn sweep(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    Ok(sqlx::query(
        "DELETE FROM outbox WHERE op_id IN (SELECT op_id FROM outbox WHERE state IN ('done', 'discarded') AND ended_at < $1 \
         AND (state = 'done' OR kind <> 'comment') LIMIT 10000)",
    )
    .bind(before.as_microsecond())
    .execute(&mut **tx)
    .await?
    .rows_affected())
}

/// Empties what was or waits to be sent about these cases, whose ticket Zendesk has erased: its text
/// must not stay. What had not reached Zendesk never will, and is parked with that reason.
///
/// # Errors
/// As the database says.
pub async fn purge(tx: &mut Tx, integration: &str, cases: &[String]) -> Result<()> {
    let reason = encode(&Parked::TicketErased)?;
    for case in cases {
        sqlx::query(
            "UPDATE outbox SET payload = '{}', unknown_until = NULL, lease_holder = NULL, \
             reason = CASE WHEN state IN ('waiting', 'claimed', 'parked') THEN $3 ELSE NULL END, \
             state = CASE WHEN state IN ('waiting', 'claimed', 'parked') THEN 'parked' ELSE state END \
             WHERE integration_id = $1 AND line = $2",
        )
        .bind(clean(integration))
        .bind(case.clone())
        .bind(reason.clone())
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}
