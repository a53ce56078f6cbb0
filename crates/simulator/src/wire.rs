//! Records as JSON, with the keys in the order of the recordings.

pub(crate) mod attachment;
pub(crate) mod audit;
pub(crate) mod reference;
pub(crate) mod ticket;
pub(crate) mod ticket_event;
pub(crate) mod user;
pub(crate) mod webhook;

use std::fmt;

use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::account::Account;
use crate::account::audit::Rule;
use crate::word::Channel;

/// A time as Zendesk writes it: `2026-11-21T08:00:00Z`.
pub(crate) fn stamp(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}

/// A time that serializes as [`stamp`] does.
#[derive(Clone, Copy)]
pub(crate) struct Stamp(pub(crate) i64);

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = Timestamp::from_second(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        serializer.collect_str(&at)
    }
}

/// The `url` of a record.
#[derive(Clone, Copy)]
pub(crate) struct Url<'a> {
    /// Scheme, host and prefix.
    pub(crate) base: &'a str,
    /// `tickets`, `users`, and so on.
    pub(crate) kind: &'static str,
    /// The record.
    pub(crate) id: i64,
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base, kind, id } = self;
        write!(formatter, "{base}/api/v2/{kind}/{id}.json")
    }
}

impl Serialize for Url<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `{}`.
#[derive(Clone, Copy)]
pub(crate) struct Empty;

impl Serialize for Empty {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_map(Some(0))?.end()
    }
}

#[derive(Serialize)]
struct Address<'a> {
    address: Option<&'a str>,
    name: &'a str,
}

#[derive(Serialize)]
struct FollowedTicket<'a> {
    ticket_id: i64,
    subject: std::borrow::Cow<'a, str>,
}

#[derive(Serialize)]
struct Source<F, T> {
    from: F,
    to: T,
    rel: Option<&'static str>,
}

#[derive(Serialize)]
struct Tagged<S> {
    channel: Channel,
    source: S,
}

#[derive(Serialize)]
struct RuleOrigin<'a> {
    deleted: bool,
    title: &'a str,
    id: i64,
    revision_id: i64,
}

#[derive(Serialize)]
struct RuleSource<'a> {
    from: RuleOrigin<'a>,
    rel: &'static str,
}

/// The `via` of what a trigger or an automation did (recorded).
pub(crate) struct ViaRule<'a>(pub(crate) &'a Rule);

impl Serialize for ViaRule<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(rule) = self;
        let from = RuleOrigin {
            deleted: false,
            title: &rule.title,
            id: rule.id,
            revision_id: 1,
        };
        let source = RuleSource {
            from,
            rel: rule.rel,
        };
        let channel = Channel::Rule;
        Tagged { channel, source }.serialize(serializer)
    }
}

/// A `via` object: how something came in.
pub(crate) struct Via<'a> {
    pub(crate) account: &'a Account,
    pub(crate) channel: Channel,
    /// Who wrote, for mails.
    pub(crate) author_id: i64,
    /// The closed ticket that a follow-up follows.
    pub(crate) followup_source_id: Option<i64>,
}

impl Serialize for Via<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let channel = self.channel;
        if let Some(source) = self
            .followup_source_id
            .and_then(|id| self.account.ticket(id))
        {
            let from = FollowedTicket {
                ticket_id: source.id,
                subject: source
                    .subject
                    .as_ref()
                    .map(crate::text::Text::read)
                    .unwrap_or_default(),
            };
            let source = Source {
                from,
                to: Empty,
                rel: Some("follow_up"),
            };
            return Tagged { channel, source }.serialize(serializer);
        }
        match (channel, self.account.user(self.author_id)) {
            (Channel::Email, Some(user)) => {
                let source = Source {
                    from: Address {
                        address: user.email.as_deref(),
                        name: &user.name,
                    },
                    to: Address {
                        address: Some("support@kontor.example"),
                        name: "Kontor & Co.",
                    },
                    rel: None,
                };
                Tagged { channel, source }.serialize(serializer)
            }
            _ => {
                let source = Source {
                    from: Empty,
                    to: Empty,
                    rel: None,
                };
                Tagged { channel, source }.serialize(serializer)
            }
        }
    }
}

/// The HTML that Zendesk makes of a plain text (recorded): paragraphs at blank lines.
pub(crate) fn html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 64);
    html.push_str("<div class=\"zd-comment\" dir=\"auto\">");
    for paragraph in text.split("\n\n").filter(|part| !part.is_empty()) {
        html.push_str("<p dir=\"auto\">");
        for (place, line) in paragraph.trim_matches('\n').split('\n').enumerate() {
            if place > 0 {
                html.push_str("<br>");
            }
            crate::markup::escape(line, &mut html);
        }
        html.push_str("</p>");
    }
    html.push_str("</div>");
    html
}

/// A JSON object under construction, keys in the order they are added.
pub(crate) struct Object(Vec<u8>);

impl Object {
    pub(crate) fn new() -> Self {
        Self(vec![b'{'])
    }

    fn key(&mut self, key: &str) {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        write_json(&mut self.0, &key);
        self.0.push(b':');
    }

    /// Adds a value.
    #[must_use]
    pub(crate) fn with(mut self, key: &str, value: &(impl Serialize + ?Sized)) -> Self {
        self.key(key);
        write_json(&mut self.0, value);
        self
    }

    /// Adds an array.
    #[must_use]
    pub(crate) fn with_list<T: Serialize>(
        mut self,
        key: &str,
        rows: impl IntoIterator<Item = T>,
    ) -> Self {
        self.key(key);
        self.0.push(b'[');
        for (place, row) in rows.into_iter().enumerate() {
            if place > 0 {
                self.0.push(b',');
            }
            write_json(&mut self.0, &row);
        }
        self.0.push(b']');
        self
    }

    /// Adds an array whose rows write themselves.
    #[must_use]
    pub(crate) fn with_rows<I>(
        mut self,
        key: &str,
        rows: I,
        write: impl Fn(I::Item, &mut Vec<u8>),
    ) -> Self
    where
        I: IntoIterator,
    {
        self.key(key);
        self.0.push(b'[');
        for (place, row) in rows.into_iter().enumerate() {
            if place > 0 {
                self.0.push(b',');
            }
            write(row, &mut self.0);
        }
        self.0.push(b']');
        self
    }

    /// Adds a value that is JSON already.
    #[must_use]
    pub(crate) fn with_raw(mut self, key: &str, json: &[u8]) -> Self {
        self.key(key);
        self.0.extend_from_slice(json);
        self
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}

/// Appends a value as JSON. Writing to memory cannot fail, and no view of ours has a key that is
/// not a string; should one ever, `null` stands in its place.
pub(crate) fn write_json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let length = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(length);
        out.extend_from_slice(b"null");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_paragraphs_and_is_escaped() {
        assert_eq!(
            html("a < b\nc\n\nd & e"),
            "<div class=\"zd-comment\" dir=\"auto\"><p dir=\"auto\">a &lt; b<br>c</p><p dir=\"auto\">d &amp; e</p></div>"
        );
    }

    #[test]
    fn times_are_written_to_the_second() {
        assert_eq!(stamp(1_695_052_663), "2023-09-18T15:57:43Z");
    }

    #[test]
    fn an_object_keeps_the_order_of_its_keys() {
        let bytes = Object::new().with("b", &1).with_list("a", [1, 2]).finish();
        assert_eq!(bytes, br#"{"b":1,"a":[1,2]}"#);
    }
}
