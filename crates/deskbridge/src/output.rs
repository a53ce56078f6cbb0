//! Everything this program prints. Results go to standard output, all else to standard error.

use std::io::{IsTerminal as _, Write as _};

use serde::Serialize;

/// A line of the result, on standard output. A reader that went away (`| head`) is no error.
pub(crate) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()));
    drop(out.write_all(b"\n"));
    drop(out.flush());
}

/// A line for the person who waits, on standard error.
pub(crate) fn note(text: &str) {
    let mut err = std::io::stderr().lock();
    drop(err.write_all(text.as_bytes()));
    drop(err.write_all(b"\n"));
    drop(err.flush());
}

/// The result as one line of JSON.
///
/// # Errors
/// Never in practice: only if a value has no JSON form.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(&serde_json::to_string(value)?);
    Ok(())
}

/// Rows under headings, columns aligned, on standard output.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) {
    let mut widths: Vec<usize> = headings.iter().map(|heading| heading.len()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let print = |cells: &mut dyn Iterator<Item = &str>| {
        let text: Vec<String> = widths
            .iter()
            .zip(cells)
            .map(|(width, cell)| {
                format!(
                    "{}{}",
                    cell,
                    " ".repeat(width.saturating_sub(cell.chars().count()))
                )
            })
            .collect();
        line(text.join("  ").trim_end());
    };
    print(&mut headings.iter().copied());
    for row in rows {
        print(&mut row.iter().map(String::as_str));
    }
}

/// Whether a person watches standard error, so that a bar may move there.
pub(crate) fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}

/// Text from elsewhere, safe for a terminal: control characters shown, not obeyed, and long text
/// cut at `most` characters.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let mut out = String::new();
    for (n, character) in text.chars().enumerate() {
        if n == most {
            out.push('…');
            break;
        }
        match character {
            '\n' | '\r' | '\t' => out.push(' '),
            other if other.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_cannot_steer_the_terminal() {
        assert_eq!(shown("a\u{1b}[31mb\nc", 80), "a\u{fffd}[31mb c");
    }

    #[test]
    fn a_long_subject_is_cut_with_a_sign() {
        assert_eq!(shown("abcdef", 3), "abc…");
        assert_eq!(shown("abc", 3), "abc");
    }
}
