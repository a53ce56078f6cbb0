//! The rehearsal: thousands of schedules of the real planner and outbox, by seed.
//!
//! The core that decides what goes to Zendesk ([`domain::desk`], [`domain::outbox`],
//! [`domain::push`]) is deterministic and does no I/O, so it can be played here exactly as the engine
//! plays it, against a model Zendesk ([`remote`]), with two workers, pulls, webhooks and people, and
//! with the faults of reliability.md 1. After each schedule the invariants of reliability.md 2 are
//! checked. The same seed is the same schedule, for ever. See docs/rehearsal.md.

pub mod campaign;
pub mod cast;
pub mod chance;
mod ledger;
mod office;
pub mod remote;
pub mod schedule;
pub mod swarm;
pub mod tally;
mod wire;

pub use ledger::Violation;
