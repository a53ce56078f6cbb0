//! What goes out beside Zendesk: mail by [`mail`], signed webhooks by [`webhook`] (profile-send.md 4).
//!
//! What is said is decided above; here it is only carried, once for each call. Whoever calls repeats what
//! failed, and says the same again: both ways carry an id by which the other side knows a repetition.

mod error;
pub mod mail;
pub mod webhook;

pub use error::{Error, When};
