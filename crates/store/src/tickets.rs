//! The mirror of Zendesk's tickets.

use std::collections::{HashMap, HashSet};

use domain::ticket::{Life, Ticket};
use jiff::Timestamp;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, clean, select_in};
use crate::database::Tx;
use crate::error::Result;

/// A ticket as the mirror keeps it.
pub struct MirroredTicket<'a> {
    /// What we understand of it.
    pub ticket: &'a Ticket,
    /// Hash of what matters in `raw`.
    pub content: i64,
    /// All that Zendesk sent, as JSON.
    pub raw: &'a str,
}

/// The word under which the mirror keeps a ticket's life.
pub fn state_word(life: Life) -> &'static str {
    match life {
        Life::Alive => "alive",
        Life::Closed => "closed",
        Life::Deleted => "deleted",
        Life::Scrubbed => "scrubbed",
    }
}

static UPSERT: Bulk = Bulk::new(
    "INSERT INTO zendesk_ticket (integration_id, remote_id, state, status, kind, priority, recipient, requester_id, \
     submitter_id, assignee_id, problem_id, followup_source_id, updated_at, read_at, content, raw)",
    16,
    "ON CONFLICT (integration_id, remote_id) DO UPDATE SET state = excluded.state, status = excluded.status, \
     kind = excluded.kind, priority = excluded.priority, recipient = excluded.recipient, requester_id = excluded.requester_id, \
     submitter_id = excluded.submitter_id, assignee_id = excluded.assignee_id, problem_id = excluded.problem_id, \
     followup_source_id = excluded.followup_source_id, updated_at = excluded.updated_at, \
     read_at = CASE WHEN excluded.updated_at = zendesk_ticket.updated_at AND zendesk_ticket.read_at > COALESCE(excluded.read_at, 0) \
     THEN zendesk_ticket.read_at ELSE excluded.read_at END, content = excluded.content, raw = excluded.raw",
);

