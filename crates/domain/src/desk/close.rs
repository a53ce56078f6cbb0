//! Step 7: how an attempt ends, in one transaction that a worker without the claim cannot write.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Desk, Room, Version, Written};
use crate::case::CaseField;
use crate::mapping::Translation;
use crate::outbox::{Kind, Parked, Payload, State};
use crate::plan::{case_value, crm_in_zendesk, ticket_value, zendesk_in_crm};
use crate::push::{Audit, Closing};
use crate::ticket::{Life, Ticket};
use crate::value::{Pair, Value};

/// The most characters of Zendesk's own words that are kept with a refusal.
const LONGEST_SAID: usize = 300;

impl Desk {
    /// Ends the attempt of the worker that holds `token`. False, and nothing is changed, if the claim
    /// has passed on.
    pub fn close(
        &mut self,
        op_id: &str,
        token: i64,
        closing: Closing,
        room: &mut Room<'_>,
        written: &mut Written,
    ) -> bool {
        let held = self
            .operation(op_id)
            .is_some_and(|operation| operation.is_held(token, room.guards));
        if !held {
            return false;
        }
        written.operations.insert(op_id.to_owned());
        match closing {
            Closing::Accepted {
                audit,
                ticket,
                read_at,
                asked,
                overwritten,
            } => {
                // As if it had been read in time: both values are kept, and the rule decides.
                let linked = self.link.as_ref().map(|link| link.ticket);
                if let Some(theirs) = overwritten.filter(|theirs| linked == Some(theirs.id))
                    && !self.deleted
                {
                    self.decide(&theirs, room, written);
                }
                self.accept(op_id, (&audit, &asked), (&ticket, read_at), room, written);
            }
            Closing::Created {
                ticket,
                read_at,
                audit,
                audits,
                former,
            } => {
                self.recall(&former, written);
                if self.link_to(op_id, &ticket, audit.as_ref(), room, written) {
                    self.recall(&audits, written);
                    self.take_over(room, written);
                    self.catch_up(&ticket, read_at, room, written);
                } else {
                    self.keep_up_with_edits(room, written);
                }
            }
            Closing::Nothing => {
                self.end(op_id, State::Done);
                let made = self.operation(op_id).is_some_and(|o| o.kind.makes_ticket());
                if made {
                    self.keep_up_with_edits(room, written);
                }
            }
            Closing::Park(reason) => {
                self.forget_request(op_id);
                // The ticket (or the case) may have been restored, and seen so, since this worker looked:
                // then nothing else would come to put it back into the line.
                written.look_again |= matches!(reason, Parked::TicketDeleted | Parked::CaseDeleted);
                self.park(op_id, reason);
                let made = self.operation(op_id).is_some_and(|o| o.kind.makes_ticket());
                if made {
                    self.keep_up_with_edits(room, written);
                }
            }
            Closing::Refused { fields } => {
                self.forget_request(op_id);
                self.refuse(op_id, &fields, room, written);
            }
            Closing::PutOff {
                until,
                reason,
                unknown_until,
                not_taken,
            } => {
                if let Some(operation) = self.operation_mut(op_id) {
                    operation.wait_until(until);
                    operation.reason = Some(reason);
                    operation.unknown_until = unknown_until;
                    operation.payload.not_taken += u32::from(not_taken);
                }
            }
            Closing::Lost => return false,
        }
        true
    }

    /// What waited for a ticket that is not made goes to the one there is: an open operation that makes
    /// a ticket stands for the edits made meanwhile, so once it has ended they need one of their own.
    fn keep_up_with_edits(&mut self, room: &mut Room<'_>, written: &mut Written) {
        let waiting = self.changed_here();
        self.keep_up(&waiting, room, written);
    }

    /// The request of this attempt was not carried out; of an earlier one that may still be so.
    fn forget_request(&mut self, op_id: &str) {
        if let Some(operation) = self.operation_mut(op_id)
            && operation.payload.sent_by == operation.attempts
        {
            operation.unknown_until = operation.payload.unknown_before;
        }
    }

    pub(super) fn end(&mut self, op_id: &str, state: State) {
        if let Some(operation) = self.operation_mut(op_id) {
            operation.end(state);
        }
    }

    /// The operation was carried out. What is agreed from now on is what its own events show, never
    /// the ticket's present value: so an edit right after ours is seen as theirs.
    fn accept(
        &mut self,
        op_id: &str,
        (audit, asked): (&Audit, &BTreeSet<CaseField>),
        (ticket, read_at): (&Ticket, Timestamp),
        room: &mut Room<'_>,
        written: &mut Written,
    ) {
        let Some(operation) = self.operation(op_id) else {
            return;
        };
        let (kind, comment) = (operation.kind, operation.payload.comment.clone());
        // What it sent has arrived; anything earlier of it would be refused by its stamp.
        if let Some(operation) = self.operation_mut(op_id) {
            operation.unknown_until = None;
        }
        match kind {
            Kind::Comment => {
                if let (Some(comment), Some(remote)) = (comment, audit.comments.first()) {
                    self.map(&comment, *remote, Some(op_id), written);
                    self.end(op_id, State::Done);
                } else {
                    self.park(op_id, Parked::NotTaken);
                }
            }
            Kind::Fields => {
                let left = self.agree(op_id, (audit, asked), ticket, room, written);
                if left.is_empty() {
                    self.end(op_id, State::Done);
                } else if let Some(operation) = self.operation_mut(op_id) {
                    operation.payload.parked = left;
                    operation.park(Parked::NotTaken);
                }
            }
            Kind::Publish | Kind::FollowUp | Kind::Person => self.end(op_id, State::Done),
        }
        self.catch_up(ticket, read_at, room, written);
    }

