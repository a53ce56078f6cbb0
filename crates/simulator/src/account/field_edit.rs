//! Field changes of a ticket, each with its event.

use std::borrow::Cow;

use serde_json::Value;

use super::Account;
use super::audit::{Change, Detail, Event};
use super::ticket::{CustomValue, Ticket, TicketChange};
use super::ticket_edit::tidy_tags;
use crate::text::Text;
use crate::word::Status;

impl Account {
    /// Makes the field changes in a ticket and notes an event for each that differs.
    pub(super) fn apply(&self, ticket: &mut Ticket, change: TicketChange, events: &mut Vec<Event>) {
        if let Some(subject) = change.subject {
            let subject = subject.map(Text::from);
            if subject.as_ref().map(Text::read) != ticket.subject.as_ref().map(Text::read) {
                let previous = text_detail(ticket.subject.as_ref());
                note(events, "subject", text_detail(subject.as_ref()), previous);
                ticket.subject = subject;
            }
        }
        if let Some(requester) = change.requester_id
            && requester != ticket.requester_id
        {
            note(
                events,
                "requester_id",
                Detail::Id(requester),
                Detail::Id(ticket.requester_id),
            );
            ticket.requester_id = requester;
            let organization = self.user(requester).and_then(|user| user.organization_id);
            set_id(
                events,
                "organization_id",
                &mut ticket.organization_id,
                organization,
            );
        }
        if let Some(assignee) = change.assignee_id {
            let taken = assignee.is_some() && assignee != ticket.assignee_id;
            set_id(events, "assignee_id", &mut ticket.assignee_id, assignee);
            if taken && change.group_id.is_none() {
                let group = self.group_of(assignee).or(ticket.group_id);
                set_id(events, "group_id", &mut ticket.group_id, group);
            }
            if taken && ticket.status == Status::New && change.status.is_none() {
                self.set_status(ticket, Status::Open, None, events);
            }
        }
        if let Some(group) = change.group_id {
            set_id(events, "group_id", &mut ticket.group_id, group);
        }
        if let Some(organization) = change.organization_id {
            set_id(
                events,
                "organization_id",
                &mut ticket.organization_id,
                organization,
            );
        }
        if let Some(problem) = change.problem_id {
            set_id(events, "problem_id", &mut ticket.problem_id, problem);
        }
        if let Some(brand) = change.brand_id {
            let mut now = Some(ticket.brand_id);
            set_id(events, "brand_id", &mut now, Some(brand));
            ticket.brand_id = brand;
        }
        if let Some(priority) = change.priority {
            set_word(events, "priority", &mut ticket.priority, priority, |word| {
                word.as_str()
            });
        }
        if let Some(kind) = change.kind {
            set_word(events, "type", &mut ticket.kind, kind, |word| word.as_str());
        }
        if let Some(custom) = change.custom_status_id
            && let Some(custom) = self.custom_statuses.iter().find(|one| one.id == custom)
        {
            self.set_status(ticket, custom.category, Some(custom.id), events);
        } else if let Some(status) = change.status {
            self.set_status(ticket, status, None, events);
        }
        if let Some(external_id) = change.external_id {
            set_text(
                events,
                "external_id",
                &mut ticket.external_id,
                external_id.map(Into::into),
            );
        }
        if let Some(recipient) = change.recipient {
            set_text(
                events,
                "recipient",
                &mut ticket.recipient,
                recipient.map(Into::into),
            );
        }
        if let Some(collaborators) = change.collaborator_ids
            && collaborators != ticket.collaborator_ids
        {
            let words =
                |ids: &[i64]| Detail::List(ids.iter().map(|id| id.to_string().into()).collect());
            note(
                events,
                "collaborator_ids",
                words(&collaborators),
                words(&ticket.collaborator_ids),
            );
            ticket.collaborator_ids = collaborators;
        }
        if let Some(tags) = change.tags {
            let tags = tidy_tags(&tags);
            if tags != ticket.tags {
                let previous = std::mem::replace(&mut ticket.tags, tags);
                note(
                    events,
                    "tags",
                    Detail::List(ticket.tags.clone()),
                    Detail::List(previous),
                );
            }
        }
        if let Some(due_at) = change.due_at
            && due_at != ticket.due_at
        {
            let words = |at: Option<i64>| {
                at.map_or(Detail::Nothing, |at| {
                    Detail::Text(crate::wire::stamp(at).into())
                })
            };
            note(events, "due_at", words(due_at), words(ticket.due_at));
            ticket.due_at = due_at;
        }
        set_custom_fields(ticket, change.custom_fields, events);
    }

