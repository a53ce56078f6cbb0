//! Some rows, flat: one text, and where each value lies in it. Nothing is allocated per row or cell.

use std::fmt;

/// Some two thousand rows of a source, in their order.
///
/// All values lie in one text; a null is told from an empty text. Hand a batch that is no longer
/// needed back with [`crate::Reader::give_back`], and its memory is used again.
#[derive(Clone, Default)]
pub struct Batch {
    text: String,
    cells: Vec<Span>,
    lines: Vec<u64>,
    columns: usize,
    rejected: Vec<RejectedRow>,
}

/// A row that the format could not give as cells, so that nothing but its place and the reason is
/// known. It counts as a row read, with the outcome `rejected`.
#[derive(Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// The line where it begins, or the number of the record, counted from 1.
    pub line: u64,
    /// What is wrong and what to do, as a sentence without the row's values.
    pub reason: String,
    /// The row as it stands in the source, up to [`RejectedRow::MOST_TEXT`] bytes: personal data.
    pub text: String,
}

impl RejectedRow {
    /// So much of the row's own text is kept.
    pub const MOST_TEXT: usize = 4 * 1024;

    pub(crate) fn new(line: u64, reason: impl Into<String>, text: &[u8]) -> Self {
        let text = text.get(..Self::MOST_TEXT).unwrap_or(text);
        Self {
            line,
            reason: reason.into(),
            text: String::from_utf8_lossy(text).into_owned(),
        }
    }
}

impl fmt::Debug for RejectedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RejectedRow")
            .field("line", &self.line)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// Where a value lies in the text; a null where it ends before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) const NULL: Self = Self { start: 1, end: 0 };

    fn range(self) -> Option<std::ops::Range<usize>> {
        (self.start <= self.end).then_some(self.start as usize..self.end as usize)
    }
}

impl Batch {
    /// An empty batch for rows of `columns` cells.
    pub fn new(columns: usize) -> Self {
        Self {
            columns,
            ..Self::default()
        }
    }

    /// How many rows there are; rejected ones are not among them.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// How many cells a row has.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The value of a cell; `None` for a null, an absent value, and a cell that there is not. An
    /// empty value of a CSV file is an empty text.
    #[inline]
    pub fn cell(&self, row: usize, column: usize) -> Option<&str> {
        if column >= self.columns {
            return None;
        }
        let span = self.cells.get(row * self.columns + column)?;
        self.text.get(span.range()?)
    }

    /// The line where a row begins, or the number of its record, counted from 1; 0 for no such row.
    pub fn line(&self, row: usize) -> u64 {
        self.lines.get(row).copied().unwrap_or_default()
    }

    /// Rows of the source that lie between these and could not be read.
    pub fn rejected(&self) -> &[RejectedRow] {
        &self.rejected
    }

    /// Adds a row. Cells beyond the last column are left out, missing ones are null.
    pub fn push<C: AsRef<str>>(&mut self, line: u64, cells: impl IntoIterator<Item = Option<C>>) {
        let mut cells = cells.into_iter();
        for _ in 0..self.columns {
            let span = match cells.next().flatten() {
                Some(value) => append(&mut self.text, value.as_ref()),
                None => Span::NULL,
            };
            self.cells.push(span);
        }
        self.lines.push(line);
    }

    /// Bytes of text in it.
    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// Takes over row `row` of another batch with as many columns.
    pub(crate) fn copy_row(&mut self, other: &Self, row: usize) {
        let cells = (0..other.columns).map(|column| other.cell(row, column));
        self.push(other.line(row), cells);
    }

    pub(crate) fn reject(&mut self, row: RejectedRow) {
        self.rejected.push(row);
    }
}

/// Appends a value; one that does not fit into 4 GiB of text (none does: batches are small) is null.
fn append(text: &mut String, value: &str) -> Span {
    let start = text.len();
    text.push_str(value);
    span(start, text.len())
}

pub(crate) fn span(start: usize, end: usize) -> Span {
    match (u32::try_from(start), u32::try_from(end)) {
        (Ok(start), Ok(end)) => Span { start, end },
        _ => Span::NULL,
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("rows", &self.lines.len())
            .field("columns", &self.columns)
            .field("rejected", &self.rejected.len())
            .finish_non_exhaustive()
    }
}

/// A batch in the making: its text is still bytes, which may turn out not to be UTF-8.
///
/// Between any two cells lies at least one byte of ASCII, so that one check of the whole text
/// proves every cell.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) bytes: Vec<u8>,
    pub(crate) cells: Vec<Span>,
    pub(crate) lines: Vec<u64>,
    pub(crate) columns: usize,
    pub(crate) rejected: Vec<RejectedRow>,
}

impl Draft {
    pub(crate) fn new(columns: usize) -> Self {
        Self {
            columns,
            ..Self::default()
        }
    }

    /// The memory of a batch that nobody needs any more.
    pub(crate) fn reuse(batch: Batch, columns: usize) -> Self {
        let mut draft = Self {
            bytes: batch.text.into_bytes(),
            cells: batch.cells,
            lines: batch.lines,
            columns,
            rejected: batch.rejected,
        };
        draft.bytes.clear();
        draft.cells.clear();
        draft.lines.clear();
        draft.rejected.clear();
        draft
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.rejected.is_empty()
    }

