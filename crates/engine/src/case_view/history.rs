//! What happened to a case, as its page tells it.

mod deed;

use domain::case::CaseField;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::Connection;
use store::history::Entry;

use super::names::{Names, Wanted};
use super::notice::readable;
use crate::actions::Deed;
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
    /// What it was, in a few words for people.
    pub what: String,
    /// What was done, if more than fields changed.
    pub deed: Option<Deed>,
    /// The fields that changed; of a beginning those it began with.
    pub changes: Vec<FieldChange>,
    /// The fields among them that had been changed on both sides.
    pub conflicts: Vec<String>,
}

/// What a history entry tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryKind {
    /// The case was made here.
    Created,
    /// The state of the case before its first change.
    Beginning,
    /// Fields changed.
    Changed,
    /// Both sides had changed the same fields, and the case's values stand.
    Conflict,
    /// It was deleted here.
    Deleted,
    /// It came back after it was deleted here.
    Restored,
    /// Somebody asked for a ticket.
    TicketAsked,
    /// Somebody asked for a ticket that follows the closed one.
    FollowUpAsked,
    /// It has a ticket that it had not before.
    TicketMade,
    /// What was parked was put back into its line.
    Retried,
    /// What was parked was given up.
    Discarded,
    /// What had piled up while two-way sync was off was put into its line.
    PiledUpSent,
    /// A comment was written here.
    CommentAdded,
    /// The value that lost a conflict was given back.
    ConflictRestored,
    /// A comment was made private in Zendesk.
    CommentMadePrivate,
    /// Text of a comment was taken out in Zendesk.
    CommentRedacted,
    /// It was erased for somebody's privacy, or a newer version wrote it.
    Untold,
}

impl HistoryLine {
    /// Whether it tells what the case began with, and not what became of it.
    pub const fn is_first(&self) -> bool {
        matches!(self.kind, HistoryKind::Created | HistoryKind::Beginning)
    }

    /// On which side it happened, by whom and in which run, as a person reads it.
    pub fn whose(&self) -> String {
        let run = self.run.as_deref();
        let run = run.map_or_else(String::new, |run| format!(", run {run}"));
        match (self.kind, self.side.as_str()) {
            // Whose doing it was nobody knows: it is noted when something else happens.
            (HistoryKind::Beginning, _) => "noted at that change".to_owned(),
            // Whoever asked for it stands in an entry before it.
            (HistoryKind::TicketMade, _) => format!("by {}{run}", self.actor),
            (_, "zendesk") => format!("in Zendesk, brought by {}{run}", self.actor),
            _ => format!("here by {}{run}", self.actor),
        }
    }

    /// The fields that had been changed on both sides and did not change here, as people call them.
    pub fn kept(&self) -> Vec<&str> {
        self.conflicts
            .iter()
            .filter(|word| self.changes.iter().all(|change| change.field != **word))
            .map(|word| CaseField::parse(word).map_or(word.as_str(), |field| field.label()))
            .collect()
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
    deed: Option<Value>,
}

impl Body {
    /// What was done; none if a newer version wrote it in words that are unknown here.
    fn deed(&self) -> Option<Deed> {
        serde_json::from_value(self.deed.clone()?).ok()
    }
}

#[derive(Deserialize)]
struct Change {
    field: String,
    from: Option<String>,
    to: Option<String>,
}

/// The last entries of a case, read but not yet told.
#[derive(Default)]
pub(super) struct History {
    entries: Vec<(Entry, Body)>,
    /// Where the entries before them end, if there are more.
    pub(super) next: Option<i64>,
}

impl History {
    /// The last entries, at most `most`, of those before the entry `before` if given.
    pub(super) async fn read(
        connection: &mut Connection,
        case: &str,
        before: Option<i64>,
        most: usize,
    ) -> Result<Self> {
        let limit = i64::try_from(most).unwrap_or(i64::MAX - 1) + 1;
        let mut rows = store::history::latest(connection, case, before, limit).await?;
        let more = rows.len() > most;
        rows.truncate(most);
        Ok(Self {
            next: rows.last().filter(|_| more).map(|entry| entry.seq),
            entries: rows
                .into_iter()
                .map(|entry| {
                    let body = entry.body.as_deref().map(body).unwrap_or_default();
                    (entry, body)
                })
                .collect(),
        })
    }

