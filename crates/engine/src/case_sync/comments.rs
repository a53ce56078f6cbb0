//! Comments into the mirror and onto cases, by the export of ticket events.

mod places;

use std::collections::{HashMap, HashSet};

use domain::comment::TicketComment;
use domain::desk::{Marker, Place};
use domain::identity::{People, author};
use domain::person::Role;
use domain::ticket::Ticket;
use jiff::Timestamp;
use serde_json::json;
use serde_json::value::RawValue;
use store::cases;
use store::comments::{self as kept, CaseComment, MirroredComment};
use store::history::{self, Event};
use store::{links, tickets as ticket_mirror};
use zendesk::{BadRecord, EventPage, Record, TicketEvent};

use super::pull::{Page, Pull, key_of};
use super::stream::Coming;
use super::{hints, link, tickets, users};
use crate::content::content_of;
use crate::error::{Error, Result};

const STREAM: &str = "comments";
/// Under which name events are kept that cannot be read.
const EVENTS: &str = "ticket_events";

/// Of so many events of a page that cannot be read, the comments are fetched from the lists of their
/// tickets, so that none is lost. More of them mean that the export has changed its form, and one
/// request for each would be no way to read it.
const FETCHED_FOR_UNREAD: usize = 25;

/// Statuses in which a ticket is over; when it became one of them is when its case was closed.
const OVER: [&str; 2] = ["solved", "closed"];

/// A comment as it arrived: what we understand of it, all of it, and what is known of the update that
/// made it.
struct Arrived {
    comment: TicketComment,
    raw: String,
    marker: Marker,
}

/// What one page of events, or a look at some tickets, comes to.
#[derive(Default)]
pub(super) struct Batch {
    comments: Vec<Arrived>,
    /// Comments whose visibility changed, with whether they are public now.
    privacy: Vec<(i64, bool)>,
    /// When tickets were last solved or closed.
    over: HashMap<i64, Timestamp>,
    /// Tickets whose comments must be read from their own list.
    relist: HashSet<i64>,
    /// Events and comments that cannot be read, and those that can.
    unread: Vec<Unread>,
    read_well: Vec<(&'static str, String)>,
}

/// An event or a comment that cannot be read.
struct Unread {
    stream: &'static str,
    key: String,
    bad: BadRecord,
    raw: Box<RawValue>,
}

/// Reads the stream from where it was left to its end, then the comments that had come before
/// their ticket.
pub(super) async fn read(pull: &mut Pull<'_>) -> Result<()> {
    let mut start = pull
        .position(STREAM)
        .await?
        .and_then(|kept| kept.parse().ok())
        .unwrap_or(0);
    let mut coming = Some(ask(pull, start));
    while let Some(request) = coming.take() {
        let page = request.arrive().await?;
        pull.engine.reached("export: a page was read");
        let next = page.end_time.unwrap_or(start);
        if !page.end_of_stream {
            if next <= start {
                return Err(Error::Stuck { stream: STREAM });
            }
            coming = Some(ask(pull, next));
        }
        put_events(pull, page.events, &next.to_string()).await?;
        start = next;
    }
    put_waiting(pull).await
}

fn ask(pull: &Pull<'_>, start: i64) -> Coming<EventPage> {
    let client = pull.client.clone();
    Coming::ask(async move { client.incremental_ticket_events(start).await })
}

async fn put_events(
    pull: &mut Pull<'_>,
    events: Vec<Record<TicketEvent>>,
    position: &str,
) -> Result<()> {
    let mut batch = Batch::default();
    let mut unread_tickets = Vec::new();
    for record in events {
        let key = pull.keeps_unreadable.then(|| key_of(&record));
        match record.parsed {
            Ok(event) => {
                batch.read_well.extend(key.map(|key| (EVENTS, key)));
                batch.add(event);
            }
            Err(ref bad) => {
                unread_tickets.extend(ticket_of(&record.raw));
                batch.unread.push(Unread {
                    stream: EVENTS,
                    key: key_of(&record),
                    bad: bad.clone(),
                    raw: record.raw,
                });
            }
        }
    }
    if batch.unread.len() <= FETCHED_FOR_UNREAD {
        batch.relist.extend(unread_tickets);
    }
    for ticket in std::mem::take(&mut batch.relist) {
        list(pull, ticket, None, &mut batch).await?;
    }
    put(pull, batch, Some(position)).await
}

/// The ticket of an event that cannot be read, if that much can.
fn ticket_of(raw: &RawValue) -> Option<i64> {
    let event: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
    event.get("ticket_id")?.as_i64()
}

impl Batch {
    /// Who wrote the comments.
    pub(super) fn authors(&self) -> impl Iterator<Item = i64> {
        self.comments
            .iter()
            .filter_map(|arrived| arrived.comment.author_id)
    }

