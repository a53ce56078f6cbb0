//! A ticket comes in: by export, webhook, sweep, or because we just read or wrote it.

use jiff::Timestamp;

use super::{Desk, Room, Version, Written};
use crate::case::CaseField;
use crate::guard::Guards;
use crate::merge::Mode;
use crate::outbox::{Kind, Operation, Parked, State};
use crate::plan::plan_change;
use crate::ticket::{Life, Ticket};

/// What became of a ticket that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// It was merged.
    Merged,
    /// It is older than what was merged before, and was left.
    Stale,
    /// An operation is under way that reads the ticket itself and can tell our own write from
    /// somebody else's; a hint must bring it in again once that has ended.
    Deferred,
}

/// Whether `incoming` is older than `known`, so that it must not overwrite it. Of two states read
/// within the second of the ticket's last change nobody can say which is the older one: the second to
/// come is left, and the ticket looked at again.
pub fn is_stale(known: Version, incoming: Version, guards: Guards) -> bool {
    guards.version && (incoming < known || (incoming == known && incoming.is_provisional()))
}

impl Desk {
    /// Merges a ticket that was read by the way, unless an operation is under way that will.
    pub fn receive(
        &mut self,
        ticket: &Ticket,
        read_at: Timestamp,
        room: &mut Room<'_>,
        written: &mut Written,
    ) -> Received {
        // Of what was parked since the ticket was gone, a request may have been carried out before that:
        // a worker must look at the audits first.
        let version = Version {
            updated_at: ticket.updated_at,
            read_at: Some(read_at),
        };
        let link = self.link.as_ref();
        let is_news = link.is_some_and(|link| {
            link.ticket == ticket.id && !is_stale(link.seen, version, room.guards)
        });
        if is_news && matches!(ticket.life(), Life::Alive | Life::Closed) && !self.deleted {
            self.unpark(&Parked::TicketDeleted, room.now, written);
        }
        if room.mode != Mode::OneWay && self.line().awaits_fields() && room.guards.marker {
            return Received::Deferred;
        }
        match self.merge(ticket, read_at, room, written) {
            None => Received::Stale,
            Some(waiting) => {
                // With two-way off nothing is to reach Zendesk, but what is parked stays told.
                let waiting = match room.mode {
                    Mode::OneWay => self.changed_here(),
                    Mode::TwoWay(_) => waiting,
                };
                self.keep_up(&waiting, room, written);
                Received::Merged
            }
        }
    }

    /// Merges a ticket as an ordinary incoming state. Returns the fields that are to reach Zendesk,
    /// or `None` for an older state than the one already merged.
    pub(super) fn merge(
        &mut self,
        ticket: &Ticket,
        read_at: Timestamp,
        room: &mut Room<'_>,
        written: &mut Written,
    ) -> Option<Vec<CaseField>> {
        // A worker may still be at the ticket that a follow-up has taken the case over from.
        let link = self.link.as_mut().filter(|link| link.ticket == ticket.id)?;
        let version = Version {
            updated_at: ticket.updated_at,
            read_at: Some(read_at),
        };
        if is_stale(link.seen, version, room.guards) {
            written.look_again |= version == link.seen;
            return None;
        }
        link.seen = version;
        if self.deleted {
            return Some(self.changed_here());
        }
        let waiting = self.decide(ticket, room, written);
        match ticket.life() {
            Life::Alive | Life::Closed => {
                self.unpark(&Parked::TicketDeleted, room.now, written);
                self.unpark(&Parked::CaseDeleted, room.now, written);
                Some(waiting)
            }
            // Nothing was decided, so every edit here still waits, and what is parked stays parked.
            Life::Deleted | Life::Scrubbed => Some(self.changed_here()),
        }
    }

    /// Merges a state of the ticket, field by field, whichever states came before. Returns the fields
    /// that are to reach Zendesk.
    pub(super) fn decide(
        &mut self,
        ticket: &Ticket,
        room: &Room<'_>,
        written: &mut Written,
    ) -> Vec<CaseField> {
        let Some(link) = &mut self.link else {
            return Vec::new();
        };
        let update = plan_change(room.facts(ticket), &self.fields, &link.agreed);
        if update.agreed_moved {
            link.agreed = update.agreed;
            written.link = true;
        }
        written.conflicts.extend(update.conflicts);
        written.warnings.extend(update.warnings);
        self.take(update.changes, update.fields, written);
        update.waiting_for_zendesk
    }

    /// Puts back into the line what was parked for this reason alone.
    pub(super) fn unpark(&mut self, reason: &Parked, now: Timestamp, written: &mut Written) {
        let parked: Vec<String> = self
            .operations
            .iter()
            .filter(|operation| operation.state == State::Parked)
            .filter(|operation| operation.reason.as_ref() == Some(reason))
            .map(|operation| operation.op_id.clone())
            .collect();
        for op_id in parked {
            self.put_back(&op_id, now);
            written.operations.insert(op_id);
        }
    }

    /// Puts a parked operation back into the line. Of fields one that waits is enough: what it sends
    /// is planned then. But one that may itself have been carried out always goes back, to look for its
    /// own marker.
    pub(super) fn put_back(&mut self, op_id: &str, now: Timestamp) {
        let unknown = |o: &Operation| o.unknown_until.is_some();
        let may_be_done = self.operation(op_id).is_some_and(unknown);
        let covers = |o: &Operation| o.kind == Kind::Fields && o.state == State::Waiting;
        let covered = !may_be_done && self.operations.iter().any(covers);
        if let Some(operation) = self.operation_mut(op_id) {
            operation.reason = None;
            operation.payload.parked.clear();
            operation.payload.not_taken = 0;
            if covered && operation.kind == Kind::Fields {
                operation.end(State::Discarded);
            } else {
                operation.wait_until(now);
            }
        }
    }
}
