//! Small plots: a bar for each hour of the last day, as the server draws them.

use engine::home_view::{HOURS, Hour};
use jiff::{SignedDuration, Timestamp};

/// How high a plot is, in its own units.
const HEIGHT: u64 = 48;
/// How wide a bar is, with the gap behind it.
const STEP: usize = 10;

/// One bar.
pub(super) struct Bar {
    pub(super) x: usize,
    pub(super) y: u64,
    pub(super) height: u64,
}

/// One plot, and the same in words.
pub(super) struct Plot {
    /// What it shows.
    pub(super) title: &'static str,
    /// Its end of an `id`.
    pub(super) id: &'static str,
    /// What it says to those who do not see it.
    pub(super) words: String,
    pub(super) bars: Vec<Bar>,
}

/// The plots of the home page.
pub(super) fn of(hours: &[Hour; HOURS], now: Timestamp) -> Vec<Plot> {
    vec![
        draw(
            "Records read",
            "records",
            hours.map(|hour| hour.records),
            now,
        ),
        draw(
            "Requests sent",
            "requests",
            hours.map(|hour| hour.requests),
            now,
        ),
    ]
}

fn draw(title: &'static str, id: &'static str, values: [u64; HOURS], now: Timestamp) -> Plot {
    let most = values.iter().copied().max().unwrap_or(0);
    let sum: u64 = values.iter().sum();
    let bars = values.iter().enumerate().map(|(at, value)| {
        // A bar that is there at all can be seen.
        let height = match (value, most) {
            (0, _) | (_, 0) => 0,
            (value, most) => (value.saturating_mul(HEIGHT) / most).max(1),
        };
        Bar {
            x: at * STEP,
            y: HEIGHT - height,
            height,
        }
    });
    let words = match values.iter().position(|value| *value == most) {
        Some(at) if most > 0 => {
            let hours_ago = i64::try_from(HOURS - at).unwrap_or(0);
            let began = now
                .saturating_sub(SignedDuration::from_hours(hours_ago))
                .unwrap_or(now);
            format!(
                "{sum} in the last 24 hours; most in the hour from {} UTC: {most}",
                began.strftime("%H:%M")
            )
        }
        Some(_) | None => "none in the last 24 hours".to_owned(),
    };
    Plot {
        title,
        id,
        words,
        bars: bars.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_plot_and_the_smallest_can_be_seen() {
        let mut hours = [Hour::default(); HOURS];
        hours[3].records = 10_000;
        hours[5].records = 1;
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let plots = of(&hours, now);
        let [records, requests] = plots.as_slice() else {
            panic!("two plots");
        };
        assert_eq!((records.bars[3].height, records.bars[3].y), (HEIGHT, 0));
        assert_eq!(records.bars[5].height, 1);
        assert_eq!(records.bars[4].height, 0);
        assert_eq!(
            records.words,
            "10001 in the last 24 hours; most in the hour from 15:00 UTC: 10000"
        );
        assert_eq!(requests.words, "none in the last 24 hours");
    }
}
