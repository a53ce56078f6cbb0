//! Where the cells of one row lie in a buffer: RFC 4180, with any of the usual line ends.
//!
//! Written for speed: a row without quotes costs one look at each byte, and no value is moved
//! unless it has a doubled quote in it.

use crate::batch::{Span, span};

const QUOTE: u8 = b'"';

/// What lies at one place of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    /// A whole row; the next one begins at `next`.
    Whole { next: usize, quoted: bool },
    /// The buffer ends before the row does.
    Cut { in_quotes: bool },
    /// Something follows a closing quote that is neither a delimiter nor the end of the line.
    BadQuote,
}

/// Tells the cells of rows with one delimiter.
#[derive(Clone)]
pub(crate) struct Scanner {
    delimiter: u8,
    /// Eight times the delimiter.
    delimiters: u64,
}

/// A byte eight times.
const fn eight(byte: u8) -> u64 {
    0x0101_0101_0101_0101 * byte as u64
}

/// A bit in the highest place of the first byte of `word` that is zero, and perhaps in ones above.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(eight(1)) & !word & eight(0x80)
}

impl Scanner {
    pub(crate) fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            delimiters: eight(delimiter),
        }
    }

    /// Finds the cells of the row at `from` and appends them to `cells`; the places in `cells` of
    /// those with doubled quotes are appended to `doubled`. With `last` the buffer's end is the
    /// end of the source.
    #[inline]
    pub(crate) fn scan(
        &self,
        buffer: &[u8],
        from: usize,
        last: bool,
        cells: &mut Vec<Span>,
        doubled: &mut Vec<usize>,
    ) -> Row {
        let mut at = from;
        let mut quoted = false;
        loop {
            let end = if buffer.get(at) == Some(&QUOTE) {
                quoted = true;
                let Some((end, has_doubled)) = closing_quote(buffer, at + 1) else {
                    return Row::Cut { in_quotes: true };
                };
                if has_doubled {
                    doubled.push(cells.len());
                }
                cells.push(span(at + 1, end));
                end + 1
            } else {
                let end = self.end_of_cell(buffer, at);
                cells.push(span(at, end));
                end
            };
            match buffer.get(end).copied() {
                Some(byte) if byte == self.delimiter => at = end + 1,
                Some(b'\n') => {
                    return Row::Whole {
                        next: end + 1,
                        quoted,
                    };
                }
                Some(b'\r') => {
                    return match buffer.get(end + 1) {
                        Some(b'\n') => Row::Whole {
                            next: end + 2,
                            quoted,
                        },
                        None if !last => Row::Cut { in_quotes: false },
                        Some(_) | None => Row::Whole {
                            next: end + 1,
                            quoted,
                        },
                    };
                }
                None if last => return Row::Whole { next: end, quoted },
                None => return Row::Cut { in_quotes: false },
                Some(_) => return Row::BadQuote,
            }
        }
    }

    /// The first delimiter or line end at or after `at`, or the buffer's end. Eight bytes at a time.
    #[inline]
    fn end_of_cell(&self, buffer: &[u8], mut at: usize) -> usize {
        while let Some(bytes) = buffer.get(at..).and_then(<[u8]>::first_chunk::<8>) {
            let word = u64::from_le_bytes(*bytes);
            let found = zero_bytes(word ^ self.delimiters)
                | zero_bytes(word ^ eight(b'\n'))
                | zero_bytes(word ^ eight(b'\r'));
            if found != 0 {
                return at + (found.trailing_zeros() / 8) as usize;
            }
            at += 8;
        }
        let rest = buffer.get(at..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| *byte == self.delimiter || matches!(byte, b'\n' | b'\r'));
        at + length.unwrap_or(rest.len())
    }
}

/// Where the quote lies that closes the cell whose text begins at `from`, and whether doubled
/// quotes lie before it. A quote at the very end of the buffer may be the first half of a doubled
/// one only if more follows; the caller then reads on and asks again.
#[inline]
fn closing_quote(buffer: &[u8], from: usize) -> Option<(usize, bool)> {
    let mut at = from;
    let mut doubled = false;
    loop {
        let rest = buffer.get(at..)?;
        let quote = at + rest.iter().position(|byte| *byte == QUOTE)?;
        if buffer.get(quote + 1) == Some(&QUOTE) {
            doubled = true;
            at = quote + 2;
        } else {
            return Some((quote, doubled));
        }
    }
}

