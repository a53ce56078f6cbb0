//! What a source's bytes are: format, compression, encoding; said by a person or found out.

use std::io::{Cursor, Read as _};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::input::compression::{Compression, decompress};
use crate::input::encoding::{Encoding, Transcoded};
use crate::input::{Input, Raw, Tap};
use crate::limits::Limits;

/// A format that rows can lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Comma-separated values, or separated by another character.
    Csv,
    /// A JSON object a line.
    JsonLines,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// Its usual name.
    pub fn words(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::JsonLines => "JSON Lines",
            Self::Parquet => "Parquet",
        }
    }
}

/// Where the names of a CSV file's columns are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Header {
    /// In its first line.
    #[default]
    FirstLine,
    /// Nowhere: these are they, and the first line is a row.
    Names(Vec<String>),
}

/// What to do with a key of a JSON object that no row of the sample had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownKeys {
    /// Reject the row: its value would be lost without a word.
    #[default]
    Reject,
    /// Leave the value out.
    Ignore,
}

/// What a person says of a source. What is not said is found out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Form {
    /// The format.
    pub format: Option<Format>,
    /// The compression.
    pub compression: Option<Compression>,
    /// The encoding of text.
    pub encoding: Option<Encoding>,
    /// What stands between the cells of a CSV file: one ASCII character.
    pub delimiter: Option<char>,
    /// Where the names of a CSV file's columns are.
    pub header: Header,
    /// Keys of JSON objects that come up late.
    pub unknown_keys: UnknownKeys,
}

/// What a source turned out to be; the parts that do not apply to it are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The format; `None` for rows that come from no file.
    pub format: Option<Format>,
    /// The compression.
    pub compression: Option<Compression>,
    /// The encoding of text.
    pub encoding: Option<Encoding>,
    /// What stands between the cells of a CSV file.
    pub delimiter: Option<char>,
    /// Bytes of the source as it lies there.
    pub bytes: Option<u64>,
    /// How many rows the source says it has.
    pub rows: Option<u64>,
}

/// So much is looked at to find out what a source is.
pub(crate) const SAMPLE: usize = 64 * 1024;

/// A source whose format is known.
pub(crate) enum Opened {
    /// Text, and what its first [`SAMPLE`] bytes say.
    Text {
        format: Format,
        input: Input,
        sample: Vec<u8>,
        found: Found,
    },
    Parquet {
        raw: Raw,
        found: Found,
    },
}

/// Finds out what `raw` is, as far as `form` does not say it.
pub(crate) fn open(raw: Raw, form: &Form, limits: &Limits) -> Result<Opened, Error> {
    let head = raw.head(8)?;
    let mut found = Found {
        bytes: Some(raw.length),
        ..Found::default()
    };
    let is_parquet = form.format.map_or(head.starts_with(b"PAR1"), |format| {
        format == Format::Parquet
    });
    if is_parquet {
        found.format = Some(Format::Parquet);
        return Ok(Opened::Parquet { raw, found });
    }
    let compression = form.compression.unwrap_or_else(|| Compression::of(&head));
    found.compression = Some(compression);
    let name = raw.name.clone();
    let tap = Tap::new(raw);
    let mut plain = Input::new(
        &name,
        decompress(&name, compression, &tap, limits)?,
        tap.clone(),
    );
    let mut head = Vec::new();
    plain.fill(&mut head, SAMPLE)?;
    if head.is_empty() {
        return Err(Error::damaged(
            &name,
            None,
            "it is empty",
            "Check the export that writes it",
        ));
    }
    refuse_other_formats(&name, &head)?;

    let (encoding, mark) = match (form.encoding, Encoding::by_mark(&head)) {
        (Some(named), Some((marked, length))) if named == marked => (named, length),
        (Some(named), _) => (named, 0),
        (None, Some(marked)) => marked,
        (None, None) => (Encoding::by_looks(&name, &head)?, 0),
    };
    found.encoding = Some(encoding);
    head.drain(..mark);
    let rest: Box<dyn std::io::Read + Send> = Box::new(Cursor::new(head).chain(plain));
    let rest = if encoding == Encoding::Utf8 {
        rest
    } else {
        Box::new(Transcoded::new(&name, encoding, rest))
    };
    let mut text = Input::new(&name, rest, tap.clone());
    let mut sample = Vec::new();
    text.fill(&mut sample, SAMPLE)?;

    let first = sample.iter().find(|byte| !byte.is_ascii_whitespace());
    let format = match (form.format, first) {
        (Some(format), _) => format,
        (None, Some(b'{')) => Format::JsonLines,
        (None, Some(b'[')) => {
            return Err(Error::damaged(
                &name,
                None,
                "it is a JSON array",
                "Write one object a line (JSON Lines), without brackets and commas around them",
            ));
        }
        (None, Some(_) | None) => Format::Csv,
    };
    found.format = Some(format);
    let whole: Box<dyn std::io::Read + Send> = Box::new(Cursor::new(sample.clone()).chain(text));
    Ok(Opened::Text {
        format,
        input: Input::new(&name, whole, tap),
        sample,
        found,
    })
}

/// Formats that people take for a table, and that are told by their first bytes.
fn refuse_other_formats(name: &str, head: &[u8]) -> Result<(), Error> {
    let refuse = |why: &str, remedy: &str| Err(Error::damaged(name, None, why, remedy));
    match head {
        [b'P', b'K', 3, 4, ..] => refuse(
            "it is a ZIP archive or an Excel workbook",
            "In Excel, save it as \"CSV UTF-8\"; unpack an archive first",
        ),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => refuse(
            "it is an old Excel workbook",
            "In Excel, save it as \"CSV UTF-8\"",
        ),
        [b'%', b'P', b'D', b'F', ..] => {
            refuse("it is a PDF", "Export it as CSV, JSON Lines or Parquet")
        }
        [b'P', b'A', b'R', b'1', ..] => refuse(
            "it is a Parquet file inside a compressed one",
            "Parquet compresses itself: send it as it is",
        ),
        head if Compression::of(head) != Compression::None => refuse(
            "it is compressed twice",
            "Compress it once, or send it as it is",
        ),
        _ => Ok(()),
    }
}

impl std::io::Read for Input {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.read_text(into)
    }
}
