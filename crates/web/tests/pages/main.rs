//! The pages over real sockets, on a real store: SQLite, and PostgreSQL where there is a server.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed unwrap is a failed test, and a skipped one says so"
)]

mod attachments;
mod browser;
mod cases;
mod hooks;
mod house;
mod integrations;
mod login;
mod protection;
mod records;
mod settling;
