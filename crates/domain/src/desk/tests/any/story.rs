//! One story as it goes, and what holds at any time of it.

use crate::case::CaseField;
use crate::desk::tests::stage::*;
use crate::desk::{Received, case_value};
use crate::merge::Mode;
use crate::outbox::State;
use crate::plan::ticket_value;
use crate::push::Sending;
use crate::value::{Pair, Value};

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// A person here gives a field a value.
    Edit(CaseField, &'static str),
    /// A person there does.
    Change(CaseField, &'static str),
    /// A person here comments.
    Say(bool),
    /// The poller brings the ticket in.
    Pull,
    /// The poller brings in an older state of it.
    PullOld(usize),
    /// A worker makes one whole attempt.
    Work,
    /// A worker takes so many steps and freezes.
    Freeze(usize),
    /// A frozen worker goes on.
    Thaw,
    /// The next request fares like this.
    Net(Net),
    /// A request that was held up arrives.
    Arrive,
    /// A trigger changes a field with each write of ours from now on; or none does.
    Trigger(Option<(CaseField, &'static str)>),
    /// Seconds pass.
    Pass(i64),
    /// A person retries all that is parked.
    Retry,
}

/// A field with its words here and there, the same number of each: ours is the n-th's translation.
pub(super) const WORDS: [(CaseField, [&str; 3], [&str; 3]); 4] = [
    (
        CaseField::Subject,
        ["Printer on fire", "Cold", "Wet"],
        ["Printer on fire", "Cold", "Wet"],
    ),
    (
        CaseField::Status,
        ["open", "in_progress", "resolved"],
        ["open", "pending", "solved"],
    ),
    (
        CaseField::Priority,
        ["low", "normal", "high"],
        ["low", "normal", "urgent"],
    ),
    (CaseField::AssignedTo, ["ada", "bob", ""], ["12", "13", ""]),
];

/// A story as it goes, with what is noted of it.
pub(super) struct Story {
    pub(super) stage: Stage,
    frozen: Vec<Worker>,
    /// Each state of the ticket that was ever seen, with when.
    states: Vec<(crate::ticket::Ticket, jiff::Timestamp)>,
    /// The value of each human edit, newest last, with whether it was made here.
    pub(super) edits: Vec<(CaseField, bool, Value)>,
    /// Every pair that was ever agreed on.
    pub(super) agreed: Vec<(CaseField, Pair)>,
    pub(super) said: Vec<(String, bool)>,
}

impl Story {
    pub(super) fn new(mode: Mode) -> Self {
        let mut story = Self {
            stage: Stage::linked(mode),
            frozen: Vec::new(),
            states: Vec::new(),
            edits: Vec::new(),
            agreed: Vec::new(),
            said: Vec::new(),
        };
        // Somebody stands in, so that no status parks for want of an assignee.
        story.stage.rules.default_user = Some(BOB);
        story.note();
        story
    }

    pub(super) fn happen(&mut self, event: Event) {
        let stage = &mut self.stage;
        match event {
            Event::Edit(field, word) => {
                let value = (!word.is_empty()).then(|| word.to_owned());
                if case_value(&stage.desk.fields, field) != value {
                    self.edits.push((field, true, value.clone()));
                    stage.edit(|fields| crate::desk::set_field(fields, field, &value));
                }
            }
            Event::Change(field, word) => {
                let value = (!word.is_empty()).then(|| word.to_owned());
                if ticket_value(&stage.zendesk.tickets[0], field) != value {
                    self.edits.push((field, false, value));
                    stage.change(field, word);
                }
            }
            Event::Say(public) => {
                let id = format!("c{}", self.said.len());
                stage.say(&id);
                stage.desk.comments.last_mut().unwrap().public = public;
                self.said.push((id, public));
            }
            Event::Pull => {
                stage.pull();
            }
            Event::PullOld(back) => {
                let at = self.states.len().saturating_sub(back + 1);
                let (ticket, read_at) = self.states[at].clone();
                stage.with(|desk, room, written| desk.receive(&ticket, read_at, room, written));
            }
            Event::Work => {
                if let Some(worker) = stage.claim() {
                    self.go_on(worker);
                }
            }
            Event::Freeze(steps) => {
                if let Some(mut worker) = stage.claim() {
                    for _ in 0..steps {
                        if worker.closed.is_none() {
                            self.stage.step(&mut worker);
                            self.note();
                        }
                    }
                    self.frozen.push(worker);
                }
            }
            Event::Thaw => {
                if let Some(worker) = self.frozen.pop()
                    && worker.closed.is_none()
                {
                    self.go_on(worker);
                }
            }
            Event::Net(net) => stage.net.push_back(net),
            Event::Arrive => {
                if !stage.zendesk.late.is_empty() {
                    stage.arrive();
                }
            }
            Event::Trigger(trigger) => {
                let value = |word: &str| (!word.is_empty()).then(|| word.to_owned());
                stage.zendesk.trigger = trigger
                    .map(|(field, word)| (field, value(word)))
                    .into_iter()
                    .collect();
            }
            Event::Pass(seconds) => stage.pass(seconds),
            Event::Retry => {
                let parked = stage
                    .desk
                    .operations
                    .iter()
                    .filter(|o| o.state == State::Parked);
                let parked: Vec<String> = parked.map(|o| o.op_id.clone()).collect();
                for op_id in parked {
                    stage.with(|desk, room, written| desk.retry(&op_id, room, written));
                }
            }
        }
        self.note();
    }

    /// Lets a worker go on to its end.
    fn go_on(&mut self, mut worker: Worker) {
        while self.stage.step(&mut worker) {
            self.note();
        }
    }

    /// Works until nothing is open any more.
    fn rest(&mut self) {
        for _ in 0..200 {
            if let Some(worker) = self.stage.claim() {
                self.go_on(worker);
            } else if !self.stage.wait() {
                break;
            }
        }
        self.stage.assert_rest();
    }

    /// Notes the ticket's state and what is agreed, and checks what holds at any time.
    fn note(&mut self) {
        let ticket = self.stage.zendesk.tickets[0].clone();
        // What a trigger sets counts as the last word of somebody there.
        for (field, value) in &self.stage.zendesk.trigger {
            let before = self
                .states
                .last()
                .map(|(state, _)| ticket_value(state, *field));
            if ticket_value(&ticket, *field) == *value && before.as_ref() != Some(value) {
                self.edits.push((*field, false, value.clone()));
            }
        }
        self.states.push((ticket, self.stage.now));
        for (field, ..) in WORDS {
            let Some(pair) = self.stage.agreed(field) else {
                continue;
            };
            // Agreed moves only to what the ticket really had: by its audits, or from the start.
            let audits = self.stage.zendesk.audits.iter();
            let had = audits
                .into_iter()
                .any(|(_, audit)| audit.set(field, &pair.zendesk))
                || ticket_value(&self.states[0].0, field) == pair.zendesk;
            assert!(
                had,
                "{field} is agreed on as {pair:?}, which the ticket never had"
            );
            if self
                .agreed
                .last()
                .is_none_or(|last| *last != (field, pair.clone()))
            {
                self.agreed.push((field, pair));
            }
        }
        // Never is there more than one claim, nor more than one waiting operation for the fields.
        let operations = &self.stage.desk.operations;
        let claimed = operations
            .iter()
            .filter(|o| o.state == State::Claimed)
            .count();
        assert!(claimed <= 1, "{operations:?}");
        for worker in &self.frozen {
            if let crate::push::Action::Send(sending) = &worker.action {
                check_sending(sending);
            }
        }
    }

    /// The net is well again; what was held up arrives; frozen workers go on; all comes to rest.
    pub(super) fn heal(&mut self) {
        self.stage.net.clear();
        self.stage.zendesk.trigger.clear();
        while !self.stage.zendesk.late.is_empty() {
            self.happen(Event::Arrive);
        }
        while !self.frozen.is_empty() {
            self.happen(Event::Thaw);
        }
        for _ in 0..6 {
            self.rest();
            self.stage.pass(90);
            let received = self.stage.pull();
            assert!(received == Received::Merged, "{received:?}");
            self.note();
        }
        self.happen(Event::Retry);
        self.rest();
        self.stage.pass(90);
        self.happen(Event::Pull);
        self.rest();
    }
}

/// Nothing is ever sent that Zendesk must not get: fields outside the mapping, or words that are
/// never written.
fn check_sending(sending: &Sending) {
    if let Sending::Fields { values, .. } = sending {
        assert!(!values.is_empty() && !values.contains_key(&CaseField::Description));
        let status = values.get(&CaseField::Status);
        assert!(status.is_none_or(|status| *status != text("new") && *status != text("closed")));
    }
}
