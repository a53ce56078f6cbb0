//! One target of a plan: where its value comes from and what becomes of it.

use super::attribute::{Attribute, Target};
use super::json;
use super::normal::{Form, Norm};
use super::rules::Handling;
use super::template::Template;

/// Where a value comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// The cell of this column.
    Column(usize),
    /// The same for every row, not looked at yet.
    Constant(String),
    /// The same for every row, as it stands in JSON and as text.
    Fixed { json: Vec<u8>, text: String },
    /// Made from the row.
    Template(Box<Template>),
}

/// One target of a plan.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) target: Target,
    /// How messages name it.
    pub(super) label: String,
    /// The column it comes from, if it comes from one.
    pub(super) column: Option<String>,
    /// Its key in JSON with quotes and colon.
    pub(super) key: Vec<u8>,
    pub(super) source: Source,
    pub(super) norm: Norm,
    pub(super) form: Form,
    pub(super) handling: Handling,
    pub(super) clears: bool,
    pub(super) required: bool,
}

impl Slot {
    /// A slot that leaves empty cells alone and requires nothing.
    pub(super) fn new(
        target: Target,
        column: Option<String>,
        source: Source,
        norm: Norm,
        handling: Handling,
    ) -> Self {
        let mut key = Vec::new();
        match &target {
            Target::Attribute(attribute) => json::push_string(attribute.as_str(), &mut key),
            Target::Field(field) => json::push_string(field, &mut key),
        }
        key.push(b':');
        Self {
            label: target.to_string(),
            form: norm.form(),
            target,
            column,
            key,
            source,
            norm,
            handling,
            clears: false,
            required: false,
        }
    }

    /// A slot that says `true` for every row.
    pub(super) fn always(attribute: Attribute) -> Self {
        Self::new(
            Target::Attribute(attribute),
            None,
            Source::Fixed {
                json: b"true".to_vec(),
                text: "true".to_owned(),
            },
            Norm::Checkbox(Form::Bare),
            Handling::default(),
        )
    }

    /// Works out a constant once for all rows. False if it does not keep its rule. An empty one stays
    /// what it is: an empty cell in every row.
    pub(super) fn fix_constant(&mut self) -> bool {
        let Source::Constant(value) = &self.source else {
            return true;
        };
        if value.is_empty() {
            return true;
        }
        let mut text = String::new();
        if self.norm.apply(value, &mut text).is_err() {
            return false;
        }
        let mut json = Vec::new();
        json::push_value(&text, self.form, &mut json);
        self.source = Source::Fixed { json, text };
        true
    }
}
