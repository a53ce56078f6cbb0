//! What is said of a file's form, as it is typed. What is not said is found out.

use clap::{Args, ValueEnum};
use engine::profile_send::{Compression, Encoding, Form, Format, Header, UnknownKeys};

use crate::failure::usage;

/// The flags.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct FormFlags {
    /// What the file is (found out unless said)
    #[arg(long, value_enum)]
    format: Option<FormatWord>,
    /// How it is compressed (found out unless said)
    #[arg(long, value_enum)]
    compression: Option<CompressionWord>,
    /// How its letters are written (found out unless said)
    #[arg(long, value_enum)]
    encoding: Option<EncodingWord>,
    /// What stands between the cells of a CSV file: one character, or the word tab (found out unless said)
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<String>,
    /// The names of the columns, parted by commas, for a CSV file whose first line is a row
    #[arg(long, value_name = "NAMES")]
    columns: Option<String>,
    /// What becomes of a JSON object with a key that none of the first ones has (reject unless said)
    #[arg(long, value_enum)]
    unknown_keys: Option<UnknownKeysWord>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatWord {
    /// Cells parted by commas or another character
    Csv,
    /// One JSON object a line
    JsonLines,
    /// Apache Parquet
    Parquet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CompressionWord {
    /// Not at all
    None,
    /// gzip
    Gzip,
    /// Zstandard
    Zstd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EncodingWord {
    /// UTF-8
    #[value(name = "utf-8")]
    Utf8,
    /// UTF-16, the low byte first
    #[value(name = "utf-16le")]
    Utf16Le,
    /// UTF-16, the high byte first
    #[value(name = "utf-16be")]
    Utf16Be,
    /// What Excel writes on a western Windows; Latin-1 is part of it
    #[value(name = "windows-1252")]
    Windows1252,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum UnknownKeysWord {
    /// The row is rejected
    Reject,
    /// The value is left out
    Ignore,
}

impl FormFlags {
    #[cfg(test)]
    pub(crate) fn of_delimiter(delimiter: &str) -> Self {
        Self {
            delimiter: Some(delimiter.to_owned()),
            ..Self::default()
        }
    }

    /// Whether any of them was given.
    pub(crate) fn are_given(&self) -> bool {
        *self != Self::default()
    }

    /// What they say of a file.
    ///
    /// # Errors
    /// A usage error that says what to write.
    pub(crate) fn form(&self) -> anyhow::Result<Form> {
        self.over(Form::default())
    }

    /// What they say of a file, over what was `kept` of it.
    ///
    /// # Errors
    /// As [`Self::form`].
    pub(crate) fn over(&self, kept: Form) -> anyhow::Result<Form> {
        let columns = self.columns.as_deref().map(names).transpose()?;
        let delimiter = self.delimiter.as_deref().map(character).transpose()?;
        Ok(Form {
            format: self.format.map(FormatWord::meant).or(kept.format),
            compression: (self.compression.map(CompressionWord::meant)).or(kept.compression),
            encoding: self.encoding.map(EncodingWord::meant).or(kept.encoding),
            delimiter: delimiter.or(kept.delimiter),
            header: columns.map_or(kept.header, Header::Names),
            unknown_keys: (self.unknown_keys).map_or(kept.unknown_keys, UnknownKeysWord::meant),
        })
    }
}

impl FormatWord {
    const fn meant(self) -> Format {
        match self {
            Self::Csv => Format::Csv,
            Self::JsonLines => Format::JsonLines,
            Self::Parquet => Format::Parquet,
        }
    }
}

impl CompressionWord {
    const fn meant(self) -> Compression {
        match self {
            Self::None => Compression::None,
            Self::Gzip => Compression::Gzip,
            Self::Zstd => Compression::Zstd,
        }
    }
}

impl EncodingWord {
    const fn meant(self) -> Encoding {
        match self {
            Self::Utf8 => Encoding::Utf8,
            Self::Utf16Le => Encoding::Utf16Le,
            Self::Utf16Be => Encoding::Utf16Be,
            Self::Windows1252 => Encoding::Windows1252,
        }
    }
}

impl UnknownKeysWord {
    const fn meant(self) -> UnknownKeys {
        match self {
            Self::Reject => UnknownKeys::Reject,
            Self::Ignore => UnknownKeys::Ignore,
        }
    }
}

fn character(text: &str) -> anyhow::Result<char> {
    let mut letters = text.chars();
    match (text, letters.next(), letters.next()) {
        ("tab" | "\\t", _, _) => Ok('\t'),
        (_, Some(one), None)
            if one.is_ascii() && (one == '\t' || !one.is_ascii_control()) && one != '"' =>
        {
            Ok(one)
        }
        _ => Err(usage(
            "--delimiter: write one character, such as ';' or '|', or the word tab.",
        )),
    }
}

fn names(text: &str) -> anyhow::Result<Vec<String>> {
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    if names.iter().any(String::is_empty) {
        return Err(usage(
            "--columns: write the names of all columns in their order, such as external_id,name,email.",
        ));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_one_character_or_the_word_tab() {
        for (text, meant) in [
            ("tab", '\t'),
            ("\\t", '\t'),
            ("\t", '\t'),
            (";", ';'),
            ("^", '^'),
        ] {
            assert_eq!(character(text).unwrap(), meant, "{text:?}");
        }
        for wrong in ["", ";;", "\"", "\n", "¦"] {
            let said = character(wrong).unwrap_err().to_string();
            assert!(said.contains("--delimiter"), "{said}");
        }
    }

    #[test]
    fn a_form_keeps_what_is_not_said_anew() {
        let kept = Form {
            delimiter: Some(';'),
            encoding: Some(Encoding::Windows1252),
            ..Form::default()
        };
        let flags = FormFlags {
            delimiter: Some("|".to_owned()),
            columns: Some("external_id, name".to_owned()),
            ..FormFlags::default()
        };
        assert!(flags.are_given() && !FormFlags::default().are_given());
        let form = flags.over(kept).unwrap();
        assert_eq!(form.delimiter, Some('|'));
        assert_eq!(form.encoding, Some(Encoding::Windows1252));
        let names = vec!["external_id".to_owned(), "name".to_owned()];
        assert_eq!(form.header, Header::Names(names));
        let gap = FormFlags {
            columns: Some("a,,b".to_owned()),
            ..FormFlags::default()
        };
        assert!(gap.form().unwrap_err().to_string().contains("--columns"));
    }
}
