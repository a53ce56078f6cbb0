//! Comments into the mirror and onto cases, by the export of ticket events.

mod places;
mod rereading;
mod writing;

use std::collections::{HashMap, HashSet};

use domain::comment::TicketComment;
use domain::desk::Marker;
use domain::ticket::Ticket;
use jiff::Timestamp;
pub(super) use rereading::reread;
use serde_json::value::RawValue;
use store::comments as kept;
use store::{links, tickets as ticket_mirror};
pub(super) use writing::write;
use zendesk::{BadRecord, EventPage, Record, TicketEvent};

use super::pull::{Pull, key_of};
use super::stream::Coming;
use super::{tickets, users};
use crate::error::{Error, Result};

const STREAM: &str = "comments";
/// Under which name events are kept that cannot be read.
const EVENTS: &str = "ticket_events";

/// How many seconds ago a reading of the events may begin: Zendesk refuses the last minute
/// (zendesk-api.md 3.9), and its clocks may differ by some seconds.
const TAKEN_AFTER: i64 = 120;

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
    /// Tickets whose case is theirs only now: each of their comments is compared, also one that the
    /// mirror has as it is.
    anew: HashSet<i64>,
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
        let kept = next.min(oldest_taken(pull)).max(start);
        put_events(pull, page.events, &kept.to_string()).await?;
        start = next;
    }
    put_waiting(pull).await
}

/// The latest second from which the export is sure to be given again. It usually ends a minute ago, so
/// that where it ended will do; should it have told of the newest minute too, a reading from there would
/// be refused for as long, and what is read twice costs no write.
fn oldest_taken(pull: &Pull<'_>) -> i64 {
    pull.read_at().as_second() - TAKEN_AFTER
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
        list(pull, ticket, &mut batch).await?;
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

    /// Notes who made the comments of a ticket. Its audits were read after its list, so a comment that
    /// none of them names is older than all of them.
    pub(super) fn mark(&mut self, ticket: i64, markers: &HashMap<i64, Marker>) {
        let of_ticket = |arrived: &&mut Arrived| arrived.comment.ticket_id == ticket;
        for arrived in self.comments.iter_mut().filter(of_ticket) {
            let marker = markers.get(&arrived.comment.id);
            arrived.marker = marker.cloned().unwrap_or(Marker::Foreign);
        }
    }

    /// Has each comment of a ticket compared with its case, since it may not have been so far.
    pub(super) fn compare_anew(&mut self, ticket: i64) {
        self.anew.insert(ticket);
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

/// Reads a ticket's own list of comments: the present truth of each of them.
pub(super) async fn list(pull: &Pull<'_>, ticket: i64, batch: &mut Batch) -> Result<()> {
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
                batch.comments.push(Arrived {
                    comment,
                    raw: record.raw.get().to_owned(),
                    marker: Marker::Unchecked,
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
        list(pull, ticket, &mut batch).await?;
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