    /// Asks for the names of everybody in it.
    pub(super) fn want(&self, wanted: &mut Wanted) {
        for change in self.entries.iter().flat_map(|(_, body)| &body.changes) {
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
        self.entries
            .into_iter()
            .map(|(entry, body)| {
                let deed = body.deed();
                let kind = deed.as_ref().map_or_else(|| kind(&body), deed::kind);
                HistoryLine {
                    what: deed
                        .as_ref()
                        .map_or_else(|| what(kind).to_owned(), deed::what),
                    kind,
                    deed,
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
                }
            })
            .collect()
    }
}

/// Reads a body; one of an unknown form tells nothing. The state a case began with becomes changes
/// from nothing, without the fields that were empty and without the description, of which no text is kept.
fn body(text: &str) -> Body {
    let mut body: Body = serde_json::from_str(text).unwrap_or_default();
    if let Some(state) = &body.state {
        body.changes = CaseField::ALL
            .iter()
            .filter(|field| **field != CaseField::Description)
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
    } else if !body.changes.is_empty() {
        HistoryKind::Changed
    } else if !body.conflicts.is_empty() {
        HistoryKind::Conflict
    } else {
        HistoryKind::Untold
    }
}

/// What a person reads of an entry that is nobody's deed.
const fn what(kind: HistoryKind) -> &'static str {
    match kind {
        HistoryKind::Beginning => "State before the first change",
        HistoryKind::Changed => "Changed",
        HistoryKind::Conflict => "Changed on both sides; the case kept its value",
        HistoryKind::CommentMadePrivate => "A comment was made private",
        HistoryKind::CommentRedacted => "Text of a comment was taken out",
        HistoryKind::Untold => "What changed is no longer kept",
        HistoryKind::Created
        | HistoryKind::Deleted
        | HistoryKind::Restored
        | HistoryKind::TicketAsked
        | HistoryKind::FollowUpAsked
        | HistoryKind::TicketMade
        | HistoryKind::Retried
        | HistoryKind::Discarded
        | HistoryKind::PiledUpSent
        | HistoryKind::CommentAdded
        | HistoryKind::ConflictRestored => "Done here",
    }
}

/// A change in the words people use: names in place of ids, labels in place of words.
fn tell(change: Change, names: &Names) -> FieldChange {
    let field = CaseField::parse(&change.field);
    let readable = |value: Option<String>| match (value?, field) {
        // Of a description only a hash is kept, or the whole text, which stands above already.
        (_, Some(CaseField::Description)) => None,
        (value, Some(field)) => Some(readable(field, &value, names).unwrap_or(value)),
        (value, None) => Some(value),
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
    fn a_conflict_that_the_case_won_is_no_change_and_tells_its_fields() {
        let text = r#"{"ticket":7,"changes":[],"conflicts":["status"]}"#;
        assert_eq!(told(text).0, HistoryKind::Conflict);
        let line = HistoryLine {
            seq: 2,
            at: Timestamp::UNIX_EPOCH,
            side: "zendesk".to_owned(),
            actor: "pull".to_owned(),
            run: Some("r1".to_owned()),
            kind: HistoryKind::Conflict,
            what: what(HistoryKind::Conflict).to_owned(),
            deed: None,
            changes: Vec::new(),
            conflicts: body(text).conflicts,
        };
        assert_eq!(line.kept(), ["Status"]);
        assert_eq!(line.whose(), "in Zendesk, brought by pull, run r1");
    }

    #[test]
    fn what_was_purged_or_cannot_be_read_says_so() {
        assert_eq!(told("not json").0, HistoryKind::Untold);
        assert_eq!(kind(&Body::default()), HistoryKind::Untold);
        let redacted = r#"{"comment":"c","made_private":true,"redacted":true}"#;
        assert_eq!(told(redacted).0, HistoryKind::CommentRedacted);
    }
}
