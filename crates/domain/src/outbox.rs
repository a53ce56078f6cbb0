//! What waits to be sent to Zendesk, and in which order (reliability.md 5).
//!
//! A *line* is all that waits for one case (or one contact). Its comments go first in, first out; of
//! its changed fields there is at most one operation, which says "bring the ticket up to the case" and
//! holds no values: what it sends is planned against the ticket as just read. A parked operation has
//! left the line and stops nobody. The database keeps the operations; the rules are here.

mod parked;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use parked::Parked;

use crate::case::CaseField;
use crate::guard::Guards;
use crate::push::Draft;
use crate::value::{Pair, Value};
use crate::word::words;

/// How long a request whose answer never came may still arrive at Zendesk (F03). Until then an
/// operation with nothing left to send stays open, so that the late request is recognised as ours.
pub const LATE: SignedDuration = SignedDuration::from_mins(10);

/// How long edits of a case are gathered before they are sent, unless the settings say otherwise.
pub const SETTLE: SignedDuration = SignedDuration::from_secs(2);

words! {
    /// What an operation does. The order is that of [`head`]: what goes first of what is due.
    pub enum Kind {
        /// Makes the ticket of a case that has none.
        Publish = "publish",
        /// Makes a ticket that follows the case's closed one.
        FollowUp = "follow_up",
        /// Adds one comment.
        Comment = "comment",
        /// Brings the ticket's fields up to the case's.
        Fields = "fields",
        /// Brings an end user up to a contact.
        Person = "person",
    }
}

impl Kind {
    /// Whether it makes a ticket; nothing else of the line can go before.
    pub const fn makes_ticket(self) -> bool {
        match self {
            Self::Publish | Self::FollowUp => true,
            Self::Comment | Self::Fields | Self::Person => false,
        }
    }
}

words! {
    /// Where an operation is. A worker claims it (`waiting` to `claimed`) and puts it off (back to
    /// `waiting`), ends it (`done`) or parks it; a person retries (`waiting`) or discards what is
    /// parked.
    pub enum State {
        /// Open: to be claimed from `not_before` on.
        Waiting = "waiting",
        /// Open: a worker is at it until `lease_until`.
        Claimed = "claimed",
        /// Cannot be delivered now; a person can read why.
        Parked = "parked",
        /// Delivered, or nothing was left to deliver.
        Done = "done",
        /// A person gave it up, or a later edit did.
        Discarded = "discarded",
    }
}

impl State {
    /// Whether it still stands in the line.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Waiting | Self::Claimed => true,
            Self::Parked | Self::Done | Self::Discarded => false,
        }
    }
}

/// What an operation carries. Kept as one JSON; keys that are empty are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Payload {
    /// The case comment that a [`Kind::Comment`] sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The ticket that a [`Kind::Publish`] or [`Kind::FollowUp`] makes, frozen when it is first sent,
    /// so that a repeat with the same `Idempotency-Key` has the same body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<Draft>,
    /// What a [`Kind::Fields`] last sent, noted before it was sent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sent: BTreeMap<CaseField, Pair>,
    /// The attempt, by [`Operation::attempts`], that sent it.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub sent_by: i64,
    /// What attempts before that one sent and got no answer to: it may be what Zendesk carried out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sent_before: BTreeMap<CaseField, Pair>,
    /// What still earlier ones sent, where that was something else.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sent_earlier: BTreeMap<CaseField, Vec<Pair>>,
    /// Until when a request of those attempts may still arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_before: Option<Timestamp>,
    /// The fields that are parked, each with the case's value that cannot be delivered.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parked: BTreeMap<CaseField, Value>,
    /// The closed ticket that a [`Kind::FollowUp`] follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows: Option<i64>,
    /// Tokens of files that were uploaded for a [`Kind::Comment`], by attachment.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub uploads: BTreeMap<String, String>,
    /// How often Zendesk answered "done" and had taken nothing.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_taken: u32,
}