    /// Moves what is agreed to what the operation's own events set. Returns the fields that it `asked`
    /// for and Zendesk did not take, with the case's values as they were sent.
    pub(super) fn agree(
        &mut self,
        op_id: &str,
        (audit, asked): (&Audit, &BTreeSet<CaseField>),
        ticket: &Ticket,
        room: &Room<'_>,
        written: &mut Written,
    ) -> BTreeMap<CaseField, Value> {
        let asked_for = self.operation(op_id).map(|o| o.payload.clone());
        let asked_for = asked_for.unwrap_or_default();
        let sent = &asked_for.sent;
        let mut left = BTreeMap::new();
        if self.link.as_ref().map(|link| link.ticket) != Some(ticket.id) {
            // A follow-up has taken the case over: this is agreed with nobody any more.
            return left;
        }
        let fields: BTreeSet<CaseField> = if sent.is_empty() {
            // A restored database does not remember what it sent; what differs here is what it was.
            self.changed_here().into_iter().collect()
        } else {
            sent.keys()
                .chain(asked_for.sent_before.keys())
                .copied()
                .collect()
        };
        for field in fields {
            let now = ticket_value(ticket, field);
            let wanted = || asked_for.asked(field);
            let events = || audit.fields.iter().filter(|(of, _)| *of == field);
            // A trigger may change the field again within the same audit; our own event is there.
            let own = wanted().find(|pair| events().any(|(_, value)| *value == pair.zendesk));
            let zendesk = match (own, events().next(), sent.get(&field)) {
                _ if !room.guards.agreed => now,
                (Some(pair), _, _) => pair.zendesk.clone(),
                // A request that a restored database does not remember.
                (None, Some((_, value)), None) if sent.is_empty() => value.clone(),
                // A rule did that, or Zendesk made something else of it: both sides have changed.
                (None, Some(_), _) => continue,
                // No event: Zendesk had that value already.
                (None, None, Some(pair)) if pair.zendesk == now => now,
                (None, None, Some(pair)) if asked.contains(&field) => {
                    left.insert(field, pair.crm.clone());
                    continue;
                }
                (None, None, _) => continue,
            };
            let sent = wanted().find(|pair| pair.zendesk == zendesk);
            let crm = match sent {
                Some(pair) => pair.crm.clone(),
                None => match self.crm_half(field, &zendesk, ticket, room) {
                    Some(crm) => crm,
                    None => continue,
                },
            };
            if let Some(link) = &mut self.link {
                written.link |= link.agreed.put(field, Pair::new(crm, zendesk));
            }
        }
        left
    }

    /// The case's half of a value that Zendesk took and that is not remembered as sent: the case's own
    /// if it says that value, else what the value means here; none if nobody knows what it means.
    fn crm_half(
        &self,
        field: CaseField,
        zendesk: &Value,
        ticket: &Ticket,
        room: &Room<'_>,
    ) -> Option<Value> {
        let crm = case_value(&self.fields, field);
        if crm_in_zendesk(room.facts(ticket), field, &self.fields).says(zendesk) {
            return Some(crm);
        }
        match zendesk_in_crm(room.facts(ticket), field, zendesk) {
            Translation::To(value) => Some(value),
            Translation::Keep => Some(crm),
            Translation::Unknown(_) => None,
        }
    }

    /// Sends to the case's new ticket what the former one, closed, did not take, and the comments that
    /// Zendesk has not got, in order.
    pub(super) fn take_over(&mut self, room: &mut Room<'_>, written: &mut Written) {
        self.unpark(&Parked::TicketClosed, room.now, written);
        self.send_comments(room, written);
    }

    /// Sends the comments that Zendesk has not got, in order; not those that are parked, nor those that
    /// a person gave up.
    pub(super) fn send_comments(&mut self, room: &mut Room<'_>, written: &mut Written) {
        let waiting: Vec<String> = self
            .comments
            .iter()
            .filter(|comment| comment.remote.is_none() && !comment.is_description)
            .filter(|comment| {
                !self.operations.iter().any(|operation| {
                    operation.payload.comment.as_deref() == Some(comment.id.as_str())
                })
            })
            .map(|comment| comment.id.clone())
            .collect();
        for comment in waiting {
            let payload = Payload {
                comment: Some(comment),
                ..Payload::default()
            };
            self.add(Kind::Comment, payload, room, written);
        }
    }

