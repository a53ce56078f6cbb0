//! I-10: merges of customers and of tickets. And I-07: what was written, and what it was written for.

use domain::case::CaseField;
use domain::outbox::{Parked, State};
use domain::plan::{case_value, ticket_value};
use domain::push::{Planned, Sending};

use crate::cast::contact_of;
use crate::schedule::Schedule;
use crate::tally::Count;

impl Schedule<'_> {
    /// No ticket names who is gone, a case whose ticket went over to who stayed has their contact, and
    /// no case has lost the contact it had.
    pub(super) fn check_merged_users(&self) -> Option<(&'static str, String)> {
        let (gone, kept) = self.swarm.merged?;
        let of = |user: i64| Some(user.to_string());
        let tickets = self.remote.tickets.iter();
        let mut left = tickets.filter(|found| found.ticket.requester_id == Some(gone));
        if let Some(found) = left.next() {
            let said = format!("ticket {} is {gone}'s still, who is gone", found.ticket.id);
            return Some(("I-10", said));
        }
        self.db.desks.iter().find_map(|desk| {
            let contact = case_value(&desk.fields, CaseField::Contact);
            if contact.is_none() && self.ledger.with_contact.contains(&desk.case) {
                return Some(("I-10", format!("{} has lost its contact", desk.case)));
            }
            let found = self.linked(desk).filter(|found| !found.is_deleted())?;
            let moved = self.ledger.moved.contains(&found.ticket.id)
                && ticket_value(&found.ticket, CaseField::Contact) == of(kept);
            let is_behind = moved
                && contact.as_deref() == contact_of(gone)
                && contact_of(gone) != contact_of(kept)
                && !self.db.is_one_way()
                && !desk.line().is_parked(CaseField::Contact, &contact);
            is_behind.then(|| {
                let said = format!("{} is still the contact's who is gone", desk.case);
                ("I-10", said)
            })
        })
    }

    /// Nobody is named to Zendesk of whom it is known here that they are gone.
    pub(crate) fn check_named(&mut self, case: usize, planned: &Planned) {
        let Planned::Send(Sending::Fields { values, .. }) = planned else {
            return;
        };
        let named = values.get(&CaseField::Contact).cloned().flatten();
        if let Some(gone) = self.db.gone
            && named.is_some_and(|user| user == gone.to_string())
        {
            let said = format!("case {case} names {gone} to Zendesk, who is known to be gone");
            self.violate("I-10", said);
        }
    }

    /// What waits for a merged ticket names the survivor, and no follow-up is offered for it.
    pub(super) fn check_merged_tickets(&self) -> Option<(&'static str, String)> {
        self.db.desks.iter().find_map(|desk| {
            let found = self.linked(desk)?;
            let into = found.merged_into?;
            let parked = desk.operations.iter();
            let mut parked = parked.filter(|operation| operation.state == State::Parked);
            let wrong = parked.find(|operation| {
                operation.reason.as_ref().is_some_and(|reason| {
                    let elsewhere = |told: &Option<i64>| *told != Some(into);
                    *reason == Parked::TicketClosed
                        || matches!(reason, Parked::TicketMerged { into } if elsewhere(into))
                })
            })?;
            let said = format!(
                "{} was merged into {into}, and its {} waits since {:?}",
                found.ticket.id, wrong.kind, wrong.reason
            );
            Some(("I-10", said))
        })
    }

    /// I-07, its second half: we set no more fields than people and rules gave reason to. A status may
    /// need an assignee with it, so an edit is good for two.
    pub(super) fn check_writes(&self) -> Option<(&'static str, String)> {
        let again = self.ledger.restored || self.ledger.wiped || self.switched || self.rule_moved;
        if again {
            return None;
        }
        let edits: u64 = [
            Count::LocalEdit,
            Count::RemoteEdit,
            Count::TriggerSameAudit,
            Count::TriggerOwnAudit,
            Count::RequesterMoved,
        ]
        .map(|count| self.tally.get(count))
        .iter()
        .sum();
        let set = u64::from(self.remote.fields_set);
        (set > 2 * edits).then(|| {
            let said =
                format!("{set} fields were set in Zendesk, after {edits} edits on both sides");
            ("I-07", said)
        })
    }
}
