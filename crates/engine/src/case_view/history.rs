//! What happened to a case, as its page tells it.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use store::Connection;

use crate::error::Result;

/// How many entries a view holds at most.
pub const MOST: usize = 100;

/// Something that happened to a case.
#[derive(Serialize)]
pub struct HistoryLine {
    /// Counts up per case, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Whose doing it was: `crm` or `zendesk`.
    pub side: String,
    /// Who: a person, or `pull`.
    pub actor: String,
    /// In which run.
    pub run: Option<String>,
    /// What changed; empty once it was purged.
    pub changes: Vec<FieldChange>,
    /// Whether what changed was erased for somebody's privacy.
    pub purged: bool,
}

/// A field that took another value.
#[derive(Serialize)]
pub struct FieldChange {
    /// The field's word.
    pub field: String,
    /// Its value before, if that is told.
    pub from: Option<String>,
    /// Its value after.
    pub to: Option<String>,
}

pub(super) async fn read(connection: &mut Connection, case: &str) -> Result<Vec<HistoryLine>> {
    let entries = store::history::of_case(connection, case).await?;
    Ok(entries
        .into_iter()
        .rev()
        .take(MOST)
        .map(|entry| HistoryLine {
            purged: entry.body.is_none(),
            changes: entry.body.as_deref().map(changes).unwrap_or_default(),
            seq: entry.seq,
            at: entry.at,
            side: entry.side,
            actor: entry.actor,
            run: entry.run_id,
        })
        .collect())
}

/// Reads an entry's body: field by field either `{"from":…,"to":…}`, or the plain value of a state.
fn changes(body: &str) -> Vec<FieldChange> {
    let Ok(Value::Object(fields)) = serde_json::from_str(body) else {
        return Vec::new();
    };
    fields
        .into_iter()
        .map(|(field, value)| match &value {
            Value::Object(change) if change.contains_key("to") => FieldChange {
                field,
                from: change.get("from").and_then(text),
                to: change.get("to").and_then(text),
            },
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => FieldChange {
                field,
                from: None,
                to: text(&value),
            },
        })
        .collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Some(value.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_tells_both_values_and_a_state_only_one() {
        let told: Vec<_> = changes(
            r#"{"status":{"from":"open","to":"closed"},"subject":"Printer","contact":null}"#,
        )
        .into_iter()
        .map(|change| (change.field, change.from, change.to))
        .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                ("contact".to_owned(), None, None),
                ("status".to_owned(), some("open"), some("closed")),
                ("subject".to_owned(), None, some("Printer")),
            ]
        );
        assert!(changes("not json").is_empty());
    }
}
