//! One attempt to carry out one operation, as a machine without I/O (reliability.md 5).
//!
//! The driver (the engine over HTTP and SQL, or the rehearsal over models) does each [`Action`] and
//! answers with what [`Happened`]; this decides what comes next. The eight steps:
//!
//! 1. the change and its operation are noted in one transaction ([`crate::desk`]);
//! 2. a worker claims it ([`crate::outbox::Operation::claim`]) and begins an [`Attempt`];
//! 3. [`Action::Read`]: the ticket, then its audits; our marker there means it was carried out (before a
//!    ticket is made: [`Action::Find`], and for a follow-up a look back at the ticket it follows);
//! 4. [`Action::Plan`]: one transaction that merges the ticket as read and plans what is left;
//! 5. what was read within the second of the ticket's last change is read again;
//! 6. [`Action::Send`]: only what changed, with the stamp of the ticket as read and the marker;
//! 7. [`Action::Close`]: one transaction, refused to a worker whose claim has passed on;
//! 8. a request is shorter than a claim, which is the driver's to keep.

mod attempt;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use attempt::Attempt;

use crate::case::CaseField;
use crate::outbox::Parked;
use crate::ticket::Ticket;
use crate::value::{Pair, Value, quiet_debug};

/// So long after an update its marker is taken to show in the audits for certain. Zendesk is believed
/// to show it at once, which nobody has confirmed (reliability.md 8).
pub const MARK_SHOWN: SignedDuration = SignedDuration::from_mins(1);

/// What the driver is to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Look for a ticket with this `external_id`, by the listing and not the search index, and for
    /// its audits; answer [`Happened::Found`].
    ///
    /// It is asked for twice: also for the ticket that would follow the one to be made, since a database
    /// that was put back may have forgotten both, and a deleted ticket is not listed.
    Find {
        /// What to look for.
        external_id: String,
    },
    /// Read the ticket, **then** its audits back to the operation's creation, newest first; answer
    /// [`Happened::Read`].
    Read {
        /// The ticket.
        ticket: i64,
        /// Only once Zendesk's clock is past this second; none for at once.
        past: Option<Timestamp>,
    },
    /// In one transaction, under the claim: [`crate::desk::Desk::plan`] with what was read. Answer
    /// [`Happened::Planned`].
    Plan,
    /// Send this, once, if the claim still stands by the driver's own clock; answer
    /// [`Happened::Replied`].
    Send(Sending),
    /// In one transaction, under the claim: [`crate::desk::Desk::close`]. The attempt is over.
    Close(Box<Closing>),
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// The ticket with the `external_id`, if there is one.
    Found(Option<Reading>),
    /// The ticket was read.
    Read(Reading),
    /// What is left to do.
    Planned(Planned),
    /// What Zendesk said.
    Replied(Reply),
    /// Zendesk could not be read, or a transaction failed: nothing was sent. Put it off.
    Failed(Reply),
}

/// A ticket as read just now, with its audits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The ticket; none if Zendesk says there is none.
    pub ticket: Option<Ticket>,
    /// Zendesk's clock when it answered with the ticket (`Date`), to the second.
    pub date: Timestamp,
    /// Its audits, newest first, at least back to the operation's creation; all of them where the
    /// operation makes a ticket.
    pub audits: Vec<Audit>,
    /// The surviving ticket, if this one was merged and Zendesk names it.
    pub merged_into: Option<i64>,
}

/// One update of a ticket, as far as it matters here.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Audit {
    /// Zendesk's id.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// The marker, if an operation of ours did it.
    pub op: Option<String>,
    /// The fields it set, raw, in the order of its events. A trigger that changes a field within the
    /// same audit comes after the operation's own event.
    pub fields: Vec<(CaseField, Value)>,
    /// What each of those fields was before, raw, in the same order, where that is known.
    #[serde(default)]
    pub was: Vec<(CaseField, Value)>,
    /// The comments it added.
    pub comments: Vec<i64>,
}

quiet_debug!(Audit {
    shown: [id, at, op, comments],
    hidden: []
});

impl Audit {
    /// Whether it is so recent, at Zendesk's time `date`, that a marker of ours may not show yet.
    pub fn is_young(&self, date: Timestamp) -> bool {
        date.duration_since(self.at) < MARK_SHOWN
    }

    /// Whether it set the field to exactly this.
    pub fn set(&self, field: CaseField, value: &Value) -> bool {
        self.fields.iter().any(|(f, v)| *f == field && v == value)
    }

    /// What the field was before its first event, which is the operation's own; none if that is not
    /// known.
    fn was(&self, field: CaseField) -> Option<&Value> {
        let before = self.was.iter().find(|(of, _)| *of == field);
        before.map(|(_, value)| value)
    }
}

/// What a plan came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Planned {
    /// Send this.
    Send(Sending),
    /// Nothing is left to send.
    Nothing,
    /// It cannot be delivered now.
    Park(Parked),
    /// Something newer than what was read is known already: read again.
    Outdated,
    /// The claim has passed on: stop without writing.
    Lost,
}

/// One write to Zendesk. The marker goes with each.
#[derive(Clone, PartialEq, Eq)]
pub enum Sending {
    /// Make this ticket, with the operation's id as `Idempotency-Key`.
    Create(Box<Draft>),
    /// Add the case comment of this id.
    Comment {
        /// The ticket.
        ticket: i64,
        /// The case comment.
        comment: String,
        /// Whether the customer may see it, as the case says; the driver sends it so and asks nobody
        /// else (I-08).
        public: bool,
        /// `updated_stamp`.
        stamp: Option<Timestamp>,
    },
    /// Set these fields, raw, in Zendesk's words.
    Fields {
        /// The ticket.
        ticket: i64,
        /// The fields.
        values: BTreeMap<CaseField, Value>,
        /// `updated_stamp`.
        stamp: Option<Timestamp>,
    },
}

