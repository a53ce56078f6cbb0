//! Hints: tickets that somebody says have changed (ticket-sync.md 3).
//!
//! A webhook's payload is never believed, only its subject: the ticket is read again, with its
//! comments, and merged like any other. A pull leaves a hint for a ticket that an operation of ours is
//! busy with, and a push for one that it could not merge itself. Hints of one ticket are one look.

mod people;

use std::collections::{HashMap, HashSet};

use domain::desk::Marker;
use domain::merge::Mode;
use domain::outbox::{Line, State};
use domain::push::MARK_SHOWN;
use domain::ticket::Ticket;
use jiff::{SignedDuration, Timestamp};
use store::comments as kept;
use store::inbox::{self, Hint, Subject};
use store::integrations::{self, Integration};
use store::{Tx, leases, links, outbox, tickets as mirror};
use zendesk::{Record, TicketEvent, Urgency};

use super::comments::{self, Batch};
use super::pull::Pull;
use super::tickets::adopting::{self, Claim};
use super::{tickets, users};
use crate::connection::client_of;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// How long a look waits for an operation that is busy with the ticket.
const BUSY: SignedDuration = SignedDuration::from_secs(2);
/// A ticket that changed in this very second is looked at again in a later one.
const UNSETTLED: SignedDuration = SignedDuration::from_millis(1_100);
/// Tickets of one look: what one request brings.
const AT_ONCE: i64 = 100;
/// How far back audits are read before the oldest operation that is open.
const SKEW: SignedDuration = SignedDuration::from_mins(10);
/// How long one look may take before another worker may look too. It only saves requests (two looks at
/// one ticket do no harm), so it is short: a worker that is killed at a look holds up the others no
/// longer than this.
const LOOK: std::time::Duration = std::time::Duration::from_secs(30);
/// How long a ticket that could not be read is left alone, at least and at most.
const FAILED_AT_LEAST: SignedDuration = SignedDuration::from_secs(10);
const FAILED_AT_MOST: SignedDuration = SignedDuration::from_mins(15);
/// So many tickets that cannot be read, one after another, are taken for trouble of the whole account.
const FAILED_IN_A_ROW: usize = 3;
const STAGE: &str = "hints";

/// Asks for a ticket to be looked at again, once whatever is busy with it has ended.
pub(crate) async fn look_again(
    tx: &mut Tx,
    integration: &str,
    ticket: i64,
    now: Timestamp,
) -> Result<()> {
    look_at(tx, integration, ticket, now, BUSY).await
}

/// Asks for tickets to be looked at at once.
pub(super) async fn look_now(
    tx: &mut Tx,
    integration: &str,
    tickets: &[i64],
    now: Timestamp,
) -> Result<()> {
    let subjects: Vec<Subject> = tickets.iter().copied().map(Subject::Ticket).collect();
    Ok(inbox::hint(tx, integration, &subjects, now, now).await?)
}

async fn look_at(
    tx: &mut Tx,
    integration: &str,
    ticket: i64,
    now: Timestamp,
    wait: SignedDuration,
) -> Result<()> {
    let not_before = now.saturating_add(wait).unwrap_or(now);
    let subjects = [Subject::Ticket(ticket)];
    Ok(inbox::hint(tx, integration, &subjects, now, not_before).await?)
}

