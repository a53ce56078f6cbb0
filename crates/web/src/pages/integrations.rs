//! Integrations.

pub(crate) mod list;
