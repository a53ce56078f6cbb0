//! What a delivery says: which record to look at.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;

use crate::records::{id, loose_text};

/// What all of Zendesk's event types begin with.
const TYPE_PREFIX: &str = "zen:event-type:";

/// What a delivery is about.
#[derive(Clone, PartialEq, Eq)]
pub enum Subject {
    /// This ticket.
    Ticket(i64),
    /// This user.
    User(i64),
    /// Something else, as Zendesk names it (`zen:organization:1`); empty if it does not.
    Other(String),
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticket(id) => f.debug_tuple("Ticket").field(id).finish(),
            Self::User(id) => f.debug_tuple("User").field(id).finish(),
            // Whoever wrote it, it is not ours to repeat.
            Self::Other(_) => f.write_str("Other"),
        }
    }
}

/// One delivery, as far as we read it: the rest of it is a hint that we fetch the truth for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEvent {
    /// The event's own id; one update makes several events, each delivered at least once. `None`
    /// in what a trigger sends: then only the id of the delivery in its header tells repeats.
    pub id: Option<String>,
    /// `ticket.status_changed`, ...; empty in what a trigger sends.
    pub kind: String,
    /// What it is about.
    pub subject: Subject,
    /// When it happened.
    pub time: Option<Timestamp>,
}

/// A delivery that cannot be read, as a sentence without its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "A webhook's delivery cannot be read ({what}). It is left out, and the next reading of the export catches up; check the body of the trigger in Zendesk, it may be {{\"ticket_id\": \"{{{{ticket.id}}}}\"}}."
)]
pub struct BadEvent {
    /// What is wrong, without the content.
    pub what: &'static str,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Event(Wire),
    /// A trigger that sends nothing but a number.
    Bare(Number),
}

#[derive(Deserialize)]
struct Number(#[serde(deserialize_with = "id")] Option<i64>);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    #[serde(deserialize_with = "loose_text")]
    id: Option<String>,
    #[serde(rename = "type", deserialize_with = "loose_text")]
    kind: Option<String>,
    #[serde(deserialize_with = "loose_text")]
    subject: Option<String>,
    #[serde(deserialize_with = "loose_text")]
    time: Option<String>,
    detail: Option<Detail>,
    /// A trigger's own template.
    #[serde(deserialize_with = "loose_text")]
    ticket_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    #[serde(deserialize_with = "loose_text")]
    id: Option<String>,
}

/// Reads a delivery: Zendesk's event form, in which all ids are texts, or the body of a trigger of
/// the account's own, `{"ticket_id": 123}`, `{"ticket_id": "123"}` or `"123"`. The caller has
/// capped its size and checked its signature.
///
/// # Errors
/// [`BadEvent`] for anything that names no record.
pub fn parse_event(body: &[u8]) -> Result<WebhookEvent, BadEvent> {
    let bad = |what| BadEvent { what };
    let text = std::str::from_utf8(body).map_err(|_| bad("it is not text"))?;
    let wire = match serde_json::from_str(text) {
        Ok(Body::Event(wire)) => wire,
        Ok(Body::Bare(Number(Some(id)))) if id > 0 => return Ok(of_trigger(id)),
        Ok(Body::Bare(Number(_))) => return Err(bad("it names nothing")),
        Err(_) => return Err(bad("it is not the JSON of an event")),
    };
    let Some(kind) = wire.kind.filter(|kind| !kind.is_empty()) else {
        let id = wire.ticket_id.as_deref().and_then(number);
        return id.map(of_trigger).ok_or(bad("it names no ticket"));
    };
    let kind = kind.strip_prefix(TYPE_PREFIX).unwrap_or(&kind).to_owned();
    let named = wire.subject.unwrap_or_default();
    let detail = wire.detail.and_then(|detail| detail.id);
    let subject = subject_of(&named, &kind, detail.as_deref());
    if subject == Subject::Other(String::new()) {
        return Err(bad("it names no record"));
    }
    Ok(WebhookEvent {
        id: wire.id.filter(|id| !id.is_empty()),
        kind,
        subject,
        time: wire.time.and_then(|time| time.parse().ok()),
    })
}

fn of_trigger(ticket: i64) -> WebhookEvent {
    WebhookEvent {
        id: None,
        kind: String::new(),
        subject: Subject::Ticket(ticket),
        time: None,
    }
}

/// `zen:ticket:123`; else the kind says what the id in `detail` is.
fn subject_of(named: &str, kind: &str, detail: Option<&str>) -> Subject {
    let of = |word: &str| {
        let in_subject = named
            .strip_prefix("zen:")
            .and_then(|rest| rest.strip_prefix(word)?.strip_prefix(':'));
        let in_detail = kind.starts_with(&format!("{word}.")).then_some(detail);
        in_subject.or(in_detail.flatten()).and_then(number)
    };
    match (of("ticket"), of("user")) {
        (Some(ticket), _) => Subject::Ticket(ticket),
        (None, Some(user)) => Subject::User(user),
        (None, None) => Subject::Other(named.to_owned()),
    }
}

/// An id: a whole number above nought, since "missing" is `0` or the empty text.
fn number(text: &str) -> Option<i64> {
    text.trim().parse().ok().filter(|id| *id > 0)
}

#[cfg(test)]
mod tests;
