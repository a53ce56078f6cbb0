//! The machine.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Action, Audit, Closing, Happened, Planned, Reading, Reply, Sending};
use crate::case::CaseField;
use crate::external_id::ExternalId;
use crate::guard::Guards;
use crate::outbox::{Kind, Operation, Parked, pause_after};
use crate::plan::{set_ticket_value, ticket_value};
use crate::ticket::{Life, Ticket};

/// So often is a ticket read within one attempt before the operation is put off.
const MOST_READS: u32 = 8;
/// So often may Zendesk say "done" to a field or comment that it did not take.
const MOST_NOT_TAKEN: u32 = 2;

/// One attempt at one claimed operation.
#[derive(Debug, Clone)]
pub struct Attempt {
    operation: Operation,
    ticket: Option<i64>,
    guards: Guards,
    /// The external ids to look for before a ticket is made, the last one first.
    find: Vec<String>,
    /// The audits of the ticket that a follow-up follows, once it was looked back at.
    former: Vec<Audit>,
    /// How a creation ends whose answer was the first one once more, should its ticket be gone by now.
    replayed: Option<Box<Closing>>,
    reads: u32,
    newest_audit: Option<i64>,
    /// When what was last read was judged: what arrives later is not in it.
    judged_at: Timestamp,
    reading: Option<Reading>,
    sending: Option<Sending>,
    refused: Option<Vec<(Option<CaseField>, String)>>,
}

impl Attempt {
    /// An attempt at `operation`, as claimed just now; `ticket` is the one its case is linked to.
    pub fn new(operation: Operation, ticket: Option<i64>, guards: Guards) -> Self {
        Self {
            operation,
            ticket,
            guards,
            find: Vec::new(),
            former: Vec::new(),
            replayed: None,
            reads: 0,
            newest_audit: None,
            judged_at: Timestamp::UNIX_EPOCH,
            reading: None,
            sending: None,
            refused: None,
        }
    }

    /// The operation as it was claimed.
    pub const fn operation(&self) -> &Operation {
        &self.operation
    }

    /// What was last read.
    pub const fn reading(&self) -> Option<&Reading> {
        self.reading.as_ref()
    }

    /// What to do first. `external_id` is the one a ticket made by this operation bears, unless it was
    /// sent before: the case may have got another ticket since. `looks_back` if a comment of the case is
    /// not known to be in Zendesk ([`crate::desk::Desk::has_unsent_comments`]).
    pub fn begin(&mut self, external_id: &str, looks_back: bool) -> Action {
        let payload = &self.operation.payload;
        match self.operation.kind {
            Kind::Publish | Kind::FollowUp => {
                let own = match &payload.draft {
                    Some(draft) => &draft.external_id,
                    None => external_id,
                };
                let after = ExternalId::parse(own).map(|own| own.next().to_string());
                self.find = after.into_iter().chain([own.to_owned()]).collect();
                match payload.follows.filter(|_| looks_back) {
                    Some(ticket) => Action::Read { ticket, past: None },
                    None => self.look_for_it(),
                }
            }
            Kind::Comment | Kind::Fields | Kind::Person => self.read(None),
        }
    }

    /// What to do next.
    pub fn advance(&mut self, happened: Happened, now: Timestamp) -> Action {
        match happened {
            Happened::Found(Some(reading)) => self.found(reading),
            Happened::Found(None) => {
                self.judged_at = now;
                self.reading = None;
                self.look_for_it()
            }
            Happened::Read(reading) if self.operation.kind.makes_ticket() => {
                match self.replayed.take() {
                    Some(_) if reading.ticket.is_some() => self.found(reading),
                    Some(closing) => Action::Close(closing),
                    None => {
                        self.former = reading.audits;
                        self.look_for_it()
                    }
                }
            }
            Happened::Read(reading) => self.judge(reading, now),
            Happened::Planned(planned) => self.planned(planned, now),
            Happened::Replied(reply) => self.replied(reply, now),
            Happened::Failed(reply) => self.failed(reply, now),
        }
    }

