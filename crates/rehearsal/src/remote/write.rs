//! What our requests do.

use std::collections::BTreeMap;

use domain::case::CaseField;
use domain::plan::ticket_value;
use domain::push::{Audit, Draft, Requester};
use domain::ticket::Ticket;
use domain::value::Value;

use super::{
    CommentEvent, FIRST_TICKET, FirstAnswer, KEY_LIFE, Origin, Remote, RemoteComment, RemoteTicket,
    Snapshot, Truth, Writer, at, set,
};
use crate::cast::{CUSTOMERS, NEW_CUSTOMER};

/// Zendesk's words for a write to a closed ticket.
const CLOSED: &str = "Status: closed prevents ticket update";

/// Zendesk's words for a requester who is not there any more.
pub(crate) const INVALID: &str = "Requester: is invalid";

/// `PUT /tickets/{id}`.
#[derive(Debug, Clone)]
pub struct Update {
    /// The ticket.
    pub ticket: i64,
    /// Fields to set.
    pub values: BTreeMap<CaseField, Value>,
    /// The case comment to add, and whether it is public.
    pub comment: Option<(String, bool)>,
    /// `updated_stamp`, in seconds.
    pub stamp: Option<i64>,
    /// The marker.
    pub op: String,
    /// What a trigger does right after it.
    pub trigger: Option<Trigger>,
    /// F18: takes nothing of the first so many fields, or of the comment.
    pub ignores: u32,
    /// Refuses this field without a lasting reason.
    pub refuses: Option<CaseField>,
}

/// `POST /tickets`.
#[derive(Debug, Clone)]
pub struct Creation {
    /// The ticket.
    pub draft: Draft,
    /// The marker and the `Idempotency-Key`.
    pub op: String,
    /// What a trigger does right after it.
    pub trigger: Option<Trigger>,
}

/// A trigger that runs right after a write.
#[derive(Debug, Clone)]
pub struct Trigger {
    /// The field it sets.
    pub field: CaseField,
    /// To what.
    pub value: Value,
    /// Whether its events stand in the audit of the write itself.
    pub same_audit: bool,
    /// Whether the reply shows the ticket before it ran.
    pub unseen: bool,
}

/// What Zendesk answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// 2xx.
    Done {
        /// The ticket after it.
        shown: Box<Snapshot>,
        /// What it did.
        audit: Option<Audit>,
    },
    /// 2xx, but of an earlier request with the same key.
    Again(Box<Answer>),
    /// 409.
    Conflict,
    /// 422.
    Refused(Vec<(Option<CaseField>, String)>),
    /// 404.
    Gone,
}

impl Remote {
    /// Carries out an update.
    pub fn update(&mut self, request: &Update) -> Answer {
        let second = self.second();
        let Some(found) = self.ticket(request.ticket).filter(|f| !f.is_deleted()) else {
            return Answer::Gone;
        };
        let before = self.snapshot(found);
        if !found.is_open() {
            return Answer::Refused(vec![(Some(CaseField::Status), CLOSED.to_owned())]);
        }
        // An edit in the stamp's own second is not noticed: that is the trap.
        let updated = before
            .ticket
            .updated_at
            .map_or(0, jiff::Timestamp::as_second);
        if request.stamp.is_some_and(|stamp| updated > stamp) {
            return Answer::Conflict;
        }
        let refused = self.refused(request, &before.ticket);
        if !refused.is_empty() {
            return Answer::Refused(refused);
        }
        let mut audit = self.new_audit(Some(request.op.clone()));
        let mut left = request.ignores;
        for (field, value) in &request.values {
            if left > 0 {
                left -= 1;
                continue;
            }
            if self.change(request.ticket, *field, value, Writer::Ours, &mut audit) {
                self.fields_set += 1;
            }
        }
        if let Some((comment, public)) = &request.comment
            && request.ignores == 0
        {
            let origin = Origin::Ours(comment.clone());
            self.add_comment(request.ticket, *public, origin, &mut audit, false);
        }
        if audit.fields.is_empty() && audit.comments.is_empty() {
            return Answer::Done {
                shown: Box::new(before),
                audit: None,
            };
        }
        self.writes += 1;
        self.touch(request.ticket, second);
        self.finish(request.ticket, audit, request.trigger.as_ref())
    }

