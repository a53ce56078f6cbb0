//! What a pull does to one ticket's case.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{FieldChange, FieldConflict, Step, Tally};
use crate::case::{CaseField, CaseFields, CasePriority, CaseSource, CaseStatus};
use crate::identity::{self, IdentityRules, People};
use crate::mapping::{self, Maps, NO_SUBJECT, Translation};
use crate::merge::{Mode, Outcome, Sides, Winner, merge};
use crate::refusal::Warning;
use crate::ticket::{Life, Ticket, TicketKind};
use crate::value::{Agreed, Pair, Value, not_blank, quiet_debug};

/// Everything a ticket's plan depends on, but for the case.
#[derive(Debug, Clone, Copy)]
pub struct TicketFacts<'a> {
    /// The ticket as Zendesk last sent it.
    pub ticket: &'a Ticket,
    /// At least the people the ticket names that have arrived, and who they are here.
    pub people: &'a People,
    /// Who stands in for whom.
    pub rules: &'a IdentityRules,
    /// What status and priority words mean.
    pub maps: &'a Maps,
    /// Whether Zendesk may be written, and who wins.
    pub mode: Mode,
}

/// What a pull does to one ticket's case. Closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketPlan {
    /// The ticket has no case yet: make this one.
    Create(NewCase),
    /// The ticket has a case: carry this out.
    Update(CaseUpdate),
    /// Nothing to do, and nothing to say.
    Nothing,
}

/// A case to be made for a ticket.
#[derive(Clone, PartialEq, Eq)]
pub struct NewCase {
    /// Its values.
    pub fields: CaseFields,
    /// When the ticket was created in Zendesk.
    pub reported_at: Option<Timestamp>,
    /// How it came in.
    pub source: CaseSource,
    /// Id of the user who owns it; set now and never again by the sync.
    pub owner: Value,
    /// What is agreed from the start, a pair for every field.
    pub agreed: Agreed<CaseField>,
    /// What a person should know of.
    pub warnings: Vec<Warning>,
}

quiet_debug!(NewCase {
    shown: [fields, reported_at, source, owner, agreed, warnings],
    hidden: []
});

/// What happens to an existing case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseUpdate {
    /// The fields that take another value, for the history and a dry run. Of a description only the
    /// [`description_key`]s: a text that was redacted in Zendesk must not live on in a history.
    pub changes: Vec<FieldChange>,
    /// The case's values after it.
    pub fields: CaseFields,
    /// What is agreed after it.
    pub agreed: Agreed<CaseField>,
    /// Whether `agreed` differs from before.
    pub agreed_moved: bool,
    /// Conflict records to write, once each.
    pub conflicts: Vec<FieldConflict>,
    /// Fields of the case that are still to reach Zendesk. The pull leaves them for the push, which
    /// reads the ticket again and decides then.
    pub waiting_for_zendesk: Vec<CaseField>,
    /// What a person should know of.
    pub warnings: Vec<Warning>,
}

impl CaseUpdate {
    /// Whether nothing is to be written, by the pull or the push, and nothing to be said.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
            && !self.agreed_moved
            && self.conflicts.is_empty()
            && self.waiting_for_zendesk.is_empty()
            && self.warnings.is_empty()
    }
}

/// Plans one ticket, with its case and what is agreed on the link if it has one.
pub fn plan_ticket(
    facts: TicketFacts<'_>,
    here: Option<(&CaseFields, &Agreed<CaseField>)>,
) -> TicketPlan {
    match here {
        None => plan_new(facts).map_or(TicketPlan::Nothing, TicketPlan::Create),
        Some((current, agreed)) => {
            let update = plan_change(facts, current, agreed);
            if update.is_empty() {
                TicketPlan::Nothing
            } else {
                TicketPlan::Update(update)
            }
        }
    }
}

