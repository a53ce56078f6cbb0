//! Days in ISO form.

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, Zoned};

/// Writes the day of a date or time as `2026-11-22`, or says nothing if there is none in it.
///
/// A time gives the day it names, whatever its zone. Read are the year first and the parts by `-` or
/// `/`, or eight digits; the day or month first never, since nobody can tell which it is.
pub(super) fn push(value: &str, out: &mut String) -> Option<()> {
    if let Some((day, time)) = value.split_at_checked(10)
        && is_iso(day)
        && (time.is_empty() || is_plain_time(time.as_bytes()))
    {
        out.push_str(day);
        return Some(());
    }
    let (text, time) = match value.split_once(['T', 't', ' ']) {
        Some((text, time)) => (text, Some(time)),
        None => (value, None),
    };
    let date = read(text)?;
    if let Some(time) = time
        && !is_time(date, time)
    {
        return None;
    }
    use std::fmt::Write as _;
    // Writing into a string cannot fail.
    write!(out, "{date}").ok()
}

/// Whether these ten bytes are a day of the calendar in ISO form.
fn is_iso(day: &str) -> bool {
    if let &[a, b, c, d, b'-', e, f, b'-', g, h] = day.as_bytes()
        && let Some((year, month, day)) = numbers([a, b, c, d], [e, f], [g, h])
    {
        exists(year, month, day)
    } else {
        false
    }
}

/// Whether this is the way nearly all write a time behind a day: a mark, hours, minutes, seconds, and
/// perhaps a `Z`. What is not may still be a time, which the slower way finds out.
fn is_plain_time(time: &[u8]) -> bool {
    let (&[b'T' | b' ', a, b, b':', c, d, b':', e, f]
    | &[b'T', a, b, b':', c, d, b':', e, f, b'Z']) = time
    else {
        return false;
    };
    let below = |tens: u8, ones: u8, limit: u8| {
        tens.is_ascii_digit() && ones.is_ascii_digit() && (tens - b'0') * 10 + (ones - b'0') < limit
    };
    below(a, b, 24) && below(c, d, 60) && below(e, f, 60)
}

/// The numbers of these digits, if all are digits.
fn numbers(year: [u8; 4], month: [u8; 2], day: [u8; 2]) -> Option<(i16, i8, i8)> {
    let all = |digits: &[u8]| {
        digits.iter().try_fold(0_i16, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + i16::from(digit - b'0'))
        })
    };
    Some((
        all(&year)?,
        i8::try_from(all(&month)?).ok()?,
        i8::try_from(all(&day)?).ok()?,
    ))
}

/// Whether the calendar has this day.
fn exists(year: i16, month: i8, day: i8) -> bool {
    year > 0 && Date::new(year, month, day).is_ok()
}

/// The day in its parts, year first.
fn read(text: &str) -> Option<Date> {
    let separator = if text.contains('/') { '/' } else { '-' };
    let (year, month, day) = match *text.as_bytes() {
        [a, b, c, d, e, f, g, h] if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            numbers([a, b, c, d], [e, f], [g, h])?
        }
        _ => {
            let mut parts = text.split(separator);
            let year = parts.next().filter(|year| year.len() == 4)?;
            let month = parts.next().filter(|month| month.len() <= 2)?;
            let day = parts.next().filter(|day| day.len() <= 2)?;
            let plain = parts.next().is_none()
                && [year, month, day]
                    .iter()
                    .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
            if !plain {
                return None;
            }
            (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
        }
    };
    exists(year, month, day).then(|| Date::new(year, month, day).ok())?
}

/// Whether this is a time of day, with a zone or without.
fn is_time(date: Date, time: &str) -> bool {
    let time = time.trim();
    // Databases write `10:00:00 UTC` and `10:00:00+00`, the standard `10:00:00Z`.
    let time = time.strip_suffix(" UTC").unwrap_or(time);
    let whole = format!("{date}T{time}");
    whole.len() <= 80
        && (whole.parse::<DateTime>().is_ok()
            || whole.parse::<Timestamp>().is_ok()
            || whole.parse::<Zoned>().is_ok())
}
