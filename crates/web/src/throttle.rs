//! Slows down whoever guesses passwords: five failures for one email, then a minute's wait
//! (security-and-operations.md 1, 6.3.1). In memory only: a restart forgives.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Attempts that may fail before one has to wait.
const FREE: u32 = 5;
/// How long one has to wait, counted from the last attempt that was let through.
const WAIT: SignedDuration = SignedDuration::from_secs(60);
/// Emails that are kept in mind. When there are more, those that wait no longer are forgotten.
const MOST: usize = 10_000;

/// Counts failed attempts.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<HashMap<String, Attempts>>);

struct Attempts {
    count: u32,
    last: Timestamp,
}

impl Attempts {
    fn is_old(&self, now: Timestamp) -> bool {
        now.duration_since(self.last) >= WAIT
    }
}

impl Throttle {
    /// Asks to try `email`. Counts the attempt as failed until [`Throttle::forgive`], so that many
    /// at the same time do not slip through.
    ///
    /// # Errors
    /// How many seconds to wait.
    pub(crate) fn attempt(&self, email: &str, now: Timestamp) -> Result<(), i64> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST && !seen.contains_key(email) {
            seen.retain(|_, attempts| !attempts.is_old(now));
            if seen.len() >= MOST {
                return Err(WAIT.as_secs());
            }
        }
        let attempts = seen.entry(email.to_owned()).or_insert(Attempts {
            count: 0,
            last: now,
        });
        if attempts.is_old(now) {
            attempts.count = 0;
        }
        if attempts.count >= FREE {
            let waited = now.duration_since(attempts.last);
            return Err((WAIT - waited).as_secs().max(1));
        }
        attempts.count += 1;
        attempts.last = now;
        Ok(())
    }

    /// Forgets the attempts of `email`: the right password was given.
    pub(crate) fn forgive(&self, email: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(email);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn after_five_failures_an_email_waits_a_minute_and_others_do_not() {
        let throttle = Throttle::default();
        for second in 0..5 {
            assert_eq!(throttle.attempt("a", at(second)), Ok(()));
        }
        assert_eq!(throttle.attempt("a", at(5)), Err(59));
        assert_eq!(throttle.attempt("b", at(5)), Ok(()));
        // Asking while one has to wait does not make the wait longer.
        assert_eq!(throttle.attempt("a", at(63)), Err(1));
        assert_eq!(throttle.attempt("a", at(64)), Ok(()));
    }

    #[test]
    fn the_right_password_forgives_what_failed_before() {
        let throttle = Throttle::default();
        for _ in 0..5 {
            throttle.attempt("a", at(0)).unwrap();
        }
        throttle.forgive("a");
        assert_eq!(throttle.attempt("a", at(0)), Ok(()));
    }

    #[test]
    fn many_different_emails_never_fill_the_memory() {
        let throttle = Throttle::default();
        for n in 0..MOST {
            throttle.attempt(&n.to_string(), at(0)).unwrap();
        }
        assert_eq!(throttle.attempt("one more", at(1)), Err(60));
        assert_eq!(throttle.attempt("one more", at(60)), Ok(()));
    }
}
