//! What the first rows of a query would be in Zendesk, by a mapping that may not be stored yet: made by
//! the same [`Checker`] as a send.

use domain::profile::{Checker, Column, Profile, Row, Verdict};
use serde_json::Value;
use store::destinations::Destination;

use super::fields::fields_of;
use super::preview::{Preview, PreviewRow, preview};
use super::settings::{DestinationSettings, SendSettings, SourceSpec, read};
use crate::engine::Engine;
use crate::error::Result;

/// So many rows are shown.
const SHOWN: usize = 5;

/// What a mapping makes of the first rows.
#[derive(Clone)]
pub struct Mapped {
    /// The columns of the source.
    pub columns: Vec<Column>,
    /// The keys of the account's custom fields.
    pub fields: Vec<String>,
    /// What keeps a send from beginning, field by field: unknown keys with the nearest one.
    pub problems: Vec<(String, String)>,
    /// What is worth knowing.
    pub notices: Vec<String>,
    /// The rows; none while there are problems.
    pub rows: Vec<MappedRow>,
}

/// A row as it would be sent.
#[derive(Clone)]
pub struct MappedRow {
    /// Where it stands in the source.
    pub line: u64,
    /// Each attribute and custom field with its value.
    pub user: Vec<(String, String)>,
    /// What was done to its values on the way.
    pub notes: Vec<String>,
    /// Why it would not be sent, if so.
    pub rejected: Option<String>,
}

/// Values are personal data: only how many there are is shown.
impl std::fmt::Debug for Mapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mapped")
            .field("columns", &self.columns.len())
            .field("problems", &self.problems.len())
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

/// As [`Mapped`].
impl std::fmt::Debug for MappedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MappedRow")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

struct Cells<'a>(&'a PreviewRow);

impl Row for Cells<'_> {
    fn cell(&self, column: usize) -> Option<&str> {
        self.0.cells.get(column)?.as_deref()
    }
}

/// What the mapping and the rules of `settings` make of the first rows of a source, checked against the
/// custom fields that the account has now. Nothing is stored and nothing sent.
///
/// # Errors
/// What is wrong with the source, the destination or its credential.
pub async fn mapped(
    engine: &Engine,
    destination: &Destination,
    source: &SourceSpec,
    settings: &SendSettings,
) -> Result<Mapped> {
    let seen = preview(engine, source).await?;
    let fields = fields_of(engine, destination).await?;
    let terms: DestinationSettings = read("destination", &destination.settings)?;
    let mut rules = settings.rules.clone();
    rules.allowed = terms.allowed;
    if let Some(verification) = terms.verification {
        rules.verification = verification;
    }
    let mut mapped = Mapped {
        columns: seen.columns.clone(),
        fields: fields.iter().map(|field| field.key.clone()).collect(),
        problems: Vec::new(),
        notices: Vec::new(),
        rows: Vec::new(),
    };
    match Checker::plan(&seen.columns, &settings.mapping, &rules, &fields) {
        Ok(checker) => {
            let notices = checker.notices().iter();
            mapped.notices = notices.map(|notice| notice.sentence.clone()).collect();
            mapped.rows = rows(&checker, &seen);
        }
        Err(problems) => {
            for problem in problems {
                if problem.code.stops() {
                    mapped.problems.push((problem.field, problem.sentence));
                } else {
                    mapped.notices.push(problem.sentence);
                }
            }
        }
    }
    Ok(mapped)
}

fn rows(checker: &Checker, seen: &Preview) -> Vec<MappedRow> {
    let mut profile = Profile::new();
    let mut rows = Vec::new();
    for row in seen.rows.iter().take(SHOWN) {
        let rejected = match checker.check(&Cells(row), &mut profile) {
            Verdict::Ready => None,
            Verdict::Rejected(rejection) => Some(rejection.sentence()),
        };
        let notes = profile.notes().iter();
        rows.push(MappedRow {
            line: row.line,
            user: match rejected {
                None => user(profile.json()),
                Some(_) => Vec::new(),
            },
            notes: notes.map(|note| checker.sentence(*note)).collect(),
            rejected,
        });
    }
    rows
}

/// The fields of a user, custom ones by their whole name.
fn user(json: &[u8]) -> Vec<(String, String)> {
    let Ok(Value::Object(user)) = serde_json::from_slice(json) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (key, value) in user {
        let fields = value.as_object().filter(|_| key == "user_fields");
        match fields {
            Some(fields) => {
                let fields = fields.iter();
                all.extend(
                    fields.map(|(field, value)| (format!("user_fields.{field}"), shown(value))),
                );
            }
            None => all.push((key, shown(&value))),
        }
    }
    all
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "cleared".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
