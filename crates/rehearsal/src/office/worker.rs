//! A worker: claims what is due and does one action of its attempt at a time.

use domain::case::CaseField;
use domain::merge::Mode;
use domain::outbox::{Kind, Operation, Parked, head};
use domain::plan::ticket_value;
use domain::push::{Action, Attempt, Closing, Happened, Planned, Reading, Sending};
use domain::ticket::Ticket;
use domain::value::{Agreed, Value};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

use crate::remote::Snapshot;
use crate::schedule::{LEASE, Met, Schedule, TIMEOUT, tell};
use crate::tally::Count;

/// How far clocks may be apart when audits are read back to an operation's creation, in seconds: as the
/// engine has it.
const CLOCK_ERROR: i64 = 10 * 60;

/// A worker, which may be stopped at any step (F41).
#[derive(Debug, Default)]
pub(crate) struct Worker {
    pub(crate) job: Option<Box<Job>>,
    pub(crate) frozen_until: i64,
}

/// A claimed operation at work.
#[derive(Debug)]
pub(crate) struct Job {
    case: usize,
    op_id: String,
    token: i64,
    /// Until when the claim lasts, as far as this worker knows.
    lease_until: Timestamp,
    attempt: Attempt,
    stage: Stage,
    /// The ticket last read or replied, as it truly was.
    met: Option<Met>,
    /// Whether the last answer was a write's reply.
    replied: bool,
}

impl Worker {
    /// Whether it is within an attempt.
    pub(crate) const fn is_busy(&self) -> bool {
        self.job.is_some()
    }
}

/// Where the worker is within its attempt.
#[derive(Debug)]
enum Stage {
    /// This is to be done.
    Do(Action),
    /// The ticket was read, its audits are not.
    HalfRead(Option<Snapshot>, bool),
    /// The claim was found to stand; the request goes out next, whatever has happened meanwhile.
    Sending(Sending),
    /// This has come of it.
    Got(Happened),
}

