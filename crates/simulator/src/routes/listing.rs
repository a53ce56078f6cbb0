//! Lists by offset and by cursor (zendesk-api.md 3.1).

use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::wire::Object;

/// One part of the place a row has in a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Number(i64),
    Text(String),
    Date(i64),
}

/// Where a row stands in a list.
pub(super) type Key = Vec<Part>;

type Rows<'a> = Box<dyn Iterator<Item = (Key, i64)> + 'a>;

/// What is answered beside the rows of a page, by the ids of those rows.
type Beside<'a> = Box<dyn Fn(&[i64], Object) -> Object + 'a>;

type After<'a> = Box<dyn Fn(Option<&Key>) -> Rows<'a> + 'a>;
type Before<'a> = Box<dyn Fn(&Key) -> Rows<'a> + 'a>;

/// A list in one order, whose rows are ids.
pub(super) struct Listing<'a> {
    /// `id`, `name,id`, `-updated_at,id`: the cursor says it.
    pub(super) order: String,
    pub(super) count: usize,
    /// The rows after a place, or all.
    pub(super) after: After<'a>,
    /// The rows before a place, nearest first.
    pub(super) before: Before<'a>,
    /// Side-loads: `include=users` and the like.
    pub(super) beside: Option<Beside<'a>>,
}

impl<'a> Listing<'a> {
    /// A list of rows that are in order already, each with its key; `descending` says which way.
    pub(super) fn of(order: &str, rows: Vec<(Key, i64)>, descending: bool) -> Self {
        let rows = std::rc::Rc::new(rows);
        let ahead = rows.clone();
        let behind = rows.clone();
        let past = move |key: &Key, place: &Key| {
            // Capitals do not count in names (recorded).
            let compared = fold(key).cmp(&fold(place));
            if descending {
                compared.reverse()
            } else {
                compared
            }
        };
        Self {
            order: order.to_owned(),
            count: rows.len(),
            after: Box::new(move |place| {
                let from = place.map_or(0, |place| {
                    ahead.partition_point(|(key, _)| past(key, place) != Ordering::Greater)
                });
                let rows: Vec<_> = ahead.iter().skip(from).cloned().collect();
                Box::new(rows.into_iter())
            }),
            before: Box::new(move |place| {
                let to = behind.partition_point(|(key, _)| past(key, place) == Ordering::Less);
                let mut rows = behind[..to].to_vec();
                rows.reverse();
                Box::new(rows.into_iter())
            }),
            beside: None,
        }
    }

    /// The same list with something beside its rows.
    pub(super) fn beside(mut self, beside: impl Fn(&[i64], Object) -> Object + 'a) -> Self {
        self.beside = Some(Box::new(beside));
        self
    }

    /// A list that is in order of its ids.
    pub(super) fn by_id(rows: impl Iterator<Item = i64>) -> Self {
        Self::of(
            "id",
            rows.map(|id| (vec![Part::Number(id)], id)).collect(),
            false,
        )
    }

    /// Answers the page that the call asks for, under `name`. `write` writes one row.
    pub(super) fn answer(
        self,
        call: &Call,
        name: &str,
        write: impl Fn(i64, &mut Vec<u8>),
    ) -> Outcome {
        let by_cursor = call.query.iter().any(|(key, _)| key.starts_with("page["));
        if by_cursor {
            self.by_cursor(call, name, write)
        } else {
            self.by_offset(call, name, write)
        }
    }

    /// Answers a page by offset; the only form of some lists.
    pub(super) fn by_offset(
        self,
        call: &Call,
        name: &str,
        write: impl Fn(i64, &mut Vec<u8>),
    ) -> Outcome {
        let number = |key: &str, default: usize| match call.query(key) {
            None | Some("") => Ok(default),
            Some(text) => text.parse::<usize>().map_err(|_| {
                Answer::titled(
                    400,
                    "Invalid attribute",
                    &format!(
                        "You passed an invalid value for the {key} attribute. must be an integer"
                    ),
                )
            }),
        };
        let per_page = number("per_page", 100)?.clamp(1, 100);
        let page = number("page", 1)?.max(1);
        if page.saturating_mul(per_page) > 10_000 {
            return Err(Answer::json(
                400,
                &json!({"errors": [{
                    "code": "InvalidPaginationDepth",
                    "title": "Pagination requests using Offset Pagination are limited",
                    "detail": "The request exceeds 10000 records. Use cursor pagination, or narrow the request."
                }]}),
            ));
        }
        let skip = (page - 1) * per_page;
        let rows: Vec<i64> = (self.after)(None)
            .skip(skip)
            .take(per_page)
            .map(|(_, id)| id)
            .collect();
        let link = |page: usize| call.link(true, &[("page", &page.to_string())], &[]);
        let next = (skip + rows.len() < self.count).then(|| link(page + 1));
        let previous = (page > 1).then(|| link(page - 1));
        let object = self
            .rows(name, &rows, write)
            .with("next_page", &next)
            .with("previous_page", &previous)
            .with("count", &self.count);
        Ok(Answer::ok(object))
    }