/// The case for a ticket seen for the first time (ticket-sync.md 3).
///
/// Every ticket gets one, a deleted one too, since its fields are still true. `None` only for a
/// scrubbed ticket: nothing of it is left to make a case of.
///
/// Every field has a pair from the start, so that two-way sync can be switched on later without a new
/// import. Where Zendesk's value is not known yet (an unknown status word, a requester who has not
/// arrived), the case gets a plain default and Zendesk's half says nothing: so Zendesk counts as
/// changed as soon as the value is understood, and the case follows without a conflict.
pub fn plan_new(facts: TicketFacts<'_>) -> Option<NewCase> {
    let ticket = facts.ticket;
    match ticket.life() {
        Life::Scrubbed => return None,
        Life::Alive | Life::Closed | Life::Deleted => {}
    }
    let mut fields = CaseFields {
        subject: NO_SUBJECT.to_owned(),
        description: ticket.description.clone().unwrap_or_default(),
        status: CaseStatus::Open,
        priority: CasePriority::Normal,
        assigned_to: facts.rules.owner.clone(),
        contact: identity::contact_meanwhile(ticket, facts.people),
        closed_at: None,
    };
    let mut agreed = Agreed::default();
    let mut warnings = Vec::new();
    for &field in CaseField::ALL {
        let zendesk = ticket_value(ticket, field);
        let zendesk = match zendesk_in_crm(facts, field, &zendesk) {
            Translation::To(value) => {
                take(&mut fields, ticket, field, value);
                zendesk
            }
            Translation::Keep => zendesk,
            Translation::Unknown(word) => {
                warnings.extend(waiting(facts, field, word));
                None
            }
        };
        agreed.put(field, Pair::new(case_value(&fields, field), zendesk));
    }
    if fields.status.is_done() {
        fields.closed_at = ticket.updated_at;
    }
    if ticket.requester_id.is_none() {
        warnings.push(Warning::NoRequester { ticket: ticket.id });
    }
    if let Some(user) = ticket.submitter_id
        && ticket.submitter_id != ticket.requester_id
        && facts.people.get(user).is_none()
    {
        warnings.push(Warning::MissingSubmitter {
            ticket: ticket.id,
            user,
        });
    }
    warnings.extend(unknown_kind(ticket));
    Some(NewCase {
        fields,
        reported_at: ticket.created_at,
        source: mapping::source_from_channel(ticket.channel.as_deref()),
        owner: identity::owner(ticket, facts.people, facts.rules),
        agreed,
        warnings,
    })
}

/// What a ticket's present state does to its case (ticket-sync.md 3 and 4).
///
/// A deleted ticket changes nothing here: the case is kept with a notice, and the nulls of a deletion
/// never reach it. Nor does a scrubbed one. A closed ticket is an ordinary one here; that nothing can
/// be sent to it any more is the push's to say.
pub fn plan_change(
    facts: TicketFacts<'_>,
    current: &CaseFields,
    agreed: &Agreed<CaseField>,
) -> CaseUpdate {
    let ticket = facts.ticket;
    let mut tally = Tally::from(agreed);
    let mut fields = current.clone();
    let mut warnings = Vec::new();
    match ticket.life() {
        Life::Alive | Life::Closed => {
            for &field in CaseField::ALL {
                let crm = case_value(current, field);
                let zendesk = ticket_value(ticket, field);
                let outcome = decide(facts, field, (&crm, current), &zendesk, agreed.get(field));
                match tally.settle(field, outcome, &crm, &zendesk) {
                    Step::Stay => {}
                    Step::Take(value) => take(&mut fields, ticket, field, value),
                    Step::Wait(word) => warnings.extend(waiting(facts, field, word)),
                }
            }
            if fields.status != current.status {
                fields.closed_at = closed_at(&fields, current, ticket);
            }
            warnings.extend(unknown_kind(ticket));
        }
        Life::Deleted | Life::Scrubbed => {}
    }
    // A description is never sent, so it never waits.
    tally
        .waiting_for_zendesk
        .retain(|field| *field != CaseField::Description);
    CaseUpdate {
        changes: tally.changes,
        fields,
        agreed: tally.agreed,
        agreed_moved: tally.agreed_moved,
        conflicts: tally.conflicts,
        waiting_for_zendesk: tally.waiting_for_zendesk,
        warnings,
    }
}