/// Heeds the hints of one integration that are due. Returns how many tickets were looked at.
///
/// # Errors
/// As the database or Zendesk says; the hints stay.
pub(crate) async fn heed(engine: &Engine, integration: &Integration) -> Result<usize> {
    let mut reader = engine.store.read().await?;
    let due = inbox::due_of(&mut reader, &integration.id, engine.now(), AT_ONCE).await?;
    drop(reader);
    if due.is_empty() {
        return Ok(0);
    }
    let name = format!("hints/{}", integration.id);
    let holder = &engine.settings.holder;
    let Some(lease) = leases::take(&engine.store, &name, holder, engine.now(), LOOK).await? else {
        return Ok(0);
    };
    let looked = match leave_busy(engine, integration, due).await {
        Ok(free) if free.is_empty() => Ok(0),
        Ok(free) => match look(engine, integration, &free).await {
            // A limit says itself when it ends; how long a hint has waited before has no part in that.
            Err(Error::Zendesk(zendesk::Error::Limited { bucket, after })) => {
                let wait = after.and_then(|after| SignedDuration::try_from(after).ok());
                let wait = wait.unwrap_or(FAILED_AT_LEAST);
                let until = engine.now().saturating_add(wait).unwrap_or(Timestamp::MAX);
                let mut tx = engine.store.begin().await?;
                inbox::postpone(&mut tx, &free, until).await?;
                tx.commit().await?;
                Err(Error::Zendesk(zendesk::Error::Limited { bucket, after }))
            }
            // The account cannot be asked now: each waits its time, and so does the next look.
            Err(error @ Error::Zendesk(_)) => {
                put_off(engine, free).await?;
                Err(error)
            }
            other => other,
        },
        Err(error) => Err(error),
    };
    let mut tx = engine.store.begin().await?;
    leases::give_back(&mut tx, &lease).await?;
    tx.commit().await?;
    looked
}

/// Puts these off: the longer one has waited already, the longer.
async fn put_off(engine: &Engine, hints: Vec<Hint>) -> Result<()> {
    if hints.is_empty() {
        return Ok(());
    }
    let now = engine.now();
    let mut tx = engine.store.begin().await?;
    for hint in hints {
        let age = now.duration_since(hint.received_at);
        let pause = age.clamp(FAILED_AT_LEAST, FAILED_AT_MOST);
        let until = now.saturating_add(pause).unwrap_or(now);
        inbox::postpone(&mut tx, &[hint], until).await?;
    }
    Ok(tx.commit().await?)
}

/// Puts off the hints of tickets that an operation is busy with, until it may have ended: it reads the
/// ticket itself, and whoever looks meanwhile could not tell our own write from somebody else's. Returns
/// the others.
async fn leave_busy(
    engine: &Engine,
    integration: &Integration,
    due: Vec<Hint>,
) -> Result<Vec<Hint>> {
    if integration.settings.mode() == Mode::OneWay {
        return Ok(due);
    }
    let named: Vec<i64> = due.iter().filter_map(ticket_of).collect();
    let mut reader = engine.store.read().await?;
    let mut cases = links::cases_of(&mut reader, &integration.id, &named).await?;
    let unlinked: Vec<i64> = named
        .into_iter()
        .filter(|ticket| !cases.contains_key(ticket))
        .collect();
    // A ticket of ours that was just made is its maker's until that has ended.
    for raw in mirror::raws(&mut reader, &integration.id, &unlinked).await? {
        if let Some(ticket) = zendesk::reread_ticket(&raw)
            && let Some(case) = adopting::case_named(&integration.id, &ticket)
        {
            cases.insert(ticket.id, case.to_owned());
        }
    }
    let ids: Vec<String> = cases.values().cloned().collect();
    let lines = outbox::lines(&mut reader, &ids).await?;
    drop(reader);
    let until = |hint: &Hint| {
        let (operations, last_seq) = lines.get(cases.get(&ticket_of(hint)?)?)?;
        let line = Line {
            id: "",
            operations,
            last_seq: *last_seq,
        };
        line.awaits_fields().then_some(())?;
        let ends = line.open().map(|operation| match operation.state {
            State::Claimed => engine.now(),
            State::Waiting | State::Parked | State::Done | State::Discarded => operation.not_before,
        });
        ends.max()
    };
    let (mut free, mut busy) = (Vec::new(), Vec::new());
    for hint in due {
        match until(&hint) {
            None => free.push(hint),
            Some(until) => busy.push((hint, until.max(engine.now()).saturating_add(BUSY))),
        }
    }
    if !busy.is_empty() {
        let mut tx = engine.store.begin().await?;
        for (hint, until) in busy {
            let until = until.unwrap_or(Timestamp::MAX);
            inbox::postpone(&mut tx, &[hint], until).await?;
        }
        tx.commit().await?;
    }
    Ok(free)
}

