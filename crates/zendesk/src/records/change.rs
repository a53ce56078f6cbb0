//! The changes of fields that one update of a ticket made, from an audit or from the export.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde_json::value::RawValue;

/// One field that an update set.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldEvent {
    /// The field's name on the wire: `status`, `assignee_id`, `tags`, or a custom field's id.
    pub field: String,
    /// What it was: text, an id as text, a list as JSON; `None` for null, and at creation.
    pub previous: Option<String>,
    /// What it is now, in the same form.
    pub value: Option<String>,
}

/// The field only: values may hold personal data.
impl fmt::Debug for FieldEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldEvent")
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}

/// The keys that a flattened child has beside the field that changed.
const NOT_FIELDS: [&str; 10] = [
    "id",
    "via",
    "via_reference_id",
    "event_type",
    "previous_value",
    "value",
    "created_at",
    "audit_id",
    "metadata",
    "field_name",
];

/// The fields that a `Create` or `Change` names: in an audit by `field_name`, `value` and
/// `previous_value`, in the export with the field itself as a key.
pub(super) fn changes_of(raw: &RawValue) -> Vec<FieldEvent> {
    let Ok(parts) = serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(raw.get()) else {
        return Vec::new();
    };
    let part = |key: &str| parts.get(key).and_then(|raw| value_of(raw));
    let previous = part("previous_value");
    if let Some(field) = part("field_name") {
        let value = part("value");
        return vec![FieldEvent {
            field,
            previous,
            value,
        }];
    }
    // `type` names the child unless `event_type` does; then it is the ticket's type.
    let typed = parts.contains_key("event_type");
    let is_field = |key: &str| !NOT_FIELDS.contains(&key) && (typed || key != "type");
    parts
        .iter()
        .filter(|(key, _)| is_field(key))
        .map(|(key, raw)| FieldEvent {
            field: key.clone().into_owned(),
            previous: previous.clone(),
            value: value_of(raw),
        })
        .collect()
}

fn value_of(raw: &RawValue) -> Option<String> {
    match raw.get() {
        "null" => None,
        json if json.starts_with('"') => serde_json::from_str(json).ok(),
        json => Some(json.to_owned()),
    }
}

#[cfg(test)]
mod tests;
