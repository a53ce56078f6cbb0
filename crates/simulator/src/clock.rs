//! The simulator's own hands: where they start, that they run or stand, and how a test moves them.
//!
//! The only module of this crate that reads the machine's clock or waits on it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;

/// The clock stops here, at the end of the year 9999: later times cannot be written.
const LAST_MS: i64 = 253_402_300_799_000;

/// The simulator's clock, in milliseconds since 1970.
#[derive(Debug)]
pub(crate) struct Hands {
    started: Instant,
    start_ms: i64,
    still: bool,
    moved_ms: Mutex<i64>,
    moved: Notify,
}

impl Hands {
    /// Hands that start at `start` (Unix seconds; the machine's time without it) and then run with
    /// the machine, or stand still until moved.
    #[expect(
        clippy::disallowed_methods,
        reason = "the simulator is a separate system, as Zendesk is: it has a clock of its own"
    )]
    pub(crate) fn new(start: Option<i64>, still: bool) -> Self {
        let machine = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let start = start.unwrap_or_else(|| i64::try_from(machine).unwrap_or(i64::MAX / 1000));
        Self {
            started: Instant::now(),
            start_ms: start.saturating_mul(1000),
            still,
            moved_ms: Mutex::new(0),
            moved: Notify::new(),
        }
    }

    /// Milliseconds since 1970 on this clock.
    pub(crate) fn now_ms(&self) -> i64 {
        let ran = if self.still {
            0
        } else {
            milliseconds(self.started.elapsed())
        };
        let moved = *self.moved_ms.lock().unwrap_or_else(PoisonError::into_inner);
        self.start_ms
            .saturating_add(ran)
            .saturating_add(moved)
            .min(LAST_MS)
    }

    /// Moves the hands on. They never go back: ids and exports rely on it.
    pub(crate) fn advance(&self, by: Duration) {
        let mut moved = self.moved_ms.lock().unwrap_or_else(PoisonError::into_inner);
        *moved = moved.saturating_add(milliseconds(by));
        drop(moved);
        self.moved.notify_waiters();
    }

    /// Waits until this clock shows a time, by running or by being moved.
    pub(crate) async fn reach(&self, until_ms: i64) {
        loop {
            let mut moved = std::pin::pin!(self.moved.notified());
            moved.as_mut().enable();
            let left = until_ms - self.now_ms();
            if left <= 0 {
                return;
            }
            if self.still {
                moved.await;
            } else {
                let left = Duration::from_millis(left.unsigned_abs());
                within(left, moved).await;
            }
        }
    }
}

/// What a future gives, or nothing if it takes longer than this on the machine's clock.
pub(crate) async fn within<T>(duration: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(duration, work).await.ok()
}

/// Waits for a duration of the machine's clock: answers that are slow on purpose.
#[expect(
    clippy::disallowed_methods,
    reason = "latency is real time, whatever the simulator's clock says"
)]
pub(crate) async fn wait(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_still_clock_moves_only_when_told() {
        let hands = Hands::new(Some(1_700_000_000), true);
        assert_eq!(hands.now_ms(), 1_700_000_000_000);
        hands.advance(Duration::from_millis(1_500));
        assert_eq!(hands.now_ms(), 1_700_000_001_500);
    }
}
