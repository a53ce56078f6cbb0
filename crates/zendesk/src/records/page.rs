//! Splits an answer into its raw records and what it says about the next page.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::scalar::{flag, id, loose_text};
use super::without_content;
use crate::error::{Error, Trouble};

/// One page of any list or export, borrowing its records from the body.
#[derive(Debug, Default)]
pub(crate) struct Page<'a> {
    /// The records, raw; `None` if the key is absent.
    pub(crate) records: Option<Vec<&'a RawValue>>,
    /// Where the next page starts, of exports and cursor lists.
    pub(crate) after_cursor: Option<Cow<'a, str>>,
    /// The next page of a cursor export, as an address.
    pub(crate) after_url: Option<Cow<'a, str>>,
    /// Whether an export has nothing more.
    pub(crate) end_of_stream: Option<bool>,
    /// Where a time-based export goes on.
    pub(crate) end_time: Option<i64>,
    /// The next page of an offset list, as an address.
    pub(crate) next_page: Option<Cow<'a, str>>,
    /// Whether a cursor list goes on. Its links are filled on the last page too, so they do not
    /// say (zendesk-api.md 3.1).
    pub(crate) has_more: Option<bool>,
    /// How many records an offset list has in all.
    pub(crate) count: Option<i64>,
    /// Whether the object had no keys at all.
    pub(crate) blank: bool,
}

/// Splits `body`, whose records are under `key`.
///
/// # Errors
/// [`Error::Unavailable`] for JSON that stops in the middle, [`Error::NotJson`],
/// [`Error::WrongShape`].
pub(crate) fn read_page<'a>(
    call: &'static str,
    key: &'static str,
    body: &'a [u8],
) -> Result<Page<'a>, Error> {
    let text = text_of(call, body)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = PageSeed(key)
        .deserialize(&mut reader)
        .and_then(|page| reader.end().map(|()| page));
    read.map_err(|error| {
        if !error.is_data() {
            return broken(call, &error, body);
        }
        let mut track = serde_path_to_error::Track::new();
        let mut reader = serde_json::Deserializer::from_str(text);
        let tracked = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
        let what = match PageSeed(key).deserialize(tracked) {
            Ok(_) => "unreadable".into(),
            Err(error) => without_content(&error.to_string()),
        };
        Error::WrongShape {
            call,
            path: track.path().to_string(),
            what,
        }
    })
}

/// Reads a whole answer of one shape.
///
/// # Errors
/// As [`read_page`].
pub(crate) fn read_body<'a, T: Deserialize<'a>>(
    call: &'static str,
    body: &'a [u8],
) -> Result<T, Error> {
    let text = text_of(call, body)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        if error.inner().is_data() {
            Error::WrongShape {
                call,
                path: error.path().to_string(),
                what: without_content(&error.inner().to_string()),
            }
        } else {
            broken(call, error.inner(), body)
        }
    })
}

/// Takes the one record that an answer holds under `key`.
///
/// # Errors
/// As [`read_page`]; [`Error::WrongShape`] if it is absent or null.
pub(crate) fn read_one<'a>(
    call: &'static str,
    key: &'static str,
    body: &'a [u8],
) -> Result<&'a RawValue, Error> {
    let mut parts = read_parts(call, body)?;
    match parts.remove(key) {
        Some(raw) if raw.get() != "null" => Ok(raw),
        Some(_) | None => Err(Error::WrongShape {
            call,
            path: key.into(),
            what: "missing".into(),
        }),
    }
}

/// Splits an answer into its parts by key.
///
/// # Errors
/// As [`read_page`].
pub(crate) fn read_parts<'a>(
    call: &'static str,
    body: &'a [u8],
) -> Result<BTreeMap<Cow<'a, str>, &'a RawValue>, Error> {
    read_body(call, body)
}

fn text_of<'a>(call: &'static str, body: &'a [u8]) -> Result<&'a str, Error> {
    std::str::from_utf8(body).map_err(|error| match error.error_len() {
        None => cut_off(call),
        Some(_) => Error::NotJson {
            call,
            status: 200,
            what: "broken text",
        },
    })
}

fn broken(call: &'static str, error: &serde_json::Error, body: &[u8]) -> Error {
    let body = body.trim_ascii_start();
    let what = match body.first() {
        None => "nothing",
        Some(b'<') => "a web page",
        Some(b'{' | b'[') if error.is_eof() => return cut_off(call),
        Some(b'{' | b'[') => "broken JSON",
        Some(_) => "text",
    };
    Error::NotJson {
        call,
        status: 200,
        what,
    }
}

fn cut_off(call: &'static str) -> Error {
    Error::Unavailable {
        call,
        trouble: Trouble::CutOff,
        after: None,
    }
}

struct PageSeed(&'static str);

impl<'de> DeserializeSeed<'de> for PageSeed {
    type Value = Page<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Page<'de>, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PageSeed {
    type Value = Page<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with {}", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Page<'de>, A::Error> {
        let mut page = Page {
            blank: true,
            ..Page::default()
        };
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            page.blank = false;
            match key.as_ref() {
                key if key == self.0 => {
                    page.records = map.next_value::<Option<Vec<&'de RawValue>>>()?;
                }
                "after_cursor" => page.after_cursor = map.next_value()?,
                "after_url" => page.after_url = map.next_value()?,
                "end_of_stream" => page.end_of_stream = map.next_value::<Flag>()?.0,
                "end_time" => page.end_time = map.next_value::<Id>()?.0,
                "next_page" => page.next_page = map.next_value()?,
                "count" => page.count = map.next_value::<Count>()?.0,
                "meta" => {
                    let meta = map.next_value::<Option<Meta<'de>>>()?.unwrap_or_default();
                    page.has_more = meta.has_more;
                    page.after_cursor = meta.after_cursor;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(page)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta<'a> {
    #[serde(deserialize_with = "flag")]
    has_more: Option<bool>,
    #[serde(borrow)]
    after_cursor: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Flag(#[serde(deserialize_with = "flag")] Option<bool>);

/// A number, or anything else, which then does not count.
#[derive(Deserialize)]
struct Count(#[serde(deserialize_with = "count")] Option<i64>);

#[derive(Deserialize)]
struct Id(#[serde(deserialize_with = "id")] Option<i64>);

fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(loose_text(from)?.and_then(|text| text.parse().ok()))
}
