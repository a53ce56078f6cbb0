//! The columns of a source: names and kinds, and how they differ from an earlier look.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::limits::Limits;

/// What the values of a column are. Every value travels as text in one canonical form per kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Any text. All columns of a CSV file are text.
    Text,
    /// Whole numbers as digits: `-12`.
    Integer,
    /// Exact numbers without an exponent: `1234.50`.
    Decimal,
    /// Binary floating-point numbers, as the shortest text that reads back to the same number.
    Float,
    /// `true` or `false`.
    Boolean,
    /// `2026-11-22`.
    Date,
    /// A moment, RFC 3339: `2026-11-22T07:38:00Z`; without an offset where the source has none.
    Time,
    /// Several values, as the text of a JSON array.
    List,
}

impl ColumnKind {
    /// The kind in a sentence: "text", "whole numbers".
    pub fn words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "whole numbers",
            Self::Decimal => "decimal numbers",
            Self::Float => "floating-point numbers",
            Self::Boolean => "true or false",
            Self::Date => "dates",
            Self::Time => "moments",
            Self::List => "lists",
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Column {
    /// Its name, trimmed, not empty, not that of another column.
    pub name: String,
    /// What its values are.
    pub kind: ColumnKind,
}

/// All columns of a source, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schema {
    columns: Vec<Column>,
}

impl Schema {
    /// Checks names and number of the columns of the source that people know as `source`.
    ///
    /// # Errors
    /// [`Error::Columns`] for no column, a column without a name or with one that another has, or
    /// a control character in a name; [`Error::TooMuch`] for more than `limits.columns`.
    pub fn new(source: &str, columns: Vec<Column>, limits: &Limits) -> Result<Self, Error> {
        if columns.is_empty() {
            return Err(Error::columns(
                source,
                "there is none",
                "Give it at least a column for the email or the external id",
            ));
        }
        if columns.len() > limits.columns {
            let why = format!(
                "it has {} columns, and {} is the most",
                columns.len(),
                limits.columns
            );
            return Err(Error::too_much(
                source,
                None,
                why,
                "Leave out the columns that are not sent",
            ));
        }
        let mut columns = columns;
        for (index, column) in columns.iter_mut().enumerate() {
            let trimmed = column.name.trim();
            if trimmed.len() != column.name.len() {
                column.name = trimmed.to_owned();
            }
            if column.name.is_empty() {
                let why = format!("column {} has no name", index + 1);
                return Err(Error::columns(
                    source,
                    why,
                    "Give every column a name, or leave the column out",
                ));
            }
            if column.name.chars().any(char::is_control) || column.name.len() > 1_000 {
                let why = format!("what should be the name of column {} is none", index + 1);
                return Err(Error::columns(
                    source,
                    why,
                    "Check that the first line holds the names of the columns",
                ));
            }
        }
        find_doubled(source, &columns)?;
        Ok(Self { columns })
    }

    /// The columns, in their order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Never: a schema has at least one column.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Where the column of exactly this name is.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// How this schema differs from an `earlier` one, as the middle of a sentence that names the
    /// columns; `None` if it does not. The order of columns is no difference: they are found by
    /// name.
    pub fn changes_since(&self, earlier: &Self) -> Option<String> {
        let mut changes = Vec::new();
        let lacks = |one: &Self, other: &Self| -> Vec<String> {
            other
                .columns
                .iter()
                .filter(|column| one.position(&column.name).is_none())
                .map(|column| format!("`{}`", column.name))
                .collect()
        };
        let gone = lacks(self, earlier);
        if !gone.is_empty() {
            changes.push(format!("{} {} gone", listed(&gone), is_or_are(&gone)));
        }
        let new = lacks(earlier, self);
        if !new.is_empty() {
            changes.push(format!("{} {} new", listed(&new), is_or_are(&new)));
        }
        for column in &self.columns {
            let before = earlier
                .position(&column.name)
                .and_then(|index| earlier.columns.get(index));
            if let Some(before) = before
                && before.kind != column.kind
            {
                changes.push(format!(
                    "`{}` was {} and is {} now",
                    column.name,
                    before.kind.words(),
                    column.kind.words()
                ));
            }
        }
        (!changes.is_empty()).then(|| changes.join("; "))
    }

