//! Who is who: which of our users and contacts stand for the people of a ticket (ticket-sync.md 3).
//!
//! Ids of our users and contacts are opaque text here. Whether an email matched is decided before, by
//! the store (with [`crate::person::email_key`]); here is only what follows from it.

use std::collections::HashMap;

use crate::mapping::Translation;
use crate::person::Role;
use crate::ticket::Ticket;
use crate::value::{Value, quiet_debug};
use crate::word::words;

/// A Zendesk user with what it is linked to here.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// Zendesk's id.
    pub zendesk_id: i64,
    /// Zendesk's name.
    pub name: Option<String>,
    /// Zendesk's primary email.
    pub email: Option<String>,
    /// The role; none if its word is unknown or absent. Such a person is linked to nobody.
    pub role: Option<Role>,
    /// Id of the contact linked to this Zendesk user, if any.
    pub contact: Value,
    /// Id of the user whose email matched. Never the integration owner standing in: that is decided
    /// here, so that a new owner takes effect at once.
    pub user: Value,
    /// Whether they were deleted in Zendesk or merged into somebody else. They stay who they are on the
    /// tickets that name them, and Zendesk refuses to be told of them anew.
    pub gone: bool,
}

quiet_debug!(Person {
    shown: [zendesk_id, role, contact, user, gone],
    hidden: [name, email]
});

impl Person {
    /// Our user, if this person is staff and one matched. A link left over from an earlier role does
    /// not count.
    pub fn linked_user(&self) -> Option<&String> {
        self.role
            .filter(|role| role.is_staff())
            .and(self.user.as_ref())
    }

    /// Our contact, whatever the known role: a requester who is an agent has one too.
    pub fn linked_contact(&self) -> Option<&String> {
        self.role.and(self.contact.as_ref())
    }
}

/// The people a plan may ask for, by Zendesk id: at least those the ticket names and that have arrived.
#[derive(Debug, Clone, Default)]
pub struct People(pub HashMap<i64, Person>);

impl People {
    /// The person with this Zendesk id, if known.
    pub fn get(&self, id: i64) -> Option<&Person> {
        self.0.get(&id)
    }

    /// The person a reference points to, if it points at all and they are known.
    pub fn find(&self, id: Option<i64>) -> Option<&Person> {
        id.and_then(|id| self.get(id))
    }

    /// Adds a person, or puts it in place of the one with the same Zendesk id.
    pub fn insert(&mut self, person: Person) {
        self.0.insert(person.zendesk_id, person);
    }

    /// The lowest Zendesk id of those still there for which this holds: the same answer whatever the
    /// order of arrival.
    fn first(&self, holds: impl Fn(&Person) -> bool) -> Option<i64> {
        self.0
            .values()
            .filter(|person| !person.gone && holds(person))
            .map(|person| person.zendesk_id)
            .min()
    }
}

impl FromIterator<Person> for People {
    fn from_iter<I: IntoIterator<Item = Person>>(people: I) -> Self {
        Self(
            people
                .into_iter()
                .map(|person| (person.zendesk_id, person))
                .collect(),
        )
    }
}

words! {
    /// What becomes of a case whose ticket nobody is assigned to (ticket-sync.md 2, *unassigned
    /// tickets*).
    #[derive(Default)]
    pub enum Unassigned {
        /// It stays unassigned. The default.
        #[default]
        Leave = "leave",
        /// It goes to the integration owner.
        Owner = "owner",
    }
}

impl Unassigned {
    /// What a person reads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Leave => "Leave unassigned",
            Self::Owner => "Assign to the owner",
        }
    }
}

/// The settings of an integration that decide who stands in for whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdentityRules {
    /// Id of the integration owner, our user.
    pub owner: Value,
    /// What becomes of unassigned tickets.
    pub unassigned: Unassigned,
    /// The default Zendesk user, if the integration names one who is staff there: who takes what is
    /// assigned here to somebody unknown there, and what is to be solved and assigned to nobody.
    pub default_user: Option<i64>,
}

/// Who somebody of Zendesk is here: a contact, a user, both (a requester who is an agent) or neither.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Author {
    /// Id of the contact.
    pub contact: Value,
    /// Id of the user.
    pub user: Value,
}

impl Author {
    /// This user and no contact.
    fn user(user: Value) -> Self {
        Self {
            contact: None,
            user,
        }
    }
}

/// The case's *assigned to*: the assignee's user by email, else the integration owner; for a ticket
/// without an assignee what the setting says. An assignee who has not arrived, or whose role is
/// unknown, is not known yet: the field waits.
pub fn assignee(ticket: &Ticket, people: &People, rules: &IdentityRules) -> Translation {
    let Some(id) = ticket.assignee_id else {
        return match rules.unassigned {
            Unassigned::Leave => Translation::To(None),
            Unassigned::Owner => Translation::To(rules.owner.clone()),
        };
    };
    match people.get(id) {
        Some(person) if person.role.is_some() => Translation::To(
            person
                .linked_user()
                .cloned()
                .or_else(|| rules.owner.clone()),
        ),
        Some(_) | None => Translation::Unknown(id.to_string()),
    }
}