    fn set_status(
        &self,
        ticket: &mut Ticket,
        status: Status,
        custom: Option<i64>,
        events: &mut Vec<Event>,
    ) {
        if ticket.status != status {
            let (value, previous) = (status.as_str(), ticket.status.as_str());
            note(
                events,
                "status",
                Detail::Word(value),
                Detail::Word(previous),
            );
            ticket.status = status;
        } else if custom.is_none() {
            return;
        }
        let custom = custom.or_else(|| self.custom_status_for(status));
        set_id(
            events,
            "custom_status_id",
            &mut ticket.custom_status_id,
            custom,
        );
    }
}

fn set_custom_fields(ticket: &mut Ticket, fields: Vec<CustomValue>, events: &mut Vec<Event>) {
    for CustomValue { id, value } in fields {
        let place = ticket
            .custom_fields
            .iter()
            .position(|(known, _)| *known == id);
        let previous = place.map_or(Value::Null, |place| ticket.custom_fields[place].1.clone());
        if previous == value {
            continue;
        }
        let detail = |value: Value| {
            if value.is_null() {
                Detail::Nothing
            } else {
                Detail::Any(Box::new(value))
            }
        };
        events.push(Event::Changed(Box::new(Change {
            field: Cow::Owned(id.to_string()),
            value: detail(value.clone()),
            previous: detail(previous),
            rule: None,
        })));
        match place {
            Some(place) if value.is_null() => drop(ticket.custom_fields.remove(place)),
            Some(place) => ticket.custom_fields[place].1 = value,
            None => ticket.custom_fields.push((id, value)),
        }
    }
}

fn note(events: &mut Vec<Event>, field: &'static str, value: Detail, previous: Detail) {
    events.push(Event::Changed(Box::new(Change {
        field: Cow::Borrowed(field),
        value,
        previous,
        rule: None,
    })));
}

fn set_id(
    events: &mut Vec<Event>,
    field: &'static str,
    place: &mut Option<i64>,
    value: Option<i64>,
) {
    if *place != value {
        let detail = |id: Option<i64>| id.map_or(Detail::Nothing, Detail::Id);
        note(events, field, detail(value), detail(*place));
        *place = value;
    }
}

fn set_word<T: Copy + PartialEq>(
    events: &mut Vec<Event>,
    field: &'static str,
    place: &mut Option<T>,
    value: Option<T>,
    word: fn(T) -> &'static str,
) {
    if *place != value {
        let detail =
            |value: Option<T>| value.map_or(Detail::Nothing, |value| Detail::Word(word(value)));
        note(events, field, detail(value), detail(*place));
        *place = value;
    }
}

fn set_text(
    events: &mut Vec<Event>,
    field: &'static str,
    place: &mut Option<Box<str>>,
    value: Option<Box<str>>,
) {
    if *place != value {
        let detail = |text: &Option<Box<str>>| text.clone().map_or(Detail::Nothing, Detail::Text);
        note(events, field, detail(&value), detail(place));
        *place = value;
    }
}

fn text_detail(text: Option<&Text>) -> Detail {
    text.map_or(Detail::Nothing, |text| {
        Detail::Text(text.read().into_owned().into())
    })
}