    /// How many rows of the source it stands for.
    pub(crate) fn rows(&self) -> u64 {
        (self.lines.len() + self.rejected.len()) as u64
    }

    /// Makes the batch. Rows that are not UTF-8 are rejected with `reason`.
    pub(crate) fn seal(mut self, reason: &str) -> Batch {
        let text = match String::from_utf8(std::mem::take(&mut self.bytes)) {
            Ok(text) => text,
            Err(error) => {
                self.bytes = error.into_bytes();
                self.reject_broken_text(reason);
                String::from_utf8(self.bytes).unwrap_or_default()
            }
        };
        Batch {
            text,
            cells: self.cells,
            lines: self.lines,
            columns: self.columns,
            rejected: self.rejected,
        }
    }

    fn reject_broken_text(&mut self, reason: &str) {
        let is_text = |span: &Span| {
            span.range().is_none_or(|range| {
                self.bytes
                    .get(range)
                    .is_some_and(|bytes| std::str::from_utf8(bytes).is_ok())
            })
        };
        let columns = self.columns.max(1);
        let mut kept = 0;
        for row in 0..self.lines.len() {
            let range = row * columns..(row + 1) * columns;
            let line = self.lines.get(row).copied().unwrap_or_default();
            let cells = self.cells.get(range.clone()).unwrap_or_default();
            if cells.iter().all(is_text) {
                self.cells.copy_within(range, kept * columns);
                if let Some(place) = self.lines.get_mut(kept) {
                    *place = line;
                }
                kept += 1;
            } else {
                let all: Vec<&[u8]> = cells
                    .iter()
                    .map(|span| span.range().and_then(|range| self.bytes.get(range)))
                    .map(Option::unwrap_or_default)
                    .collect();
                let text = all.join(&b' ');
                self.rejected.push(RejectedRow::new(line, reason, &text));
            }
        }
        self.cells.truncate(kept * columns);
        self.lines.truncate(kept);
        self.rejected.sort_by_key(|row| row.line);
        replace_broken_text(&mut self.bytes);
    }
}

/// Makes text of `bytes` without moving any of them.
fn replace_broken_text(bytes: &mut [u8]) {
    let mut from = 0;
    while let Some(rest) = bytes.get_mut(from..) {
        let Err(error) = std::str::from_utf8(rest) else {
            return;
        };
        let start = error.valid_up_to();
        let length = error.error_len().unwrap_or(rest.len() - start).max(1);
        for byte in rest.iter_mut().skip(start).take(length) {
            *byte = b'?';
        }
        from += start + length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_is_told_from_an_empty_text_and_no_cell_leaks_into_the_next_row() {
        let mut batch = Batch::new(2);
        batch.push(2, [Some("a"), None]);
        batch.push(3, [Some(""), Some("b")]);
        assert_eq!(batch.cell(0, 0), Some("a"));
        assert_eq!(batch.cell(0, 1), None);
        assert_eq!(batch.cell(0, 2), None);
        assert_eq!(batch.cell(1, 0), Some(""));
        assert_eq!(batch.cell(2, 0), None);
        assert_eq!((batch.line(1), batch.len()), (3, 2));
    }

    #[test]
    fn a_row_too_long_or_too_short_never_shifts_the_next_one() {
        let mut batch = Batch::new(2);
        batch.push(1, [Some("a"), Some("b"), Some("c")]);
        batch.push(2, [Some("d")]);
        assert_eq!((batch.cell(0, 1), batch.cell(1, 0)), (Some("b"), Some("d")));
        assert_eq!(batch.cell(1, 1), None);
    }

    #[test]
    fn a_row_that_is_not_text_is_rejected_and_its_neighbours_stay() {
        let mut draft = Draft::new(1);
        for (line, bytes) in [(1, b"one".as_slice()), (2, b"t\xffwo"), (3, b"thr\xc3\xa9")] {
            let start = draft.bytes.len();
            draft.bytes.extend_from_slice(bytes);
            draft.cells.push(span(start, draft.bytes.len()));
            draft.bytes.push(b'\n');
            draft.lines.push(line);
        }
        let batch = draft.seal("no text");
        assert_eq!(batch.len(), 2);
        assert_eq!(batch.cell(1, 0), Some("thr\u{e9}"));
        assert_eq!(batch.line(1), 3);
        assert_eq!(batch.rejected()[0].line, 2);
        assert_eq!(batch.rejected()[0].reason, "no text");
    }

    #[test]
    fn neither_a_batch_nor_a_rejected_row_shows_values_in_debug() {
        let mut batch = Batch::new(1);
        batch.push(1, [Some("ada@example.com")]);
        batch.reject(RejectedRow::new(2, "ragged", b"ada@example.com"));
        let shown = format!("{batch:?} {:?}", batch.rejected());
        assert!(!shown.contains("ada"), "{shown}");
    }
}
