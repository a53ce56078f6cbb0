//! Before and after: what a send would change on a user, and whether a send that nobody heard the end
//! of arrived. Values are compared as Zendesk stores them, not as they are written: it cuts dates to the
//! day, gives numbers as text in old accounts, and shows an unset checkbox as `false` (zendesk-api.md
//! 3.5).

use serde_json::{Map, Value};

use super::key::key_of;
use super::outcome::RowState;
use crate::value::Hide;
use crate::word::words;

words! {
    /// What a change does.
    pub enum Effect {
        /// The value takes the place of the other.
        Set = "set",
        /// The address is added beside the primary one, which stays (zendesk-api.md 0.5).
        AddsAddress = "adds_address",
    }
}

/// One field before and after. Values are personal data: `Debug` shows none.
#[derive(Clone, PartialEq)]
pub struct Change {
    /// `phone`, `user_fields.tier`.
    pub field: String,
    /// What Zendesk has; null if nothing.
    pub before: Value,
    /// What is sent.
    pub after: Value,
    /// What it does.
    pub effect: Effect,
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Change")
            .field("field", &self.field)
            .field("before", &self.before.to_string().hidden())
            .field("after", &self.after.to_string().hidden())
            .field("effect", &self.effect)
            .finish()
    }
}

/// What a row would do.
#[derive(Debug, Clone, PartialEq)]
pub enum Compared {
    /// It would make a user with these values.
    Create(Vec<Change>),
    /// It would change these of a user.
    Update(Vec<Change>),
    /// It would change nothing.
    Unchanged,
}

impl Compared {
    /// The outcome it would have.
    pub const fn state(&self) -> RowState {
        match self {
            Self::Create(_) => RowState::Created,
            Self::Update(_) => RowState::Updated,
            Self::Unchanged => RowState::Unchanged,
        }
    }
}

/// Keys that Zendesk takes and never shows: nothing can be said about them.
const WRITE_ONLY: &[&str] = &[
    "skip_verify_email",
    "password",
    "remote_photo_url",
    "organization",
];

/// Compares a profile with the user it lands on, as Zendesk shows it, and with all email addresses of
/// that user. A profile that is no JSON object changes nothing.
pub fn compare(user: Option<&Value>, emails: &[&str], profile: &[u8]) -> Compared {
    let after: Map<String, Value> = serde_json::from_slice(profile).unwrap_or_default();
    let mut changes = Vec::new();
    for (key, value) in &after {
        if key == "user_fields" {
            for (field, value) in value.as_object().into_iter().flatten() {
                let before = user.and_then(|user| user.get(key)?.get(field));
                changes.extend(change(format!("{key}.{field}"), before, value));
            }
        } else if !WRITE_ONLY.contains(&key.as_str()) {
            let before = user.and_then(|user| user.get(key));
            let known = key == "email"
                && value
                    .as_str()
                    .is_some_and(|email| emails.iter().any(|one| key_of(one) == key_of(email)));
            if !known {
                changes.extend(change(key.clone(), before, value));
            }
        }
    }
    match user {
        None => Compared::Create(changes),
        Some(_) if changes.is_empty() => Compared::Unchanged,
        Some(_) => Compared::Update(changes),
    }
}

/// The change of one field, if it is one.
fn change(field: String, before: Option<&Value>, after: &Value) -> Option<Change> {
    let before = before.unwrap_or(&Value::Null);
    if is_same(&field, before, after) {
        return None;
    }
    let adds = field == "email" && !before.is_null();
    Some(Change {
        effect: if adds {
            Effect::AddsAddress
        } else {
            Effect::Set
        },
        field,
        before: before.clone(),
        after: after.clone(),
    })
}

/// Whether Zendesk has it already.
fn is_same(field: &str, before: &Value, after: &Value) -> bool {
    match field {
        "external_id" | "email" => match (before.as_str(), after.as_str()) {
            (Some(before), Some(after)) => key_of(before) == key_of(after),
            (None, _) | (_, None) => before == after,
        },
        // Only ours are in the profile: they are all there, whatever others set.
        "tags" => words_of(after)
            .iter()
            .all(|tag| words_of(before).contains(tag)),
        _ => is_same_value(before, after),
    }
}

/// The texts of a list, sorted.
fn words_of(list: &Value) -> Vec<&str> {
    let mut words: Vec<&str> = list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    words.sort_unstable();
    words
}

/// Whether two values are one to Zendesk.
fn is_same_value(before: &Value, after: &Value) -> bool {
    let is_nothing = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::Object(_) => false,
    };
    if before == after || (is_nothing(before) && is_nothing(after)) {
        return true;
    }
    match (before, after) {
        (Value::Array(_), Value::Array(_)) => words_of(before) == words_of(after),
        (Value::String(before), Value::String(after)) => is_same_day(before, after),
        (Value::Number(_) | Value::String(_), Value::Number(_) | Value::String(_)) => {
            number(before).is_some_and(|before| number(after) == Some(before))
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
        ) => false,
    }
}

/// Whether Zendesk's midnight is the day that was sent.
fn is_same_day(before: &str, after: &str) -> bool {
    after.len() == 10
        && before
            .strip_prefix(after)
            .is_some_and(|time| time.starts_with("T00:00:00"))
}

/// A number, however it is written.
fn number(value: &Value) -> Option<f64> {
    value
        .as_f64()
        .or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
}

/// What a read-back shows of a row whose result nobody heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBack {
    /// It arrived: this is its outcome.
    Confirmed {
        /// [`RowState::Created`] or [`RowState::Updated`].
        state: RowState,
        /// Zendesk's id of the user.
        zendesk_id: i64,
    },
    /// It did not, or not whole: it is sent again.
    SendAgain,
}

/// Reads a row back: the user that its ids lead to now, with all its email addresses, and whether there
/// was such a user before the send.
pub fn read_back(
    user: Option<&Value>,
    emails: &[&str],
    profile: &[u8],
    was_there: bool,
) -> ReadBack {
    let id = user.and_then(|user| user.get("id")?.as_i64());
    match (id, compare(user, emails, profile)) {
        (Some(zendesk_id), Compared::Unchanged) => ReadBack::Confirmed {
            state: if was_there {
                RowState::Updated
            } else {
                RowState::Created
            },
            zendesk_id,
        },
        (_, Compared::Create(_) | Compared::Update(_) | Compared::Unchanged) => ReadBack::SendAgain,
    }
}

#[cfg(test)]
mod tests;
