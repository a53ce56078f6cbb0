//! Tickets made and changed (zendesk-api.md 3.7). Each request is sent once; see
//! [`Error::is_outcome_unknown`].

use domain::ticket::Ticket;
use http::Method;
use jiff::Timestamp;
use serde_json::value::RawValue;

use crate::client::{Client, Write};
use crate::error::Error;
use crate::error::body::About;
use crate::governor::{Bucket, date};
use crate::http::Reply;
use crate::records::{Record, TicketEvent, read_parts, read_record};

/// Says whether an idempotency key was known already: `hit` or `miss`.
const LOOKUP: &str = "x-idempotency-lookup";

/// A ticket that was made, as Zendesk answered.
#[derive(Debug, Clone)]
pub struct Created {
    /// The ticket.
    pub ticket: Record<Ticket>,
    /// What the creation did, with our marker and the id of the first comment.
    pub audit: Option<TicketEvent>,
    /// Whether this is the answer to an earlier request with the same idempotency key; `None` if
    /// Zendesk did not say.
    pub replayed: Option<bool>,
    /// Zendesk's time when it answered, to the second.
    pub date: Option<Timestamp>,
}

/// A ticket that was changed, as Zendesk answered.
#[derive(Debug, Clone)]
pub struct Updated {
    /// The ticket.
    pub ticket: Record<Ticket>,
    /// What the change did, with our marker. `None`, or an audit without changes and comments,
    /// says that nothing was changed although the answer was a 200 (I-05).
    pub audit: Option<TicketEvent>,
    /// Zendesk's time when it answered, to the second.
    pub date: Option<Timestamp>,
}

impl Client {
    /// Makes a ticket from a body that [`NewTicket::to_body`](crate::NewTicket::to_body) made.
    /// Within two hours, the same key with the same body brings the same ticket.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Invalid`] with the refused fields,
    /// [`Error::is_idempotency_in_progress`] while the first request still runs.
    pub async fn create_ticket(&self, body: &str, idempotency_key: &str) -> Result<Created, Error> {
        let about = About {
            bucket: Bucket::TicketCreates,
            ..About::call("the new ticket")
        };
        let write = Write {
            idempotency_key: Some(idempotency_key),
            ..Write::json(about, Method::POST, "tickets", body)
        };
        self.write(write, |reply| {
            let (ticket, audit) = read_ticket(about.call, &reply.body, None)?;
            Ok(Created {
                ticket,
                audit,
                replayed: replayed(reply),
                date: date(&reply.headers),
            })
        })
        .await
    }

    /// Changes a ticket by a body that [`TicketChange::to_body`](crate::TicketChange::to_body)
    /// made.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Invalid`] with the refused fields,
    /// [`Error::is_update_conflict`] for a ticket newer than the stamp, [`Error::is_not_found`]
    /// for a deleted one. [`Error::Limited`] may speak of this one ticket (30 changes in ten
    /// minutes): then no governor knows of it, and the caller alone puts the ticket off.
    pub async fn update_ticket(&self, id: i64, body: &str) -> Result<Updated, Error> {
        let about = About {
            bucket: Bucket::TicketUpdates,
            ..About::call("the change of a ticket")
        };
        let path = format!("tickets/{id}");
        let write = Write::json(about, Method::PUT, &path, body);
        self.write(write, |reply| {
            let (ticket, audit) = read_ticket(about.call, &reply.body, Some(id))?;
            Ok(Updated {
                ticket,
                audit,
                date: date(&reply.headers),
            })
        })
        .await
    }
}

fn replayed(reply: &Reply) -> Option<bool> {
    match reply.headers.get(LOOKUP)?.to_str().ok()?.trim() {
        "hit" => Some(true),
        "miss" => Some(false),
        _ => None,
    }
}

/// Reads the ticket and the audit of an answer. One that names no ticket, another ticket, or holds
/// an audit that cannot be read is an error, as it does not tell what was done.
fn read_ticket(
    call: &'static str,
    body: &[u8],
    id: Option<i64>,
) -> Result<(Record<Ticket>, Option<TicketEvent>), Error> {
    let wrong = |path: &str, what: &str| Error::WrongShape {
        call,
        path: path.into(),
        what: what.into(),
    };
    let mut parts = read_parts(call, body)?;
    let mut part =
        |key: &str| -> Option<&RawValue> { parts.remove(key).filter(|raw| raw.get() != "null") };
    let ticket: Record<Ticket> =
        read_record(0, part("ticket").ok_or_else(|| wrong("ticket", "missing"))?);
    match ticket.id {
        None => return Err(wrong("ticket.id", "missing")),
        Some(found) if id.is_some_and(|id| id != found) => {
            return Err(wrong("ticket.id", "the id of another ticket"));
        }
        Some(_) => {}
    }
    let audit = match part("audit") {
        Some(raw) => Some(
            read_record::<TicketEvent>(0, raw)
                .parsed
                .map_err(|bad| wrong(&format!("audit.{}", bad.path), &bad.what))?,
        ),
        None => None,
    };
    Ok((ticket, audit))
}
