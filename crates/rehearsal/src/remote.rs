//! The model Zendesk: tickets, comments, audits and exports, as far as the sync can notice.
//!
//! It keeps what the product can never see as well: who wrote a value last, and how many times a
//! ticket has changed. The checks go by that.

mod export;
mod people;
mod write;

use std::collections::BTreeMap;

use domain::case::CaseField;
use domain::external_id::ExternalId;
use domain::push::{Audit, Draft};
use domain::ticket::Ticket;
use domain::value::Value;
use jiff::Timestamp;

pub use export::{CommentRow, TicketRow};
pub(crate) use write::INVALID;
pub use write::{Answer, Creation, Trigger, Update};

/// Seconds that exports leave out (zendesk-api.md 3.9).
pub const EXPORT_DELAY: i64 = 60;
/// Seconds that an `Idempotency-Key` is kept (zendesk-api.md 3.7).
pub const KEY_LIFE: i64 = 2 * 3600;

/// Who gave a field its present value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// A person in Zendesk, or the ticket's birth there.
    Person,
    /// A trigger, an automation, or Zendesk itself.
    Rule,
    /// We.
    Ours,
}

/// Whose a comment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Written in Zendesk.
    There,
    /// Sent by us: the case comment.
    Ours(String),
    /// Sent by us as the first words of a follow-up: the case comment that it says once more.
    Repeats(String),
}

/// A comment in Zendesk.
#[derive(Debug, Clone)]
pub struct RemoteComment {
    /// Its id.
    pub id: i64,
    /// Whether the customer sees it.
    pub public: bool,
    /// Whose it is.
    pub origin: Origin,
    /// The marker of its update.
    pub op: Option<String>,
    /// Second it was made.
    pub at: i64,
    /// Whether it is the ticket's first.
    pub is_description: bool,
    /// Whether nobody has made it private since.
    pub is_as_sent: bool,
}

/// What the product cannot see of a ticket's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truth {
    /// How often the ticket had changed.
    pub revision: u32,
    /// Who wrote each field, by [`CaseField`].
    pub writers: [Writer; 6],
}

/// A ticket as it was at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// What Zendesk shows.
    pub ticket: Ticket,
    /// What it does not show.
    pub truth: Truth,
    /// Zendesk's clock then, to the second.
    pub date: i64,
}

/// A ticket in Zendesk.
#[derive(Debug, Clone)]
pub struct RemoteTicket {
    /// As it is shown.
    pub ticket: Ticket,
    /// Its status before it was deleted.
    pub deleted_from: Option<String>,
    /// Its comments, oldest first.
    pub comments: Vec<RemoteComment>,
    /// Its audits, oldest first.
    pub audits: Vec<Audit>,
    /// What it does not show.
    pub truth: Truth,
    /// The ticket it was merged into.
    pub merged_into: Option<i64>,
    /// Since which second it was away, and until when if it was restored: the last time.
    pub away: Option<(i64, Option<i64>)>,
}

impl RemoteTicket {
    /// Whether writes are taken.
    pub fn is_open(&self) -> bool {
        self.deleted_from.is_none() && self.ticket.status.as_deref() != Some("closed")
    }

    /// Whether it was deleted.
    pub const fn is_deleted(&self) -> bool {
        self.deleted_from.is_some()
    }
}

/// Zendesk.
#[derive(Debug, Default)]
pub struct Remote {
    /// Its clock, in milliseconds.
    pub clock_ms: i64,
    /// Its tickets, in the order of their ids, which begin at [`FIRST_TICKET`].
    pub tickets: Vec<RemoteTicket>,
    /// What ever happened to comments, in order.
    pub(crate) events: Vec<CommentEvent>,
    /// The end users who were merged away, each with whom they were merged into.
    pub gone: BTreeMap<i64, i64>,
    /// How many fields our updates have set; creations are not counted.
    pub fields_set: u32,
    /// What was answered to each `Idempotency-Key`.
    pub(crate) keys: BTreeMap<String, FirstAnswer>,
    pub(crate) last_audit: i64,
    /// How many updates of ours did something.
    pub writes: u32,
}