/// Merges one field: its value on the case, which has these fields, and on the ticket.
fn decide(
    facts: TicketFacts<'_>,
    field: CaseField,
    (crm, current): (&Value, &CaseFields),
    zendesk: &Value,
    agreed: Option<&Pair>,
) -> Outcome {
    let sides = Sides {
        agreed,
        crm,
        zendesk,
        zendesk_in_crm: &zendesk_in_crm(facts, field, zendesk),
        crm_in_zendesk: &crm_in_zendesk(facts, field, current),
    };
    match field {
        CaseField::Description => decide_description(&sides),
        CaseField::Subject
        | CaseField::Status
        | CaseField::Priority
        | CaseField::AssignedTo
        | CaseField::Contact => merge(&sides, facts.mode),
    }
}

/// Merges the description, which Zendesk never takes: its change (a redaction) reaches a case whose
/// description nobody edited here, and an edit made here stays, whatever the priority says. If both
/// changed, that is recorded once, and Zendesk's text stays to be had from the mirror.
fn decide_description(sides: &Sides<'_>) -> Outcome {
    match (sides.agreed, merge(sides, Mode::OneWay)) {
        (
            Some(agreed),
            Outcome::Conflict {
                winner: _,
                value: _,
                agreed: _,
                losing: _,
            },
        ) => Outcome::Conflict {
            winner: Winner::Crm,
            value: None,
            agreed: Pair::new(agreed.crm.clone(), sides.zendesk.clone()),
            losing: sides.zendesk.clone(),
        },
        (_, outcome) => outcome,
    }
}

/// The case's value of a field, as it is compared and agreed on.
pub fn case_value(fields: &CaseFields, field: CaseField) -> Value {
    match field {
        CaseField::Subject => Some(fields.subject.clone()),
        CaseField::Description => description_key(Some(&fields.description)),
        CaseField::Status => Some(fields.status.as_str().to_owned()),
        CaseField::Priority => Some(fields.priority.as_str().to_owned()),
        CaseField::AssignedTo => fields.assigned_to.clone(),
        CaseField::Contact => fields.contact.clone(),
    }
}

/// The ticket's raw value of a field, as it is compared and agreed on.
pub fn ticket_value(ticket: &Ticket, field: CaseField) -> Value {
    match field {
        CaseField::Subject => ticket.subject.clone(),
        CaseField::Description => description_key(ticket.description.as_deref()),
        CaseField::Status => ticket.status.clone(),
        CaseField::Priority => ticket.priority.clone(),
        CaseField::AssignedTo => ticket.assignee_id.map(|id| id.to_string()),
        CaseField::Contact => ticket.requester_id.map(|id| id.to_string()),
    }
}

/// Gives a ticket this raw value of a field. A description stays: Zendesk changes none.
pub(crate) fn set_ticket_value(ticket: &mut Ticket, field: CaseField, value: &Value) {
    let id = || value.as_deref().and_then(|id| id.parse().ok());
    match field {
        CaseField::Subject => ticket.subject.clone_from(value),
        CaseField::Description => {}
        CaseField::Status => ticket.status.clone_from(value),
        CaseField::Priority => ticket.priority.clone_from(value),
        CaseField::AssignedTo => ticket.assignee_id = id(),
        CaseField::Contact => ticket.requester_id = id(),
    }
}

/// The ticket's value of a field, given raw, in the case's words.
pub(crate) fn zendesk_in_crm(
    facts: TicketFacts<'_>,
    field: CaseField,
    zendesk: &Value,
) -> Translation {
    let id = || zendesk.as_deref().and_then(|id| id.parse().ok());
    match field {
        CaseField::Subject => mapping::subject_to_case(zendesk.as_deref()),
        CaseField::Description => zendesk.clone().map_or(Translation::Keep, Translation::text),
        CaseField::Status => mapping::status_to_case(zendesk.as_deref(), facts.maps),
        CaseField::Priority => mapping::priority_to_case(zendesk.as_deref(), facts.maps),
        // This may be a value that the ticket had, and not its present one.
        CaseField::AssignedTo => {
            let then = Ticket {
                assignee_id: id(),
                ..Ticket::default()
            };
            identity::assignee(&then, facts.people, facts.rules)
        }
        CaseField::Contact => {
            let then = Ticket {
                requester_id: id(),
                submitter_id: facts.ticket.submitter_id,
                ..Ticket::default()
            };
            identity::contact(&then, facts.people)
        }
    }
}

