//! Webhooks of the account, and what is on its way to them (zendesk-api.md 3.12).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use super::Account;
use super::happening::{Happening, happenings};
use crate::data::dice::Dice;
use crate::wire::webhook::payload;

/// What a webhook of triggers and automations is subscribed to.
pub(crate) const CONDITIONAL: &str = "conditional_ticket_events";

/// What every kind of event begins with in a subscription.
pub(crate) const EVENT: &str = "zen:event-type:";

/// A webhook.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    /// A ULID.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) endpoint: String,
    pub(crate) http_method: String,
    pub(crate) request_format: String,
    pub(crate) active: bool,
    pub(crate) subscriptions: Vec<String>,
    /// As it was given, with its secrets.
    pub(crate) authentication: Option<Value>,
    pub(crate) created_ms: i64,
    pub(crate) created_by: i64,
    /// When and by whom it was changed.
    pub(crate) updated: Option<(i64, i64)>,
    /// What its requests are signed with.
    pub(crate) secret: String,
}

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It has not ended.
    Waiting,
    /// The endpoint answered 2xx.
    Success,
    /// The endpoint answered something else, or could not be reached.
    Failed,
    /// The endpoint took too long.
    Timeout,
    /// A fault lost it: nothing was sent.
    Dropped,
}

/// One attempt to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When, in Unix seconds on the simulator's clock.
    pub at: i64,
    /// The headers sent.
    pub headers: Vec<(String, String)>,
    /// The status answered; `None` without an answer.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub problem: Option<String>,
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The ticket with this id.
    Ticket(i64),
    /// The user with this id.
    User(i64),
}

/// One event for one webhook, with every attempt to deliver it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// A ULID; the header `X-Zendesk-Webhook-Invocation-Id`.
    pub id: String,
    /// The webhook.
    pub webhook_id: String,
    /// `ticket.status_changed` and the like; `None` when a trigger asked for it.
    pub kind: Option<&'static str>,
    /// What it is about.
    pub subject: Subject,
    /// The body.
    pub payload: String,
    /// Every attempt, oldest first.
    pub attempts: Vec<Attempt>,
    /// How it ended.
    pub outcome: Delivery,
}

/// An invocation on its way.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    /// The invocation.
    pub(crate) id: String,
    pub(crate) webhook_id: String,
    /// What faults name it by.
    pub(crate) kind: &'static str,
    /// Headers to repeat as they were, for a replay.
    pub(crate) replayed: Option<Vec<(String, String)>>,
}

/// The way out of the account: parcels, and how many of them are open.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) parcels: UnboundedSender<Parcel>,
    pub(crate) open: Arc<Open>,
}

/// How many parcels have been neither delivered nor given up nor put off by a fault.
#[derive(Debug, Default)]
pub(crate) struct Open {
    count: AtomicUsize,
    changed: Notify,
}

impl Open {
    pub(crate) fn add(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn remove(&self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// Waits until there are none.
    pub(crate) async fn none(&self) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.count.load(Ordering::SeqCst) == 0 {
                return;
            }
            changed.await;
        }
    }
}

impl Account {
    /// Every delivery, oldest first.
    pub fn webhook_invocations(&self) -> &[Invocation] {
        &self.invocations
    }

    pub(crate) fn invocation_mut(&mut self, id: &str) -> Option<&mut Invocation> {
        self.invocations.iter_mut().rev().find(|one| one.id == id)
    }

    /// An id as webhooks have them: a ULID.
    pub(crate) fn make_ulid(&mut self, now_ms: i64) -> String {
        let mut dice = Dice::new(self.take_id(0).cast_unsigned());
        ulid(now_ms, &mut dice)
    }

    /// A signing secret nobody has yet.
    pub(crate) fn make_secret(&mut self) -> String {
        let mut dice = Dice::new(self.take_id(0).cast_unsigned() ^ 0x5EC2E7);
        (0..2).map(|_| format!("{:016x}", dice.draw())).collect()
    }

