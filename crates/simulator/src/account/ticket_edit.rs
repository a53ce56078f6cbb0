//! Edits of tickets: each makes the audit, the times and the index entries that Zendesk would.

use std::borrow::Cow;

use serde_json::Value;

use super::audit::{Attachment, Audit, Comment, Creation, Event};
use super::ticket::{NewComment, NewTicket, Ticket, TicketChange};
use super::{Account, EditError};
use crate::markup::{LONGEST, cut};
use crate::text::Text;
use crate::word::{Channel, Role, Status};

impl Account {
    /// Makes a ticket and returns its id.
    ///
    /// # Errors
    /// A requester or submitter that does not exist.
    pub fn add_ticket(&mut self, new: NewTicket) -> Result<i64, EditError> {
        let requester_id = new.requester_id.unwrap_or_else(|| self.administrator());
        let requester = self
            .user(requester_id)
            .ok_or(EditError::NoUser(requester_id))?;
        let organization_id = new.organization_id.or(requester.organization_id);
        let submitter_id = new
            .submitter_id
            .or(new.comment.author_id)
            .unwrap_or(requester_id);
        self.user(submitter_id)
            .ok_or(EditError::NoUser(submitter_id))?;
        let by = new.by.unwrap_or(submitter_id);
        let group_id = new.group_id.or_else(|| self.group_of(new.assignee_id));
        let custom = new
            .custom_status_id
            .and_then(|id| self.custom_statuses.iter().find(|one| one.id == id));
        let status = match (custom, new.status) {
            (Some(custom), _) => custom.category,
            (None, Some(status)) => status,
            (None, None) if new.assignee_id.is_some() => Status::Open,
            (None, None) => Status::New,
        };
        let custom_status_id = custom
            .map(|one| one.id)
            .or_else(|| self.custom_status_for(status));
        let id = self.next_ticket_id();
        let now = self.now;
        let brand_id = new.brand_id.unwrap_or_else(|| self.default_brand());
        let subject = new.subject.map(Text::from);
        let creation = Creation {
            subject: subject.clone(),
            requester_id,
            priority: new.priority,
            kind: new.kind,
            status,
            assignee_id: new.assignee_id,
            group_id,
            organization_id,
            brand_id,
            custom_status_id,
        };
        let is_public = new.comment.public;
        let ticket = Ticket {
            id,
            external_id: new.external_id.map(Into::into),
            channel: new.channel.unwrap_or(Channel::Api),
            followup_source_id: new.followup_source_id,
            followup_ids: Vec::new(),
            created_at: now,
            updated_at: now,
            generated_timestamp: now,
            kind: new.kind,
            subject,
            priority: new.priority,
            status,
            recipient: new.recipient.map(Into::into),
            requester_id,
            submitter_id,
            assignee_id: new.assignee_id,
            organization_id,
            group_id,
            collaborator_ids: new.collaborator_ids,
            problem_id: new.problem_id,
            has_incidents: false,
            is_public,
            due_at: new.due_at,
            tags: tidy_tags(&new.tags),
            custom_fields: new
                .custom_fields
                .into_iter()
                .filter(|field| !field.value.is_null())
                .map(|field| (field.id, field.value))
                .collect(),
            custom_status_id,
            brand_id,
            audits: Vec::new(),
            deleted_at: None,
            scrubbed: false,
            status_before_deletion: None,
        };
        let channel = ticket.channel;
        self.insert_ticket(ticket);
        let comment = self.comment(new.comment, submitter_id);
        let events = vec![Event::Comment(comment), Event::Created(Box::new(creation))];
        self.write_audit(id, by, channel, events, new.metadata)?;
        if let Some(problem) = new.problem_id {
            self.mark_problem(problem);
        }
        if let Some(source) = new.followup_source_id
            && let Ok(mut closed) = self.take_ticket(source)
        {
            closed.followup_ids.push(id);
            closed.generated_timestamp = closed.generated_timestamp.max(now);
            self.insert_ticket(closed);
        }
        Ok(id)
    }

