//! When open jobs are asked for again: seldom while none can have ended, often from the moment one may.
//!
//! A slot of the account is idle from the end of its job until we know of it, so the wait for the next answer
//! counts at every job; and a request that finds nothing ended is lost to the posts. How long a job takes is
//! nowhere said, so it is learnt from the jobs before it: none is expected to end much sooner than the quickest
//! of the last ones.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// How long after an answer jobs are asked for at the latest: one may end sooner than any before it.
const SELDOM: SignedDuration = SignedDuration::from_secs(2);
/// The same while nobody knows how long a job takes.
const UNKNOWN: SignedDuration = SignedDuration::from_millis(500);
/// The same where no post waits for a job to end.
const UNHURRIED: SignedDuration = SignedDuration::from_secs(1);
/// How long after an answer at the soonest.
const OFTEN: SignedDuration = SignedDuration::from_millis(200);
/// So much time pays for one request, so that posts have two thirds of what profiles may ask for in a minute
/// of an account with 700 requests.
const PRICE: SignedDuration = SignedDuration::from_millis(650);
/// What is saved for the moments when jobs end one after the other: the price of so many requests.
const SAVED: i32 = 12;
/// So many of the last jobs say how long one takes: as many as an account has slots.
const REMEMBERED: usize = 30;

/// The rhythm in which open jobs are asked for.
#[derive(Debug)]
pub(super) struct Polls {
    /// How long the last jobs took, until we knew that they had ended.
    took: VecDeque<SignedDuration>,
    /// Until when the requests so far are paid for.
    paid: Timestamp,
    /// Not before then.
    next: Timestamp,
}

/// What the next poll depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outlook {
    /// Whether a post, or the end of the whole sending, waits for a job to end.
    pub(super) is_urgent: bool,
    /// When the oldest open job began; none if it may end at any time.
    pub(super) oldest: Option<Timestamp>,
}

impl Polls {
    /// Nothing is known yet.
    pub(super) fn new() -> Self {
        Self {
            took: VecDeque::with_capacity(REMEMBERED),
            paid: Timestamp::MIN,
            next: Timestamp::MIN,
        }
    }

    /// The moment of the next poll.
    pub(super) fn next(&self) -> Timestamp {
        self.next
    }

    /// Jobs are asked for now.
    pub(super) fn ask(&mut self, now: Timestamp) {
        self.paid = later(self.paid.max(now), PRICE);
    }

    /// A job has ended that was queued at `began`.
    pub(super) fn ended(&mut self, began: Timestamp, now: Timestamp) {
        if self.took.len() >= REMEMBERED {
            self.took.pop_front();
        }
        self.took.push_back(now.duration_since(began));
    }

    /// An answer came at `now`: sets the moment of the next poll.
    pub(super) fn answered(&mut self, now: Timestamp, outlook: Outlook) {
        self.next = match (outlook.is_urgent, self.takes()) {
            (false, _) => later(now, UNHURRIED),
            (true, None) => later(now, UNKNOWN),
            (true, Some(takes)) => {
                let due = outlook.oldest.map_or(now, |oldest| later(oldest, takes));
                self.soonest(now).max(due).min(later(now, SELDOM))
            }
        };
    }

    /// An answer came at `now` that makes us wait.
    pub(super) fn wait(&mut self, now: Timestamp, wait: SignedDuration) {
        self.next = later(now, wait);
    }

    /// How long a job takes at least: a twentieth less than the quickest of the last ones, of which we learnt
    /// a little late.
    fn takes(&self) -> Option<SignedDuration> {
        let quickest = self.took.iter().min()?;
        Some(*quickest - *quickest / 20)
    }

    /// The soonest that another poll is paid for.
    fn soonest(&self, now: Timestamp) -> Timestamp {
        let paid = self.paid.saturating_sub(PRICE * SAVED);
        later(now, OFTEN).max(paid.unwrap_or(Timestamp::MIN))
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    /// Something waits for jobs, the oldest of which began then.
    fn waiting(oldest: i64) -> Outlook {
        Outlook {
            is_urgent: true,
            oldest: Some(at(oldest)),
        }
    }

    /// When polls go out within `span`, each answered 150 ms later and none of them telling anything new.
    fn polls_within(
        polls: &mut Polls,
        span: std::ops::Range<i64>,
        outlook: impl Fn(i64) -> Outlook,
    ) -> Vec<i64> {
        let (mut now, mut asked) = (span.start, Vec::new());
        loop {
            now = now.max(polls.next().as_millisecond());
            if now >= span.end {
                return asked;
            }
            polls.ask(at(now));
            asked.push(now);
            now += 150;
            polls.answered(at(now), outlook(now));
        }
    }

    #[test]
    fn jobs_are_asked_for_seldom_until_the_oldest_may_end_and_often_from_then_on() {
        let mut polls = Polls::new();
        polls.ended(at(0), at(10_000));
        polls.answered(at(10_000), waiting(10_000));
        let asked = polls_within(&mut polls, 10_000..20_500, |_| waiting(10_000));
        assert_eq!(
            asked,
            [12_000, 14_150, 16_300, 18_450, 19_500, 19_850, 20_200]
        );
    }

    #[test]
    fn a_quicker_job_is_expected_from_then_on_and_forgotten_after_thirty_slower_ones() {
        let mut polls = Polls::new();
        polls.ended(at(0), at(60_000));
        polls.ended(at(0), at(1_000));
        assert_eq!(polls.takes(), Some(SignedDuration::from_millis(950)));
        for _ in 0..30 {
            polls.ended(at(0), at(20_000));
        }
        assert_eq!(polls.takes(), Some(SignedDuration::from_secs(19)));
    }

    #[test]
    fn while_nobody_knows_how_long_a_job_takes_one_is_asked_for_within_a_second() {
        let mut polls = Polls::new();
        let asked = polls_within(&mut polls, 0..60_000, |_| waiting(0));
        assert!(asked.windows(2).all(|two| two[1] - two[0] <= 1_150));
    }

    #[test]
    fn no_minute_has_more_polls_than_are_paid_for_however_unequal_jobs_are() {
        let mut polls = Polls::new();
        polls.ended(at(0), at(100));
        let asked = polls_within(&mut polls, 0..600_000, waiting);
        for (place, first) in asked.iter().enumerate() {
            let within = asked[place..].iter().filter(|one| **one < first + 60_000);
            assert!(within.count() <= 60_000 / 650 + 13);
        }
        assert!(asked.len() >= 600_000 / 650, "{}", asked.len());
    }

    #[test]
    fn where_nothing_waits_for_a_job_a_second_is_soon_enough() {
        let mut polls = Polls::new();
        polls.ended(at(0), at(100));
        let idle = Outlook {
            is_urgent: false,
            oldest: None,
        };
        polls.answered(at(5_000), idle);
        assert_eq!(polls.next(), at(6_000));
    }

    #[test]
    fn a_job_of_unknown_age_may_end_at_any_time() {
        let mut polls = Polls::new();
        polls.ended(at(0), at(10_000));
        let unknown = Outlook {
            is_urgent: true,
            oldest: None,
        };
        polls.answered(at(5_000), unknown);
        assert_eq!(polls.next(), at(5_200));
    }
}
