//! Step 4: what is left to send, planned against the ticket as just read.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::{Desk, Room, Written};
use crate::case::CaseField;
use crate::mapping::{self, Translation};
use crate::merge::Mode;
use crate::outbox::{Kind, LATE, Operation, Parked, Payload, State};
use crate::plan::{case_value, crm_in_zendesk, ticket_value};
use crate::push::{Draft, Planned, Reading, Requester, Sending};
use crate::ticket::{Ticket, TicketStatus};
use crate::value::{Pair, Value, not_blank};

impl Desk {
    /// Merges the ticket as read and says what is left to send. The operation is noted as perhaps
    /// sent, with what, before anything leaves.
    ///
    /// `requester` is who a new ticket is for; it is asked for only where a ticket is to be made.
    pub fn plan(
        &mut self,
        op_id: &str,
        token: i64,
        reading: Option<&Reading>,
        requester: Option<Requester>,
        room: &mut Room<'_>,
        written: &mut Written,
    ) -> Planned {
        let Some(operation) = self.operation(op_id) else {
            return Planned::Lost;
        };
        if !operation.is_held(token, room.guards) {
            return Planned::Lost;
        }
        // Kept with the reason, since a comment that is merely passed over would be lost.
        if room.mode == Mode::OneWay {
            return Planned::Park(Parked::TwoWayOff);
        }
        if self.deleted {
            return Planned::Park(Parked::CaseDeleted);
        }
        let (kind, comment) = (operation.kind, operation.payload.comment.clone());
        let planned = match kind {
            Kind::Publish | Kind::FollowUp => self.plan_creation(op_id, requester, room, written),
            Kind::Comment => self.plan_comment(comment.as_deref(), reading, room),
            Kind::Fields => self.plan_fields(op_id, reading, room, written),
            // A contact has no desk; the engine brings people up to date by itself.
            Kind::Person => Planned::Nothing,
        };
        if let Planned::Send(sending) = &planned {
            let sent = self.pairs(sending);
            if let Some(operation) = self.operation_mut(op_id) {
                note_sending(operation, sending, sent, room);
            }
        }
        written.operations.insert(op_id.to_owned());
        planned
    }

    fn plan_comment(
        &self,
        comment: Option<&str>,
        reading: Option<&Reading>,
        room: &Room<'_>,
    ) -> Planned {
        let known = comment.and_then(|id| self.comments.iter().find(|known| known.id == id));
        let (Some(known), Some(link)) = (known, &self.link) else {
            return Planned::Nothing;
        };
        if known.remote.is_some() {
            return Planned::Nothing;
        }
        let ticket = reading.and_then(|reading| reading.ticket.as_ref());
        Planned::Send(Sending::Comment {
            ticket: link.ticket,
            comment: known.id.clone(),
            public: known.public,
            stamp: ticket
                .and_then(|ticket| ticket.updated_at)
                .filter(|_| room.guards.safe_update),
        })
    }

    fn plan_fields(
        &mut self,
        op_id: &str,
        reading: Option<&Reading>,
        room: &mut Room<'_>,
        written: &mut Written,
    ) -> Planned {
        let Some((ticket, reading)) =
            reading.and_then(|reading| Some((reading.ticket.as_ref()?, reading)))
        else {
            return Planned::Nothing;
        };
        if let Some(operation) = self.operation_mut(op_id) {
            operation.payload.parked.clear();
        }
        self.settle_others(op_id, reading, ticket, room, written);
        let Some(mut waiting) = self.merge(ticket, reading.date, room, written) else {
            return Planned::Outdated;
        };
        let Some(link) = &self.link else {
            return Planned::Nothing;
        };
        let remote = link.ticket;
        waiting.retain(|field| {
            let crm = case_value(&self.fields, *field);
            !self.line().is_parked(*field, &crm)
        });
        let (values, unsendable) = self.translate(&waiting, ticket, room);
        // What nobody in Zendesk stands for parks by itself, by reason; the rest goes on.
        let mut groups = self.group(unsendable).into_iter();
        if values.is_empty()
            && let Some((reason, parked)) = groups.next()
        {
            if let Some(operation) = self.operation_mut(op_id) {
                operation.payload.parked = parked;
            }
            self.park_beside(groups, room, written);
            return Planned::Park(reason);
        }
        self.park_beside(groups, room, written);
        if values.is_empty() {
            return Planned::Nothing;
        }
        Planned::Send(Sending::Fields {
            ticket: remote,
            values,
            stamp: room
                .guards
                .safe_update
                .then_some(ticket.updated_at)
                .flatten(),
        })
    }