/// The case's *contact*: the requester's, else the submitter's. A requester who has not arrived, or
/// whose role is unknown, is not known yet: the field waits. If neither has a contact, nothing is said.
pub fn contact(ticket: &Ticket, people: &People) -> Translation {
    let requester = people.find(ticket.requester_id);
    if let Some(contact) = requester.and_then(Person::linked_contact) {
        return Translation::text(contact.as_str());
    }
    if let Some(id) = ticket.requester_id
        && requester.is_none_or(|person| person.role.is_none())
    {
        return Translation::Unknown(id.to_string());
    }
    contact_meanwhile(ticket, people).map_or(Translation::Keep, Translation::text)
}

/// The contact of a new case until its requester is known: the submitter's, if there is one.
pub fn contact_meanwhile(ticket: &Ticket, people: &People) -> Value {
    people
        .find(ticket.submitter_id)
        .and_then(Person::linked_contact)
        .cloned()
}

/// The case's *owner*, set at creation only: the submitter's user, else the requester's, else the
/// integration owner.
pub fn owner(ticket: &Ticket, people: &People, rules: &IdentityRules) -> Value {
    [ticket.submitter_id, ticket.requester_id]
        .into_iter()
        .find_map(|id| people.find(id).and_then(Person::linked_user))
        .or(rules.owner.as_ref())
        .cloned()
}

/// The author of a comment: an end user's contact, staff's user, else the integration owner (the page
/// then shows Zendesk's name beside it).
pub fn author(author_id: Option<i64>, people: &People, rules: &IdentityRules) -> Author {
    let person = people.find(author_id);
    match person.and_then(|person| person.role) {
        Some(Role::EndUser) => match person.and_then(Person::linked_contact) {
            Some(contact) => Author {
                contact: Some(contact.clone()),
                user: None,
            },
            None => Author::user(rules.owner.clone()),
        },
        Some(Role::Agent | Role::Admin) => Author::user(
            person
                .and_then(Person::linked_user)
                .or(rules.owner.as_ref())
                .cloned(),
        ),
        None => Author::user(rules.owner.clone()),
    }
}

/// The *Submitter* of the ticket panel: an end user's contact; staff's user, else the integration
/// owner; an unknown role or person nobody.
pub fn submitter(ticket: &Ticket, people: &People, rules: &IdentityRules) -> Author {
    let Some(person) = people.find(ticket.submitter_id) else {
        return Author::default();
    };
    match person.role {
        Some(Role::EndUser) => Author {
            contact: person.contact.clone(),
            user: None,
        },
        Some(Role::Agent | Role::Admin) => {
            Author::user(person.linked_user().or(rules.owner.as_ref()).cloned())
        }
        None => Author::default(),
    }
}

/// The *Requester* of the ticket panel: a contact, and the user too if the requester is staff.
pub fn requester(ticket: &Ticket, people: &People) -> Author {
    let person = people.find(ticket.requester_id);
    Author {
        contact: person.and_then(Person::linked_contact).cloned(),
        user: person.and_then(Person::linked_user).cloned(),
    }
}

/// A case's *assigned to* as a Zendesk assignee id (ticket-sync.md 4): unassigned here is unassigned
/// there; a user is the staff member linked to it, the ticket's present assignee first; else the
/// default Zendesk user; else unknown, for the push to park.
pub fn assignee_to_ticket(
    user: &Value,
    ticket: &Ticket,
    people: &People,
    default_zendesk_user: Option<i64>,
) -> Translation {
    let Some(user) = user else {
        return Translation::To(None);
    };
    let is_theirs = |person: &Person| person.linked_user() == Some(user);
    present(ticket.assignee_id, people, is_theirs)
        .or_else(|| people.first(is_theirs))
        .or(default_zendesk_user)
        .map_or_else(
            || Translation::Unknown(user.clone()),
            |id| Translation::text(id.to_string()),
        )
}

/// A case's *contact* as a Zendesk requester id: the person linked to it, the ticket's present
/// requester first. A ticket always has a requester, so no contact has no counterpart.
pub fn contact_to_ticket(contact: &Value, ticket: &Ticket, people: &People) -> Translation {
    let Some(contact) = contact else {
        return Translation::Keep;
    };
    let is_theirs = |person: &Person| person.linked_contact() == Some(contact);
    present(ticket.requester_id, people, is_theirs)
        .or_else(|| people.first(is_theirs))
        .map_or_else(
            || Translation::Unknown(contact.clone()),
            |id| Translation::text(id.to_string()),
        )
}

/// The id a ticket already names, if that person is known and this holds for them.
fn present(id: Option<i64>, people: &People, holds: impl Fn(&Person) -> bool) -> Option<i64> {
    people
        .find(id)
        .filter(|person| holds(person))
        .map(|person| person.zendesk_id)
}

/// Whether a person with this role is to have a contact: every end user (with or without an email),
/// staff only as a requester, an unknown role never. Says nothing of whether there is one already.
pub const fn needs_contact(role: Option<Role>, as_requester: bool) -> bool {
    match role {
        Some(Role::EndUser) => true,
        Some(Role::Agent | Role::Admin) => as_requester,
        None => false,
    }
}

#[cfg(test)]
mod tests;
