//! The canonical text of dates, moments, decimals and other values.

use std::io::Write as _;

/// Writing into memory does not fail.
macro_rules! put {
    ($into:expr, $($text:tt)*) => {
        drop(write!($into, $($text)*))
    };
}

/// A whole number as digits.
pub(crate) fn integer(value: i64, into: &mut Vec<u8>) {
    into.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// A whole number without a sign.
pub(crate) fn unsigned(value: u64, into: &mut Vec<u8>) {
    into.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// The shortest text that reads back to the same number, never with an exponent.
pub(crate) fn double(value: f64, into: &mut Vec<u8>) {
    put!(into, "{value}");
}

/// As [`double`], for a number of half the precision.
pub(crate) fn float(value: f32, into: &mut Vec<u8>) {
    put!(into, "{value}");
}

/// The number whose bits are those of a float of 16 bits.
pub(crate) fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f32::from(bits & 0x3ff);
    sign * match exponent {
        0 => fraction * 2_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2_f32.powi(exponent - 15),
    }
}

/// `unscaled` divided by ten to the `scale`, with all `scale` digits.
pub(crate) fn decimal(unscaled: i128, scale: u32, into: &mut Vec<u8>) {
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = unscaled.unsigned_abs();
    match 10_u128.checked_pow(scale) {
        None | Some(1) => put!(into, "{sign}{digits}"),
        Some(one) => put!(
            into,
            "{sign}{}.{:0width$}",
            digits / one,
            digits % one,
            width = scale as usize
        ),
    }
}

/// A big-endian number of at most sixteen bytes; `None` for a longer one.
pub(crate) fn big_endian(bytes: &[u8]) -> Option<i128> {
    if bytes.len() > 16 {
        return None;
    }
    let negative = bytes.first().is_some_and(|byte| *byte >= 0x80);
    let start = if negative { -1 } else { 0 };
    Some(
        bytes
            .iter()
            .fold(start, |value: i128, byte| value << 8 | i128::from(*byte)),
    )
}

/// A value that is not between the years 1 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutOfRange;

/// `2026-11-22`, from the days since 1970-01-01.
pub(crate) fn date(days: i64, into: &mut Vec<u8>) -> Result<(), OutOfRange> {
    // 0001-01-01 to 9999-12-31.
    if !(-719_162..=2_932_896).contains(&days) {
        return Err(OutOfRange);
    }
    // Howard Hinnant's way: years begin in March, and 400 of them are an era.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    put!(into, "{year:04}-{month:02}-{day:02}");
    Ok(())
}

/// `07:38:00.25`, from the nanoseconds since midnight.
pub(crate) fn time_of_day(nanoseconds: i64, into: &mut Vec<u8>) -> Result<(), OutOfRange> {
    const DAY: i64 = 86_400_000_000_000;
    if !(0..DAY).contains(&nanoseconds) {
        return Err(OutOfRange);
    }
    let seconds = nanoseconds / 1_000_000_000;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    put!(into, "{hours:02}:{minutes:02}:{:02}", seconds % 60);
    let rest = nanoseconds % 1_000_000_000;
    if rest > 0 {
        let digits = format!("{rest:09}");
        put!(into, ".{}", digits.trim_end_matches('0'));
    }
    Ok(())
}

/// `2026-11-22T07:38:00Z`, from a number of units of `unit` nanoseconds since 1970; without the `Z`
/// where the source gives no offset.
pub(crate) fn moment(
    value: i64,
    unit: i64,
    is_utc: bool,
    into: &mut Vec<u8>,
) -> Result<(), OutOfRange> {
    let a_day = 86_400_000_000_000 / unit;
    date(value.div_euclid(a_day), into)?;
    into.push(b'T');
    time_of_day(value.rem_euclid(a_day) * unit, into)?;
    if is_utc {
        into.push(b'Z');
    }
    Ok(())
}

/// The old form of a moment: nanoseconds of a day, and the day by the Julian calendar's count.
pub(crate) fn julian_moment(parts: &[u32], into: &mut Vec<u8>) -> Result<(), OutOfRange> {
    const UNIX_EPOCH: i64 = 2_440_588;
    let [low, high, day] = parts else {
        return Err(OutOfRange);
    };
    date(i64::from(*day) - UNIX_EPOCH, into)?;
    into.push(b'T');
    let nanoseconds = u64::from(*high) << 32 | u64::from(*low);
    time_of_day(i64::try_from(nanoseconds).map_err(|_| OutOfRange)?, into)
}

/// `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`.
pub(crate) fn uuid(bytes: &[u8], into: &mut Vec<u8>) {
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            into.push(b'-');
        }
        put!(into, "{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut into = Vec::new();
        write(&mut into);
        String::from_utf8(into).unwrap()
    }

    #[test]
    fn numbers_are_plain() {
        for value in [0, 7, -1, i64::MAX, i64::MIN] {
            assert_eq!(text(|into| integer(value, into)), value.to_string());
        }
        assert_eq!(text(|into| double(0.1, into)), "0.1");
        assert_eq!(text(|into| float(0.1, into)), "0.1");
        assert_eq!(text(|into| double(1e21, into)), "1000000000000000000000");
        assert_eq!(half(0x3c00), 1.0);
        assert_eq!(half(0xc000), -2.0);
        assert_eq!(half(0x0001), 2_f32.powi(-24));
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn decimals_keep_every_digit() {
        for (unscaled, scale, expected) in [
            (123_450, 2, "1234.50"),
            (-5, 2, "-0.05"),
            (-5, 0, "-5"),
            (0, 3, "0.000"),
        ] {
            assert_eq!(text(|into| decimal(unscaled, scale, into)), expected);
        }
        assert_eq!(big_endian(&[0xff, 0xfe]), Some(-2));
        assert_eq!(big_endian(&[0x01, 0x00]), Some(256));
        assert_eq!(big_endian(&[]), Some(0));
        assert_eq!(big_endian(&[1; 17]), None);
    }

    #[test]
    fn dates_and_moments_are_those_of_the_calendar() {
        let a_date = |days| text(|into| date(days, into).unwrap());
        assert_eq!(a_date(0), "1970-01-01");
        assert_eq!(a_date(-1), "1969-12-31");
        assert_eq!(a_date(11_016), "2000-02-29");
        assert_eq!(a_date(-719_162), "0001-01-01");
        assert_eq!(a_date(2_932_896), "9999-12-31");
        assert_eq!(date(2_932_897, &mut Vec::new()), Err(OutOfRange));
        assert_eq!(date(i64::MIN, &mut Vec::new()), Err(OutOfRange));
        let a_moment = |value, unit, utc| text(|into| moment(value, unit, utc, into).unwrap());
        assert_eq!(a_moment(-1, 1_000_000, true), "1969-12-31T23:59:59.999Z");
        assert_eq!(a_moment(1_500, 1_000_000, false), "1970-01-01T00:00:01.5");
        assert_eq!(
            text(|into| julian_moment(&[1_000_000_000, 0, 2_440_589], into).unwrap()),
            "1970-01-02T00:00:01"
        );
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        let mut expected = (1970, 1, 1);
        for days in 0..146_097 {
            let (year, month, day) = expected;
            assert_eq!(
                text(|into| date(days, into).unwrap()),
                format!("{year:04}-{month:02}-{day:02}")
            );
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 if leap => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            expected = if day < length {
                (year, month, day + 1)
            } else if month < 12 {
                (year, month + 1, 1)
            } else {
                (year + 1, 1, 1)
            };
        }
    }
}
