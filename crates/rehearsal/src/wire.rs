//! What becomes of requests and webhooks on their way.

use domain::case::CaseField;
use domain::outbox::Parked;
use domain::push::Reply;
use domain::value::Value;
use jiff::SignedDuration;

use crate::remote::{Answer, Creation, INVALID, Snapshot, Update};
use crate::schedule::{Schedule, tell};
use crate::tally::Count;

/// A write on its way.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    Update(Update),
    Create(Creation),
}

/// What is on its way.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    /// Requests that arrive late, by the world's clock.
    pub(crate) late: Vec<(i64, Request)>,
    /// Webhooks: when, and about which ticket.
    pub(crate) webhooks: Vec<(i64, i64)>,
    /// Until when nobody may sign in.
    pub(crate) locked_until: i64,
}

impl Wire {
    /// When the next late request arrives.
    pub(crate) fn next_late(&self) -> Option<i64> {
        self.late.iter().map(|(due, _)| *due).min()
    }

    /// The operations that have asked for a ticket by a request on its way.
    pub(crate) fn creations(&self) -> impl Iterator<Item = String> {
        self.late.iter().filter_map(|(_, request)| match request {
            Request::Create(creation) => Some(creation.op.clone()),
            Request::Update(_) => None,
        })
    }
}

/// A write's reply, with the ticket in it as it truly was.
pub(crate) type Replied = (Reply, Option<Snapshot>);

fn unknown(problem: &str) -> Replied {
    let problem = problem.to_owned();
    (Reply::Unknown { problem }, None)
}

