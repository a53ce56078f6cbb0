//! Tickets into the mirror, and from there into cases.

use std::collections::{HashMap, HashSet};

use domain::identity::People;
use domain::person::Role;
use domain::plan::{CaseUpdate, NewCase, TicketFacts, TicketPlan, description_key, plan_ticket};
use domain::refusal::Warning;
use domain::ticket::{Life, Ticket};
use serde_json::json;
use store::cases::{self, Case};
use store::conflicts::{self, Conflict, Subject};
use store::history::{self, Event};
use store::links::{self, Link};
use store::tickets::{self as mirror, MirroredTicket};
use store::{comments, counters, waiting};
use zendesk::Record;

use super::pull::{Page, Pull, is_late};
use super::stream::{Ask, CursorStream};
use super::{link, users};
use crate::content::content_of;
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
        put(pull, &mut writing, &records).await?;
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

/// What a page of tickets comes to, row by row, before it is written.
#[derive(Default)]
struct Written {
    new: Vec<(i64, NewCase)>,
    cases: Vec<Case>,
    links: Vec<Link>,
    conflicts: Vec<Conflict>,
    events: Vec<Event>,
    /// Who is waited for, or what: `(user, ticket)`.
    waiting: Vec<(i64, i64)>,
}

/// Writes tickets into the mirror, and what they mean into cases. Tickets that came before
/// unchanged cost no write.
pub(super) async fn put(
    pull: &mut Pull<'_>,
    page: &mut Page,
    records: &[Record<Ticket>],
) -> Result<()> {
    let changed = changed(pull, page, records).await?;
    if changed.is_empty() {
        return Ok(());
    }
    let integration = pull.integration.id.clone();
    mirror::put(&mut page.tx, &integration, &changed).await?;
    let tickets: Vec<&Ticket> = changed.iter().map(|mirrored| mirrored.ticket).collect();
    super::references::notice(pull, page, &tickets).await?;
    carry(pull, page, &tickets).await?;
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
    carry(pull, &mut page, &tickets.iter().collect::<Vec<_>>()).await?;
    pull.commit(page, STREAM, None).await
}

/// Carries what tickets mean into their cases.
async fn carry(pull: &Pull<'_>, page: &mut Page, tickets: &[&Ticket]) -> Result<()> {
    let integration = &pull.integration.id;
    let mut links = links::by_tickets(&mut page.tx, integration, &ids(tickets)).await?;
    adopt_our_own(pull, page, tickets, &mut links).await?;
    let case_ids: Vec<String> = links.values().map(|link| link.case_id.clone()).collect();
    let mut cases = cases::lock(&mut page.tx, &case_ids).await?;
    let people = people(pull, page, tickets).await?;
    let rules = pull.identity_rules();
    let mode = pull.mode();
    let maps = &pull.integration.settings.maps;
    let mut written = Written::default();
    for ticket in tickets {
        let facts = TicketFacts {
            ticket,
            people: &people,
            rules: &rules,
            maps,
            mode,
        };
        let link = links.remove(&ticket.id);
        // A case that was deleted here stays deleted; only the mirror follows its ticket, and the
        // case catches up once it is restored. A case that a follow-up took over follows that
        // one's ticket, not its former one.
        let here = match link {
            None => None,
            Some(link) if !link.open => continue,
            Some(link) => match cases.remove(&link.case_id) {
                Some(case) if case.deleted_at.is_none() => Some((case, link)),
                Some(_) => {
                    written.waiting.push((waiting::CASE, ticket.id));
                    continue;
                }
                None => continue,
            },
        };
        let plan = plan_ticket(
            facts,
            here.as_ref()
                .map(|(case, link)| (&case.fields, &link.agreed)),
        );
        match (plan, here) {
            (TicketPlan::Create(case), _) => {
                written.wait(ticket.id, &case.warnings);
                written.new.push((ticket.id, case));
            }
            (TicketPlan::Update(update), Some((case, link))) => {
                written.wait(ticket.id, &update.warnings);
                written.change(pull, page, case, link, update);
            }
            (TicketPlan::Update(_), None) | (TicketPlan::Nothing, _) => {}
        }
    }
    write(pull, page, written).await
}

