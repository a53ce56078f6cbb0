//! Parquet: read row group by row group, column by column, without ever holding more than some
//! pages of each column.
//!
//! A value that is none (a day in the year 40,000, text that is not UTF-8) rejects its row, and
//! reading goes on. Damage to a page, which parts hundreds of rows, ends the reading. Where the
//! library asserts what damage can break, its thread ends, and the reader says that too.

mod cells;
mod guard;
mod shape;
mod thrift;
mod value;

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use parquet::column::reader::get_column_reader;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;

use cells::{Cells, Unfit};
use shape::Leaf;

use crate::batch::{Draft, RejectedRow, Span};
use crate::error::Error;
use crate::form::Found;
use crate::input::{Fingerprint, Raw, Tap};
use crate::limits::{Limits, size};
use crate::reader::Decode;
use crate::schema::Schema;

/// So many rows are read at a time: few enough for their cells to stay near while one column after
/// the other fills them.
const ROWS: usize = 1_024;
/// About so much text makes a batch.
const BYTES: usize = 1024 * 1024;

/// Reads rows from a Parquet file.
pub(crate) struct ParquetDecoder {
    raw: Raw,
    file: Arc<Chunks>,
    about: ParquetMetaData,
    leaves: Vec<Leaf>,
    limits: Limits,
    /// The row group that comes next.
    group: usize,
    open: Option<Group>,
    /// How many rows were read, of which the last `loaded` still wait in the columns.
    record: u64,
    sizes: Vec<usize>,
}

/// The row group that is being read.
struct Group {
    columns: Vec<Cells>,
    rows_left: usize,
    at_a_time: usize,
    /// Rows whose values are loaded and are no cells yet.
    loaded: std::ops::Range<usize>,
}

/// Finds the columns, and stands before the first row.
pub(crate) fn open(
    raw: Raw,
    mut found: Found,
    limits: &Limits,
) -> Result<(ParquetDecoder, Schema, Found), Error> {
    let footer = guard::read_footer(&raw)?;
    guard::check_nesting(&raw.name, &footer, limits)?;
    let about = ParquetMetaDataReader::decode_metadata(&footer)
        .map_err(|error| broken(&raw.name, "its footer is damaged", &error))?;
    let leaves = shape::leaves(&raw.name, about.file_metadata().schema())?;
    let columns = leaves.iter().map(|leaf| leaf.column.clone()).collect();
    let schema = Schema::new(&raw.name, columns, limits)?;
    let mut rows: u64 = 0;
    for (number, group) in about.row_groups().iter().enumerate() {
        let damaged = |why: &str| {
            let why = format!("row group {} {why}", number + 1);
            Error::damaged(&raw.name, None, why, "Export it again")
        };
        let of_group =
            u64::try_from(group.num_rows()).map_err(|_| damaged("claims fewer than no rows"))?;
        rows = rows.saturating_add(of_group);
        if group.columns().len() != leaves.len() {
            return Err(damaged("has other columns than the file"));
        }
    }
    if rows > limits.rows {
        let why = format!(
            "it says it has {rows} rows, and {} is the most",
            limits.rows
        );
        return Err(Error::too_much(
            &raw.name,
            None,
            why,
            "Send it in several parts",
        ));
    }
    found.rows = Some(rows);
    let decoder = ParquetDecoder {
        file: Arc::new(Chunks(raw.clone())),
        raw,
        about,
        leaves,
        limits: limits.clone(),
        group: 0,
        open: None,
        record: 0,
        sizes: Vec::new(),
    };
    Ok((decoder, schema, found))
}

impl ParquetDecoder {
    /// Opens the next row group that has rows. Returns whether there is one.
    fn next_group(&mut self) -> Result<bool, Error> {
        while let Some(group) = self.about.row_groups().get(self.group) {
            let number = self.group;
            self.group += 1;
            let rows = usize::try_from(group.num_rows()).unwrap_or_default();
            if rows == 0 {
                continue;
            }
            let at_a_time = guard::check_row_group(&self.raw, number, group, &self.limits, ROWS)?;
            let mut columns = Vec::with_capacity(group.columns().len());
            for column in group.columns() {
                let pages = SerializedPageReader::new(self.file.clone(), column, rows, None)
                    .map_err(|error| self.damaged(&error))?;
                columns.push(Cells::new(get_column_reader(
                    column.column_descr_ptr(),
                    Box::new(pages),
                )));
            }
            self.open = Some(Group {
                columns,
                rows_left: rows,
                at_a_time,
                loaded: 0..0,
            });
            return Ok(true);
        }
        Ok(false)
    }

    fn damaged(&self, error: &ParquetError) -> Error {
        let why = format!("row group {} is damaged", self.group);
        broken(&self.raw.name, &why, error)
    }

    /// Loads the values of the next rows of the open group.
    fn load(&mut self, group: &mut Group) -> Result<(), Error> {
        let rows = group.rows_left.min(group.at_a_time);
        self.sizes.clear();
        self.sizes.resize(rows, 24 * self.leaves.len());
        for (cells, leaf) in group.columns.iter_mut().zip(&self.leaves) {
            let loaded = cells.load(rows).map_err(|error| self.damaged(&error))?;
            if loaded != rows {
                let why = format!(
                    "row group {} has fewer values in `{}` than rows",
                    self.group, leaf.column.name
                );
                return Err(Error::damaged(&self.raw.name, None, why, "Export it again"));
            }
            cells.measure(leaf, self.limits.cell_bytes, &mut self.sizes);
        }
        group.rows_left -= rows;
        group.loaded = 0..rows;
        Ok(())
    }

