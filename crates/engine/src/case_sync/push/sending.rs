//! Step 6: what is sent, in Zendesk's words.

use std::collections::BTreeMap;

use domain::case::CaseField;
use domain::outbox::Parked;
use domain::person::email_key;
use domain::push::{Draft, Reply, Requester};
use domain::ticket::Ticket;
use domain::value::{Value, not_blank};
use jiff::Timestamp;
use store::comments::{self, CaseComment};
use store::{contacts, users, zendesk_users};
use zendesk::{
    MAX_COMMENT_BYTES, NewComment, NewTicket, Record, TicketChange, TicketEvent, comment_html,
};

use super::Push;
use super::reading::audit;
use super::replying::reply_of;
use crate::attachments::{self, Tokens};
use crate::case_sync::users as mirrored_users;
use crate::error::Result;

impl Push<'_> {
    /// Makes the ticket of a case.
    pub(super) async fn create(&mut self, draft: &Draft) -> Result<Reply> {
        let Some(description) = self.comment(&draft.comment).await? else {
            return Ok(gone());
        };
        if let Some(unfit) = too_long(&description.message) {
            return Ok(unfit);
        }
        let files = match self.upload(&draft.comment).await? {
            Ok(files) => files,
            Err(unfit) => return Ok(unfit),
        };
        let value = |field| draft.values.get(&field).cloned().flatten();
        let body = NewTicket {
            subject: draft.subject.clone(),
            comment: NewComment {
                text: description.message,
                public: draft.public,
                author_id: None,
                uploads: files.tokens.clone(),
            },
            requester: match &draft.requester {
                Requester::Known(id) => zendesk::Requester::Id(*id),
                Requester::Inline { name, email } => zendesk::Requester::Inline {
                    name: name.clone(),
                    email: email.clone(),
                },
            },
            submitter_id: None,
            assignee_id: value(CaseField::AssignedTo).and_then(|id| id.parse().ok()),
            status: value(CaseField::Status),
            priority: value(CaseField::Priority),
            external_id: draft.external_id.clone(),
            followup_of: draft.follows,
            op: self.operation.op_id.clone(),
        }
        .to_body();
        let sent = self.pull.client.create_ticket(&body, &self.operation.op_id);
        let reply = match sent.await {
            Ok(created) => {
                let replayed = created.replayed.unwrap_or_default();
                self.taken(
                    created.ticket,
                    created.audit.as_ref(),
                    created.date,
                    replayed,
                )
            }
            Err(error) => reply_of(&error, self.pull.engine.now()),
        };
        self.judge(&files, reply).await
    }

    /// Sets fields of the ticket.
    pub(super) async fn set_fields(
        &mut self,
        ticket: i64,
        values: &BTreeMap<CaseField, Value>,
        stamp: Option<Timestamp>,
    ) -> Reply {
        let text = |field| values.get(&field).cloned().flatten();
        let id = |field| text(field).and_then(|id| id.parse::<i64>().ok());
        let change = TicketChange {
            subject: text(CaseField::Subject),
            status: text(CaseField::Status),
            priority: text(CaseField::Priority),
            assignee_id: values
                .contains_key(&CaseField::AssignedTo)
                .then(|| id(CaseField::AssignedTo)),
            requester_id: id(CaseField::Contact),
            op: self.operation.op_id.clone(),
            stamp,
            ..TicketChange::default()
        };
        self.update(ticket, &change).await
    }

    /// Adds a comment to the ticket.
    pub(super) async fn add_comment(
        &mut self,
        ticket: i64,
        comment: &str,
        public: bool,
        stamp: Option<Timestamp>,
    ) -> Result<Reply> {
        let Some(comment) = self.comment(comment).await? else {
            return Ok(gone());
        };
        if let Some(unfit) = too_long(&comment.message) {
            return Ok(unfit);
        }
        let files = match self.upload(&comment.id).await? {
            Ok(files) => files,
            Err(unfit) => return Ok(unfit),
        };
        let author_id = self.author(&comment, public).await?;
        let author = comment.clone();
        let mut change = TicketChange {
            comment: Some(NewComment {
                text: comment.message,
                public,
                author_id,
                uploads: files.tokens.clone(),
            }),
            op: self.operation.op_id.clone(),
            stamp,
            ..TicketChange::default()
        };
        let mut reply = self.update(ticket, &change).await;
        if matches!(reply, Reply::Refused { .. }) && self.is_author_gone(&author, author_id).await?
        {
            // Nothing was done, so the same comment goes again, by whoever they are now.
            let author_id = self.author(&author, public).await?;
            if let Some(comment) = &mut change.comment {
                comment.author_id = author_id;
            }
            reply = self.update(ticket, &change).await;
        }
        self.judge(&files, reply).await
    }

    /// Whether the contact a comment was sent for has been merged or deleted in Zendesk since we last
    /// heard of them. It is noted, so that they are looked for anew.
    async fn is_author_gone(&mut self, comment: &CaseComment, author: Option<i64>) -> Result<bool> {
        let (Some(id), Some(_)) = (author, &comment.contact_id) else {
            return Ok(false);
        };
        if Some(id) == self.pull.default_user() || self.gone_author == Some(id) {
            return Ok(false);
        }
        let record = match self.pull.client.user(id).await {
            Ok(record) => record,
            // Then the refusal is what is known.
            Err(_) => return Ok(false),
        };
        let is_there = record
            .as_ref()
            .and_then(|record| record.parsed.as_ref().ok())
            .is_some_and(|user| user.active);
        if is_there {
            return Ok(false);
        }
        if let Some(record) = record {
            let mut page = self.pull.begin().await?;
            mirrored_users::put(&self.pull, &mut page, std::slice::from_ref(&record)).await?;
            self.pull.commit(page, super::STAGE, None).await?;
        }
        self.gone_author = Some(id);
        Ok(true)
    }

    /// The files of a comment, uploaded; the reply instead if they cannot be.
    async fn upload(&mut self, comment: &str) -> Result<Result<Tokens, Reply>> {
        let (engine, integration) = (self.pull.engine, &self.pull.integration.id);
        let (client, operation) = (&self.pull.client, &mut self.operation);
        let limits = engine.settings.files;
        let upload = attachments::upload(engine, client, integration, operation, comment, limits);
        match upload.await? {
            // It may have taken its time.
            Ok(files) if !files.tokens.is_empty() => Ok(match self.halted().await? {
                Some(halted) => Err(halted),
                None => Ok(files),
            }),
            other => Ok(other),
        }
    }

    /// A reply to a comment with files, which may be about one that Zendesk has dropped.
    async fn judge(&mut self, files: &Tokens, reply: Reply) -> Result<Reply> {
        let (engine, integration) = (self.pull.engine, &self.pull.integration.id);
        attachments::judge(engine, integration, &mut self.operation, files, reply).await
    }

    async fn update(&mut self, ticket: i64, change: &TicketChange) -> Reply {
        let body = change.to_body();
        match self.pull.client.update_ticket(ticket, &body).await {
            Ok(updated) => self.taken(updated.ticket, updated.audit.as_ref(), updated.date, false),
            Err(error) => reply_of(&error, self.pull.engine.now()),
        }
    }

    fn taken(
        &mut self,
        record: Record<Ticket>,
        event: Option<&TicketEvent>,
        date: Option<Timestamp>,
        replayed: bool,
    ) -> Reply {
        let date = date.unwrap_or_else(|| self.pull.engine.now());
        let ticket = match &record.parsed {
            Ok(ticket) => ticket.clone(),
            // It was carried out, and how cannot be read: the next attempt finds the marker.
            Err(bad) => {
                return Reply::Unknown {
                    problem: bad.to_string(),
                };
            }
        };
        self.record = Some((record, date));
        Reply::Taken {
            ticket: Box::new(ticket),
            date,
            audit: event.map(audit),
            replayed,
        }
    }

    pub(super) async fn comment(&self, id: &str) -> Result<Option<CaseComment>> {
        let mut reader = self.pull.engine.store.read().await?;
        let found = comments::by_ids(&mut reader, &[id.to_owned()]).await?;
        Ok(found.into_values().next())
    }

    /// The Zendesk user a comment is shown as: whoever wrote it, else the default user. A private
    /// note is never an end user's (zendesk-api.md 3.8, flag 17).
    pub(super) async fn author(&self, comment: &CaseComment, public: bool) -> Result<Option<i64>> {
        let integration = &self.pull.integration.id;
        let mut reader = self.pull.engine.store.read().await?;
        if let Some(user) = &comment.user_id
            && let Some(user) = users::find(&mut reader, user).await?
        {
            let keys = [email_key(&user.email)];
            let staff = zendesk_users::staff_by_email_keys(&mut reader, integration, &keys).await?;
            if let Some(id) = staff.iter().map(|user| user.remote_id).min() {
                return Ok(Some(id));
            }
        } else if let (Some(contact), true) = (&comment.contact_id, public) {
            let ids = [contact.clone()];
            let theirs = zendesk_users::by_contact(&mut reader, integration, &ids).await?;
            // Zendesk takes nobody who was deleted or merged into somebody else.
            let active = theirs.iter().filter(|user| user.active);
            let mut active = active.filter(|user| self.gone_author != Some(user.remote_id));
            if let Some(user) = active.next() {
                return Ok(Some(user.remote_id));
            }
            // Whoever was merged into somebody else is found by the email, which went along.
            let found = contacts::by_ids(&mut reader, &ids).await?.remove(contact);
            drop(reader);
            let email = found.and_then(|found| found.email);
            if let (Some(email), false) = (not_blank(email.as_deref()), theirs.is_empty()) {
                let found = self.pull.client.users_with_email(email).await;
                let survivor = found.ok().into_iter().flatten().find_map(|record| {
                    let user = record.parsed.ok()?;
                    let is_it = user.active && Some(user.id) != self.gone_author;
                    is_it.then_some(user.id)
                });
                if let Some(id) = survivor {
                    return Ok(Some(id));
                }
            }
        }
        Ok(self.pull.default_user())
    }
}

/// What is said of a text that Zendesk would cut without a word.
pub(super) fn too_long(text: &str) -> Option<Reply> {
    let bytes = comment_html(text).len();
    (bytes > MAX_COMMENT_BYTES).then_some(Reply::Unfit(Parked::TooLong { bytes }))
}

/// What is said of a comment that is not there any more.
fn gone() -> Reply {
    Reply::Unfit(Parked::Refused {
        said: "The comment is no longer on the case.".to_owned(),
    })
}
