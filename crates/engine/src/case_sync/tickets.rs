//! Tickets into the mirror, and from there into cases.

pub(super) mod adopting;
mod written;

use std::collections::{HashMap, HashSet};

use adopting::Naming;
use domain::desk::{Desk, DeskLink, Received, Version, is_stale};
use domain::guard::Guards;
use domain::identity::People;
use domain::outbox::Operation;
use domain::person::Role;
use domain::ticket::{Life, Ticket};
use jiff::Timestamp;
use store::cases::{self, Case};
use store::links::{self, Link};
use store::tickets::{self as mirror, KnownTicket, MirroredTicket};
use store::{comments, conflicts, history, outbox, waiting};
use written::{Written, write};
use zendesk::Record;

use super::pull::{Page, Pull, is_late};
use super::stream::{Ask, CursorStream};
use super::{link, users};
use crate::content::content_of;
use crate::desk::Setting;
use crate::error::Result;

const STREAM: &str = "tickets";

/// Reads the stream from where it was left to its end.
pub(super) async fn read(pull: &mut Pull<'_>) -> Result<()> {
    let ask: Ask<Ticket> = |client, position, size| {
        Box::pin(async move { client.incremental_tickets(&position, size).await })
    };
    let mut stream = CursorStream::open(pull, STREAM, ask).await?;
    while let Some((records, next)) = stream.page(pull).await? {
        let people = users::fetch(pull, people_of(&records)).await?;
        let mut writing = pull.begin().await?;
        users::put(pull, &mut writing, &people).await?;
        let read_at = pull.read_at();
        put(pull, &mut writing, &records, read_at).await?;
        pull.commit(writing, STREAM, Some(&next.to_string()))
            .await?;
    }
    Ok(())
}

/// Everybody the tickets of a page name in a role that matters to a case.
pub(super) fn people_of(records: &[Record<Ticket>]) -> impl Iterator<Item = i64> {
    records
        .iter()
        .filter_map(|record| record.parsed.as_ref().ok())
        .flat_map(|ticket| [ticket.requester_id, ticket.submitter_id, ticket.assignee_id])
        .flatten()
}

/// Writes tickets, read when Zendesk's clock said `read_at`, into the mirror, and what they mean into
/// cases. Tickets that came before unchanged cost no write.
pub(super) async fn put(
    pull: &mut Pull<'_>,
    page: &mut Page,
    records: &[Record<Ticket>],
    read_at: Timestamp,
) -> Result<()> {
    let changed = changed(pull, page, records, read_at).await?;
    if changed.is_empty() {
        return Ok(());
    }
    let integration = pull.integration.id.clone();
    mirror::put_read(&mut page.tx, &integration, &changed, Some(read_at)).await?;
    let tickets: Vec<&Ticket> = changed.iter().map(|mirrored| mirrored.ticket).collect();
    super::references::notice(pull, page, &tickets).await?;
    carry(pull, page, &tickets, read_at).await?;
    purge_scrubbed(page, &integration, &changed).await
}

/// Tickets put right at once; more of them wait for the next pull.
const PUT_RIGHT_AT_ONCE: i64 = 1_000;

/// Merges tickets again that waited for somebody who has arrived since, or for their case to be
/// restored, as the mirror has them.
pub(super) async fn put_right(pull: &mut Pull<'_>) -> Result<()> {
    let integration = pull.integration.id.clone();
    let roles = [Role::EndUser, Role::Agent, Role::Admin].map(Role::as_str);
    let mut reader = pull.engine.store.read().await?;
    let ready = waiting::ready(&mut reader, &integration, roles, PUT_RIGHT_AT_ONCE).await?;
    if ready.is_empty() {
        return Ok(());
    }
    let raws = mirror::raws(&mut reader, &integration, &ready).await?;
    drop(reader);
    let tickets: Vec<Ticket> = raws
        .iter()
        .filter_map(|raw| zendesk::reread_ticket(raw))
        .collect();
    let mut page = pull.begin().await?;
    waiting::forget(&mut page.tx, &integration, &ready).await?;
    let read_at = pull.read_at();
    carry(
        pull,
        &mut page,
        &tickets.iter().collect::<Vec<_>>(),
        read_at,
    )
    .await?;
    pull.commit(page, STREAM, None).await
}