    /// Tells the webhooks what an audit says, from one of its events on.
    pub(crate) fn tell(&mut self, audit_id: i64, from: usize) {
        if self.post.is_none() || self.webhooks.is_empty() {
            return;
        }
        let Some(audit) = self.audit(audit_id) else {
            return;
        };
        let (ticket_id, actor, found) = (
            audit.ticket_id,
            audit.author_id,
            happenings(self, audit, from),
        );
        for happening in found {
            self.announce(Subject::Ticket(ticket_id), actor, &happening);
        }
    }

    /// Tells the webhooks one thing that happened to a ticket or a user.
    pub(crate) fn announce(&mut self, subject: Subject, actor: i64, happening: &Happening) {
        if self.post.is_none() {
            return;
        }
        let wanted = |webhook: &&Webhook| {
            webhook.active
                && webhook
                    .subscriptions
                    .iter()
                    .any(|kind| kind.strip_prefix(EVENT) == Some(happening.kind))
        };
        let ids: Vec<String> = self
            .webhooks
            .values()
            .filter(wanted)
            .map(|webhook| webhook.id.clone())
            .collect();
        for webhook in ids {
            let seed = self.take_id(0);
            if let Some(payload) = payload(self, subject, actor, happening, seed) {
                self.send(webhook, Some(happening.kind), subject, payload);
            }
        }
    }

    /// Sends what a trigger says to a webhook of triggers.
    pub(crate) fn notify_webhook(&mut self, webhook: &str, ticket_id: i64, body: String) {
        let takes = self.webhooks.get(webhook).is_some_and(|webhook| {
            webhook.active && webhook.subscriptions.iter().any(|kind| kind == CONDITIONAL)
        });
        if takes {
            let subject = Subject::Ticket(ticket_id);
            self.send(webhook.to_owned(), None, subject, body);
        }
    }

    fn send(
        &mut self,
        webhook_id: String,
        kind: Option<&'static str>,
        subject: Subject,
        payload: String,
    ) {
        let id = self.make_ulid(self.now * 1000);
        self.invocations.push(Invocation {
            id: id.clone(),
            webhook_id: webhook_id.clone(),
            kind,
            subject,
            payload,
            attempts: Vec::new(),
            outcome: Delivery::Waiting,
        });
        self.hand_over(Parcel {
            id,
            webhook_id,
            kind: kind.unwrap_or(CONDITIONAL),
            replayed: None,
        });
    }

    /// Sends again what was sent before: one invocation, or all. `exact` repeats the headers of the
    /// last attempt to the letter, as somebody who listened would. Returns how many.
    pub(crate) fn redeliver(&mut self, id: Option<&str>, exact: bool) -> usize {
        let parcels: Vec<Parcel> = self
            .invocations
            .iter()
            .filter(|one| id.is_none_or(|id| one.id == id))
            .map(|one| Parcel {
                id: one.id.clone(),
                webhook_id: one.webhook_id.clone(),
                kind: one.kind.unwrap_or(CONDITIONAL),
                replayed: one
                    .attempts
                    .last()
                    .filter(|_| exact)
                    .map(|attempt| attempt.headers.clone()),
            })
            .collect();
        let count = parcels.len();
        for parcel in parcels {
            self.hand_over(parcel);
        }
        count
    }

    fn hand_over(&self, parcel: Parcel) {
        if let Some(post) = &self.post {
            post.open.add();
            if post.parcels.send(parcel).is_err() {
                post.open.remove();
            }
        }
    }
}

/// Crockford's letters.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn ulid(now_ms: i64, dice: &mut Dice) -> String {
    let time = now_ms.max(0).cast_unsigned() & 0xFFFF_FFFF_FFFF;
    let chance = (u128::from(dice.draw()) << 16) | u128::from(dice.draw() & 0xFFFF);
    let whole = (u128::from(time) << 80) | chance;
    (0..26)
        .rev()
        .map(|place| char::from(LETTERS[usize::try_from((whole >> (5 * place)) & 31).unwrap_or(0)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ulid_begins_with_its_time() {
        // Recorded: a webhook of 2023-09-18T23:38:16.932Z.
        let made = ulid(1_695_080_296_932, &mut Dice::new(1));
        assert_eq!((made.len(), &made[..8]), (26, "01HANAHC"));
    }
}