    /// Refuses to go on with columns that are not those of an `earlier` look at the same source.
    ///
    /// # Errors
    /// [`Error::ColumnsChanged`] with a sentence that names the columns.
    pub fn must_equal(&self, source: &str, earlier: &Self) -> Result<(), Error> {
        match self.changes_since(earlier) {
            None => Ok(()),
            Some(changes) => Err(Error::ColumnsChanged {
                source_name: source.to_owned(),
                changes,
            }),
        }
    }
}

fn find_doubled(source: &str, columns: &[Column]) -> Result<(), Error> {
    let mut seen = std::collections::HashMap::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        if let Some(first) = seen.insert(column.name.as_str(), index + 1) {
            let why = format!(
                "columns {first} and {} are both called `{}`",
                index + 1,
                column.name
            );
            return Err(Error::columns(
                source,
                why,
                "Rename one of them, or leave it out",
            ));
        }
    }
    Ok(())
}

/// "a, b and c"; the first ten and how many more there are.
fn listed(names: &[String]) -> String {
    const MOST: usize = 10;
    if names.len() > MOST {
        let shown = names.iter().take(MOST).cloned().collect::<Vec<_>>();
        return format!("{} and {} more", shown.join(", "), names.len() - MOST);
    }
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

fn is_or_are(names: &[String]) -> &'static str {
    if names.len() == 1 { "is" } else { "are" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(columns: &[(&str, ColumnKind)]) -> Result<Schema, Error> {
        let columns = columns
            .iter()
            .map(|(name, kind)| Column {
                name: (*name).to_owned(),
                kind: *kind,
            })
            .collect();
        Schema::new("people.csv", columns, &Limits::default())
    }

    fn refusal(columns: &[(&str, ColumnKind)]) -> String {
        schema(columns).unwrap_err().to_string()
    }

    #[test]
    fn columns_that_cannot_be_told_apart_are_refused_by_name_and_place() {
        use ColumnKind::Text;
        assert_eq!(
            refusal(&[("email", Text), ("name", Text), (" email ", Text)]),
            "The columns of people.csv cannot be used: columns 1 and 3 are both called `email`. Rename one of them, or leave it out."
        );
        assert_eq!(
            refusal(&[("email", Text), ("  ", Text)]),
            "The columns of people.csv cannot be used: column 2 has no name. Give every column a name, or leave the column out."
        );
        assert!(refusal(&[]).contains("there is none"));
        assert!(refusal(&[("a\u{0}b", Text)]).contains("column 1 is none"));
    }

    #[test]
    fn ten_thousand_columns_are_too_many() {
        let names: Vec<String> = (0..10_000).map(|number| format!("c{number}")).collect();
        let columns: Vec<_> = names
            .iter()
            .map(|name| (name.as_str(), ColumnKind::Text))
            .collect();
        assert!(refusal(&columns).contains("it has 10000 columns, and 1000 is the most"));
    }

    #[test]
    fn a_change_of_columns_names_them() {
        use ColumnKind::{Date, Integer, Text};
        let before = schema(&[("email", Text), ("age", Integer), ("born", Date)]).unwrap();
        let moved = schema(&[("born", Date), ("email", Text), ("age", Integer)]).unwrap();
        assert_eq!(moved.changes_since(&before), None);
        let after = schema(&[
            ("email", Text),
            ("born", Text),
            ("city", Text),
            ("zip", Text),
        ]);
        assert_eq!(
            after
                .unwrap()
                .must_equal("people.csv", &before)
                .unwrap_err()
                .to_string(),
            "The columns of people.csv have changed: `age` is gone; `city` and `zip` are new; `born` was dates and is text now. Look at the preview and the mapping again, then start anew."
        );
    }
}
