//! Rows of people as one bounded stream: CSV, JSON Lines, Parquet (plain, gzip, Zstandard) from a
//! path, an upload or an object store; a read-only SQL statement; rows that the caller hands over.
//!
//! [`Reader::open`] takes a [`Source`] and gives a [`Schema`] and [`Batch`]es of rows until the
//! end. Decoding runs on one thread a reader behind a channel of two batches, so that memory is the
//! same for a hundred rows and for five million. [`preview()`] reads the first hundred.
//!
//! ```no_run
//! # use audience::{Allowed, FileSource, Form, Limits, Reader, Source};
//! # async fn read() -> Result<(), audience::Error> {
//! let source = Source::File(FileSource {
//!     path: "people.csv".into(),
//!     allowed: Allowed::Anywhere,
//!     form: Form::default(),
//! });
//! let mut reader = Reader::open(source, &Limits::default()).await?;
//! let email = reader.schema().position("email");
//! while let Some(batch) = reader.next().await? {
//!     for row in 0..batch.len() {
//!         let value: Option<&str> = email.and_then(|column| batch.cell(row, column));
//!         // …
//! #       drop(value);
//!     }
//!     for row in batch.rejected() {
//!         // `row.line` and `row.reason`
//!     }
//!     reader.give_back(batch);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Nothing that a source holds ends in a panic, a hang or in memory: each of [`Limits`] ends in a
//! sentence ([`Error`]) or, where the format lets reading go on, in a [`RejectedRow`] with its line.
//!
//! | | a row that is none | reading ends |
//! |---|---|---|
//! | CSV | ragged; quotes that do not fit; too long; not UTF-8 | no usable header |
//! | JSON Lines | no object; an unknown or doubled key; too long; not UTF-8 | no object among the first lines |
//! | Parquet | a value that is no date, number or text; too long | damage: pages hold hundreds of rows |
//! | SQL | a value that is too long | any error of the database |
//! | gzip, Zstandard | | damage, or more than 100 times its size |
//!
//! This crate knows neither our database nor Zendesk.

pub mod batch;
pub mod bucket;
mod csv;
pub mod error;
pub mod folders;
pub mod form;
mod input;
mod json;
pub mod limits;
mod parquet;
mod preview;
pub mod reader;
pub mod rows;
pub mod schema;
pub mod source;
pub mod spool;
pub mod sql;

pub use batch::{Batch, RejectedRow};
pub use bucket::{BucketKey, BucketSource};
pub use error::{Class, Error, When};
pub use folders::open_inside;
pub use form::{Form, Format, Found, Header, UnknownKeys};
pub use input::Fingerprint;
pub use input::compression::Compression;
pub use input::encoding::Encoding;
pub use limits::Limits;
pub use preview::{PREVIEW_ROWS, Preview, preview};
pub use reader::{Counted, Reader};
pub use rows::{HandedOver, Handing, NobodyReads, hand_over};
pub use schema::{Column, ColumnKind, Schema};
pub use source::{Allowed, FileSource, Source, UploadSource, fingerprint};
pub use spool::{Spool, Spooled};
pub use sql::{DatabaseIdentity, SqlSource, identify};
