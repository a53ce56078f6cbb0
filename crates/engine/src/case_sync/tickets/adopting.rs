//! Tickets that bear our own external id: made for one of our cases, whoever sees them first.
//!
//! Which of their comments are the case's own is told by their audits alone, and a page of an export has
//! none. So a pull decides nothing about such a ticket: it asks for a look. The look reads all the
//! audits and lets the core decide ([`domain::desk::Desk::adopt`]).

use std::collections::HashMap;

use domain::desk::{Marker, Received, Written};
use domain::external_id::ExternalId;
use domain::push::Audit;
use domain::ticket::{Life, Ticket};
use jiff::Timestamp;
use store::desks::{self, Held};
use store::links::{self, Link};
use store::{Connection, waiting};
use zendesk::{Record, TicketEvent};

use super::{make_case, mirror_one};
use crate::case_sync::pull::{Page, Pull};
use crate::case_sync::push::audit_of;
use crate::case_sync::{hints, room};
use crate::desk::{By, Decision, keep};
use crate::error::Result;

/// The most tickets of one case that are asked for in their order.
const MOST_FORGOTTEN: usize = 10;

/// The case of this integration that the external id of a ticket names, whether there is such a case or
/// not.
pub(in crate::case_sync) fn case_named<'t>(
    integration: &str,
    ticket: &'t Ticket,
) -> Option<&'t str> {
    let id = ExternalId::parse(ticket.external_id.as_deref()?)?;
    (id.integration == integration).then_some(id.case)
}

/// What a pull does about a ticket without a case that names one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// It is to be looked at, with its audits.
    Alive,
    /// It was deleted, so its audits cannot be read. Should it be restored, it comes again.
    Gone,
}

/// Those of these tickets without a link that name a case of ours which there is. No query unless one of
/// them bears our prefix.
pub(super) async fn naming_ours(
    connection: &mut Connection,
    integration: &str,
    tickets: &[&Ticket],
    links: &HashMap<i64, Link>,
) -> Result<HashMap<i64, Naming>> {
    let mut found = HashMap::new();
    for ticket in tickets.iter().filter(|one| !links.contains_key(&one.id)) {
        let Some(held) = case_of(connection, integration, ticket).await? else {
            continue;
        };
        match ticket.life() {
            Life::Alive | Life::Closed => {
                found.insert(ticket.id, Naming::Alive);
            }
            // Of several that name one case only one is awaited; any other has a case of its own.
            Life::Deleted if is_awaited(&held, integration, ticket) => {
                found.insert(ticket.id, Naming::Gone);
            }
            // Nothing is left of it.
            Life::Deleted | Life::Scrubbed => {}
        }
    }
    Ok(found)
}

/// The case that a ticket names, unless it is another integration's by now.
async fn case_of(
    connection: &mut Connection,
    integration: &str,
    ticket: &Ticket,
) -> Result<Option<Held>> {
    let Some(case) = case_named(integration, ticket) else {
        return Ok(None);
    };
    let held = desks::read(connection, case).await?;
    Ok(held.filter(|held| belongs(held, integration)))
}

fn belongs(held: &Held, integration: &str) -> bool {
    let whose = held.integration_id.as_deref();
    whose.is_none_or(|whose| whose == integration)
}

/// Whether the next ticket of this case bears the id of this one.
fn is_awaited(held: &Held, integration: &str, ticket: &Ticket) -> bool {
    ticket.external_id.as_deref() == Some(awaited_id(held, integration).as_str())
}

/// What the next ticket of this case bears as its external id.
fn awaited_id(held: &Held, integration: &str) -> String {
    held.desk.external_id(integration, held.desk.link.is_some())
}

/// A ticket without a case that bears our prefix, with what tells whether the case it names is its own.
pub(in crate::case_sync) struct Claim {
    case: String,
    /// All its audits.
    audits: Vec<Record<TicketEvent>>,
    /// All audits of the ticket that the case has until now, if one of the case's comments may be there
    /// without our knowing.
    former: Vec<Record<TicketEvent>>,
    /// Whether an older ticket bears the same id: then this one is a copy of it.
    is_copy: bool,
    /// Tickets without a case that the case awaits before this one: the first of them that can be read.
    before: Vec<i64>,
}

impl Claim {
    /// Which of the ticket's comments bear a marker of ours.
    pub(in crate::case_sync) fn markers(&self) -> HashMap<i64, Marker> {
        hints::markers_of(&self.audits)
    }
}

/// Reads what tells whose a ticket is, if it has no case and bears our prefix. The ticket's comments
/// must have been read before, so that no comment is there whose audit is not.
pub(in crate::case_sync) async fn examine(
    pull: &Pull<'_>,
    ticket: &Ticket,
) -> Result<Option<Claim>> {
    let integration = &pull.integration.id;
    let Some(case) = case_named(integration, ticket) else {
        return Ok(None);
    };
    let ids = [ticket.id];
    let mut reader = pull.engine.store.read().await?;
    let linked = links::cases_of(&mut reader, integration, &ids).await?;
    drop(reader);
    // Of a deleted one the audits cannot be read; what is left of an erased one is nobody's.
    let can_be_read = matches!(ticket.life(), Life::Alive | Life::Closed);
    if !linked.is_empty() || !can_be_read {
        return Ok(None);
    }
    let external_id = ticket.external_id.as_deref().unwrap_or_default();
    let mut older = bearing(pull, external_id).await?;
    older.retain(|(other, found)| {
        // One that has a case of its own was given that id later.
        *other < ticket.id && found.as_deref().is_none_or(|found| found == case)
    });
    let mut reader = pull.engine.store.read().await?;
    let held = case_of(&mut reader, integration, ticket).await?;
    drop(reader);
    let before = match &held {
        Some(held) => awaited_before(pull, held, external_id).await?,
        None => Vec::new(),
    };
    let former = held.filter(|held| held.desk.has_unsent_comments());
    let former = former.and_then(|held| held.desk.link.map(|link| link.ticket));
    let former = match former {
        Some(former) => match pull.client.audits_back_to(former, None).await {
            // It was deleted: what is on it nobody can read.
            Err(zendesk::Error::NotFound { .. }) => Vec::new(),
            read => read?,
        },
        None => Vec::new(),
    };
    Ok(Some(Claim {
        case: case.to_owned(),
        audits: pull.client.audits_back_to(ticket.id, None).await?,
        former,
        is_copy: !older.is_empty(),
        before,
    }))
}

