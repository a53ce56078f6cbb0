//! When a failed try is repeated.

use std::time::Duration;

use clock::Dice;
use jiff::{SignedDuration, Timestamp};

/// How long an event is tried to be sent.
pub const KEEP_TRYING: SignedDuration = SignedDuration::from_hours(3 * 24);

/// The pause after the first failed try; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(15);
/// The longest pause of our own.
const LONGEST_PAUSE: Duration = Duration::from_secs(2 * 60 * 60);
/// The longest pause that an endpoint may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// When to try again after so many failed tries: a pause that doubles, made longer by up to a quarter so that
/// many do not come back together, and never shorter than what the endpoint asked for.
pub(super) fn again(
    now: Timestamp,
    tries: i64,
    asked: Option<Duration>,
    dice: &dyn Dice,
) -> Timestamp {
    let doubled = u32::try_from(tries.clamp(1, 16) - 1).unwrap_or(0);
    let pause = (FIRST_PAUSE * (1 << doubled)).min(LONGEST_PAUSE);
    let mut byte = [0];
    dice.fill(&mut byte);
    let pause = pause + pause * u32::from(byte[0]) / 1024;
    let pause = pause.max(asked.unwrap_or_default().min(LONGEST_WAIT));
    let pause = SignedDuration::try_from(pause).unwrap_or_default();
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use clock::SeededDice;

    use super::*;

    fn pause(tries: i64, asked: Option<u64>) -> i64 {
        let now = Timestamp::UNIX_EPOCH;
        let asked = asked.map(Duration::from_secs);
        let at = again(now, tries, asked, &SeededDice::new(1));
        at.duration_since(now).as_secs()
    }

    #[test]
    fn pauses_double_up_to_two_hours() {
        for (tries, least) in [
            (1, 15),
            (2, 30),
            (3, 60),
            (9, 3_840),
            (10, 7_200),
            (900, 7_200),
        ] {
            let pause = pause(tries, None);
            assert!(
                (least..=least + least / 4).contains(&pause),
                "{tries}: {pause}"
            );
        }
        let spread: std::collections::BTreeSet<i64> = (0..20)
            .map(|seed| {
                let at = again(Timestamp::UNIX_EPOCH, 10, None, &SeededDice::new(seed));
                at.as_second()
            })
            .collect();
        assert!(spread.len() > 10, "{spread:?}");
    }

    #[test]
    fn what_the_endpoint_asks_for_is_heard_up_to_a_day() {
        assert_eq!(pause(1, Some(600)), 600);
        assert!(pause(10, Some(1)) >= 7_200);
        assert_eq!(pause(1, Some(1_000_000)), 86_400);
    }
}
