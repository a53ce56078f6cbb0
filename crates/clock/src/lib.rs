//! Time and chance, passed in: nothing below the binary asks the machine for them.
//!
//! Every crate that waits or draws takes a [`Clock`] or a [`Dice`] from its caller, so that a test
//! can move the hands and replay the throws. `clippy.toml` bans the ambient ones.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::{Rng, SeedableRng, TryRng, rngs::StdRng, rngs::SysRng};
use tokio::sync::Notify;

/// A pending wait.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and waits.
pub trait Clock: Send + Sync {
    /// The present moment, UTC.
    fn now(&self) -> Timestamp;
    /// Resolves once `wait` has passed on this clock. A manual clock jumps there at once.
    fn sleep(&self, wait: Duration) -> Sleep;
    /// Resolves once `wait` has passed because of something else: for a beat beside the work, which
    /// must not move a manual clock by itself.
    fn beat(&self, wait: Duration) -> Sleep;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that waits on the machine's clock"
    )]
    fn sleep(&self, wait: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(wait))
    }

    fn beat(&self, wait: Duration) -> Sleep {
        self.sleep(wait)
    }
}

type Listener = Box<dyn Fn(Duration) + Send + Sync>;

/// A clock that stands still until a test moves it. A `sleep` moves it on by the time slept and
/// returns at once, so that a test never waits.
pub struct ManualClock {
    now: Arc<Mutex<Timestamp>>,
    moved: Arc<Notify>,
    listener: Mutex<Option<Listener>>,
}

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn at(start: Timestamp) -> Self {
        Self {
            now: Arc::new(Mutex::new(start)),
            moved: Arc::new(Notify::new()),
            listener: Mutex::new(None),
        }
    }

    /// Calls `listener` with every step the clock makes, so that a second clock (the simulator's)
    /// can be kept in step.
    pub fn on_advance(&self, listener: impl Fn(Duration) + Send + Sync + 'static) {
        *lock(&self.listener) = Some(Box::new(listener));
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        {
            let mut now = lock(&self.now);
            let step = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
            *now = now.saturating_add(step).unwrap_or(Timestamp::MAX);
        }
        self.moved.notify_waiters();
        if let Some(listener) = lock(&self.listener).as_ref() {
            listener(by);
        }
    }
}

impl std::fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ManualClock").field(&self.now()).finish()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *lock(&self.now)
    }

    fn sleep(&self, wait: Duration) -> Sleep {
        self.advance(wait);
        Box::pin(std::future::ready(()))
    }

    fn beat(&self, wait: Duration) -> Sleep {
        let step = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        let due = self.now().saturating_add(step).unwrap_or(Timestamp::MAX);
        let (now, moved) = (self.now.clone(), self.moved.clone());
        Box::pin(async move {
            loop {
                // Listen first, look then: a step in between is not missed.
                let moved = moved.notified();
                if *lock(&now) >= due {
                    return;
                }
                moved.await;
            }
        })
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    fn sleep(&self, wait: Duration) -> Sleep {
        (**self).sleep(wait)
    }

    fn beat(&self, wait: Duration) -> Sleep {
        (**self).beat(wait)
    }
}

/// Draws random bytes.
pub trait Dice: Send + Sync {
    /// Fills `bytes` with random ones.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's randomness: keys, tokens, identifiers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDice;

impl Dice for SystemDice {
    #[expect(
        clippy::expect_used,
        reason = "without randomness no key, token or identifier is safe: stopping is the only honest answer"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        SysRng
            .try_fill_bytes(bytes)
            .expect("the operating system gave no randomness");
    }
}

/// Dice that throw the same numbers for the same seed: tests only, never for secrets.
#[derive(Debug)]
pub struct SeededDice(Mutex<StdRng>);

impl SeededDice {
    /// Dice that are fully determined by `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Dice for SeededDice {
    fn fill(&self, bytes: &mut [u8]) {
        lock(&self.0).fill_bytes(bytes);
    }
}

/// A poisoned lock here guards plain values that are valid at any moment, so the poison is ignored.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told_and_tells_its_listener() {
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        let heard = Arc::new(Mutex::new(Duration::ZERO));
        let sink = heard.clone();
        clock.on_advance(move |by| *sink.lock().unwrap() += by);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
        drop(clock.sleep(Duration::from_secs(60)));
        assert_eq!(clock.now().as_second(), 60);
        assert_eq!(*heard.lock().unwrap(), Duration::from_secs(60));
    }

    #[tokio::test]
    async fn a_beat_waits_until_something_else_moves_a_manual_clock() {
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        let mut beat = clock.beat(Duration::from_secs(5));
        let poll = |beat: &mut Sleep| {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            beat.as_mut().poll(&mut context).is_ready()
        };
        assert!(!poll(&mut beat));
        clock.advance(Duration::from_secs(4));
        assert!(!poll(&mut beat));
        drop(clock.sleep(Duration::from_secs(1)));
        assert!(poll(&mut beat));
    }

    #[test]
    fn seeded_dice_repeat_and_different_seeds_differ() {
        let throw = |seed| {
            let mut bytes = [0; 16];
            SeededDice::new(seed).fill(&mut bytes);
            bytes
        };
        assert_eq!(throw(1), throw(1));
        assert_ne!(throw(1), throw(2));
    }
}
