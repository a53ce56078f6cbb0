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
    shown: [
        id,
        role,
        active,
        suspended,
        organization_id,
        created_at,
        updated_at
    ],
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

quiet_debug!(PersonName {
    shown: [],
    hidden: [prefix, first, middle, last, suffix]
});

/// What may stand before a name. Compared exactly, but for one dot at the end (oro-behaviour.md 3.6).
const PREFIXES: &[&str] = &[
    "Mr", "Mrs", "Ms", "Miss", "Mx", "Dr", "Master", "Atty", "Rev", "Prof",
];

/// What may stand after a name. Compared exactly, but for one dot at the end (oro-behaviour.md 3.6).
const SUFFIXES: &[&str] = &[
    "Jr", "Sr", "Jnr", "III", "II", "IV", "V", "C.S.V", "CSV", "PMP", "P.M.P", "RA", "R.A", "JD",
    "J.D", "MD", "M.D", "PhD", "Ph.D", "BA", "B.A", "BSc", "B.Sc", "MA", "M.A", "MSc", "M.Sc",
    "MBA", "M.B.A",
];

/// The most parts a name is cut into; whatever is left stays in the last one, uncut. So in a name of
/// six words or more no suffix is seen: better a long last name than a lost word.
const MOST_PARTS: usize = 5;

impl PersonName {
    /// Takes a name apart (oro-behaviour.md 3.6); `None` if it is blank.
    ///
    /// A prefix or suffix counts only while more than two parts are there, so that "Mr Jr" keeps a
    /// first and a last name. A single word is both the first and the last name.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = cut(text);
        let mut name = Self::default();
        if parts.len() > 2 && parts.first().is_some_and(|part| is_one_of(PREFIXES, part)) {
            name.prefix = Some(parts.remove(0).to_owned());
        }
        if parts.len() > 2 && parts.last().is_some_and(|part| is_one_of(SUFFIXES, part)) {
            name.suffix = parts.pop().map(str::to_owned);
        }
        match parts.as_slice() {
            [] => return None,
            [only] => {
                name.first = Some((*only).to_owned());
                name.last = Some((*only).to_owned());
            }
            [first, last] => {
                name.first = Some((*first).to_owned());
                name.last = Some((*last).to_owned());
            }
            [first, middle, rest @ ..] => {
                name.first = Some((*first).to_owned());
                name.middle = Some((*middle).to_owned());
                name.last = Some(rest.join(" "));
            }
        }
        Some(name)
    }

    /// The name in one line, blanks single. A last name that only repeats the first is left out, so
    /// that "Ivo" reads "Ivo" again. Empty if no part is filled.
    pub fn full(&self) -> String {
        let repeats = self.middle.is_none() && self.first == self.last;
        let last = if repeats { &None } else { &self.last };
        [&self.prefix, &self.first, &self.middle, last, &self.suffix]
            .into_iter()
            .flatten()
            .flat_map(|part| part.split_whitespace())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Cuts a text at runs of ASCII white space into at most [`MOST_PARTS`] parts.
fn cut(text: &str) -> Vec<&str> {
    let mut parts = Vec::with_capacity(MOST_PARTS);
    let mut rest = text.trim();
    while !rest.is_empty() {
        if parts.len() + 1 == MOST_PARTS {
            parts.push(rest);
            break;
        }
        let end = rest
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after.trim_start_matches(|c: char| c.is_ascii_whitespace());
    }
    parts
}

/// Whether a part is in the list, but for one dot at its end.
fn is_one_of(list: &[&str], part: &str) -> bool {
    list.contains(&part.strip_suffix('.').unwrap_or(part))
}

/// Names that Zendesk writes over a person it forgot, and no name at all. None of them is anybody's
/// name, so they never reach a contact (ticket-sync.md 3, special states).
pub fn is_placeholder_name(name: &str) -> bool {
    let name = name.trim();
    name.is_empty()
        || ["permanently deleted user", "scrubbed", "deleted user"]
            .contains(&name.to_lowercase().as_str())
}

/// The form in which emails are compared everywhere: trimmed, lower case.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Whether a text has the form of an address; whether it is one, only a letter can tell.
pub fn resembles_an_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty()
            && !host.is_empty()
            && !host.contains('@')
            && !text.contains(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests;
