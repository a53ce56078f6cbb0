//! Signing in: the form, and its answer.

pub(crate) mod form;
pub(crate) mod submit;

pub(crate) use submit::check;