/// A comment was made, or made private.
#[derive(Debug)]
pub(crate) struct CommentEvent {
    pub(crate) second: i64,
    /// Rises with each event; of one that made a comment that comment's id.
    pub(crate) id: i64,
    pub(crate) comment: i64,
    pub(crate) ticket: i64,
    /// Whether the comment was public from then on.
    pub(crate) public: bool,
}

/// What was answered to a creation, and to what.
#[derive(Debug)]
pub(crate) struct FirstAnswer {
    pub(crate) draft: Draft,
    pub(crate) answer: Answer,
    pub(crate) at: i64,
}

/// The id of the first ticket.
pub const FIRST_TICKET: i64 = 100;

impl Remote {
    /// Its clock, to the second.
    pub const fn second(&self) -> i64 {
        self.clock_ms.div_euclid(1000)
    }

    /// Its clock as a time, to the second.
    pub fn date(&self) -> Timestamp {
        at(self.second())
    }

    /// The ticket of this id, whatever has become of it.
    pub fn ticket(&self, id: i64) -> Option<&RemoteTicket> {
        let at = usize::try_from(id - FIRST_TICKET).ok()?;
        self.tickets.get(at)
    }

    pub(crate) fn ticket_mut(&mut self, id: i64) -> Option<&mut RemoteTicket> {
        let at = usize::try_from(id - FIRST_TICKET).ok()?;
        self.tickets.get_mut(at)
    }

    /// `GET /tickets/{id}`: none for a deleted one.
    pub fn show(&self, id: i64) -> Option<Snapshot> {
        let found = self.ticket(id).filter(|found| !found.is_deleted())?;
        Some(self.snapshot(found))
    }

    /// A ticket as it is now.
    pub fn snapshot(&self, found: &RemoteTicket) -> Snapshot {
        Snapshot {
            ticket: found.ticket.clone(),
            truth: found.truth,
            date: self.second(),
        }
    }

    /// `GET /tickets?external_id=`, without deleted ones.
    pub fn find(&self, external_id: &str) -> Option<i64> {
        self.tickets
            .iter()
            .find(|found| {
                !found.is_deleted() && found.ticket.external_id.as_deref() == Some(external_id)
            })
            .map(|found| found.ticket.id)
    }

    /// Whether this comment is the one that the case comment was sent as.
    pub fn is_comment_of(&self, remote: i64, comment: &str) -> bool {
        self.tickets
            .iter()
            .flat_map(|found| &found.comments)
            .any(|there| {
                there.id == remote && matches!(&there.origin, Origin::Ours(id) if id == comment)
            })
    }

    /// The comment of this id, on whatever ticket.
    pub fn comment(&self, id: i64) -> Option<&RemoteComment> {
        let all = self.tickets.iter().flat_map(|found| &found.comments);
        let mut all = all.filter(|comment| comment.id == id);
        all.next()
    }

    /// Who this end user is now: themselves, unless they were merged away.
    pub fn survivor(&self, user: i64) -> i64 {
        self.gone.get(&user).copied().unwrap_or(user)
    }

    /// A ticket's audits since a second, newest first.
    pub fn audits(&self, id: i64, since: i64) -> Vec<Audit> {
        let since = at(since);
        self.ticket(id).map_or_else(Vec::new, |found| {
            let newest_first = found.audits.iter().rev();
            newest_first
                .take_while(|audit| audit.at >= since)
                .cloned()
                .collect()
        })
    }
}

/// The case that an `external_id` of ours names.
pub(crate) fn case_named(external_id: &str) -> Option<&str> {
    ExternalId::parse(external_id).map(|id| id.case)
}

/// A second as a time.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Gives a field of a ticket this raw value.
pub(crate) fn set(ticket: &mut Ticket, field: CaseField, value: &Value) {
    let id = || value.as_deref().and_then(|id| id.parse().ok());
    match field {
        CaseField::Subject => ticket.subject.clone_from(value),
        // Immutable in Zendesk.
        CaseField::Description => {}
        CaseField::Status => ticket.status.clone_from(value),
        CaseField::Priority => ticket.priority.clone_from(value),
        CaseField::AssignedTo => ticket.assignee_id = id(),
        CaseField::Contact => ticket.requester_id = id(),
    }
}
