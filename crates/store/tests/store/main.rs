//! What the store promises, on SQLite and on PostgreSQL.
//!
//! Every test runs on both databases through [`database::on_both`]; without a PostgreSQL server it
//! runs on SQLite and says that the other half was skipped.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a failed unwrap is a failed test, and a skipped one says so"
)]

mod alerts;
mod api_tokens;
mod attachments;
mod audit;
mod case_search;
mod cases;
mod comments;
mod concurrency;
mod conflicts;
mod contacts;
mod copying;
mod counters;
mod credentials;
mod database;
mod desks;
mod destinations;
mod erasing;
mod failures;
mod former;
mod full_disk;
mod history;
mod ids;
mod inbox;
mod integrations;
mod jobs;
mod keys;
mod leases;
mod ledger;
mod links;
mod mirror;
mod opening;
mod orchestrations;
mod outbox;
mod outgoing;
mod people;
mod permissions;
mod queries;
mod rerun;
mod runs;
mod samples;
mod schema;
mod send_batches;
mod sending;
mod sizes;
mod sweeps;
mod texts;
mod uniqueness;
mod unreadable;
mod upgrade;
mod users;
mod waiting;
mod webhooks;
mod workflow_rows;
mod workflows;
