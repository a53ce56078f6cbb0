//! The two flows, the worker, the schedule, the budget.
//!
//! Tickets and cases: `pull -> link -> plan -> push -> confirm`, in `case_sync`. Profiles to
//! users: `read -> link -> plan -> push -> confirm`, in `profile_send`.

pub mod account_view;
pub mod actions;
pub mod alerts;
pub mod attachments;
pub mod audit_view;
pub mod budget;
mod case_sync;
pub mod case_view;
pub mod connection;
pub mod contact_view;
mod content;
pub mod credentials;
mod desk;
pub mod destinations;
pub mod doctor;
pub mod dry_run;
mod engine;
mod error;
pub mod home_view;
pub mod integration_view;
pub mod integrations;
pub mod live_check;
mod memory;
pub mod orchestration_view;
pub mod orchestrations;
pub mod outgoing_webhooks;
pub mod profile_send;
pub mod queries;
pub mod schedule;
pub mod staff;
pub mod sweep;
pub mod webhooks;
pub mod why;
pub mod worker;
pub mod workflow_view;
pub mod workflows;

pub use engine::{Checkpoint, Engine, IsGone, Settings, Sources, Uploads};
pub use error::{Error, Result, When};
pub use memory::Memory;