    /// Makes rows of as many loaded ones as fit into a batch, at least one.
    fn write(&mut self, group: &mut Group, draft: &mut Draft) {
        let mut bytes = 0;
        let waiting = self
            .sizes
            .get(group.loaded.clone())
            .unwrap_or_default()
            .iter();
        let rows = waiting
            .take_while(|size| {
                let fits = bytes == 0 || bytes + **size <= BYTES;
                bytes += **size;
                fits
            })
            .count();
        group.loaded.start += rows;
        let columns = self.leaves.len();
        draft.cells.resize(rows * columns, Span::NULL);
        let mut unfit: Vec<(usize, String)> = Vec::new();
        let most = self.limits.cell_bytes;
        for (column, (cells, leaf)) in group.columns.iter_mut().zip(&self.leaves).enumerate() {
            cells.write(leaf, column, rows, most, draft, |row, why| {
                let name = &leaf.column.name;
                let reason = match why {
                    Unfit::TooLong => {
                        format!(
                            "The value of `{name}` is longer than {}.",
                            size(most as u64)
                        )
                    }
                    Unfit::NoValue => format!(
                        "The value of `{name}` is none of {}.",
                        leaf.column.kind.words()
                    ),
                };
                unfit.push((row, reason));
            });
        }
        let first = self.record + 1;
        self.record += rows as u64;
        draft.lines.extend((first..).take(rows));
        if !unfit.is_empty() {
            leave_out(draft, unfit);
        }
    }
}

/// Rejects rows of a draft.
fn leave_out(draft: &mut Draft, mut unfit: Vec<(usize, String)>) {
    unfit.sort_by_key(|(row, _)| *row);
    unfit.dedup_by_key(|(row, _)| *row);
    let columns = draft.columns;
    let mut unfit = unfit.into_iter().peekable();
    let mut kept = 0;
    for row in 0..draft.lines.len() {
        let line = draft.lines.get(row).copied().unwrap_or_default();
        if let Some((_, reason)) = unfit.next_if(|(unfit, _)| *unfit == row) {
            draft.rejected.push(RejectedRow::new(line, reason, &[]));
            continue;
        }
        draft
            .cells
            .copy_within(row * columns..(row + 1) * columns, kept * columns);
        if let Some(place) = draft.lines.get_mut(kept) {
            *place = line;
        }
        kept += 1;
    }
    draft.lines.truncate(kept);
    draft.cells.truncate(kept * columns);
}

impl Decode for ParquetDecoder {
    fn fill(&mut self, draft: &mut Draft) -> Result<bool, Error> {
        let Some(mut group) = self.open.take() else {
            return self.next_group();
        };
        if group.loaded.is_empty() {
            self.load(&mut group)?;
        }
        self.write(&mut group, draft);
        if group.rows_left > 0 || !group.loaded.is_empty() {
            self.open = Some(group);
        }
        Ok(true)
    }

    fn finish(&mut self) -> Result<Option<Fingerprint>, Error> {
        Tap::new(self.raw.clone()).finish().map(Some)
    }

    fn not_text(&self) -> &'static str {
        "A value of the row is not UTF-8. Export the column as text, or leave it out."
    }
}

/// The parser's own words tell of offsets and types, and may repeat names, so they are left out
/// unless they are about the file system.
fn broken(name: &str, why: &str, error: &ParquetError) -> Error {
    let why = if matches!(error, ParquetError::EOF(_) | ParquetError::NeedMoreData(_)) {
        format!("{why}: it is cut short")
    } else if let ParquetError::NYI(what) = error {
        format!("{why}, or written in a way not known here ({what})")
    } else {
        why.to_owned()
    };
    Error::damaged(name, None, why, "Export it again")
}

/// The file as the Parquet reader asks for it: at any place, by several columns in turn.
struct Chunks(Raw);

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0.length
    }
}

impl ChunkReader for Chunks {
    type T = From;

    fn get_read(&self, start: u64) -> parquet::errors::Result<From> {
        Ok(From {
            raw: self.0.clone(),
            position: start,
            ahead: Vec::new(),
            given: 0,
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let fits = start
            .checked_add(length as u64)
            .is_some_and(|end| end <= self.0.length);
        if !fits {
            return Err(ParquetError::EOF("a page ends behind the file".to_owned()));
        }
        let mut bytes = vec![0; length];
        let read = self.0.read_at(start, &mut bytes)?;
        if read < length {
            return Err(ParquetError::EOF("the file is shorter now".to_owned()));
        }
        self.0.has_read_more(length as u64);
        Ok(bytes.into())
    }
}

/// A stream from a place on, read ahead by little: it is used for page headers.
struct From {
    raw: Raw,
    position: u64,
    ahead: Vec<u8>,
    given: usize,
}

impl Read for From {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.given == self.ahead.len() {
            self.ahead.resize(512, 0);
            let read = self.raw.read_at(self.position, &mut self.ahead)?;
            self.ahead.truncate(read);
            self.position += read as u64;
            self.given = 0;
        }
        let rest = self.ahead.get(self.given..).unwrap_or_default();
        let length = rest.len().min(into.len());
        if let (Some(into), Some(rest)) = (into.get_mut(..length), rest.get(..length)) {
            into.copy_from_slice(rest);
        }
        self.given += length;
        Ok(length)
    }
}
