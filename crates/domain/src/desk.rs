//! One case with everything that belongs to it, and what one transaction does to it.
//!
//! A [`Desk`] is a picture of a case's rows, taken under lock. Each function here is the whole decision
//! of one transaction: it changes the picture and says in [`Written`] what is to be kept. The engine
//! reads the rows, calls one function, and writes the rows back; the rehearsal keeps desks in memory
//! and calls the same functions. Nothing here can fail from outside.

mod adopt;
mod close;
mod create;
mod edit;
mod hear;
mod receive;
mod send;

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub use hear::{Marker, Place, place};
pub use receive::{Received, is_stale};

use crate::case::{CaseField, CaseFields};
use crate::external_id::ExternalId;
use crate::guard::Guards;
use crate::identity::{IdentityRules, People};
use crate::mapping::Maps;
use crate::merge::Mode;
use crate::outbox::{Kind, Line, Operation, Parked, Payload, State};
use crate::plan::{FieldChange, FieldConflict, TicketFacts, case_value};
use crate::refusal::Warning;
use crate::ticket::Ticket;
use crate::value::{Agreed, Value};

/// Which state of a ticket something is: compared in this order, so that of two states of the same
/// second the one read later is the newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Version {
    /// The ticket's `updated_at`.
    pub updated_at: Option<Timestamp>,
    /// Zendesk's clock when it was read.
    pub read_at: Option<Timestamp>,
}

impl Version {
    /// Whether it was read within the second of its last change: another change within that second
    /// would bear the same stamp.
    pub fn is_provisional(self) -> bool {
        match (self.updated_at, self.read_at) {
            (Some(updated), Some(read)) => read.as_second() <= updated.as_second(),
            (None, _) | (_, None) => false,
        }
    }
}

/// The ticket a case is linked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskLink {
    /// The ticket.
    pub ticket: i64,
    /// What both sides last agreed on.
    pub agreed: Agreed<CaseField>,
    /// The state of it that was last merged.
    pub seen: Version,
}

/// A comment of the case, as far as sending it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskComment {
    /// Our id.
    pub id: String,
    /// Whether the customer may see it.
    pub public: bool,
    /// Whether it is the description.
    pub is_description: bool,
    /// The Zendesk comment it is, once known.
    pub remote: Option<i64>,
}

/// One case with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    /// The case.
    pub case: String,
    /// Its merged fields.
    pub fields: CaseFields,
    /// Whether it was deleted here.
    pub deleted: bool,
    /// Its open link, if it has a ticket.
    pub link: Option<DeskLink>,
    /// How many tickets it had before, those included that a restored database has forgotten.
    pub predecessors: u32,
    /// Its open and parked operations, and those of comments that a person gave up: without them such a
    /// comment would be sent again to the next ticket. Others that have ended do no harm.
    pub operations: Vec<Operation>,
    /// The highest `seq` ever handed out in its line.
    pub last_seq: i64,
    /// Its comments, oldest first. For a transaction that only edits fields it may be empty.
    pub comments: Vec<DeskComment>,
}

/// A case comment whose Zendesk comment is known now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// Our id.
    pub comment: String,
    /// The ticket it is on.
    pub ticket: i64,
    /// Zendesk's id.
    pub remote: i64,
    /// The operation that sent it, if one did.
    pub op_id: Option<String>,
}

/// What a transaction may draw on beside the case itself.
pub struct Room<'a> {
    /// The integration's id.
    pub integration: &'a str,
    /// The people the ticket and the case name, and who they are.
    pub people: &'a People,
    /// Who stands in for whom.
    pub rules: &'a IdentityRules,
    /// What status and priority words mean.
    pub maps: &'a Maps,
    /// Whether Zendesk may be written, and who wins.
    pub mode: Mode,
    /// The present moment, by our clock.
    pub now: Timestamp,
    /// How long edits are gathered before they are sent.
    pub settle: SignedDuration,
    /// How long a claim lasts: longer than a request with its timeout and the error of clocks.
    pub lease: Duration,
    /// Which safety devices are on: all of them, but in the rehearsal.
    pub guards: Guards,
    /// Draws an operation's id.
    pub new_id: &'a mut dyn FnMut() -> String,
}

