//! What people do to a case here.

use super::{Desk, DeskComment, Room, Written, set_field};
use crate::case::{CaseField, CaseFields};
use crate::merge::Mode;
use crate::outbox::{Kind, Parked, Payload, State};
use crate::plan::{FieldChange, case_value};

impl Desk {
    /// Gives the case these values, and has what changed sent.
    pub fn edit(&mut self, mut fields: CaseFields, room: &mut Room<'_>, written: &mut Written) {
        fields.closed_at = match (self.fields.status.is_done(), fields.status.is_done()) {
            (_, false) => None,
            (false, true) => Some(room.now),
            (true, true) => self.fields.closed_at,
        };
        let changes: Vec<FieldChange> = CaseField::ALL
            .iter()
            .map(|&field| FieldChange {
                field,
                from: case_value(&self.fields, field),
                to: case_value(&fields, field),
            })
            .filter(|change| change.from != change.to)
            .collect();
        if changes.is_empty() {
            return;
        }
        self.take(changes, fields, written);
        let waiting = self.changed_here();
        self.keep_up(&waiting, room, written);
    }

    /// Adds a comment that was written here, and has it sent once the case has a ticket.
    pub fn say(&mut self, comment: DeskComment, room: &mut Room<'_>, written: &mut Written) {
        let id = comment.id.clone();
        self.comments.push(comment);
        // A case without a ticket sends its comments when it gets one.
        if self.link.is_some() && room.mode != Mode::OneWay && !self.deleted {
            let payload = Payload {
                comment: Some(id),
                ..Payload::default()
            };
            self.add(Kind::Comment, payload, room, written);
        }
    }

    /// Asks for a ticket for a case that has none. False if it has one or one is being made; asking
    /// twice is asking once.
    pub fn publish(&mut self, room: &mut Room<'_>, written: &mut Written) -> bool {
        if self.link.is_some() || self.deleted || room.mode == Mode::OneWay {
            return false;
        }
        self.make_ticket(Kind::Publish, None, room, written)
    }

    /// Asks for a ticket that follows the case's closed one.
    pub fn follow_up(&mut self, room: &mut Room<'_>, written: &mut Written) -> bool {
        let Some(link) = &self.link else {
            return false;
        };
        if self.deleted || room.mode == Mode::OneWay {
            return false;
        }
        let follows = Some(link.ticket);
        self.make_ticket(Kind::FollowUp, follows, room, written)
    }

    fn make_ticket(
        &mut self,
        kind: Kind,
        follows: Option<i64>,
        room: &mut Room<'_>,
        written: &mut Written,
    ) -> bool {
        let asked = |state: State| state.is_open() || state == State::Parked;
        let asked = self
            .operations
            .iter()
            .find(|operation| operation.kind.makes_ticket() && asked(operation.state));
        if let Some(operation) = asked {
            let op_id = operation.op_id.clone();
            return self.retry(&op_id, room, written);
        }
        let payload = Payload {
            follows,
            ..Payload::default()
        };
        self.add(kind, payload, room, written);
        true
    }

    /// Has everything sent that piled up while two-way sync was off, once a person said yes to it.
    pub fn send_piled_up(&mut self, room: &mut Room<'_>, written: &mut Written) {
        if self.link.is_none() || self.deleted || room.mode == Mode::OneWay {
            return;
        }
        self.unpark(&Parked::TwoWayOff, room.now, written);
        self.send_comments(room, written);
        let waiting = self.changed_here();
        self.keep_up(&waiting, room, written);
    }

    /// Parks everything that Zendesk has not got while two-way sync is off: once it is switched on
    /// again, none of it goes by itself (ticket-sync.md 2). What is parked already stays as it is, and
    /// what a worker is busy with it parks itself. What was perhaps sent before stays in the line: a
    /// worker has to find out, and nobody else would know our own write as ours.
    pub fn hold_piled_up(&mut self, room: &mut Room<'_>, written: &mut Written) {
        if self.deleted || room.mode != Mode::OneWay {
            return;
        }
        let waiting = self.operations.iter();
        let waiting: Vec<String> = waiting
            .filter(|operation| operation.state == State::Waiting)
            .filter(|operation| operation.unknown_until.is_none())
            .map(|operation| operation.op_id.clone())
            .collect();
        for op_id in waiting {
            self.park(&op_id, Parked::TwoWayOff);
            written.operations.insert(op_id);
        }
        if self.link.is_none() {
            return;
        }
        let before = self.operations.len();
        self.send_comments(room, written);
        for operation in self.operations.iter_mut().skip(before) {
            operation.park(Parked::TwoWayOff);
        }
        let mut fields = self.changed_here();
        fields.retain(|field| {
            let crm = case_value(&self.fields, *field);
            !self.line().is_parked(*field, &crm)
        });
        let busy = self.line().awaits_fields();
        if !fields.is_empty() && !busy {
            let parked = fields.into_iter();
            let payload = Payload {
                parked: parked
                    .map(|field| (field, case_value(&self.fields, field)))
                    .collect(),
                ..Payload::default()
            };
            self.add(Kind::Fields, payload, room, written);
            if let Some(added) = self.operations.last_mut() {
                added.park(Parked::TwoWayOff);
            }
        }
    }

    /// Brings a case back that was deleted here, with everything that was parked meanwhile.
    pub fn bring_back(&mut self, room: &mut Room<'_>, written: &mut Written) {
        self.deleted = false;
        self.unpark(&Parked::CaseDeleted, room.now, written);
        self.hold_piled_up(room, written);
        let waiting = self.changed_here();
        self.keep_up(&waiting, room, written);
    }

    /// Puts what is parked back into the line.
    pub fn retry(&mut self, op_id: &str, room: &mut Room<'_>, written: &mut Written) -> bool {
        let Some(operation) = self.operation_mut(op_id) else {
            return false;
        };
        if operation.state != State::Parked {
            return false;
        }
        written.operations.insert(op_id.to_owned());
        if operation.kind.makes_ticket() && !operation.is_unknown(room.now) {
            // Zendesk repeats its answer for a key it knows, so what was corrected needs another one.
            let (kind, follows) = (operation.kind, operation.payload.follows);
            operation.end(State::Discarded);
            let payload = Payload {
                follows,
                ..Payload::default()
            };
            self.add(kind, payload, room, written);
            return true;
        }
        self.put_back(op_id, room.now);
        true
    }

    /// Gives up what is parked. Fields go back to what both sides last agreed on; a comment stays on
    /// the case and is not sent.
    pub fn discard(&mut self, op_id: &str, room: &mut Room<'_>, written: &mut Written) -> bool {
        let Some(operation) = self.operation_mut(op_id) else {
            return false;
        };
        if operation.state != State::Parked {
            return false;
        }
        let parked = std::mem::take(&mut operation.payload.parked);
        operation.end(State::Discarded);
        written.operations.insert(op_id.to_owned());
        let mut fields = self.fields.clone();
        if let Some(link) = &self.link {
            for (field, value) in &parked {
                if let Some(pair) = link.agreed.get(*field)
                    && case_value(&fields, *field) == *value
                {
                    set_field(&mut fields, *field, &pair.crm);
                    // Of what Zendesk set meanwhile nobody may have known then what it means.
                    written.look_again = true;
                }
            }
        }
        self.edit(fields, room, written);
        true
    }
}
