//! How a worker takes an operation, and how it shows that it still has it.
//!
//! A claim raises the operation's lease token. Every transaction of the worker compares it, so that one
//! whose lease has ended and passed on cannot write (reliability.md 5, F40 and F41).

use std::time::Duration;

use domain::guard::Guards;
use domain::outbox::{Kind, Line, Operation, head};
use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::operation;
use super::pausing::UNTIL;
use crate::bulk::clean;
use crate::cases::maybe_moment;
use crate::database::{Store, Tx};
use crate::error::{Error, Result};
use crate::leases::{after, still_held};

/// How many lines of one kind of operation a claim tries before it gives up for now: those before may have been
/// taken by others since it looked.
const TRIES: i64 = 16;

/// An operation that was claimed just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// It, as claimed: its `lease_token` is the one to hold on to.
    pub operation: Operation,
    /// Whose Zendesk it is for.
    pub integration_id: String,
}

/// What stands in the way of `o` within its line, whatever the time: another one that is claimed, one
/// that makes the ticket, an earlier one of the same kind. Where a follow-up is asked for, what may have
/// been carried out on the closed ticket goes before it, and one after another in the order of [`Kind`]
/// (which is that of the words). It is the rule of [`head`] as far as it does not depend on the moment, so
/// that a line that must wait never hides one that need not, and nobody is called for one.
const FREE: &str = "o.state = 'waiting' AND NOT EXISTS (SELECT 1 FROM outbox p \
     LEFT JOIN outbox f ON f.line = p.line AND f.kind = 'follow_up' AND f.state IN ('waiting', 'claimed') \
     WHERE p.line = o.line AND p.state IN ('waiting', 'claimed') AND p.op_id <> o.op_id AND (p.state = 'claimed' OR CASE \
     WHEN f.op_id IS NULL THEN p.kind = 'publish' OR (p.kind = o.kind AND p.seq < o.seq) \
     WHEN o.op_id = f.op_id THEN p.unknown_until IS NOT NULL \
     WHEN o.unknown_until IS NULL THEN p.op_id = f.op_id \
     ELSE p.op_id <> f.op_id AND p.unknown_until IS NOT NULL AND (p.kind, p.seq) < (o.kind, o.seq) END))";

/// Only what may be sent at all: nothing is ever written for an integration that is inactive or does
/// not sync both ways (ticket-sync.md 2). `$1` names one integration, or is empty for any.
const ALLOWED: &str = "JOIN integration i ON i.id = o.integration_id AND i.active = 1 AND i.two_way = 1 WHERE ($1 = '' OR o.integration_id = $1)";

/// Claims the most urgent operation that may go now, of any integration or only of this one: in the
/// order of [`Kind`], and of one kind the one that has been due longest. Looking costs no write.
///
/// # Errors
/// As the database says; [`Error::Damaged`] only if nothing but operations that cannot be read is due.
pub async fn claim(
    store: &Store,
    integration: Option<&str>,
    holder: &str,
    now: Timestamp,
    lease: Duration,
) -> Result<Option<Claimed>> {
    let mut damaged = None;
    for kind in Kind::ALL {
        let lines = due_lines(&mut *store.read().await?, integration, *kind, now).await?;
        for line in lines {
            match claim_in(store, &line, holder, now, lease).await {
                Ok(None) => {}
                Ok(claimed) => return Ok(claimed),
                // One row that cannot be read must not hold back all others.
                Err(error @ Error::Damaged(_)) => damaged = Some(error),
                Err(error) => return Err(error),
            }
        }
    }
    damaged.map_or(Ok(None), Err)
}

async fn due_lines(
    connection: &mut AnyConnection,
    integration: Option<&str>,
    kind: Kind,
    now: Timestamp,
) -> Result<Vec<String>> {
    // What is claimed was due before that, so one index finds the oldest of either, however many wait.
    let text = format!(
        "SELECT o.line FROM outbox o {ALLOWED} AND o.kind = $3 AND o.state IN ('waiting', 'claimed') AND o.not_before <= $2 \
         AND NOT EXISTS (SELECT 1 FROM stream_cursor p WHERE p.integration_id = o.integration_id AND p.stream = '{UNTIL}' \
         AND CASE p.stream WHEN '{UNTIL}' THEN CAST(p.value AS BIGINT) ELSE 0 END > $2) \
         AND ((o.state = 'claimed' AND o.lease_until <= $2) OR ({FREE})) \
         ORDER BY o.not_before, o.created_at, o.op_id LIMIT {TRIES}"
    );
    Ok(sqlx::query_scalar(AssertSqlSafe(text))
        .bind(clean(integration.unwrap_or_default()))
        .bind(now.as_microsecond())
        .bind(kind.as_str().to_owned())
        .fetch_all(connection)
        .await?)
}

