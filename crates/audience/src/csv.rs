//! CSV: read in place, row by row, and going on after a row that is none.
//!
//! A row with more or fewer cells than the header, one that is no UTF-8, one that is too long, and
//! one whose quotes do not fit is rejected, and reading goes on: after a quote that does not close,
//! or closes before the cell ends, at the next *line*, since where the row was meant to end nobody
//! knows. Lines inside such a cell are then read as rows of their own, and are mostly ragged.
//!
//! That costs little even in a file full of such quotes: the first quote of each closes the one
//! before it, so a look at a whole [`Limits::line_bytes`] is followed by as much that has no quote.

mod delimiter;
mod scan;

use crate::batch::{Draft, RejectedRow};
use crate::error::Error;
use crate::form::{Form, Found, Header};
use crate::input::{Fingerprint, Input};
use crate::limits::{Limits, size};
use crate::reader::Decode;
use crate::schema::{Column, ColumnKind, Schema};

use scan::{Row, Scanner, count_lines, next_line, undouble};

/// About so many rows come in a batch.
const ROWS: usize = 2_048;
/// Never more than so many.
const MOST_ROWS: u64 = 8_192;
const LEAST_BYTES: usize = 64 * 1024;
const MOST_BYTES: usize = 1024 * 1024;

pub(crate) const NO_UTF8: &str = "The row is not UTF-8. Save the file as UTF-8, or name its encoding (for files from Excel mostly windows-1252).";

/// Reads rows from text.
pub(crate) struct CsvDecoder {
    input: Input,
    scanner: Scanner,
    limits: Limits,
    columns: usize,
    /// Text that was read and belongs to the next batch.
    carry: Vec<u8>,
    more: bool,
    /// The rest of the line belongs to a row that was rejected for its length.
    skipping: bool,
    /// The line at which the next row begins.
    line: u64,
    bytes_a_row: usize,
    doubled: Vec<usize>,
}

