//! The end of tickets: deleted, restored, scrubbed, merged; and what the passing of time does.

use super::audit::{Change, Detail, Event};
use super::happening::Happening;
use super::ticket::{NewComment, NewFile, Ticket, TicketChange};
use super::trigger::HOUR;
use super::webhook::Subject;
use super::{Account, EditError};
use crate::text::Text;
use crate::word::{Channel, Status};

/// Deleted tickets are scrubbed after this many seconds (zendesk-api.md 3.9: about 30 days).
const SCRUB_AFTER: i64 = 30 * 86_400;

impl Account {
    /// Brings the account up to a time: scrubs what is due. Jobs are the routes' to finish.
    pub(crate) fn settle(&mut self, now_ms: i64) {
        let now = now_ms.div_euclid(1000);
        let hour = self.now.div_euclid(HOUR);
        if let Some(after) = self.close_solved_after
            && now.div_euclid(HOUR) > hour
        {
            self.close_solved(after, (hour + 1) * HOUR, now);
        }
        self.now = self.now.max(now);
        for id in self.scrubs_due() {
            if self.scrub_ticket(id).is_err() {
                tracing::warn!(ticket = id, "a ticket due for scrubbing is gone");
            }
        }
    }

    /// Whether [`Self::settle`] would change anything but the time.
    pub(crate) fn is_due(&self, now_ms: i64) -> bool {
        now_ms.div_euclid(1000) > self.now || self.jobs.is_due(now_ms)
    }

    fn scrubs_due(&self) -> Vec<i64> {
        let last = self.now - SCRUB_AFTER;
        self.deletions
            .range(..=(last, i64::MAX))
            .map(|(_, id)| *id)
            .filter(|id| self.ticket(*id).is_some_and(|ticket| !ticket.scrubbed))
            .collect()
    }

    /// Deletes a ticket: exports show it as `deleted`, everything else as unknown.
    ///
    /// # Errors
    /// An unknown ticket, or one that is deleted already.
    pub fn delete_ticket(&mut self, id: i64) -> Result<(), EditError> {
        if self
            .ticket(id)
            .is_none_or(|ticket| ticket.deleted_at.is_some())
        {
            return Err(EditError::NoTicket(id));
        }
        let mut ticket = self.take_ticket(id)?;
        let before = ticket.status;
        ticket.status_before_deletion = Some(before);
        ticket.status = Status::Deleted;
        ticket.deleted_at = Some(self.now);
        self.change_life(ticket, before)
    }

    /// Restores a deleted ticket.
    ///
    /// # Errors
    /// An unknown ticket; one that is not deleted, or scrubbed already.
    pub fn restore_ticket(&mut self, id: i64) -> Result<(), EditError> {
        let deleted = self.ticket(id).ok_or(EditError::NoTicket(id))?;
        if deleted.deleted_at.is_none() || deleted.scrubbed {
            return Err(EditError::NotDeleted(id));
        }
        let mut ticket = self.take_ticket(id)?;
        ticket.status = ticket.status_before_deletion.take().unwrap_or(Status::Open);
        ticket.deleted_at = None;
        self.change_life(ticket, Status::Deleted)
    }

    fn change_life(&mut self, mut ticket: Box<Ticket>, before: Status) -> Result<(), EditError> {
        let (id, status) = (ticket.id, ticket.status);
        ticket.updated_at = self.now;
        ticket.generated_timestamp = ticket.generated_timestamp.max(self.now);
        self.insert_ticket(ticket);
        let by = self.administrator();
        let change = Change {
            field: "status".into(),
            value: Detail::Word(status.as_str()),
            previous: Detail::Word(before.as_str()),
            rule: None,
        };
        let events = vec![Event::Changed(Box::new(change))];
        self.write_audit(id, by, Channel::System, events, None)
            .map(|_| ())
    }

    /// Scrubs a deleted ticket now, as Zendesk does 30 days later: subject `SCRUBBED`, description
    /// `X`, nulls in the rest, `generated_timestamp` moved and `updated_at` not (recorded).
    ///
    /// # Errors
    /// An unknown ticket, or one that is not deleted.
    pub fn scrub_ticket(&mut self, id: i64) -> Result<(), EditError> {
        if self
            .ticket(id)
            .ok_or(EditError::NoTicket(id))?
            .deleted_at
            .is_none()
        {
            return Err(EditError::NotDeleted(id));
        }
        let mut ticket = self.take_ticket(id)?;
        ticket.scrubbed = true;
        ticket.subject = Some(Text::from("SCRUBBED"));
        ticket.external_id = None;
        ticket.recipient = None;
        ticket.assignee_id = None;
        ticket.organization_id = None;
        ticket.group_id = None;
        ticket.collaborator_ids.clear();
        ticket.tags.clear();
        ticket.custom_fields.clear();
        ticket.generated_timestamp = ticket.generated_timestamp.max(self.now);
        let audits = ticket.audits.clone();
        self.insert_ticket(ticket);
        for audit in audits {
            let Some(audit) = self.audit_mut(audit) else {
                continue;
            };
            audit.custom = None;
            for event in &mut audit.events {
                scrub(event);
            }
        }
        Ok(())
    }

