//! What the client does, over real sockets.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failed unwrap is a failed test, and a skipped one says so"
)]

mod answers;
mod attachments;
mod audits;
mod limits;
mod lists;
mod oauth;
mod profiles;
mod recordings;
mod served;
mod ticket_writes;
mod user_writes;
mod webhooks;
mod wire;
