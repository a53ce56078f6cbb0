//! A field's value on any side is text or nothing, so that one merge serves all fields.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A field's value on one side: text, or nothing. Numbers and ids are carried as their text.
pub type Value = Option<String>;

/// The case value and the *raw* Zendesk value that both sides last agreed on (ticket-sync.md 1).
///
/// Each side has changed only against its own half, so a mapping that loses something (urgent → high)
/// never looks like a change.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The case's (or contact's) half, in our words.
    pub crm: Value,
    /// Zendesk's half, raw, in Zendesk's words.
    pub zendesk: Value,
}

impl Pair {
    /// A pair of these two halves.
    pub const fn new(crm: Value, zendesk: Value) -> Self {
        Self { crm, zendesk }
    }
}

/// What is agreed for each linked field; stored as one JSON object of pairs on the link.
///
/// A field that is missing here was never agreed on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[serde(bound(
    serialize = "F: Ord + Serialize",
    deserialize = "F: Ord + Deserialize<'de>"
))]
pub struct Agreed<F: Ord>(pub BTreeMap<F, Pair>);

impl<F: Ord + Copy> Agreed<F> {
    /// The pair of this field, if both sides ever agreed on it.
    pub fn get(&self, field: F) -> Option<&Pair> {
        self.0.get(&field)
    }

    /// Puts the pair of this field; true if that changed anything.
    pub fn put(&mut self, field: F, pair: Pair) -> bool {
        match self.0.get(&field) {
            Some(old) if *old == pair => false,
            Some(_) | None => {
                self.0.insert(field, pair);
                true
            }
        }
    }
}

impl<F: Ord> Default for Agreed<F> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// The text or nothing of a field whose text is blank: blank counts as nothing.
pub fn not_blank(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

/// Something that may be personal data, for `Debug`: says how long it is and never what it says.
pub(crate) trait Hide {
    /// The length, in words fit for a log line.
    fn hidden(&self) -> Hidden;
}

/// The length of something hidden: `None` if it is not there at all.
pub(crate) struct Hidden(Option<usize>);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("nothing"),
            Some(length) => write!(f, "{length} bytes"),
        }
    }
}

impl Hide for str {
    fn hidden(&self) -> Hidden {
        Hidden(Some(self.len()))
    }
}

impl Hide for String {
    fn hidden(&self) -> Hidden {
        self.as_str().hidden()
    }
}

impl Hide for Option<String> {
    fn hidden(&self) -> Hidden {
        Hidden(self.as_ref().map(String::len))
    }
}

impl Hide for Vec<String> {
    fn hidden(&self) -> Hidden {
        Hidden(Some(self.iter().map(String::len).sum()))
    }
}

/// Writes `Debug` for a record: the `shown` fields as they are, of the `hidden` ones only the length.
macro_rules! quiet_debug {
    ($name:ident $(<$generic:ident>)? { shown: [$($shown:ident),* $(,)?], hidden: [$($hidden:ident),* $(,)?] }) => {
        impl $(<$generic: std::fmt::Debug>)? std::fmt::Debug for $name $(<$generic>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($shown), &self.$shown))*
                    $(.field(stringify!($hidden), &crate::value::Hide::hidden(&self.$hidden)))*
                    .finish()
            }
        }
    };
}
pub(crate) use quiet_debug;

quiet_debug!(Pair {
    shown: [],
    hidden: [crm, zendesk]
});

impl<F: Ord + fmt::Debug> fmt::Debug for Agreed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.0).finish()
    }
}

#[cfg(test)]
mod tests;