/// The case's value of a field in the ticket's words. People the pull has not been given are unknown
/// here; the push, which knows them all, decides for good.
pub(crate) fn crm_in_zendesk(
    facts: TicketFacts<'_>,
    field: CaseField,
    current: &CaseFields,
) -> Translation {
    match field {
        CaseField::Subject => mapping::subject_to_ticket(&current.subject),
        CaseField::Description => Translation::Keep,
        CaseField::Status => mapping::status_to_ticket(current.status, facts.maps),
        CaseField::Priority => mapping::priority_to_ticket(current.priority, facts.maps),
        CaseField::AssignedTo => identity::assignee_to_ticket(
            &current.assigned_to,
            facts.ticket,
            facts.people,
            facts.rules.default_user,
        ),
        CaseField::Contact => {
            identity::contact_to_ticket(&current.contact, facts.ticket, facts.people)
        }
    }
}

/// Gives a field of the case its value. Where text must be there and is not, the field stays.
fn take(fields: &mut CaseFields, ticket: &Ticket, field: CaseField, value: Value) {
    match field {
        CaseField::Subject => {
            if let Some(subject) = value {
                fields.subject = subject;
            }
        }
        CaseField::Description => {
            if let Some(description) = &ticket.description {
                fields.description.clone_from(description);
            }
        }
        CaseField::Status => {
            if let Some(status) = value.as_deref().and_then(CaseStatus::parse) {
                fields.status = status;
            }
        }
        CaseField::Priority => {
            if let Some(priority) = value.as_deref().and_then(CasePriority::parse) {
                fields.priority = priority;
            }
        }
        CaseField::AssignedTo => fields.assigned_to = value,
        CaseField::Contact => fields.contact = value,
    }
}

/// When the case was done, after its status changed: the time of the solve or close in Zendesk;
/// nothing once it is open again; the earlier time if it was done before.
fn closed_at(after: &CaseFields, before: &CaseFields, ticket: &Ticket) -> Option<Timestamp> {
    match (before.status.is_done(), after.status.is_done()) {
        (_, false) => None,
        (false, true) => ticket.updated_at,
        (true, true) => before.closed_at.or(ticket.updated_at),
    }
}

/// What to say of a field that waits.
fn waiting(facts: TicketFacts<'_>, field: CaseField, word: String) -> Option<Warning> {
    let ticket = facts.ticket.id;
    let unknown_role = |user: i64| {
        facts
            .people
            .get(user)
            .map(|_| Warning::UnknownRole { user, word: None })
    };
    match field {
        CaseField::Status => Some(Warning::UnknownStatus { ticket, word }),
        CaseField::Priority => Some(Warning::UnknownPriority { ticket, word }),
        CaseField::AssignedTo => facts
            .ticket
            .assignee_id
            .map(|user| unknown_role(user).unwrap_or(Warning::MissingAssignee { ticket, user })),
        CaseField::Contact => facts
            .ticket
            .requester_id
            .map(|user| unknown_role(user).unwrap_or(Warning::MissingRequester { ticket, user })),
        CaseField::Subject | CaseField::Description => None,
    }
}

/// What to say of a type word we do not know; the mirror keeps it.
fn unknown_kind(ticket: &Ticket) -> Option<Warning> {
    let word = not_blank(ticket.kind.as_deref())?;
    match TicketKind::parse(word) {
        Some(_) => None,
        None => Some(Warning::UnknownType {
            ticket: ticket.id,
            word: word.to_owned(),
        }),
    }
}

/// What stands for a description in agreed pairs: the first 16 hex digits of its SHA-256, since the
/// text is long and only ever compared; nothing for an empty one.
pub fn description_key(text: Option<&str>) -> Value {
    let text = text.filter(|text| !text.is_empty())?;
    let digest = Sha256::digest(text.as_bytes());
    Some(
        digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    )
}

#[cfg(test)]
mod tests;
