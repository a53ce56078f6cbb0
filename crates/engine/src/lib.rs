//! The two flows, the worker, the schedule, the budget.
//!
//! Tickets and cases: `pull -> link -> plan -> push -> confirm`, in [`case_sync`]. Profiles to
//! users (`read -> link -> plan -> push -> confirm`) will stand beside it in `profile_send`.

pub mod case_view;
mod engine;
mod error;

pub use engine::{Checkpoint, Engine, Settings};
pub use error::{Error, Result, When};
