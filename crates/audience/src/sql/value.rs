//! How PostgreSQL's own texts become ours.

use crate::schema::ColumnKind;

/// How the text of a column's values is asked for and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// As it comes.
    Plain,
    /// `1e+21` is written out.
    Float,
    /// `2026-11-22 07:38:00+00` gets its `T` and `Z`.
    Time,
    /// As JSON.
    List,
}

/// The kind of a column by the name of its type; `None` for bytes, which are no text.
pub(super) fn kind(type_name: &str) -> Option<(ColumnKind, Reads)> {
    let name = type_name.to_ascii_uppercase();
    if name.ends_with("[]") || name.starts_with('_') {
        return Some((ColumnKind::List, Reads::List));
    }
    Some(match name.as_str() {
        "BYTEA" => return None,
        "INT2" | "INT4" | "INT8" | "OID" => (ColumnKind::Integer, Reads::Plain),
        "NUMERIC" => (ColumnKind::Decimal, Reads::Plain),
        "FLOAT4" | "FLOAT8" => (ColumnKind::Float, Reads::Float),
        "BOOL" => (ColumnKind::Boolean, Reads::Plain),
        "DATE" => (ColumnKind::Date, Reads::Plain),
        "TIMESTAMP" | "TIMESTAMPTZ" => (ColumnKind::Time, Reads::Time),
        _ => (ColumnKind::Text, Reads::Plain),
    })
}

/// Appends a value.
pub(super) fn write(text: &str, reads: Reads, into: &mut Vec<u8>) {
    match reads {
        Reads::Plain | Reads::List => into.extend_from_slice(text.as_bytes()),
        Reads::Float => match text.parse::<f64>() {
            Ok(number) if text.contains('e') && number.is_finite() => {
                into.extend_from_slice(number.to_string().as_bytes());
            }
            _ => into.extend_from_slice(text.as_bytes()),
        },
        Reads::Time => {
            let (date, time) = text.split_once(' ').unwrap_or((text, ""));
            into.extend_from_slice(date.as_bytes());
            if !time.is_empty() {
                into.push(b'T');
                // The session's zone is UTC.
                match time.strip_suffix("+00") {
                    Some(time) => {
                        into.extend_from_slice(time.as_bytes());
                        into.push(b'Z');
                    }
                    None => into.extend_from_slice(time.as_bytes()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, reads: Reads) -> String {
        let mut into = Vec::new();
        write(text, reads, &mut into);
        String::from_utf8(into).unwrap()
    }

    #[test]
    fn moments_are_rfc_3339_and_floats_have_no_exponent() {
        let time = |text| written(text, Reads::Time);
        assert_eq!(time("2026-11-22 07:38:00.25+00"), "2026-11-22T07:38:00.25Z");
        assert_eq!(time("2026-11-22 07:38:00"), "2026-11-22T07:38:00");
        assert_eq!(time("infinity"), "infinity");
        assert_eq!(written("1e+21", Reads::Float), "1000000000000000000000");
        assert_eq!(written("0.1", Reads::Float), "0.1");
        assert_eq!(written("NaN", Reads::Float), "NaN");
    }

    #[test]
    fn kinds_follow_types() {
        assert_eq!(kind("TEXT[]"), Some((ColumnKind::List, Reads::List)));
        assert_eq!(
            kind("customer_tier"),
            Some((ColumnKind::Text, Reads::Plain))
        );
        assert_eq!(kind("BYTEA"), None);
    }
}