    /// Other operations of this case's fields that these audits show as carried out are done: without
    /// that their writes would be taken for somebody else's.
    fn settle_others(
        &mut self,
        op_id: &str,
        reading: &Reading,
        ticket: &Ticket,
        room: &Room<'_>,
        written: &mut Written,
    ) {
        if !room.guards.marker {
            return;
        }
        for audit in reading.audits.iter().rev() {
            let Some(other) = audit.op.as_deref().filter(|other| *other != op_id) else {
                continue;
            };
            let is_here = |o: &Operation| o.kind == Kind::Fields && !o.payload.sent.is_empty();
            if self.operation(other).is_some_and(is_here) {
                self.agree(other, (audit, &BTreeSet::new()), ticket, room, written);
                self.end(other, State::Done);
                written.operations.insert(other.to_owned());
            }
        }
    }

    /// The fields that cannot be sent, with the case's values, by the reason.
    fn group(
        &self,
        unsendable: Vec<(CaseField, Parked)>,
    ) -> Vec<(Parked, BTreeMap<CaseField, Value>)> {
        let mut groups: Vec<(Parked, BTreeMap<CaseField, Value>)> = Vec::new();
        for (field, reason) in unsendable {
            let value = case_value(&self.fields, field);
            match groups.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, fields)) => {
                    fields.insert(field, value);
                }
                None => groups.push((reason, BTreeMap::from([(field, value)]))),
            }
        }
        groups
    }

    fn park_beside(
        &mut self,
        groups: impl Iterator<Item = (Parked, BTreeMap<CaseField, Value>)>,
        room: &mut Room<'_>,
        written: &mut Written,
    ) {
        for (reason, parked) in groups {
            let payload = Payload {
                parked,
                ..Payload::default()
            };
            self.add(Kind::Fields, payload, room, written);
            if let Some(added) = self.operations.last_mut() {
                added.park(reason);
            }
        }
    }

    /// The waiting fields in Zendesk's words, and those that have none there with the reason.
    fn translate(
        &self,
        waiting: &[CaseField],
        ticket: &Ticket,
        room: &Room<'_>,
    ) -> (BTreeMap<CaseField, Value>, Vec<(CaseField, Parked)>) {
        let facts = room.facts(ticket);
        let (mut values, mut unsendable) = (BTreeMap::new(), Vec::new());
        for field in waiting {
            match crm_in_zendesk(facts, *field, &self.fields) {
                Translation::To(value) => {
                    values.insert(*field, value);
                }
                Translation::Keep => {}
                Translation::Unknown(_) => {
                    let reason = match field {
                        CaseField::Contact => Parked::NoRequester,
                        CaseField::Subject
                        | CaseField::Description
                        | CaseField::Status
                        | CaseField::Priority
                        | CaseField::AssignedTo => Parked::NobodyThere,
                    };
                    unsendable.push((*field, reason));
                }
            }
        }
        // Zendesk solves no ticket that nobody is assigned to (zendesk-api.md 4.1).
        let solves = values.get(&CaseField::Status) == Some(&solved());
        let assignee = values
            .get(&CaseField::AssignedTo)
            .cloned()
            .unwrap_or_else(|| ticket_value(ticket, CaseField::AssignedTo));
        if solves && assignee.is_none() {
            // Somebody who is parked here is still to become the assignee: nobody stands in for them.
            let parked = self
                .line()
                .is_parked(CaseField::AssignedTo, &self.fields.assigned_to);
            match room.rules.default_user.filter(|_| !parked) {
                Some(user) => {
                    values.insert(CaseField::AssignedTo, Some(user.to_string()));
                }
                None => {
                    values.remove(&CaseField::Status);
                    unsendable.push((CaseField::Status, Parked::NobodyToSolve));
                }
            }
        }
        (values, unsendable)
    }

    /// The ticket a case becomes. Once frozen it stays as it is; later edits follow as changes.
    fn plan_creation(
        &mut self,
        op_id: &str,
        requester: Option<Requester>,
        room: &mut Room<'_>,
        written: &mut Written,
    ) -> Planned {
        let Some(operation) = self.operation(op_id) else {
            return Planned::Lost;
        };
        let follows = operation.payload.follows;
        let frozen = operation.payload.draft.clone();
        let superseded = self.link.as_ref().map(|link| link.ticket);
        if superseded.is_some() && superseded != follows {
            // Somebody else saw the ticket first and linked it; what it lacks is sent all the same.
            self.take_over(room, written);
            written.look_again = true;
            return Planned::Nothing;
        }
        if let Some(mut draft) = frozen {
            // Frozen, but for this: what has become private meanwhile is shown to nobody. If Zendesk
            // knows the key, it refuses the other body, and that is parked with its words.
            draft.public &= self.is_public(&draft.comment);
            return Planned::Send(Sending::Create(Box::new(draft)));
        }
        let Some(requester) = requester else {
            return Planned::Park(Parked::NoRequester);
        };
        let Some(description) = self.comments.iter().find(|comment| comment.is_description) else {
            return Planned::Park(Parked::NoDescription);
        };
        let nothing = Ticket::default();
        let facts = room.facts(&nothing);
        let (mut values, mut sent) = (BTreeMap::new(), BTreeMap::new());
        // Zendesk's halves of these two are known once the ticket is there.
        for field in [CaseField::Contact, CaseField::Description] {
            sent.insert(field, Pair::new(case_value(&self.fields, field), None));
        }
        for field in [
            CaseField::Subject,
            CaseField::Status,
            CaseField::Priority,
            CaseField::AssignedTo,
        ] {
            if let Translation::To(value) = crm_in_zendesk(facts, field, &self.fields) {
                let crm = case_value(&self.fields, field);
                sent.insert(field, Pair::new(crm, value.clone()));
                values.insert(field, value);
            }
        }
        let unassigned = values
            .get(&CaseField::AssignedTo)
            .is_none_or(Option::is_none);
        if values.get(&CaseField::Status) == Some(&solved()) && unassigned {
            match room.rules.default_user {
                Some(user) => {
                    let value = Some(user.to_string());
                    let crm = case_value(&self.fields, CaseField::AssignedTo);
                    sent.insert(CaseField::AssignedTo, Pair::new(crm, value.clone()));
                    values.insert(CaseField::AssignedTo, value);
                }
                // It is made open; solving it follows as a change, which says why it cannot.
                None => {
                    values.remove(&CaseField::Status);
                    sent.remove(&CaseField::Status);
                }
            }
        }
        let subject = values
            .remove(&CaseField::Subject)
            .flatten()
            .or_else(|| not_blank(Some(&self.fields.subject)).map(str::to_owned))
            .unwrap_or_else(|| mapping::NO_SUBJECT.to_owned());
        sent.insert(
            CaseField::Subject,
            Pair::new(Some(self.fields.subject.clone()), Some(subject.clone())),
        );
        Planned::Send(Sending::Create(Box::new(Draft {
            external_id: self.external_id(room.integration, follows.is_some()),
            subject,
            comment: description.id.clone(),
            public: description.public,
            requester,
            values,
            sent,
            follows,
        })))
    }

    /// Whether the customer may see this comment of the case; of one that is not there nobody may.
    fn is_public(&self, comment: &str) -> bool {
        let known = self.comments.iter().find(|known| known.id == comment);
        known.is_some_and(|known| known.public)
    }

    /// Both halves of what is sent, as they are now.
    fn pairs(&self, sending: &Sending) -> BTreeMap<CaseField, Pair> {
        match sending {
            Sending::Create(_) | Sending::Comment { .. } => BTreeMap::new(),
            Sending::Fields { values, .. } => values
                .iter()
                .map(|(field, value)| {
                    let crm = case_value(&self.fields, *field);
                    (*field, Pair::new(crm, value.clone()))
                })
                .collect(),
        }
    }
}

