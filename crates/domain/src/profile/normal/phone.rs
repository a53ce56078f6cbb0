//! Telephone numbers in E.164.

use rlibphonenumber::enums::Region;
use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumberFormat};

/// Digits of a number of North America without its country code.
const NORTH_AMERICA: usize = 10;

/// Writes the number in E.164, or says nothing if it can be none.
///
/// Numbers of North America are told by their shape alone, which the library would only confirm at
/// fifty times the cost: an area code newer than its tables, or a made-up one, is still a number. All
/// others must be valid by the library's tables. An extension is left out: E.164 has no room for it.
pub(super) fn push(value: &str, region: Region, out: &mut String) -> Option<()> {
    push_north_american(value, region, out).or_else(|| push_by_tables(value, region, out))
}

/// Whether numbers without a country code are North American in this region.
fn dials_one(region: Region) -> bool {
    PHONE_NUMBER_UTIL.get_country_code_for_region(region) == Some(1)
}

/// A number that is North American by its shape.
fn push_north_american(value: &str, region: Region, out: &mut String) -> Option<()> {
    let start = out.len();
    let (international, rest) = match value.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, value),
    };
    out.push_str("+1");
    let digits = start + 2;
    for byte in rest.bytes() {
        match byte {
            b'0'..=b'9' => out.push(char::from(byte)),
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' => {}
            _ => {
                out.truncate(start);
                return None;
            }
        }
        if out.len() > digits + NORTH_AMERICA + 1 {
            break;
        }
    }
    let has_code = out.as_bytes().get(digits) == Some(&b'1');
    if has_code {
        out.remove(digits);
    }
    let known = if international {
        has_code
    } else {
        dials_one(region)
    };
    let shape = out.as_bytes().get(digits..).unwrap_or_default();
    let good = shape.len() == NORTH_AMERICA
        && [0, 3]
            .iter()
            .all(|place| shape.get(*place).is_some_and(|digit| *digit >= b'2'));
    if known && good {
        Some(())
    } else {
        out.truncate(start);
        None
    }
}

/// A number that the library's tables know.
fn push_by_tables(value: &str, region: Region, out: &mut String) -> Option<()> {
    let number = PHONE_NUMBER_UTIL.parse(value, Some(region)).ok()?;
    let whole = matches!(
        PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number),
        Ok(NumberLengthType::IsPossible)
    );
    if !whole || !PHONE_NUMBER_UTIL.is_valid_number(&number) {
        return None;
    }
    out.push_str(&PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164));
    Some(())
}