impl std::fmt::Debug for Sending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Create(draft) => f.debug_tuple("Create").field(&draft.external_id).finish(),
            Self::Comment {
                ticket,
                comment,
                public,
                ..
            } => f
                .debug_struct("Comment")
                .field("ticket", ticket)
                .field("comment", comment)
                .field("public", public)
                .finish_non_exhaustive(),
            Self::Fields { ticket, values, .. } => f
                .debug_struct("Fields")
                .field("ticket", ticket)
                .field("fields", &values.keys())
                .finish_non_exhaustive(),
        }
    }
}

/// The ticket a case is published as, frozen when it is first sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// `deskbridge:<integration>:<case id>`, with `:<n>` for the n-th follow-up.
    pub external_id: String,
    /// Subject.
    pub subject: String,
    /// The case comment that is the description.
    pub comment: String,
    /// Whether the customer may see that. Only ever narrowed after the draft is frozen (I-08). Drafts
    /// that were kept before this was noted leave it to the case.
    #[serde(default = "as_the_case_says")]
    pub public: bool,
    /// Who the ticket is for.
    pub requester: Requester,
    /// Raw fields beside these: status, priority, assignee.
    pub values: BTreeMap<CaseField, Value>,
    /// Both halves of every field it sends, as they were.
    pub sent: BTreeMap<CaseField, Pair>,
    /// The closed ticket it follows.
    pub follows: Option<i64>,
}

quiet_debug!(Draft {
    shown: [external_id, comment, public, follows],
    hidden: [subject]
});

/// What a draft without a word about it may show: what the case shows, since it is narrowed to that
/// before it is sent.
const fn as_the_case_says() -> bool {
    true
}

/// Who a new ticket is for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requester {
    /// A user Zendesk knows.
    Known(i64),
    /// Given inline, so that Zendesk finds them by email or makes them, and nothing existing is
    /// overwritten.
    Inline {
        /// Name, not blank.
        name: String,
        /// Email, if there is one.
        email: Value,
    },
}

impl Requester {
    /// Whether a ticket with this requester, raw, was surely made for somebody else.
    pub(crate) fn is_other_than(&self, raw: &Value) -> bool {
        match self {
            Self::Known(id) => raw.as_deref() != Some(id.to_string().as_str()),
            Self::Inline { .. } => false,
        }
    }
}

/// What Zendesk said to a write (or a read that failed).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// 2xx, with the ticket after it and the audit of it, if it made one.
    Taken {
        /// The ticket.
        ticket: Box<Ticket>,
        /// Zendesk's clock.
        date: Timestamp,
        /// What it did.
        audit: Option<Audit>,
        /// Of a creation: whether this is the first answer to the same key once more. The ticket was made
        /// before, and may have changed since.
        replayed: bool,
    },
    /// 409: somebody changed the ticket since it was read, or the database collided. Nothing was done.
    Changed,
    /// No answer, or one that does not say whether it was done.
    Unknown {
        /// As a sentence.
        problem: String,
    },
    /// 429, or the first try of a creation still runs. Nothing was done.
    Busy {
        /// Not before.
        until: Timestamp,
    },
    /// 422: these fields, or the whole (`None`). Nothing was done.
    Refused {
        /// Each with Zendesk's words.
        fields: Vec<(Option<CaseField>, String)>,
    },
    /// 404.
    Gone,
    /// 401 or 403: a person must mend the sign-in first. Nothing was done.
    Locked {
        /// What to do, as a sentence.
        fix: String,
    },
    /// It could not be sent at all, so surely nothing was done.
    Unsent {
        /// As a sentence.
        problem: String,
    },
    /// It cannot be sent as it is, by our own knowledge (too long, a missing file).
    Unfit(Parked),
}

/// How an attempt ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closing {
    /// Carried out: the marker was found, or the reply shows it.
    Accepted {
        /// The operation's own audit.
        audit: Audit,
        /// The ticket as read or replied.
        ticket: Ticket,
        /// Zendesk's clock at that.
        read_at: Timestamp,
        /// The fields that the carried out request is known to have asked for. None where the marker
        /// told of it, for then it may be a request of an earlier attempt, about other fields.
        asked: BTreeSet<CaseField>,
        /// The ticket as somebody else had left it when the request went over their edit, if it did.
        /// Its stamp should have kept it from that; but whether Zendesk looks at the stamp and
        /// writes in one step is not confirmed (reliability.md 8).
        overwritten: Option<Box<Ticket>>,
    },
    /// The ticket exists now.
    Created {
        /// The ticket as found or replied.
        ticket: Ticket,
        /// Zendesk's clock at that.
        read_at: Timestamp,
        /// The audit that made it, if known.
        audit: Option<Audit>,
        /// All of a found ticket's audits: a restored database may have forgotten what it sent there.
        audits: Vec<Audit>,
        /// For the same reason, those of the ticket it follows, if the attempt looked back at it.
        former: Vec<Audit>,
    },
    /// Nothing was left to do.
    Nothing,
    /// Cannot be delivered now.
    Park(Parked),
    /// Zendesk refused these fields, or the whole.
    Refused {
        /// Each with Zendesk's words.
        fields: Vec<(Option<CaseField>, String)>,
    },
    /// Again later.
    PutOff {
        /// Not before.
        until: Timestamp,
        /// What it waits for.
        reason: Parked,
        /// Until when a request may still arrive; none if none is on its way.
        unknown_until: Option<Timestamp>,
        /// Whether Zendesk said "done" and had done nothing.
        not_taken: bool,
    },
    /// The claim has passed on; nothing is to be written.
    Lost,
}

#[cfg(test)]
mod tests;