    /// Carries out a creation, once for each key.
    pub fn create(&mut self, request: &Creation) -> Answer {
        let second = self.second();
        if let Some(first) = self.keys.get(&request.op)
            && first.at + KEY_LIFE > second
        {
            if first.draft != request.draft {
                let words = "Request parameters don't match the given idempotency key";
                return Answer::Refused(vec![(None, words.to_owned())]);
            }
            // The first response again, word for word.
            return Answer::Again(Box::new(first.answer.clone()));
        }
        let draft = &request.draft;
        if let Some(followed) = draft.follows
            && self.ticket(followed).is_none_or(RemoteTicket::is_open)
        {
            let words = "You can only create a follow-up of a closed ticket";
            return Answer::Refused(vec![(None, words.to_owned())]);
        }
        if is_bad(&draft.subject) {
            return Answer::Refused(vec![(
                Some(CaseField::Subject),
                "Subject: is bad".to_owned(),
            )]);
        }
        let requester = match &draft.requester {
            Requester::Known(id) => *id,
            Requester::Inline { email, .. } => match email.as_deref() {
                Some("c1") => self.survivor(CUSTOMERS[0]),
                Some("c2") => self.survivor(CUSTOMERS[1]),
                Some(_) | None => NEW_CUSTOMER,
            },
        };
        if self.gone.contains_key(&requester) {
            return Answer::Refused(vec![(Some(CaseField::Contact), INVALID.to_owned())]);
        }
        let id = self.bear(Some(draft.external_id.clone()), Writer::Ours);
        let mut audit = self.new_audit(Some(request.op.clone()));
        let mut values = draft.values.clone();
        values.insert(CaseField::Subject, Some(draft.subject.clone()));
        values.insert(CaseField::Contact, Some(requester.to_string()));
        if !values.contains_key(&CaseField::Status) {
            // The audit of a creation tells the status also where nobody asked for one.
            audit
                .fields
                .push((CaseField::Status, Some("new".to_owned())));
        }
        for (field, value) in &values {
            self.change(id, *field, value, Writer::Ours, &mut audit);
        }
        if let Some(found) = self.ticket_mut(id) {
            found.ticket.description = Some(format!("as sent: {}", draft.comment));
            found.ticket.followup_source_id = draft.follows;
        }
        // A follow-up says the description once more, and that is a comment of its own.
        let origin = match draft.follows {
            Some(_) => Origin::Repeats(draft.comment.clone()),
            None => Origin::Ours(draft.comment.clone()),
        };
        self.add_comment(id, draft.public, origin, &mut audit, true);
        self.writes += 1;
        self.touch(id, second);
        let answer = self.finish(id, audit, request.trigger.as_ref());
        let first = FirstAnswer {
            draft: draft.clone(),
            answer: answer.clone(),
            at: second,
        };
        self.keys.insert(request.op.clone(), first);
        answer
    }

    /// Puts the audit down, lets the trigger run, and answers.
    fn finish(&mut self, id: i64, mut audit: Audit, trigger: Option<&Trigger>) -> Answer {
        let Some(trigger) = trigger else {
            return self.put_down(id, audit);
        };
        if trigger.same_audit {
            self.change(id, trigger.field, &trigger.value, Writer::Rule, &mut audit);
            return self.put_down(id, audit);
        }
        let answer = self.put_down(id, audit);
        let mut second = self.new_audit(None);
        self.change(id, trigger.field, &trigger.value, Writer::Rule, &mut second);
        if second.fields.is_empty() {
            return answer;
        }
        self.touch(id, self.second());
        let after = self.put_down(id, second);
        match (trigger.unseen, answer, after) {
            (false, Answer::Done { audit, .. }, Answer::Done { shown, .. }) => {
                Answer::Done { shown, audit }
            }
            (_, answer, _) => answer,
        }
    }

    fn put_down(&mut self, id: i64, audit: Audit) -> Answer {
        if let Some(found) = self.ticket_mut(id) {
            found.audits.push(audit.clone());
        }
        match self.ticket(id) {
            Some(found) => Answer::Done {
                shown: Box::new(self.snapshot(found)),
                audit: Some(audit),
            },
            None => Answer::Gone,
        }
    }

    pub(super) fn new_audit(&mut self, op: Option<String>) -> Audit {
        self.last_audit += 1;
        Audit {
            id: self.last_audit,
            at: self.date(),
            op,
            fields: Vec::new(),
            was: Vec::new(),
            comments: Vec::new(),
        }
    }

