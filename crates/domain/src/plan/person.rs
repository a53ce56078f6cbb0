//! What a pull does to one Zendesk user's contact (ticket-sync.md 3 and 4).

use super::{FieldChange, FieldConflict, Step, Tally};
use crate::mapping::Translation;
use crate::merge::{Mode, Outcome, Sides, merge};
use crate::person::{PersonName, Role, ZendeskUser, email_key, is_placeholder_name};
use crate::refusal::Warning;
use crate::value::{Agreed, Pair, Value, not_blank, quiet_debug};
use crate::word::words;

words! {
    /// The fields of a contact that are kept in step with a Zendesk user; the keys of agreed pairs.
    pub enum PersonField {
        /// The whole name, in one line.
        Name = "name",
        /// Primary telephone.
        Phone = "phone",
        /// Primary email; compared and agreed on as [`email_key`].
        Email = "email",
    }
}

impl PersonField {
    /// What a person reads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Phone => "Phone",
            Self::Email => "Email",
        }
    }
}

/// The values of a contact that the sync reads and writes.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ContactFields {
    /// Name, in its parts.
    pub name: PersonName,
    /// Primary telephone.
    pub phone: Value,
    /// Primary email.
    pub email: Value,
}

quiet_debug!(ContactFields {
    shown: [name],
    hidden: [phone, email]
});

/// A contact to be made for a Zendesk user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContact {
    /// Its values.
    pub fields: ContactFields,
    /// What is agreed from the start, a pair for every field.
    pub agreed: Agreed<PersonField>,
}

/// What happens to an existing contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonUpdate {
    /// The fields that take another value; a name as one line.
    pub changes: Vec<FieldChange<PersonField>>,
    /// The contact's values after it.
    pub fields: ContactFields,
    /// What is agreed after it.
    pub agreed: Agreed<PersonField>,
    /// Whether `agreed` differs from before.
    pub agreed_moved: bool,
    /// Conflict records to write, once each.
    pub conflicts: Vec<FieldConflict<PersonField>>,
    /// Fields of the contact that are still to reach the end user, left for the push.
    pub waiting_for_zendesk: Vec<PersonField>,
    /// What a person should know of.
    pub warnings: Vec<Warning>,
}

impl PersonUpdate {
    /// Whether nothing is to be written, by the pull or the push, and nothing to be said.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
            && !self.agreed_moved
            && self.conflicts.is_empty()
            && self.waiting_for_zendesk.is_empty()
            && self.warnings.is_empty()
    }
}

/// The contact for a Zendesk user that has none and matches none. Everyone gets a name: their own,
/// else the part of the email before the @, else "Zendesk user 123". A placeholder that a deletion
/// left behind is nobody's name.
pub fn new_contact(user: &ZendeskUser) -> NewContact {
    let fields = ContactFields {
        name: own_name(user)
            .or_else(|| name_of_email(user))
            .unwrap_or_else(|| PersonName {
                first: Some("Zendesk user".to_owned()),
                last: Some(user.id.to_string()),
                ..PersonName::default()
            }),
        phone: trimmed(user.phone.as_deref()),
        email: trimmed(user.email.as_deref()),
    };
    let mut agreed = Agreed::default();
    for &field in PersonField::ALL {
        agreed.put(
            field,
            Pair::new(contact_value(&fields, field), user_value(user, field)),
        );
    }
    NewContact { fields, agreed }
}

