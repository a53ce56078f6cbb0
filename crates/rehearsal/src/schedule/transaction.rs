//! One transaction on a case, and what is noticed about it afterwards.

use domain::desk::{Desk, Mapped, Room, Written};
use domain::merge::Winner;
use domain::outbox::{Kind, State};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

use super::{Schedule, tell};
use crate::remote::{Snapshot, Truth, Writer};
use crate::tally::Count;

/// How long a claim lasts, in seconds.
pub(crate) const LEASE: i64 = 60;
/// How long a request may take before its client gives up, in seconds (step 8: less than a claim).
pub(crate) const TIMEOUT: i64 = 20;

/// The ticket a transaction had at hand, with what the product does not see of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Met {
    pub(crate) truth: Truth,
    pub(crate) updated: Option<Timestamp>,
}

impl Met {
    pub(crate) const fn of(shown: &Snapshot) -> Self {
        Self {
            truth: shown.truth,
            updated: shown.ticket.updated_at,
        }
    }
}

impl Schedule<'_> {
    /// Does something to a case and keeps all of it.
    pub(crate) fn transact<T>(
        &mut self,
        case: usize,
        met: Option<Met>,
        act: impl FnOnce(&mut Desk, &mut Room<'_>, &mut Written) -> T,
    ) -> T {
        let now = self.now();
        let mut written = Written::default();
        let chance = &mut self.chance;
        let mut new_id = || chance.id();
        let mut room = Room {
            integration: "i",
            people: self.cast.people(self.db.arrived, self.db.gone),
            rules: &self.rules,
            maps: &self.cast.maps,
            mode: self.db.mode,
            now,
            settle: SignedDuration::from_millis(self.swarm.settle_ms),
            lease: Duration::from_secs(LEASE as u64),
            guards: self.guards,
            new_id: &mut new_id,
        };
        let before = held(&self.db.desks[case]);
        let done = act(&mut self.db.desks[case], &mut room, &mut written);
        self.check_held(case, before);
        self.look_over(case, met, &written);
        done
    }

    /// I-09: nothing that a case has goes away, whatever has become of its ticket.
    fn check_held(&mut self, case: usize, before: (usize, bool, bool)) {
        let now = held(&self.db.desks[case]);
        if now.0 < before.0 || (before.1 && !now.1) || now.2 != before.2 {
            let said =
                format!("case {case} had {before:?} and has {now:?} (comments, ticket, deleted)");
            self.violate("I-09", said);
        }
    }

    fn look_over(&mut self, case: usize, met: Option<Met>, written: &Written) {
        if self.is_idle && (!written.changes.is_empty() || !written.conflicts.is_empty()) {
            let said = format!("case {case} was still changed: {:?}", written.changes);
            self.violate("I-07", said);
        }
        if self.is_idle && !written.mapped.is_empty() {
            self.violate("I-21", format!("case {case} still learned of a comment"));
        }
        self.check_changes(case, met, written);
        self.check_mapped(written);
        for conflict in &written.conflicts {
            tell!(
                self,
                [case, conflict.field],
                "  conflict on {} of case {case}: {:?} here, {:?} there; {} stands",
                conflict.field,
                conflict.crm,
                conflict.zendesk,
                conflict.winner
            );
            self.tally.add(match conflict.winner {
                Winner::Zendesk => Count::ConflictZendesk,
                Winner::Crm => Count::ConflictCrm,
            });
        }
        if let Some(link) = &self.db.desks[case].link {
            let ticket = link.ticket;
            if !self.db.links.iter().any(|(known, _)| *known == ticket) {
                self.db.links.push((ticket, case));
            }
            if written.look_again {
                self.hint(ticket, 1_000);
            }
        }
        self.note_operations(case, written);
        self.ledger
            .observe(&self.db.desks[case], &written.conflicts, &self.swarm);
    }

    /// I-06 and I-12: what the case took over must be neither our own write nor older than what it had.
    fn check_changes(&mut self, case: usize, met: Option<Met>, written: &Written) {
        for change in &written.changes {
            tell!(
                self,
                [case, change.field],
                "  case {case}: {} from {:?} to {:?}",
                change.field,
                change.from,
                change.to
            );
        }
        let Some(met) = met else {
            return;
        };
        let link = self.db.desks[case].link.as_ref().map(|link| link.ticket);
        let newest = self.ledger.newest(case, link);
        if !written.changes.is_empty() && met.updated < newest {
            let said = format!(
                "case {case} took {} from a state of {:?}, and had merged one of {newest:?}",
                written.changes[0].field, met.updated
            );
            self.violate("I-12", said);
        }
        let seen = self.db.desks[case]
            .link
            .as_ref()
            .and_then(|link| link.seen.updated_at);
        self.ledger.merged(case, link, seen);
        if self.ledger.restored || self.ledger.wiped || self.switched {
            return;
        }
        for change in &written.changes {
            if met.truth.writers[change.field as usize] == Writer::Ours {
                let said = format!(
                    "case {case} took {} back from a write of ours: {:?} to {:?}",
                    change.field, change.from, change.to
                );
                self.violate("I-06", said);
            }
        }
    }

    /// I-05: a comment counts as sent only if it is there.
    fn check_mapped(&mut self, written: &Written) {
        for Mapped {
            comment, remote, ..
        } in &written.mapped
        {
            tell!(
                self,
                [*remote],
                "  comment {comment} is {remote} in Zendesk"
            );
            if !self.remote.is_comment_of(*remote, comment) {
                let said = format!("comment {comment} was taken for {remote}, which it is not");
                self.violate("I-05", said);
            }
        }
    }

    /// Notes where operations are, and lets the ended ones go, as the database does: but for comments
    /// that were given up, since those must not be sent again.
    fn note_operations(&mut self, case: usize, written: &Written) {
        let desk = &mut self.db.desks[case];
        let mut lines = Vec::new();
        for operation in &desk.operations {
            if !written.operations.contains(&operation.op_id) {
                continue;
            }
            if operation.state == State::Parked {
                // Whoever retries it asks anew; the governor of all requests is what holds that back.
                self.ledger.limited.remove(&operation.op_id);
            }
            if operation.state == State::Parked && operation.kind == Kind::Comment {
                let comment = operation.payload.comment.clone().unwrap_or_default();
                self.ledger.parked_comments.insert(comment);
            }
            if self.story.is_some() {
                lines.push(format!(
                    "  {} {} of case {case} is {}{}",
                    operation.kind,
                    &operation.op_id[..4.min(operation.op_id.len())],
                    operation.state,
                    operation
                        .reason
                        .as_ref()
                        .map_or_else(String::new, |reason| format!(": {reason}"))
                ));
            }
        }
        if self.is_idle && desk.line().open().next().is_some() && !self.db.is_one_way() {
            self.violate("I-07", format!("case {case} still has something to send"));
        }
        let desk = &mut self.db.desks[case];
        desk.operations.retain(|operation| match operation.state {
            State::Waiting | State::Claimed | State::Parked => true,
            State::Discarded => operation.kind == Kind::Comment,
            State::Done => false,
        });
        let given_up = desk.operations.iter().find(|operation| {
            operation.kind == Kind::Comment
                && operation.state != State::Discarded
                && is_given_up(desk, &operation.op_id)
        });
        if let Some(comment) = given_up.map(|operation| operation.op_id.clone()) {
            let said = format!("comment {comment} of case {case} was given up and is to be sent");
            self.violate("I-24", said);
        }
        self.mark(desk_mark(&self.db.desks[case]));
        for line in lines {
            self.write_down(&line);
        }
    }
}

/// How many comments a case has, whether it has a ticket, and whether it was deleted.
const fn held(desk: &Desk) -> (usize, bool, bool) {
    (desk.comments.len(), desk.link.is_some(), desk.deleted)
}

/// Whether a person gave up sending this comment of the case.
pub(crate) fn is_given_up(desk: &Desk, comment: &str) -> bool {
    desk.operations.iter().any(|operation| {
        operation.state == State::Discarded && operation.payload.comment.as_deref() == Some(comment)
    })
}

/// A number that differs with where a case's operations are.
fn desk_mark(desk: &Desk) -> u64 {
    desk.operations.iter().fold(0, |mark: u64, operation| {
        mark.wrapping_mul(31)
            .wrapping_add(operation.seq as u64 * 8 + operation.state as u64)
    })
}
