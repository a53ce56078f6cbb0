//! Texts of records: written out, or drawn from the phrases when they are read.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::data::phrase::{self, Part};

/// A subject or body. Generated ones are drawn each time they are read, which keeps hundreds of
/// thousands of comments small; written ones own their text.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Form);

#[derive(Clone, PartialEq, Eq)]
enum Form {
    Drawn {
        scenario: u8,
        part: Part,
        turn: u8,
        draw: u32,
    },
    Written(Box<str>),
}

impl Text {
    pub(crate) fn drawn(scenario: u8, part: Part, turn: u8, draw: u32) -> Self {
        Self(Form::Drawn {
            scenario,
            part,
            turn,
            draw,
        })
    }

    /// The text itself.
    pub fn read(&self) -> Cow<'_, str> {
        match &self.0 {
            Form::Drawn {
                scenario,
                part,
                turn,
                draw,
            } => Cow::Owned(phrase::render(*scenario, *part, *turn, *draw)),
            Form::Written(text) => Cow::Borrowed(text),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Form::Written(text.into()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Form::Written(text.into()))
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.read())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.read(), formatter)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.read())
    }
}
