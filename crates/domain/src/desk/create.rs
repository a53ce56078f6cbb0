//! The ticket that an operation was to make is there.

use super::{Desk, Room, Written};
use crate::case::CaseField;
use crate::mapping::Translation;
use crate::outbox::State;
use crate::plan::{case_value, ticket_value, zendesk_in_crm};
use crate::push::{Audit, Draft};
use crate::ticket::Ticket;
use crate::value::Pair;

impl Desk {
    /// The ticket that was to be made exists: link it. False if the case has another one already.
    pub(super) fn link_to(
        &mut self,
        op_id: &str,
        ticket: &Ticket,
        audit: Option<&Audit>,
        room: &Room<'_>,
        written: &mut Written,
    ) -> bool {
        let Some(operation) = self.operation(op_id) else {
            return false;
        };
        // Not of another ticket of the case, which somebody made of something else.
        let draft = operation.payload.draft.as_ref();
        let made = ticket.external_id.as_deref();
        let draft = draft.filter(|draft| made.is_none_or(|made| made == draft.external_id));
        let draft = draft.cloned();
        let follows = operation.payload.follows;
        let linked = self.link.as_ref().map(|link| link.ticket);
        if linked != Some(ticket.id) {
            if linked != follows {
                // Another ticket has the case already: one open ticket a case (I-01).
                self.end(op_id, State::Done);
                return false;
            }
            self.link_anew(ticket, room.integration, written);
        }
        if let Some(draft) = &draft {
            self.agree_on_creation(draft, ticket, audit, room);
        }
        written.link = true;
        // A follow-up says the description once more, and that is a comment of its own.
        if let (Some(draft), Some(remote), None) = (
            &draft,
            audit.and_then(|audit| audit.comments.first()),
            follows,
        ) {
            self.map(&draft.comment.clone(), *remote, Some(op_id), written);
        }
        self.end(op_id, State::Done);
        true
    }

    /// What is agreed with a ticket just made: what was sent and taken; of all else what Zendesk made
    /// of it. So what Zendesk did not take still counts as an edit here.
    fn agree_on_creation(
        &mut self,
        draft: &Draft,
        ticket: &Ticket,
        audit: Option<&Audit>,
        room: &Room<'_>,
    ) {
        let fields = &self.fields;
        let Some(link) = &mut self.link else {
            return;
        };
        for &field in CaseField::ALL {
            if link.agreed.get(field).is_some() {
                continue;
            }
            let value = ticket_value(ticket, field);
            let pair = match (field, draft.sent.get(&field)) {
                // Who was made the requester; a trigger or a person may have changed that since.
                (CaseField::Contact, Some(sent)) => {
                    let events = audit.map_or(&[][..], |audit| &audit.fields);
                    let made = events.iter().find(|(of, _)| *of == field);
                    let made = made.map_or(value, |(_, made)| made.clone());
                    if draft.requester.is_other_than(&made) {
                        // Made by a draft that a restored database has forgotten.
                        continue;
                    }
                    Pair::new(sent.crm.clone(), made)
                }
                (CaseField::Description, Some(sent)) => Pair::new(sent.crm.clone(), value),
                // Nothing is what a ticket has anyhow, so no event tells of it.
                (_, Some(sent))
                    if sent.zendesk.is_none()
                        || sent.zendesk == value
                        || audit.is_none_or(|audit| audit.set(field, &sent.zendesk)) =>
                {
                    sent.clone()
                }
                // Neither sent nor told of: the first merge finds whether the sides match.
                (_, None) if audit.is_none() => continue,
                (_, sent) => {
                    // What the ticket was made with; somebody may have changed that since.
                    let made = audit.and_then(|audit| {
                        let mut events = audit.fields.iter();
                        events.find(|(of, _)| *of == field)
                    });
                    let value = match (made, audit, field) {
                        (Some((_, made)), _, _) => made.clone(),
                        // Nobody was assigned, or an event would tell.
                        (None, Some(_), CaseField::AssignedTo) => None,
                        (None, _, _) => value,
                    };
                    let meant = match zendesk_in_crm(room.facts(ticket), field, &value) {
                        Translation::To(meant) => meant,
                        // Nobody knows yet what that means, so nothing is agreed on.
                        Translation::Unknown(_) if sent.is_none() => continue,
                        Translation::Keep | Translation::Unknown(_) if sent.is_some() => None,
                        Translation::Keep | Translation::Unknown(_) => case_value(fields, field),
                    };
                    Pair::new(meant, value)
                }
            };
            link.agreed.put(field, pair);
        }
    }
}
