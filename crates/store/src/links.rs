//! Which case a ticket is, and what both sides last agreed on.

use std::collections::HashMap;

use domain::case::CaseField;
use domain::value::Agreed;
use jiff::Timestamp;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, clean, select_in};
use crate::cases::moment;
use crate::database::Tx;
use crate::error::{Error, Result};
use crate::zendesk_users::encode;

/// Which case a ticket is.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The ticket.
    pub remote_id: i64,
    /// The case.
    pub case_id: String,
    /// False once a follow-up took the case over.
    pub open: bool,
    /// What both sides last agreed on, field by field.
    pub agreed: Agreed<CaseField>,
}

static UPSERT: Bulk = Bulk::new(
    "INSERT INTO link (integration_id, remote_id, case_id, state, agreed, created_at)",
    6,
    "ON CONFLICT (integration_id, remote_id) DO UPDATE SET state = excluded.state, agreed = excluded.agreed",
);

/// Adds links, or moves what they agree on. A link never changes its case.
///
/// # Errors
/// As the database says.
pub async fn put(tx: &mut Tx, integration: &str, links: &[Link], now: Timestamp) -> Result<()> {
    let encoded = encode(links.iter().map(|link| &link.agreed))?;
    let rows: Vec<_> = links.iter().zip(encoded).collect();
    UPSERT
        .run(tx, &rows, |row, (link, agreed)| {
            row.text(integration)
                .int(link.remote_id)
                .text(&link.case_id)
                .text(if link.open { "open" } else { "closed" })
                .text(agreed)
                .int(now.as_microsecond());
        })
        .await?;
    Ok(())
}

/// The links of these tickets.
///
/// # Errors
/// [`Error::Damaged`] if what was agreed cannot be read.
pub async fn by_tickets(
    connection: &mut AnyConnection,
    integration: &str,
    ids: &[i64],
) -> Result<HashMap<i64, Link>> {
    select_in(
        connection,
        "SELECT remote_id, case_id, state, agreed FROM link WHERE integration_id = $1 AND remote_id IN",
        Some(integration),
        ids,
        "",
    )
    .await?
    .iter()
    .map(|row| {
        let remote_id = row.try_get("remote_id")?;
        let link = Link {
            remote_id,
            case_id: row.try_get("case_id")?,
            open: row.try_get::<String, _>("state")? == "open",
            agreed: serde_json::from_str(&row.try_get::<String, _>("agreed")?)
                .map_err(|error| Error::Damaged(format!("link of ticket {remote_id}: {error}")))?,
        };
        Ok((remote_id, link))
    })
    .collect()
}

/// Only the case of each of these tickets: what comments need, without reading what is agreed.
///
/// # Errors
/// As the database says.
pub async fn cases_of(
    connection: &mut AnyConnection,
    integration: &str,
    ids: &[i64],
) -> Result<HashMap<i64, String>> {
    select_in(
        connection,
        "SELECT remote_id, case_id FROM link WHERE integration_id = $1 AND remote_id IN",
        Some(integration),
        ids,
        "",
    )
    .await?
    .iter()
    .map(|row| Ok((row.try_get("remote_id")?, row.try_get("case_id")?)))
    .collect()
}

