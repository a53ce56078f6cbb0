//! What happened to a case, as its page tells it.

use domain::case::{CaseField, CasePriority, CaseStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::Connection;
use store::history::Entry;

use super::names::{Names, Wanted};
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
    /// What it was.
    pub kind: HistoryKind,
    /// The fields that changed; of a beginning those it began with.
    pub changes: Vec<FieldChange>,
    /// The fields among them that had been changed on both sides.
    pub conflicts: Vec<String>,
}

/// What a history entry tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryKind {
    /// The state of the case before its first change.
    Beginning,
    /// Fields changed.
    Changed,
    /// A comment was made private in Zendesk.
    CommentMadePrivate,
    /// Text of a comment was taken out in Zendesk.
    CommentRedacted,
    /// It was erased for somebody's privacy, or a newer version wrote it.
    Untold,
}

impl HistoryKind {
    /// What a person reads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Beginning => "State before the first change",
            Self::Changed => "Changed",
            Self::CommentMadePrivate => "A comment was made private",
            Self::CommentRedacted => "Text of a comment was taken out",
            Self::Untold => "What changed is no longer kept",
        }
    }
}

/// A field that took another value.
#[derive(Serialize)]
pub struct FieldChange {
    /// The field's word.
    pub field: String,
    /// What a person calls the field.
    pub label: String,
    /// Its value before as a person reads it, if that is told.
    pub from: Option<String>,
    /// Its value after.
    pub to: Option<String>,
}

/// An entry's body, as the flows write it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    state: Option<Map<String, Value>>,
    changes: Vec<Change>,
    conflicts: Vec<String>,
    made_private: bool,
    redacted: bool,
}

#[derive(Deserialize)]
struct Change {
    field: String,
    from: Option<String>,
    to: Option<String>,
}

/// The last entries of a case, read but not yet told.
pub(super) struct History(Vec<(Entry, Body)>);

impl History {
    pub(super) async fn read(connection: &mut Connection, case: &str) -> Result<Self> {
        let entries = store::history::of_case(connection, case).await?;
        let last = entries.into_iter().rev().take(MOST);
        Ok(Self(
            last.map(|entry| {
                let body = entry.body.as_deref().map(body).unwrap_or_default();
                (entry, body)
            })
            .collect(),
        ))
    }

    /// Asks for the names of everybody in it.
    pub(super) fn want(&self, wanted: &mut Wanted) {
        for change in self.0.iter().flat_map(|(_, body)| &body.changes) {
            for id in [&change.from, &change.to] {
                match CaseField::parse(&change.field) {
                    Some(CaseField::AssignedTo) => wanted.user(id.as_ref()),
                    Some(CaseField::Contact) => wanted.contact(id.as_ref()),
                    Some(
                        CaseField::Subject
                        | CaseField::Description
                        | CaseField::Status
                        | CaseField::Priority,
                    )
                    | None => {}
                }
            }
        }
    }

    /// Tells it, newest first.
    pub(super) fn tell(self, names: &Names) -> Vec<HistoryLine> {
        self.0
            .into_iter()
            .map(|(entry, body)| HistoryLine {
                kind: kind(&body),
                seq: entry.seq,
                at: entry.at,
                side: entry.side,
                actor: entry.actor,
                run: entry.run_id,
                changes: body
                    .changes
                    .into_iter()
                    .map(|change| tell(change, names))
                    .collect(),
                conflicts: body.conflicts,
            })
            .collect()
    }
}

/// Reads a body; one of an unknown form tells nothing. The state a case began with becomes changes
/// from nothing, without the fields that were empty.
fn body(text: &str) -> Body {
    let mut body: Body = serde_json::from_str(text).unwrap_or_default();
    if let Some(state) = &body.state {
        body.changes = CaseField::ALL
            .iter()
            .filter_map(|field| {
                Some(Change {
                    field: field.as_str().to_owned(),
                    from: None,
                    to: Some(state.get(field.as_str())?.as_str()?.to_owned()),
                })
            })
            .collect();
    }
    body
}

fn kind(body: &Body) -> HistoryKind {
    if body.state.is_some() {
        HistoryKind::Beginning
    } else if body.redacted {
        HistoryKind::CommentRedacted
    } else if body.made_private {
        HistoryKind::CommentMadePrivate
    } else if body.changes.is_empty() {
        HistoryKind::Untold
    } else {
        HistoryKind::Changed
    }
}

/// A change in the words people use: names in place of ids, labels in place of words.
fn tell(change: Change, names: &Names) -> FieldChange {
    let field = CaseField::parse(&change.field);
    let readable = |value: Option<String>| {
        let value = value?;
        match field {
            Some(CaseField::Status) => {
                Some(CaseStatus::parse(&value).map_or(value, |status| status.label().to_owned()))
            }
            Some(CaseField::Priority) => Some(
                CasePriority::parse(&value).map_or(value, |priority| priority.label().to_owned()),
            ),
            Some(CaseField::AssignedTo) => {
                Some(names.user(Some(&value)).map_or(value, |user| user.name))
            }
            Some(CaseField::Contact) => Some(
                names
                    .contact(Some(&value))
                    .map_or(value, |contact| contact.name),
            ),
            // Of a description only a hash is kept, or the whole text, which stands above already.
            Some(CaseField::Description) => None,
            Some(CaseField::Subject) | None => Some(value),
        }
    };
    FieldChange {
        label: field.map_or_else(|| change.field.clone(), |field| field.label().to_owned()),
        from: readable(change.from),
        to: readable(change.to),
        field: change.field,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field's label and its values before and after.
    type Told = (String, Option<String>, Option<String>);

    fn told(text: &str) -> (HistoryKind, Vec<Told>) {
        let body = body(text);
        let kind = kind(&body);
        let changes = body.changes.into_iter().map(|change| {
            let change = tell(change, &Names::default());
            (change.label, change.from, change.to)
        });
        (kind, changes.collect())
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_change_is_told_in_the_words_of_the_page() {
        let (kind, changes) = told(
            r#"{"ticket":7,"conflicts":[],"changes":[{"field":"status","from":"open","to":"in_progress"},
                {"field":"description","from":"1a","to":"2b"},{"field":"mood","from":null,"to":"good"}]}"#,
        );
        assert_eq!(kind, HistoryKind::Changed);
        assert_eq!(
            changes,
            [
                ("Status".to_owned(), some("Open"), some("In progress")),
                ("Description".to_owned(), None, None),
                ("mood".to_owned(), None, some("good")),
            ]
        );
    }

    #[test]
    fn the_state_before_the_first_change_tells_what_the_case_began_with() {
        let (kind, changes) =
            told(r#"{"state":{"subject":"Printer","priority":"high","contact":null,"owner":"x"}}"#);
        assert_eq!(kind, HistoryKind::Beginning);
        assert_eq!(
            changes,
            [
                ("Subject".to_owned(), None, some("Printer")),
                ("Priority".to_owned(), None, some("High")),
            ]
        );
    }

    #[test]
    fn what_was_purged_or_cannot_be_read_says_so() {
        assert_eq!(told("not json").0, HistoryKind::Untold);
        assert_eq!(kind(&Body::default()), HistoryKind::Untold);
        let redacted = r#"{"comment":"c","made_private":true,"redacted":true}"#;
        assert_eq!(told(redacted).0, HistoryKind::CommentRedacted);
    }
}