    /// Looks for the ticket to be made, by one external id after the other; then it is planned.
    fn look_for_it(&mut self) -> Action {
        match self.find.pop() {
            Some(external_id) => Action::Find { external_id },
            None => Action::Plan,
        }
    }

    fn read(&mut self, past: Option<Timestamp>) -> Action {
        self.reads += 1;
        match self.ticket {
            Some(ticket) => Action::Read { ticket, past },
            // Without a ticket there is nothing to bring up to date: the plan says so.
            None => Action::Plan,
        }
    }

    fn read_again(&mut self, past: Option<Timestamp>, now: Timestamp) -> Action {
        if self.reads >= MOST_READS {
            let problem = "The ticket changes faster than it can be read.".to_owned();
            return self.put_off(now, Parked::NoAnswer { problem }, Sent::Before);
        }
        self.read(past)
    }

    fn found(&mut self, reading: Reading) -> Action {
        let audit = self.own_audit(&reading).cloned();
        match reading.ticket {
            Some(ticket) => close(Closing::Created {
                ticket,
                read_at: reading.date,
                audit,
                audits: reading.audits,
                former: std::mem::take(&mut self.former),
            }),
            None => {
                self.reading = None;
                Action::Plan
            }
        }
    }

    fn own_audit<'a>(&self, reading: &'a Reading) -> Option<&'a Audit> {
        let ours = |audit: &&Audit| audit.op.as_deref() == Some(self.operation.op_id.as_str());
        reading
            .audits
            .iter()
            .find(ours)
            .filter(|_| self.guards.marker)
    }

    /// Whether a recent update without a marker did what this operation does: it may be its own, since
    /// nobody promises that Zendesk shows a marker as soon as the update it belongs to.
    fn may_be_unmarked(&self, reading: &Reading) -> bool {
        let does_the_same = |audit: &Audit| match self.operation.kind {
            Kind::Comment => !audit.comments.is_empty(),
            Kind::Fields => !audit.fields.is_empty(),
            // Found by its external id, and by the values there are.
            Kind::Publish | Kind::FollowUp | Kind::Person => false,
        };
        self.guards.marker
            && reading
                .audits
                .iter()
                .take_while(|audit| audit.is_young(reading.date))
                .any(|audit| audit.op.is_none() && does_the_same(audit))
    }

    /// The fields that Zendesk once said it had taken, and had not: an audit of ours without them is
    /// the trace of just that.
    fn asked_in_vain(&self) -> BTreeSet<CaseField> {
        let payload = &self.operation.payload;
        let fields = payload.sent.keys().copied();
        fields.filter(|_| payload.not_taken > 0).collect()
    }

    /// Steps 3 and 5: what the ticket as read tells.
    fn judge(&mut self, reading: Reading, now: Timestamp) -> Action {
        self.judged_at = now;
        let Some(ticket) = &reading.ticket else {
            return close(Closing::Park(Parked::TicketDeleted));
        };
        // A change within the second of the last one would bear the same stamp, so this state may
        // be half of that second only.
        if let Some(updated) = ticket.updated_at
            && self.guards.same_second
            && reading.date.as_second() <= updated.as_second()
        {
            return self.read_again(Some(updated), now);
        }
        // The audits were read after the ticket. One that is newer than the ticket tells that it
        // changed in between. (If the same one is still the newest the next time, it is an audit that
        // does not move the ticket's stamp.)
        let newest = reading.audits.first().map(|audit| (audit.id, audit.at));
        if let (Some((id, at)), Some(updated)) = (newest, ticket.updated_at)
            && at > updated
            && self.newest_audit != Some(id)
        {
            self.newest_audit = Some(id);
            return self.read_again(None, now);
        }
        if let Some(audit) = self.own_audit(&reading).cloned() {
            return close(Closing::Accepted {
                audit,
                ticket: ticket.clone(),
                read_at: reading.date,
                asked: self.asked_in_vain(),
                overwritten: None,
            });
        }
        if self.operation.is_unknown(now) && self.may_be_unmarked(&reading) {
            let problem = "A recent update of the ticket may be ours, but bears no mark yet.";
            let problem = problem.to_owned();
            return self.put_off(now, Parked::NoAnswer { problem }, Sent::Before);
        }
        if ticket.is_merged() {
            return close(Closing::Park(Parked::TicketMerged {
                into: reading.merged_into,
            }));
        }
        match ticket.life() {
            Life::Closed => return close(Closing::Park(Parked::TicketClosed)),
            Life::Deleted => return close(Closing::Park(Parked::TicketDeleted)),
            Life::Scrubbed => return close(Closing::Park(Parked::TicketErased)),
            Life::Alive => {}
        }
        if let Some(fields) = self.refused.take() {
            return self.refuse(fields, now);
        }
        self.reading = Some(reading);
        Action::Plan
    }

    /// Waits until an earlier request of this operation cannot arrive any more.
    fn wait_for_earlier(&self, now: Timestamp) -> Action {
        let problem = "A request that got no answer may still arrive in Zendesk.".to_owned();
        self.put_off(now, Parked::NoAnswer { problem }, Sent::Before)
    }

    /// Zendesk refused it. Were it parked while an earlier request may still be carried out, nobody
    /// would know that one as ours.
    fn refuse(&self, fields: Vec<(Option<CaseField>, String)>, now: Timestamp) -> Action {
        if self.operation.is_unknown(self.judged_at) {
            return self.wait_for_earlier(now);
        }
        close(Closing::Refused { fields })
    }

    fn planned(&mut self, planned: Planned, now: Timestamp) -> Action {
        match planned {
            Planned::Send(sending) => {
                self.sending = Some(sending.clone());
                Action::Send(sending)
            }
            // A request that got no answer may still arrive and be carried out. The operation stays
            // until then, so that it is known as ours.
            Planned::Nothing | Planned::Park(_) if self.operation.is_unknown(self.judged_at) => {
                self.wait_for_earlier(now)
            }
            Planned::Nothing => close(Closing::Nothing),
            Planned::Park(reason) => close(Closing::Park(reason)),
            Planned::Outdated => self.read_again(None, now),
            Planned::Lost => close(Closing::Lost),
        }
    }

    /// Step 6: what the reply tells.
    fn replied(&mut self, reply: Reply, now: Timestamp) -> Action {
        match reply {
            Reply::Taken {
                ticket,
                date,
                audit,
                replayed,
            } => {
                let id = ticket.id;
                let taken = self.taken(*ticket, date, audit, now);
                // A restored database may have forgotten what it has sent there since.
                if replayed && let Action::Close(closing) = taken {
                    self.replayed = Some(closing);
                    let (ticket, past) = (id, None);
                    return Action::Read { ticket, past };
                }
                taken
            }
            Reply::Changed => match self.operation.kind {
                Kind::Publish | Kind::FollowUp => {
                    let problem = "Zendesk was busy with the same ticket.".to_owned();
                    self.put_off(now, Parked::NoAnswer { problem }, Sent::Before)
                }
                Kind::Comment | Kind::Fields | Kind::Person => self.read_again(None, now),
            },
            Reply::Refused { fields } => match self.operation.kind {
                Kind::Publish | Kind::FollowUp => close(Closing::Refused { fields }),
                // A closed ticket refuses in the account's own language, so the ticket itself is
                // asked whether that was the reason.
                Kind::Comment | Kind::Fields | Kind::Person => {
                    self.refused = Some(fields);
                    self.read_again(None, now)
                }
            },
            Reply::Unknown { problem } => {
                self.put_off(now, Parked::NoAnswer { problem }, Sent::Now)
            }
            other @ (Reply::Busy { .. }
            | Reply::Gone
            | Reply::Locked { .. }
            | Reply::Unsent { .. }
            | Reply::Unfit(_)) => self.failed(other, now),
        }
    }

    /// What a read that failed, or a write that surely was not carried out, leads to.
    fn failed(&self, reply: Reply, now: Timestamp) -> Action {
        match reply {
            Reply::Busy { until } => close(Closing::PutOff {
                until,
                reason: Parked::Limits,
                unknown_until: self.operation.unknown_until,
                not_taken: false,
            }),
            Reply::Locked { fix } => self.put_off(now, Parked::SignIn { fix }, Sent::Before),
            Reply::Unsent { problem } | Reply::Unknown { problem } => {
                self.put_off(now, Parked::NoAnswer { problem }, Sent::Before)
            }
            Reply::Gone => close(Closing::Park(match self.operation.kind {
                // There is no ticket yet that could have been deleted.
                Kind::Publish | Kind::FollowUp => Parked::NothingThere,
                Kind::Comment | Kind::Fields | Kind::Person => Parked::TicketDeleted,
            })),
            Reply::Unfit(reason) => close(Closing::Park(reason)),
            Reply::Refused { fields } => close(Closing::Refused { fields }),
            Reply::Changed | Reply::Taken { .. } => {
                let problem = "The answer did not fit the question.".to_owned();
                self.put_off(now, Parked::NoAnswer { problem }, Sent::Before)
            }
        }
    }

    /// A 2xx counts only as far as it shows what was asked for (I-05).
    fn taken(
        &self,
        ticket: Ticket,
        read_at: Timestamp,
        audit: Option<Audit>,
        now: Timestamp,
    ) -> Action {
        let shown = match &self.sending {
            None => false,
            Some(Sending::Create(_)) => {
                return close(Closing::Created {
                    ticket,
                    read_at,
                    audit,
                    audits: Vec::new(),
                    former: self.former.clone(),
                });
            }
            Some(Sending::Comment { .. }) => audit
                .as_ref()
                .is_some_and(|audit| !audit.comments.is_empty()),
            Some(Sending::Fields { values, .. }) => values.iter().any(|(field, value)| {
                audit.as_ref().is_some_and(|audit| audit.set(*field, value))
                    || ticket_value(&ticket, *field) == *value
            }),
        };
        if shown {
            let audit = audit.unwrap_or_default();
            return close(Closing::Accepted {
                overwritten: self.overwritten(&audit).map(Box::new),
                audit,
                ticket,
                read_at,
                asked: match &self.sending {
                    Some(Sending::Fields { values, .. }) => values.keys().copied().collect(),
                    Some(Sending::Create(_) | Sending::Comment { .. }) | None => BTreeSet::new(),
                },
            });
        }
        if self.operation.payload.not_taken >= MOST_NOT_TAKEN {
            return close(Closing::Park(Parked::NotTaken));
        }
        let again = pause_after(self.operation.attempts);
        close(Closing::PutOff {
            until: now.saturating_add(again).unwrap_or(now),
            reason: Parked::NotTaken,
            unknown_until: self.operation.unknown_until,
            not_taken: true,
        })
    }

    /// The ticket as it was read, but for the fields that the request met with another value: what
    /// somebody set in between.
    fn overwritten(&self, audit: &Audit) -> Option<Ticket> {
        let (Some(Sending::Fields { values, .. }), Some(reading)) = (&self.sending, &self.reading)
        else {
            return None;
        };
        let read = reading.ticket.as_ref()?;
        let mut theirs = read.clone();
        for field in values.keys() {
            if let Some(was) = audit.was(*field) {
                set_ticket_value(&mut theirs, *field, was);
            }
        }
        (theirs != *read).then_some(theirs)
    }

    fn put_off(&self, now: Timestamp, reason: Parked, sent: Sent) -> Action {
        let unknown_until = match sent {
            Sent::Before => self.operation.unknown_until,
            Sent::Now => now.saturating_add(crate::outbox::LATE).ok(),
        };
        let mut until = now
            .saturating_add(pause_after(self.operation.attempts))
            .unwrap_or(now);
        if let Some(settled) = unknown_until.filter(|settled| *settled > now) {
            until = until.min(settled);
        }
        close(Closing::PutOff {
            until,
            reason,
            unknown_until,
            not_taken: false,
        })
    }
}

/// Whether a request without an answer is on its way.
#[derive(Clone, Copy)]
enum Sent {
    /// Only what was known before this attempt.
    Before,
    /// One of this attempt.
    Now,
}

fn close(closing: Closing) -> Action {
    Action::Close(Box::new(closing))
}
