//! Which character stands between the cells: found by trying.

use super::scan::{Row, Scanner};

/// Tried in this order; of equals the first wins.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
/// So many rows are compared.
const ROWS: usize = 50;

/// The delimiter under which the rows of the sample agree best on how many cells they have. A
/// sample that none of them splits has one column, and a comma would be its delimiter.
pub(crate) fn find(sample: &[u8], whole: bool) -> u8 {
    let mut best = (0, 0, b',');
    for delimiter in CANDIDATES {
        let counts = count_cells(sample, whole, delimiter);
        let Some(columns) = counts.first().copied().filter(|columns| *columns > 1) else {
            continue;
        };
        let agree = counts.iter().filter(|count| **count == columns).count();
        let share = agree * 100 / counts.len();
        if (share, columns) > (best.0, best.1) {
            best = (share, columns, delimiter);
        }
    }
    best.2
}

/// How many cells the first rows have.
fn count_cells(sample: &[u8], whole: bool, delimiter: u8) -> Vec<usize> {
    let scanner = Scanner::new(delimiter);
    let (mut cells, mut doubled) = (Vec::new(), Vec::new());
    let mut counts = Vec::new();
    let mut at = 0;
    while at < sample.len() && counts.len() < ROWS {
        if matches!(sample.get(at), Some(b'\n' | b'\r')) {
            at += 1;
            continue;
        }
        cells.clear();
        match scanner.scan(sample, at, whole, &mut cells, &mut doubled) {
            Row::Whole { next, .. } => {
                counts.push(cells.len());
                at = next;
            }
            // A first row longer than the sample still tells the delimiter.
            Row::Cut { .. } | Row::BadQuote => {
                if counts.is_empty() {
                    counts.push(cells.len());
                }
                break;
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_found_among_the_usual_four() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", b','),
            ("name;amount\nA;1,5\nB;2,5\n", b';'),
            ("name\tcity\n\"a,b\"\tX, Y\n", b'\t'),
            ("a|b|c\n1|2;3|4\n", b'|'),
            ("\"a;b\",c\n\"1;2\",3\n", b','),
            ("email\nada@example.com\n", b','),
            ("", b','),
        ] {
            assert_eq!(find(text.as_bytes(), true), delimiter, "{text}");
        }
    }

    #[test]
    fn a_first_line_longer_than_the_sample_still_tells_it() {
        assert_eq!(find(b"aaa;bbb;ccc;dd", false), b';');
    }
}