impl Schedule<'_> {
    /// Whether a read fails, and how.
    pub(crate) fn fail_read(&mut self) -> Option<Reply> {
        if self.now_ms < self.wire.locked_until {
            self.tally.add(Count::SignInLost);
            let fix = "Enter a new token.".to_owned();
            return Some(Reply::Locked { fix });
        }
        let rates = &self.swarm.wire;
        let (error, busy) = (rates.read_error, rates.busy);
        if self.chance.per_mille(error) {
            self.tally.add(Count::ReadFailed);
            let problem = "No answer.".to_owned();
            return Some(Reply::Unknown { problem });
        }
        if self.chance.per_mille(busy) {
            return Some(self.busy());
        }
        None
    }

    fn busy(&mut self) -> Reply {
        self.tally.add(Count::TooMany);
        let wait = 1 + i64::from(self.chance.below(40));
        let until = self.now().saturating_add(SignedDuration::from_secs(wait));
        Reply::Busy {
            until: until.unwrap_or(jiff::Timestamp::MAX),
        }
    }

    /// Sends a write and meets whatever the seed has in store for it.
    pub(crate) fn send(&mut self, request: Request) -> Replied {
        if self.now_ms < self.wire.locked_until {
            self.tally.add(Count::SignInLost);
            let fix = "Enter a new token.".to_owned();
            return (Reply::Locked { fix }, None);
        }
        let rates = self.swarm.wire.clone();
        if self.chance.per_mille(rates.lost_request) {
            self.tally.add(Count::LostRequest);
            tell!(self, [], "  the request is lost");
            return unknown("The connection broke.");
        }
        if self.chance.per_mille(rates.late) {
            self.tally.add(Count::LateRequest);
            let most = self.chance.pick(&[3_000, 100_000]);
            let delay = i64::from(self.chance.below(most));
            tell!(
                self,
                [delay],
                "  no answer; the request will arrive {delay} ms late"
            );
            self.wire.late.push((self.now_ms + delay, request));
            return unknown("No answer in time.");
        }
        if self.chance.per_mille(rates.server_error) {
            self.tally.add(Count::ServerError);
            return unknown("Zendesk answered 503.");
        }
        if self.chance.per_mille(rates.busy) {
            return (self.busy(), None);
        }
        if self.chance.per_mille(rates.locked) {
            let length = 1_000 + i64::from(self.chance.below(60_000));
            self.wire.locked_until = self.now_ms + length;
            tell!(self, [length], "  the token is revoked for {length} ms");
            let fix = "Enter a new token.".to_owned();
            return (Reply::Locked { fix }, None);
        }
        let answer = self.apply(&request);
        if self.chance.per_mille(rates.lost_reply) {
            self.tally.add(Count::LostReply);
            tell!(self, [], "  the reply is lost");
            return unknown("The connection broke in the reply.");
        }
        self.understand(answer)
    }

    fn understand(&mut self, answer: Answer) -> Replied {
        match answer {
            Answer::Done { shown, audit } => {
                let reply = Reply::Taken {
                    ticket: Box::new(shown.ticket.clone()),
                    date: self.remote.date(),
                    audit,
                    replayed: false,
                };
                (reply, Some(*shown))
            }
            Answer::Again(first) => {
                let (mut reply, shown) = self.understand(*first);
                if let Reply::Taken { replayed, .. } = &mut reply {
                    *replayed = true;
                }
                (reply, shown)
            }
            Answer::Conflict => (Reply::Changed, None),
            Answer::Refused(fields) => (Reply::Refused { fields }, None),
            Answer::Gone => (Reply::Gone, None),
        }
    }

    /// Zendesk carries a write out.
    fn apply(&mut self, request: &Request) -> Answer {
        let writes = self.remote.writes;
        let (answer, trigger, ticket) = match request {
            Request::Update(update) => (
                self.remote.update(update),
                update.trigger.as_ref(),
                Some(update.ticket),
            ),
            Request::Create(creation) => (
                self.remote.create(creation),
                creation.trigger.as_ref(),
                None,
            ),
        };
        match &answer {
            Answer::Done { shown, audit } => {
                tell!(
                    self,
                    [shown.truth.revision],
                    "  Zendesk did it: {:?}",
                    audit
                        .as_ref()
                        .map(|audit| (audit.id, &audit.fields, &audit.comments))
                );
                if self.remote.writes > writes {
                    if self.is_idle {
                        self.violate("I-07", "something was still written to Zendesk".to_owned());
                    }
                    let ticket = shown.ticket.id;
                    if let Some(trigger) = trigger {
                        self.note_trigger(ticket, trigger);
                    }
                    self.announce(ticket);
                }
            }
            Answer::Again(_) => {
                tell!(self, [], "  Zendesk answers as it did to this key before");
            }
            Answer::Conflict => {
                self.tally.add(Count::StampRefused);
                tell!(self, [], "  409: the ticket has changed");
            }
            Answer::Refused(fields) => {
                let closed = ticket
                    .and_then(|id| self.remote.ticket(id))
                    .is_some_and(|found| !found.is_open());
                let gone = fields.iter().any(|(_, said)| said == INVALID);
                self.tally.add(match (closed, gone) {
                    (true, _) => Count::ClosedRefused,
                    (false, true) => Count::GoneRefused,
                    (false, false) => Count::FieldRefused,
                });
                tell!(self, [fields.len()], "  422: {fields:?}");
            }
            Answer::Gone => {
                self.tally.add(Count::Gone);
                tell!(self, [], "  404");
            }
        }
        answer
    }

    fn note_trigger(&mut self, ticket: i64, trigger: &crate::remote::Trigger) {
        let Some(found) = self.remote.ticket(ticket) else {
            return;
        };
        let value = domain::plan::ticket_value(&found.ticket, trigger.field);
        let by_rule = found.truth.writers[trigger.field as usize] == crate::remote::Writer::Rule;
        if by_rule && value == trigger.value {
            tell!(
                self,
                [ticket],
                "  a trigger sets {} to {value:?}",
                trigger.field
            );
            self.tally.add(if trigger.same_audit {
                Count::TriggerSameAudit
            } else {
                Count::TriggerOwnAudit
            });
            self.note_edit_there(ticket, trigger.field, value);
            if trigger.same_audit {
                self.ledger.made_in_our_audit(ticket, trigger.field);
            }
        }
    }

    /// Notes that a person or a rule gave a field of a ticket this value.
    pub(crate) fn note_edit_there(&mut self, ticket: i64, field: CaseField, value: Value) {
        let desk = self.db.case_of(ticket).map(|case| &self.db.desks[case]);
        self.ledger.edited_there(ticket, desk, field, value);
    }

    /// Zendesk sends a webhook about a ticket, or not quite.
    pub(crate) fn announce(&mut self, ticket: i64) {
        let rate = self.swarm.wire.webhook;
        if rate == 0 {
            // This account has no webhook: polling alone must do.
            return;
        }
        let soon = self.now_ms + i64::from(self.chance.below(800));
        if !self.chance.per_mille(rate) {
            self.wire.webhooks.push((soon, ticket));
            return;
        }
        match self.chance.below(3) {
            0 => self.tally.add(Count::WebhookDropped),
            1 => {
                self.tally.add(Count::WebhookTwice);
                self.wire.webhooks.push((soon, ticket));
                self.wire.webhooks.push((soon + 400, ticket));
            }
            _ => {
                self.tally.add(Count::WebhookLate);
                let late = i64::from(self.chance.below(90_000));
                self.wire.webhooks.push((soon + late, ticket));
            }
        }
    }

    /// What is due on the wire arrives. True if there was anything.
    pub(crate) fn deliver(&mut self) -> bool {
        let now = self.now_ms;
        let mut any = false;
        while let Some(at) = self.wire.late.iter().position(|(due, _)| *due <= now) {
            let (_, request) = self.wire.late.swap_remove(at);
            let writes = self.remote.writes;
            tell!(self, [at], "a late request arrives");
            self.apply(&request);
            if self.remote.writes > writes {
                self.tally.add(Count::LateApplied);
            }
            any = true;
        }
        while let Some(at) = self.wire.webhooks.iter().position(|(due, _)| *due <= now) {
            let (_, ticket) = self.wire.webhooks.swap_remove(at);
            tell!(self, [ticket], "a webhook about ticket {ticket} arrives");
            self.hint(ticket, 0);
            any = true;
        }
        any
    }

    /// The sentence of something that could not even be sent.
    pub(crate) fn unsent() -> Reply {
        Reply::Unsent {
            problem: "The database could not be reached.".to_owned(),
        }
    }

    /// Whether a comment may be sent at all: some are too long.
    pub(crate) fn unfit(comment: &str) -> Option<Reply> {
        comment
            .starts_with("long")
            .then_some(Reply::Unfit(Parked::TooLong { bytes: 70_000 }))
    }
}
