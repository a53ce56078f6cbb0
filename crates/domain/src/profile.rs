//! Customer profiles on their way to Zendesk users: what a row becomes, what Zendesk's answers mean,
//! and what a person can do about a failure (profile-send.md).
//!
//! [`Checker::plan`] makes a plan of columns once per run, and [`Checker::check`] makes a [`Profile`]
//! of each row or says why not. [`key`] says who a row is, [`staff`] and [`key::land`] whom it must not
//! touch. [`answer`], [`job`] and [`result`] read what Zendesk says, [`failure`] why it refused, and
//! [`outcome`] counts. [`diff`], [`leaver`], [`setup`] and [`action`] are what people see of it.
//! Everything is pure: nothing here waits, reads or sends.

mod attribute;
mod check;
mod field;
mod json;
mod mapping;
mod normal;
mod plan;
mod problem;
mod row;
mod rules;
mod slot;

pub mod action;
pub mod answer;
pub mod diff;
pub mod download;
pub mod failure;
pub mod guard;
pub mod job;
pub mod key;
pub mod leaver;
pub mod outcome;
pub mod result;
pub mod setup;
pub mod staff;
pub mod tag;
pub mod template;

pub use attribute::{Attribute, Target};
pub use check::{Checker, Done, MOST_PROFILE_BYTES, Note, Profile, Rejection, Verdict};
pub use field::{FieldOption, FieldType, UserField, nearest_key};
pub use mapping::{Mapping, Origin};
pub use normal::MOST_VALUE_BYTES;
pub use outcome::{RowCode, RowState, Tally};
pub use problem::{Problem, ProblemCode};
pub use row::{Column, ColumnKind, Row};
pub use rules::{ColumnRule, Empty, Handling, RuleName, Rules, Verification};

#[cfg(test)]
mod tests;
