//! What people did on either side, and what has become of it.

mod verdict;

use std::collections::{BTreeSet, HashMap};

use domain::case::CaseField;
use domain::desk::Desk;
use domain::plan::{FieldConflict, case_value};
use domain::push::{Audit, Draft};
use domain::value::Value;
use jiff::Timestamp;

use crate::cast::says_the_same;
use crate::swarm::Swarm;

/// An invariant that did not hold.
#[derive(Debug, Clone)]
pub struct Violation {
    /// Its number in reliability.md 2.
    pub invariant: &'static str,
    /// What happened, as a sentence.
    pub said: String,
}

/// A human value (or a rule's) whose fate is still open.
#[derive(Debug, Clone)]
pub(crate) struct Edit {
    /// The case it was made on, or none for one made in Zendesk.
    pub(crate) case: Option<usize>,
    /// The ticket it was made on.
    pub(crate) ticket: Option<i64>,
    pub(crate) field: CaseField,
    pub(crate) value: Value,
    /// Whether a rule made it in the audit of a write of ours.
    pub(crate) in_our_audit: bool,
}

/// The log of edits, with what the checks need to know.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) edits: Vec<Edit>,
    pub(crate) violations: Vec<Violation>,
    /// Whether an old state was ever put back.
    pub(crate) restored: bool,
    /// The operations whose request for a ticket was on its way when an old state was put back.
    pub(crate) adrift: BTreeSet<String>,
    /// Comments of the cases that were private when they were written.
    pub(crate) private: BTreeSet<String>,
    /// Whether what was agreed on was ever wiped.
    pub(crate) wiped: bool,
    /// The tickets that a merge of customers gave another requester.
    pub(crate) moved: BTreeSet<i64>,
    /// The cases that ever had a contact.
    pub(crate) with_contact: BTreeSet<String>,
    /// The operations that wait for Zendesk's limits, with until when.
    pub(crate) limited: HashMap<String, Timestamp>,
    /// Comments that were ever parked, or were there at a break: they lost their place.
    pub(crate) parked_comments: BTreeSet<String>,
    /// The newest state of the ticket that each case has merged.
    newest: HashMap<usize, (Option<i64>, Option<Timestamp>)>,
}

impl Ledger {
    /// A person gave a field of a case this value.
    pub(crate) fn edited_here(&mut self, case: usize, desk: &Desk, field: CaseField) {
        self.edits
            .retain(|edit| edit.case != Some(case) || edit.field != field);
        let value = case_value(&desk.fields, field);
        let agreed = desk.link.as_ref().and_then(|link| link.agreed.get(field));
        if agreed.is_some_and(|pair| pair.crm == value) {
            // Taken back to what is agreed on: that is no edit any more.
            return;
        }
        self.edits.push(Edit {
            case: Some(case),
            ticket: None,
            field,
            value,
            in_our_audit: false,
        });
    }

    /// A person or a rule gave a field of a ticket this value.
    pub(crate) fn edited_there(
        &mut self,
        ticket: i64,
        desk: Option<&Desk>,
        field: CaseField,
        value: Value,
    ) {
        self.edits
            .retain(|edit| edit.ticket != Some(ticket) || edit.field != field);
        let link = desk.and_then(|desk| desk.link.as_ref());
        let agreed = link.and_then(|link| link.agreed.get(field).filter(|_| link.ticket == ticket));
        if agreed.is_some_and(|pair| pair.zendesk == value) {
            // Taken back to what is agreed on: that is no edit any more.
            return;
        }
        self.edits.push(Edit {
            case: None,
            ticket: Some(ticket),
            field,
            value,
            in_our_audit: false,
        });
    }

    /// Notes that a rule made the last edit of this field in the audit of a write of ours.
    pub(crate) fn made_in_our_audit(&mut self, ticket: i64, field: CaseField) {
        for edit in &mut self.edits {
            if edit.ticket == Some(ticket) && edit.field == field {
                edit.in_our_audit = true;
            }
        }
    }