    /// Merges the ticket as read or replied, and sees to what is left.
    pub(super) fn catch_up(
        &mut self,
        ticket: &Ticket,
        read_at: Timestamp,
        room: &mut Room<'_>,
        written: &mut Written,
    ) {
        // Another operation that may have changed the fields must read the audits itself first; also
        // one that was parked since the ticket was gone.
        if matches!(ticket.life(), Life::Alive | Life::Closed) && !self.deleted {
            self.unpark(&Parked::TicketDeleted, room.now, written);
        }
        if room.guards.marker && self.line().awaits_fields() {
            // What was read before this is old news all the same.
            let version = Version {
                updated_at: ticket.updated_at,
                read_at: Some(read_at),
            };
            if let Some(link) = &mut self.link
                && link.ticket == ticket.id
                && link.seen < version
            {
                link.seen = version;
                written.link = true;
            }
            written.look_again = true;
            return;
        }
        let waiting = match self.merge(ticket, read_at, room, written) {
            Some(waiting) => waiting,
            None => {
                // A newer state was merged before what is agreed on moved just now.
                written.look_again = true;
                self.changed_here()
            }
        };
        self.keep_up(&waiting, room, written);
    }

    /// Takes the operation out of the line. Of fields, those that differ are what is parked, once; an
    /// operation that is about none any more is done.
    pub(super) fn park(&mut self, op_id: &str, reason: Parked) {
        let mut fields = self.changed_here();
        if let Some(link) = self
            .link
            .as_ref()
            .filter(|_| reason != Parked::TicketDeleted)
        {
            // What was never agreed on was to be sent too. (Of a deleted ticket nobody can say.)
            let never = |field: &CaseField| {
                *field != CaseField::Description && link.agreed.get(*field).is_none()
            };
            fields.extend(CaseField::ALL.iter().copied().filter(never));
        }
        let mut differ = BTreeMap::new();
        for field in fields {
            let value = case_value(&self.fields, field);
            if !self.line().is_parked(field, &value) {
                differ.insert(field, value);
            }
        }
        let Some(operation) = self.operation_mut(op_id) else {
            return;
        };
        // Which fields have nothing to be sent as, the plan has said. For any other reason it is all that
        // differ: what an attempt that came to no end has left there is out of date.
        let is_planned = matches!(
            reason,
            Parked::NobodyThere | Parked::NobodyToSolve | Parked::NoRequester
        );
        let says_already = is_planned && !operation.payload.parked.is_empty();
        if operation.kind == Kind::Fields && !says_already {
            // One that was perhaps carried out before the ticket was deleted is to look for its marker
            // once that is restored.
            let is_unknown = operation.unknown_until.is_some() && reason == Parked::TicketDeleted;
            if differ.is_empty() && !is_unknown {
                operation.end(State::Done);
                return;
            }
            operation.payload.parked = differ;
        }
        operation.park(reason);
    }

    /// Zendesk refused some fields: they park, and the rest goes again as a new operation.
    fn refuse(
        &mut self,
        op_id: &str,
        refused: &[(Option<CaseField>, String)],
        room: &mut Room<'_>,
        written: &mut Written,
    ) {
        let Some(operation) = self.operation(op_id) else {
            return;
        };
        let said = refused
            .iter()
            .map(|(_, said)| said.as_str())
            .collect::<Vec<_>>()
            .join("; ");
        let said: String = said.chars().take(LONGEST_SAID).collect();
        let reason = Parked::Refused { said };
        if operation.kind != Kind::Fields {
            self.park(op_id, reason);
            self.keep_up_with_edits(room, written);
            return;
        }
        let sent = operation.payload.sent.clone();
        let changed = self.changed_here();
        let solving = sent.contains_key(&CaseField::Status);
        let mut named = BTreeSet::new();
        for (field, _) in refused {
            match field {
                // Sent only because Zendesk solves nothing without an assignee.
                Some(CaseField::AssignedTo)
                    if solving && !changed.contains(&CaseField::AssignedTo) =>
                {
                    named.insert(CaseField::Status);
                }
                Some(field) => {
                    named.insert(*field);
                }
                // What Zendesk holds against the record as a whole (a rule about solving) is about
                // the status, if that was sent; else it is about all of it.
                None => {
                    named.insert(CaseField::Status);
                }
            }
        }
        let are_any = named.iter().any(|field| sent.contains_key(field));
        // The values that were refused, not those the case may have got since.
        let parked = sent
            .into_iter()
            .filter(|(field, _)| !are_any || named.contains(field))
            .map(|(field, pair)| (field, pair.crm))
            .collect();
        if let Some(operation) = self.operation_mut(op_id) {
            operation.payload.parked = parked;
            operation.park(reason);
        }
        let waiting = self.changed_here();
        self.keep_up(&waiting, room, written);
    }
}
