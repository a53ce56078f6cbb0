//! The command line as scripts meet it: the real binary, real processes, real sockets, on both
//! databases.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "what fails here is a failed test, which says where it was"
)]

mod attachment;
mod bad_files;
mod contact;
mod contract;
mod databases;
mod desk;
mod doctor;
mod flow;
mod keys;
mod live_check;
mod object_stores;
mod orchestrations;
mod outgoing_webhook;
mod privacy;
mod profiles;
mod refusals;
mod serving;
mod settling;
mod terminal;
mod two_way;
mod webhook;
