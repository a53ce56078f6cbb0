//! The custom fields of users that an account has, as Zendesk lists them (zendesk-api.md 3.5).

use serde::{Deserialize, Serialize};

use crate::word::words;

words! {
    /// The type of a custom field.
    pub enum FieldType {
        /// One line.
        Text = "text",
        /// Several lines.
        Textarea = "textarea",
        /// Yes or no; yes adds the field's tag.
        Checkbox = "checkbox",
        /// A day.
        Date = "date",
        /// A whole number.
        Integer = "integer",
        /// A number with a fraction.
        Decimal = "decimal",
        /// A line that must match a pattern.
        Regexp = "regexp",
        /// One of some options; its value is a tag.
        Dropdown = "dropdown",
        /// Several of some options.
        Multiselect = "multiselect",
        /// The id of another record.
        Lookup = "lookup",
    }
}

/// One option of a dropdown or multiselect field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldOption {
    /// What people see.
    pub name: String,
    /// What is stored, which is also the tag.
    pub value: String,
}

/// One custom field of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserField {
    /// The key after `user_fields.`.
    pub key: String,
    /// What people see.
    pub title: String,
    /// Its type.
    pub kind: FieldType,
    /// Its options, if it is a dropdown or multiselect.
    pub options: Vec<FieldOption>,
    /// `regexp_for_validation`, if it has one.
    pub pattern: Option<String>,
    /// False once it is deactivated: values can still be written, and nobody sees them.
    pub active: bool,
}

impl UserField {
    /// An active field of this key and type, titled like its key, without options or pattern.
    pub fn new(key: impl Into<String>, kind: FieldType) -> Self {
        let key = key.into();
        Self {
            title: key.clone(),
            key,
            kind,
            options: Vec::new(),
            pattern: None,
            active: true,
        }
    }

    /// The same field with these options, each a name and a value.
    #[must_use]
    pub fn with_options<'a>(
        mut self,
        options: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        self.options = options
            .into_iter()
            .map(|(name, value)| FieldOption {
                name: name.to_owned(),
                value: value.to_owned(),
            })
            .collect();
        self
    }
}

/// The key of these that looks most like the wanted one, if any is close: at most two letters differ,
/// or a third of a long key.
pub fn nearest_key<'a>(wanted: &str, keys: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = wanted.to_lowercase().chars().take(LONGEST_KEY).collect();
    let enough = (wanted.len() / 3).max(2);
    keys.into_iter()
        .map(|key| (distance(&wanted, key), key))
        .filter(|(distance, key)| *distance <= enough && *distance < key.chars().count())
        .min()
        .map(|(_, key)| key)
}

/// Keys are compared up to this many characters, so that a hostile name costs no time.
const LONGEST_KEY: usize = 100;

/// How many letters must be put in, taken out or changed to make one of the other.
fn distance(wanted: &[char], key: &str) -> usize {
    let mut row: Vec<usize> = (0..=wanted.len()).collect();
    for (above, letter) in key.to_lowercase().chars().take(LONGEST_KEY).enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, other) in row.iter_mut().skip(1).zip(wanted) {
            let change = diagonal + usize::from(*other != letter);
            diagonal = *cell;
            left = change.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}