/// Notes, before it leaves, that the operation may have been carried out from now on.
fn note_sending(
    operation: &mut Operation,
    sending: &Sending,
    sent: BTreeMap<CaseField, Pair>,
    room: &Room<'_>,
) {
    if let Sending::Create(draft) = sending {
        operation.payload.draft = Some(Draft::clone(draft));
    }
    let payload = &mut operation.payload;
    if payload.sent_by != operation.attempts {
        // Within one attempt something else is sent only after Zendesk refused the former. What an
        // attempt before this one sent may have arrived, or may still do so.
        payload.unknown_before = operation.unknown_until;
        if operation
            .unknown_until
            .is_some_and(|until| until > room.now)
        {
            payload.keep_unanswered();
        } else {
            payload.forget_unanswered();
        }
    }
    payload.sent = sent;
    payload.sent_by = operation.attempts;
    operation.sent_at = Some(room.now);
    operation.unknown_until = room.now.saturating_add(LATE).ok();
    let lease = SignedDuration::try_from(room.lease).unwrap_or(SignedDuration::MAX);
    operation.lease_until = room
        .now
        .saturating_add(lease)
        .unwrap_or(operation.lease_until);
}

fn solved() -> Value {
    Some(TicketStatus::Solved.as_str().to_owned())
}
