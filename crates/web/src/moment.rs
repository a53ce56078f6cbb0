//! Moments as pages show them: UTC, short enough for a table.

use jiff::{SignedDuration, Timestamp};

/// `22 Nov 2026, 01:07`.
pub(crate) fn short(at: &Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M").to_string()
}

/// `22 Nov 2026, 01:07:38 UTC`.
pub(crate) fn long(at: &Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M:%S UTC").to_string()
}

/// How long something took: `0.4 s`, `52 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn took(from: &Timestamp, to: &Timestamp) -> String {
    let took = to.duration_since(*from).max(SignedDuration::ZERO);
    let seconds = took.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", took.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_short_and_say_what_they_are() {
        let at: Timestamp = "2026-11-02T01:07:38.5Z".parse().unwrap();
        assert_eq!(short(&at), "2 Nov 2026, 01:07");
        assert_eq!(long(&at), "2 Nov 2026, 01:07:38 UTC");
    }

    #[test]
    fn a_duration_is_told_in_two_units_at_most() {
        let from: Timestamp = "2026-11-02T01:00:00Z".parse().unwrap();
        let after = |millis| from + SignedDuration::from_millis(millis);
        assert_eq!(took(&from, &after(420)), "0.4 s");
        assert_eq!(took(&from, &after(52_100)), "52 s");
        assert_eq!(took(&from, &after(200_000)), "3 min 20 s");
        assert_eq!(took(&from, &after(7_500_000)), "2 h 5 min");
        assert_eq!(took(&after(5), &from), "0.0 s");
    }
}
