//! All SQL: schema, queries, the job queue, leases, budgets, sealed secrets.
//!
//! One module per noun, each a handful of queries over one or two tables. Reading functions take a
//! connection, writing ones a [`Tx`], and [`Store::begin`] is the only way to get one. The same
//! queries run on SQLite and PostgreSQL; every test of this crate runs on both.

pub mod accounts;
pub mod alerts;
pub mod api_tokens;
pub mod attachments;
pub mod audit;
pub mod budgets;
mod bulk;
pub mod cases;
pub mod checks;
pub mod comments;
pub mod conflicts;
pub mod contacts;
mod copy;
pub mod counters;
pub mod credential_requests;
pub mod credentials;
pub mod cursors;
mod database;
pub mod desks;
pub mod destinations;
pub mod dump;
mod error;
pub mod former;
pub mod history;
pub mod idempotency;
pub mod ids;
pub mod inbox;
pub mod integrations;
pub mod jobs;
pub mod leases;
pub mod ledger;
pub mod links;
pub mod orchestrations;
pub mod outbox;
pub mod outgoing_events;
pub mod outgoing_webhooks;
pub mod passwords;
pub mod queries;
pub mod references;
pub mod runs;
pub mod saved_views;
pub mod scratch;
pub mod secrets;
pub mod send_batches;
pub mod sessions;
pub mod sweeps;
pub mod tickets;
pub mod tombstones;
pub mod totals;
pub mod unreadable;
pub mod users;
mod versions;
pub mod waiting;
pub mod webhooks;
pub mod words;
pub mod workflow_rows;
pub mod workflows;
pub mod zendesk_users;

pub use database::{Dialect, Reader, Store, Tx};
pub use error::{Error, KeyProblem, Result, When};
/// A connection as reading functions take it; a [`Reader`] and a [`Tx`] both lend one.
pub use sqlx::AnyConnection as Connection;