/// Finds delimiter and columns, and stands before the first row.
pub(crate) fn open(
    input: Input,
    sample: &[u8],
    mut found: Found,
    form: &Form,
    limits: &Limits,
) -> Result<(CsvDecoder, Schema, Found), Error> {
    let whole = sample.len() < crate::form::SAMPLE;
    let delimiter = match form.delimiter {
        None => delimiter::find(sample, whole),
        Some(named) => u8::try_from(named)
            .ok()
            .filter(|byte| byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r' | 0))
            .ok_or_else(|| {
                Error::refused(
                    input.name(),
                    "the delimiter is not one ASCII character other than a quote",
                    "Name one of , ; | or a tab, or leave it to be found",
                )
            })?,
    };
    found.delimiter = Some(char::from(delimiter));
    let mut decoder = CsvDecoder {
        input,
        scanner: Scanner::new(delimiter),
        limits: limits.clone(),
        columns: 0,
        carry: Vec::new(),
        more: true,
        skipping: false,
        line: 1,
        bytes_a_row: 128,
        doubled: Vec::new(),
    };
    let names = match &form.header {
        Header::Names(names) => names.clone(),
        Header::FirstLine => decoder.read_header()?,
    };
    let columns = names.into_iter().map(|name| Column {
        name,
        kind: ColumnKind::Text,
    });
    let schema = Schema::new(decoder.input.name(), columns.collect(), limits)?;
    decoder.columns = schema.len();
    Ok((decoder, schema, found))
}

impl CsvDecoder {
    /// Takes the first row that is not blank off the text.
    fn read_header(&mut self) -> Result<Vec<String>, Error> {
        let most = self.limits.line_bytes;
        let mut length = LEAST_BYTES.min(most);
        let remedy = "Check that the first line holds the names of the columns";
        let (mut cells, mut doubled) = (Vec::new(), Vec::new());
        loop {
            self.more = self.input.fill(&mut self.carry, length)?;
            let (start, lines) = skip_blank_lines(&self.carry, 0, !self.more);
            cells.clear();
            doubled.clear();
            let last = !self.more;
            if last && start >= self.carry.len() {
                return Err(Error::damaged(
                    self.input.name(),
                    None,
                    "it has no line",
                    "Check the export that writes it",
                ));
            }
            let row = self
                .scanner
                .scan(&self.carry, start, last, &mut cells, &mut doubled);
            match row {
                Row::Whole { next, .. } => {
                    let mut names = Vec::with_capacity(cells.len());
                    for (index, cell) in cells.iter().enumerate() {
                        let range = cell.start as usize..cell.end as usize;
                        let mut name = self.carry.get(range).unwrap_or_default().to_vec();
                        if doubled.contains(&index) {
                            let length = undouble(&mut name);
                            name.truncate(length);
                        }
                        names.push(String::from_utf8(name).map_err(|_| {
                            Error::columns(
                                self.input.name(),
                                format!("the name of column {} is not UTF-8", index + 1),
                                "Save the file as UTF-8, or name its encoding",
                            )
                        })?);
                    }
                    self.refuse_row_as_header(&names)?;
                    let read = self.carry.get(start..next).unwrap_or_default();
                    self.line += lines + count_lines(read);
                    self.carry.drain(..next);
                    return Ok(names);
                }
                Row::Cut { .. } if self.more && length < most => length = (length * 4).min(most),
                Row::Cut { in_quotes } => {
                    let why = if in_quotes {
                        "a quote in the first line does not close".to_owned()
                    } else {
                        format!("the first line is longer than {}", size(most as u64))
                    };
                    return Err(Error::columns(self.input.name(), why, remedy));
                }
                Row::BadQuote => {
                    let why = "a quote in the first line closes before its cell ends";
                    return Err(Error::columns(self.input.name(), why, remedy));
                }
            }
        }
    }

    /// A first line that holds an email address, or nothing but numbers, is a row.
    fn refuse_row_as_header(&self, names: &[String]) -> Result<(), Error> {
        let is_email =
            |name: &String| matches!(name.split_once('@'), Some((_, host)) if host.contains('.'));
        let is_number = |name: &String| name.trim().parse::<f64>().is_ok();
        let why = if let Some(column) = names.iter().position(is_email) {
            format!("column {} of it holds an email address", column + 1)
        } else if names.iter().all(is_number) {
            "all of it is numbers".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::columns(
            self.input.name(),
            format!("the first line looks like a row, not like names of columns: {why}"),
            "Put the names of the columns into the first line, or name the columns in the settings of the source",
        ))
    }

    /// Reads on to the end of a line that is not wanted. Returns whether it was found.
    fn skip_line(&mut self, bytes: &mut Vec<u8>) -> Result<bool, Error> {
        loop {
            if let Some(next) = next_line(bytes, 0, !self.more) {
                bytes.drain(..next);
                self.line += 1;
                self.skipping = false;
                return Ok(true);
            }
            // A carriage return at the very end may have its other half still to come.
            let ends_in_return = bytes.last() == Some(&b'\r');
            bytes.clear();
            if !self.more {
                self.skipping = false;
                return Ok(false);
            }
            if ends_in_return {
                bytes.push(b'\r');
            }
            self.more = self.input.fill(bytes, LEAST_BYTES)?;
        }
    }

    /// Takes rows from `draft.bytes` at `at` until it ends or the batch is full. Returns where the
    /// first row begins that was not taken.
    fn take_rows(&mut self, draft: &mut Draft, mut at: usize) -> usize {
        let last = !self.more;
        loop {
            let (start, blank) = skip_blank_lines(&draft.bytes, at, last);
            at = start;
            self.line += blank;
            if at >= draft.bytes.len() || draft.rows() >= MOST_ROWS {
                return at;
            }
            let before = draft.cells.len();
            self.doubled.clear();
            let row =
                self.scanner
                    .scan(&draft.bytes, at, last, &mut draft.cells, &mut self.doubled);
            match row {
                Row::Whole { next, quoted } => {
                    self.take_row(draft, before, at, next);
                    self.line += if quoted {
                        count_lines(draft.bytes.get(at..next).unwrap_or_default())
                    } else {
                        1
                    };
                    at = next;
                }
                Row::Cut { in_quotes } => {
                    draft.cells.truncate(before);
                    let waiting = draft.bytes.len() - at;
                    if !last && waiting < self.limits.line_bytes {
                        return at;
                    }
                    match self.reject_cut_row(draft, at, in_quotes) {
                        Some(next) => at = next,
                        None => return draft.bytes.len(),
                    }
                }
                Row::BadQuote => {
                    draft.cells.truncate(before);
                    let reason = "A quote closes before its cell ends. Double the quotes inside a quoted cell; reading went on at the next line.";
                    let Some(next) = next_line(&draft.bytes, at, last) else {
                        // The line goes on behind the buffer.
                        if !last && draft.bytes.len() - at < self.limits.line_bytes {
                            return at;
                        }
                        self.reject(draft, at, draft.bytes.len(), reason);
                        self.skipping = true;
                        return draft.bytes.len();
                    };
                    self.reject(draft, at, next, reason);
                    self.line += 1;
                    at = next;
                }
            }
        }
    }

    /// Keeps a whole row, or rejects it.
    #[inline]
    fn take_row(&mut self, draft: &mut Draft, before: usize, at: usize, next: usize) {
        let cells = draft.cells.len() - before;
        let length = next - at;
        let limits = &self.limits;
        let reason = if length > limits.line_bytes {
            Some(too_long(limits))
        } else if cells != self.columns {
            Some(format!(
                "The row has {cells} {} and should have {}. Quote cells that hold a delimiter or a line end.",
                if cells == 1 { "cell" } else { "cells" },
                self.columns,
            ))
        } else if length > limits.cell_bytes {
            draft
                .cells
                .get(before..)
                .unwrap_or_default()
                .iter()
                .position(|cell| (cell.end - cell.start) as usize > limits.cell_bytes)
                .map(|column| {
                    format!(
                        "The value of column {} is longer than {}.",
                        column + 1,
                        size(limits.cell_bytes as u64)
                    )
                })
        } else {
            None
        };
        if let Some(reason) = reason {
            draft.cells.truncate(before);
            self.reject(draft, at, next, reason);
            return;
        }
        for index in &self.doubled {
            if let Some(cell) = draft.cells.get_mut(*index)
                && let Some(bytes) = draft.bytes.get_mut(cell.start as usize..cell.end as usize)
            {
                let length = undouble(bytes);
                cell.end = cell.start + u32::try_from(length).unwrap_or_default();
            }
        }
        draft.lines.push(self.line);
    }

    /// Rejects a row that ends neither within its limit nor before the end of the source. Returns
    /// where reading goes on, if that is in the buffer.
    fn reject_cut_row(&mut self, draft: &mut Draft, at: usize, in_quotes: bool) -> Option<usize> {
        let most = size(self.limits.line_bytes as u64);
        let reason = match (in_quotes, self.more) {
            (true, true) => format!(
                "A quote that opens in the row does not close within {most}; reading went on at the next line."
            ),
            (true, false) => {
                "A quote that opens in the row never closes; reading went on at the next line."
                    .to_owned()
            }
            (false, _) => too_long(&self.limits),
        };
        match next_line(&draft.bytes, at, !self.more) {
            Some(next) => {
                self.reject(draft, at, next, reason);
                self.line += 1;
                Some(next)
            }
            None => {
                self.reject(draft, at, draft.bytes.len(), reason);
                self.skipping = self.more;
                None
            }
        }
    }

    fn reject(&self, draft: &mut Draft, at: usize, next: usize, reason: impl Into<String>) {
        let text = draft.bytes.get(at..next).unwrap_or_default();
        let text = text.trim_ascii_end();
        let row = RejectedRow::new(self.line, reason, text);
        draft.rejected.push(row);
    }
}

impl Decode for CsvDecoder {
    fn fill(&mut self, draft: &mut Draft) -> Result<bool, Error> {
        draft.bytes.append(&mut self.carry);
        if self.skipping && !self.skip_line(&mut draft.bytes)? {
            return Ok(false);
        }
        let mut length = (self.bytes_a_row * ROWS).clamp(LEAST_BYTES, MOST_BYTES);
        let mut at = 0;
        loop {
            if self.more {
                self.more = self.input.fill(&mut draft.bytes, length)?;
            }
            at = self.take_rows(draft, at);
            if !draft.is_empty() || self.skipping || !self.more {
                break;
            }
            // No row is whole yet: blank lines, or a row longer than the buffer.
            draft.bytes.drain(..at);
            at = 0;
            length = (length * 2).min(self.limits.line_bytes.max(LEAST_BYTES));
        }
        self.carry
            .extend_from_slice(draft.bytes.get(at..).unwrap_or_default());
        draft.bytes.truncate(at);
        if let Some(bytes) = at.checked_div(draft.lines.len()) {
            self.bytes_a_row = bytes.clamp(8, MOST_BYTES);
        }
        Ok(self.more || self.skipping || !self.carry.is_empty())
    }

    fn finish(&mut self) -> Result<Option<Fingerprint>, Error> {
        self.input.finish().map(Some)
    }

    fn not_text(&self) -> &'static str {
        NO_UTF8
    }
}

fn too_long(limits: &Limits) -> String {
    format!("The row is longer than {}.", size(limits.line_bytes as u64))
}

/// Where the first line at or after `at` begins that is not blank, and how many are skipped. A
/// carriage return and its line feed end one line, so one at the very end waits for what follows.
fn skip_blank_lines(bytes: &[u8], mut at: usize, last: bool) -> (usize, u64) {
    let mut lines = 0;
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'\r'), Some(b'\n')) => at += 2,
            (Some(b'\r'), None) if !last => return (at, lines),
            (Some(b'\r' | b'\n'), _) => at += 1,
            _ => return (at, lines),
        }
        lines += 1;
    }
}