    /// Strikes out the edits that were once agreed on, or are in a conflict record.
    pub(crate) fn observe(&mut self, desk: &Desk, conflicts: &[FieldConflict], swarm: &Swarm) {
        let Some(case) = case_number(desk) else {
            return;
        };
        if desk.fields.contact.is_some() {
            self.with_contact.insert(desk.case.clone());
        }
        let link = desk.link.as_ref();
        let ticket = link.map(|link| link.ticket);
        self.edits.retain(|edit| {
            let here = edit.case == Some(case);
            if !here && (edit.ticket.is_none() || edit.ticket != ticket) {
                return true;
            }
            let recorded = conflicts.iter().any(|conflict| {
                let value = if here {
                    &conflict.crm
                } else {
                    &conflict.zendesk
                };
                conflict.field == edit.field && *value == edit.value
            });
            let agreed = link.and_then(|link| link.agreed.get(edit.field));
            let agreed = agreed.is_some_and(|pair| {
                let half = if here { &pair.crm } else { &pair.zendesk };
                // A pair whose halves say different things is not an agreement; nor is what Zendesk has
                // if the case never got it.
                // That is told by subjects only, since no two of them are the same.
                let arrived = here
                    || edit.field != CaseField::Subject
                    || case_value(&desk.fields, edit.field) == pair.crm;
                let same = says_the_same(edit.field, &pair.crm, &pair.zendesk, swarm);
                *half == edit.value && same && arrived
            });
            !recorded && !agreed
        });
    }

    /// Strikes out the edits that an operation's own audit shows as taken: they were agreed on, if only
    /// until the same transaction met what somebody made of them in Zendesk since.
    pub(crate) fn accepted(&mut self, case: usize, audit: &Audit, swarm: &Swarm) {
        self.edits.retain(|edit| {
            let taken = audit.fields.iter().any(|(field, value)| {
                *field == edit.field && says_the_same(*field, &edit.value, value, swarm)
            });
            edit.case != Some(case) || !taken
        });
    }

    /// The same for the ticket that a draft became.
    pub(crate) fn created(&mut self, case: usize, draft: &Draft, swarm: &Swarm) {
        self.edits.retain(|edit| {
            let was_made = match draft.sent.get(&edit.field) {
                Some(pair) => pair.crm == edit.value,
                // Nobody was assigned, if that was not said.
                None => {
                    edit.field == CaseField::AssignedTo
                        && says_the_same(edit.field, &edit.value, &None, swarm)
                }
            };
            edit.case != Some(case) || !was_made
        });
    }

    /// The newest state of this ticket that the case has merged.
    pub(crate) fn newest(&self, case: usize, ticket: Option<i64>) -> Option<Timestamp> {
        let (known, at) = self.newest.get(&case)?;
        at.filter(|_| *known == ticket)
    }

    /// Notes that the case has merged a state of this ticket.
    pub(crate) fn merged(&mut self, case: usize, ticket: Option<i64>, at: Option<Timestamp>) {
        let newest = self.newest(case, ticket).max(at);
        self.newest.insert(case, (ticket, newest));
    }

    /// Forgets what a database that was put back cannot know.
    pub(crate) fn restore(&mut self, edits_here: &[Edit]) {
        self.restored = true;
        self.newest.clear();
        self.limited.clear();
        // Of an audit of ours a database that was put back cannot tell what we had asked for and what
        // a rule added.
        self.edits
            .retain(|edit| edit.case.is_none() && !edit.in_our_audit);
        self.edits.extend(edits_here.iter().cloned());
    }

    /// The edits made here whose fate is open.
    pub(crate) fn edits_here(&self) -> Vec<Edit> {
        let here = self.edits.iter().filter(|edit| edit.case.is_some());
        here.cloned().collect()
    }
}

/// The number of a case, from its id: that is the number and something never used twice, also not by
/// a database that was put back.
pub(crate) fn case_number(desk: &Desk) -> Option<usize> {
    let (number, _) = desk.case.strip_prefix("case")?.split_once('.')?;
    number.parse().ok()
}