impl Payload {
    /// All that was ever asked of Zendesk for this field and may be what it carried out, the latest
    /// first.
    pub fn asked(&self, field: CaseField) -> impl Iterator<Item = &Pair> {
        let latest = [self.sent.get(&field), self.sent_before.get(&field)];
        let earlier = self.sent_earlier.get(&field);
        let earlier = earlier.into_iter().flat_map(|pairs| pairs.iter().rev());
        latest.into_iter().flatten().chain(earlier)
    }

    /// Notes that what was last sent got no answer, so that it stays known as ours whatever is sent
    /// next.
    pub(crate) fn keep_unanswered(&mut self) {
        for (field, pair) in std::mem::take(&mut self.sent) {
            let former = self.sent_before.insert(field, pair.clone());
            let earlier = self.sent_earlier.entry(field).or_default();
            earlier.extend(former.filter(|former| *former != pair));
            if earlier.is_empty() {
                self.sent_earlier.remove(&field);
            }
        }
    }

    /// Forgets what earlier attempts sent: none of it can arrive any more.
    pub(crate) fn forget_unanswered(&mut self) {
        self.sent_before.clear();
        self.sent_earlier.clear();
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_none_yet(attempt: &i64) -> bool {
    *attempt == 0
}

/// One operation, as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The marker Zendesk keeps. Random, so that a restored database never hands out an old one again;
    /// of a [`Kind::Comment`] the comment's own id, which is random too.
    pub op_id: String,
    /// The case it belongs to; the contact for [`Kind::Person`].
    pub line: String,
    /// Rises within the line.
    pub seq: i64,
    /// What it does.
    pub kind: Kind,
    /// With what.
    pub payload: Payload,
    /// Where it is.
    pub state: State,
    /// Why it is parked, or what it waits for if a person should know.
    pub reason: Option<Parked>,
    /// How often it was claimed.
    pub attempts: i64,
    /// Not to be claimed before.
    pub not_before: Timestamp,
    /// Rises with each claim; a worker with an older one may write nothing.
    pub lease_token: i64,
    /// When a claim ends.
    pub lease_until: Timestamp,
    /// When the change was noted: how far back audits are read for the marker.
    pub created_at: Timestamp,
    /// When a request of it last left: what Zendesk's 30 updates in 10 minutes are counted by.
    pub sent_at: Option<Timestamp>,
    /// Until when a request of it that got no answer may still arrive at Zendesk.
    pub unknown_until: Option<Timestamp>,
}

impl Operation {
    /// A new one at the end of `line`.
    pub fn new(
        op_id: String,
        line: &Line<'_>,
        kind: Kind,
        payload: Payload,
        now: Timestamp,
    ) -> Self {
        Self {
            op_id,
            line: line.id.to_owned(),
            seq: line.last_seq + 1,
            kind,
            payload,
            state: State::Waiting,
            reason: None,
            attempts: 0,
            not_before: now,
            lease_token: 0,
            lease_until: Timestamp::UNIX_EPOCH,
            created_at: now,
            sent_at: None,
            unknown_until: None,
        }
    }

    /// Whether it may be claimed at `now`, as far as it alone decides.
    pub fn is_due(&self, now: Timestamp) -> bool {
        match self.state {
            State::Waiting => self.not_before <= now,
            State::Claimed => self.lease_until <= now,
            State::Parked | State::Done | State::Discarded => false,
        }
    }

    /// Claims it for `lease`. Returns the token the worker must still hold when it writes.
    pub fn claim(&mut self, now: Timestamp, lease: Duration) -> i64 {
        let lease = SignedDuration::try_from(lease).unwrap_or(SignedDuration::MAX);
        self.state = State::Claimed;
        self.attempts += 1;
        self.lease_token += 1;
        self.lease_until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
        self.lease_token
    }

    /// Whether the worker with this token may still write.
    pub fn is_held(&self, token: i64, guards: Guards) -> bool {
        !guards.lease || (self.state == State::Claimed && self.lease_token == token)
    }

    /// Takes it out of the line, with the reason. A request of it may still be on its way.
    pub fn park(&mut self, reason: Parked) {
        self.state = State::Parked;
        self.reason = Some(reason);
    }