/// Adds tickets to the mirror, or replaces them, when it is not known at which moment they were read.
///
/// # Errors
/// As the database says.
pub async fn put(tx: &mut Tx, integration: &str, tickets: &[MirroredTicket<'_>]) -> Result<()> {
    put_read(tx, integration, tickets, None).await
}

/// Adds tickets to the mirror, or replaces them. `read_at` is Zendesk's clock when it answered with them:
/// of two states of one second the one read later is the newer ([`domain::desk::Version`]).
///
/// # Errors
/// As the database says.
pub async fn put_read(
    tx: &mut Tx,
    integration: &str,
    tickets: &[MirroredTicket<'_>],
    read_at: Option<Timestamp>,
) -> Result<()> {
    UPSERT
        .run(
            tx,
            tickets,
            |row,
             MirroredTicket {
                 ticket,
                 content,
                 raw,
             }| {
                row.text(integration)
                    .int(ticket.id)
                    .text(state_word(ticket.life()))
                    .maybe_text(ticket.status.as_deref())
                    .maybe_text(ticket.kind.as_deref())
                    .maybe_text(ticket.priority.as_deref())
                    .maybe_text(ticket.recipient.as_deref())
                    .maybe_int(ticket.requester_id)
                    .maybe_int(ticket.submitter_id)
                    .maybe_int(ticket.assignee_id)
                    .maybe_int(ticket.problem_id)
                    .maybe_int(ticket.followup_source_id)
                    .maybe_int(ticket.updated_at.map(Timestamp::as_microsecond))
                    .maybe_int(read_at.map(Timestamp::as_microsecond))
                    .int(*content)
                    .text(raw);
            },
        )
        .await?;
    Ok(())
}

/// What is known here of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownTicket {
    /// Hash of the mirrored content.
    pub content: i64,
    /// When it last changed in Zendesk.
    pub updated_at: Option<Timestamp>,
    /// Zendesk's clock when this state of it was read.
    pub read_at: Option<Timestamp>,
}

/// What is known of the tickets with these Zendesk ids.
///
/// # Errors
/// As the database says.
pub async fn by_ids(
    connection: &mut AnyConnection,
    integration: &str,
    ids: &[i64],
) -> Result<HashMap<i64, KnownTicket>> {
    select_in(
        connection,
        "SELECT remote_id, content, updated_at, read_at FROM zendesk_ticket WHERE integration_id = $1 AND remote_id IN",
        Some(integration),
        ids,
        "",
    )
    .await?
    .iter()
    .map(|row| {
        let known = KnownTicket {
            content: row.try_get("content")?,
            updated_at: crate::cases::maybe_moment(row, "updated_at")?,
            read_at: crate::cases::maybe_moment(row, "read_at")?,
        };
        Ok((row.try_get("remote_id")?, known))
    })
    .collect()
}

/// Those of these tickets that Zendesk has scrubbed.
///
/// # Errors
/// As the database says.
pub async fn scrubbed(
    connection: &mut AnyConnection,
    integration: &str,
    ids: &[i64],
) -> Result<HashSet<i64>> {
    select_in(
        connection,
        "SELECT remote_id FROM zendesk_ticket WHERE state = 'scrubbed' AND integration_id = $1 AND remote_id IN",
        Some(integration),
        ids,
        "",
    )
    .await?
    .iter()
    .map(|row| Ok(row.try_get("remote_id")?))
    .collect()
}

/// All that Zendesk last sent of these tickets, as JSON, in the order of their ids.
///
/// # Errors
/// As the database says.
pub async fn raws(
    connection: &mut AnyConnection,
    integration: &str,
    ids: &[i64],
) -> Result<Vec<String>> {
    let rows = select_in(
        connection,
        "SELECT remote_id, raw FROM zendesk_ticket WHERE integration_id = $1 AND remote_id IN",
        Some(integration),
        ids,
        "",
    )
    .await?;
    let mut raws: Vec<(i64, String)> = rows
        .iter()
        .map(|row| Ok((row.try_get("remote_id")?, row.try_get("raw")?)))
        .collect::<Result<_>>()?;
    raws.sort_unstable_by_key(|(id, _)| *id);
    // An id that is asked for twice may have been answered twice.
    raws.dedup_by_key(|(id, _)| *id);
    Ok(raws.into_iter().map(|(_, raw)| raw).collect())
}

static MERGED: Bulk = Bulk::new(
    "UPDATE zendesk_ticket SET merged_into = v.column3 FROM (",
    3,
    ") AS v WHERE zendesk_ticket.integration_id = v.column1 AND zendesk_ticket.remote_id = v.column2 \
     AND COALESCE(zendesk_ticket.merged_into, 0) <> v.column3",
);

/// Notes which ticket each of these was merged into: `(merged, survivor)`.
///
/// # Errors
/// As the database says.
pub async fn note_merged(tx: &mut Tx, integration: &str, merged: &[(i64, i64)]) -> Result<()> {
    MERGED
        .run(tx, merged, |row, (ticket, survivor)| {
            row.text(integration).int(*ticket).int(*survivor);
        })
        .await?;
    Ok(())
}

/// Which ticket this one was merged into, if it was and Zendesk named it.
///
/// # Errors
/// As the database says.
pub async fn merged_into(
    connection: &mut AnyConnection,
    integration: &str,
    ticket: i64,
) -> Result<Option<i64>> {
    let merged: Option<Option<i64>> = sqlx::query_scalar(
        "SELECT merged_into FROM zendesk_ticket WHERE remote_id = $2 AND integration_id = $1",
    )
    .bind(clean(integration))
    .bind(ticket)
    .fetch_optional(connection)
    .await?;
    Ok(merged.flatten())
}

/// How many tickets are mirrored.
///
/// # Errors
/// As the database says.
pub async fn count(connection: &mut AnyConnection, integration: &str) -> Result<i64> {
    Ok(
        sqlx::query_scalar("SELECT COUNT(*) FROM zendesk_ticket WHERE integration_id = $1")
            .bind(clean(integration))
            .fetch_one(connection)
            .await?,
    )
}

/// A mirrored ticket as its case's page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketRow {
    /// Whose ticket.
    pub integration_id: String,
    /// The ticket's number.
    pub remote_id: i64,
    /// `alive`, `closed`, `deleted` or `scrubbed`.
    pub state: String,
    /// Zendesk's status, raw.
    pub status: Option<String>,
    /// Zendesk's type, raw.
    pub kind: Option<String>,
    /// Zendesk's priority, raw.
    pub priority: Option<String>,
    /// The support address it was sent to.
    pub recipient: Option<String>,
    /// Who asked.
    pub requester_id: Option<i64>,
    /// Who typed it.
    pub submitter_id: Option<i64>,
    /// Who works on it.
    pub assignee_id: Option<i64>,
    /// The problem it is an incident of.
    pub problem_id: Option<i64>,
    /// The closed ticket it follows up.
    pub followup_source_id: Option<i64>,
    /// The ticket it was merged into.
    pub merged_into: Option<i64>,
    /// All that Zendesk sent, as JSON.
    pub raw: String,
}