/// What a Zendesk user's present state does to the linked contact.
///
/// - A user who is not active was deleted, erased or merged away: nothing of that reaches a contact.
/// - A user with an unknown role is linked to nobody: nothing changes, and the run says so.
/// - On the first meeting each side keeps what it has (the ticket of 'DreamWorks Founder' shows the
///   contact 'Steven Spielberg'); only what the contact lacks is filled in.
/// - After that the merge decides, field by field. Staff are never written to in Zendesk.
/// - A name is never blanked; an email or telephone cleared in Zendesk is cleared here, by the merge.
pub fn plan_person(
    user: &ZendeskUser,
    current: &ContactFields,
    agreed: &Agreed<PersonField>,
    mode: Mode,
) -> PersonUpdate {
    let mut tally = Tally::from(agreed);
    let mut fields = current.clone();
    let mut warnings = Vec::new();
    let mode = match user.known_role() {
        Some(Role::EndUser) => Some(mode),
        Some(Role::Agent | Role::Admin) => Some(Mode::OneWay),
        None => {
            warnings.push(Warning::UnknownRole {
                user: user.id,
                word: user.role.clone(),
            });
            None
        }
    };
    if let Some(mode) = mode.filter(|_| user.active) {
        for &field in PersonField::ALL {
            let crm = contact_value(current, field);
            let zendesk = user_value(user, field);
            let zendesk_in_crm = zendesk_in_crm(user, field);
            let outcome = match agreed.get(field) {
                Some(pair) => merge(
                    &Sides {
                        agreed: Some(pair),
                        crm: &crm,
                        zendesk: &zendesk,
                        zendesk_in_crm: &zendesk_in_crm,
                        crm_in_zendesk: &crm_in_zendesk(&crm, field),
                    },
                    mode,
                ),
                None => meet(&crm, &zendesk, zendesk_in_crm),
            };
            match tally.settle(field, outcome, &crm, &zendesk) {
                // No translation of a person's field is ever unknown, so nothing waits.
                Step::Stay | Step::Wait(_) => {}
                Step::Take(value) => take(&mut fields, user, field, value),
            }
        }
    }
    PersonUpdate {
        changes: tally.changes,
        fields,
        agreed: tally.agreed,
        agreed_moved: tally.agreed_moved,
        conflicts: tally.conflicts,
        waiting_for_zendesk: tally.waiting_for_zendesk,
        warnings,
    }
}

/// The first meeting of a contact and a Zendesk user: a gap is filled, all else stays on both sides.
fn meet(crm: &Value, zendesk: &Value, zendesk_in_crm: Translation) -> Outcome {
    match (crm, zendesk_in_crm) {
        (None, Translation::To(Some(value))) => Outcome::ToCrm {
            agreed: Pair::new(Some(value.clone()), zendesk.clone()),
            value: Some(value),
        },
        (None | Some(_), Translation::To(_) | Translation::Keep | Translation::Unknown(_)) => {
            Outcome::Agree(Pair::new(crm.clone(), zendesk.clone()))
        }
    }
}

/// The contact's value of a field, as it is compared and agreed on.
pub fn contact_value(fields: &ContactFields, field: PersonField) -> Value {
    match field {
        PersonField::Name => trimmed(Some(&fields.name.full())),
        PersonField::Phone => trimmed(fields.phone.as_deref()),
        PersonField::Email => not_blank(fields.email.as_deref()).map(email_key),
    }
}

/// The Zendesk user's raw value of a field, as it is compared and agreed on.
pub fn user_value(user: &ZendeskUser, field: PersonField) -> Value {
    match field {
        PersonField::Name => user.name.clone(),
        PersonField::Phone => trimmed(user.phone.as_deref()),
        PersonField::Email => not_blank(user.email.as_deref()).map(email_key),
    }
}

/// The Zendesk user's value of a field in the contact's words. No name, and a placeholder for one,
/// have no counterpart.
fn zendesk_in_crm(user: &ZendeskUser, field: PersonField) -> Translation {
    match field {
        PersonField::Name => {
            own_name(user).map_or(Translation::Keep, |name| Translation::text(name.full()))
        }
        PersonField::Phone | PersonField::Email => Translation::To(user_value(user, field)),
    }
}

/// The contact's value of a field in Zendesk's words. A contact without a name has no counterpart.
fn crm_in_zendesk(crm: &Value, field: PersonField) -> Translation {
    match (field, crm) {
        (PersonField::Name, None) => Translation::Keep,
        (PersonField::Name | PersonField::Phone | PersonField::Email, value) => {
            Translation::To(value.clone())
        }
    }
}

/// Gives a field of the contact its value, the email and the name as Zendesk writes them.
fn take(fields: &mut ContactFields, user: &ZendeskUser, field: PersonField, value: Value) {
    match field {
        PersonField::Name => {
            if let Some(name) = own_name(user) {
                fields.name = name;
            }
        }
        PersonField::Phone => fields.phone = value,
        PersonField::Email => fields.email = trimmed(user.email.as_deref()),
    }
}

/// The user's name, unless it is blank or a placeholder.
fn own_name(user: &ZendeskUser) -> Option<PersonName> {
    user.name
        .as_deref()
        .filter(|name| !is_placeholder_name(name))
        .and_then(PersonName::parse)
}

/// A name made of the part of the email before the @.
fn name_of_email(user: &ZendeskUser) -> Option<PersonName> {
    let (local, _) = user.email.as_deref()?.split_once('@')?;
    PersonName::parse(local)
}

/// The text without blanks around it; nothing if it is blank.
fn trimmed(text: Option<&str>) -> Value {
    not_blank(text).map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests;
