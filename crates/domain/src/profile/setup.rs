//! What fields Zendesk needs before a send: a plan that is shown, and run only on request
//! (profile-send.md 2). Carried out twice it does nothing the second time.

use std::collections::BTreeMap;

use super::field::{FieldOption, FieldType, UserField};
use super::normal::{Form, Norm, Options};
use super::row::ColumnKind;

/// A column that fills a custom field, with some of its values.
#[derive(Clone, Copy)]
pub struct Sample<'a> {
    /// The key after `user_fields.`.
    pub key: &'a str,
    /// What the source says the column holds.
    pub kind: ColumnKind,
    /// Some values; empty ones do not count.
    pub values: &'a [&'a str],
}

impl std::fmt::Debug for Sample<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sample")
            .field("key", &self.key)
            .field("kind", &self.kind)
            .field("values", &self.values.len())
            .finish()
    }
}

/// One step of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Create this field.
    Create(UserField),
    /// Add options to a field that exists. Zendesk removes options that an update leaves out, so all
    /// are sent.
    AddOptions {
        /// The key of the field.
        key: String,
        /// The new ones.
        new: Vec<FieldOption>,
        /// The old ones and the new ones, in this order.
        all: Vec<FieldOption>,
    },
    /// No field can have this key: it must be of letters, digits and underscores, and not of digits
    /// alone. The mapping is to name another.
    Rename {
        /// The key as it is mapped.
        key: String,
        /// One that Zendesk takes.
        better: String,
    },
}

/// The most different values for which a column is taken for a dropdown.
const MOST_CHOICES: usize = 12;

/// The least values for which a column is taken for a dropdown.
const LEAST_VALUES: usize = 20;

/// The most letters of a value of a dropdown.
const LONGEST_CHOICE: usize = 40;

/// The most letters of one line; longer texts go into a field of several lines.
const LONGEST_LINE: usize = 255;

/// What to do so that these columns have fields, and their values options. A deactivated field counts as
/// there.
pub fn plan(samples: &[Sample<'_>], fields: &[UserField]) -> Vec<Step> {
    samples
        .iter()
        .filter_map(|sample| {
            let there = fields
                .iter()
                .find(|field| field.key.eq_ignore_ascii_case(sample.key));
            match there {
                Some(field) => add_options(field, sample),
                None if is_key(sample.key) => Some(Step::Create(new_field(sample))),
                None => Some(Step::Rename {
                    key: sample.key.to_owned(),
                    better: key_from(sample.key),
                }),
            }
        })
        .collect()
}

/// The type that suits a column: what the source says, and for text what the values look like.
pub fn guess_type(sample: &Sample<'_>) -> FieldType {
    match sample.kind {
        ColumnKind::Integer => FieldType::Integer,
        ColumnKind::Decimal | ColumnKind::Float => FieldType::Decimal,
        ColumnKind::Boolean => FieldType::Checkbox,
        ColumnKind::Date => FieldType::Date,
        ColumnKind::List => FieldType::Multiselect,
        // A time in a date field would lose its hours.
        ColumnKind::Time => FieldType::Text,
        ColumnKind::Text => guess_text(sample),
    }
}

/// The values that are not empty.
fn values<'a>(sample: &Sample<'a>) -> impl Iterator<Item = &'a str> + Clone {
    sample
        .values
        .iter()
        .map(|value| value.trim())
        .filter(|value| !value.is_empty())
}

