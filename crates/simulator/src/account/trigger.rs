//! Triggers: what Zendesk itself changes right after an update (zendesk-api.md 3.12, recordings of
//! audits), and the automation that closes what was solved long ago (4.1).

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::audit::{Audit, Change, Detail, Event, Rule};
use super::ticket::{NewComment, Ticket, TicketChange};
use super::{Account, EditError};
use crate::word::{Channel, Priority, Status};

/// Who acts when nobody does: triggers with audits of their own, and automations.
pub(crate) const SYSTEM: i64 = -1;

/// What an administrator set up to happen after updates. It runs right after a ticket was made or
/// changed by the API, in the same second, once for each update, and never because of its own change.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// Zendesk's id; given out when it is added.
    #[serde(skip)]
    pub id: i64,
    /// Its title, which events show.
    pub title: String,
    /// When it runs: all must hold.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// What it does, in this order.
    pub actions: Vec<Action>,
}

impl Trigger {
    /// A trigger that does this after every update.
    pub fn new(title: impl Into<String>, actions: Vec<Action>) -> Self {
        Self {
            id: 0,
            title: title.into(),
            conditions: Vec::new(),
            actions,
        }
    }

    /// The same trigger on one more condition.
    #[must_use]
    pub fn when(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }
}

/// What must hold for a trigger to run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The ticket was just made.
    Created,
    /// The ticket was there before.
    Updated,
    /// A field has this value now; tags hold it.
    FieldIs {
        /// `status`, `priority`, `type`, `subject`, `assignee_id`, `requester_id`, `group_id`,
        /// `external_id` or `tags`.
        field: String,
        /// Its value; `null` for none.
        value: Value,
    },
    /// The update changed this field.
    FieldChanged(String),
    /// The update came with a comment that is public, or private.
    CommentPublic(bool),
}

/// What a trigger does.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Sets the status.
    Status(Status),
    /// Sets the priority.
    Priority(Priority),
    /// Assigns the ticket, or takes it away from its assignee.
    AssigneeId(Option<i64>),
    /// Adds tags.
    AddTags(Vec<String>),
    /// Takes tags away.
    RemoveTags(Vec<String>),
    /// Sets the subject.
    Subject(String),
    /// Adds a comment, in an audit of its own.
    Comment(NewComment),
    /// Sends a text to a webhook that is subscribed to `conditional_ticket_events`.
    NotificationWebhook {
        /// The webhook.
        webhook_id: String,
        /// The body; `{{ticket.id}}` and other placeholders are replaced.
        body: String,
    },
}

impl Account {
    /// Adds a trigger behind the others and returns its id.
    pub fn add_trigger(&mut self, mut trigger: Trigger) -> i64 {
        trigger.id = self.take_id(0);
        let id = trigger.id;
        self.triggers.push(trigger);
        id
    }

    /// Takes all triggers away.
    pub fn clear_triggers(&mut self) {
        self.triggers.clear();
    }

    /// Lets the automation close tickets that have been solved for so long, or stops it.
    pub fn close_solved_after(&mut self, after: Option<Duration>) {
        self.close_solved_after =
            after.map(|after| i64::try_from(after.as_secs()).unwrap_or(i64::MAX / 4));
    }

    /// Runs the triggers after the update that an audit tells of. A trigger that did not hold at
    /// first is tried again when another one has changed the ticket (as Zendesk goes through its
    /// list again), but none runs twice.
    pub(crate) fn run_triggers(&mut self, audit_id: i64) {
        let Some(audit) = self.audit(audit_id) else {
            return;
        };
        let (ticket_id, update) = (audit.ticket_id, Update::of(audit));
        let mut waiting = self.triggers.clone();
        while let Some(place) = waiting.iter().position(|trigger| {
            self.ticket(ticket_id)
                .is_some_and(|ticket| update.holds(trigger, ticket))
        }) {
            let trigger = waiting.remove(place);
            if self.fire(&trigger, ticket_id, audit_id).is_err() {
                tracing::warn!(ticket = ticket_id, trigger = %trigger.title, "a trigger could not run");
            }
        }
    }

