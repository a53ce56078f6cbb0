//! The rule of one account's limits, as plain data: no clock, no storage, no waiting.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Bucket, RateSeen, Urgency};

/// The account's limits are per minute.
const MINUTE: i64 = 60;
/// Own requests are counted in slots of this many seconds.
const SLOT: i64 = 5;
/// What the sweep may use of our allowance by itself, in percent (reliability.md 8).
const SWEEP_PERCENT: u32 = 5;
/// What profiles may use of their part within one slot, and within that and the one before it, in percent:
/// were a minute's part spent in its first seconds, tickets that begin to need requests after it would wait
/// for the rest of that minute. A slot may have more than half of two, since background jobs that began
/// together end together.
const PROFILES_PERCENT_OF_A_SLOT: u32 = 14;
const PROFILES_PERCENT_OF_TWO_SLOTS: u32 = 18;
/// What the sweep may send a minute while no limit is known: it is never in a hurry, so it does
/// not find the limit by running into it.
const SWEEP_UNKNOWN: u32 = 10;

/// What is known of one account's limits, and what we have spent (reliability.md 8).
///
/// Nothing is assumed: until an answer has named a limit, no request waits for it. From then on
/// we stay within our share of the account's limit in any minute, leave a spent endpoint limit
/// alone until it starts anew, and send nothing to a limiter while its `Retry-After` is open
/// (I-23). Of that share a less pressing request may use less ([`Urgency::percent`]), and profiles
/// spread theirs over the minute. It serialises, so that several processes can share one through a
/// database: read it in a transaction, call [`Budget::admit`], write it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Our share of the account's limit, in percent.
    share: u8,
    /// The account's limit a minute, once seen.
    limit: Option<u32>,
    /// What others on the account spend a minute, as last seen, and until when that counts.
    others: Option<(u32, Timestamp)>,
    /// Own requests by slot.
    spent: Vec<(i64, u32)>,
    /// Those of them that were the sweep's, by slot. Older versions did not keep it.
    #[serde(default)]
    swept: Vec<(i64, u32)>,
    /// No request until then.
    closed: BTreeMap<Bucket, Timestamp>,
    /// What is left of each limit that answers have named.
    windows: BTreeMap<Bucket, Window>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Window {
    remaining: u32,
    resets_at: Timestamp,
}

impl Budget {
    /// A budget that has seen nothing yet. `share` is in percent of the account's limit, 1 to 100.
    pub fn new(share: u8) -> Self {
        Self {
            share: share.clamp(1, 100),
            limit: None,
            others: None,
            spent: Vec::new(),
            swept: Vec::new(),
            closed: BTreeMap::new(),
            windows: BTreeMap::new(),
        }
    }

    /// Changes our share, in percent.
    pub fn set_share(&mut self, share: u8) {
        self.share = share.clamp(1, 100);
    }

    /// The account's limit a minute, once an answer has named it.
    pub fn limit(&self) -> Option<u32> {
        self.limit
    }

    /// Requests of ours in the last minute.
    pub fn spent(&self, now: Timestamp) -> u32 {
        sum(&self.spent, now)
    }

    /// Requests of the sweep in the last minute; they are among [`Budget::spent`].
    pub fn swept(&self, now: Timestamp) -> u32 {
        sum(&self.swept, now)
    }

    /// What we may spend in a minute: our share of what others leave. `None` while unknown.
    pub fn allowance(&self, now: Timestamp) -> Option<u32> {
        let others = match self.others {
            Some((others, until)) if until > now => others,
            Some(_) | None => 0,
        };
        let left = u64::from(self.limit?.saturating_sub(others));
        let ours = left * u64::from(self.share) / 100;
        Some(u32::try_from(ours).unwrap_or(u32::MAX).max(1))
    }

    /// Counts a request on `bucket` as sent, or says how long to wait before asking again.
    ///
    /// # Errors
    /// The wait; nothing was counted.
    pub fn admit(
        &mut self,
        now: Timestamp,
        bucket: Bucket,
        urgency: Urgency,
    ) -> Result<(), Duration> {
        let mut until = now;
        for asked in [Bucket::Account, bucket] {
            if let Some(closed) = self.closed.get(&asked) {
                until = until.max(*closed);
            }
            if let Some(window) = self.windows.get(&asked)
                && window.remaining == 0
            {
                until = until.max(window.resets_at);
            }
        }
        let allowance = self.allowance(now);
        if let Some(allowance) = allowance {
            let most = percent_of(allowance, urgency.percent());
            until = until.max(free_at(&self.spent, now, most));
            let part = |percent| percent_of(most, percent);
            if urgency == Urgency::Profiles
                && (in_slots(&self.spent, 1, now) >= part(PROFILES_PERCENT_OF_A_SLOT)
                    || in_slots(&self.spent, 2, now) >= part(PROFILES_PERCENT_OF_TWO_SLOTS))
            {
                until = until.max(next_slot(now));
            }
        }
        if urgency == Urgency::Sweep {
            let most = allowance.map_or(SWEEP_UNKNOWN, |allowance| {
                percent_of(allowance, SWEEP_PERCENT)
            });
            until = until.max(free_at(&self.swept, now, most));
        }
        if until > now {
            let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
            return Err(wait.max(Duration::from_millis(1)));
        }
        self.closed.retain(|_, closed| *closed > now);
        self.windows.retain(|_, window| window.resets_at > now);
        count(&mut self.spent, now);
        if urgency == Urgency::Sweep {
            count(&mut self.swept, now);
        }
        let asked: &[Bucket] = if bucket == Bucket::Account {
            &[Bucket::Account]
        } else {
            &[Bucket::Account, bucket]
        };
        for asked in asked {
            if let Some(window) = self.windows.get_mut(asked) {
                window.remaining = window.remaining.saturating_sub(1);
            }
        }
        Ok(())
    }