/// Those of the records that differ from the mirror, each once, oldest first.
async fn changed<'a>(
    pull: &Pull<'_>,
    page: &mut Page,
    records: &'a [Record<Ticket>],
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
            Some(old) if old.content == content || is_late(old.updated_at, ticket.updated_at) => {
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

/// A ticket whose `external_id` names one of our cases is that case's, whoever sees it first.
async fn adopt_our_own(
    pull: &Pull<'_>,
    page: &mut Page,
    tickets: &[&Ticket],
    links: &mut HashMap<i64, Link>,
) -> Result<()> {
    let prefix = format!("deskbridge:{}:", pull.integration.id);
    let mut ours: Vec<(i64, String)> = tickets
        .iter()
        .filter(|ticket| !links.contains_key(&ticket.id))
        .filter_map(|ticket| {
            Some((
                ticket.id,
                ticket
                    .external_id
                    .as_deref()?
                    .strip_prefix(&prefix)?
                    .to_owned(),
            ))
        })
        .collect();
    if ours.is_empty() {
        return Ok(());
    }
    // `deskbridge:<integration>:<case>`, with `:<n>` behind it for the n-th follow-up of a case.
    for (_, case) in &mut ours {
        if let Some((id, _)) = case.split_once(':') {
            *case = id.to_owned();
        }
    }
    let wanted: Vec<String> = ours.iter().map(|(_, case)| case.clone()).collect();
    let exist = cases::lock(&mut page.tx, &wanted).await?;
    let mut taken: HashSet<String> = links::open_cases(&mut page.tx, &wanted)
        .await?
        .into_iter()
        .collect();
    for (remote_id, case_id) in ours {
        if exist.contains_key(&case_id) && taken.insert(case_id.clone()) {
            let agreed = domain::value::Agreed::default();
            links.insert(
                remote_id,
                Link {
                    remote_id,
                    case_id,
                    open: true,
                    agreed,
                },
            );
        }
    }
    let adopted: Vec<Link> = links
        .values()
        .filter(|link| link.agreed.0.is_empty())
        .cloned()
        .collect();
    Ok(links::put(&mut page.tx, &pull.integration.id, &adopted, page.now).await?)
}

impl Written {
    /// Notes whom a ticket waits for.
    fn wait(&mut self, ticket: i64, warnings: &[Warning]) {
        let missing = warnings.iter().filter_map(Warning::missing_user);
        self.waiting.extend(missing.map(|user| (user, ticket)));
    }

    fn change(
        &mut self,
        pull: &Pull<'_>,
        page: &mut Page,
        mut case: Case,
        mut link: Link,
        update: CaseUpdate,
    ) {
        for warning in &update.warnings {
            page.warn(warning.sentence());
        }
        let before = json!({ "state": state(&case) }).to_string();
        for conflict in &update.conflicts {
            page.counters.conflicts += 1;
            self.conflicts.push(Conflict {
                id: pull.engine.new_id(),
                subject: Subject::Case(case.id.clone()),
                remote_id: link.remote_id,
                field: conflict.field.as_str().to_owned(),
                agreed: conflict.agreed.as_ref().and_then(|pair| pair.crm.clone()),
                crm: conflict.crm.clone(),
                zendesk: conflict.zendesk.clone(),
                winner: conflict.winner.as_str(),
                rule: link::rule_words(pull.mode()),
            });
        }
        if !update.changes.is_empty() {
            page.counters.cases.updated += 1;
            let changes: Vec<_> = update
                .changes
                .iter()
                .map(|change| json!({ "field": change.field.as_str(), "from": change.from, "to": change.to }))
                .collect();
            let conflicts: Vec<_> = update
                .conflicts
                .iter()
                .map(|conflict| conflict.field.as_str())
                .collect();
            self.events.push(Event {
                case_id: case.id.clone(),
                side: "zendesk",
                actor: "pull".to_owned(),
                run_id: Some(pull.run.id().to_owned()),
                body:
                    json!({ "ticket": link.remote_id, "changes": changes, "conflicts": conflicts })
                        .to_string(),
                before,
            });
            case.fields = update.fields;
            case.updated_at = page.now;
            self.cases.push(case);
        }
        if update.agreed_moved {
            link.agreed = update.agreed;
            self.links.push(link);
        }
    }
}

/// A case's merged fields as its history tells them. The description is there as its key only: what
/// Zendesk redacts later must not live on here.
fn state(case: &Case) -> serde_json::Value {
    let fields = &case.fields;
    json!({
        "subject": fields.subject,
        "description": description_key(Some(&fields.description)),
        "status": fields.status.as_str(),
        "priority": fields.priority.as_str(),
        "assigned_to": fields.assigned_to,
        "contact": fields.contact,
        "owner": case.owner_id,
        "closed_at": fields.closed_at,
    })
}

async fn write(pull: &Pull<'_>, page: &mut Page, mut written: Written) -> Result<()> {
    let integration = &pull.integration.id;
    let mut number = match written.new.len() {
        0 => 0,
        count => counters::take(&mut page.tx, "case", count).await?,
    };
    for (remote_id, new) in written.new {
        for warning in &new.warnings {
            page.warn(warning.sentence());
        }
        page.counters.cases.created += 1;
        let id = pull.engine.new_id();
        written.links.push(Link {
            remote_id,
            case_id: id.clone(),
            open: true,
            agreed: new.agreed,
        });
        written.cases.push(Case {
            id,
            number,
            fields: new.fields,
            source: new.source,
            owner_id: new.owner,
            reported_at: users::or_now(new.reported_at, page),
            created_by_run: Some(pull.run.id().to_owned()),
            created_at: page.now,
            updated_at: page.now,
            version: 1,
            deleted_at: None,
        });
        number += 1;
    }
    written.waiting.sort_unstable();
    written.waiting.dedup();
    waiting::note(&mut page.tx, integration, &written.waiting).await?;
    cases::put(&mut page.tx, &written.cases).await?;
    links::put(&mut page.tx, integration, &written.links, page.now).await?;
    conflicts::record(
        &mut page.tx,
        integration,
        pull.run.id(),
        &written.conflicts,
        page.now,
    )
    .await?;
    Ok(history::append(&mut page.tx, &written.events, page.now).await?)
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
    links::purge(&mut page.tx, integration, &scrubbed).await?;
    conflicts::purge(&mut page.tx, integration, &scrubbed).await?;
    history::purge(&mut page.tx, &cases).await?;
    store::outbox::purge(&mut page.tx, integration, &cases).await?;
    store::unreadable::purge(&mut page.tx, integration, &scrubbed).await?;
    page.tell(format!(
        "{} tickets were erased in Zendesk; our copies of them were erased too, their cases were kept.",
        scrubbed.len()
    ));
    Ok(())
}
