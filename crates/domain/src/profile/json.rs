//! Writing canonical JSON: the same values are always the same bytes.

use super::normal::{Form, SEPARATOR};

/// Writes a value that was made by its rule.
pub(super) fn push_value(text: &str, form: Form, out: &mut Vec<u8>) {
    match form {
        Form::Text => push_string(text, out),
        Form::Bare => out.extend_from_slice(text.as_bytes()),
        Form::List => push_list(text.split(SEPARATOR), out),
        Form::Named => {
            out.extend_from_slice(b"{\"name\":");
            push_string(text, out);
            out.push(b'}');
        }
    }
}

/// Writes what clears a value of this form.
pub(super) fn push_nothing(form: Form, out: &mut Vec<u8>) {
    match form {
        Form::List => out.extend_from_slice(b"[]"),
        Form::Text | Form::Bare | Form::Named => out.extend_from_slice(b"null"),
    }
}

/// Writes an array of strings.
pub(super) fn push_list<'a>(items: impl Iterator<Item = &'a str>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (place, item) in items.enumerate() {
        if place > 0 {
            out.push(b',');
        }
        push_string(item, out);
    }
    out.push(b']');
}

/// Writes a string with its quotes, escaped as little as JSON allows.
pub(super) fn push_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(place) = rest
        .iter()
        .position(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\')
    {
        let (plain, tail) = rest.split_at(place);
        out.extend_from_slice(plain);
        let Some((byte, tail)) = tail.split_first() else {
            break;
        };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            byte => {
                let digit = |place: u8| HEX.get(usize::from(place & 15)).copied().unwrap_or(b'0');
                out.extend_from_slice(b"\\u00");
                out.push(digit(byte >> 4));
                out.push(digit(*byte));
            }
        }
        rest = tail;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}
