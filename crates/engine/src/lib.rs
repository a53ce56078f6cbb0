//! The two flows, the worker, the schedule, the budget.
//!
//! Tickets and cases: `pull -> link -> plan -> push -> confirm`, in `case_sync`. Profiles to
//! users: `read -> link -> plan -> push -> confirm`, in `profile_send`.

pub mod actions;
pub mod alerts;
pub mod attachments;
pub mod budget;
mod case_sync;
pub mod case_view;
pub mod connection;
pub mod contact_view;
mod content;
mod desk;
pub mod dry_run;
mod engine;
mod error;
pub mod integration_view;
pub mod integrations;
pub mod live_check;
mod memory;
pub mod orchestrations;
pub mod profile_send;
pub mod schedule;
pub mod sweep;
pub mod webhooks;
pub mod why;
pub mod worker;
pub mod workflows;

pub use engine::{Checkpoint, Engine, IsGone, Settings, Sources};
pub use error::{Error, Result, When};
pub use memory::Memory;
