//! Text that is not UTF-8, made so while it is read.

use std::io::Read;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// How text lies in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, low byte first.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, high byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// What Excel writes as "CSV" on a western Windows.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl Encoding {
    /// Its usual name.
    pub fn words(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Windows1252 => "Windows-1252",
        }
    }

    /// By the byte-order mark, and how long that is.
    pub(crate) fn by_mark(head: &[u8]) -> Option<(Self, usize)> {
        match head {
            [0xef, 0xbb, 0xbf, ..] => Some((Self::Utf8, 3)),
            [0xff, 0xfe, ..] => Some((Self::Utf16Le, 2)),
            [0xfe, 0xff, ..] => Some((Self::Utf16Be, 2)),
            _ => None,
        }
    }

    /// By the looks of text without a mark. UTF-16 without a mark is recognised, to be able to say
    /// so, but a person has to name it.
    pub(crate) fn by_looks(source: &str, head: &[u8]) -> Result<Self, Error> {
        if head.contains(&0) {
            let (even, odd) = zeros(head);
            let half = head.len() / 2;
            let looks = |zeros: usize| zeros * 10 >= half * 8;
            return Err(if half > 0 && (looks(even) || looks(odd)) {
                Error::damaged(
                    source,
                    None,
                    "it looks like UTF-16 without a byte-order mark",
                    "Name the encoding (utf-16le or utf-16be), or save it as UTF-8",
                )
            } else {
                Error::damaged(
                    source,
                    None,
                    "it is no text",
                    "Export it as CSV, JSON Lines or Parquet",
                )
            });
        }
        match std::str::from_utf8(head) {
            Ok(_) => Ok(Self::Utf8),
            // Cut in the middle of a character by the end of the sample.
            Err(error) if error.error_len().is_none() => Ok(Self::Utf8),
            Err(_) if head.iter().all(|byte| is_windows_1252_text(*byte)) => Ok(Self::Windows1252),
            Err(_) => Err(Error::damaged(
                source,
                None,
                "its text is neither UTF-8 nor Windows-1252",
                "Save it as UTF-8, or name its encoding",
            )),
        }
    }
}

/// Zero bytes at even and at odd places.
fn zeros(head: &[u8]) -> (usize, usize) {
    let count = |first: usize| {
        head.iter()
            .skip(first)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    (count(0), count(1))
}

fn is_windows_1252_text(byte: u8) -> bool {
    match byte {
        b'\t' | b'\n' | b'\r' => true,
        0..=0x1f | 0x7f | 0x81 | 0x8d | 0x8f | 0x90 | 0x9d => false,
        _ => true,
    }
}

/// The characters of 0x80 to 0x9F; the five that are none are the control characters of that number.
const HIGH: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}',
    '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}',
    '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}',
    '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
];

/// Reads text in another encoding as UTF-8.
pub(crate) struct Transcoded {
    name: String,
    encoding: Encoding,
    inner: Box<dyn Read + Send>,
    raw: Vec<u8>,
    /// A first half of a character that waits for its second.
    high: Option<u16>,
    text: Vec<u8>,
    given: usize,
}

impl Transcoded {
    pub(crate) fn new(name: &str, encoding: Encoding, inner: Box<dyn Read + Send>) -> Self {
        Self {
            name: name.to_owned(),
            encoding,
            inner,
            raw: Vec::new(),
            high: None,
            text: Vec::new(),
            given: 0,
        }
    }