    fn add(&mut self, event: TicketEvent) {
        // Whether the export repeats our marker is not confirmed, so its absence says nothing.
        let marker = event.deskbridge_op.map_or(Marker::Unchecked, Marker::Ours);
        for (comment, raw) in event.comments {
            self.comments.push(Arrived {
                comment,
                raw: raw.get().to_owned(),
                marker: marker.clone(),
            });
        }
        self.privacy.extend(event.privacy_changes);
        if !event.redacted.is_empty() || !event.textless.is_empty() {
            self.relist.insert(event.ticket_id);
        }
        for (previous, new) in event.status_changes {
            let was_over = previous.is_some_and(|word| OVER.contains(&word.as_str()));
            if let Some(at) = event.created_at
                && !was_over
                && OVER.contains(&new.as_str())
            {
                let latest = self.over.entry(event.ticket_id).or_insert(at);
                *latest = at.max(*latest);
            }
        }
    }
}

/// Reads a ticket's own list of comments: the present truth of each of them. `markers` is what the
/// ticket's audits say of who made them, if they were read.
pub(super) async fn list(
    pull: &Pull<'_>,
    ticket: i64,
    markers: Option<&HashMap<i64, Marker>>,
    batch: &mut Batch,
) -> Result<()> {
    let records = match pull.client.comments(ticket).await {
        Ok(records) => records,
        // Gone for good: its comments went with it, what we hold stays.
        Err(zendesk::Error::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    // The list's word counts, not an event's older one.
    batch
        .comments
        .retain(|arrived| arrived.comment.ticket_id != ticket);
    for (n, record) in records.into_iter().enumerate() {
        // The list does not say whose comments they are, so the key does.
        let key = format!("{ticket}/{}", key_of(&record));
        match record.parsed {
            Ok(mut comment) => {
                comment.ticket_id = ticket;
                comment.is_description = n == 0;
                let marker = match markers {
                    None => Marker::Unchecked,
                    // What no audit since the oldest open operation names is older than all of them.
                    Some(markers) => markers.get(&comment.id).cloned().unwrap_or(Marker::Foreign),
                };
                batch.comments.push(Arrived {
                    comment,
                    raw: record.raw.get().to_owned(),
                    marker,
                });
                batch.read_well.push((STREAM, key));
            }
            Err(bad) => batch.unread.push(Unread {
                stream: STREAM,
                key,
                bad,
                raw: record.raw,
            }),
        }
    }
    Ok(())
}

/// Comments that came before their ticket, once it has a case.
async fn put_waiting(pull: &mut Pull<'_>) -> Result<()> {
    let mut reader = pull.engine.store.read().await?;
    let waiting = kept::tickets_with_waiting(&mut reader, &pull.integration.id).await?;
    drop(reader);
    for ticket in waiting {
        let mut batch = Batch::default();
        list(pull, ticket, None, &mut batch).await?;
        put(pull, batch, None).await?;
    }
    Ok(())
}

async fn put(pull: &mut Pull<'_>, batch: Batch, position: Option<&str>) -> Result<()> {
    let mut people = users::fetch(pull, batch.authors()).await?;
    let missing = fetch_missing_tickets(pull, &batch).await?;
    people.extend(users::fetch(pull, tickets::people_of(&missing)).await?);
    let mut page = pull.begin().await?;
    for unread in &batch.unread {
        page.set_aside(
            unread.stream,
            unread.key.clone(),
            &unread.bad,
            unread.raw.get(),
        );
    }
    for (stream, key) in &batch.read_well {
        page.note_read_well(stream, || key.clone());
    }
    users::put(pull, &mut page, &people).await?;
    if !missing.is_empty() {
        let read_at = pull.read_at();
        tickets::put(pull, &mut page, &missing, read_at).await?;
    }
    write(pull, &mut page, &batch).await?;
    pull.commit(page, STREAM, position).await
}

/// Tickets that comments belong to and that have no case yet: created since the tickets were read.
async fn fetch_missing_tickets(pull: &Pull<'_>, batch: &Batch) -> Result<Vec<Record<Ticket>>> {
    let mut ids: Vec<i64> = batch
        .comments
        .iter()
        .map(|arrived| arrived.comment.ticket_id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let mut reader = pull.engine.store.read().await?;
    let linked = links::cases_of(&mut reader, &pull.integration.id, &ids).await?;
    ids.retain(|id| !linked.contains_key(id));
    // A mirrored ticket without a case is a scrubbed one: asking again would bring nothing.
    let mirrored = ticket_mirror::by_ids(&mut reader, &pull.integration.id, &ids).await?;
    ids.retain(|id| !mirrored.contains_key(id));
    drop(reader);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(pull.client.tickets_show_many(&ids).await?)
}

/// Writes comments into the mirror, and onto the cases of their tickets.
pub(super) async fn write(pull: &Pull<'_>, page: &mut Page, batch: &Batch) -> Result<()> {
    let integration = &pull.integration.id;
    // The last word on a comment within the page counts.
    let mut latest: HashMap<i64, (&Arrived, i64)> = HashMap::with_capacity(batch.comments.len());
    for arrived in &batch.comments {
        page.counters.comments.read += 1;
        latest.insert(arrived.comment.id, (arrived, content_of(&arrived.raw)));
    }
    let ids: Vec<i64> = latest.keys().copied().collect();
    let known = kept::known(&mut page.tx, integration, &ids).await?;
    let mut tickets: Vec<i64> = latest
        .values()
        .map(|(arrived, _)| arrived.comment.ticket_id)
        .collect();
    tickets.extend(batch.over.keys());
    tickets.sort_unstable();
    tickets.dedup();
    let cases = links::cases_of(&mut page.tx, integration, &tickets).await?;
    let scrubbed = ticket_mirror::scrubbed(&mut page.tx, integration, &tickets).await?;
    let hidden: HashSet<i64> = made_private(&batch.privacy).collect();
    let mut authors: Vec<i64> = latest
        .values()
        .filter_map(|(arrived, _)| arrived.comment.author_id)
        .collect();
    authors.sort_unstable();
    authors.dedup();
    let nobody = HashSet::new();
    let people = link::people(pull, page, &authors, &nobody, &nobody).await?;
    let rules = pull.identity_rules();
    let unknown: Vec<&Arrived> = latest
        .values()
        .map(|(arrived, _)| *arrived)
        .filter(|arrived| !known.contains_key(&arrived.comment.id))
        .collect();
    let mut ours = places::read(page, &unknown, &cases).await?;

    let (mut new, mut altered, mut mirrored) = (Vec::new(), HashMap::new(), Vec::new());
    let mut look_again = HashSet::new();
    for (arrived, content) in latest.values().copied() {
        let Arrived {
            comment,
            raw,
            marker,
        } = arrived;
        let old = known.get(&comment.id);
        let tally = &mut page.counters.comments;
        // Of a comment that Zendesk has erased there is nothing to be had: the case keeps its own.
        if scrubbed.contains(&comment.ticket_id) {
            tally.unchanged += 1;
            continue;
        }
        let public = comment.public && !hidden.contains(&comment.id);
        let mut case_comment_id = old.and_then(|old| old.case_comment_id.clone());
        let case = cases.get(&comment.ticket_id);
        let mut sent_by = None;
        if let (None, Some(case)) = (&case_comment_id, case) {
            match ours.place(comment, marker, case) {
                Place::Ours { comment, op_id } => {
                    case_comment_id = Some(comment);
                    sent_by = op_id;
                }
                Place::New => {}
                // One of ours may be on its way; the ticket is looked at with its audits.
                Place::Wait => {
                    look_again.insert(comment.ticket_id);
                    continue;
                }
            }
        }
        match old {
            None => tally.created += 1,
            Some(old)
                if old.content == content && (case_comment_id.is_some() || case.is_none()) =>
            {
                tally.unchanged += 1;
                continue;
            }
            Some(_) => tally.updated += 1,
        }
        match (&case_comment_id, case) {
            // What we wrote ourselves comes back as Zendesk shows it, and stays as we wrote it.
            (Some(id), _) if old.is_none_or(|old| old.content == 0) => {
                altered.insert(id.clone(), (None, public));
            }
            (Some(id), _) => {
                altered.insert(id.clone(), (Some(comment.body.as_str()), public));
            }
            (None, Some(case_id)) => {
                let by = author(comment.author_id, &people, &rules);
                let id = pull.engine.new_id();
                new.push(CaseComment {
                    id: id.clone(),
                    case_id: case_id.clone(),
                    message: comment.body.clone(),
                    public,
                    is_description: comment.is_description,
                    contact_id: by.contact,
                    user_id: by.user,
                    created_at: users::or_now(comment.created_at, page),
                });
                case_comment_id = Some(id);
            }
            // Kept in the mirror until its ticket arrives.
            (None, None) => {}
        }
        mirrored.push((comment, case_comment_id, sent_by, content, raw.as_str()));
    }
    for ticket in look_again {
        hints::look_again(&mut page.tx, integration, ticket, page.now).await?;
    }
    hide(page, integration, &batch.privacy, &mut altered).await?;
    new.sort_unstable_by(|a, b| {
        (&a.case_id, a.created_at, &a.id).cmp(&(&b.case_id, b.created_at, &b.id))
    });
    mirrored.sort_unstable_by_key(|(comment, ..)| comment.id);
    kept::put(&mut page.tx, &new, page.now).await?;
    let rows: Vec<MirroredComment<'_>> = mirrored
        .iter()
        .map(
            |(comment, case_comment_id, _, content, raw)| MirroredComment {
                comment,
                case_comment_id: case_comment_id.as_deref(),
                content: *content,
                raw,
            },
        )
        .collect();
    kept::mirror(&mut page.tx, integration, &rows).await?;
    let made: Vec<(i64, String)> = mirrored
        .iter()
        .filter_map(|(comment, _, sent_by, ..)| Some((comment.id, sent_by.clone()?)))
        .collect();
    kept::note_operations(&mut page.tx, integration, &made).await?;
    alter(pull, page, altered).await?;
    note_merges(page, integration, &rows, &people).await?;
    let over: Vec<(String, Timestamp)> = batch
        .over
        .iter()
        .filter_map(|(ticket, at)| Some((cases.get(ticket)?.clone(), *at)))
        .collect();
    cases::set_closed_at(&mut page.tx, &over).await?;
    Ok(())
}

/// The comments among these changes of visibility that were made private.
fn made_private(privacy: &[(i64, bool)]) -> impl Iterator<Item = i64> {
    let private = privacy.iter().filter(|(_, public)| !public);
    private.map(|(id, _)| *id)
}

/// Adds the comments that were made private to those that change.
async fn hide(
    page: &mut Page,
    integration: &str,
    privacy: &[(i64, bool)],
    altered: &mut HashMap<String, (Option<&str>, bool)>,
) -> Result<()> {
    let ids: Vec<i64> = made_private(privacy).collect();
    for hidden in kept::known(&mut page.tx, integration, &ids)
        .await?
        .into_values()
    {
        if let Some(id) = hidden.case_comment_id {
            altered.entry(id).or_insert((None, false)).1 = false;
        }
    }
    Ok(())
}

/// Whether two texts say the same but for blanks and line breaks, which Zendesk sets its own way.
fn same_words(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

/// Carries redactions and changes to private onto the case. Visibility never widens: what is
/// private here stays so, whatever an older event says.
async fn alter(
    pull: &Pull<'_>,
    page: &mut Page,
    altered: HashMap<String, (Option<&str>, bool)>,
) -> Result<()> {
    let ids: Vec<String> = altered.keys().cloned().collect();
    let (mut changed, mut events) = (Vec::new(), Vec::new());
    for (id, mut comment) in kept::by_ids(&mut page.tx, &ids).await? {
        let Some((body, public)) = altered.get(&id) else {
            continue;
        };
        let hidden = comment.public && !public;
        // A redaction leaves black boxes, never nothing: a text that is missing says nothing.
        let body = body.filter(|body| !body.is_empty());
        let redacted = body.is_some_and(|body| !same_words(body, &comment.message));
        if !hidden && !redacted {
            continue;
        }
        comment.public &= *public;
        if let Some(body) = body {
            comment.message = body.to_owned();
        }
        // The old text is not repeated here: a redaction means that nobody should read it again.
        events.push(Event {
            case_id: comment.case_id.clone(),
            side: "zendesk",
            actor: "pull".to_owned(),
            run_id: pull.run_id().map(str::to_owned),
            body: json!({ "comment": comment.id, "made_private": hidden, "redacted": redacted })
                .to_string(),
            before: json!({}).to_string(),
        });
        changed.push(comment);
    }
    changed.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    kept::put(&mut page.tx, &changed, page.now).await?;
    Ok(history::append(&mut page.tx, &events, page.now).await?)
}

/// Notes which ticket others were merged into, as the note says that a merge leaves. Only staff can
/// merge tickets; an end user who writes the same words has merged nothing.
async fn note_merges(
    page: &mut Page,
    integration: &str,
    rows: &[MirroredComment<'_>],
    people: &People,
) -> Result<()> {
    let by_end_user = |author| {
        let role = people.find(author).and_then(|person| person.role);
        role == Some(Role::EndUser)
    };
    let merged: HashMap<i64, i64> = rows
        .iter()
        .filter(|row| !by_end_user(row.comment.author_id))
        .filter_map(|row| Some((row.comment.ticket_id, row.comment.merged_into?)))
        .collect();
    let merged: Vec<(i64, i64)> = merged.into_iter().collect();
    Ok(ticket_mirror::note_merged(&mut page.tx, integration, &merged).await?)
}
