//! What is wrong with a plan of columns, found before any row is sent.

use crate::word::words;

words! {
    /// What kind of problem it is.
    pub enum ProblemCode {
        /// The mapping or a template names a column that the source does not have.
        UnknownColumn = "unknown_column",
        /// Two columns of the source have one name, or two stand for one attribute.
        DoubledColumn = "doubled_column",
        /// Zendesk has no custom field of this key.
        UnknownUserField = "unknown_user_field",
        /// The attribute has power, and the destination does not allow it.
        ForbiddenAttribute = "forbidden_attribute",
        /// Nothing fills the name.
        MissingName = "missing_name",
        /// Nothing fills the email or the external id.
        MissingIdentity = "missing_identity",
        /// Nothing fills a required attribute.
        MissingRequired = "missing_required",
        /// The rule cannot be given to an attribute or field of this type.
        RuleDoesNotFit = "rule_does_not_fit",
        /// Empty cells cannot clear this attribute.
        CannotClear = "cannot_clear",
        /// The constant does not keep the rule of its target.
        BadConstant = "bad_constant",
        /// The template cannot be read.
        BadTemplate = "bad_template",
        /// No such region.
        UnknownRegion = "unknown_region",
        /// Only worth knowing: the column stands for nothing and is not sent.
        UnusedColumn = "unused_column",
        /// Only worth knowing: the field is deactivated in Zendesk, so nobody sees its values.
        InactiveField = "inactive_field",
        /// Only worth knowing: the field's pattern cannot be checked here, only by Zendesk.
        UncheckedPattern = "unchecked_pattern",
    }
}

impl ProblemCode {
    /// Whether a run must not begin with it.
    pub const fn stops(self) -> bool {
        match self {
            Self::UnknownColumn
            | Self::DoubledColumn
            | Self::UnknownUserField
            | Self::ForbiddenAttribute
            | Self::MissingName
            | Self::MissingIdentity
            | Self::MissingRequired
            | Self::RuleDoesNotFit
            | Self::CannotClear
            | Self::BadConstant
            | Self::BadTemplate
            | Self::UnknownRegion => true,
            Self::UnusedColumn | Self::InactiveField | Self::UncheckedPattern => false,
        }
    }
}

/// One problem with the plan of columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind.
    pub code: ProblemCode,
    /// The attribute, field or column it is about; two joined by `|` where either would do.
    pub field: String,
    /// What happened and what to do. Names come from the settings and the source's header; values of
    /// rows are never in it.
    pub sentence: String,
}

impl Problem {
    /// A problem with this field.
    pub(crate) fn new(code: ProblemCode, field: impl Into<String>, sentence: String) -> Self {
        Self {
            code,
            field: field.into(),
            sentence,
        }
    }
}

/// A name from outside inside a sentence: quoted, short, and unable to break a line of a log.
pub(crate) fn quote(name: &str) -> String {
    const LONGEST: usize = 80;
    let short: String = name.chars().take(LONGEST).collect();
    let more = if short.len() < name.len() { "…" } else { "" };
    format!("“{}{more}”", short.escape_debug())
}