    /// Merges `source` into `target`: the source is closed with the tag `closed_by_merge` and a
    /// comment that names the target; the target gets a comment that names the source.
    ///
    /// # Errors
    /// An unknown ticket.
    pub fn merge_tickets(&mut self, source: i64, target: i64) -> Result<(), EditError> {
        self.merge_tickets_with(source, target, &MergeWords::default())
    }

    /// The same with words of the caller's. A comment is public only where the caller says so and
    /// both tickets are (OpenAPI document, merge).
    pub(crate) fn merge_tickets_with(
        &mut self,
        source: i64,
        target: i64,
        words: &MergeWords,
    ) -> Result<(), EditError> {
        let title = |ticket: &Ticket| {
            ticket
                .subject
                .as_ref()
                .map(|text| text.read().into_owned())
                .unwrap_or_default()
        };
        let into = self.ticket(target).ok_or(EditError::NoTicket(target))?;
        let from = self.ticket(source).ok_or(EditError::NoTicket(source))?;
        let (target_title, source_title) = (title(into), title(from));
        let may_be_public = into.is_public && from.is_public;
        let mut tags: Vec<String> = from.tags.iter().map(|tag| tag.to_string()).collect();
        tags.push("closed_by_merge".to_owned());
        let last = self
            .comments_of(source)
            .last()
            .map(|(_, comment)| comment.body.read().into_owned())
            .unwrap_or_default();
        // The target's comment takes copies of the source's files (OpenAPI document, merge).
        let files = self
            .comments_of(source)
            .flat_map(|(_, comment)| &comment.attachments)
            .map(|file| NewFile {
                file_name: file.file_name.clone(),
                content_type: Some(file.content_type.clone()),
                bytes: file.bytes(),
            })
            .collect();
        let assignee = from.assignee_id.unwrap_or_else(|| self.administrator());
        let source_comment = words.source_comment.clone().unwrap_or_else(|| {
            format!("This request was closed and merged into request #{target} \"{target_title}\".")
        });
        let target_comment = words.target_comment.clone().unwrap_or_else(|| {
            format!(
                "Request #{source} \"{source_title}\" was closed and merged into this request. Last comment in request #{source}:\n\n{last}"
            )
        });
        let change = TicketChange {
            by: words.by,
            comment: Some(NewComment {
                public: words.source_public && may_be_public,
                ..NewComment::private(source_comment)
            }),
            assignee_id: Some(Some(assignee)),
            status: Some(Status::Closed),
            tags: Some(tags),
            channel: Some(Channel::Web),
            ..TicketChange::default()
        };
        self.update_ticket(source, change)?;
        let merged = serde_json::json!({"target_ticket_id": target.to_string()});
        let by = words.by.unwrap_or_else(|| self.administrator());
        let happening = Happening::new("ticket.merged", merged);
        self.announce(Subject::Ticket(source), by, &happening);
        let change = TicketChange {
            by: words.by,
            comment: Some(NewComment {
                files,
                public: words.target_public && may_be_public,
                ..NewComment::private(target_comment)
            }),
            channel: Some(Channel::Web),
            ..TicketChange::default()
        };
        self.update_ticket(target, change).map(|_| ())
    }
}

/// Who merges tickets, and what is said on either side; Zendesk's own sentences without words.
#[derive(Debug, Clone, Default)]
pub(crate) struct MergeWords {
    pub(crate) by: Option<i64>,
    pub(crate) source_comment: Option<String>,
    pub(crate) target_comment: Option<String>,
    pub(crate) source_public: bool,
    pub(crate) target_public: bool,
}

fn scrub(event: &mut Event) {
    match event {
        Event::Comment(comment) => {
            comment.body = Text::from("X");
            comment.html = None;
            comment.attachments.clear();
        }
        Event::Created(creation) => creation.subject = Some(Text::from("SCRUBBED")),
        Event::Changed(change) => {
            if let Detail::Text(_) | Detail::List(_) | Detail::Any(_) = change.value {
                change.value = Detail::Nothing;
                change.previous = Detail::Nothing;
            }
        }
        Event::MadePrivate { .. } | Event::Redacted { .. } | Event::AttachmentRedacted { .. } => {}
    }
}