/// The tickets without a case that the case is to take before the one of this id: a database that forgot
/// several tickets of a case takes them in their order. Deleted ones are not listed, and passed over.
async fn awaited_before(pull: &Pull<'_>, held: &Held, external_id: &str) -> Result<Vec<i64>> {
    let awaited = awaited_id(held, &pull.integration.id);
    let mut earlier = ExternalId::parse(&awaited);
    for _ in 0..MOST_FORGOTTEN {
        let is_before = |id: &ExternalId<'_>| {
            ExternalId::parse(external_id).is_some_and(|own| id.number < own.number)
        };
        let Some(id) = earlier.filter(is_before) else {
            break;
        };
        let mut before = bearing(pull, &id.to_string()).await?;
        before.retain(|(_, found)| found.is_none());
        if !before.is_empty() {
            return Ok(before.into_iter().map(|(other, _)| other).collect());
        }
        earlier = Some(id.next());
    }
    Ok(Vec::new())
}

/// The tickets that bear this external id and can be read, each with its case if it has one.
async fn bearing(pull: &Pull<'_>, external_id: &str) -> Result<Vec<(i64, Option<String>)>> {
    let found = pull.client.tickets_with_external_id(external_id).await?;
    let read = found
        .iter()
        .filter_map(|record| record.parsed.as_ref().ok());
    let ids: Vec<i64> = read.map(|ticket| ticket.id).collect();
    let mut reader = pull.engine.store.read().await?;
    let mut cases = links::cases_of(&mut reader, &pull.integration.id, &ids).await?;
    Ok(ids.into_iter().map(|id| (id, cases.remove(&id))).collect())
}

/// Decides on a ticket that bears our prefix: the case it names takes it, or it gets a case of its own, or
/// it is left to the operation that is making it just now. False if somebody has linked it meanwhile:
/// then it is a ticket like any other.
pub(in crate::case_sync) async fn adopt(
    pull: &mut Pull<'_>,
    page: &mut Page,
    (record, claim): (&Record<Ticket>, &Claim),
    read_at: Timestamp,
) -> Result<bool> {
    let Ok(ticket) = &record.parsed else {
        return Ok(false);
    };
    let integration = pull.integration.id.clone();
    let linked = links::cases_of(&mut page.tx, &integration, &[ticket.id]).await?;
    if !linked.is_empty() {
        return Ok(false);
    }
    mirror_one(pull, page, record, read_at).await?;
    let held = desks::lock(&mut page.tx, &claim.case).await?;
    let held = held.filter(|held| !claim.is_copy && belongs(held, &integration));
    let received = match &held {
        Some(held) if !claim.before.is_empty() && !is_awaited(held, &integration, ticket) => {
            hints::look_now(&mut page.tx, &integration, &claim.before, page.now).await?;
            Received::Deferred
        }
        Some(held) => decide(pull, page, held, (ticket, claim), read_at).await?,
        None => Received::Stale,
    };
    match received {
        Received::Merged => {}
        // There is no such case, or it has another ticket.
        Received::Stale => make_case(pull, page, ticket).await?,
        // Whoever makes it finds it by the same id, and knows what it was made of; or another comes first.
        Received::Deferred => {
            hints::look_again(&mut page.tx, &integration, ticket.id, page.now).await?;
        }
    }
    Ok(true)
}

async fn decide(
    pull: &Pull<'_>,
    page: &mut Page,
    held: &Held,
    (ticket, claim): (&Ticket, &Claim),
    read_at: Timestamp,
) -> Result<Received> {
    let audits: Vec<Audit> = claim.audits.iter().filter_map(audit_of).collect();
    let former: Vec<Audit> = claim.former.iter().filter_map(audit_of).collect();
    let setting = room::setting(pull, page, Some(ticket), &held.desk).await?;
    let (mut desk, mut written) = (held.desk.clone(), Written::default());
    let received = setting.decide(pull.engine, page.now, |room| {
        desk.recall(&former, &mut written);
        desk.adopt(ticket, read_at, &audits, room, &mut written)
    });
    if written == Written::default() {
        return Ok(received);
    }
    for warning in &written.warnings {
        page.warn(warning.sentence());
    }
    let decision = Decision {
        held,
        desk: &desk,
        written: &written,
    };
    let by = By {
        side: "zendesk",
        actor: "hint",
        run: None,
    };
    let (now, integration) = (page.now, &setting.integration);
    keep(pull.engine, &mut page.tx, &setting, &decision, &by, now).await?;
    // A deleted case takes nothing; it catches up with its ticket once it is restored.
    let restored = desk.deleted.then_some(waiting::CASE);
    let missing = written.warnings.iter().filter_map(|one| one.missing_user());
    let waits: Vec<(i64, i64)> = missing
        .chain(restored)
        .map(|awaited| (awaited, ticket.id))
        .collect();
    waiting::note(&mut page.tx, integration, &waits).await?;
    Ok(received)
}