/// Makes single quotes of the doubled ones in `cell`, in place. Returns how long it is then.
pub(crate) fn undouble(cell: &mut [u8]) -> usize {
    let mut written = 0;
    let mut read = 0;
    while let Some(byte) = cell.get(read).copied() {
        if let Some(place) = cell.get_mut(written) {
            *place = byte;
        }
        written += 1;
        let is_pair = byte == QUOTE && cell.get(read + 1) == Some(&QUOTE);
        read += if is_pair { 2 } else { 1 };
    }
    // What is left over may be half a character.
    if let Some(rest) = cell.get_mut(written..) {
        rest.fill(b' ');
    }
    written
}

/// How many lines end in `bytes`.
pub(crate) fn count_lines(bytes: &[u8]) -> u64 {
    let mut lines = 0;
    let mut before = 0;
    for byte in bytes {
        if *byte == b'\r' || (*byte == b'\n' && before != b'\r') {
            lines += 1;
        }
        before = *byte;
    }
    lines
}

/// Where the line after the one at `from` begins; `None` if it does not end in `bytes`.
pub(crate) fn next_line(bytes: &[u8], from: usize, last: bool) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let end = from + rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
    match (bytes.get(end), bytes.get(end + 1)) {
        (Some(b'\r'), Some(b'\n')) => Some(end + 2),
        (Some(b'\r'), None) if !last => None,
        _ => Some(end + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> (Row, Vec<String>) {
        let mut bytes = text.as_bytes().to_vec();
        let (mut cells, mut doubled) = (Vec::new(), Vec::new());
        let row = Scanner::new(b',').scan(&bytes, 0, true, &mut cells, &mut doubled);
        let mut texts = Vec::new();
        for (index, cell) in cells.iter().enumerate() {
            let range = cell.start as usize..cell.end as usize;
            let mut length = range.len();
            if doubled.contains(&index) {
                length = undouble(&mut bytes[range.clone()]);
            }
            texts.push(String::from_utf8(bytes[range][..length].to_vec()).unwrap());
        }
        (row, texts)
    }

    #[test]
    fn cells_end_at_delimiters_and_rows_at_any_line_end() {
        for (text, next) in [("a,b\nx", 4), ("a,b\r\nx", 5), ("a,b\rx", 4), ("a,b", 3)] {
            let (row, cells) = scan(text);
            assert_eq!(
                row,
                Row::Whole {
                    next,
                    quoted: false
                }
            );
            assert_eq!(cells, ["a", "b"]);
        }
        assert_eq!(scan(",").1, ["", ""]);
    }

    #[test]
    fn quotes_hide_delimiters_line_ends_and_doubled_quotes() {
        let (row, cells) = scan("\"a,\r\n\"\"b\u{e9}\"\"\",\"\",5\" pipe\nx");
        assert!(matches!(row, Row::Whole { quoted: true, .. }));
        assert_eq!(cells, ["a,\r\n\"b\u{e9}\"", "", "5\" pipe"]);
    }

    #[test]
    fn a_quote_that_does_not_close_and_text_behind_one_that_does_are_told_apart() {
        assert_eq!(scan("\"a,b\nc").0, Row::Cut { in_quotes: true });
        assert_eq!(scan("\"a\"b,c\n").0, Row::BadQuote);
        assert_eq!(scan("\"a\" ,c\n").0, Row::BadQuote);
    }

    #[test]
    fn lines_are_counted_whatever_ends_them() {
        assert_eq!(count_lines(b"a\r\nb\nc\rd"), 3);
        assert_eq!(next_line(b"a\r\nb", 0, false), Some(3));
        assert_eq!(next_line(b"a\r", 0, false), None);
        assert_eq!(next_line(b"a\r", 0, true), Some(2));
        assert_eq!(next_line(b"a", 0, true), None);
    }
}
