//! A stage for stories: one case, one ticket in a small model of Zendesk, and a worker that goes from
//! action to action, so that anything can happen in between.

mod zendesk;

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

pub(super) use zendesk::{Net, Zendesk};

use zendesk::taken;

use super::super::*;
use crate::identity::Person;
use crate::merge::Priority;
use crate::outbox::{Parked, head};
use crate::person::Role;
use crate::plan::{plan_new, ticket_value};
use crate::push::{Action, Attempt, Happened, Reading, Reply, Requester, Sending};
use crate::value::Pair;

pub(super) const REMOTE: Mode = Mode::TwoWay(Priority::Remote);
pub(super) const LOCAL: Mode = Mode::TwoWay(Priority::Local);

pub(super) const IVO: i64 = 11;
pub(super) const ADA: i64 = 12;
pub(super) const BOB: i64 = 13;
pub(super) const EVA: i64 = 14;
pub(super) const TICKET: i64 = 123;

pub(super) fn text(text: &str) -> Value {
    Some(text.to_owned())
}

/// A worker at one operation.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    pub(super) attempt: Attempt,
    pub(super) token: i64,
    pub(super) action: Action,
    pub(super) closed: Option<bool>,
}

impl Worker {
    pub(super) fn op_id(&self) -> String {
        self.attempt.operation().op_id.clone()
    }

    pub(super) fn is_about_to_send(&self) -> bool {
        matches!(self.action, Action::Send(_))
    }

    pub(super) fn is_about_to_close(&self) -> bool {
        matches!(self.action, Action::Close(_))
    }
}

pub(super) struct Stage {
    pub(super) desk: Desk,
    pub(super) zendesk: Zendesk,
    pub(super) people: People,
    pub(super) rules: IdentityRules,
    pub(super) maps: Maps,
    pub(super) mode: Mode,
    pub(super) now: Timestamp,
    pub(super) requester: Option<Requester>,
    pub(super) guards: Guards,
    pub(super) net: VecDeque<Net>,
    /// All that was written so far.
    pub(super) written: Written,
    ids: u32,
}

impl Stage {
    /// An ordinary ticket and its case, in step.
    pub(super) fn linked(mode: Mode) -> Self {
        let mut stage = Self::bare(mode);
        let ticket = Ticket {
            id: TICKET,
            subject: text("Printer on fire"),
            description: text("It smokes."),
            status: text("open"),
            priority: text("normal"),
            requester_id: Some(IVO),
            submitter_id: Some(IVO),
            assignee_id: Some(ADA),
            updated_at: "2026-11-02T09:00:00Z".parse().ok(),
            ..Ticket::default()
        };
        let facts = TicketFacts {
            ticket: &ticket,
            people: &stage.people,
            rules: &stage.rules,
            maps: &stage.maps,
            mode,
        };
        let case = plan_new(facts).unwrap();
        stage.desk.fields = case.fields;
        stage.desk.comments[0].remote = Some(1);
        stage.desk.link = Some(DeskLink {
            ticket: TICKET,
            agreed: case.agreed,
            seen: Version::default(),
        });
        stage.zendesk.tickets.push(ticket);
        stage
    }

