//! What sends of users did, counted so that a test can prove what did not happen.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{Hash, Hasher};

use serde::Serialize;

use super::fold;

/// What clients did to users through the API since the counters began. Changes by a test or the
/// control route do not count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sends {
    /// Users made, one by one and by jobs.
    pub users_created: u64,
    /// Users found and changed, or found equal.
    pub users_updated: u64,
    /// Users deleted by jobs.
    pub users_deleted: u64,
    /// Rows of jobs that failed.
    pub rows_failed: u64,
    /// Writes that reached an agent or administrator.
    pub staff_writes: u64,
    /// How often a user was made with the same external id or email, where more than once:
    /// `external_id:c-1`, `email:a@example.org`. A user that was deleted in between counts too.
    pub created_again: BTreeMap<String, u32>,
    /// Jobs queued.
    pub jobs_queued: u64,
    /// Jobs queued or at work now.
    pub jobs_open: usize,
    /// The most jobs that were open at one time.
    pub most_open_jobs: usize,
    /// Users in accepted requests, one by one and in jobs.
    pub users_posted: u64,
    /// The most of them within any second of the simulator's clock.
    pub most_users_in_a_second: u64,
    /// The most of them within any ten seconds.
    pub most_users_in_ten_seconds: u64,
    /// When the first was posted, in milliseconds since 1970.
    pub first_post_ms: Option<i64>,
    /// When the last was posted.
    pub last_post_ms: Option<i64>,
    /// Requests that came to a limiter while a `Retry-After` of it was open.
    pub requests_too_early: u64,
}

/// The users posted within a span of time.
#[derive(Debug, Default)]
struct Span {
    posts: VecDeque<(i64, u64)>,
    sum: u64,
    most: u64,
}

impl Span {
    fn add(&mut self, now_ms: i64, users: u64, length_ms: i64) {
        while let Some((at, gone)) = self.posts.front().copied()
            && now_ms - at >= length_ms
        {
            self.posts.pop_front();
            self.sum -= gone;
        }
        self.posts.push_back((now_ms, users));
        self.sum += users;
        self.most = self.most.max(self.sum);
    }
}

/// The counters.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) counts: Sends,
    /// How many users were made by the hash of each key: texts of a million users would take a
    /// hundred megabytes.
    made: HashMap<u64, u32>,
    second: Span,
    ten_seconds: Span,
}

impl Tally {
    /// Users were posted.
    pub(crate) fn posted(&mut self, now_ms: i64, users: usize) {
        let users = u64::try_from(users).unwrap_or(0);
        self.counts.users_posted += users;
        self.counts.first_post_ms.get_or_insert(now_ms);
        self.counts.last_post_ms = Some(now_ms);
        self.second.add(now_ms, users, 1_000);
        self.ten_seconds.add(now_ms, users, 10_000);
    }

    /// A user was made.
    pub(crate) fn made(&mut self, external_id: Option<&str>, email: Option<&str>) {
        self.counts.users_created += 1;
        for (key, value) in [("external_id", external_id), ("email", email)] {
            let Some(value) = value else { continue };
            let name = format!("{key}:{}", fold(value));
            let times = self.made.entry(hash(&name)).or_insert(0);
            *times += 1;
            if *times > 1 {
                self.counts.created_again.insert(name, *times);
            }
        }
    }

    /// How often a user was made with this external id or email.
    pub(crate) fn times_made(&self, id: &str) -> u32 {
        ["external_id", "email"]
            .iter()
            .filter_map(|key| self.made.get(&hash(&format!("{key}:{}", fold(id)))))
            .copied()
            .max()
            .unwrap_or(0)
    }

    /// The counters so far; jobs and limiters add theirs.
    pub(crate) fn sends(&self) -> Sends {
        Sends {
            most_users_in_a_second: self.second.most,
            most_users_in_ten_seconds: self.ten_seconds.most,
            ..self.counts.clone()
        }
    }
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_keeps_its_highest_sum() {
        let mut tally = Tally::default();
        for at in [0, 400, 900, 1_100, 2_500] {
            tally.posted(at, 100);
        }
        let sends = tally.sends();
        assert_eq!(
            (
                sends.most_users_in_a_second,
                sends.most_users_in_ten_seconds
            ),
            (300, 500)
        );
        assert_eq!(
            (sends.first_post_ms, sends.last_post_ms),
            (Some(0), Some(2_500))
        );
    }

    #[test]
    fn a_user_made_twice_is_named() {
        let mut tally = Tally::default();
        tally.made(Some("C-1"), Some("a@example.org"));
        tally.made(Some("c-1"), None);
        assert_eq!(
            tally.sends().created_again,
            [("external_id:c-1".to_owned(), 2)].into()
        );
        assert_eq!(
            (tally.times_made("C-1"), tally.times_made("A@example.org")),
            (2, 1)
        );
        assert_eq!(tally.times_made("b@example.org"), 0);
    }
}
