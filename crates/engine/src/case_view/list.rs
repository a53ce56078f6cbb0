//! The list of cases.

use std::collections::HashMap;

use domain::case::{CasePriority, CaseStatus};
use jiff::Timestamp;
use serde::Serialize;
use store::Connection;
use store::cases::{CaseFilter, Place};

use super::names::{Name, Names, Wanted};
use crate::engine::Engine;
use crate::error::Result;

/// A line of the list.
#[derive(Serialize)]
pub struct CaseLine {
    /// Our id: what programs keep.
    pub id: String,
    /// What people say to each other.
    pub number: i64,
    /// Subject, never empty.
    pub subject: String,
    /// Status.
    pub status: CaseStatus,
    /// Priority.
    pub priority: CasePriority,
    /// The customer it is for.
    pub contact: Option<Name>,
    /// The user it is assigned to.
    pub assigned_to: Option<Name>,
    /// The number of its ticket.
    pub ticket: Option<i64>,
    /// The name of the integration the ticket came by.
    pub integration: Option<String>,
    /// When it last changed here.
    pub updated_at: Timestamp,
}

/// Without names and texts: they are people's own.
impl std::fmt::Debug for CaseLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaseLine")
            .field("id", &self.id)
            .field("number", &self.number)
            .field("status", &self.status)
            .field("priority", &self.priority)
            .field("ticket", &self.ticket)
            .finish_non_exhaustive()
    }
}

/// One page of the list, newest case first.
#[derive(Debug, Serialize)]
pub struct CasePage {
    /// The cases.
    pub cases: Vec<CaseLine>,
    /// What to give as `before` for the next page; none on the last one.
    pub next: Option<i64>,
}

/// The newest cases, those with a number below `before` if given, at most `limit` (at least 1; the
/// caller bounds it). Deleted ones are left out.
///
/// # Errors
/// As the store says.
pub async fn list(engine: &Engine, before: Option<i64>, limit: i64) -> Result<CasePage> {
    let connection = &mut *engine.store.read().await?;
    let limit = limit.clamp(1, i64::MAX - 1);
    // One more than asked for tells whether there is a next page.
    let mut lines = store::cases::list(connection, before, limit + 1).await?;
    let more = i64::try_from(lines.len()).is_ok_and(|found| found > limit);
    if more {
        lines.pop();
    }
    Ok(CasePage {
        next: lines.last().filter(|_| more).map(|line| line.number),
        cases: told(connection, lines).await?,
    })
}

/// A page of the list by what is looked for, newest case first.
#[derive(Debug, Serialize)]
pub struct CaseSearch {
    /// The cases.
    pub cases: Vec<CaseLine>,
    /// Above which number newer ones may be; none on the first page.
    pub newer: Option<i64>,
    /// Below which number older ones may be; none on the last page.
    pub older: Option<i64>,
    /// Whether the page is not full though there may be more: so many cases were looked through that the
    /// rest is left to the next page.
    pub unfinished: bool,
}

/// The cases that `filter` asks for, at most `limit` (at least 1; the caller bounds it). Deleted ones are
/// left out.
///
/// # Errors
/// As the store says.
pub async fn search(
    engine: &Engine,
    filter: &CaseFilter,
    place: Place,
    limit: i64,
) -> Result<CaseSearch> {
    let connection = &mut *engine.store.read().await?;
    let limit = limit.clamp(1, 1_000_000);
    let found = store::cases::search(connection, filter, place, limit).await?;
    Ok(CaseSearch {
        cases: told(connection, found.lines).await?,
        newer: found.newer,
        older: found.older,
        unfinished: found.unfinished,
    })
}

/// The lines with the names of everybody on them.
async fn told(
    connection: &mut Connection,
    lines: Vec<store::cases::CaseLine>,
) -> Result<Vec<CaseLine>> {
    let mut wanted = Wanted::default();
    for line in &lines {
        wanted.contact(line.contact_id.as_ref());
        wanted.user(line.assigned_to.as_ref());
    }
    let names = Names::read(connection, wanted).await?;
    let integrations: HashMap<String, String> = store::integrations::list(connection)
        .await?
        .into_iter()
        .map(|integration| (integration.id, integration.settings.name))
        .collect();
    let lines = lines.into_iter().map(|line| CaseLine {
        contact: names.contact(line.contact_id.as_ref()),
        assigned_to: names.user(line.assigned_to.as_ref()),
        integration: line
            .integration_id
            .and_then(|id| integrations.get(&id).cloned()),
        id: line.id,
        number: line.number,
        subject: line.subject,
        status: line.status,
        priority: line.priority,
        ticket: line.ticket,
        updated_at: line.updated_at,
    });
    Ok(lines.collect())
}
