//! What is to be written to Zendesk, in its own words: the bodies of requests.
//!
//! A body is made once and frozen as text (reliability.md 6: a repeat with the same idempotency
//! key needs the same body), then handed to the call that sends it. The names of fields on the
//! wire are known here and nowhere else.

mod comment;
mod ticket;
mod user;
mod webhook;

use serde::Serialize;

pub use comment::{MAX_COMMENT_BYTES, NewComment, comment_html};
pub use ticket::{NewTicket, Requester, TicketChange};
pub(crate) use user::email_body;
pub use user::{NewUser, UserChange};
pub(crate) use webhook::webhook_body;

/// Writes a body. None of ours can fail to be written: all keys are texts.
pub(crate) fn to_json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}
