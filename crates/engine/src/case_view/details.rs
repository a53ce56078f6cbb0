//! What the panel shows of a ticket beyond the columns of the mirror, read from its JSON.
//!
//! Reading never fails: a field of an unknown form is left out here, and stays in the mirror.

use serde_json::Value;

/// The fields the panel shows, as Zendesk sent them.
#[derive(Default)]
pub(super) struct Details {
    pub(super) collaborator_ids: Vec<i64>,
    pub(super) tags: Vec<String>,
    pub(super) group_id: Option<i64>,
    pub(super) organization_id: Option<i64>,
    pub(super) brand_id: Option<i64>,
    pub(super) custom_status_id: Option<i64>,
    /// Those that have a value: `(field, value as text)`.
    pub(super) custom_fields: Vec<(i64, String)>,
}

impl Details {
    /// Reads a ticket's JSON.
    pub(super) fn read(raw: &str) -> Self {
        let ticket: Value = serde_json::from_str(raw).unwrap_or_default();
        let list = |key: &str| ticket[key].as_array().map_or(&[][..], Vec::as_slice);
        Self {
            collaborator_ids: list("collaborator_ids").iter().filter_map(id).collect(),
            tags: list("tags").iter().filter_map(text).collect(),
            group_id: id(&ticket["group_id"]),
            organization_id: id(&ticket["organization_id"]),
            brand_id: id(&ticket["brand_id"]),
            custom_status_id: id(&ticket["custom_status_id"]),
            custom_fields: list("custom_fields")
                .iter()
                .filter_map(|field| Some((id(&field["id"])?, text(&field["value"])?)))
                .collect(),
        }
    }

    /// The ids of everything named in a reference list.
    pub(super) fn reference_ids(&self) -> Vec<i64> {
        [
            self.group_id,
            self.organization_id,
            self.brand_id,
            self.custom_status_id,
        ]
        .into_iter()
        .flatten()
        .chain(self.custom_fields.iter().map(|(field, _)| *field))
        .collect()
    }
}

/// An id, which may come as text (zendesk-api.md 3.8, audits).
fn id(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A value as a person reads it; nothing for an empty one.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values
            .iter()
            .filter_map(text)
            .collect::<Vec<_>>()
            .join(", "),
        Value::Object(_) => value.to_string(),
    };
    (!text.trim().is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_fields_of_every_form_become_text_and_empty_ones_are_left_out() {
        let details = Details::read(
            r#"{"custom_fields":[{"id":1,"value":"gold"},{"id":"2","value":true},{"id":3,"value":null},
                {"id":4,"value":["a","b"]},{"id":5,"value":12.5},{"id":6,"value":""},{"value":"no id"}]}"#,
        );
        let shown: Vec<(i64, &str)> = details
            .custom_fields
            .iter()
            .map(|(id, value)| (*id, value.as_str()))
            .collect();
        assert_eq!(shown, [(1, "gold"), (2, "yes"), (4, "a, b"), (5, "12.5")]);
    }

    #[test]
    fn a_ticket_of_an_unknown_form_shows_what_can_be_read() {
        let details = Details::read(r#"{"tags":"not a list","group_id":"77","brand_id":{}}"#);
        assert!(details.tags.is_empty());
        assert_eq!(details.group_id, Some(77));
        assert_eq!(details.brand_id, None);
        assert!(Details::read("no json").collaborator_ids.is_empty());
        assert!(Details::read("{}").reference_ids().is_empty());
    }
}