/// Carries what tickets mean into their cases.
async fn carry(
    pull: &Pull<'_>,
    page: &mut Page,
    tickets: &[&Ticket],
    read_at: Timestamp,
) -> Result<()> {
    let integration = &pull.integration.id;
    let mut links = links::by_tickets(&mut page.tx, integration, &ids(tickets)).await?;
    let ours = adopting::naming_ours(&mut page.tx, integration, tickets, &links).await?;
    let case_ids: Vec<String> = links.values().map(|link| link.case_id.clone()).collect();
    let mut cases = cases::lock(&mut page.tx, &case_ids).await?;
    let mut lines = outbox::lines(&mut page.tx, &case_ids).await?;
    let setting = setting(pull, page, tickets).await?;
    let mut written = Written::default();
    for ticket in tickets {
        let link = links.remove(&ticket.id);
        // A case that was deleted here stays deleted; only the mirror follows its ticket, and the
        // case catches up once it is restored. A case that a follow-up took over follows that
        // one's ticket, not its former one.
        let (case, link) = match link {
            None => {
                match ours.get(&ticket.id) {
                    Some(Naming::Alive) => written.look_at.push(ticket.id),
                    Some(Naming::Gone) => {}
                    None => written.meet(&setting, ticket),
                }
                continue;
            }
            Some(link) if !link.open => continue,
            Some(link) => match cases.remove(&link.case_id) {
                Some(case) if case.deleted_at.is_none() => (case, link),
                Some(_) => {
                    written.waiting.push((waiting::CASE, ticket.id));
                    continue;
                }
                None => continue,
            },
        };
        let mut desk = at_desk(&case, &link, lines.remove(&case.id));
        let mut outcome = domain::desk::Written::default();
        let received = setting.decide(pull.engine, page.now, |room| {
            desk.receive(ticket, read_at, room, &mut outcome)
        });
        match received {
            Received::Merged => {
                written.wait(ticket.id, &outcome.warnings);
                written.change(pull, page, (case, link), desk, &outcome);
            }
            Received::Stale => written.put_back(&desk, &outcome),
            // Whoever is busy with it cannot be sure to see this state of it.
            Received::Deferred => {
                written.put_back(&desk, &outcome);
                written.look_again.push(ticket.id);
            }
        }
    }
    write(pull, page, written).await
}

/// Makes a case for a ticket that has none and whose own it is, whatever external id it bears.
async fn make_case(pull: &Pull<'_>, page: &mut Page, ticket: &Ticket) -> Result<()> {
    let setting = setting(pull, page, &[ticket]).await?;
    let mut written = Written::default();
    written.meet(&setting, ticket);
    write(pull, page, written).await
}

/// What merging these tickets may draw on.
async fn setting(pull: &Pull<'_>, page: &mut Page, tickets: &[&Ticket]) -> Result<Setting> {
    Ok(Setting {
        integration: pull.integration.id.clone(),
        people: people(pull, page, tickets).await?,
        rules: pull.identity_rules(),
        maps: pull.integration.settings.maps.clone(),
        mode: pull.mode(),
    })
}

/// Brings the mirror of one ticket up to date without touching its case: whoever read it decides on
/// that.
pub(super) async fn mirror_one(
    pull: &mut Pull<'_>,
    page: &mut Page,
    record: &Record<Ticket>,
    read_at: Timestamp,
) -> Result<()> {
    let records = std::slice::from_ref(record);
    let changed = changed(pull, page, records, read_at).await?;
    let integration = pull.integration.id.clone();
    mirror::put_read(&mut page.tx, &integration, &changed, Some(read_at)).await?;
    let tickets: Vec<&Ticket> = changed.iter().map(|mirrored| mirrored.ticket).collect();
    super::references::notice(pull, page, &tickets).await
}

/// Those of the records that differ from the mirror, each once, oldest first.
async fn changed<'a>(
    pull: &Pull<'_>,
    page: &mut Page,
    records: &'a [Record<Ticket>],
    read_at: Timestamp,
) -> Result<Vec<MirroredTicket<'a>>> {
    let mut latest: HashMap<i64, (&Ticket, &str)> = HashMap::with_capacity(records.len());
    for record in records {
        page.counters.tickets.read += 1;
        let Some(ticket) = page.sort_out(STREAM, record) else {
            continue;
        };
        match latest.get(&ticket.id) {
            Some((other, _)) if is_late(other.updated_at, ticket.updated_at) => {}
            Some(_) | None => {
                latest.insert(ticket.id, (ticket, record.raw.get()));
            }
        }
    }
    let all: Vec<i64> = latest.keys().copied().collect();
    let known = mirror::by_ids(&mut page.tx, &pull.integration.id, &all).await?;
    let mut changed = Vec::with_capacity(latest.len());
    for (ticket, raw) in latest.into_values() {
        let content = content_of(raw);
        let tally = &mut page.counters.tickets;
        match known.get(&ticket.id) {
            None => tally.created += 1,
            Some(old) if is_old(old, ticket, content, read_at) => {
                tally.unchanged += 1;
                continue;
            }
            Some(_) => tally.updated += 1,
        }
        changed.push(MirroredTicket {
            ticket,
            content,
            raw,
        });
    }
    changed.sort_unstable_by_key(|mirrored| mirrored.ticket.id);
    Ok(changed)
}

