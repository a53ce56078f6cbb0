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
mod contact;
mod desk;
mod doctor;
mod flow;
mod keys;
mod orchestrations;
mod privacy;
mod profiles;
mod refusals;
mod serving;
mod settling;
mod two_way;
mod webhook;
