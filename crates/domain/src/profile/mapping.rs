//! Where each value comes from: a column, a constant, or a template.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::attribute::Target;

/// Where the value of one target comes from. In JSON and TOML a table of one key: `{ column = "…" }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The column of this name, exactly as the source writes it.
    Column(String),
    /// The same text for every row. Empty, it is the same as an empty cell.
    Constant(String),
    /// A template over the columns of the row, see [`crate::profile::template`].
    Template(String),
}

/// Which target gets its value from where.
///
/// Without entries every column that bears the name of a target fills it. With entries only they are
/// sent, so that a column which happens to be called `notes` does not slip in; `by_name` asks for both,
/// and an entry then wins over a column of the target's name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// By target.
    pub entries: BTreeMap<Target, Origin>,
    /// Whether columns named like a target count beside the entries. Without entries they always do.
    pub by_name: bool,
}

impl Mapping {
    /// Columns carry Zendesk's names already.
    pub fn by_name() -> Self {
        Self::default()
    }

    /// These entries and nothing else.
    pub fn of(entries: impl IntoIterator<Item = (Target, Origin)>) -> Self {
        Self {
            entries: entries.into_iter().collect(),
            by_name: false,
        }
    }

    /// Whether columns named like a target count.
    pub fn uses_names(&self) -> bool {
        self.by_name || self.entries.is_empty()
    }
}