/// Heeds the hints of every active integration. Returns how many tickets were looked at.
///
/// # Errors
/// As the database says. What Zendesk says is told in the log; the hints stay.
pub(crate) async fn heed_all(engine: &Engine) -> Result<usize> {
    let mut reader = engine.store.read().await?;
    let due = inbox::next_due(&mut reader).await?;
    if due.is_none_or(|due| due > engine.now()) {
        return Ok(0);
    }
    let all = integrations::list(&mut reader).await?;
    drop(reader);
    let mut looked = 0;
    for integration in all.iter().filter(|integration| integration.active) {
        match heed(engine, integration).await {
            Ok(count) => looked += count,
            Err(error) => tracing::warn!(
                integration = integration.settings.name,
                "hints could not be heeded and stay: {error}"
            ),
        }
    }
    Ok(looked)
}

async fn look(engine: &Engine, integration: &Integration, due: &[Hint]) -> Result<usize> {
    let client = client_of(engine, integration)
        .await?
        .with(Urgency::Status)
        .impatient(std::time::Duration::from_secs(30));
    let mut pull = Pull::quietly(engine, integration.clone(), client).await?;
    let named: Vec<i64> = due.iter().filter_map(ticket_of).collect();
    let mut records = pull.client.tickets_show_many(&named).await?;
    let read_at = pull.client.server_time().unwrap_or_else(|| engine.now());
    let told = people::fetch(&pull.client, due).await?;
    let mut batch = Batch::default();
    let (mut claims, mut gone, mut failed) = (HashMap::new(), HashSet::new(), HashSet::new());
    let mut in_a_row = 0;
    for record in &records {
        match examine(&pull, record, &mut batch).await {
            Ok(claim) => {
                in_a_row = 0;
                claims.extend(record.id.zip(claim));
            }
            // It was deleted since its record was read, and the export will tell of that.
            Err(Error::Zendesk(error)) if error.is_not_found() => gone.extend(record.id),
            // One record that cannot be read holds back no other (I-14).
            Err(Error::Zendesk(error))
                if is_of_one_ticket(&error) && in_a_row < FAILED_IN_A_ROW =>
            {
                in_a_row += 1;
                failed.extend(record.id);
                let ticket = record.id.unwrap_or_default();
                tracing::warn!(
                    ticket,
                    "a ticket could not be read and is looked at later: {error}"
                );
            }
            Err(error) => return Err(error),
        }
    }
    let is_left = |id: i64| gone.contains(&id) || failed.contains(&id);
    records.retain(|record| record.id.is_none_or(|id| !is_left(id)));
    let (later, due): (Vec<Hint>, Vec<Hint>) = due
        .iter()
        .cloned()
        .partition(|hint| ticket_of(hint).is_some_and(|ticket| failed.contains(&ticket)));
    put_off(engine, later).await?;
    let due = due.as_slice();
    // A case takes its first ticket before the one that follows it.
    records.sort_by_key(|record| record.id);
    let people = batch.authors().chain(tickets::people_of(&records));
    let strangers = users::fetch(&mut pull, people.collect::<Vec<_>>().into_iter()).await?;
    let mut page = pull.begin().await?;
    inbox::done(&mut page.tx, due).await?;
    users::put(&pull, &mut page, &told).await?;
    users::put(&pull, &mut page, &strangers).await?;
    let mut others = Vec::with_capacity(records.len());
    for record in &records {
        let claim = record.id.and_then(|id| claims.get(&id));
        let is_decided = match claim {
            Some(claim) => adopting::adopt(&mut pull, &mut page, (record, claim), read_at).await?,
            None => false,
        };
        if !is_decided {
            others.push(record.clone());
        }
    }
    tickets::put(&mut pull, &mut page, &others, read_at).await?;
    for ticket in unsettled(&records, read_at) {
        look_at(&mut page.tx, &integration.id, ticket, page.now, UNSETTLED).await?;
    }
    comments::write(&pull, &mut page, &batch).await?;
    pull.commit(page, STAGE, None).await?;
    engine.reached("hints: after the look is committed");
    Ok(due.len())
}

/// Whether a failure may be about the one ticket that was asked for, and not about the account.
fn is_of_one_ticket(error: &zendesk::Error) -> bool {
    match error.when() {
        zendesk::When::AfterFix(_) => false,
        zendesk::When::Later { .. } => !matches!(error, zendesk::Error::Limited { .. }),
        zendesk::When::Never => true,
    }
}

