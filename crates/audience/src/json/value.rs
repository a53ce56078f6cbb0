//! A JSON value as the text of a cell.

use crate::schema::ColumnKind;

/// The kind that a value by itself has; `None` for null.
pub(crate) fn kind(raw: &str) -> Option<ColumnKind> {
    match raw.as_bytes().first() {
        Some(b'n') | None => None,
        Some(b't' | b'f') => Some(ColumnKind::Boolean),
        Some(b'[') => Some(ColumnKind::List),
        Some(b'"' | b'{') => Some(ColumnKind::Text),
        Some(_) if raw.contains(['e', 'E']) => Some(ColumnKind::Float),
        Some(_) if raw.contains('.') => Some(ColumnKind::Decimal),
        Some(_) => Some(ColumnKind::Integer),
    }
}

/// The kind of a column that has values of both kinds.
pub(crate) fn join(one: ColumnKind, other: ColumnKind) -> ColumnKind {
    use ColumnKind::{Boolean, Date, Decimal, Float, Integer, List, Text, Time};
    match (one, other) {
        (Integer, Decimal) | (Decimal, Integer) => Decimal,
        (Float, Integer | Decimal) | (Integer | Decimal, Float) => Float,
        (Text, _) | (_, Text) => Text,
        (Integer | Decimal | Float | Boolean | Date | Time | List, _) if one == other => one,
        (Integer | Decimal | Float | Boolean | Date | Time | List, _) => Text,
    }
}

/// Why a value cannot be a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Half a character by an escape, a number beyond 10^308, or brackets nested too deep.
    Value,
}

/// Appends the canonical text of a value to `into`. Returns `false` for null.
pub(crate) fn render(raw: &str, into: &mut Vec<u8>) -> Result<bool, Unfit> {
    match raw.as_bytes().first() {
        Some(b'n') | None => return Ok(false),
        Some(b't' | b'f') => into.extend_from_slice(raw.as_bytes()),
        Some(b'[' | b'{') => compact(raw, into)?,
        Some(b'"') if !raw.contains('\\') => {
            let inside = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"'));
            into.extend_from_slice(inside.unwrap_or_default().as_bytes());
        }
        Some(b'"') => {
            let text: String = serde_json::from_str(raw).map_err(|_| Unfit::Value)?;
            into.extend_from_slice(text.as_bytes());
        }
        Some(_) if raw.contains(['e', 'E']) => {
            let number = raw.parse::<f64>().ok().filter(|number| number.is_finite());
            into.extend_from_slice(number.ok_or(Unfit::Value)?.to_string().as_bytes());
        }
        Some(_) => into.extend_from_slice(raw.as_bytes()),
    }
    Ok(true)
}

/// Deeper than this no reader of JSON that we know goes.
const MOST_NESTING: usize = 100;

/// JSON without the white space between its parts.
fn compact(raw: &str, into: &mut Vec<u8>) -> Result<(), Unfit> {
    let mut in_text = false;
    let mut escaped = false;
    let mut depth = 0_usize;
    for byte in raw.bytes() {
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if byte.is_ascii_whitespace() {
            continue;
        } else {
            in_text = byte == b'"';
            match byte {
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > MOST_NESTING {
                return Err(Unfit::Value);
            }
        }
        into.push(byte);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(raw: &str) -> Option<String> {
        let mut into = Vec::new();
        render(raw, &mut into)
            .unwrap()
            .then(|| String::from_utf8(into).unwrap())
    }

    #[test]
    fn values_become_canonical_text() {
        for (raw, text) in [
            ("\"a\"", "a"),
            ("\"a\\\"\\u00e9\\n\"", "a\"\u{e9}\n"),
            ("12345678901234567890", "12345678901234567890"),
            ("-1234.50", "-1234.50"),
            ("1.5e3", "1500"),
            ("2E-7", "0.0000002"),
            ("true", "true"),
            ("[ \"a b\", 1 ]", "[\"a b\",1]"),
            ("{ \"a\" : \" \\\" \" }", "{\"a\":\" \\\" \"}"),
        ] {
            assert_eq!(rendered(raw).as_deref(), Some(text));
        }
        assert_eq!(rendered("null"), None);
        assert_eq!(render("1e999", &mut Vec::new()), Err(Unfit::Value));
        assert_eq!(render("\"\\ud800\"", &mut Vec::new()), Err(Unfit::Value));
    }

    #[test]
    fn a_column_of_several_kinds_has_the_kind_that_holds_all() {
        use ColumnKind::{Boolean, Decimal, Float, Integer, Text};
        assert_eq!(join(Integer, Decimal), Decimal);
        assert_eq!(join(Decimal, Float), Float);
        assert_eq!(join(Boolean, Integer), Text);
        assert_eq!(join(Boolean, Boolean), Boolean);
        assert_eq!(kind("1.5"), Some(Decimal));
        assert_eq!(kind("null"), None);
    }
}