    /// Changes a ticket in one audit and returns the audit's id; `None` when nothing differs, which
    /// leaves `updated_at` as it is (zendesk-api.md 3.7), unless the switch says otherwise.
    ///
    /// Assigning moves the group to the agent's and a new ticket to open (zendesk-api.md 0.10); a reply
    /// of the requester opens a solved one, unless the switch is off (zendesk-api.md 4.1). The rules that refuse a change are the API's, not this method's: a test may close, reopen and
    /// clear as it likes.
    ///
    /// # Errors
    /// An unknown ticket or requester.
    pub fn update_ticket(
        &mut self,
        id: i64,
        mut change: TicketChange,
    ) -> Result<Option<i64>, EditError> {
        if let Some(requester) = change.requester_id {
            self.user(requester).ok_or(EditError::NoUser(requester))?;
        }
        let by = change.by.unwrap_or_else(|| self.administrator());
        let channel = change.channel.unwrap_or(Channel::Api);
        let mut ticket = self.take_ticket(id)?;
        let mut events = Vec::new();
        if let Some(new) = change.comment.clone() {
            let comment = self.comment(new, by);
            ticket.is_public |= comment.public;
            if self.reopens(&ticket, &comment)
                && change.status.is_none()
                && change.custom_status_id.is_none()
            {
                change.status = Some(Status::Open);
            }
            events.push(Event::Comment(comment));
        }
        let problem = change.problem_id.flatten();
        let metadata = change.metadata.clone();
        self.apply(&mut ticket, change, &mut events);
        if events.is_empty() && !self.switches.idle_updates_show {
            self.insert_ticket(ticket);
            return Ok(None);
        }
        ticket.updated_at = self.now;
        ticket.generated_timestamp = ticket.generated_timestamp.max(self.now);
        self.insert_ticket(ticket);
        if let Some(problem) = problem {
            self.mark_problem(problem);
        }
        self.write_audit(id, by, channel, events, metadata)
            .map(Some)
    }

    /// Whether a comment is a customer's reply that opens the ticket again.
    fn reopens(&self, ticket: &Ticket, comment: &Comment) -> bool {
        let author = self.user(comment.author_id);
        self.switches.reply_reopens
            && ticket.status == Status::Solved
            && comment.public
            && comment.author_id == ticket.requester_id
            && author.is_some_and(|author| author.role == Role::EndUser)
    }

    /// Adds a comment and returns its id.
    ///
    /// # Errors
    /// An unknown ticket.
    pub fn add_comment(&mut self, ticket_id: i64, comment: NewComment) -> Result<i64, EditError> {
        let by = comment.author_id;
        let change = TicketChange {
            by,
            comment: Some(comment),
            ..TicketChange::default()
        };
        let audit = self.update_ticket(ticket_id, change)?;
        Ok(audit
            .and_then(|id| self.audit(id))
            .map(Audit::comment_id)
            .unwrap_or_default())
    }

    /// Solves a ticket, assigning it to the administrator if nobody has it.
    ///
    /// # Errors
    /// An unknown ticket.
    pub fn solve(&mut self, ticket_id: i64) -> Result<(), EditError> {
        let assignee = self
            .ticket(ticket_id)
            .ok_or(EditError::NoTicket(ticket_id))?
            .assignee_id
            .unwrap_or_else(|| self.administrator());
        let change = TicketChange {
            assignee_id: Some(Some(assignee)),
            status: Some(Status::Solved),
            ..TicketChange::default()
        };
        self.update_ticket(ticket_id, change).map(|_| ())
    }

    /// Closes a ticket, as the automation does.
    ///
    /// # Errors
    /// An unknown ticket.
    pub fn close(&mut self, ticket_id: i64) -> Result<(), EditError> {
        let change = TicketChange {
            status: Some(Status::Closed),
            channel: Some(Channel::Rule),
            ..TicketChange::default()
        };
        self.update_ticket(ticket_id, change).map(|_| ())
    }

    /// Moves `generated_timestamp` and nothing else, as system updates do (zendesk-api.md 3.9).
    ///
    /// # Errors
    /// An unknown ticket.
    pub fn system_touch(&mut self, ticket_id: i64) -> Result<(), EditError> {
        let mut ticket = self.take_ticket(ticket_id)?;
        ticket.generated_timestamp = ticket.generated_timestamp.max(self.now);
        self.insert_ticket(ticket);
        Ok(())
    }

    /// Makes the follow-up of a closed ticket and returns its id. It inherits subject, tags and
    /// people.
    ///
    /// # Errors
    /// An unknown ticket.
    pub fn follow_up(&mut self, source_id: i64, comment: NewComment) -> Result<i64, EditError> {
        let source = self
            .ticket(source_id)
            .ok_or(EditError::NoTicket(source_id))?;
        let new = NewTicket {
            subject: source
                .subject
                .as_ref()
                .map(|text| format!("Re: {}", text.read())),
            requester_id: Some(source.requester_id),
            kind: source.kind,
            priority: source.priority,
            channel: Some(Channel::Web),
            tags: source.tags.iter().map(|tag| tag.to_string()).collect(),
            followup_source_id: Some(source_id),
            comment,
            ..NewTicket::default()
        };
        self.add_ticket(new)
    }

    /// Blacks out every occurrence of `words` in a comment; the whole text without `words`.
    ///
    /// # Errors
    /// An unknown comment.
    pub fn redact_comment(
        &mut self,
        comment_id: i64,
        words: Option<&str>,
    ) -> Result<(), EditError> {
        let (audit_id, ticket_id) = self.find_comment(comment_id)?;
        if let Some(comment) = self.audit_mut(audit_id).and_then(Audit::comment_mut) {
            let text = comment.body.read().into_owned();
            let black = |part: &str| "▇".repeat(part.chars().count());
            let redacted = match words {
                Some(words) if !words.is_empty() => text.replace(words, &black(words)),
                _ => black(&text),
            };
            comment.body = redacted.into();
            comment.html = None;
        }
        self.note_event(ticket_id, Event::Redacted { comment_id })
    }

