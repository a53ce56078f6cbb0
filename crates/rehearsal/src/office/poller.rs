//! The pull: pages of tickets and of comments, each kept with the stream's position.

use domain::comment::TicketComment;
use domain::desk::{Desk, DeskComment, DeskLink, Place, Received, Version};
use domain::external_id::ExternalId;
use domain::outbox::{Operation, State};
use domain::plan::{TicketFacts, plan_new};
use domain::ticket::Ticket;

use crate::ledger::case_number;
use crate::remote::{CommentRow, Snapshot, TicketRow, at, case_named};
use crate::schedule::{LEASE, Met, Schedule, tell};
use crate::tally::Count;

/// Rows a page.
const PAGE: usize = 3;

/// One that pulls.
#[derive(Debug, Default)]
pub(crate) struct Poller {
    pub(crate) at: Option<Pull>,
    pub(crate) frozen_until: i64,
}

/// A pull at work.
#[derive(Debug)]
pub(crate) struct Pull {
    token: i64,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Tickets are read next.
    Tickets,
    /// These are to be kept, and the position after them.
    KeepTickets(Vec<TicketRow>, (i64, i64)),
    /// Comments are read next.
    Comments,
    /// These are to be kept, and the position after them.
    KeepComments(Vec<CommentRow>, (i64, i64)),
}

/// When an operation may be claimed, in milliseconds.
pub(crate) fn due_at(operation: &Operation) -> i64 {
    match operation.state {
        State::Claimed => operation.lease_until.as_millisecond(),
        State::Waiting | State::Parked | State::Done | State::Discarded => {
            operation.not_before.as_millisecond()
        }
    }
}

