//! A ticket comes in: by export, webhook, sweep, or because we just read or wrote it.

use jiff::Timestamp;

use super::{Desk, Room, Version, Written};
use crate::case::CaseField;
use crate::guard::Guards;
use crate::merge::Mode;
use crate::outbox::{Parked, State};
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

/// Whether `incoming` is older than `known`, so that it must not overwrite it.
pub fn is_stale(known: Version, incoming: Version, guards: Guards) -> bool {
    guards.version && incoming < known
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
        if room.mode != Mode::OneWay && self.line().awaits_fields() && room.guards.marker {
            return Received::Deferred;
        }
        match self.merge(ticket, read_at, room, written) {
            None => Received::Stale,
            Some(waiting) => {
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
        let link = self.link.as_mut()?;
        let version = Version {
            updated_at: ticket.updated_at,
            read_at: Some(read_at),
        };
        if is_stale(link.seen, version, room.guards) {
            return None;
        }
        link.seen = version;
        if self.deleted {
            return Some(Vec::new());
        }
        let update = plan_change(room.facts(ticket), &self.fields, &link.agreed);
        if update.agreed_moved {
            link.agreed = update.agreed;
            written.link = true;
        }
        written.conflicts.extend(update.conflicts);
        written.warnings.extend(update.warnings);
        self.take(update.changes, update.fields, written);
        if ticket.life() == Life::Alive {
            self.unpark(&Parked::TicketDeleted, room.now, written);
        }
        Some(update.waiting_for_zendesk)
    }

    /// Puts back into the line what was parked for this reason alone.
    pub(super) fn unpark(&mut self, reason: &Parked, now: Timestamp, written: &mut Written) {
        for operation in &mut self.operations {
            if operation.state == State::Parked && operation.reason.as_ref() == Some(reason) {
                operation.payload.parked.clear();
                operation.reason = None;
                operation.wait_until(now);
                written.operations.insert(operation.op_id.clone());
            }
        }
    }
}