    /// Sets a field and notes the event; nothing happens if it has the value.
    pub(super) fn change(
        &mut self,
        id: i64,
        field: CaseField,
        value: &Value,
        writer: Writer,
        audit: &mut Audit,
    ) -> bool {
        // Nobody can name a customer who was merged away; a rule that does means who stayed.
        let kept = (field == CaseField::Contact && !self.gone.is_empty())
            .then(|| value.as_deref()?.parse().ok())
            .flatten()
            .map(|user| Some(self.survivor(user).to_string()));
        let value = kept.as_ref().unwrap_or(value);
        let Some(found) = self.ticket_mut(id) else {
            return false;
        };
        if ticket_value(&found.ticket, field) == *value {
            return false;
        }
        set(&mut found.ticket, field, value);
        found.truth.writers[field as usize] = writer;
        found.truth.revision += 1;
        audit.fields.push((field, value.clone()));
        // Assigning a new ticket opens it (zendesk-api.md 4.1).
        if field == CaseField::AssignedTo && found.ticket.status.as_deref() == Some("new") {
            let open = Some("open".to_owned());
            found.ticket.status.clone_from(&open);
            found.truth.writers[CaseField::Status as usize] = Writer::Rule;
            audit.fields.push((CaseField::Status, open));
        }
        true
    }

    pub(super) fn add_comment(
        &mut self,
        id: i64,
        public: bool,
        origin: Origin,
        audit: &mut Audit,
        is_description: bool,
    ) -> i64 {
        self.last_audit += 1;
        let (comment, second) = (self.last_audit, self.second());
        audit.comments.push(comment);
        self.events.push(CommentEvent {
            second,
            id: comment,
            comment,
            ticket: id,
            public,
        });
        let op = audit.op.clone();
        if let Some(found) = self.ticket_mut(id) {
            found.truth.revision += 1;
            found.comments.push(RemoteComment {
                id: comment,
                public,
                origin,
                op,
                at: second,
                is_description,
                is_as_sent: true,
            });
        }
        comment
    }

    pub(super) fn touch(&mut self, id: i64, second: i64) {
        if let Some(found) = self.ticket_mut(id) {
            found.ticket.updated_at = Some(at(second));
            found.ticket.generated_timestamp = Some(second);
        }
    }

    fn refused(&self, request: &Update, ticket: &Ticket) -> Vec<(Option<CaseField>, String)> {
        let mut refused = refused(request, ticket);
        let requester = request.values.get(&CaseField::Contact).cloned().flatten();
        let requester = requester.and_then(|id| id.parse::<i64>().ok());
        if requester.is_some_and(|id| self.gone.contains_key(&id)) {
            refused.push((Some(CaseField::Contact), INVALID.to_owned()));
        }
        refused
    }

    /// A blank ticket, new and without anybody.
    pub(super) fn bear(&mut self, external_id: Option<String>, writer: Writer) -> i64 {
        let id = FIRST_TICKET + self.tickets.len() as i64;
        let now = self.date();
        self.tickets.push(RemoteTicket {
            ticket: Ticket {
                id,
                external_id,
                status: Some("new".to_owned()),
                created_at: Some(now),
                updated_at: Some(now),
                generated_timestamp: Some(self.second()),
                ..Ticket::default()
            },
            deleted_from: None,
            comments: Vec::new(),
            audits: Vec::new(),
            truth: Truth {
                revision: 0,
                writers: [writer; 6],
            },
            merged_into: None,
            away: None,
        });
        id
    }
}

/// A subject that Zendesk refuses for good.
pub(crate) fn is_bad(subject: &str) -> bool {
    subject.starts_with("bad")
}

fn refused(request: &Update, ticket: &Ticket) -> Vec<(Option<CaseField>, String)> {
    let mut refused = Vec::new();
    let set = |field| request.values.get(&field);
    if set(CaseField::Subject).is_some_and(|to| to.as_deref().is_some_and(is_bad)) {
        refused.push((Some(CaseField::Subject), "Subject: is bad".to_owned()));
    }
    let solved = |status: Option<&str>| status == Some("solved");
    let status = set(CaseField::Status).map_or(ticket.status.as_deref(), |to| to.as_deref());
    let assignee = set(CaseField::AssignedTo)
        .map_or_else(|| ticket_value(ticket, CaseField::AssignedTo), Clone::clone);
    if solved(status) && assignee.is_none() && !request.values.is_empty() {
        let words = "Assignee: is required when solving a ticket";
        refused.push((None, words.to_owned()));
    }
    if let Some(field) = request.refuses {
        if request.values.contains_key(&field) {
            refused.push((Some(field), "is not allowed now".to_owned()));
        } else if request.comment.is_some() && field == CaseField::Description {
            refused.push((None, "is not allowed now".to_owned()));
        }
    }
    refused
}
