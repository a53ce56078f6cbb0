//! What comes in: the columns of a source, and one row of it.

use serde::{Deserialize, Serialize};

use crate::word::words;

words! {
    /// What a source says a column holds. A file of text knows only text.
    #[derive(Default)]
    pub enum ColumnKind {
        /// Text.
        #[default]
        Text = "text",
        /// Whole numbers, as digits.
        Integer = "integer",
        /// Exact numbers, written plainly.
        Decimal = "decimal",
        /// Floating-point numbers, in the shortest form that reads back the same.
        Float = "float",
        /// `true` and `false`.
        Boolean = "boolean",
        /// ISO dates.
        Date = "date",
        /// RFC 3339 times.
        Time = "time",
        /// JSON arrays.
        List = "list",
    }
}

/// One column of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name, as the source writes it.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
}

impl Column {
    /// A column of this name and kind.
    pub fn new(name: impl Into<String>, kind: ColumnKind) -> Self {
        Self {
            name: name.into(),
            kind,
        }
    }
}

/// One row of a source, by the index of the column. A null, and a column that a ragged row does not
/// reach, is `None`; an empty text is `Some("")`. Both mean the same to the rules.
pub trait Row {
    /// The text of the cell.
    fn cell(&self, column: usize) -> Option<&str>;
}

impl Row for [Option<&str>] {
    fn cell(&self, column: usize) -> Option<&str> {
        self.get(column).copied().flatten()
    }
}

impl<const N: usize> Row for [Option<&str>; N] {
    fn cell(&self, column: usize) -> Option<&str> {
        self.get(column).copied().flatten()
    }
}

impl Row for Vec<Option<String>> {
    fn cell(&self, column: usize) -> Option<&str> {
        self.get(column).and_then(Option::as_deref)
    }
}
