//! People: Zendesk's users as the mirror holds them, and how a name is taken apart.

use jiff::Timestamp;

use crate::value::{Value, quiet_debug};
use crate::word::words;

/// One Zendesk user as Zendesk last sent it (zendesk-api.md 3.4). Words are raw.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ZendeskUser {
    /// Zendesk's id.
    pub id: i64,
    /// The API address of the user.
    pub url: Option<String>,
    /// Free text another system put there.
    pub external_id: Option<String>,
    /// The whole name in one field.
    pub name: Option<String>,
    /// The primary email; none for a deleted user and for some end users.
    pub email: Option<String>,
    /// Telephone, as typed.
    pub phone: Option<String>,
    /// Raw role word, see [`Role`].
    pub role: Option<String>,
    /// False once the user was deleted or merged into another.
    pub active: bool,
    /// True if barred from signing in.
    pub suspended: bool,
    /// Zendesk organisation.
    pub organization_id: Option<i64>,
    /// When created in Zendesk.
    pub created_at: Option<Timestamp>,
    /// When last updated in Zendesk.
    pub updated_at: Option<Timestamp>,
}

quiet_debug!(ZendeskUser {
    shown: [id, role, active, suspended, organization_id, created_at, updated_at],
    hidden: [url, external_id, name, email, phone]
});

impl ZendeskUser {
    /// The role, if its word is one we know; an unknown role links to nobody (ticket-sync.md 3).
    pub fn known_role(&self) -> Option<Role> {
        self.role.as_deref().and_then(Role::parse)
    }
}

words! {
    /// Zendesk's user roles.
    pub enum Role {
        /// A customer: becomes a contact.
        EndUser = "end-user",
        /// Staff: matches a user by email.
        Agent = "agent",
        /// Staff who administer the account.
        Admin = "admin",
    }
}

impl Role {
    /// Whether this is staff, who are users here, and not a customer.
    pub const fn is_staff(self) -> bool {
        match self {
            Self::EndUser => false,
            Self::Agent | Self::Admin => true,
        }
    }
}

/// A person's name in the parts a contact has.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PersonName {
    /// `Mr`, `Dr.` and the like, as written.
    pub prefix: Value,
    /// First name.
    pub first: Value,
    /// Middle name.
    pub middle: Value,
    /// Last name; the same as the first if there is only one word.
    pub last: Value,
    /// `Jr`, `PhD` and the like, as written.
    pub suffix: Value,
}

quiet_debug!(PersonName { shown: [], hidden: [prefix, first, middle, last, suffix] });

/// The form in which emails are compared everywhere: trimmed, lower case.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}
