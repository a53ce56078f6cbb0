//! Who a row is: its key, what two rows of one run are to each other, and which user it lands on.

use super::outcome::RowState;
use super::staff::StaffShield;
use crate::word::words;

words! {
    /// What a row is told by.
    #[derive(Default)]
    pub enum KeyKind {
        /// Its external id, which wins over the email.
        ExternalId = "external_id",
        /// Its email, where there is no external id.
        #[default]
        Email = "email",
    }
}

/// Adds an id in the form in which ids are compared everywhere: trimmed, lower case (zendesk-api.md
/// 3.4 for external ids, [`crate::person::email_key`] for emails).
pub(super) fn push_key(id: &str, out: &mut String) {
    let id = id.trim();
    if id.is_ascii() {
        out.push_str(id);
        out.make_ascii_lowercase();
    } else {
        out.push_str(&id.to_lowercase());
    }
}

/// An id in the form in which ids are compared everywhere: trimmed, lower case.
pub fn key_of(id: &str) -> String {
    let mut key = String::new();
    push_key(id, &mut key);
    key
}

/// The ids of a row, as it will be sent.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Ids<'a> {
    /// The external id, if there is one.
    pub external_id: Option<&'a str>,
    /// The email, if there is one.
    pub email: Option<&'a str>,
}

impl std::fmt::Debug for Ids<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ids")
            .field("external_id", &self.external_id.is_some())
            .field("email", &self.email.is_some())
            .finish()
    }
}

/// Whether both are there and the same, whatever their case.
fn same(one: Option<&str>, other: Option<&str>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if key_of(one) == key_of(other))
}

/// What two rows of one run are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meeting {
    /// They are about different people.
    Apart,
    /// They have the same key: the later takes the place of the earlier, or neither is sent if the
    /// settings make it an error (profile-send.md 2).
    SameKey,
    /// They share an email under different keys: sending both would let one row write over the other's
    /// user. Neither is sent until a person decides.
    Conflict,
}

/// What two rows of one run are to each other: the order does not matter.
///
/// The key is the external id, else the email. A row told by its email alone that meets the email of a
/// row with an external id would land on that row's user, which is a conflict too.
pub fn meet(one: Ids<'_>, other: Ids<'_>) -> Meeting {
    let same_email = same(one.email, other.email);
    match (one.external_id, other.external_id) {
        (Some(_), Some(_)) if same(one.external_id, other.external_id) => Meeting::SameKey,
        (None, None) if same_email => Meeting::SameKey,
        (Some(_), _) | (_, Some(_)) if same_email => Meeting::Conflict,
        (Some(_) | None, Some(_) | None) => Meeting::Apart,
    }
}

words! {
    /// What is done about rows with one key.
    #[derive(Default)]
    pub enum SameKey {
        /// The last one is sent, the others are reported. The default.
        #[default]
        LastWins = "last_wins",
        /// Nothing is sent at all until the source is mended.
        Error = "error",
    }
}

/// A user of Zendesk that one id of a row leads to: by the external id, or by any of its email
/// identities, whether primary or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Zendesk's id.
    pub id: i64,
    /// Its external id, if it has one.
    pub external_id: Option<String>,
    /// False once it is deleted: it holds no identity any more and blocks nobody.
    pub active: bool,
    /// Whether it is an agent or admin.
    pub staff: bool,
}

/// Which user a row lands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landing {
    /// On a new one.
    New,
    /// On this one.
    On(i64),
    /// On a member of staff, who is never touched: the row is skipped.
    Staff(i64),
    /// Its external id and its email lead to two users. Nothing is sent until a person decides.
    Two {
        /// The user with the external id.
        by_external_id: i64,
        /// The user with the email.
        by_email: i64,
    },
    /// Its email leads to a user who bears another external id. Nothing is sent until a person decides.
    OtherId {
        /// The user with the email.
        by_email: i64,
    },
}

impl Landing {
    /// What becomes of the row for it before anything is sent; nothing if it is sent.
    pub const fn state(self) -> Option<RowState> {
        match self {
            Self::New | Self::On(_) => None,
            Self::Staff(_) => Some(RowState::Skipped),
            Self::Two { .. } | Self::OtherId { .. } => Some(RowState::Conflict),
        }
    }

    /// Why the row is not sent and what to do; nothing if it is sent. Zendesk's ids name the users; the
    /// row's own data is not in it.
    pub fn sentence(self) -> Option<String> {
        match self {
            Self::New | Self::On(_) => None,
            Self::Staff(id) => Some(StaffShield::sentence(id)),
            Self::Two {
                by_external_id,
                by_email,
            } => Some(format!(
                "The external id of this row is Zendesk user {by_external_id}, and its email is user \
                 {by_email}. Merge both, send the row without the email, or skip it."
            )),
            Self::OtherId { by_email } => Some(format!(
                "The email of this row is Zendesk user {by_email}, who bears another external id. \
                 Correct the external id in Zendesk or in the source, or skip the row."
            )),
        }
    }
}

/// What a person reads about two rows of [`Meeting::Conflict`].
pub const SHARED_EMAIL: &str = "Another row of the source has the same email under another external id, \
     so sending both would let one write over the other's user. Correct one of them, or skip one.";

/// Which user a row lands on, if one was found by its external id and one by its email. Nobody is
/// looked for by an id that the row does not have.
pub fn land(ids: Ids<'_>, by_external_id: Option<&Found>, by_email: Option<&Found>) -> Landing {
    let by_external_id = by_external_id.filter(|user| user.active && ids.external_id.is_some());
    let by_email = by_email.filter(|user| user.active && ids.email.is_some());
    if let Some(staff) = [by_external_id, by_email]
        .into_iter()
        .flatten()
        .find(|user| user.staff)
    {
        return Landing::Staff(staff.id);
    }
    match (by_external_id, by_email) {
        (None, None) => Landing::New,
        (Some(user), None) => Landing::On(user.id),
        (Some(user), Some(other)) if user.id == other.id => Landing::On(user.id),
        (Some(user), Some(other)) => Landing::Two {
            by_external_id: user.id,
            by_email: other.id,
        },
        (None, Some(user)) => {
            let bears_other = user
                .external_id
                .as_deref()
                .is_some_and(|id| !id.trim().is_empty())
                && ids.external_id.is_some()
                && !same(user.external_id.as_deref(), ids.external_id);
            if bears_other {
                Landing::OtherId { by_email: user.id }
            } else {
                Landing::On(user.id)
            }
        }
    }
}
