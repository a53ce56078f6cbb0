//! Plan, then act: what a pull does to one ticket's case, and to one user's contact.
//!
//! Everything here is pure and total. The engine carries a plan out to the letter and decides nothing;
//! a plan that was carried out plans to nothing. [`ticket`] plans cases, [`person`] plans contacts.

pub mod person;
pub mod ticket;

pub use person::{
    ContactFields, NewContact, PersonField, PersonUpdate, contact_value, new_contact, plan_person,
    user_value,
};
pub use ticket::{
    CaseUpdate, NewCase, TicketFacts, TicketPlan, case_value, description_key, plan_change,
    plan_new, plan_ticket, ticket_value,
};
pub(crate) use ticket::{crm_in_zendesk, set_ticket_value, zendesk_in_crm};

use crate::case::CaseField;
use crate::merge::{Outcome, Winner};
use crate::value::{Agreed, Hide, Pair, Value};

/// One field that takes another value here.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldChange<F = CaseField> {
    /// Which field.
    pub field: F,
    /// Its value before.
    pub from: Value,
    /// Its value after.
    pub to: Value,
}

impl<F: std::fmt::Debug> std::fmt::Debug for FieldChange<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FieldChange")
            .field("field", &self.field)
            .field("from", &self.from.hidden())
            .field("to", &self.to.hidden())
            .finish()
    }
}

/// One field that both sides changed, for the conflict record: all three sides as they were met.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldConflict<F = CaseField> {
    /// Which field.
    pub field: F,
    /// Our value, in our words.
    pub crm: Value,
    /// Zendesk's value, raw.
    pub zendesk: Value,
    /// What both had last agreed on, if they ever did.
    pub agreed: Option<Pair>,
    /// Whose value stands; the other one is the value to restore.
    pub winner: Winner,
}

impl<F: std::fmt::Debug> std::fmt::Debug for FieldConflict<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FieldConflict")
            .field("field", &self.field)
            .field("crm", &self.crm.hidden())
            .field("zendesk", &self.zendesk.hidden())
            .field("agreed", &self.agreed)
            .field("winner", &self.winner)
            .finish()
    }
}

/// What the fields of one record come to, gathered one outcome at a time.
struct Tally<F: Ord> {
    agreed: Agreed<F>,
    agreed_moved: bool,
    changes: Vec<FieldChange<F>>,
    conflicts: Vec<FieldConflict<F>>,
    waiting_for_zendesk: Vec<F>,
}

/// What one outcome asks of the record itself, beyond what is gathered.
enum Step {
    /// The field stays as it is.
    Stay,
    /// The field takes this value.
    Take(Value),
    /// The field waits for somebody to say what this word means.
    Wait(String),
}

impl<F: Ord + Copy> Tally<F> {
    /// Starts from what was agreed so far.
    fn from(agreed: &Agreed<F>) -> Self {
        Self {
            agreed: agreed.clone(),
            agreed_moved: false,
            changes: Vec::new(),
            conflicts: Vec::new(),
            waiting_for_zendesk: Vec::new(),
        }
    }

    /// Makes this the agreed pair of the field.
    fn agree(&mut self, field: F, pair: Pair) {
        self.agreed_moved |= self.agreed.put(field, pair);
    }

    /// Notes that the field takes a value here.
    fn change(&mut self, field: F, from: &Value, to: Value) -> Step {
        self.changes.push(FieldChange {
            field,
            from: from.clone(),
            to: to.clone(),
        });
        Step::Take(to)
    }

    /// Notes one outcome; `crm` and `zendesk` are the values it was decided on.
    fn settle(&mut self, field: F, outcome: Outcome, crm: &Value, zendesk: &Value) -> Step {
        match outcome {
            Outcome::Nothing | Outcome::KeptHere => Step::Stay,
            Outcome::Agree(pair) => {
                self.agree(field, pair);
                Step::Stay
            }
            Outcome::ToCrm { value, agreed } => {
                self.agree(field, agreed);
                self.change(field, crm, value)
            }
            Outcome::ToZendesk { value: _ } | Outcome::Unsendable(_) => {
                self.waiting_for_zendesk.push(field);
                Step::Stay
            }
            Outcome::Conflict {
                winner,
                value,
                agreed,
                losing: _,
            } => {
                self.conflicts.push(FieldConflict {
                    field,
                    crm: crm.clone(),
                    zendesk: zendesk.clone(),
                    agreed: self.agreed.get(field).cloned(),
                    winner,
                });
                self.agree(field, agreed);
                match winner {
                    Winner::Zendesk => self.change(field, crm, value),
                    Winner::Crm => {
                        self.waiting_for_zendesk.push(field);
                        Step::Stay
                    }
                }
            }
            Outcome::Unmapped(word) => Step::Wait(word),
        }
    }
}
