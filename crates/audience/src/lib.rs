//! Rows of people as one bounded stream.

pub mod error;
pub mod limits;
pub mod schema;

pub use error::{Class, Error, When};
pub use limits::Limits;
pub use schema::{Column, ColumnKind, Schema};