    /// Fills `text`, which may stay empty where a piece ends within its first character. Returns
    /// whether there is more.
    fn advance(&mut self) -> std::io::Result<bool> {
        self.text.clear();
        self.given = 0;
        let kept = self.raw.len();
        self.raw.resize(64 * 1024, 0);
        let read = loop {
            match self
                .inner
                .read(self.raw.get_mut(kept..).unwrap_or_default())
            {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.raw.truncate(kept + read);
        if read == 0 {
            if kept > 0 || self.high.is_some() {
                return Err(self.broken("it stops in the middle of a character"));
            }
            return Ok(false);
        }
        match self.encoding {
            Encoding::Utf8 => self.text.append(&mut self.raw),
            Encoding::Windows1252 => {
                for byte in self.raw.drain(..) {
                    let high = HIGH.get(usize::from(byte).wrapping_sub(0x80));
                    push(&mut self.text, high.copied().unwrap_or(char::from(byte)));
                }
            }
            Encoding::Utf16Le => self.decode_utf16(u16::from_le_bytes)?,
            Encoding::Utf16Be => self.decode_utf16(u16::from_be_bytes)?,
        }
        Ok(true)
    }

    fn decode_utf16(&mut self, unit: fn([u8; 2]) -> u16) -> std::io::Result<()> {
        let (pairs, _) = self.raw.as_chunks::<2>();
        let used = pairs.len() * 2;
        let units = self.high.take().into_iter();
        let mut units = units.chain(pairs.iter().map(|pair| unit(*pair))).peekable();
        while let Some(first) = units.next() {
            if (0xd800..0xdc00).contains(&first) && units.peek().is_none() {
                self.high = Some(first);
                break;
            }
            let second = units
                .peek()
                .copied()
                .filter(|_| (0xd800..0xdc00).contains(&first));
            if second.is_some() {
                units.next();
            }
            let both = std::iter::once(first).chain(second);
            match char::decode_utf16(both).next() {
                Some(Ok(character)) => push(&mut self.text, character),
                Some(Err(_)) | None => {
                    drop(units);
                    return Err(self.broken("half a character stands alone in it"));
                }
            }
        }
        drop(units);
        self.raw.drain(..used);
        Ok(())
    }

    fn broken(&self, why: &str) -> std::io::Error {
        let why = format!("{why}, as {} goes", self.encoding.words());
        let remedy = "Check the encoding, or save it as UTF-8";
        Error::damaged(&self.name, None, why, remedy).into_io()
    }
}

fn push(text: &mut Vec<u8>, character: char) {
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

impl Read for Transcoded {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.given == self.text.len() {
            if !self.advance()? {
                return Ok(0);
            }
        }
        let rest = self.text.get(self.given..).unwrap_or_default();
        let length = rest.len().min(into.len());
        if let (Some(into), Some(rest)) = (into.get_mut(..length), rest.get(..length)) {
            into.copy_from_slice(rest);
        }
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes in pieces of `1`, so that every character is cut.
    struct Trickle(std::collections::VecDeque<u8>);

    impl Read for Trickle {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            match (self.0.pop_front(), into.first_mut()) {
                (Some(byte), Some(place)) => {
                    *place = byte;
                    Ok(1)
                }
                _ => Ok(0),
            }
        }
    }

    fn decode(encoding: Encoding, bytes: Vec<u8>) -> Result<String, std::io::Error> {
        let mut text = String::new();
        Transcoded::new("people.csv", encoding, Box::new(Trickle(bytes.into())))
            .read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn text_in_other_encodings_arrives_whole_however_it_is_cut() {
        let text = "Zo\u{eb}, \u{20ac} 5, \u{1f600}\n";
        let le = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(Encoding::Utf16Le, le).unwrap(), text);
        assert_eq!(decode(Encoding::Utf16Be, be).unwrap(), text);
        let western = b"Zo\xeb, \x80 5\n".to_vec();
        assert_eq!(
            decode(Encoding::Windows1252, western).unwrap(),
            "Zo\u{eb}, \u{20ac} 5\n"
        );
    }

    #[test]
    fn half_a_character_is_an_error_and_not_a_question_mark() {
        for bytes in [vec![0x00, 0xd8, 0x41, 0x00], vec![0x00, 0xd8], vec![0x41]] {
            let error = decode(Encoding::Utf16Le, bytes).unwrap_err();
            assert!(error.to_string().contains("UTF-16LE"), "{error}");
        }
    }

    #[test]
    fn an_encoding_is_found_or_a_sentence_says_what_to_do() {
        let found = |bytes: &[u8]| Encoding::by_looks("people.csv", bytes);
        assert_eq!(
            found("name\nZo\u{eb}\n".as_bytes()).unwrap(),
            Encoding::Utf8
        );
        assert_eq!(found(b"name\nZo\xeb\n").unwrap(), Encoding::Windows1252);
        assert_eq!(
            found("name\nZo\u{eb}".as_bytes().split_last().unwrap().1).unwrap(),
            Encoding::Utf8
        );
        let sentence = |bytes: &[u8]| found(bytes).unwrap_err().to_string();
        assert!(sentence(b"n\0a\0m\0e\0\n\0").contains("UTF-16 without a byte-order mark"));
        assert!(sentence(b"\x00\x01\x02\x03\xff\xff\xff").contains("it is no text"));
        assert!(sentence(b"name\n\x81\x01\n").contains("neither UTF-8 nor Windows-1252"));
    }
}
