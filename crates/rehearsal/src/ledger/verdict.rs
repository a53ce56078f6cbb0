//! What must hold once everything has come to rest.

mod merged;
mod visible;

use std::collections::BTreeSet;

use domain::case::CaseField;
use domain::desk::Desk;
use domain::outbox::{Kind, LATE, State};
use domain::plan::{case_value, ticket_value};

use crate::cast::{is_lossy, says_the_same};
use crate::remote::{Origin, RemoteTicket, case_named};
use crate::schedule::{Schedule, is_given_up};

impl Schedule<'_> {
    /// Checks every invariant that can be told from where things are.
    pub(crate) fn judge(&mut self) {
        let found = self
            .check_tickets()
            .or_else(|| self.check_edits())
            .or_else(|| self.check_convergence())
            .or_else(|| self.check_visibility())
            .or_else(|| self.check_merged_users())
            .or_else(|| self.check_merged_tickets())
            .or_else(|| self.check_writes())
            .or_else(|| self.check_sent_comments())
            .or_else(|| self.check_imported_comments())
            .or_else(|| self.check_waiting());
        if let Some((invariant, said)) = found {
            self.violate(invariant, said);
        }
    }

    fn linked(&self, desk: &Desk) -> Option<&RemoteTicket> {
        self.remote.ticket(desk.link.as_ref()?.ticket)
    }

    /// Whether a ticket is the case's, or nobody's yet.
    fn is_of(&self, found: &RemoteTicket, desk: &Desk) -> bool {
        let case = self.db.case_of(found.ticket.id);
        case.map_or(!found.is_deleted(), |case| {
            self.db.desks[case].case == desk.case
        })
    }

    /// I-01: one open ticket a case, and one case a ticket.
    fn check_tickets(&self) -> Option<(&'static str, String)> {
        let mut seen = BTreeSet::new();
        for desk in &self.db.desks {
            let link = desk.link.as_ref().map(|link| link.ticket);
            if let Some(ticket) = link
                && !seen.insert(ticket)
            {
                return Some(("I-01", format!("two cases have ticket {ticket}")));
            }
            // Whatever case a ticket has: a second one that was made for this case may have got another.
            let open: Vec<&RemoteTicket> = self
                .remote
                .tickets
                .iter()
                .filter(|found| found.is_open() && made_for(found) == Some(&desk.case))
                .filter(|found| !self.is_forgiven(found))
                .collect();
            if open.len() > 1 {
                let open: Vec<i64> = open.iter().map(|found| found.ticket.id).collect();
                let said = format!("{} has the open tickets {open:?}", desk.case);
                return Some(("I-01", said));
            }
            if let Some(found) = open.first().filter(|found| self.is_of(found, desk))
                && link != Some(found.ticket.id)
            {
                let said = format!(
                    "{} has ticket {} and is linked to {link:?}",
                    desk.case, found.ticket.id
                );
                return Some(("I-01", said));
            }
        }
        // One of ours that was deleted before it could be linked was made anew, and is nobody's.
        let unlinked = self.remote.tickets.iter().find(|found| {
            let is_ours = found.is_deleted() && found.ticket.external_id.is_some();
            !is_ours && self.db.case_of(found.ticket.id).is_none()
        });
        unlinked.map(|found| ("I-03", format!("ticket {} has no case", found.ticket.id)))
    }

    /// Whether a ticket that was made for a case, and is not the case's, came to be since nobody could
    /// know of it or of the case's own: of the two, people had deleted the older one when the younger
    /// one was made, or restored it only while the request for that may have been on its way; or one of
    /// them was still being asked for when a database was put back that had never heard of it.
    fn is_forgiven(&self, found: &RemoteTicket) -> bool {
        let Some(name) = made_for(found) else {
            return false;
        };
        let case = self.db.case_of(found.ticket.id);
        if case.is_some_and(|case| self.db.desks[case].case == name) {
            return false;
        }
        let others = self.remote.tickets.iter();
        let mut others = others
            .filter(|other| other.ticket.id != found.ticket.id && made_for(other) == Some(name));
        others.any(|other| {
            let younger_first = found.ticket.id > other.ticket.id;
            let (older, younger) = if younger_first {
                (other, found)
            } else {
                (found, other)
            };
            was_away(older, younger) || self.was_adrift(older) || self.was_adrift(younger)
        })
    }

    /// Whether a ticket's request was on its way when an old state was put back.
    fn was_adrift(&self, found: &RemoteTicket) -> bool {
        let born = found.audits.first().and_then(|audit| audit.op.as_ref());
        born.is_some_and(|op| self.ledger.adrift.contains(op))
    }

    /// I-04: every human value is final, superseded, once agreed on, or in a conflict record.
    fn check_edits(&self) -> Option<(&'static str, String)> {
        self.ledger.edits.iter().find_map(|edit| {
            let (stands, place) = match (edit.case, edit.ticket) {
                (Some(case), _) => {
                    let desk = self.db.desks.get(case)?;
                    let value = case_value(&desk.fields, edit.field);
                    (value == edit.value, format!("case {case}"))
                }
                (None, Some(ticket)) => {
                    let found = self.remote.ticket(ticket)?;
                    let value = ticket_value(&found.ticket, edit.field);
                    (
                        value == edit.value || found.is_deleted(),
                        format!("ticket {ticket}"),
                    )
                }
                (None, None) => return None,
            };
            let said = || format!("{} {:?} of {place} is lost", edit.field, edit.value);
            (!stands).then(|| ("I-04", said()))
        })
    }

    /// I-14 and I-21: both sides say the same, or the field itself is parked.
    fn check_convergence(&self) -> Option<(&'static str, String)> {
        self.db.desks.iter().find_map(|desk| {
            let found = self.linked(desk)?;
            if found.is_deleted() {
                return None;
            }
            let link = desk.link.as_ref()?;
            CaseField::ALL.iter().find_map(|&field| {
                let crm = case_value(&desk.fields, field);
                let zendesk = ticket_value(&found.ticket, field);
                let agreed = link.agreed.get(field);
                let unchanged = agreed.is_some_and(|pair| pair.crm == crm && pair.zendesk == zendesk);
                let stays_here = self.db.is_one_way()
                    && agreed.is_some_and(|pair| pair.crm != crm && pair.zendesk == zendesk);
                let known = !is_lossy(field, &crm, &zendesk)
                    || agreed.is_some_and(|pair| pair.crm == crm);
                if (known && says_the_same(field, &crm, &zendesk, &self.swarm))
                    || desk.line().is_parked(field, &crm)
                    || stays_here
                {
                    return None;
                }
                let said = format!(
                    "{field} of {} is {crm:?} here and {zendesk:?} in Zendesk, agreed {agreed:?} (as it stands: {unchanged})",
                    desk.case
                );
                Some(("I-21", said))
            })
        })
    }

    /// I-02, I-03 and I-13 for comments that were written here.
    fn check_sent_comments(&self) -> Option<(&'static str, String)> {
        self.db.desks.iter().find_map(|desk| {
            let mut last = (0, "");
            for comment in &desk.comments {
                let copies: Vec<_> = self
                    .remote
                    .tickets
                    .iter()
                    .filter(|found| !self.is_forgiven(found) && !self.is_nobodys(found))
                    .filter(|found| !found.is_deleted() || !self.was_away_for_another(found))
                    .flat_map(|found| &found.comments)
                    .filter(|there| matches!(&there.origin, Origin::Ours(id) if *id == comment.id))
                    .collect();
                if copies.len() > 1 {
                    let said = format!(
                        "comment {} is in Zendesk {} times",
                        comment.id,
                        copies.len()
                    );
                    return Some(("I-02", said));
                }
                match copies.first() {
                    // Parked: it looks for its marker once the ticket is restored.
                    Some(_) if comment.remote.is_none() && Self::is_parked(desk, &comment.id) => {}
                    Some(copy) if comment.remote != Some(copy.id) => {
                        let said = format!(
                            "comment {} is {} in Zendesk and known as {:?}",
                            comment.id, copy.id, comment.remote
                        );
                        return Some(("I-02", said));
                    }
                    Some(copy) if !self.lost_its_place(&comment.id) => {
                        if copy.id < last.0 {
                            let said = format!("comment {} came after {}", last.1, comment.id);
                            return Some(("I-13", said));
                        }
                        last = (copy.id, comment.id.as_str());
                    }
                    Some(_) => {}
                    None if self.is_still_owed(desk, &comment.id, comment.remote) => {
                        return Some(("I-03", format!("comment {} was never sent", comment.id)));
                    }
                    None => {}
                }
            }
            None
        })
    }

    /// Whether a ticket was deleted before a restored database could link it again: nobody can read what
    /// is on it.
    fn is_nobodys(&self, found: &RemoteTicket) -> bool {
        found.is_deleted() && self.db.case_of(found.ticket.id).is_none()
    }

    /// Whether people had deleted this ticket when a younger one of the same case was made: what it has
    /// nobody could read then, and may be said there again.
    fn was_away_for_another(&self, found: &RemoteTicket) -> bool {
        let Some(name) = made_for(found).or_else(|| self.case_of(found)) else {
            return false;
        };
        let mut others = self.remote.tickets.iter();
        others.any(|other| {
            other.ticket.id > found.ticket.id
                && made_for(other) == Some(name)
                && was_away(found, other)
        })
    }

    /// The case that has or had this ticket.
    fn case_of(&self, found: &RemoteTicket) -> Option<&str> {
        let case = self.db.case_of(found.ticket.id)?;
        Some(self.db.desks[case].case.as_str())
    }

    fn lost_its_place(&self, comment: &str) -> bool {
        self.ledger.parked_comments.contains(comment) || comment.starts_with('d')
    }

    fn is_parked(desk: &Desk, comment: &str) -> bool {
        desk.operations.iter().any(|operation| {
            let payload = &operation.payload;
            let draft = payload.draft.as_ref().map(|draft| draft.comment.as_str());
            operation.state == State::Parked
                && (payload.comment.as_deref() == Some(comment) || draft == Some(comment))
        })
    }

    /// Whether a comment that is not in Zendesk should be.
    fn is_still_owed(&self, desk: &Desk, comment: &str, remote: Option<i64>) -> bool {
        let parked = Self::is_parked(desk, comment);
        let sendable = desk.link.is_some() && !self.db.is_one_way();
        sendable
            && remote.is_none()
            && !parked
            && !is_given_up(desk, comment)
            && !comment.starts_with('d')
    }

    /// I-02 and I-03 for comments that are in Zendesk.
    fn check_imported_comments(&self) -> Option<(&'static str, String)> {
        for found in &self.remote.tickets {
            let Some(case) = self.db.case_of(found.ticket.id) else {
                continue;
            };
            let desk = &self.db.desks[case];
            for there in &found.comments {
                let here: Vec<_> = desk
                    .comments
                    .iter()
                    .filter(|comment| comment.remote == Some(there.id))
                    .collect();
                let [known] = here[..] else {
                    let is_ours = matches!(there.origin, Origin::Ours(_));
                    if here.is_empty()
                        && found.is_deleted()
                        && is_ours
                        && self.was_away_for_another(found)
                    {
                        continue;
                    }
                    let invariant = if here.is_empty() { "I-03" } else { "I-02" };
                    let said = format!(
                        "Zendesk's comment {} is here {} times",
                        there.id,
                        here.len()
                    );
                    return Some((invariant, said));
                };
                if let Origin::Ours(id) = &there.origin
                    && known.id != *id
                    && desk.comments.iter().any(|comment| comment.id == *id)
                {
                    let said = format!("our comment {id} came back as {}", known.id);
                    return Some(("I-02", said));
                }
            }
        }
        None
    }

    /// I-24: what is parked says why; nothing else waits.
    fn check_waiting(&self) -> Option<(&'static str, String)> {
        self.db.desks.iter().find_map(|desk| {
            desk.operations.iter().find_map(|operation| {
                let silent = operation.state == State::Parked && operation.reason.is_none();
                let empty = operation.state == State::Parked
                    && operation.kind == Kind::Fields
                    && operation.unknown_until.is_none()
                    && operation.payload.parked.is_empty();
                if silent || empty {
                    let said = format!("{} of {} is parked for nothing", operation.kind, desk.case);
                    return Some(("I-24", said));
                }
                None
            })
        })
    }
}

/// The case that a ticket was made for, whatever case it has got.
fn made_for(found: &RemoteTicket) -> Option<&str> {
    case_named(found.ticket.external_id.as_deref()?)
}

/// Whether people had deleted a ticket when this younger one was made, or restored it only while the
/// younger one's request may have been on its way.
fn was_away(older: &RemoteTicket, younger: &RemoteTicket) -> bool {
    let made = younger
        .ticket
        .created_at
        .map_or(0, jiff::Timestamp::as_second);
    older.away.is_some_and(|(since, until)| {
        let until = until.map_or(i64::MAX, |until| until + LATE.as_secs());
        (since..=until).contains(&made)
    })
}

#[cfg(test)]
mod tests;
