//! Cells of the files that people download: rejected and failed rows with their own columns.

use std::borrow::Cow;

/// The cell, made harmless for a spreadsheet: what begins like a formula gets an apostrophe before it,
/// which a spreadsheet hides (profile-send.md 2). A plain number keeps its sign, so that telephone
/// numbers and amounts come back as they were.
pub fn defuse(cell: &str) -> Cow<'_, str> {
    let begins_one =
        cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let number = cell.strip_prefix(['+', '-']).is_some_and(|rest| {
        rest.starts_with(|letter: char| letter.is_ascii_digit())
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    });
    if begins_one && !number {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_made_text() {
        for cell in [
            "=1+1",
            "+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "＝1",
            "+1503-5550100",
        ] {
            assert_eq!(defuse(cell), format!("'{cell}"));
        }
    }

    #[test]
    fn everything_else_stays_what_it_is() {
        for cell in ["", "Kim", "+15035550100", "-12.50", "a=b", "'=1"] {
            assert_eq!(defuse(cell), cell);
        }
    }
}