    /// A case made here, without a ticket.
    pub(super) fn bare(mode: Mode) -> Self {
        let person = |zendesk_id, role, contact: Option<&str>, user: Option<&str>| Person {
            zendesk_id,
            role: Some(role),
            contact: contact.map(str::to_owned),
            user: user.map(str::to_owned),
            ..Person::default()
        };
        let people = [
            person(IVO, Role::EndUser, Some("ivo"), None),
            person(EVA, Role::EndUser, Some("eva"), None),
            person(ADA, Role::Agent, None, Some("ada")),
            person(BOB, Role::Agent, None, Some("bob")),
        ];
        Self {
            desk: Desk {
                case: "case".to_owned(),
                fields: CaseFields {
                    subject: "Printer on fire".to_owned(),
                    description: "It smokes.".to_owned(),
                    status: crate::case::CaseStatus::Open,
                    priority: crate::case::CasePriority::Normal,
                    assigned_to: text("ada"),
                    contact: text("ivo"),
                    closed_at: None,
                },
                deleted: false,
                link: None,
                predecessors: 0,
                operations: Vec::new(),
                last_seq: 0,
                comments: vec![DeskComment {
                    id: "description".to_owned(),
                    public: true,
                    is_description: true,
                    remote: None,
                }],
            },
            zendesk: Zendesk {
                ids: 100,
                ..Zendesk::default()
            },
            people: people.into_iter().collect(),
            rules: IdentityRules {
                owner: text("owner"),
                ..IdentityRules::default()
            },
            maps: Maps::default(),
            mode,
            now: "2026-11-03T10:00:00Z".parse().unwrap(),
            requester: Some(Requester::Known(IVO)),
            guards: Guards::ALL,
            net: VecDeque::new(),
            written: Written::default(),
            ids: 0,
        }
    }

