//! What happens beside the steps, by a stream of its own: comments are made private, customers merged,
//! webhooks come in a burst, what was agreed on is wiped.

use domain::case::CaseField;
use domain::value::Agreed;

use super::{Schedule, tell};
use crate::cast::{CUSTOMERS, SECOND_CUSTOMER};
use crate::tally::Count;

/// Webhooks of one burst.
const BURST: i64 = 40;

impl Schedule<'_> {
    /// Lets the stream of the tricks do what it has in store for this step.
    pub(super) fn play_tricks(&mut self) {
        let rates = self.swarm.tricks.clone();
        if self.aside.per_mille(rates.hide) {
            self.hide_comment();
        }
        if self.aside.per_mille(rates.merge_users) {
            self.merge_users();
        }
        if self.aside.per_mille(rates.burst) {
            self.burst();
        }
        if self.aside.per_mille(rates.wipe) {
            self.wipe();
        }
    }

    /// Whether the next first comment is private.
    pub(crate) fn begins_in_private(&mut self) -> bool {
        let private = self.aside.per_mille(self.swarm.tricks.private_first);
        if private {
            self.tally.add(Count::PrivateFirst);
        }
        private
    }

    fn hide_comment(&mut self) {
        let public: Vec<(i64, i64)> = self
            .remote
            .tickets
            .iter()
            .filter(|found| found.is_open())
            .flat_map(|found| {
                let comments = found.comments.iter().filter(|comment| comment.public);
                comments.map(|comment| (found.ticket.id, comment.id))
            })
            .collect();
        if public.is_empty() {
            return;
        }
        let (ticket, comment) = public[self.aside.index(public.len())];
        if self.remote.hide(ticket, comment) {
            self.tally.add(Count::CommentHidden);
            tell!(
                self,
                [ticket, comment],
                "there: comment {comment} on ticket {ticket} becomes private"
            );
            self.announce(ticket);
        }
    }

    /// Two customers become one, once in a schedule.
    fn merge_users(&mut self) {
        if !self.remote.gone.is_empty() {
            return;
        }
        let [first, second] = CUSTOMERS;
        let pairs = [(first, second), (second, first), (first, SECOND_CUSTOMER)];
        let (gone, kept) = self.aside.pick(&pairs);
        let moved = self.remote.merge_users(gone, kept);
        self.swarm.merged = Some((gone, kept));
        self.tally.add(Count::UsersMerged);
        tell!(
            self,
            [gone, kept],
            "there: customer {gone} is merged into {kept}, with tickets {moved:?}"
        );
        for ticket in moved {
            self.tally.add(Count::RequesterMoved);
            self.ledger.moved.insert(ticket);
            self.note_edit_there(ticket, CaseField::Contact, Some(kept.to_string()));
            self.announce(ticket);
        }
    }

    fn burst(&mut self) {
        let tickets = self.remote.tickets.len();
        if tickets == 0 || self.swarm.wire.webhook == 0 {
            return;
        }
        let ticket = self.remote.tickets[self.aside.index(tickets)].ticket.id;
        self.tally.add(Count::WebhookBurst);
        tell!(self, [ticket], "{BURST} webhooks about ticket {ticket}");
        let now = self.now_ms;
        let burst = (0..BURST).map(|n| (now + n * 20, ticket));
        self.wire.webhooks.extend(burst);
    }

    fn wipe(&mut self) {
        let linked = self.db.desks.iter_mut();
        let mut linked: Vec<_> = linked
            .filter_map(|desk| Some((desk.case.clone(), desk.link.as_mut()?)))
            .collect();
        if linked.is_empty() {
            return;
        }
        let at = self.aside.index(linked.len());
        let (case, link) = &mut linked[at];
        link.agreed = Agreed::default();
        let case = case.clone();
        self.ledger.wiped = true;
        self.tally.add(Count::AgreedWiped);
        tell!(self, [at], "here: what {case} agreed on is wiped");
    }
}