impl std::fmt::Debug for Room<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Room")
            .field("mode", &self.mode)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl Room<'_> {
    /// What a plan of this ticket depends on.
    pub(crate) fn facts<'b>(&'b self, ticket: &'b Ticket) -> TicketFacts<'b> {
        TicketFacts {
            ticket,
            people: self.people,
            rules: self.rules,
            maps: self.maps,
            mode: self.mode,
        }
    }
}

/// What a transaction has changed and is to keep, beside the desk itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Fields of the case that took another value.
    pub changes: Vec<FieldChange>,
    /// Conflicts to record.
    pub conflicts: Vec<FieldConflict>,
    /// Whether the link is new or what it agrees on has moved.
    pub link: bool,
    /// The ticket whose link gave way to a follow-up.
    pub closed_link: Option<i64>,
    /// Operations that are new or have changed.
    pub operations: BTreeSet<String>,
    /// Case comments whose Zendesk comment is known now.
    pub mapped: Vec<Mapped>,
    /// What a person should know of.
    pub warnings: Vec<Warning>,
    /// Whether the ticket is to be read once more, by an ordinary hint, a second from now.
    pub look_again: bool,
}

impl Desk {
    /// Everything that waits or is parked for this case.
    pub fn line(&self) -> Line<'_> {
        Line {
            id: &self.case,
            operations: &self.operations,
            last_seq: self.last_seq,
        }
    }

    /// The operation of this id.
    pub fn operation(&self, op_id: &str) -> Option<&Operation> {
        self.operations.iter().find(|o| o.op_id == op_id)
    }

    fn operation_mut(&mut self, op_id: &str) -> Option<&mut Operation> {
        self.operations.iter_mut().find(|o| o.op_id == op_id)
    }

    /// What a ticket made for this case bears as its `external_id` (reliability.md 6); of one that
    /// follows the present ticket if `follows`.
    pub fn external_id(&self, integration: &str, follows: bool) -> String {
        let id = ExternalId {
            integration,
            case: &self.case,
            number: self.predecessors.saturating_add(u32::from(follows)),
        };
        id.to_string()
    }

    /// Which of this case's tickets this one is by its `external_id`, from 0; none if it is nobody's or
    /// another case's.
    fn number_of(&self, integration: &str, ticket: &Ticket) -> Option<u32> {
        let id = ExternalId::parse(ticket.external_id.as_deref()?)?;
        let own = id.integration == integration && id.case == self.case;
        own.then_some(id.number)
    }

    /// Whether a comment of the case is not known to be in Zendesk: if the database forgot that it was sent,
    /// the audits of the case's ticket tell.
    pub fn has_unsent_comments(&self) -> bool {
        let mut comments = self.comments.iter();
        comments.any(|known| known.remote.is_none() && !known.is_description)
    }

    /// Links a ticket of which nothing is agreed yet, in place of the one there may be.
    fn link_anew(&mut self, ticket: &Ticket, integration: &str, written: &mut Written) {
        let former = self.link.as_ref().map(|link| link.ticket);
        let next = self
            .predecessors
            .saturating_add(u32::from(former.is_some()));
        let named = self.number_of(integration, ticket);
        self.predecessors = named.map_or(next, |named| named.max(next));
        if former.is_some() {
            written.closed_link = former;
        }
        self.link = Some(DeskLink {
            ticket: ticket.id,
            agreed: Agreed::default(),
            seen: Version::default(),
        });
        written.link = true;
    }

    /// The fields in which the case differs from what was last agreed on: its own edits.
    pub fn changed_here(&self) -> Vec<CaseField> {
        let Some(link) = &self.link else {
            return Vec::new();
        };
        let all = CaseField::ALL.iter().copied();
        all.filter(|field| *field != CaseField::Description)
            .filter(|field| {
                let agreed = link.agreed.get(*field);
                agreed.is_some_and(|pair| pair.crm != case_value(&self.fields, *field))
            })
            .collect()
    }

    fn add(&mut self, kind: Kind, payload: Payload, room: &mut Room<'_>, written: &mut Written) {
        // A comment is sent under its own id, once and for all: so a database that was put back, and
        // that has forgotten the sending, still knows the comment by its marker in Zendesk.
        let op_id = match &payload.comment {
            Some(comment) => comment.clone(),
            None => (room.new_id)(),
        };
        let operation = Operation::new(op_id.clone(), &self.line(), kind, payload, room.now);
        self.last_seq = operation.seq;
        self.operations.push(operation);
        written.operations.insert(op_id);
    }

    /// Makes the line say what is `waiting` to reach the ticket: one open operation if there is
    /// anything that is not parked, and no parked field whose value the case no longer has.
    fn keep_up(&mut self, waiting: &[CaseField], room: &mut Room<'_>, written: &mut Written) {
        let may_send = room.mode != Mode::OneWay && !self.deleted && self.link.is_some();
        let fields = &self.fields;
        let link = self.link.as_ref();
        let never_agreed = |field| link.is_some_and(|link| link.agreed.get(field).is_none());
        for operation in &mut self.operations {
            if operation.state != State::Parked || operation.payload.parked.is_empty() {
                continue;
            }
            let parked = &mut operation.payload.parked;
            let before = parked.len();
            parked.retain(|field, value| {
                (waiting.contains(field) || never_agreed(*field))
                    && case_value(fields, *field) == *value
            });
            if parked.len() < before {
                let unknown = operation.unknown_until.is_some();
                if parked.is_empty() && unknown && operation.reason == Some(Parked::TicketDeleted) {
                    // It looks for its own marker once the ticket is restored.
                } else if parked.is_empty() && unknown && may_send {
                    // A request of it may have been carried out: who knows its marker must look.
                    operation.reason = None;
                    operation.wait_until(room.now);
                } else if parked.is_empty() {
                    operation.end(State::Discarded);
                }
                written.operations.insert(operation.op_id.clone());
            }
        }
        if !may_send {
            return;
        }
        let line = self.line();
        let left = waiting
            .iter()
            .any(|field| !line.is_parked(*field, &case_value(&self.fields, *field)));
        let covered = line.open().any(|operation| {
            operation.kind.makes_ticket()
                || (operation.kind == Kind::Fields && operation.state == State::Waiting)
        });
        if left && !covered {
            // It reads the audits back to where any other of its kind may have left its marker.
            let others = self.operations.iter().filter(|o| o.kind == Kind::Fields);
            let oldest = others.map(|other| other.created_at).min();
            self.add(Kind::Fields, Payload::default(), room, written);
            if let Some(operation) = self.operations.last_mut() {
                operation.created_at = oldest.unwrap_or(room.now).min(room.now);
                operation.not_before = room.now.saturating_add(room.settle).unwrap_or(room.now);
            }
        }
    }

    /// Gives the case other values and notes them.
    fn take(&mut self, changes: Vec<FieldChange>, fields: CaseFields, written: &mut Written) {
        if !changes.is_empty() {
            self.fields = fields;
            written.changes.extend(changes);
        }
    }
}

/// Gives a field of the case this value. Where text must be there and is not, or is no word of ours,
/// the field stays.
pub fn set_field(fields: &mut CaseFields, field: CaseField, value: &Value) {
    use crate::case::{CasePriority, CaseStatus};
    match field {
        CaseField::Subject => {
            if let Some(subject) = value {
                fields.subject.clone_from(subject);
            }
        }
        CaseField::Description => {}
        CaseField::Status => {
            if let Some(status) = value.as_deref().and_then(CaseStatus::parse) {
                fields.status = status;
            }
        }
        CaseField::Priority => {
            if let Some(priority) = value.as_deref().and_then(CasePriority::parse) {
                fields.priority = priority;
            }
        }
        CaseField::AssignedTo => fields.assigned_to.clone_from(value),
        CaseField::Contact => fields.contact.clone_from(value),
    }
}

#[cfg(test)]
mod tests;
