//! A ticket that bears a case's external id is that case's, whoever sees it first.

use jiff::Timestamp;

use super::{Desk, Received, Room, Written};
use crate::merge::Mode;
use crate::outbox::{Parked, State};
use crate::push::Audit;
use crate::ticket::Ticket;

impl Desk {
    /// Links a ticket that came in by the way and bears this case's external id (ticket-sync.md 3):
    /// it was made by an operation that a restored database does not remember, or that is still under
    /// way. `audits` are all of the ticket's: their markers tell which comments are the case's own.
    ///
    /// If it was made by an operation that is parked (an earlier request of it was carried out, and a later
    /// one refused), that one still knows what it sent, and that is agreed on. Else nothing is, so each field matches or is a conflict. A case that has another
    /// open ticket keeps that one (I-01): the answer is [`Received::Stale`].
    ///
    /// A case without a ticket takes one with a higher number than 0 too: those before it have been
    /// forgotten, and the caller has looked whether one of them can still be read.
    pub fn adopt(
        &mut self,
        ticket: &Ticket,
        read_at: Timestamp,
        audits: &[Audit],
        room: &mut Room<'_>,
        written: &mut Written,
    ) -> Received {
        let makes_one = self.line().open().any(|open| open.kind.makes_ticket());
        if room.mode != Mode::OneWay && makes_one {
            return Received::Deferred;
        }
        let linked = self.link.as_ref().map(|link| link.ticket);
        if linked == Some(ticket.id) {
            return self.receive(ticket, read_at, room, written);
        }
        let next = self
            .predecessors
            .saturating_add(u32::from(linked.is_some()));
        let own = match self.number_of(room.integration, ticket) {
            Some(number) if linked.is_none() => number >= next,
            Some(number) => number == next,
            None => false,
        };
        if !own {
            return Received::Stale;
        }
        if !self.link_to_parked(ticket, audits, room, written) {
            self.link_anew(ticket, room.integration, written);
        }
        for operation in &mut self.operations {
            if operation.kind.makes_ticket() && operation.state == State::Parked {
                operation.end(State::Done);
                written.operations.insert(operation.op_id.clone());
            }
        }
        self.recall(audits, written);
        self.unpark(&Parked::TicketClosed, room.now, written);
        if room.mode != Mode::OneWay {
            self.send_comments(room, written);
        }
        self.catch_up(ticket, read_at, room, written);
        Received::Merged
    }

    /// Links the ticket by the parked operation whose marker stands in its audits. False if there is none.
    fn link_to_parked(
        &mut self,
        ticket: &Ticket,
        audits: &[Audit],
        room: &Room<'_>,
        written: &mut Written,
    ) -> bool {
        let parked = self
            .operations
            .iter()
            .filter(|operation| operation.kind.makes_ticket() && operation.state == State::Parked);
        let mut made = parked.filter_map(|operation| {
            let op_id = Some(&operation.op_id);
            let audit = audits.iter().find(|audit| audit.op.as_ref() == op_id)?;
            Some((operation.op_id.clone(), audit))
        });
        let Some((op_id, audit)) = made.next_back().filter(|_| room.guards.marker) else {
            return false;
        };
        written.operations.insert(op_id.clone());
        self.link_to(&op_id, ticket, Some(audit), room, written)
    }

    /// Maps the case's comments that the markers in these audits of its linked ticket name, whether the
    /// database remembers that they were sent or not: a comment is sent under its own id. Before another
    /// ticket takes the case over, so that nothing is said there once more.
    pub fn recall(&mut self, audits: &[Audit], written: &mut Written) {
        for audit in audits {
            let (Some(op_id), Some(remote)) = (&audit.op, audit.comments.first()) else {
                continue;
            };
            self.map(op_id, *remote, Some(op_id), written);
        }
    }
}
