//! Whole numbers, and `DECIMAL(10,2)` by its digits: exact, whatever the length of the text.

use crate::profile::outcome::RowCode;

/// A number in its digits, however it was written.
struct Digits<'a> {
    negative: bool,
    /// The digits before the point, perhaps with commas between groups.
    whole: &'a str,
    /// The digits after the point.
    fraction: &'a str,
    /// How far the point moves to the right.
    exponent: i32,
    /// Whether there are commas.
    has_commas: bool,
}

/// The furthest that an exponent may move the point: more is either nothing or too much.
const MOST_EXPONENT: i32 = 400;

impl<'a> Digits<'a> {
    /// Takes a number apart: sign, digits, groups of three behind commas, point, exponent.
    ///
    /// `1,234` alone is refused: half the world means one and a quarter by it. With a second group or
    /// a point behind it, it can only be thousands.
    fn read(value: &'a str) -> Option<Self> {
        let (negative, value) = match value.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, value.strip_prefix('+').unwrap_or(value)),
        };
        let (mut point, mut mark, mut has_commas) = (None, None, false);
        for (place, byte) in value.bytes().enumerate() {
            match byte {
                b'0'..=b'9' => {}
                b'.' if point.is_none() => point = Some(place),
                b',' if point.is_none() => has_commas = true,
                b'e' | b'E' => {
                    mark = Some(place);
                    break;
                }
                _ => return None,
            }
        }
        let (mantissa, exponent) = match mark {
            Some(mark) => (
                value.get(..mark)?,
                value.get(mark + 1..)?.parse::<i32>().ok()?,
            ),
            None => (value, 0),
        };
        let (whole, fraction) = match point {
            Some(point) => (mantissa.get(..point)?, mantissa.get(point + 1..)?),
            None => (mantissa, ""),
        };
        let has_point = point.is_some();
        let well_grouped = || {
            let mut groups = whole.split(',');
            let first = groups.next().unwrap_or_default();
            (1..=3).contains(&first.len())
                && groups.all(|group| group.len() == 3)
                && (has_point || whole.split(',').count() > 2)
        };
        let good = exponent.abs() <= MOST_EXPONENT
            && !(whole.is_empty() && fraction.is_empty())
            && (!has_commas || well_grouped());
        good.then_some(Self {
            negative,
            whole,
            fraction,
            exponent,
            has_commas,
        })
    }

    /// The value in hundredths, rounded half away from zero, without its sign, of a number written
    /// plainly in at most eight digits before the point: the way of nearly all.
    fn plain_hundredths(&self) -> Option<i64> {
        if self.exponent != 0 || self.has_commas || self.whole.len() > 8 {
            return None;
        }
        let mut fraction = self.fraction.bytes().map(|byte| i64::from(byte - b'0'));
        let mut value = self
            .whole
            .bytes()
            .fold(0, |value, byte| value * 10 + i64::from(byte - b'0'));
        for _ in 0..2 {
            value = value * 10 + fraction.next().unwrap_or_default();
        }
        let value = value + i64::from(fraction.next().is_some_and(|digit| digit >= 5));
        (value <= MOST_HUNDREDTHS).then_some(value)
    }

    /// The digits from the first that counts, and how many of them stand before the point (negative
    /// if noughts stand between the point and the first).
    fn significant(&self) -> (impl Iterator<Item = u8> + Clone + '_, i64) {
        let all = || {
            self.whole
                .bytes()
                .filter(|byte| *byte != b',')
                .chain(self.fraction.bytes())
                .map(|byte| byte - b'0')
        };
        let noughts = all().take_while(|digit| *digit == 0).count();
        let before = self.whole.bytes().filter(|byte| *byte != b',').count();
        // Both are at most the length of a cell, far below what i64 holds.
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        let skipped = i64::try_from(noughts).unwrap_or(i64::MAX);
        (
            all().skip(noughts),
            before.saturating_add(i64::from(self.exponent)) - skipped,
        )
    }
}

/// The most digits before the point.
const MOST_WHOLE_DIGITS: i64 = 8;

/// The largest value in hundredths: eight digits before the point and two after it.
const MOST_HUNDREDTHS: i64 = 9_999_999_999;

/// The value in hundredths, rounded half away from zero, and its sign.
fn hundredths(digits: &Digits<'_>) -> Result<i64, RowCode> {
    if let Some(value) = digits.plain_hundredths() {
        return Ok(if digits.negative { -value } else { value });
    }
    let (mut significant, before) = digits.significant();
    let mut value = 0_i64;
    if significant.clone().next().is_some() {
        if before > MOST_WHOLE_DIGITS {
            return Err(RowCode::DecimalTooLarge);
        }
        // Digits down to the hundredths, then the one that rounds.
        for _ in 0..(before + 2).max(0) {
            value = value * 10 + i64::from(significant.next().unwrap_or_default());
        }
        if before + 2 >= 0 && significant.next().is_some_and(|digit| digit >= 5) {
            value += 1;
        }
    }
    if value > MOST_HUNDREDTHS {
        return Err(RowCode::DecimalTooLarge);
    }
    Ok(if digits.negative { -value } else { value })
}

/// Writes a number as `DECIMAL(10,2)`: for a text field with its two places, as SQL prints it; bare,
/// for JSON, without noughts at the end. True if digits were lost or commas taken out.
pub(super) fn push_decimal(value: &str, bare: bool, out: &mut String) -> Result<bool, RowCode> {
    let digits = Digits::read(value).ok_or(RowCode::BadDecimal)?;
    let hundredths = hundredths(&digits)?;
    if hundredths < 0 {
        out.push('-');
    }
    let size = hundredths.unsigned_abs();
    push_number(size / 100, out);
    let cents = size % 100;
    if !bare || cents > 0 {
        out.push('.');
        push_digit(cents / 10, out);
        if !bare || !cents.is_multiple_of(10) {
            push_digit(cents % 10, out);
        }
    }
    let lost = digits.exponent == 0 && digits.fraction.bytes().skip(2).any(|digit| digit != b'0');
    Ok(lost || digits.exponent != 0 || digits.has_commas)
}

/// As many digits are a number of 64 bits, whichever they are.
const MOST_SURE_DIGITS: usize = 18;

/// Writes a whole number of 64 bits in its shortest form; nothing if it is none. `42.0` is one.
pub(super) fn push_integer(value: &str, out: &mut String) -> Option<()> {
    let is_short = value.len() <= MOST_SURE_DIGITS && !value.starts_with('0');
    if is_short && value.bytes().all(|byte| byte.is_ascii_digit()) {
        out.push_str(value);
        return Some(());
    }
    let digits = Digits::read(value)?;
    let (mut significant, before) = digits.significant();
    let mut size = 0_i64;
    if significant.clone().next().is_some() {
        for _ in 0..usize::try_from(before).ok()?.min(20) {
            let digit = i64::from(significant.next().unwrap_or_default());
            size = size.checked_mul(10)?.checked_add(digit)?;
        }
        // What is left stands behind the point.
        if significant.any(|digit| digit != 0) {
            return None;
        }
    }
    if digits.negative && size != 0 {
        out.push('-');
    }
    push_number(size.unsigned_abs(), out);
    Some(())
}

/// Writes a number in decimal digits.
fn push_number(number: u64, out: &mut String) {
    if number >= 10 {
        push_number(number / 10, out);
    }
    push_digit(number % 10, out);
}

/// Writes one digit.
fn push_digit(digit: u64, out: &mut String) {
    out.push(
        u32::try_from(digit)
            .ok()
            .and_then(|digit| char::from_digit(digit, 10))
            .unwrap_or('0'),
    );
}