    /// One transaction.
    pub(super) fn with<T>(
        &mut self,
        act: impl FnOnce(&mut Desk, &mut Room<'_>, &mut Written) -> T,
    ) -> T {
        let ids = &mut self.ids;
        let mut new_id = || {
            *ids += 1;
            format!("op{ids}")
        };
        let mut room = Room {
            integration: "zd",
            people: &self.people,
            rules: &self.rules,
            maps: &self.maps,
            mode: self.mode,
            now: self.now,
            settle: crate::outbox::SETTLE,
            lease: Duration::from_secs(60),
            guards: self.guards,
            new_id: &mut new_id,
        };
        let mut written = Written::default();
        let done = act(&mut self.desk, &mut room, &mut written);
        self.written.changes.extend(written.changes);
        self.written.conflicts.extend(written.conflicts);
        self.written.mapped.extend(written.mapped);
        self.written.operations.extend(written.operations);
        self.written.link |= written.link;
        self.written.look_again |= written.look_again;
        self.written.closed_link = written.closed_link.or(self.written.closed_link);
        done
    }

    /// A person here changes the case.
    pub(super) fn edit(&mut self, edit: impl FnOnce(&mut CaseFields)) {
        let mut fields = self.desk.fields.clone();
        edit(&mut fields);
        self.with(|desk, room, written| desk.edit(fields, room, written));
    }

    /// A person here comments.
    pub(super) fn say(&mut self, id: &str) {
        let comment = DeskComment {
            id: id.to_owned(),
            public: true,
            is_description: false,
            remote: None,
        };
        self.with(|desk, room, written| desk.say(comment, room, written));
    }

    /// A person there changes the ticket, in a second of their own.
    pub(super) fn change(&mut self, field: CaseField, value: &str) {
        self.pass(1);
        let value = (!value.is_empty()).then(|| value.to_owned());
        let ticket = self.zendesk.tickets.last().unwrap().id;
        self.zendesk
            .update(ticket, None, &[(field, value)], None, self.now);
        self.pass(1);
    }

    /// The pull brings the ticket in as it is.
    pub(super) fn pull(&mut self) -> Received {
        let ticket = self.zendesk.tickets.last().unwrap().clone();
        let now = self.now;
        self.with(|desk, room, written| desk.receive(&ticket, now, room, written))
    }

    pub(super) fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// Claims what goes next, if anything may go now.
    pub(super) fn claim(&mut self) -> Option<Worker> {
        let op_id = head(self.desk.line(), self.now, self.guards)?.op_id.clone();
        let now = self.now;
        let operation = self.desk.operation_mut(&op_id).unwrap();
        let token = operation.claim(now, Duration::from_secs(60));
        let operation = operation.clone();
        let follows = operation.kind == Kind::FollowUp;
        let ticket = self.desk.link.as_ref().map(|link| link.ticket);
        let mut attempt = Attempt::new(operation, ticket, self.guards);
        let action = attempt.begin(
            &self.desk.external_id("zd", follows),
            self.desk.has_unsent_comments(),
        );
        Some(Worker {
            attempt,
            token,
            action,
            closed: None,
        })
    }

    /// Lets a worker do one action, which takes a second. False once it is through.
    pub(super) fn step(&mut self, worker: &mut Worker) -> bool {
        let happened = match worker.action.clone() {
            Action::Find { external_id } => {
                let found = self.zendesk.tickets.iter().find(|ticket| {
                    ticket.external_id.as_ref() == Some(&external_id)
                        && ticket.life() != crate::ticket::Life::Deleted
                });
                Happened::Found(found.map(|ticket| ticket.id).map(|id| self.read(id)))
            }
            Action::Read { ticket, past } => {
                if let Some(past) = past {
                    self.now = self.now.max(past + SignedDuration::from_secs(1));
                }
                Happened::Read(self.read(ticket))
            }
            Action::Plan => {
                let (op_id, token) = (worker.op_id(), worker.token);
                let reading = worker.attempt.reading().cloned();
                let requester = self.requester.clone();
                Happened::Planned(self.with(|desk, room, written| {
                    desk.plan(&op_id, token, reading.as_ref(), requester, room, written)
                }))
            }
            Action::Send(sending) => Happened::Replied(self.send(&worker.op_id(), &sending)),
            Action::Close(closing) => {
                let (op_id, token) = (worker.op_id(), worker.token);
                worker.closed = Some(self.with(|desk, room, written| {
                    desk.close(&op_id, token, *closing, room, written)
                }));
                return false;
            }
        };
        self.pass(1);
        worker.action = worker.attempt.advance(happened, self.now);
        true
    }

    fn read(&self, id: i64) -> Reading {
        let audits = self.zendesk.audits.iter().filter(|(of, _)| *of == id);
        Reading {
            ticket: self.zendesk.tickets.iter().find(|t| t.id == id).cloned(),
            date: self.now,
            audits: audits.map(|(_, audit)| audit.clone()).collect(),
            merged_into: None,
        }
    }

    fn send(&mut self, op: &str, sending: &Sending) -> Reply {
        let unknown = || Reply::Unknown {
            problem: "No answer.".to_owned(),
        };
        match self.net.pop_front() {
            None => self.zendesk.take(op, sending, self.now),
            Some(Net::Lost) => unknown(),
            Some(Net::AnswerLost) => {
                self.zendesk.take(op, sending, self.now);
                unknown()
            }
            Some(Net::Late) => {
                self.zendesk.late.push((op.to_owned(), sending.clone()));
                unknown()
            }
            Some(Net::Says(reply)) => reply,
            Some(Net::TookNothing) => taken(self.zendesk.ticket(TICKET).clone(), self.now, None),
            Some(Net::TookAllBut(fields)) => {
                self.zendesk.ignored = fields;
                self.zendesk.take(op, sending, self.now)
            }
        }
    }

    /// What was held up arrives at Zendesk now.
    pub(super) fn arrive(&mut self) -> Reply {
        let (op, sending) = self.zendesk.late.remove(0);
        self.zendesk.take(&op, &sending, self.now)
    }

    /// One whole attempt at what goes next. False if nothing may go now.
    pub(super) fn work(&mut self) -> bool {
        let Some(mut worker) = self.claim() else {
            return false;
        };
        self.finish(&mut worker);
        true
    }

    pub(super) fn finish(&mut self, worker: &mut Worker) {
        for _ in 0..200 {
            if !self.step(worker) {
                return;
            }
        }
        panic!("an attempt without end: {worker:?}");
    }

    /// Steps until the worker is about to send.
    pub(super) fn until_sending(&mut self, worker: &mut Worker) {
        while !worker.is_about_to_send() {
            assert!(self.step(worker), "it sends nothing: {:?}", worker.action);
        }
    }

    /// Steps until the worker is about to close.
    pub(super) fn until_closing(&mut self, worker: &mut Worker) {
        while !worker.is_about_to_close() {
            self.step(worker);
        }
    }

    /// Works until nothing is open any more, waiting for whatever waits.
    pub(super) fn rest(&mut self) {
        for _ in 0..200 {
            if !self.work() && !self.wait() {
                break;
            }
        }
        self.assert_rest();
    }

    /// Lets time pass until something may go. False if nothing ever will by itself.
    pub(super) fn wait(&mut self) -> bool {
        let open = self.desk.operations.iter().filter(|o| o.state.is_open());
        let moments = open.map(|operation| match operation.state {
            State::Claimed => operation.lease_until,
            State::Waiting | State::Parked | State::Done | State::Discarded => operation.not_before,
        });
        let next = moments.filter(|moment| *moment > self.now).min();
        self.now = next.unwrap_or(self.now);
        next.is_some()
    }

    pub(super) fn assert_rest(&self) {
        let operations = &self.desk.operations;
        assert!(
            !operations.iter().any(|o| o.state.is_open()),
            "no rest: {operations:?}"
        );
    }

    /// The open and parked operations in words.
    pub(super) fn line(&self) -> Vec<String> {
        let mut operations: Vec<_> = self.desk.operations.iter().collect();
        operations.sort_by_key(|operation| operation.seq);
        let shown = operations
            .into_iter()
            .filter(|o| o.state.is_open() || o.state == State::Parked);
        shown
            .map(|operation| {
                let mut words = vec![operation.kind.to_string()];
                words.extend(operation.payload.comment.clone());
                words.push(operation.state.to_string());
                if operation.state == State::Parked {
                    words.extend(operation.payload.parked.keys().map(ToString::to_string));
                    words.extend(operation.reason.as_ref().map(why));
                }
                words.join(" ")
            })
            .collect()
    }

    /// What is agreed on a field.
    pub(super) fn agreed(&self, field: CaseField) -> Option<Pair> {
        self.desk.link.as_ref()?.agreed.get(field).cloned()
    }

    /// Whether both sides say the same of every field, and agree that they do.
    pub(super) fn assert_in_step(&self) {
        let link = self.desk.link.as_ref().unwrap();
        let ticket = self
            .zendesk
            .tickets
            .iter()
            .find(|t| t.id == link.ticket)
            .unwrap();
        for field in CaseField::ALL {
            let pair = Pair::new(
                case_value(&self.desk.fields, *field),
                ticket_value(ticket, *field),
            );
            assert!(
                link.agreed.get(*field) == Some(&pair),
                "{field}: {:?}",
                self.desk.fields
            );
        }
    }

    /// The id of the only parked operation.
    pub(super) fn parked(&self) -> String {
        let mut parked = self
            .desk
            .operations
            .iter()
            .filter(|o| o.state == State::Parked);
        let id = parked.next().unwrap().op_id.clone();
        assert!(parked.next().is_none(), "{:?}", self.line());
        id
    }

    pub(super) fn retry(&mut self) -> bool {
        let op_id = self.parked();
        self.with(|desk, room, written| desk.retry(&op_id, room, written))
    }

    pub(super) fn discard(&mut self) -> bool {
        let op_id = self.parked();
        self.with(|desk, room, written| desk.discard(&op_id, room, written))
    }
}

/// The word for a reason.
pub(super) fn why(reason: &Parked) -> String {
    let json = serde_json::to_value(reason).unwrap();
    json["why"].as_str().unwrap().to_owned()
}

/// A planned sending, for tests that look at it.
pub(super) fn sending(worker: &Worker) -> &Sending {
    match &worker.action {
        Action::Send(sending) => sending,
        Action::Find { .. } | Action::Read { .. } | Action::Plan | Action::Close(_) => {
            panic!("{:?}", worker.action)
        }
    }
}