/// Forgets what was agreed on these tickets, which Zendesk has erased: it repeats their words, and
/// nothing will be merged with them any more.
///
/// # Errors
/// As the database says.
pub async fn purge(tx: &mut Tx, integration: &str, tickets: &[i64]) -> Result<()> {
    for ticket in tickets {
        sqlx::query("UPDATE link SET agreed = '{}' WHERE integration_id = $1 AND remote_id = $2")
            .bind(integration.to_owned())
            .bind(*ticket)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Which of these cases have an open link already, in any integration.
///
/// # Errors
/// As the database says.
pub async fn open_cases(connection: &mut AnyConnection, cases: &[String]) -> Result<Vec<String>> {
    select_in(
        connection,
        "SELECT case_id FROM link WHERE state = 'open' AND case_id IN",
        None,
        cases,
        "",
    )
    .await?
    .iter()
    .map(|row| Ok(row.try_get("case_id")?))
    .collect()
}

/// A ticket of a case, as people are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseTicket {
    /// Whose ticket.
    pub integration_id: String,
    /// The ticket.
    pub remote_id: i64,
    /// False for a predecessor: a follow-up took the case over from it.
    pub open: bool,
    /// When they were linked.
    pub created_at: Timestamp,
    /// When they were last compared; at the latest when they were linked.
    pub verified_at: Timestamp,
}

/// Every ticket a case has or had: the open one first, then its predecessors, the latest first.
///
/// # Errors
/// As the database says.
pub async fn of_case(connection: &mut AnyConnection, case: &str) -> Result<Vec<CaseTicket>> {
    // Two halves, each with an index of its own.
    sqlx::query(
        "SELECT integration_id, remote_id, 0 AS place, created_at, COALESCE(verified_at, created_at) AS verified_at FROM link \
         WHERE case_id = $1 AND state = 'open' \
         UNION ALL SELECT integration_id, remote_id, 1, created_at, COALESCE(verified_at, created_at) FROM link \
         WHERE case_id = $1 AND state = 'closed' ORDER BY place, created_at DESC, remote_id DESC",
    )
    .bind(clean(case))
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let place: i64 = row.try_get("place")?;
        Ok(CaseTicket {
            integration_id: row.try_get("integration_id")?,
            remote_id: row.try_get("remote_id")?,
            open: place == 0,
            created_at: moment(row, "created_at")?,
            verified_at: moment(row, "verified_at")?,
        })
    })
    .collect()
}

/// The tickets with an open link whose ids come behind `after`, by id, at most `limit`: where a sweep
/// goes on.
///
/// # Errors
/// As the database says.
pub async fn open_after(
    connection: &mut AnyConnection,
    integration: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar(
        "SELECT remote_id FROM link WHERE remote_id > $2 AND integration_id = $1 AND state = 'open' ORDER BY remote_id LIMIT $3",
    )
    .bind(clean(integration))
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?)
}

/// Cases with an open link in an integration that somebody here has changed or commented on, by their
/// ids, behind `after` if given, at most `limit`. No other case can hold anything that Zendesk has not
/// got.
///
/// # Errors
/// As the database says.
pub async fn changed_here_after(
    connection: &mut AnyConnection,
    integration: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<String>> {
    sqlx::query(
        "SELECT l.case_id FROM link l WHERE l.state = 'open' AND l.integration_id = $1 AND l.case_id > $2 \
         AND (EXISTS (SELECT 1 FROM history h WHERE h.case_id = l.case_id AND h.side = 'crm') \
         OR EXISTS (SELECT 1 FROM crm_case_comment c WHERE c.case_id = l.case_id AND c.is_description = 0 \
         AND NOT EXISTS (SELECT 1 FROM zendesk_comment z WHERE z.case_comment_id = c.id))) \
         ORDER BY l.case_id LIMIT $3",
    )
    .bind(integration.to_owned())
    .bind(after.unwrap_or_default().to_owned())
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| Ok(row.try_get("case_id")?))
    .collect()
}

/// The open ticket of each of these cases, if it has one, and how many it had before.
///
/// # Errors
/// As the database says.
pub async fn of_cases(
    connection: &mut AnyConnection,
    cases: &[String],
) -> Result<HashMap<String, (Option<i64>, u32)>> {
    let rows = select_in(
        connection,
        "SELECT case_id, remote_id, state, number FROM link WHERE case_id IN",
        None,
        cases,
        " ORDER BY number, state",
    )
    .await?;
    let mut found: HashMap<String, (Option<i64>, u32)> = HashMap::new();
    // By their number, so that one that follows another comes after it.
    for row in &rows {
        let (open, former) = found.entry(row.try_get("case_id")?).or_default();
        let number = u32::try_from(row.try_get::<i64, _>("number")?).unwrap_or(u32::MAX);
        *former = number.max(*former);
        if row.try_get::<String, _>("state")? == "open" {
            *open = Some(row.try_get("remote_id")?);
        } else {
            *former = former.saturating_add(1);
        }
    }
    Ok(found)
}