    fn fire(&mut self, trigger: &Trigger, ticket_id: i64, audit_id: i64) -> Result<(), EditError> {
        let rule = Rule {
            id: trigger.id,
            title: trigger.title.as_str().into(),
            rel: "trigger",
        };
        let mut change = TicketChange::default();
        let (mut comments, mut notifications) = (Vec::new(), Vec::new());
        let mut tags: Vec<String> = self
            .ticket(ticket_id)
            .map(|ticket| ticket.tags.iter().map(|tag| tag.to_string()).collect())
            .unwrap_or_default();
        for action in &trigger.actions {
            match action {
                Action::Status(status) => change.status = Some(*status),
                Action::Priority(priority) => change.priority = Some(Some(*priority)),
                Action::AssigneeId(assignee) => change.assignee_id = Some(*assignee),
                Action::Subject(subject) => change.subject = Some(Some(subject.clone())),
                Action::AddTags(more) => tags.extend(more.iter().cloned()),
                Action::RemoveTags(gone) => tags.retain(|tag| !gone.contains(tag)),
                Action::Comment(comment) => comments.push(comment.clone()),
                Action::NotificationWebhook { webhook_id, body } => {
                    notifications.push((webhook_id, body));
                }
            }
        }
        change.tags = Some(tags);
        self.change_by_rule(ticket_id, change, &rule, Some(audit_id))?;
        for comment in comments {
            self.comment_by_rule(ticket_id, comment, &rule)?;
        }
        for (webhook, body) in notifications {
            let body = crate::placeholder::expand(body, self, self.ticket(ticket_id));
            self.notify_webhook(webhook, ticket_id, body);
        }
        Ok(())
    }

    /// Changes fields as a rule does. Where there is an update that it follows, its events stand
    /// among those of the update, each with a `via` of its own (recorded), unless the switch asks
    /// for an audit of their own.
    fn change_by_rule(
        &mut self,
        ticket_id: i64,
        change: TicketChange,
        rule: &Rule,
        after: Option<i64>,
    ) -> Result<(), EditError> {
        let mut ticket = self.take_ticket(ticket_id)?;
        let mut events = Vec::new();
        self.apply(&mut ticket, change, &mut events);
        if !events.is_empty() {
            ticket.updated_at = self.now;
            ticket.generated_timestamp = ticket.generated_timestamp.max(self.now);
        }
        self.insert_ticket(ticket);
        if events.is_empty() {
            return Ok(());
        }
        match after.filter(|_| !self.switches.triggers_in_own_audit) {
            Some(audit) => {
                self.reserve_ids(events.len());
                for event in &mut events {
                    if let Event::Changed(change) = event {
                        change.rule = Some(Box::new(rule.clone()));
                    }
                }
                let Some(joined) = self.audit_mut(audit) else {
                    return Ok(());
                };
                let from = joined.events.len();
                joined.events.extend(events);
                self.tell(audit, from);
            }
            None => self.write_rule_audit(ticket_id, events, rule)?,
        }
        Ok(())
    }

    fn comment_by_rule(
        &mut self,
        ticket_id: i64,
        comment: NewComment,
        rule: &Rule,
    ) -> Result<(), EditError> {
        let text = self
            .ticket(ticket_id)
            .map(|ticket| crate::placeholder::expand(&comment.body, self, Some(ticket)))
            .unwrap_or_default();
        let comment = NewComment {
            body: text,
            ..comment
        };
        let comment = self.comment(comment, SYSTEM);
        let mut ticket = self.take_ticket(ticket_id)?;
        ticket.is_public |= comment.public;
        ticket.updated_at = self.now;
        ticket.generated_timestamp = ticket.generated_timestamp.max(self.now);
        self.insert_ticket(ticket);
        self.write_rule_audit(ticket_id, vec![Event::Comment(comment)], rule)
    }

    fn write_rule_audit(
        &mut self,
        ticket_id: i64,
        events: Vec<Event>,
        rule: &Rule,
    ) -> Result<(), EditError> {
        let audit = self.write_audit(ticket_id, SYSTEM, Channel::Rule, events, None)?;
        if let Some(audit) = self.audit_mut(audit) {
            audit.rule = Some(Box::new(rule.clone()));
        }
        Ok(())
    }

