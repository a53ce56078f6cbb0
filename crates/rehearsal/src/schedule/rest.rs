//! After the steps: the faults stop, everything comes to rest, and stays so.

use domain::desk::Desk;

use super::{Schedule, tell};
use crate::office::due_at;
use crate::remote::EXPORT_DELAY;
use crate::tally::Count;

/// More rounds than this without rest is a loop (I-22).
const MOST_ROUNDS: u32 = 200;
/// More things than this by one of them in one round, too.
const MOST_MOVES: u32 = 400;

impl Schedule<'_> {
    /// Heals, waits for rest by polling alone, and checks; then looks at everything once more, which
    /// must change nothing.
    pub(crate) fn come_to_rest(&mut self) {
        tell!(self, [0], "--- the faults stop");
        self.swarm.heal();
        self.wire.locked_until = 0;
        // Polling alone must find everything.
        self.wire.webhooks.clear();
        self.arrive();
        if self.switched && self.is_two_way() {
            self.push_what_piled_up();
        }
        if self.rule_moved {
            self.look_at_what_is_parked();
        }
        if self.ledger.wiped {
            // The daily sweep: nothing else would look at a ticket that does not change any more.
            self.look_at_all();
        }
        if !self.rest() {
            return;
        }
        self.judge();
        if !self.ledger.violations.is_empty() {
            return;
        }
        tell!(self, [0], "--- everything is looked at once more");
        self.is_idle = true;
        self.look_at_all();
        self.db.tickets_read = (0, 0);
        self.db.comments_read = (0, 0);
        self.rest();
    }

    fn look_at_all(&mut self) {
        let links: Vec<i64> = self.db.links.iter().map(|(ticket, _)| *ticket).collect();
        for ticket in links {
            self.hint(ticket, 0);
        }
    }

    fn push_what_piled_up(&mut self) {
        for case in 0..self.db.desks.len() {
            self.transact(case, None, |desk, room, written| {
                desk.send_piled_up(room, written);
            });
        }
    }

    /// The daily sweep, as far as it matters here: a conflict that the rule of then could not carry out
    /// (nobody in Zendesk is who the case says) is parked undecided, and the rule of now decides it when
    /// the ticket is next looked at.
    fn look_at_what_is_parked(&mut self) {
        let parked = |desk: &Desk| desk.operations.iter().any(|o| !o.payload.parked.is_empty());
        let desks = self.db.desks.iter().filter(|desk| parked(desk));
        let links = desks.filter_map(|desk| desk.link.as_ref());
        let tickets: Vec<i64> = links.map(|link| link.ticket).collect();
        for ticket in tickets {
            self.hint(ticket, 0);
        }
    }

    /// Goes on until nobody has anything to do. False, with a violation, if that never comes, or if
    /// something else was violated.
    fn rest(&mut self) -> bool {
        for _ in 0..MOST_ROUNDS {
            self.tally.add(Count::RoundsToRest);
            let moved = self.round();
            if !self.ledger.violations.is_empty() {
                return false;
            }
            if !moved && self.is_at_rest() {
                return true;
            }
            let wait = if moved { 1_000 } else { self.next_event() };
            self.advance(wait.max(1_000));
        }
        let said = format!("no rest after {MOST_ROUNDS} rounds: {}", self.who_is_busy());
        self.violate("I-22", said);
        false
    }

    /// Lets everybody do all they can now. True if anybody did something that may lead to more.
    fn round(&mut self) -> bool {
        let mut moved = self.deliver();
        for index in 0..2 {
            let mut moves = 0;
            while moves < MOST_MOVES && self.work(index) {
                moves += 1;
            }
            while moves < MOST_MOVES && self.look(index) {
                moves += 1;
            }
            moved |= moves > 0;
            if moves >= MOST_MOVES {
                let said = format!("no end within one round: {}", self.who_is_busy());
                self.violate("I-22", said);
            }
        }
        for index in 0..2 {
            let read = (self.db.tickets_read, self.db.comments_read);
            for _ in 0..MOST_MOVES {
                if !self.poll(index) {
                    break;
                }
            }
            moved |= read != (self.db.tickets_read, self.db.comments_read);
        }
        moved
    }

    fn is_at_rest(&self) -> bool {
        !self.is_anything_open()
            && self.db.hints.is_empty()
            && self.wire.late.is_empty()
            && self.last_change() + EXPORT_DELAY < self.remote.second()
            && self
                .remote
                .export_tickets(self.db.tickets_read, 1)
                .is_empty()
            && self
                .remote
                .export_comments(self.db.comments_read, 1)
                .is_empty()
            && self.lookers.iter().all(|looker| looker.at.is_none())
            && self.pollers.iter().all(|poller| poller.at.is_none())
    }

    fn last_change(&self) -> i64 {
        let changes = self.remote.tickets.iter();
        changes
            .filter_map(|found| found.ticket.generated_timestamp)
            .max()
            .unwrap_or(0)
    }

    /// Milliseconds until something is due.
    fn next_event(&self) -> i64 {
        let ours = self.now_ms + self.jump_ms;
        let hints = self.db.hints.values().map(|hint| hint.due_ms - ours);
        let late = self.wire.late.iter().map(|(due, _)| due - self.now_ms);
        let operations = self.db.desks.iter().flat_map(|desk| {
            desk.line()
                .open()
                .map(|open| due_at(open) - ours)
                .collect::<Vec<_>>()
        });
        let export = (self.last_change() + EXPORT_DELAY + 1) * 1000 - self.remote.clock_ms;
        let frozen = self
            .workers
            .iter()
            .map(|worker| worker.frozen_until)
            .chain(self.lookers.iter().map(|looker| looker.frozen_until))
            .chain(self.pollers.iter().map(|poller| poller.frozen_until))
            .map(|until| until - self.now_ms);
        hints
            .chain(late)
            .chain(operations)
            .chain(frozen)
            .chain([export, self.db.pull.1 - ours])
            .filter(|wait| *wait > 0)
            .min()
            .unwrap_or(1_000)
    }

    fn who_is_busy(&self) -> String {
        let open: Vec<String> = self
            .db
            .desks
            .iter()
            .flat_map(|desk| {
                let line = desk.line();
                let words = |open: &domain::outbox::Operation| {
                    let reason = open.reason.as_ref().map(ToString::to_string);
                    format!(
                        "{} of {} is {} ({reason:?})",
                        open.kind, desk.case, open.state
                    )
                };
                line.open().map(words).collect::<Vec<_>>()
            })
            .collect();
        format!(
            "{open:?}, {} hints, {} late requests",
            self.db.hints.len(),
            self.wire.late.len()
        )
    }
}