    /// Makes a public comment private. There is no way back.
    ///
    /// # Errors
    /// An unknown comment.
    pub fn make_comment_private(&mut self, comment_id: i64) -> Result<(), EditError> {
        let (audit_id, ticket_id) = self.find_comment(comment_id)?;
        if let Some(comment) = self.audit_mut(audit_id).and_then(Audit::comment_mut) {
            comment.public = false;
        }
        let seen = self
            .comments_of(ticket_id)
            .any(|(_, comment)| comment.public);
        let mut ticket = self.take_ticket(ticket_id)?;
        ticket.is_public = seen;
        self.insert_ticket(ticket);
        self.note_event(ticket_id, Event::MadePrivate { comment_id })
    }

    /// The audit and ticket of a comment.
    pub(crate) fn find_comment(&self, comment_id: i64) -> Result<(i64, i64), EditError> {
        comment_id
            .checked_sub(super::STEP)
            .and_then(|audit_id| self.audit(audit_id))
            .filter(|audit| audit.comment().is_some())
            .map(|audit| (audit.id, audit.ticket_id))
            .ok_or(EditError::NoComment(comment_id))
    }

    pub(super) fn note_event(&mut self, ticket_id: i64, event: Event) -> Result<(), EditError> {
        let mut ticket = self.take_ticket(ticket_id)?;
        ticket.updated_at = self.now;
        ticket.generated_timestamp = ticket.generated_timestamp.max(self.now);
        self.insert_ticket(ticket);
        let by = self.administrator();
        self.write_audit(ticket_id, by, Channel::Api, vec![event], None)
            .map(|_| ())
    }

    /// Appends an audit to a ticket and returns its id.
    pub(crate) fn write_audit(
        &mut self,
        ticket_id: i64,
        author_id: i64,
        channel: Channel,
        events: Vec<Event>,
        custom: Option<Value>,
    ) -> Result<i64, EditError> {
        let created = events
            .iter()
            .any(|event| matches!(event, Event::Created(_)));
        let id = self.take_id(events.len() + if created { 12 } else { 0 });
        let mut ticket = self.take_ticket(ticket_id)?;
        ticket.audits.push(id);
        self.insert_ticket(ticket);
        let audit = Audit {
            id,
            ticket_id,
            created_at: self.now,
            author_id,
            channel,
            events,
            custom: custom.map(Box::new),
            rule: None,
        };
        self.settle_attachments(&audit);
        self.insert_audit(audit);
        self.tell(id, 0);
        Ok(id)
    }

    /// The stored form of a comment.
    pub(crate) fn comment(&mut self, new: NewComment, by: i64) -> Comment {
        let mut attachments: Vec<Attachment> = new
            .attachments
            .into_iter()
            .map(|name| Attachment::named(self.take_id(0), name, self.now))
            .collect();
        for file in new.files {
            attachments.push(self.make_attachment(file.file_name, file.content_type, &file.bytes));
        }
        for token in new.uploads {
            if let Some(upload) = self.take_upload(&token) {
                attachments.extend(upload.attachments);
            }
        }
        let author_id = new.author_id.unwrap_or(by);
        let by_end_user = self
            .user(author_id)
            .is_some_and(|author| author.role == Role::EndUser);
        Comment {
            author_id,
            body: cut(new.body, LONGEST).into(),
            html: new.html_body.map(Into::into),
            public: new.public,
            flagged: by_end_user && !new.public,
            attachments,
        }
    }

    pub(super) fn group_of(&self, assignee: Option<i64>) -> Option<i64> {
        assignee
            .and_then(|id| self.user(id))
            .and_then(|agent| agent.default_group_id)
    }

    fn mark_problem(&mut self, problem: i64) {
        if let Ok(mut ticket) = self.take_ticket(problem) {
            ticket.has_incidents = true;
            self.insert_ticket(ticket);
        }
    }
}

/// Tags are lower-case words; a space separates two (zendesk-api.md 4.2).
pub(crate) fn tidy_tags(tags: &[String]) -> Vec<Cow<'static, str>> {
    let mut tidy: Vec<Cow<'static, str>> = Vec::with_capacity(tags.len());
    for tag in tags.iter().flat_map(|tag| tag.split_whitespace()) {
        // Other punctuation vanishes, and with it a tag that is nothing else (reported).
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | ':' | '.');
        let tag: String = tag.to_lowercase().chars().filter(kept).collect();
        let tag: Cow<'static, str> = Cow::Owned(tag);
        if !tag.is_empty() && !tidy.contains(&tag) {
            tidy.push(tag);
        }
    }
    tidy
}
