//! The real binary syncing both ways with the simulator over sockets: killed at every step of sending,
//! and as several processes at one database. Both sides are counted.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failed unwrap is a failed test, and a skipped one says so"
)]

mod desk;
mod kill;
mod ledger;
mod processes;
