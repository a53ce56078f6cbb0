//! A governor for one process.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clock::Clock;
use futures_util::future::BoxFuture;

use super::{Asking, Bucket, Budget, Governor, RateSeen};
use crate::error::Error;

/// Keeps one account's [`Budget`] in memory. Share one per account, by `Arc`, among all clients
/// of that account in the process.
pub struct LocalGovernor {
    clock: Arc<dyn Clock>,
    budget: Mutex<Budget>,
    longest_wait: Duration,
}

impl LocalGovernor {
    /// A governor with our share of the account's limit in percent, which holds a caller for at
    /// most 15 minutes (I-24).
    pub fn new(clock: Arc<dyn Clock>, share: u8) -> Self {
        Self {
            clock,
            budget: Mutex::new(Budget::new(share)),
            longest_wait: Duration::from_secs(15 * 60),
        }
    }

    /// Holds a caller for at most `longest` before [`Error::Limited`].
    pub fn longest_wait(mut self, longest: Duration) -> Self {
        self.longest_wait = longest;
        self
    }

    /// What is known and spent at this moment.
    pub fn budget(&self) -> Budget {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for LocalGovernor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalGovernor")
            .field("budget", &self.budget())
            .finish_non_exhaustive()
    }
}

impl Governor for LocalGovernor {
    fn admit(&self, asking: Asking) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let mut waited = Duration::ZERO;
            loop {
                let now = self.clock.now();
                let asked = self.lock().admit(now, asking.bucket, asking.urgency);
                let Err(wait) = asked else { return Ok(()) };
                waited = waited.saturating_add(wait);
                if asking.is_too_long(waited, self.longest_wait) {
                    return Err(Error::Limited {
                        bucket: asking.bucket,
                        after: Some(wait),
                    });
                }
                self.clock.sleep(wait).await;
            }
        })
    }

    fn observe<'a>(&'a self, bucket: Bucket, seen: &'a RateSeen) -> BoxFuture<'a, ()> {
        self.lock().observe(self.clock.now(), bucket, seen);
        Box::pin(std::future::ready(()))
    }
}
