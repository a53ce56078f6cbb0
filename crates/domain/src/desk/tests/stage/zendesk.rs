//! A small model of Zendesk: tickets, audits with markers, stamps, keys; and a net that loses things.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{EVA, TICKET, text};
use crate::case::CaseField;
use crate::plan::ticket_value;
use crate::push::{Audit, Draft, Reply, Requester, Sending};
use crate::ticket::Ticket;
use crate::value::Value;

/// What becomes of one request.
#[derive(Debug, Clone)]
pub(in crate::desk::tests) enum Net {
    /// It is lost, and so is nothing else: no answer.
    Lost,
    /// It is carried out, and the answer is lost.
    AnswerLost,
    /// It is held up: no answer now, and it arrives when [`Stage::arrive`] says so.
    Late,
    /// Zendesk answers this and does nothing.
    Says(Reply),
    /// Zendesk answers with the ticket and has done nothing.
    TookNothing,
    /// Zendesk takes all but these fields, and answers that all was well.
    TookAllBut(Vec<CaseField>),
}

/// Zendesk, as far as one case goes.
#[derive(Debug, Clone, Default)]
pub(in crate::desk::tests) struct Zendesk {
    pub(in crate::desk::tests) tickets: Vec<Ticket>,
    /// Newest first, each with its ticket.
    pub(in crate::desk::tests) audits: Vec<(i64, Audit)>,
    /// Case comments as they were taken, with their ids there.
    pub(in crate::desk::tests) comments: Vec<(String, i64)>,
    /// Those of them that the customer sees.
    pub(in crate::desk::tests) public: BTreeSet<i64>,
    /// Requests that changed something.
    pub(in crate::desk::tests) writes: u32,
    pub(in crate::desk::tests) late: Vec<(String, Sending)>,
    pub(super) keys: BTreeMap<String, i64>,
    pub(super) ids: i64,
    /// What a trigger sets in the same audit.
    pub(in crate::desk::tests) trigger: Vec<(CaseField, Value)>,
    /// What no request changes.
    pub(in crate::desk::tests) ignores_always: Vec<CaseField>,
    pub(super) ignored: Vec<CaseField>,
}

impl Zendesk {
    pub(in crate::desk::tests) fn ticket(&mut self, id: i64) -> &mut Ticket {
        self.tickets.iter_mut().find(|t| t.id == id).unwrap()
    }

    fn set(ticket: &mut Ticket, field: CaseField, value: &Value) {
        let id = || value.as_deref().map(|id| id.parse().unwrap());
        match field {
            CaseField::Subject => ticket.subject.clone_from(value),
            CaseField::Description => ticket.description.clone_from(value),
            CaseField::Status => ticket.status.clone_from(value),
            CaseField::Priority => ticket.priority.clone_from(value),
            CaseField::AssignedTo => ticket.assignee_id = id(),
            CaseField::Contact => ticket.requester_id = id(),
        }
    }

    pub(super) fn update(
        &mut self,
        ticket: i64,
        op: Option<&str>,
        fields: &[(CaseField, Value)],
        comment: Option<(&str, bool)>,
        now: Timestamp,
    ) -> Option<Audit> {
        let ignored = std::mem::take(&mut self.ignored);
        let by_trigger = if op.is_some() {
            self.trigger.clone()
        } else {
            Vec::new()
        };
        let found = self.tickets.iter_mut().find(|t| t.id == ticket).unwrap();
        let (mut events, mut was) = (Vec::new(), Vec::new());
        for (place, (field, value)) in fields.iter().chain(&by_trigger).enumerate() {
            let ignores = op.is_some() && self.ignores_always.contains(field);
            if place < fields.len() && (ignores || ignored.contains(field)) {
                continue;
            }
            if ticket_value(found, *field) != *value {
                was.push((*field, ticket_value(found, *field)));
                Self::set(found, *field, value);
                events.push((*field, value.clone()));
            }
        }
        if events.is_empty() && comment.is_none() {
            return None;
        }
        found.updated_at = Timestamp::from_second(now.as_second()).ok();
        self.ids += 1;
        let mut audit = Audit {
            id: self.ids,
            at: found.updated_at.unwrap(),
            op: op.map(str::to_owned),
            fields: events,
            was,
            comments: Vec::new(),
        };
        if let Some((comment, public)) = comment {
            self.ids += 1;
            if public {
                self.public.insert(self.ids);
            }
            self.comments.push((comment.to_owned(), self.ids));
            audit.comments.push(self.ids);
        }
        self.writes += u32::from(op.is_some());
        self.audits.insert(0, (ticket, audit.clone()));
        Some(audit)
    }

    fn create(&mut self, op: &str, draft: &Draft, now: Timestamp) -> (Ticket, Option<Audit>) {
        if let Some(id) = self.keys.get(op).copied() {
            let audit = self.audits.iter().rfind(|(of, _)| *of == id);
            let audit = audit.map(|(_, audit)| audit.clone());
            return (self.ticket(id).clone(), audit);
        }
        let id = TICKET + i64::try_from(self.tickets.len()).unwrap();
        let requester_id = match &draft.requester {
            Requester::Known(id) => *id,
            Requester::Inline { .. } => EVA,
        };
        self.keys.insert(op.to_owned(), id);
        self.tickets.push(Ticket {
            id,
            external_id: Some(draft.external_id.clone()),
            description: text("It smokes."),
            status: text("new"),
            requester_id: Some(requester_id),
            created_at: Some(now),
            ..Ticket::default()
        });
        let mut fields = vec![(CaseField::Subject, Some(draft.subject.clone()))];
        fields.extend(draft.values.clone());
        let first = (draft.comment.as_str(), draft.public);
        let audit = self.update(id, Some(op), &fields, Some(first), now);
        (self.ticket(id).clone(), audit)
    }

    /// Carries out what arrives.
    pub(super) fn take(&mut self, op: &str, sending: &Sending, now: Timestamp) -> Reply {
        let (ticket, stamp, fields, comment) = match sending {
            Sending::Create(draft) => {
                let is_known = self.keys.contains_key(op);
                let (ticket, audit) = self.create(op, draft, now);
                let mut reply = taken(ticket, now, audit);
                if let Reply::Taken { replayed, .. } = &mut reply {
                    *replayed = is_known;
                }
                return reply;
            }
            Sending::Comment {
                ticket,
                comment,
                public,
                stamp,
            } => {
                let comment = Some((comment.as_str(), *public));
                (*ticket, *stamp, Vec::new(), comment)
            }
            Sending::Fields {
                ticket,
                values,
                stamp,
            } => {
                let fields = values.iter().map(|(f, v)| (*f, v.clone())).collect();
                (*ticket, *stamp, fields, None)
            }
        };
        let Some(found) = self.tickets.iter().find(|t| t.id == ticket) else {
            return Reply::Gone;
        };
        if stamp.is_some() && found.updated_at > stamp {
            return Reply::Changed;
        }
        if found.status.as_deref() == Some("closed") {
            let fields = vec![(
                Some(CaseField::Status),
                "closed prevents ticket update".to_owned(),
            )];
            return Reply::Refused { fields };
        }
        let audit = self.update(ticket, Some(op), &fields, comment, now);
        taken(self.ticket(ticket).clone(), now, audit)
    }
}

pub(super) fn taken(ticket: Ticket, date: Timestamp, audit: Option<Audit>) -> Reply {
    Reply::Taken {
        ticket: Box::new(ticket),
        date,
        audit,
        replayed: false,
    }
}