    /// Closes what has been solved for `after` seconds or longer, at the full hour at which the
    /// automation finds it, in the order of those hours. `from` is the first hour it has not run at,
    /// `until` the time that has come.
    pub(crate) fn close_solved(&mut self, after: i64, from: i64, until: i64) {
        let next_hour = |at: i64| (at + HOUR - 1).div_euclid(HOUR) * HOUR;
        let mut due: Vec<(i64, i64)> = self
            .tickets()
            .filter(|ticket| ticket.status == Status::Solved)
            .map(|ticket| {
                (
                    next_hour(self.solved_since(ticket) + after).max(from),
                    ticket.id,
                )
            })
            .filter(|(at, _)| *at <= until)
            .collect();
        due.sort_unstable();
        let rule = Rule {
            id: AUTOMATION,
            title: "Close ticket 4 days after status is set to solved".into(),
            rel: "automation",
        };
        for (at, ticket) in due {
            self.now = self.now.max(at);
            let change = TicketChange {
                status: Some(Status::Closed),
                ..TicketChange::default()
            };
            if self.change_by_rule(ticket, change, &rule, None).is_err() {
                tracing::warn!(ticket, "the automation could not close a ticket");
            }
        }
    }

    /// When a solved ticket was solved.
    fn solved_since(&self, ticket: &Ticket) -> i64 {
        let solves = |event: &Event| {
            matches!(event, Event::Changed(change)
                if change.field == "status" && change.value == Detail::Word(Status::Solved.as_str()))
        };
        ticket
            .audits
            .iter()
            .rev()
            .filter_map(|id| self.audit(*id))
            .find(|audit| audit.events.iter().any(solves))
            .map_or(ticket.created_at, |audit| audit.created_at)
    }
}

pub(crate) const HOUR: i64 = 3_600;

/// The id that events show for the automation.
const AUTOMATION: i64 = 6_130_892_432_538;

/// What triggers look at of an update.
struct Update {
    created: bool,
    changed: Vec<String>,
    comment: Option<bool>,
}

impl Update {
    fn of(audit: &Audit) -> Self {
        let mut update = Self {
            created: false,
            changed: Vec::new(),
            comment: audit.comment().map(|comment| comment.public),
        };
        for event in &audit.events {
            match event {
                Event::Created(_) => update.created = true,
                Event::Changed(change) => {
                    let Change { field, .. } = change.as_ref();
                    update.changed.push(field.to_string());
                }
                Event::Comment(_)
                | Event::MadePrivate { .. }
                | Event::Redacted { .. }
                | Event::AttachmentRedacted { .. } => {}
            }
        }
        update
    }

    fn holds(&self, trigger: &Trigger, ticket: &Ticket) -> bool {
        trigger.conditions.iter().all(|condition| match condition {
            Condition::Created => self.created,
            Condition::Updated => !self.created,
            Condition::FieldIs { field, value } => field_is(ticket, field, value),
            Condition::FieldChanged(field) => self.changed.contains(field),
            Condition::CommentPublic(public) => self.comment == Some(*public),
        })
    }
}

fn field_is(ticket: &Ticket, field: &str, value: &Value) -> bool {
    let id = |id: Option<i64>| id.map(|id| id.to_string());
    let now = match field {
        "status" => Some(ticket.status.as_str().to_owned()),
        "priority" => ticket.priority.map(|word| word.as_str().to_owned()),
        "type" => ticket.kind.map(|word| word.as_str().to_owned()),
        "subject" => ticket.subject.as_ref().map(|text| text.read().into_owned()),
        "assignee_id" => id(ticket.assignee_id),
        "requester_id" => id(Some(ticket.requester_id)),
        "group_id" => id(ticket.group_id),
        "external_id" => ticket.external_id.as_deref().map(str::to_owned),
        "tags" => {
            let wanted = value.as_str().unwrap_or_default();
            return ticket.tags.iter().any(|tag| tag == wanted);
        }
        _ => return false,
    };
    match value {
        Value::Null => now.is_none(),
        Value::String(text) => now.as_ref() == Some(text),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            now == Some(value.to_string())
        }
    }
}