    /// Puts it back into the line. Its seq stays, so that a comment keeps its place.
    pub fn wait_until(&mut self, not_before: Timestamp) {
        self.state = State::Waiting;
        self.not_before = not_before;
    }

    /// Ends it.
    pub fn end(&mut self, state: State) {
        self.state = state;
        self.reason = None;
        self.unknown_until = None;
    }

    /// Whether a request of it may still be on its way.
    pub fn is_unknown(&self, now: Timestamp) -> bool {
        self.unknown_until.is_some_and(|until| until > now)
    }
}

/// Everything of one line that matters: its open and its parked operations.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The case, or the contact.
    pub id: &'a str,
    /// The operations, in any order.
    pub operations: &'a [Operation],
    /// The highest `seq` ever handed out in it.
    pub last_seq: i64,
}

impl Line<'_> {
    /// The open operations.
    pub fn open(&self) -> impl Iterator<Item = &Operation> {
        self.operations
            .iter()
            .filter(|operation| operation.state.is_open())
    }

    /// Whether the ticket's fields are a worker's business just now: it reads the ticket with its
    /// audits and merges it, so an ordinary snapshot is left to it (it cannot tell our own write from
    /// somebody else's).
    pub fn awaits_fields(&self) -> bool {
        self.open().any(|operation| match operation.kind {
            Kind::Fields | Kind::Publish | Kind::FollowUp => true,
            Kind::Comment | Kind::Person => false,
        })
    }

    /// Whether a comment of ours may be in Zendesk without our knowing its id, so that a comment that
    /// comes in must be checked for our marker first.
    pub fn awaits_comments(&self) -> bool {
        self.open().any(|operation| match operation.kind {
            Kind::Comment | Kind::Publish | Kind::FollowUp => true,
            Kind::Fields | Kind::Person => false,
        }) || self
            .operations
            .iter()
            .any(|operation| operation.state == State::Parked && operation.unknown_until.is_some())
    }

    /// The fields whose present value (`crm`) is parked, so that they are not sent again by
    /// themselves. A later edit has another value and frees the field.
    pub fn is_parked(&self, field: CaseField, crm: &Value) -> bool {
        self.operations.iter().any(|operation| {
            operation.state == State::Parked && operation.payload.parked.get(&field) == Some(crm)
        })
    }
}

/// Which operation of a line goes next, if one may go at `now`: none while another one is claimed;
/// what makes the ticket before all else; comments in their order; then fields.
pub fn head(line: Line<'_>, now: Timestamp, guards: Guards) -> Option<&Operation> {
    let mut open: Vec<&Operation> = line
        .operations
        .iter()
        .filter(|operation| operation.state.is_open())
        .collect();
    open.sort_unstable_by_key(|operation| (operation.kind, operation.seq));
    let claimed = open
        .iter()
        .find(|operation| operation.state == State::Claimed);
    if let Some(claimed) = claimed
        && guards.lease
    {
        return claimed.is_due(now).then_some(claimed);
    }
    // What may have been carried out on the closed ticket is looked for there, before another ticket
    // takes its place: else it would be sent again.
    let unsettled = |operation: &&&Operation| operation.unknown_until.is_some();
    if let Some(first) = open.first()
        && first.kind == Kind::FollowUp
        && let Some(earlier) = open[1..].iter().find(unsettled)
    {
        return earlier.is_due(now).then_some(earlier);
    }
    let mut tried = None;
    for operation in open {
        if tried == Some(operation.kind) {
            continue;
        }
        let due = operation.is_due(now) || (!guards.lease && operation.state == State::Claimed);
        if due {
            return Some(operation);
        }
        if operation.kind.makes_ticket() {
            return None;
        }
        tried = Some(operation.kind);
    }
    None
}

/// The pause before the attempt that follows the `attempts`-th one: 1 s, doubled, a minute at most.
pub fn pause_after(attempts: i64) -> SignedDuration {
    let doublings = u32::try_from(attempts.clamp(1, 7) - 1).unwrap_or(0);
    SignedDuration::from_secs((1_i64 << doublings).min(60))
}

#[cfg(test)]
mod tests;