    /// Takes note of an answer to a request on `bucket`.
    pub fn observe(&mut self, now: Timestamp, bucket: Bucket, seen: &RateSeen) {
        // The endpoints that manage webhooks name their own limit in the headers that everywhere
        // else are the account's (recorded: 100 on an account of 700).
        let is_account = bucket != Bucket::Webhooks;
        if let (Some(limit), true) = (seen.limit, is_account) {
            self.limit = Some(limit);
        }
        if let (Some(remaining), false) = (seen.remaining, is_account) {
            let resets_at = after(now, seen.resets_in.unwrap_or(Duration::from_secs(60)));
            self.note(bucket, remaining, resets_at);
        }
        if let (Some(remaining), true) = (seen.remaining, is_account) {
            let resets_at = after(now, seen.resets_in.unwrap_or(Duration::from_secs(60)));
            self.note(Bucket::Account, remaining, resets_at);
            if let Some(limit) = self.limit {
                let used = limit.saturating_sub(remaining);
                let others = used.saturating_sub(self.spent(now));
                self.others = Some((others, resets_at));
            }
        }
        for named in &seen.named {
            if let (Some(of), Some(remaining), Some(resets)) =
                (Bucket::of_limit(&named.name), named.remaining, named.resets)
            {
                // A slot of a job is free again when the job ends, not when a window does.
                if of != Bucket::Jobs {
                    self.note(of, remaining, after(now, resets));
                }
            }
        }
        if let Some(wait) = seen.retry_after
            && matches!(seen.status, 429 | 503)
            && !seen.one_record
        {
            let until = after(now, wait);
            let mut closes = vec![seen.closes(bucket)];
            // A limiter may answer a request that we count on another bucket. Both are left alone,
            // so that what was just refused is not sent again into the open `Retry-After`.
            if !seen.whole_account && bucket != Bucket::Account && !closes.contains(&bucket) {
                closes.push(bucket);
            }
            for closing in closes {
                let closed = self.closed.entry(closing).or_insert(until);
                *closed = until.max(*closed);
            }
        }
    }

    /// Answers may arrive out of order, so within one window the smaller number is the newer.
    fn note(&mut self, bucket: Bucket, remaining: u32, resets_at: Timestamp) {
        let window = Window {
            remaining,
            resets_at,
        };
        self.windows
            .entry(bucket)
            .and_modify(|known| {
                // Resets are whole seconds, so two readings of one window may differ by one.
                let same =
                    known.resets_at.duration_since(resets_at).abs() <= SignedDuration::from_secs(1);
                *known = if same && known.remaining < remaining {
                    Window {
                        remaining: known.remaining,
                        resets_at,
                    }
                } else {
                    window
                };
            })
            .or_insert(window);
    }
}

/// A part of our allowance, but never less than one request a minute.
fn percent_of(allowance: u32, percent: u32) -> u32 {
    let part = u64::from(allowance) * u64::from(percent) / 100;
    u32::try_from(part).unwrap_or(u32::MAX).max(1)
}

/// What was counted in the last minute.
fn sum(slots: &[(i64, u32)], now: Timestamp) -> u32 {
    let oldest = slot(now) - MINUTE / SLOT;
    let recent = slots.iter().filter(|(slot, _)| *slot >= oldest);
    recent.map(|(_, count)| count).sum()
}

/// What was counted in the last slots, of which the present one is the first.
fn in_slots(slots: &[(i64, u32)], last: i64, now: Timestamp) -> u32 {
    let recent = slots.iter().filter(|(at, _)| *at > slot(now) - last);
    recent.map(|(_, count)| count).sum()
}

/// When the next slot begins.
fn next_slot(now: Timestamp) -> Timestamp {
    Timestamp::from_second((slot(now) + 1) * SLOT).unwrap_or(now)
}

/// Counts one request, and forgets what is over a minute old.
fn count(slots: &mut Vec<(i64, u32)>, now: Timestamp) {
    let current = slot(now);
    slots.retain(|(slot, _)| *slot >= current - MINUTE / SLOT);
    match slots.iter_mut().find(|(slot, _)| *slot == current) {
        Some((_, count)) => *count += 1,
        None => slots.push((current, 1)),
    }
}

/// When enough of what was counted is over a minute old for one more request, if a minute may
/// hold `most`.
fn free_at(slots: &[(i64, u32)], now: Timestamp, most: u32) -> Timestamp {
    let mut spent = sum(slots, now);
    let oldest = slot(now) - MINUTE / SLOT;
    let mut free_at = now;
    let mut recent: Vec<_> = slots.iter().filter(|(s, _)| *s >= oldest).collect();
    recent.sort_unstable();
    for (slot, count) in recent {
        if spent < most {
            break;
        }
        spent -= count;
        let leaves = (slot + 1 + MINUTE / SLOT) * SLOT;
        free_at = Timestamp::from_second(leaves).unwrap_or(now);
    }
    free_at
}

fn slot(now: Timestamp) -> i64 {
    now.as_second().div_euclid(SLOT)
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
