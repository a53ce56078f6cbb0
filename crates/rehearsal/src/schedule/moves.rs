//! Whose turn it is, and what Zendesk's people do with theirs.

use domain::case::CaseField;
use domain::merge::Mode;
use domain::plan::ticket_value;
use domain::value::Value;

use super::{Schedule, tell};
use crate::cast::{AGENTS, CUSTOMERS};
use crate::office::{EDITED, Worker};
use crate::remote::{FIRST_TICKET, RemoteTicket, Writer};
use crate::tally::Count;

impl Schedule<'_> {
    /// What is there before anybody acts.
    pub(super) fn open(&mut self) {
        if self.swarm.skew != 0 {
            self.tally.add(Count::ClockSkew);
        }
        for _ in 0..self.swarm.pairs {
            if self.chance.below(3) == 0 {
                self.create_case();
            } else {
                self.create_ticket();
            }
        }
        // Mostly the tickets are known already when the schedule begins.
        if self.chance.below(4) > 0 {
            self.advance(61_000);
            for _ in 0..60 {
                self.poll_calmly();
            }
        }
    }

    fn poll_calmly(&mut self) {
        let swarm = self.swarm.clone();
        self.swarm.heal();
        self.poll(0);
        self.swarm = swarm;
    }

    /// Lets one of them do one thing.
    pub(super) fn step(&mut self) {
        self.tally.add(Count::Steps);
        self.pass_time();
        self.deliver();
        self.play_tricks();
        let life = self.swarm.life.clone();
        let house = self.swarm.house.clone();
        let weights = [
            life.remote_edit,
            life.remote_comment,
            life.remote_fate,
            life.local_edit,
            life.local_comment,
            life.publish,
            life.parked,
            life.birth,
            house.crash,
            house.backup,
            house.jump,
            house.switch,
            420, // a worker
            110, // a poller
            120, // a looker
            20,  // the sweep
            4,   // latecomers
        ];
        let total = weights.iter().sum();
        let mut at = self.chance.below(total);
        let chosen = weights.iter().position(|weight| {
            let here = at < *weight;
            at = at.saturating_sub(*weight);
            here
        });
        let either = self.chance.index(2);
        match chosen.unwrap_or(12) {
            0 => self.edit_there(),
            1 => self.comment_there(),
            2 => self.meddle(),
            3 => self.edit_here(),
            4 => self.comment_here(),
            5 => self.publish(),
            6 => self.tend_parked(),
            7 => {
                if either == 0 {
                    self.create_ticket();
                } else {
                    self.create_case();
                }
            }
            8 => {
                self.tally.add(Count::Crash);
                tell!(self, [8], "every process is killed");
                self.crash();
            }
            9 => self.back_up_or_restore(),
            10 => self.jump(),
            11 => self.switch(),
            13 => {
                self.poll(either);
            }
            14 => {
                self.look(either);
            }
            15 => self.sweep(),
            16 => self.arrive(),
            _ => self.busy_worker(either),
        }
    }

    /// A worker does a thing, or a few in a row.
    fn busy_worker(&mut self, index: usize) {
        for _ in 0..=self.chance.below(5) {
            if !self.work(index) {
                break;
            }
        }
    }

    fn pass_time(&mut self) {
        if self.chance.per_mille(self.swarm.same_second) {
            return;
        }
        let milliseconds = match self.chance.below(100) {
            0..=44 => 50 + self.chance.below(900),
            45..=84 => 1_000 + self.chance.below(2_500),
            85..=96 => 5_000 + self.chance.below(65_000),
            97..=98 => 60_000 + self.chance.below(240_000),
            _ => 3_600_000 + self.chance.below(7_200_000),
        };
        self.pass(i64::from(milliseconds));
    }

    /// Lets time go by. What is on its way arrives when it is due, and nobody is left standing within
    /// an attempt for longer than a late request may take (`outbox::LATE`).
    fn pass(&mut self, milliseconds: i64) {
        let until = self.now_ms + milliseconds;
        if milliseconds > 70_000 && self.workers.iter().any(Worker::is_busy) {
            return;
        }
        while let Some(due) = self.wire.next_late().filter(|due| *due < until) {
            self.advance((due - self.now_ms).max(0));
            self.deliver();
        }
        self.advance(until - self.now_ms);
    }

    fn jump(&mut self) {
        self.tally.add(Count::ClockJump);
        let jump = i64::from(self.chance.below(300_000)) - 150_000;
        tell!(self, [jump], "our clock is {jump} ms off from now on");
        self.jump_ms = jump;
    }

    pub(super) fn arrive(&mut self) {
        if self.db.arrived {
            return;
        }
        self.db.arrived = true;
        self.tally.add(Count::Arrived);
        tell!(self, [0], "the latecomers arrive");
        let tickets: Vec<i64> = self.db.links.iter().map(|(ticket, _)| *ticket).collect();
        for ticket in tickets {
            self.hint(ticket, 0);
        }
    }

    fn sweep(&mut self) {
        let links = self.db.links.len();
        if links > 0 {
            self.tally.add(Count::Swept);
            let (ticket, _) = self.db.links[self.chance.index(links)];
            self.hint(ticket, 0);
        }
    }

    fn any_ticket(&mut self) -> Option<i64> {
        let tickets = self.remote.tickets.len();
        (tickets > 0).then(|| FIRST_TICKET + self.chance.index(tickets) as i64)
    }

    fn create_ticket(&mut self) {
        let serial = self.next_serial();
        let requester = self.chance.pick(&CUSTOMERS);
        let assignee = (self.chance.below(2) == 0).then(|| self.chance.pick(&AGENTS[..2]));
        let subject = format!("ticket {serial}");
        let public = !self.begins_in_private();
        let id = self
            .remote
            .person_creates(&subject, requester, assignee, public);
        tell!(self, [id], "there: ticket {id}");
        self.announce(id);
    }

    /// A raw value that a person or a rule may give a ticket's field.
    pub(crate) fn draw_value_there(&mut self, ticket: Option<i64>) -> (CaseField, Value) {
        let fields = self.swarm.life.fields as usize;
        let field = EDITED[self.chance.index(fields.min(EDITED.len()))];
        let assigned = ticket
            .and_then(|id| self.remote.ticket(id))
            .is_some_and(|found| found.ticket.assignee_id.is_some());
        let word = match field {
            CaseField::Subject | CaseField::Description => {
                let serial = self.next_serial();
                format!("there {serial}")
            }
            CaseField::Status => {
                let all = ["open", "pending", "hold", "solved"];
                let some = if assigned { &all[..] } else { &all[..3] };
                self.chance.pick(some).to_owned()
            }
            CaseField::Priority => self
                .chance
                .pick(&["low", "normal", "high", "urgent"])
                .to_owned(),
            CaseField::AssignedTo => self.chance.pick(&AGENTS).to_string(),
            CaseField::Contact => {
                let customer = self.chance.pick(&CUSTOMERS);
                self.remote.survivor(customer).to_string()
            }
        };
        (field, Some(word))
    }

    fn edit_there(&mut self) {
        let Some(id) = self.any_ticket() else {
            return;
        };
        let (field, value) = self.draw_value_there(Some(id));
        let same_second = self
            .remote
            .ticket(id)
            .is_some_and(|found| found.ticket.updated_at == Some(self.remote.date()));
        if !self.remote.person_edits(id, field, &value, Writer::Person) {
            return;
        }
        self.tally.add(Count::RemoteEdit);
        if same_second {
            self.tally.add(Count::SameSecondEdit);
        }
        tell!(
            self,
            [id, field],
            "there: {field} of ticket {id} becomes {value:?}"
        );
        self.note_edit_there(id, field, value);
        self.announce(id);
    }

    fn comment_there(&mut self) {
        let Some(id) = self.any_ticket() else {
            return;
        };
        let public = self.chance.below(2) == 0;
        if let Some(comment) = self.remote.person_comments(id, public) {
            self.tally.add(Count::RemoteComment);
            tell!(
                self,
                [id, comment],
                "there: comment {comment} on ticket {id}"
            );
            self.announce(id);
        }
    }

    /// Tickets are closed, deleted, restored, merged, or stirred by the system.
    fn meddle(&mut self) {
        let Some(id) = self.any_ticket() else {
            return;
        };
        let done = match self.chance.below(8) {
            0 | 1 => {
                let before = self.remote.ticket(id).map(status);
                // The automation closes what is solved; a person may close anything.
                let is_solved = before.flatten().as_deref() == Some("solved");
                let done = is_solved || self.chance.below(2) == 0;
                let done = done && self.remote.close(id, Writer::Rule);
                if done {
                    self.tally.add(if is_solved {
                        Count::AutomationClosed
                    } else {
                        Count::RemoteClosed
                    });
                    tell!(self, [id], "there: ticket {id} is closed");
                    let closed = Some("closed".to_owned());
                    self.note_edit_there(id, CaseField::Status, closed);
                }
                done
            }
            2 => {
                let linked = self.db.case_of(id).is_some();
                let done = linked && self.remote.delete(id);
                if done {
                    self.tally.add(Count::RemoteDeleted);
                    tell!(self, [id], "there: ticket {id} is deleted");
                }
                done
            }
            3 | 4 => {
                let deleted = self.remote.tickets.iter().find(|found| found.is_deleted());
                let id = deleted.map_or(id, |found| found.ticket.id);
                let done = self.remote.restore(id);
                if done {
                    self.tally.add(Count::RemoteRestored);
                    tell!(self, [id], "there: ticket {id} is restored");
                    self.announce(id);
                }
                false
            }
            5 => {
                let into = self.any_ticket().unwrap_or(id);
                let done = self.remote.merge(id, into);
                if done {
                    self.tally.add(Count::RemoteMerged);
                    tell!(self, [id, into], "there: ticket {id} is merged into {into}");
                    let closed = Some("closed".to_owned());
                    self.note_edit_there(id, CaseField::Status, closed);
                    self.announce(into);
                }
                done
            }
            _ => {
                self.remote.stir(id);
                false
            }
        };
        if done {
            self.announce(id);
        }
    }

    /// Whether Zendesk may be written at all.
    pub(super) const fn is_two_way(&self) -> bool {
        match self.db.mode {
            Mode::OneWay => false,
            Mode::TwoWay(_) => true,
        }
    }
}

fn status(found: &RemoteTicket) -> Value {
    ticket_value(&found.ticket, CaseField::Status)
}
