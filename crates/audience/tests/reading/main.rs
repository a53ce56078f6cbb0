//! What comes out of a source, as the engine sees it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failed unwrap is a failed test, and a skipped one says so"
)]

mod bombs;
mod compressed;
mod csv;
mod damage;
mod encodings;
mod json_lines;
mod parquet_files;
mod parquet_writing;
mod places;
mod sql;
mod stream;
mod table;
