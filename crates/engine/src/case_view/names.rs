//! Names of the people on a case: ours, and Zendesk's beside them.

use std::collections::{BTreeSet, HashMap};

use domain::identity::Author;
use domain::person::PersonName;
use serde::Serialize;
use store::contacts::Contact;
use store::users::User;

use crate::error::Result;

/// A record by the name people know it by.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Name {
    /// Its id.
    pub id: String,
    /// Its name; for a person without one their email.
    pub name: String,
}

/// Without names and texts: they are people's own.
impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Name")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Somebody of Zendesk, and who they are here (ticket-sync.md 3: the *mapped* name is shown, with
/// Zendesk's own small beside it).
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct PersonView {
    /// The contact they are.
    pub contact: Option<Name>,
    /// The user they are, or who stands in for them.
    pub user: Option<Name>,
    /// Their id in Zendesk; none for somebody who never was there.
    pub zendesk_id: Option<i64>,
    /// What Zendesk calls them; none while they have not arrived.
    pub zendesk_name: Option<String>,
}

/// Without names and texts: they are people's own.
impl std::fmt::Debug for PersonView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonView")
            .field("zendesk_id", &self.zendesk_id)
            .field("contact", &self.contact)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl PersonView {
    /// The name that is shown first: a contact's before a user's.
    pub fn shown(&self) -> Option<&Name> {
        self.contact.as_ref().or(self.user.as_ref())
    }

    /// The user, if they are shown in second place: a requester who is staff is both.
    pub fn second(&self) -> Option<&Name> {
        self.contact.as_ref().and(self.user.as_ref())
    }

    /// Zendesk's own name, if it tells a reader something the names shown do not.
    pub fn zendesk_name_beside(&self) -> Option<&str> {
        let name = self.zendesk_name.as_deref()?;
        let told = [&self.contact, &self.user]
            .into_iter()
            .flatten()
            .any(|ours| ours.name == name);
        (!told).then_some(name)
    }
}

/// The ids of all whose names a view needs, gathered so that they are read at once.
#[derive(Default)]
pub(super) struct Wanted {
    contacts: BTreeSet<String>,
    users: BTreeSet<String>,
}

impl Wanted {
    pub(super) fn contact(&mut self, id: Option<&String>) {
        self.contacts.extend(id.cloned());
    }

    pub(super) fn user(&mut self, id: Option<&String>) {
        self.users.extend(id.cloned());
    }
}

/// The names of our own people, by id.
#[derive(Default)]
pub(super) struct Names {
    contacts: HashMap<String, Contact>,
    users: HashMap<String, User>,
}

impl Names {
    pub(super) async fn read(connection: &mut store::Connection, wanted: Wanted) -> Result<Self> {
        let contacts: Vec<String> = wanted.contacts.into_iter().collect();
        let users: Vec<String> = wanted.users.into_iter().collect();
        Ok(Self {
            contacts: store::contacts::by_ids(connection, &contacts).await?,
            users: store::users::by_ids(connection, &users).await?,
        })
    }

    pub(super) fn contact(&self, id: Option<&String>) -> Option<Name> {
        self.contacts.get(id?).map(|contact| Name {
            id: contact.id.clone(),
            name: contact_name(&contact.name, contact.email.as_deref()),
        })
    }

    pub(super) fn user(&self, id: Option<&String>) -> Option<Name> {
        self.users.get(id?).map(|user| Name {
            id: user.id.clone(),
            name: if user.name.trim().is_empty() {
                user.email.clone()
            } else {
                user.name.clone()
            },
        })
    }

    /// Somebody of Zendesk by our names.
    pub(super) fn person(
        &self,
        zendesk_id: Option<i64>,
        zendesk_name: Option<String>,
        ours: &Author,
    ) -> PersonView {
        PersonView {
            contact: self.contact(ours.contact.as_ref()),
            user: self.user(ours.user.as_ref()),
            zendesk_id,
            zendesk_name,
        }
    }
}

/// What a contact is called: their name, else their email, else that they have none.
pub fn contact_name(name: &PersonName, email: Option<&str>) -> String {
    let full = name.full();
    if full.is_empty() {
        email.unwrap_or("(no name)").to_owned()
    } else {
        full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> Option<Name> {
        Some(Name {
            id: "1".to_owned(),
            name: name.to_owned(),
        })
    }

    fn person(contact: Option<Name>, user: Option<Name>, zendesk: Option<&str>) -> PersonView {
        PersonView {
            contact,
            user,
            zendesk_id: Some(7),
            zendesk_name: zendesk.map(str::to_owned),
        }
    }

    #[test]
    fn zendesks_name_stands_beside_ours_only_where_it_differs() {
        let founder = person(None, name("Steven Spielberg"), Some("DreamWorks Founder"));
        assert_eq!(founder.zendesk_name_beside(), Some("DreamWorks Founder"));
        let same = person(name("Ada Lovelace"), None, Some("Ada Lovelace"));
        assert_eq!(same.zendesk_name_beside(), None);
        let unknown = person(None, None, Some("Somebody New"));
        assert_eq!(unknown.zendesk_name_beside(), Some("Somebody New"));
    }

    #[test]
    fn a_requester_who_is_staff_shows_the_contact_first_and_the_user_too() {
        let both = person(name("Contact"), name("User"), None);
        assert!(both.shown() == name("Contact").as_ref());
        assert!(both.second() == name("User").as_ref());
        let staff = person(None, name("User"), None);
        assert!(staff.shown() == name("User").as_ref());
        assert!(staff.second().is_none());
    }

    #[test]
    fn a_contact_without_a_name_is_called_by_email() {
        let nobody = PersonName::default();
        assert_eq!(contact_name(&nobody, Some("a@b.example")), "a@b.example");
        assert_eq!(contact_name(&nobody, None), "(no name)");
    }
}
