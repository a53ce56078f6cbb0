//! What goes out beside Zendesk: mail by [`mail`], signed webhooks by [`webhook`] (profile-send.md 4), and
//! events for other systems by [`standard`], signed as the convention *Standard Webhooks* has it.
//!
//! What is said is decided above; here it is only carried, once for each call. Whoever calls repeats what
//! failed, and says the same again: every way carries an id by which the other side knows a repetition.

mod door;
mod error;
pub mod mail;
pub mod standard;
pub mod webhook;

pub use error::{Error, When};