/// Reads the comments of a ticket and, after them, what its audits tell of who made them. Returns whether
/// the ticket is to be adopted, if it has no case and names one of ours.
async fn examine(
    pull: &Pull<'_>,
    record: &Record<Ticket>,
    batch: &mut Batch,
) -> Result<Option<Claim>> {
    let Some(id) = record.id else {
        return Ok(None);
    };
    comments::list(pull, id, batch).await?;
    let claim = match &record.parsed {
        Ok(ticket) => adopting::examine(pull, ticket).await?,
        Err(_) => None,
    };
    let markers = match &claim {
        Some(claim) => {
            batch.compare_anew(id);
            Some(claim.markers())
        }
        None => markers(pull, id).await?,
    };
    if let Some(markers) = markers {
        batch.mark(id, &markers);
    }
    Ok(claim)
}

fn ticket_of(hint: &Hint) -> Option<i64> {
    match hint.subject {
        Subject::Ticket(ticket) => Some(ticket),
        Subject::User(_) => None,
    }
}

/// Tickets that changed within the second they were read in: half of that second may be missing.
fn unsettled(records: &[Record<Ticket>], read_at: Timestamp) -> Vec<i64> {
    records
        .iter()
        .filter_map(|record| record.parsed.as_ref().ok())
        .filter(|ticket| {
            ticket
                .updated_at
                .is_some_and(|updated| read_at.as_second() <= updated.as_second())
        })
        .map(|ticket| ticket.id)
        .collect()
}

/// Which of a ticket's comments bear our marker, if one of ours may be among them.
async fn markers(pull: &Pull<'_>, ticket: i64) -> Result<Option<HashMap<i64, Marker>>> {
    let mut reader = pull.engine.store.read().await?;
    let integration = &pull.integration.id;
    let Some(case) = links::cases_of(&mut reader, integration, &[ticket])
        .await?
        .remove(&ticket)
    else {
        return Ok(None);
    };
    let line = outbox::lines(&mut reader, std::slice::from_ref(&case)).await?;
    let unsent = kept::unmapped(&mut reader, &case).await?;
    drop(reader);
    let (operations, _) = line.into_values().next().unwrap_or_default();
    // A comment of ours that Zendesk is not known to have may be there all the same: a database that was
    // put back does not remember that it sent it.
    let written = unsent
        .iter()
        .filter(|comment| !comment.is_description)
        .map(|comment| comment.created_at);
    let oldest = operations
        .iter()
        .filter(|operation| operation.state.is_open() || operation.unknown_until.is_some())
        .map(|operation| operation.created_at)
        .chain(written)
        .min();
    let Some(since) = oldest else {
        return Ok(None);
    };
    let since = since.saturating_sub(SKEW).ok();
    let audits = pull.client.audits_back_to(ticket, since).await?;
    let mut markers = markers_of(&audits);
    // While one of ours may be there, a young update without a marker may be it: nobody promises that
    // Zendesk shows a marker at once.
    let now = pull.read_at();
    if operations.iter().any(|operation| operation.is_unknown(now)) {
        let unmarked = audits
            .iter()
            .filter_map(|record| record.parsed.as_ref().ok())
            .filter(|event| event.deskbridge_op.is_none())
            .filter(|event| {
                let at = event.created_at.unwrap_or_default();
                now.duration_since(at) < MARK_SHOWN
            });
        for comment in unmarked.flat_map(comments_made) {
            markers.insert(comment, Marker::Unchecked);
        }
    }
    Ok(Some(markers))
}

/// The comments that an update made.
fn comments_made(event: &TicketEvent) -> impl Iterator<Item = i64> {
    let comments = event.comments.iter().map(|(comment, _)| comment.id);
    comments.chain(event.textless.iter().copied())
}

/// Which comments these audits made, and whether they bear our marker.
pub(super) fn markers_of(audits: &[Record<TicketEvent>]) -> HashMap<i64, Marker> {
    let mut markers = HashMap::new();
    for event in audits
        .iter()
        .filter_map(|record| record.parsed.as_ref().ok())
    {
        let marker = match &event.deskbridge_op {
            Some(op_id) => Marker::Ours(op_id.clone()),
            None => Marker::Foreign,
        };
        markers.extend(comments_made(event).map(|id| (id, marker.clone())));
    }
    markers
}