/// Claims the head of one line, or nothing if there is none any more or somebody else is at the line.
async fn claim_in(
    store: &Store,
    line: &str,
    holder: &str,
    now: Timestamp,
    lease: Duration,
) -> Result<Option<Claimed>> {
    let mut tx = store.begin().await?;
    let Some((operations, integrations)) = lock_open(&mut tx, line).await? else {
        return Ok(None);
    };
    let whole = Line {
        id: line,
        operations: &operations,
        last_seq: 0,
    };
    let Some(head) = head(whole, now, Guards::ALL) else {
        return Ok(None);
    };
    let mut claimed = head.clone();
    let before = claimed.lease_token;
    claimed.claim(now, lease);
    let written = sqlx::query(
        "UPDATE outbox SET state = 'claimed', attempts = $3, lease_token = $4, lease_until = $5, lease_holder = $6 \
         WHERE op_id = $1 AND lease_token = $2 AND state IN ('waiting', 'claimed')",
    )
    .bind(claimed.op_id.clone())
    .bind(before)
    .bind(claimed.attempts)
    .bind(claimed.lease_token)
    .bind(claimed.lease_until.as_microsecond())
    .bind(clean(holder))
    .execute(&mut *tx)
    .await;
    match written {
        Ok(done) if done.rows_affected() == 1 => {}
        Ok(_) => return Ok(None),
        // The database's own word that another one of the line was claimed meanwhile.
        Err(error)
            if error
                .as_database_error()
                .is_some_and(|said| said.is_unique_violation()) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    }
    tx.commit().await?;
    let place = operations.iter().position(|o| o.op_id == claimed.op_id);
    let integration_id = place
        .and_then(|place| integrations.get(place))
        .cloned()
        .unwrap_or_default();
    Ok(Some(Claimed {
        operation: claimed,
        integration_id,
    }))
}

/// The open operations of a line and their integrations, locked until the transaction ends; none if
/// somebody else has one of them, so that nobody decides by a part of a line.
async fn lock_open(tx: &mut Tx, line: &str) -> Result<Option<(Vec<Operation>, Vec<String>)>> {
    let text = format!(
        "SELECT * FROM outbox WHERE line = $1 AND state IN ('waiting', 'claimed') ORDER BY seq{}",
        tx.dialect().skipping()
    );
    let rows = sqlx::query(AssertSqlSafe(text))
        .bind(line.to_owned())
        .fetch_all(&mut **tx)
        .await?;
    let all: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM outbox WHERE line = $1 AND state IN ('waiting', 'claimed')",
    )
    .bind(line.to_owned())
    .fetch_one(&mut **tx)
    .await?;
    if i64::try_from(rows.len()) != Ok(all) {
        return Ok(None);
    }
    let operations = rows.iter().map(operation).collect::<Result<_>>()?;
    let integrations = rows
        .iter()
        .map(|row| Ok(row.try_get("integration_id")?))
        .collect::<Result<_>>()?;
    Ok(Some((operations, integrations)))
}

/// Makes sure, inside a writing transaction, that the worker's claim still stands, and lengthens its
/// lease. The operation stays locked until the transaction ends. A transaction that also locks the case
/// does that first.
///
/// # Errors
/// [`Error::LeaseLost`] if the operation was claimed by another worker since, or is claimed no more.
pub async fn confirm(
    tx: &mut Tx,
    operation: &Operation,
    now: Timestamp,
    lease: Duration,
) -> Result<()> {
    let held = sqlx::query(
        "UPDATE outbox SET lease_until = $3 WHERE op_id = $1 AND lease_token = $2 AND state = 'claimed'",
    )
    .bind(clean(&operation.op_id))
    .bind(operation.lease_token)
    .bind(after(now, lease))
    .execute(&mut **tx)
    .await?;
    still_held(&held)
}

/// Gives a claim back that nothing came of (the database failed in between), to be claimed again from
/// `not_before` on. Whatever the attempt noted stays: what may have been sent, and until when it is
/// unknown. Nothing happens if the operation has been claimed by another worker since, or is claimed no
/// more.
///
/// # Errors
/// As the database says.
pub async fn give_back(tx: &mut Tx, operation: &Operation, not_before: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE outbox SET state = 'waiting', not_before = $3, lease_until = 0, lease_holder = NULL \
         WHERE op_id = $1 AND lease_token = $2 AND state = 'claimed'",
    )
    .bind(clean(&operation.op_id))
    .bind(operation.lease_token)
    .bind(not_before.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// When there is something to claim next, of any integration or only of this one: the earliest moment
/// at which a line's operation is due, or a claim ends. May be past; none if nothing waits.
///
/// # Errors
/// As the database says.
pub async fn next_due(
    connection: &mut AnyConnection,
    integration: Option<&str>,
) -> Result<Option<Timestamp>> {
    let text = format!(
        "SELECT MIN(CASE o.state WHEN 'claimed' THEN o.lease_until ELSE o.not_before END) AS due FROM outbox o {ALLOWED} \
         AND o.state IN ('waiting', 'claimed') AND (o.state = 'claimed' OR ({FREE}))"
    );
    let row = sqlx::query(AssertSqlSafe(text))
        .bind(clean(integration.unwrap_or_default()))
        .fetch_one(connection)
        .await?;
    maybe_moment(&row, "due")
}