impl Schedule<'_> {
    /// Lets a worker do one thing. False if it has nothing to do or waits.
    pub(crate) fn work(&mut self, index: usize) -> bool {
        if self.workers[index].frozen_until > self.now_ms {
            return false;
        }
        let Some(mut job) = self.workers[index].job.take() else {
            return self.claim(index);
        };
        if self.chance.per_mille(self.swarm.house.freeze) {
            let length = if self.chance.below(3) == 0 {
                1_000 + i64::from(self.chance.below(20_000))
            } else {
                61_000 + i64::from(self.chance.below(100_000))
            };
            self.tally.add(Count::Frozen);
            tell!(
                self,
                [index, length],
                "worker {index} stops for {length} ms"
            );
            let worker = &mut self.workers[index];
            worker.frozen_until = self.now_ms + length;
            worker.job = Some(job);
            return true;
        }
        let (stays, moved) = self.proceed(index, &mut job);
        if stays {
            self.workers[index].job = Some(job);
        }
        moved
    }

    fn claim(&mut self, index: usize) -> bool {
        if self.db.is_one_way() || self.db.desks.is_empty() {
            return false;
        }
        let now = self.now();
        let cases = self.db.desks.len();
        let first = self.chance.index(cases);
        let found = (0..cases).map(|n| (first + n) % cases).find_map(|case| {
            let operation = head(self.db.desks[case].line(), now, self.guards)?;
            Some((case, operation.op_id.clone()))
        });
        let Some((case, op_id)) = found else {
            return false;
        };
        if self.chance.per_mille(self.swarm.house.rollback) {
            self.tally.add(Count::Rollback);
            return true;
        }
        let desk = &mut self.db.desks[case];
        let Some(operation) = desk.operations.iter_mut().find(|o| o.op_id == op_id) else {
            return false;
        };
        let limited = self.ledger.limited.remove(&op_id);
        if limited.is_some_and(|until| now < until) {
            let said =
                format!("{op_id} of case {case} was claimed while Zendesk's limits held it back");
            self.violate("I-23", said);
            return true;
        }
        let token = operation.claim(now, Duration::from_secs(LEASE as u64));
        let operation = operation.clone();
        self.tally.add(Count::Claimed);
        tell!(
            self,
            [index, case, token],
            "worker {index} claims {} {} of case {case} ({token})",
            operation.kind,
            &op_id[..4.min(op_id.len())]
        );
        if self.chance.per_mille(self.swarm.house.unknown_commit) {
            self.tally.add(Count::UnknownCommit);
            return true;
        }
        let desk = &self.db.desks[case];
        let ticket = desk.link.as_ref().map(|link| link.ticket);
        let external_id = desk.external_id("i", operation.kind == Kind::FollowUp);
        let mut attempt = Attempt::new(operation, ticket, self.guards);
        let action = attempt.begin(&external_id, desk.has_unsent_comments());
        self.workers[index].job = Some(Box::new(Job {
            case,
            op_id,
            token,
            lease_until: self.lease_end(),
            attempt,
            stage: Stage::Do(action),
            met: None,
            replied: false,
        }));
        true
    }

    /// Does the next thing. Returns whether the job goes on, and whether anything was done.
    fn proceed(&mut self, index: usize, job: &mut Job) -> (bool, bool) {
        let stage = std::mem::replace(&mut job.stage, Stage::Got(Happened::Found(None)));
        job.stage = match stage {
            Stage::Got(happened) => {
                let action = job.attempt.advance(happened, self.now());
                Stage::Do(action)
            }
            Stage::HalfRead(shown, found) => Stage::Got(self.read_audits(job, shown, found)),
            Stage::Sending(sending) => Stage::Got(self.send_out(index, job, &sending)),
            Stage::Do(Action::Find { external_id }) => match self.fail_read() {
                Some(reply) => Stage::Got(Happened::Failed(reply)),
                None => match self.remote.find(&external_id) {
                    Some(ticket) => Stage::HalfRead(self.remote.show(ticket), true),
                    None => Stage::Got(Happened::Found(None)),
                },
            },
            Stage::Do(Action::Read { ticket, past }) => {
                let waits = past.is_some_and(|past| self.remote.date() <= past);
                if waits && !self.chance.per_mille(self.swarm.house.early) {
                    job.stage = Stage::Do(Action::Read { ticket, past });
                    return (true, false);
                }
                if job.attempt.reading().is_some() || job.replied {
                    self.tally.add(Count::ReadAgain);
                }
                match self.fail_read() {
                    Some(reply) => Stage::Got(Happened::Failed(reply)),
                    None => Stage::HalfRead(self.remote.show(ticket), false),
                }
            }
            Stage::Do(Action::Plan) => match self.plan(index, job) {
                Some(planned) => Stage::Got(planned),
                None => return (false, true),
            },
            Stage::Do(Action::Send(sending)) => {
                if !self.still_claims(job) {
                    tell!(
                        self,
                        [index],
                        "worker {index} gives up: its claim has ended"
                    );
                    return (false, true);
                }
                Stage::Sending(sending)
            }
            Stage::Do(Action::Close(closing)) => {
                self.close(index, job, *closing);
                return (false, true);
            }
        };
        (true, true)
    }

    /// Whether the claim stands by the worker's own clock for as long as a request may take.
    fn still_claims(&self, job: &Job) -> bool {
        job.lease_until.as_second() > self.now().as_second() + TIMEOUT
    }

    /// When a claim ends that is made or lengthened now.
    fn lease_end(&self) -> Timestamp {
        let lease = SignedDuration::from_secs(LEASE);
        self.now().saturating_add(lease).unwrap_or(Timestamp::MAX)
    }

    fn read_audits(&mut self, job: &mut Job, shown: Option<Snapshot>, found: bool) -> Happened {
        if let Some(reply) = self.fail_read() {
            return Happened::Failed(reply);
        }
        let date = shown
            .as_ref()
            .map_or(self.remote.second(), |shown| shown.date);
        let created = job.attempt.operation().created_at.as_second();
        let whole = job.attempt.operation().kind.makes_ticket();
        let since = if whole { 0 } else { created - CLOCK_ERROR };
        job.replied = false;
        job.met = shown.as_ref().map(Met::of);
        let ticket = shown.map(|shown| shown.ticket);
        let id = ticket.as_ref().map(|ticket| ticket.id);
        tell!(
            self,
            [date],
            "  read ticket {id:?}, changed {:?}, at {date}",
            ticket.as_ref().and_then(|ticket| ticket.updated_at)
        );
        let reading = Reading {
            audits: id.map_or_else(Vec::new, |id| self.remote.audits(id, since)),
            merged_into: id.and_then(|id| self.remote.ticket(id)?.merged_into),
            date: crate::remote::at(date),
            ticket,
        };
        if found {
            Happened::Found(Some(reading))
        } else {
            Happened::Read(reading)
        }
    }

    fn plan(&mut self, index: usize, job: &mut Job) -> Option<Happened> {
        if self.chance.per_mille(self.swarm.house.rollback) {
            self.tally.add(Count::Rollback);
            return Some(Happened::Failed(Self::unsent()));
        }
        let desk = &self.db.desks[job.case];
        let contact = &desk.fields.contact;
        let requester = self.cast.requester(contact, self.db.arrived, self.db.gone);
        let reading = job.attempt.reading().cloned();
        let (op_id, token) = (job.op_id.clone(), job.token);
        let met = reading.as_ref().and(job.met);
        let is_held = desk
            .operation(&op_id)
            .is_some_and(|o| o.lease_token == token);
        let before: Vec<String> = self.fields_in_line(job.case);
        let planned = self.transact(job.case, met, |desk, room, written| {
            desk.plan(&op_id, token, reading.as_ref(), requester, room, written)
        });
        // Others of its kind that the audits showed as carried out.
        let after = self.fields_in_line(job.case);
        for audit in job
            .attempt
            .reading()
            .iter()
            .flat_map(|reading| &reading.audits)
        {
            let is_done = |op: &String| before.contains(op) && !after.contains(op);
            if audit.op.as_ref().is_some_and(is_done) {
                self.ledger.accepted(job.case, audit, &self.swarm);
            }
        }
        self.check_named(job.case, &planned);
        self.tally.add(match &planned {
            Planned::Send(_) => Count::PlanSend,
            Planned::Nothing => Count::PlanNothing,
            Planned::Park(_) => Count::PlanPark,
            Planned::Outdated => Count::PlanOutdated,
            Planned::Lost => Count::PlanLost,
        });
        if !is_held {
            self.tally.add(Count::ZombieRefused);
        }
        if let Planned::Send(_) = &planned {
            job.lease_until = self.lease_end();
        }
        tell!(self, [index], "worker {index} plans {planned:?}");
        if self.chance.per_mille(self.swarm.house.unknown_commit) {
            self.tally.add(Count::UnknownCommit);
            tell!(
                self,
                [index],
                "worker {index} does not learn whether that was kept"
            );
            return None;
        }
        Some(Happened::Planned(planned))
    }

    fn fields_in_line(&self, case: usize) -> Vec<String> {
        let operations = self.db.desks[case].operations.iter();
        operations
            .filter(|operation| operation.kind == Kind::Fields)
            .map(|operation| operation.op_id.clone())
            .collect()
    }

    fn send_out(&mut self, index: usize, job: &mut Job, sending: &Sending) -> Happened {
        let held = self.db.desks[job.case].operation(&job.op_id);
        if held.is_none_or(|operation| operation.lease_token != job.token) {
            self.tally.add(Count::ZombieSent);
        }
        tell!(self, [index, job.case], "worker {index} sends {sending:?}");
        let (reply, shown) = match self.request(&job.op_id, sending) {
            Ok(request) => self.send(request),
            Err(reply) => (*reply, None),
        };
        if let Some(shown) = shown {
            job.met = Some(Met::of(&shown));
        }
        job.replied = true;
        Happened::Replied(reply)
    }

    fn close(&mut self, index: usize, job: &mut Job, closing: Closing) {
        if self.chance.per_mille(self.swarm.house.rollback) {
            self.tally.add(Count::Rollback);
            tell!(self, [index], "worker {index} cannot keep how it ended");
            return;
        }
        tell!(self, [index], "worker {index} closes: {}", words(&closing));
        let count = match &closing {
            Closing::Accepted { .. } if job.replied => Count::CloseAcceptedByReply,
            Closing::Accepted { .. } => Count::CloseAcceptedByMarker,
            Closing::Created { .. } if job.replied => Count::CloseCreated,
            Closing::Created { .. } => Count::CloseFound,
            Closing::Nothing => Count::CloseNothing,
            Closing::Park(_) => Count::ClosePark,
            Closing::Refused { .. } => Count::CloseRefused,
            Closing::PutOff { .. } => Count::ClosePutOff,
            Closing::Lost => Count::CloseLost,
        };
        self.tally.add(count);
        let audit = match &closing {
            Closing::Accepted { audit, .. } => Some(audit.clone()),
            Closing::Created { audit, .. } => audit.clone(),
            Closing::Nothing
            | Closing::Park(_)
            | Closing::Refused { .. }
            | Closing::PutOff { .. }
            | Closing::Lost => None,
        };
        let shown = match &closing {
            Closing::Accepted { ticket, .. } => Some(ticket.clone()),
            Closing::Created { .. }
            | Closing::Nothing
            | Closing::Park(_)
            | Closing::Refused { .. }
            | Closing::PutOff { .. }
            | Closing::Lost => None,
        };
        let limited = limited_until(&closing);
        let accepted = shown.is_some();
        let created = matches!(closing, Closing::Created { .. });
        let desk = &self.db.desks[job.case];
        let before = desk.operation(&job.op_id).cloned();
        let agreed_before = desk.link.as_ref().map(|link| link.agreed.clone());
        let (op_id, token) = (job.op_id.clone(), job.token);
        let met = match &closing {
            Closing::Accepted { .. } | Closing::Created { .. } => job.met,
            Closing::Nothing
            | Closing::Park(_)
            | Closing::Refused { .. }
            | Closing::PutOff { .. }
            | Closing::Lost => None,
        };
        let kept = self.transact(job.case, met, |desk, room, written| {
            desk.close(&op_id, token, closing, room, written)
        });
        if !kept {
            self.tally.add(Count::ZombieRefused);
        }
        if kept {
            let op_id = job.op_id.clone();
            self.ledger.limited.remove(&op_id);
            self.ledger
                .limited
                .extend(limited.map(|until| (op_id, until)));
        }
        if let Some(audit) = audit.filter(|_| kept) {
            self.ledger.accepted(job.case, &audit, &self.swarm);
        }
        let draft = before
            .as_ref()
            .and_then(|before| before.payload.draft.as_ref());
        if let Some(draft) = draft.filter(|_| kept && created) {
            self.ledger.created(job.case, draft, &self.swarm);
        }
        let link = self.db.desks[job.case].link.as_ref();
        if let Some(ticket) = link.map(|link| link.ticket).filter(|_| kept && created) {
            self.take_orphans(ticket);
        }
        if let Some(operation) = before.filter(|_| kept && accepted) {
            let agreed = agreed_before.as_ref();
            self.check_accepted(job.case, &operation, agreed, shown.as_ref());
        }
    }

    /// I-05: what counts as done from now on is in the ticket's audits, or was its value already. What
    /// both sides agreed on before, since a merge found them to say the same, counts for another reason.
    fn check_accepted(
        &mut self,
        case: usize,
        operation: &Operation,
        agreed_before: Option<&Agreed<CaseField>>,
        shown: Option<&Ticket>,
    ) {
        let desk = &self.db.desks[case];
        // Parked: something of it was not taken, and that is known.
        if operation.kind != Kind::Fields || desk.operation(&operation.op_id).is_some() {
            return;
        }
        let Some(found) = desk
            .link
            .as_ref()
            .and_then(|link| self.remote.ticket(link.ticket))
        else {
            return;
        };
        let agreed = desk.link.as_ref().map(|link| &link.agreed);
        let was_set = |field: CaseField, value: &Value| {
            shown.is_some_and(|shown| ticket_value(shown, field) == *value)
                || found.audits.iter().any(|audit| {
                    audit.op.as_deref() == Some(operation.op_id.as_str())
                        && audit.fields.iter().any(|(of, _)| *of == field)
                })
        };
        let missing = operation.payload.sent.iter().find(|(field, pair)| {
            let is_agreed = |agreed: Option<&Agreed<CaseField>>| {
                agreed.and_then(|agreed| agreed.get(**field)) == Some(*pair)
            };
            let counts = is_agreed(agreed) && !is_agreed(agreed_before);
            counts && !was_set(**field, &pair.zendesk)
        });
        if let Some((field, _)) = missing {
            let said = format!("{field} of case {case} counts as sent and Zendesk never took it");
            self.violate("I-05", said);
        }
    }

    /// Whether nobody in the office has anything to do now or is expected to.
    pub(crate) fn is_anything_open(&self) -> bool {
        if self.workers.iter().any(|worker| worker.job.is_some()) {
            return true;
        }
        match self.db.mode {
            Mode::OneWay => false,
            Mode::TwoWay(_) => self
                .db
                .desks
                .iter()
                .any(|desk| desk.line().open().next().is_some()),
        }
    }
}

/// Until when Zendesk's limits hold an operation back that ends so.
fn limited_until(closing: &Closing) -> Option<Timestamp> {
    let Closing::PutOff { until, reason, .. } = closing else {
        return None;
    };
    (*reason == Parked::Limits).then_some(*until)
}

fn words(closing: &Closing) -> String {
    match closing {
        Closing::Accepted { audit, .. } => format!("accepted, by audit {}", audit.id),
        Closing::Created { ticket, .. } => format!("created, as ticket {}", ticket.id),
        Closing::Nothing => "nothing left to do".to_owned(),
        Closing::Park(reason) => format!("parked: {reason}"),
        Closing::Refused { fields } => format!("refused: {fields:?}"),
        Closing::PutOff { reason, .. } => format!("put off: {reason}"),
        Closing::Lost => "its claim has passed on".to_owned(),
    }
}