    /// Answers a page by cursor; the only form of some lists.
    pub(super) fn by_cursor(
        self,
        call: &Call,
        name: &str,
        write: impl Fn(i64, &mut Vec<u8>),
    ) -> Outcome {
        let size = match call.query("page[size]") {
            None => 100,
            Some(text) => text
                .parse::<usize>()
                .map_err(|_| invalid_parameter("page[size] is not valid"))?
                .clamp(1, 100),
        };
        let (after, before) = (call.query("page[after]"), call.query("page[before]"));
        if after.is_some() && before.is_some() {
            return Err(invalid_parameter(
                "Pass either `page[after]` or `page[before]`, not both",
            ));
        }
        let place = |text: Option<&str>| {
            text.map(|text| {
                decode(text, &self.order).ok_or_else(|| invalid_parameter("cursor is not valid"))
            })
            .transpose()
        };
        let (rows, has_more) = match place(before)? {
            Some(place) => {
                let mut found = (self.before)(&place);
                let mut rows: Vec<_> = found.by_ref().take(size).collect();
                rows.reverse();
                (rows, found.next().is_some())
            }
            None => {
                let place = place(after)?;
                let mut found = (self.after)(place.as_ref());
                let rows: Vec<_> = found.by_ref().take(size).collect();
                (rows, found.next().is_some())
            }
        };
        let first = rows.first().map(|(key, _)| encode(key, &self.order));
        let last = rows.last().map(|(key, _)| encode(key, &self.order));
        // Both cursors and links are filled whenever there are rows, on the first and the last page
        // too; `has_more` alone tells the end (recorded, though the documents say otherwise).
        let last =
            last.filter(|_| has_more || before.is_some() || call.switches.last_page_leads_on);
        let link = |name: &str, other: &str, cursor: &Option<String>| {
            cursor
                .as_ref()
                .map(|cursor| call.link(true, &[(name, cursor)], &[other]))
        };
        let links = Object::new()
            .with("prev", &link("page[before]", "page[after]", &first))
            .with("next", &link("page[after]", "page[before]", &last))
            .finish();
        let meta = Object::new()
            .with("has_more", &has_more)
            .with("after_cursor", &last)
            .with("before_cursor", &first)
            .finish();
        let rows: Vec<i64> = rows.into_iter().map(|(_, id)| id).collect();
        let object = self
            .rows(name, &rows, write)
            .with_raw("meta", &meta)
            .with_raw("links", &links);
        Ok(Answer::ok(object))
    }
}

impl Listing<'_> {
    /// The rows of a page, and what stands beside them.
    fn rows(&self, name: &str, rows: &[i64], write: impl Fn(i64, &mut Vec<u8>)) -> Object {
        let object = Object::new().with_rows(name, rows.iter().copied(), write);
        match &self.beside {
            Some(beside) => beside(rows, object),
            None => object,
        }
    }
}

/// 400 for a parameter of a cursor list.
pub(super) fn invalid_parameter(description: &str) -> Answer {
    Answer::error(400, "InvalidPaginationParameter", description)
}

/// A cursor: base64 of JSON with the order and, in base64 again, each part behind a letter for its
/// type, numbers little-endian (recorded).
fn encode(key: &Key, order: &str) -> String {
    let mut bytes = Vec::new();
    for part in key {
        match part {
            Part::Number(number) => {
                bytes.push(b'i');
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            Part::Date(seconds) => {
                bytes.push(b'd');
                bytes.extend_from_slice(&seconds.to_le_bytes());
            }
            Part::Text(text) => {
                bytes.push(b's');
                // The length is in characters (recorded).
                let length = u32::try_from(text.chars().count()).unwrap_or(0);
                bytes.extend_from_slice(&length.to_le_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
        }
    }
    STANDARD.encode(
        Object::new()
            .with("o", order)
            .with("v", &STANDARD.encode(bytes))
            .finish(),
    )
}

fn decode(text: &str, order: &str) -> Option<Key> {
    let value: Value = serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()?;
    if value.get("o")?.as_str()? != order {
        return None;
    }
    let bytes = STANDARD.decode(value.get("v")?.as_str()?).ok()?;
    let mut key = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some((kind, more)) = rest.split_first() {
        match kind {
            b'i' | b'd' => {
                let (number, more) = more.split_first_chunk::<8>()?;
                let number = i64::from_le_bytes(*number);
                key.push(if *kind == b'i' {
                    Part::Number(number)
                } else {
                    Part::Date(number)
                });
                rest = more;
            }
            b's' => {
                let (length, more) = more.split_first_chunk::<4>()?;
                let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
                let (text, more) = split_characters(more, length)?;
                key.push(Part::Text(text.to_owned()));
                rest = more;
            }
            _ => return None,
        }
    }
    Some(key)
}

/// A key as it is compared: capitals do not count in names (recorded).
pub(super) fn fold(key: &Key) -> Key {
    key.iter()
        .map(|part| match part {
            Part::Text(text) => Part::Text(text.to_lowercase()),
            Part::Number(_) | Part::Date(_) => part.clone(),
        })
        .collect()
}

/// So many characters from the start of some bytes, and the bytes behind them.
fn split_characters(bytes: &[u8], count: usize) -> Option<(&str, &[u8])> {
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?,
    };
    let end = match valid.char_indices().nth(count) {
        Some((end, _)) => end,
        None if valid.chars().count() == count => valid.len(),
        None => return None,
    };
    Some((&valid[..end], &bytes[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_has_the_recorded_form() {
        let cursor = encode(&vec![Part::Number(1)], "nice_id");
        assert_eq!(
            STANDARD.decode(&cursor).unwrap(),
            br#"{"o":"nice_id","v":"aQEAAAAAAAAA"}"#
        );
        assert_eq!(decode(&cursor, "nice_id"), Some(vec![Part::Number(1)]));
        assert_eq!(decode(&cursor, "id"), None);
        assert_eq!(decode("rubbish", "id"), None);
    }

    #[test]
    fn texts_and_dates_survive_a_cursor() {
        let key = vec![
            Part::Text("Öl, 3".to_owned()),
            Part::Date(7),
            Part::Number(-1),
        ];
        assert_eq!(decode(&encode(&key, "name,id"), "name,id"), Some(key));
    }
}