/// The ticket of a case: the one with the open link, else the last closed one.
///
/// # Errors
/// As the database says.
pub async fn of_case(connection: &mut AnyConnection, case: &str) -> Result<Option<TicketRow>> {
    let row = sqlx::query(
        // Two halves, each with an index of its own.
        "SELECT t.* FROM (SELECT 0 AS place, integration_id, remote_id FROM link WHERE case_id = $1 AND state = 'open' \
         UNION ALL SELECT 1, integration_id, remote_id FROM link WHERE case_id = $1 AND state = 'closed') l \
         JOIN zendesk_ticket t ON t.integration_id = l.integration_id AND t.remote_id = l.remote_id \
         ORDER BY l.place, l.remote_id DESC LIMIT 1",
    )
    .bind(clean(case))
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(TicketRow {
            integration_id: row.try_get("integration_id")?,
            remote_id: row.try_get("remote_id")?,
            state: row.try_get("state")?,
            status: row.try_get("status")?,
            kind: row.try_get("kind")?,
            priority: row.try_get("priority")?,
            recipient: row.try_get("recipient")?,
            requester_id: row.try_get("requester_id")?,
            submitter_id: row.try_get("submitter_id")?,
            assignee_id: row.try_get("assignee_id")?,
            problem_id: row.try_get("problem_id")?,
            followup_source_id: row.try_get("followup_source_id")?,
            merged_into: row.try_get("merged_into")?,
            raw: row.try_get("raw")?,
        })
    })
    .transpose()
}

/// The case numbers of these tickets, for links between cases.
///
/// # Errors
/// As the database says.
pub async fn case_numbers(
    connection: &mut AnyConnection,
    integration: &str,
    ids: &[i64],
) -> Result<HashMap<i64, i64>> {
    select_in(
        connection,
        "SELECT l.remote_id, c.number FROM link l JOIN crm_case c ON c.id = l.case_id WHERE l.integration_id = $1 AND l.remote_id IN",
        Some(integration),
        ids,
        "",
    )
    .await?
    .iter()
    .map(|row| Ok((row.try_get("remote_id")?, row.try_get("number")?)))
    .collect()
}

/// The tickets that follow up this one.
///
/// # Errors
/// As the database says.
pub async fn followups(
    connection: &mut AnyConnection,
    integration: &str,
    ticket: i64,
) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar(
        "SELECT remote_id FROM zendesk_ticket WHERE integration_id = $1 AND followup_source_id = $2 ORDER BY remote_id",
    )
    .bind(clean(integration))
    .bind(ticket)
    .fetch_all(connection)
    .await?)
}
