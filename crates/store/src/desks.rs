//! A case with everything that belongs to it, as [`domain::desk`] decides on it.
//!
//! A transaction that changes a case for both sides takes it with [`lock`], lets the core decide, and
//! keeps what that came to with [`save`]. On PostgreSQL the case's row is locked first and its operations
//! after it; nobody locks them the other way round.

mod keeping;

use domain::desk::{Desk, DeskComment, DeskLink, Version};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

pub use keeping::{NotMapped, save};

use crate::bulk::clean;
use crate::cases::{Case, case, maybe_moment};
use crate::database::Tx;
use crate::error::{Error, Result};
use crate::outbox;

/// A case as it was read, with what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// What the core decides on.
    pub desk: Desk,
    /// The case's row.
    pub case: Case,
    /// Whose ticket it has, or is to get: of the open link, else of the operation that makes its ticket,
    /// be it open or parked.
    pub integration_id: Option<String>,
}

/// The case with this id, deleted or not, locked until the transaction ends.
///
/// # Errors
/// [`Error::Damaged`] if something of it cannot be read.
pub async fn lock(tx: &mut Tx, case_id: &str) -> Result<Option<Held>> {
    let locking = tx.dialect().locking();
    held(tx, case_id, locking).await
}

/// The case whose open link is to this ticket, locked until the transaction ends. None for a ticket
/// that gave way to a follow-up: its case has another one now.
///
/// # Errors
/// As [`lock`].
pub async fn lock_by_ticket(
    tx: &mut Tx,
    integration: &str,
    ticket_id: i64,
) -> Result<Option<Held>> {
    let case: Option<String> = sqlx::query_scalar(
        "SELECT case_id FROM link WHERE remote_id = $2 AND integration_id = $1 AND state = 'open'",
    )
    .bind(clean(integration))
    .bind(ticket_id)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(case) = case else { return Ok(None) };
    // Until the case was locked, a follow-up may have taken it over.
    Ok(lock(tx, &case).await?.filter(|held| {
        held.integration_id.as_deref() == Some(integration)
            && held.desk.link.as_ref().map(|link| link.ticket) == Some(ticket_id)
    }))
}

/// The case with this id, deleted or not, for looking only: nothing decided on it may be saved.
///
/// # Errors
/// As [`lock`].
pub async fn read(connection: &mut AnyConnection, case_id: &str) -> Result<Option<Held>> {
    held(connection, case_id, "").await
}

/// `locking` is how its queries end ([`crate::database::Dialect::locking`]).
async fn held(
    connection: &mut AnyConnection,
    case_id: &str,
    locking: &str,
) -> Result<Option<Held>> {
    let text = format!("SELECT * FROM crm_case WHERE id = $1{locking}");
    let row = sqlx::query(AssertSqlSafe(text))
        .bind(clean(case_id))
        .fetch_optional(&mut *connection)
        .await?;
    let Some(case) = row.as_ref().map(case).transpose()? else {
        return Ok(None);
    };
    let (link, predecessors) = links_of(connection, &case.id).await?;
    let (operations, last_seq, makes_ticket) = line_of(connection, &case.id, locking).await?;
    let comments = comments_of(connection, &case.id).await?;
    let (linked_to, link) = link.unzip();
    Ok(Some(Held {
        desk: Desk {
            case: case.id.clone(),
            fields: case.fields.clone(),
            deleted: case.deleted_at.is_some(),
            link,
            predecessors,
            operations,
            last_seq,
            comments,
        },
        integration_id: linked_to.or(makes_ticket),
        case,
    }))
}

/// The open link of a case with its integration, and how many tickets it had before.
async fn links_of(
    connection: &mut AnyConnection,
    case: &str,
) -> Result<(Option<(String, DeskLink)>, u32)> {
    // Two halves, each with an index of its own.
    let rows = sqlx::query(
        "SELECT l.integration_id, l.remote_id, l.agreed, t.updated_at, t.read_at, l.number AS predecessors FROM link l \
         LEFT JOIN zendesk_ticket t ON t.remote_id = l.remote_id AND t.integration_id = l.integration_id \
         WHERE l.case_id = $1 AND l.state = 'open' \
         UNION ALL SELECT '', 0, '{}', NULL, NULL, CASE WHEN MAX(number) >= COUNT(*) THEN MAX(number) + 1 ELSE COUNT(*) END \
         FROM link WHERE case_id = $1 AND state = 'closed'",
    )
    .bind(case.to_owned())
    .fetch_all(connection)
    .await?;
    let mut open = None;
    let mut predecessors = 0;
    for row in &rows {
        let before = u32::try_from(number(row, "predecessors")?).unwrap_or(u32::MAX);
        predecessors = before.max(predecessors);
        let ticket: i64 = row.try_get("remote_id")?;
        if ticket == 0 {
            continue;
        }
        let agreed: String = row.try_get("agreed")?;
        let link = DeskLink {
            ticket,
            agreed: serde_json::from_str(&agreed)
                .map_err(|error| Error::Damaged(format!("link of ticket {ticket}: {error}")))?,
            seen: Version {
                updated_at: maybe_moment(row, "updated_at")?,
                read_at: maybe_moment(row, "read_at")?,
            },
        };
        open = Some((row.try_get("integration_id")?, link));
    }
    Ok((open, predecessors))
}

fn number(row: &AnyRow, column: &str) -> Result<i64> {
    Ok(row.try_get(column)?)
}

/// The open and parked operations of a case with those of comments that a person gave up (which no later
/// ticket may get), the highest `seq` of its line, and the integration of the one that makes its ticket.
async fn line_of(
    connection: &mut AnyConnection,
    case: &str,
    locking: &str,
) -> Result<(Vec<domain::outbox::Operation>, i64, Option<String>)> {
    let text = format!(
        "SELECT * FROM outbox WHERE line = $1 AND (state IN ('waiting', 'claimed', 'parked') \
         OR (state = 'discarded' AND kind = 'comment')) ORDER BY seq{locking}"
    );
    let rows = sqlx::query(AssertSqlSafe(text))
        .bind(case.to_owned())
        .fetch_all(&mut *connection)
        .await?;
    let last_seq = sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM outbox WHERE line = $1")
        .bind(case.to_owned())
        .fetch_one(connection)
        .await?;
    let mut operations = Vec::with_capacity(rows.len());
    let mut makes_ticket = None;
    for row in &rows {
        let operation = outbox::operation(row)?;
        if operation.kind.makes_ticket() {
            makes_ticket = Some(row.try_get("integration_id")?);
        }
        operations.push(operation);
    }
    Ok((operations, last_seq, makes_ticket))
}

/// The comments of a case, oldest first, as far as sending them goes.
async fn comments_of(connection: &mut AnyConnection, case: &str) -> Result<Vec<DeskComment>> {
    sqlx::query(
        "SELECT c.id, c.public, c.is_description, z.remote_id FROM crm_case_comment c \
         LEFT JOIN zendesk_comment z ON z.case_comment_id = c.id WHERE c.case_id = $1 \
         ORDER BY c.created_at, CASE WHEN z.remote_id IS NULL THEN 1 ELSE 0 END, z.remote_id, c.id",
    )
    .bind(case.to_owned())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(DeskComment {
            id: row.try_get("id")?,
            public: row.try_get::<i64, _>("public")? != 0,
            is_description: row.try_get::<i64, _>("is_description")? != 0,
            remote: row.try_get("remote_id")?,
        })
    })
    .collect()
}