/// Whether a state of a ticket says nothing new: it is known, or older than what is known. A state
/// that was read in the very second of its last change is kept again once it is known to be whole.
fn is_old(old: &KnownTicket, ticket: &Ticket, content: i64, read_at: Timestamp) -> bool {
    let known = Version {
        updated_at: old.updated_at,
        read_at: old.read_at,
    };
    let arrived = Version {
        // A record that does not say when it changed is taken as it comes.
        updated_at: ticket.updated_at.or(old.updated_at),
        read_at: Some(read_at),
    };
    if is_stale(known, arrived, Guards::ALL) {
        return true;
    }
    let was_whole = known
        .read_at
        .zip(known.updated_at)
        .is_none_or(|(read, updated)| read.as_second() > updated.as_second());
    old.content == content && was_whole
}

fn ids(tickets: &[&Ticket]) -> Vec<i64> {
    tickets.iter().map(|ticket| ticket.id).collect()
}

async fn people(pull: &Pull<'_>, page: &mut Page, tickets: &[&Ticket]) -> Result<People> {
    // A scrubbed ticket makes no case and so no contact.
    let alive = || {
        tickets
            .iter()
            .filter(|ticket| ticket.life() != Life::Scrubbed)
    };
    let requesters: HashSet<i64> = alive().filter_map(|ticket| ticket.requester_id).collect();
    let submitters: HashSet<i64> = alive().filter_map(|ticket| ticket.submitter_id).collect();
    let mut all: Vec<i64> = alive().filter_map(|ticket| ticket.assignee_id).collect();
    all.extend(requesters.iter().chain(&submitters));
    all.sort_unstable();
    all.dedup();
    link::people(pull, page, &all, &requesters, &submitters).await
}

/// A case with its link and what waits for it, as the core takes it. That the ticket is no older than
/// what was merged before has been seen to.
fn at_desk(case: &Case, link: &Link, line: Option<(Vec<Operation>, i64)>) -> Desk {
    let (operations, last_seq) = line.unwrap_or_default();
    Desk {
        case: case.id.clone(),
        fields: case.fields.clone(),
        deleted: false,
        link: Some(DeskLink {
            ticket: link.remote_id,
            agreed: link.agreed.clone(),
            seen: Version::default(),
        }),
        predecessors: 0,
        operations,
        last_seq,
        comments: Vec::new(),
    }
}

/// What Zendesk has erased is erased in our copies of it; case and contact are ours and stay.
async fn purge_scrubbed(
    page: &mut Page,
    integration: &str,
    changed: &[MirroredTicket<'_>],
) -> Result<()> {
    let scrubbed: Vec<i64> = changed
        .iter()
        .filter(|mirrored| mirrored.ticket.life() == Life::Scrubbed)
        .map(|mirrored| mirrored.ticket.id)
        .collect();
    if scrubbed.is_empty() {
        return Ok(());
    }
    let cases: Vec<String> = links::cases_of(&mut page.tx, integration, &scrubbed)
        .await?
        .into_values()
        .collect();
    comments::purge_mirror(&mut page.tx, integration, &cases, &scrubbed).await?;
    crate::attachments::erase(&mut page.tx, &cases).await?;
    links::purge(&mut page.tx, integration, &scrubbed).await?;
    conflicts::purge(&mut page.tx, integration, &scrubbed).await?;
    history::purge(&mut page.tx, &cases).await?;
    outbox::purge(&mut page.tx, integration, &cases).await?;
    store::unreadable::purge(&mut page.tx, integration, &scrubbed).await?;
    store::checks::purge(&mut page.tx, integration).await?;
    page.tell(format!(
        "{} tickets were erased in Zendesk; our copies of them were erased too, their cases were kept.",
        scrubbed.len()
    ));
    Ok(())
}
