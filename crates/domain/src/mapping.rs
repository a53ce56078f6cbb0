//! How Zendesk's words become a case's words, and back.

use crate::value::{Hide, Value};

/// What a value of one side is in the other side's words.
#[derive(Clone, PartialEq, Eq)]
pub enum Translation {
    /// It is this there (which may be nothing).
    To(Value),
    /// It has no counterpart there: leave the other side as it is.
    Keep,
    /// Nobody has said what this word means there. The field waits, and the run says so.
    Unknown(String),
}

impl std::fmt::Debug for Translation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::To(value) => f.debug_tuple("To").field(&value.hidden()).finish(),
            Self::Keep => f.write_str("Keep"),
            Self::Unknown(word) => f.debug_tuple("Unknown").field(&word.hidden()).finish(),
        }
    }
}