impl Schedule<'_> {
    /// Lets a poller do one thing. False if it waits, or has come to the end of both streams.
    pub(crate) fn poll(&mut self, index: usize) -> bool {
        if self.pollers[index].frozen_until > self.now_ms {
            return false;
        }
        let now = self.now_ms + self.jump_ms;
        let Some(pull) = self.pollers[index].at.take() else {
            if self.db.pull.1 > now {
                return false;
            }
            self.db.pull = (self.db.pull.0 + 1, now + LEASE * 1000);
            self.pollers[index].at = Some(Pull {
                token: self.db.pull.0,
                stage: Stage::Tickets,
            });
            return true;
        };
        if self.chance.per_mille(self.swarm.house.freeze) {
            let length = 1_000 + i64::from(self.chance.below(150_000));
            self.tally.add(Count::Frozen);
            tell!(
                self,
                [index, length],
                "poller {index} stops for {length} ms"
            );
            let poller = &mut self.pollers[index];
            poller.frozen_until = self.now_ms + length;
            poller.at = Some(pull);
            return true;
        }
        let token = pull.token;
        let (next, more) = self.pull(index, pull);
        if next.is_none() && self.db.pull.0 == token {
            self.db.pull.1 = 0;
        }
        self.pollers[index].at = next.map(|stage| Pull { token, stage });
        more
    }

    fn pull(&mut self, index: usize, pull: Pull) -> (Option<Stage>, bool) {
        match pull.stage {
            Stage::Tickets => {
                if self.fail_read().is_some() {
                    return (None, true);
                }
                // The users' export, which leaves no minute out.
                self.db.gone = self.remote.gone.keys().next().copied();
                let mut rows = self.remote.export_tickets(self.db.tickets_read, PAGE);
                let Some(last) = rows.last().map(|row| row.position) else {
                    return (Some(Stage::Comments), true);
                };
                self.disturb(&mut rows);
                tell!(
                    self,
                    [index, rows.len()],
                    "poller {index} reads {} tickets",
                    rows.len()
                );
                (Some(Stage::KeepTickets(rows, last)), true)
            }
            Stage::KeepTickets(rows, last) => {
                if !self.may_keep(pull.token) {
                    return (None, true);
                }
                if !self.guards.atomic_import {
                    self.db.tickets_read = last;
                    if self.dies_between() {
                        return (None, true);
                    }
                }
                for row in rows {
                    let now = self.remote.ticket(row.shown.ticket.id);
                    if now.is_some_and(|now| now.truth != row.shown.truth) {
                        self.tally.add(Count::RowOld);
                    }
                    self.take_ticket(&row.shown);
                }
                self.db.tickets_read = last;
                tell!(self, [index], "poller {index} keeps them");
                (Some(Stage::Tickets), true)
            }
            Stage::Comments => {
                if self.fail_read().is_some() {
                    return (None, true);
                }
                let mut rows = self.remote.export_comments(self.db.comments_read, PAGE);
                let Some(last) = rows.last().map(|row| row.position) else {
                    return (None, false);
                };
                self.disturb(&mut rows);
                tell!(
                    self,
                    [index, rows.len()],
                    "poller {index} reads {} comments",
                    rows.len()
                );
                (Some(Stage::KeepComments(rows, last)), true)
            }
            Stage::KeepComments(rows, last) => {
                if !self.may_keep(pull.token) {
                    return (None, true);
                }
                if !self.guards.atomic_import {
                    self.db.comments_read = last;
                    if self.dies_between() {
                        return (None, true);
                    }
                }
                self.take_rows(rows);
                self.db.comments_read = last;
                tell!(self, [index], "poller {index} keeps them");
                (Some(Stage::Comments), true)
            }
        }
    }

    /// Whether the pull's claim stands, and the transaction does not fail.
    fn may_keep(&mut self, token: i64) -> bool {
        if self.guards.lease && self.db.pull.0 != token {
            self.tally.add(Count::ZombieRefused);
            tell!(self, [], "a page is not kept: the claim has passed on");
            return false;
        }
        !self.rolls_back()
    }

    /// Without the atomic import: the process ends after the position was kept and before the rows.
    fn dies_between(&mut self) -> bool {
        let rate = self.swarm.house.crash + self.swarm.house.rollback;
        if !self.chance.per_mille(rate) {
            return false;
        }
        self.tally.add(Count::Crash);
        tell!(
            self,
            [],
            "the process ends between the position and the rows"
        );
        true
    }

    /// Whether this transaction fails, so that nothing of it is kept.
    pub(crate) fn rolls_back(&mut self) -> bool {
        if !self.chance.per_mille(self.swarm.house.rollback) {
            return false;
        }
        self.tally.add(Count::Rollback);
        tell!(self, [], "a transaction is rolled back");
        true
    }

    /// Doubles and shuffles rows of a page (F23, F24).
    fn disturb<T: Clone>(&mut self, rows: &mut Vec<T>) {
        let rate = self.swarm.wire.disorder;
        if self.chance.per_mille(rate) {
            self.tally.add(Count::RowTwice);
            let row = rows[self.chance.index(rows.len())].clone();
            rows.push(row);
        }
        if self.chance.per_mille(rate) {
            self.tally.add(Count::RowsOutOfOrder);
            rows.reverse();
        }
    }

    /// A ticket came in by the way: its case is found or made, and it is merged.
    pub(crate) fn take_ticket(&mut self, shown: &Snapshot) {
        let ticket = &shown.ticket;
        let Some(case) = self.db.case_of(ticket.id) else {
            let is_gone = ticket.status.as_deref() == Some("deleted");
            if self.is_idle && is_gone && ticket.external_id.is_some() {
                // One of ours that was deleted before it could be linked is nobody's, and would be met
                // anew whenever it is shown.
                return;
            }
            self.meet_ticket(shown);
            self.take_orphans(ticket.id);
            return;
        };
        let link = self.db.desks[case].link.as_ref();
        if link.is_none_or(|link| link.ticket != ticket.id) {
            // A former ticket of the case: the mirror keeps it, and that is all.
            return;
        }
        let received = self.transact(case, Some(Met::of(shown)), |desk, room, written| {
            desk.receive(ticket, at(shown.date), room, written)
        });
        self.received(case, ticket.id, received);
    }

    pub(crate) fn take_orphans(&mut self, ticket: i64) {
        if self.db.case_of(ticket).is_none() {
            return;
        }
        let orphans = std::mem::take(&mut self.db.orphans);
        let (own, others): (Vec<_>, Vec<_>) = orphans
            .into_iter()
            .partition(|(comment, _)| comment.ticket_id == ticket);
        self.db.orphans = others;
        if !own.is_empty() {
            self.take_comments(ticket, &own, true);
        }
    }

    fn received(&mut self, case: usize, ticket: i64, received: Received) {
        tell!(
            self,
            [case, received],
            "  case {case} receives ticket {ticket}: {received:?}"
        );
        match received {
            Received::Merged => self.tally.add(Count::ReceiveMerged),
            Received::Stale => self.tally.add(Count::ReceiveStale),
            Received::Deferred => {
                self.tally.add(Count::ReceiveDeferred);
                let ours = self.now_ms + self.jump_ms;
                let line = self.db.desks[case].line();
                let open = line.open();
                let due = open.map(|open| due_at(open) - ours).max();
                self.hint(ticket, due.unwrap_or(0).max(3_000));
            }
        }
    }

    /// A ticket without a case: one of ours is linked to its own, any other gets a new one.
    fn meet_ticket(&mut self, shown: &Snapshot) {
        let ticket = &shown.ticket;
        if let Some(case) = self.ours(ticket.external_id.as_deref()) {
            if let Some(before) = self.awaited_before(case, ticket) {
                self.hint(before, 0);
                self.received(case, ticket.id, Received::Deferred);
                return;
            }
            let audits = self.remote.audits(ticket.id, 0);
            let former = self.db.desks[case].link.as_ref().map(|link| link.ticket);
            let former = former.filter(|former| self.remote.show(*former).is_some());
            let former = former.map_or_else(Vec::new, |former| self.remote.audits(former, 0));
            let received = self.transact(case, Some(Met::of(shown)), |desk, room, written| {
                desk.recall(&former, written);
                desk.adopt(ticket, at(shown.date), &audits, room, written)
            });
            if received == Received::Merged {
                self.tally.add(Count::Adopted);
            }
            self.received(case, ticket.id, received);
            if received != Received::Stale {
                return;
            }
            // Its case has another ticket, so this one gets a case of its own.
        }
        let mode = self.db.mode;
        let planned = plan_new(TicketFacts {
            ticket,
            people: self.cast.people(self.db.arrived, self.db.gone),
            rules: &self.rules,
            maps: &self.cast.maps,
            mode,
        });
        let Some(new) = planned else {
            return;
        };
        let case = self.db.desks.len();
        let serial = self.next_serial();
        tell!(
            self,
            [case, ticket.id],
            "  case {case} is made for ticket {}",
            ticket.id
        );
        self.db.desks.push(Desk {
            case: format!("case{case}.{serial}"),
            fields: new.fields,
            deleted: false,
            link: Some(DeskLink {
                ticket: ticket.id,
                agreed: new.agreed,
                seen: Version {
                    updated_at: ticket.updated_at,
                    read_at: Some(at(shown.date)),
                },
            }),
            predecessors: 0,
            operations: Vec::new(),
            last_seq: 0,
            comments: Vec::new(),
        });
        self.db.links.push((ticket.id, case));
        self.ledger.merged(case, Some(ticket.id), ticket.updated_at);
        self.ledger.observe(&self.db.desks[case], &[], &self.swarm);
    }

    /// The ticket without a case that the case is to take before this one: a database that forgot several
    /// tickets of a case takes them in their order.
    fn awaited_before(&self, case: usize, ticket: &Ticket) -> Option<i64> {
        let own = ExternalId::parse(ticket.external_id.as_deref()?)?;
        let desk = &self.db.desks[case];
        let awaited = desk.external_id("i", desk.link.is_some());
        let mut earlier = ExternalId::parse(&awaited)?;
        while earlier.number < own.number {
            let found = self.remote.find(&earlier.to_string());
            if let Some(found) = found.filter(|found| self.db.case_of(*found).is_none()) {
                return Some(found);
            }
            earlier = earlier.next();
        }
        None
    }

    /// The case that an external id names, unless it has another open ticket.
    fn ours(&self, external_id: Option<&str>) -> Option<usize> {
        let name = case_named(external_id?)?;
        self.db
            .desks
            .iter()
            .find(|desk| desk.case == name)
            .and_then(case_number)
    }

    /// Comments came in. True if the audits must be looked at first for one of them.
    pub(crate) fn take_comments(
        &mut self,
        ticket: i64,
        comments: &[(TicketComment, Option<String>)],
        checked: bool,
    ) -> bool {
        let Some(case) = self.db.case_of(ticket) else {
            // They are kept until the ticket arrives.
            if checked {
                self.db.orphans.extend(comments.iter().cloned());
            }
            if !self.db.hints.contains_key(&ticket) {
                self.hint(ticket, 0);
            }
            return false;
        };
        let guards = self.guards;
        let (mut waits, mut new, mut ours, mut description) = (0, 0, 0, 0);
        let mut hidden = 0;
        self.transact(case, None, |desk, _, written| {
            for (comment, op) in comments {
                if desk
                    .comments
                    .iter()
                    .any(|known| known.remote == Some(comment.id))
                {
                    hidden += u32::from(desk.hear_visibility(comment.id, comment.public));
                    continue;
                }
                let marker = Self::marker(op.as_deref(), checked);
                let own = desk.comments.iter().find(|known| known.is_description);
                let own = own.filter(|own| own.remote.is_none());
                let own = own.map(|own| own.id.clone());
                match desk.place(comment, &marker, own.as_deref(), guards) {
                    Place::Ours { comment: id, op_id } => {
                        let before = written.mapped.len();
                        desk.map(&id, comment.id, op_id.as_deref(), written);
                        // What a follow-up has, too, stays known by the one that came first.
                        match (written.mapped.len() > before, op_id) {
                            (true, Some(_)) => ours += 1,
                            (true, None) => description += 1,
                            (false, _) => {}
                        }
                        hidden += u32::from(desk.hear_visibility(comment.id, comment.public));
                    }
                    Place::New => {
                        new += 1;
                        desk.comments.push(DeskComment {
                            id: format!("r{}", comment.id),
                            public: comment.public,
                            is_description: comment.is_description,
                            remote: Some(comment.id),
                        });
                    }
                    Place::Wait => waits += 1,
                }
            }
        });
        for (count, times) in [
            (Count::PlaceNew, new),
            (Count::PlaceOursByMarker, ours),
            (Count::PlaceOursDescription, description),
            (Count::PlaceWait, waits),
            (Count::CommentHiddenHere, hidden),
        ] {
            (0..times).for_each(|_| self.tally.add(count));
        }
        if new + ours + description > 0 {
            tell!(
                self,
                [case, new, ours],
                "  case {case} takes {new} comments and knows {ours} of its own"
            );
            if self.is_idle {
                self.violate("I-21", format!("case {case} still got comments"));
            }
        }
        if hidden > 0 {
            tell!(
                self,
                [case, hidden],
                "  case {case} hides {hidden} comments"
            );
            if self.is_idle {
                self.violate("I-21", format!("case {case} still hid comments"));
            }
        }
        waits > 0
    }

    /// A page of the comments' export, as the pull takes it: what is made private within the page is
    /// never taken as public.
    fn take_rows(&mut self, rows: Vec<CommentRow>) {
        let hidden = rows.iter().filter(|row| !row.is_new);
        let hidden: Vec<i64> = hidden.map(|row| row.comment.id).collect();
        for mut row in rows {
            row.comment.public &= !hidden.contains(&row.comment.id);
            let ticket = row.comment.ticket_id;
            let known = self.db.case_of(ticket).map(|case| &self.db.desks[case]);
            let is_known = known.is_some_and(|desk| {
                let mut comments = desk.comments.iter();
                comments.any(|known| known.remote == Some(row.comment.id))
            });
            if row.is_new || is_known {
                self.take_comments(ticket, &[(row.comment, row.op)], true);
            } else {
                for (orphan, _) in &mut self.db.orphans {
                    orphan.public &= orphan.id != row.comment.id;
                }
            }
        }
    }
}
