//! Looking at single tickets: after a webhook, for the sweep, or because something was put off.

use domain::comment::TicketComment;
use domain::desk::Marker;

use super::Hint;
use crate::remote::Snapshot;
use crate::schedule::{Schedule, tell};
use crate::tally::Count;

/// One that looks at tickets.
#[derive(Debug, Default)]
pub(crate) struct Looker {
    pub(crate) at: Option<Look>,
    pub(crate) frozen_until: i64,
}

/// A ticket being looked at.
#[derive(Debug)]
pub(crate) struct Look {
    ticket: i64,
    number: i64,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The ticket was read.
    Read(Box<Snapshot>),
    /// Its comments too.
    ReadAll(Box<Snapshot>, Vec<(TicketComment, Option<String>)>),
    /// One of its comments may be ours, so the audits were read too.
    Checked(Vec<(TicketComment, Option<String>)>),
}

impl Schedule<'_> {
    /// Asks for a look at a ticket, so many milliseconds from now.
    pub(crate) fn hint(&mut self, ticket: i64, wait: i64) {
        let due_ms = self.now_ms + self.jump_ms + wait;
        let number = self.next_serial();
        self.db.hints.insert(ticket, Hint { number, due_ms });
    }

    /// Lets a looker do one thing. False if there is nothing to look at.
    pub(crate) fn look(&mut self, index: usize) -> bool {
        if self.lookers[index].frozen_until > self.now_ms {
            return false;
        }
        let Some(look) = self.lookers[index].at.take() else {
            return self.look_up(index);
        };
        if self.chance.per_mille(self.swarm.house.freeze) {
            let length = 1_000 + i64::from(self.chance.below(150_000));
            self.tally.add(Count::Frozen);
            tell!(
                self,
                [index, length],
                "looker {index} stops for {length} ms"
            );
            let looker = &mut self.lookers[index];
            looker.frozen_until = self.now_ms + length;
            looker.at = Some(look);
            return true;
        }
        let ticket = look.ticket;
        let (number, stage) = (look.number, look.stage);
        let next = match stage {
            Stage::Read(shown) => {
                if self.fail_read().is_some() {
                    return true;
                }
                Some(Stage::ReadAll(shown, self.remote.comments(ticket)))
            }
            Stage::ReadAll(shown, comments) => self.keep_look(ticket, number, &shown, comments),
            Stage::Checked(comments) => {
                if !self.rolls_back() {
                    self.take_comments(ticket, &comments, true);
                }
                None
            }
        };
        self.lookers[index].at = next.map(|stage| Look {
            ticket,
            number,
            stage,
        });
        true
    }

    fn look_up(&mut self, index: usize) -> bool {
        let now = self.now_ms + self.jump_ms;
        let due: Vec<(i64, i64)> = self
            .db
            .hints
            .iter()
            .filter(|(_, hint)| hint.due_ms <= now)
            .map(|(ticket, hint)| (*ticket, hint.number))
            .collect();
        if due.is_empty() {
            return false;
        }
        let (ticket, number) = due[self.chance.index(due.len())];
        if self.fail_read().is_some() {
            if let Some(hint) = self.db.hints.get_mut(&ticket) {
                hint.due_ms = now + 2_000;
            }
            return true;
        }
        tell!(
            self,
            [index, ticket],
            "looker {index} reads ticket {ticket}"
        );
        match self.remote.show(ticket) {
            Some(shown) => {
                self.lookers[index].at = Some(Look {
                    ticket,
                    number,
                    stage: Stage::Read(Box::new(shown)),
                });
            }
            // 404: what has become of it, the export will tell.
            None => {
                self.tally.add(Count::LookedGone);
                self.hint_is_done(ticket, number);
            }
        }
        true
    }

    fn hint_is_done(&mut self, ticket: i64, number: i64) {
        if self
            .db
            .hints
            .get(&ticket)
            .is_some_and(|hint| hint.number == number)
        {
            self.db.hints.remove(&ticket);
        }
    }

    fn keep_look(
        &mut self,
        ticket: i64,
        number: i64,
        shown: &Snapshot,
        comments: Vec<(TicketComment, Option<String>)>,
    ) -> Option<Stage> {
        if self.rolls_back() {
            return None;
        }
        self.hint_is_done(ticket, number);
        self.take_ticket(shown);
        let waits = self.take_comments(ticket, &comments, false);
        waits.then_some(Stage::Checked(comments))
    }

    /// What an incoming comment's update bears.
    pub(crate) fn marker(op: Option<&str>, checked: bool) -> Marker {
        match op {
            _ if !checked => Marker::Unchecked,
            Some(op) => Marker::Ours(op.to_owned()),
            None => Marker::Foreign,
        }
    }
}
