//! The faults that are armed, and how often each has happened.

use serde::Serialize;

use super::{Fault, FaultKind, Trouble};

/// A fault that happens to the request at hand.
#[derive(Debug, Clone)]
pub(crate) struct Armed {
    /// Its number on the desk.
    pub(crate) number: usize,
    pub(crate) fault: Fault,
}

#[derive(Debug)]
struct Entry {
    fault: Fault,
    seen: u64,
    fired: u64,
    /// When it happened first, in milliseconds on the simulator's clock.
    since_ms: Option<i64>,
    /// The page that `repeat-page` keeps answering.
    page: Option<Vec<u8>>,
    /// From when until when a `Retry-After` of it is open.
    closed: Option<(i64, i64)>,
}

impl Entry {
    /// Whether it happens now, and counts that it does.
    fn happens(&mut self, method: &str, route: &str, now_ms: i64) -> bool {
        if !self.fault.matches(method, route) {
            return false;
        }
        self.seen += 1;
        let is_over = match (self.fault.lasting, self.since_ms) {
            (Some(lasting), Some(since_ms)) => {
                u128::from((now_ms - since_ms).unsigned_abs()) >= lasting.as_millis()
            }
            (None, _) | (_, None) => false,
        };
        let happens = self.seen > self.fault.after
            && !is_over
            && self.fault.times.is_none_or(|times| self.fired < times);
        if happens {
            self.fired += 1;
            self.since_ms.get_or_insert(now_ms);
        }
        happens
    }

    /// How long those that it refuses are told to stay away.
    fn retry_after_ms(&self) -> Option<i64> {
        if let FaultKind::Status { retry_after, .. } | FaultKind::ApplyThen { retry_after, .. } =
            self.fault.kind
        {
            retry_after.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX / 4_000) * 1_000)
        } else {
            None
        }
    }
}

/// A line of the list of faults.
#[derive(Debug, Serialize)]
pub(crate) struct FaultLine {
    kind: String,
    route: Option<String>,
    method: Option<String>,
    after: u64,
    times: Option<u64>,
    seen: u64,
    pub(crate) fired: u64,
}

/// All faults, in the order they were added.
#[derive(Debug, Default)]
pub(crate) struct FaultDesk {
    entries: Vec<Entry>,
    revoked: bool,
    /// Requests that came while a `Retry-After` of a fault was open.
    pub(crate) too_early: u64,
}

impl FaultDesk {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.entries.push(Entry {
            fault,
            seen: 0,
            fired: 0,
            since_ms: None,
            page: None,
            closed: None,
        });
    }

    /// Takes all faults away; refused credentials work again.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.revoked = false;
    }

    /// Whether every credential is refused.
    pub(crate) fn revoked(&self) -> bool {
        self.revoked
    }

    /// The faults that happen to this request; each counts as having happened. The answer goes out
    /// after the latency, and who sent the request before `grace_ms` after that could not know it.
    pub(crate) fn take(
        &mut self,
        method: &str,
        route: &str,
        now_ms: i64,
        grace_ms: i64,
    ) -> Vec<Armed> {
        let mut taken = Vec::new();
        let is_early = self.entries.iter().any(|entry| {
            entry.fault.matches(method, route)
                && entry
                    .closed
                    .is_some_and(|(from, until)| (from..until).contains(&now_ms))
        });
        self.too_early += u64::from(is_early);
        for (number, entry) in self.entries.iter_mut().enumerate() {
            if matches!(entry.fault.kind, FaultKind::Webhook(_))
                || !entry.happens(method, route, now_ms)
            {
                continue;
            }
            if entry.fault.kind == FaultKind::RevokeToken {
                self.revoked = true;
            }
            if let Some(wait) = entry.retry_after_ms() {
                entry.closed = Some((now_ms + grace_ms, now_ms + wait));
            }
            taken.push(Armed {
                number,
                fault: entry.fault.clone(),
            });
        }
        taken
    }

    /// What happens to the delivery of a webhook's event of this kind.
    pub(crate) fn take_for_delivery(&mut self, kind: &str, now_ms: i64) -> Vec<Trouble> {
        let mut taken = Vec::new();
        for entry in &mut self.entries {
            if let FaultKind::Webhook(trouble) = entry.fault.kind
                && entry.happens("POST", kind, now_ms)
            {
                taken.push(trouble);
            }
        }
        taken
    }

    /// Takes it back that a fault has happened: the answer had nothing for it to touch.
    pub(crate) fn give_back(&mut self, number: usize) {
        if let Some(entry) = self.entries.get_mut(number) {
            entry.fired = entry.fired.saturating_sub(1);
        }
    }

    /// The page to repeat: the first one a fault has seen.
    pub(crate) fn repeated(&mut self, number: usize, page: Vec<u8>) -> Vec<u8> {
        match self.entries.get_mut(number) {
            Some(entry) => entry.page.get_or_insert(page).clone(),
            None => page,
        }
    }

    pub(crate) fn list(&self) -> Vec<FaultLine> {
        self.entries
            .iter()
            .map(|entry| FaultLine {
                kind: entry.fault.kind.to_string(),
                route: entry.fault.route.clone(),
                method: entry.fault.method.clone(),
                after: entry.fault.after,
                times: entry.fault.times,
                seen: entry.seen,
                fired: entry.fired,
            })
            .collect()
    }
}
