//! What Zendesk's records become: our own record beside the raw JSON it came from.
//!
//! A page is split into raw records first and each is read by itself, so that one that cannot be
//! read never stops the others, and so that every field we do not know is kept. Ids may arrive
//! as text, values as null; keys we have no place for are passed over and live on in the raw JSON.

mod attachment;
mod change;
mod comment;
mod event;
mod page;
mod reference;
mod scalar;
mod ticket;
mod user;
mod via;

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) use attachment::read_attachment;
pub use attachment::{AttachmentMeta, attachments_of};
pub use change::FieldEvent;
pub use event::TicketEvent;
pub(crate) use page::{Page, read_body, read_one, read_page, read_parts};
pub use reference::Reference;
pub(crate) use scalar::{flag, id, loose_text, text, texts};

/// One record of a page or an answer.
#[derive(Clone)]
pub struct Record<T> {
    /// Its id, also of a record that cannot be read otherwise.
    pub id: Option<i64>,
    /// The record as it came, for the mirror: nothing that Zendesk sent is lost.
    pub raw: Box<RawValue>,
    /// What we read from it, or why we could not.
    pub parsed: Result<T, BadRecord>,
}

impl<T: fmt::Debug> fmt::Debug for Record<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("id", &self.id)
            .field("parsed", &self.parsed)
            .finish_non_exhaustive()
    }
}

/// A record that cannot be read, as a sentence without its content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{noun} {} (number {} in its answer) cannot be read: {what} at {path}. It was skipped and its JSON kept; report it with the version of Deskbridge.",
    name(*id), position + 1
)]
pub struct BadRecord {
    /// `Ticket`, `User`, ...
    pub noun: &'static str,
    /// Its id, if that could be read.
    pub id: Option<i64>,
    /// Its place in the answer, from 0.
    pub position: usize,
    /// Where in its JSON, `via.channel`; `.` for the whole.
    pub path: String,
    /// What is wrong there, without the value itself.
    pub what: String,
}

fn name(id: Option<i64>) -> String {
    id.map_or_else(|| "without an id".to_owned(), |id| id.to_string())
}

/// A record that we have a type for.
pub(crate) trait Mirrored: Sized {
    /// What sentences call it.
    const NOUN: &'static str;
    /// Its form on the wire.
    type Wire<'a>: Deserialize<'a>;
    /// Makes the record; `Err` names the field without which there is none.
    fn from_wire(wire: Self::Wire<'_>) -> Result<Self, &'static str>;
    /// Its id.
    fn id(&self) -> i64;
}

/// Reads one raw record at `position` of its answer.
pub(crate) fn read_record<T: Mirrored>(position: usize, raw: &RawValue) -> Record<T> {
    let parsed = match serde_json::from_str::<T::Wire<'_>>(raw.get()) {
        Ok(wire) => T::from_wire(wire).map_err(|field| BadRecord {
            noun: T::NOUN,
            id: id_of(raw),
            position,
            path: field.to_owned(),
            what: "missing".into(),
        }),
        Err(_) => Err(explain::<T>(position, raw)),
    };
    Record {
        id: match &parsed {
            Ok(record) => Some(record.id()),
            Err(bad) => bad.id,
        },
        raw: raw.to_owned(),
        parsed,
    }
}

/// Reads a ticket again from the raw JSON that a mirror kept of it; `None` if that is no ticket.
pub fn reread_ticket(raw: &str) -> Option<domain::ticket::Ticket> {
    let raw: &RawValue = serde_json::from_str(raw).ok()?;
    read_record(0, raw).parsed.ok()
}

/// Reads all raw records of a page.
pub(crate) fn read_records<T: Mirrored>(raws: &[&RawValue]) -> Vec<Record<T>> {
    raws.iter()
        .enumerate()
        .map(|(position, raw)| read_record(position, raw))
        .collect()
}

/// Reads a record a second time, slowly, to say where it is wrong.
fn explain<T: Mirrored>(position: usize, raw: &RawValue) -> BadRecord {
    let mut reader = serde_json::Deserializer::from_str(raw.get());
    let (path, what) = match serde_path_to_error::deserialize::<_, T::Wire<'_>>(&mut reader) {
        Ok(_) => (".".into(), "unreadable".into()),
        Err(error) => (
            error.path().to_string(),
            without_content(&error.inner().to_string()),
        ),
    };
    BadRecord {
        noun: T::NOUN,
        id: id_of(raw),
        position,
        path,
        what,
    }
}

fn id_of(raw: &RawValue) -> Option<i64> {
    #[derive(Deserialize)]
    struct Only {
        #[serde(default, deserialize_with = "id")]
        id: Option<i64>,
    }
    serde_json::from_str::<Only>(raw.get()).ok()?.id
}

/// A reader's complaint without the value it quotes, which may be a person's, and without the
/// line and column, which mean nothing inside a page.
pub(crate) fn without_content(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or_default();
    let mut out = message.to_owned();
    for quote in ['"', '`'] {
        if let (Some(first), Some(last)) = (out.find(quote), out.rfind(quote))
            && first < last
        {
            out.replace_range(first..=last, "…");
        }
    }
    out
}