/// The type that suits a column of text.
fn guess_text(sample: &Sample<'_>) -> FieldType {
    let values = values(sample);
    if values.clone().next().is_none() {
        return FieldType::Text;
    }
    let mut buffer = String::new();
    let mut all_keep = |norm: &Norm| {
        values
            .clone()
            .all(|value| norm.apply(value, &mut buffer).is_ok())
    };
    // A code such as 02134 is no number: its nought would be lost.
    let is_code = |value: &str| {
        let digits = value.trim_start_matches(['-', '+']);
        digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.")
    };
    // Telephone and account numbers are not for counting.
    let is_long = |value: &str| value.split('.').next().is_some_and(|whole| whole.len() > 9);
    let numbers = !values.clone().any(|value| is_code(value) || is_long(value));
    let words = values
        .clone()
        .all(|value| value.chars().all(char::is_alphabetic));
    if all_keep(&Norm::Date) && !words && !values.clone().all(|value| value.len() == 8) {
        return FieldType::Date;
    }
    if words && all_keep(&Norm::Checkbox(Form::Bare)) {
        return FieldType::Checkbox;
    }
    if numbers && all_keep(&Norm::Integer(Form::Bare)) {
        return FieldType::Integer;
    }
    if numbers && all_keep(&Norm::Decimal(Form::Bare)) {
        return FieldType::Decimal;
    }
    if values
        .clone()
        .any(|value| value.chars().count() > LONGEST_LINE || value.contains('\n'))
    {
        return FieldType::Textarea;
    }
    let choices = choices(sample);
    let short = choices
        .iter()
        .all(|choice| choice.name.chars().count() <= LONGEST_CHOICE);
    let repeats = values.clone().count() >= LEAST_VALUES.max(choices.len() * 3);
    if short && repeats && choices.len() <= MOST_CHOICES {
        FieldType::Dropdown
    } else {
        FieldType::Text
    }
}

/// A field for a column that has none.
fn new_field(sample: &Sample<'_>) -> UserField {
    let kind = guess_type(sample);
    let mut field = UserField::new(sample.key, kind);
    field.title = title(sample.key);
    field.options = match kind {
        FieldType::Dropdown | FieldType::Multiselect => choices(sample),
        FieldType::Text
        | FieldType::Textarea
        | FieldType::Checkbox
        | FieldType::Date
        | FieldType::Integer
        | FieldType::Decimal
        | FieldType::Regexp
        | FieldType::Lookup => Vec::new(),
    };
    field
}

/// The options that a field lacks for the values of a column.
fn add_options(field: &UserField, sample: &Sample<'_>) -> Option<Step> {
    match field.kind {
        FieldType::Dropdown | FieldType::Multiselect => {}
        FieldType::Text
        | FieldType::Textarea
        | FieldType::Checkbox
        | FieldType::Date
        | FieldType::Integer
        | FieldType::Decimal
        | FieldType::Regexp
        | FieldType::Lookup => return None,
    }
    let known = Options::new(&field.options);
    let mut buffer = String::new();
    let new: Vec<FieldOption> = choices(sample)
        .into_iter()
        .filter(|choice| {
            known.find(&choice.name, &mut buffer).is_none()
                && known.find(&choice.value, &mut buffer).is_none()
        })
        .collect();
    (!new.is_empty()).then(|| Step::AddOptions {
        key: field.key.clone(),
        all: field.options.iter().chain(&new).cloned().collect(),
        new,
    })
}

/// An option for each different value, in the order of their tags. Values whose tags are one are one.
fn choices(sample: &Sample<'_>) -> Vec<FieldOption> {
    let mut found = BTreeMap::new();
    for value in values(sample) {
        let mut add = |item: &str| {
            let tag = tag_from(item);
            if !tag.is_empty() {
                found.entry(tag).or_insert_with(|| item.to_owned());
            }
        };
        match serde_json::from_str::<Vec<String>>(value) {
            Ok(items) if value.starts_with('[') => {
                items.iter().for_each(|item| add(item.trim()));
            }
            Ok(_) | Err(_) => add(value),
        }
    }
    found
        .into_iter()
        .map(|(value, name)| FieldOption { name, value })
        .collect()
}

/// The tag for the name of an option: lower case, underscores between words.
fn tag_from(name: &str) -> String {
    let mut tag = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            tag.push(letter);
        } else if !tag.is_empty() && !tag.ends_with('_') {
            tag.push('_');
        }
    }
    tag.truncate(tag.trim_end_matches('_').len());
    tag
}

/// Whether a field may have this key (zendesk-api.md 3.5).
fn is_key(key: &str) -> bool {
    key.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && key.bytes().any(|byte| !byte.is_ascii_digit())
}

/// A key that a field may have, made of one that it may not.
fn key_from(key: &str) -> String {
    let letters: String = tag_from(key)
        .chars()
        .map(|letter| if letter.is_ascii() { letter } else { '_' })
        .collect();
    if is_key(&letters) {
        letters
    } else {
        format!("field_{letters}")
    }
}

/// What people read for a key: `next_best_action` is *Next best action*.
fn title(key: &str) -> String {
    let text = key.replace('_', " ");
    let text = text.trim();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests;
