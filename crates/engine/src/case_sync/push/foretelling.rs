//! What would be sent, field by field, as sentences for a dry run.

use domain::case::CaseField;
use domain::outbox::{Parked, State};
use domain::push::{Draft, Reply, Requester};
use domain::value::{Value, not_blank};
use jiff::Timestamp;
use store::{attachments, desks, zendesk_users};

use super::sending::too_long;
use super::{Push, UPDATES, UPDATES_WITHIN};
use crate::error::Result;

impl Push<'_> {
    /// A ticket that would be made, with the comments that follow it.
    pub(super) async fn foretell_ticket(&mut self, number: i64, draft: &Draft) -> Result<()> {
        let subject = &draft.subject;
        self.say(match draft.follows {
            None => format!("Case {number} would become a ticket with the subject “{subject}”."),
            Some(closed) => format!(
                "Case {number} would get a ticket that follows ticket {closed}, with the subject “{subject}”."
            ),
        });
        let first = (draft.comment.as_str(), draft.public);
        self.foretell_comment(number, "the new ticket", first, None)
            .await?;
        let requester = self.requester_told(number, &draft.requester).await?;
        self.say(format!(
            "Case {number}: requester of the new ticket would be {requester}."
        ));
        // What a case has not got is left out.
        for (field, value) in draft.values.iter().filter(|(_, value)| value.is_some()) {
            let value = self.told(*field, value).await?;
            let field = field.as_str();
            self.say(format!(
                "Case {number}: {field} of the new ticket would be {value}."
            ));
        }
        self.say(format!(
            "Case {number}: external id of the new ticket would be “{}”.",
            draft.external_id
        ));
        self.foretell_comments(number, draft).await
    }

    /// The comments that Zendesk has not got go to the new ticket, in order.
    async fn foretell_comments(&mut self, number: i64, draft: &Draft) -> Result<()> {
        let engine = self.pull.engine;
        let case = self.operation.line.clone();
        let Some(held) = desks::read(&mut *engine.store.read().await?, &case).await? else {
            return Ok(());
        };
        let desk = &held.desk;
        let stays = |comment: &str| {
            desk.operations.iter().any(|operation| {
                operation.payload.comment.as_deref() == Some(comment)
                    && match operation.state {
                        State::Waiting | State::Claimed => false,
                        State::Parked => operation.reason != Some(Parked::TicketClosed),
                        State::Done | State::Discarded => true,
                    }
            })
        };
        let waiting: Vec<(String, bool)> = desk
            .comments
            .iter()
            .filter(|comment| comment.remote.is_none() && !comment.is_description)
            .filter(|comment| comment.id != draft.comment && !stays(&comment.id))
            .map(|comment| (comment.id.clone(), comment.public))
            .collect();
        let now = engine.now();
        let second_load = now.saturating_add(UPDATES_WITHIN).unwrap_or(now);
        // The ticket itself is the first of them.
        for (updates, (comment, public)) in (1..).zip(&waiting) {
            let later = (updates >= UPDATES).then_some(second_load);
            self.foretell_comment(number, "the new ticket", (comment, *public), later)
                .await?;
        }
        Ok(())
    }

    /// A comment that would be added: who, to be seen by whom, with which text and files.
    pub(super) async fn foretell_comment(
        &mut self,
        number: i64,
        ticket: &str,
        (id, public): (&str, bool),
        later: Option<Timestamp>,
    ) -> Result<()> {
        let Some(comment) = self.comment(id).await? else {
            return Ok(());
        };
        if let Some(Reply::Unfit(reason)) = too_long(&comment.message) {
            self.say_parked(format!(
                "Case {number}: Comment would not be sent, but parked. {reason}"
            ));
            return Ok(());
        }
        let mut reader = self.pull.engine.store.read().await?;
        let files = attachments::of_comments(&mut reader, &[id.to_owned()]).await?;
        drop(reader);
        let files: Vec<String> = files
            .into_values()
            .flatten()
            .map(|file| format!("“{}”", crate::attachments::safe_name(&file.file_name)))
            .collect();
        let files = match files.as_slice() {
            [] => String::new(),
            files => format!(" with the files {}", files.join(", ")),
        };
        let kind = if public {
            "public comment"
        } else {
            "private note"
        };
        let author = match (comment.is_description, self.author(&comment, public).await?) {
            (true, _) | (false, None) => String::new(),
            (false, Some(id)) => format!(" by {}", self.who(id).await?),
        };
        let text = &comment.message;
        let said = match comment.is_description {
            true => format!(
                "Case {number}: the description of {ticket} would be the {kind} “{text}”{files}."
            ),
            false => format!(
                "Case {number}: a {kind} would be added to {ticket}{author}{files}: “{text}”."
            ),
        };
        self.say(match later {
            Some(until) => format!("{said} Later: not by a run before {until}."),
            None => said,
        });
        Ok(())
    }

    /// Whom a new ticket would be for. Somebody who is given by email is looked for, since whoever is
    /// found fills what the contact lacks.
    async fn requester_told(&mut self, number: i64, requester: &Requester) -> Result<String> {
        let (name, email) = match requester {
            Requester::Known(id) => return self.who(*id).await,
            Requester::Inline { name, email } => (name, email),
        };
        let address = email
            .as_deref()
            .map_or_else(String::new, |email| format!(", email “{email}”"));
        let Some(wanted) = not_blank(email.as_deref()) else {
            return Ok(format!("a new user with the name “{name}”"));
        };
        let found = self.pull.client.users_with_email(wanted).await;
        let found = found.ok().and_then(|found| found.into_iter().next());
        let Some(record) = found else {
            return Ok(format!("a new user with the name “{name}”{address}"));
        };
        let id = record.id.unwrap_or_default();
        let case = self.operation.line.clone();
        self.acquaint(&case, record).await?;
        let known = self.who(id).await?;
        Ok(format!(
            "{known}, who has the email of case {number}'s contact or owner"
        ))
    }

    /// A value in Zendesk's words; somebody by name.
    pub(super) async fn told(&self, field: CaseField, value: &Value) -> Result<String> {
        let Some(text) = value else {
            return Ok("nothing".to_owned());
        };
        match (field, text.parse::<i64>()) {
            (CaseField::AssignedTo | CaseField::Contact, Ok(id)) => self.who(id).await,
            _ => Ok(format!("“{text}”")),
        }
    }

    /// Somebody in Zendesk, by name. Who has no place there yet is one that would be made.
    async fn who(&self, id: i64) -> Result<String> {
        let integration = &self.pull.integration.id;
        let mut reader = self.pull.engine.store.read().await?;
        let known = zendesk_users::by_ids(&mut reader, integration, &[id]).await?;
        let name = known.get(&id).and_then(|user| user.name.clone());
        Ok(match (name, id < 0) {
            (Some(name), true) => format!("the new user “{name}”"),
            (None, true) => "a new user".to_owned(),
            (Some(name), false) => format!("“{name}” (user {id})"),
            (None, false) => format!("user {id}"),
        })
    }
}
