//! How much may be on its way at once, and how fast (profile-send.md 3, step 4).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How long nothing is posted where Zendesk has no room for another job and does not say for how long.
const NO_ROOM: SignedDuration = SignedDuration::from_secs(5);

/// So often a post should be possible: when the jobs of thirty slots end one after the other as they began, each
/// slot is filled again before the next one is free.
const POST_EVERY: SignedDuration = SignedDuration::from_millis(75);
/// The most posts on their way beside the first.
const MOST_MORE_POSTS: usize = 3;

/// The jobs that may be open, and the moment of the next post.
#[derive(Debug)]
pub(super) struct Window {
    /// The most jobs, by the destination.
    most: usize,
    /// How many may be open now: fewer while other tools use the account's slots.
    allowed: usize,
    /// The most users a second; nought for no cap.
    users_per_second: u32,
    /// How long the users of the last post pay for.
    pause: SignedDuration,
    /// The quickest answer to a post so far.
    quickest: Option<SignedDuration>,
    next_post: Timestamp,
    closed_until: Timestamp,
}

impl Window {
    /// A window of `most` jobs.
    pub(super) fn new(most: usize, users_per_second: u32) -> Self {
        let most = most.max(1);
        Self {
            most,
            allowed: most,
            users_per_second,
            pause: SignedDuration::ZERO,
            quickest: None,
            next_post: Timestamp::MIN,
            closed_until: Timestamp::MIN,
        }
    }

    /// Whether one of so many open jobs must end before another post.
    pub(super) fn is_full(&self, open: usize) -> bool {
        open >= self.allowed
    }

    /// How long a post must wait while so many jobs are open; none if a job must end first.
    pub(super) fn wait(&self, open: usize, now: Timestamp) -> Option<Duration> {
        if self.is_full(open) {
            return None;
        }
        let at = self.next_post.max(self.closed_until);
        Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
    }

    /// So many users are posted now: the next ones wait until they are paid for.
    pub(super) fn post(&mut self, users: usize, now: Timestamp) {
        if self.users_per_second == 0 {
            return;
        }
        let users = i64::try_from(users).unwrap_or(i64::MAX);
        // A hundredth more than the cap asks for, since two posts may take unequally long to arrive.
        let micros = users.saturating_mul(1_010_000) / i64::from(self.users_per_second);
        self.pause = SignedDuration::from_micros(micros);
        self.next_post = now.saturating_add(self.pause).unwrap_or(Timestamp::MAX);
    }

    /// A post was answered. It may have arrived only now, and the next one may be quicker than any before it:
    /// so, under a cap, what it has to wait begins with the answer.
    pub(super) fn answered(&mut self, posted_at: Timestamp, now: Timestamp) {
        let took = now.duration_since(posted_at);
        self.quickest = Some(self.quickest.map_or(took, |quickest| quickest.min(took)));
        if self.users_per_second > 0 {
            let next = now.saturating_add(self.pause).unwrap_or(Timestamp::MAX);
            self.next_post = self.next_post.max(next);
        }
    }

    /// How many posts may be on their way at once: so many that the line, however long, lets through as many
    /// as slots become free. No more than that, since what is on its way when a limiter closes still
    /// arrives there; and one under a cap, which is far below.
    pub(super) fn posts_at_once(&self) -> usize {
        match self.quickest {
            Some(quickest) if self.users_per_second == 0 => {
                let more = quickest.as_millis() / POST_EVERY.as_millis();
                1 + usize::try_from(more).map_or(0, |more| more.min(MOST_MORE_POSTS))
            }
            Some(_) | None => 1,
        }
    }

    /// Zendesk had no room for a job beside `open` of ours: somebody else uses its slots.
    pub(super) fn shrink(&mut self, open: usize, after: Option<Duration>, now: Timestamp) {
        self.allowed = open.clamp(1, self.allowed);
        self.close(
            after.unwrap_or_else(|| Duration::try_from(NO_ROOM).unwrap_or_default()),
            now,
        );
    }

    /// Nothing is posted for so long.
    pub(super) fn close(&mut self, after: Duration, now: Timestamp) {
        let after = SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX);
        let until = now.saturating_add(after).unwrap_or(Timestamp::MAX);
        self.closed_until = self.closed_until.max(until);
    }

    /// A job of ours ended: one more may be tried.
    pub(super) fn grow(&mut self) {
        self.allowed = (self.allowed + 1).min(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn no_more_jobs_are_open_than_the_window_is_wide() {
        let window = Window::new(30, 0);
        assert_eq!(window.wait(29, at(0)), Some(Duration::ZERO));
        assert_eq!(window.wait(30, at(0)), None);
    }

    #[test]
    fn a_hundred_users_are_a_second_and_a_little_more() {
        let mut window = Window::new(30, 100);
        window.post(100, at(10));
        assert_eq!(window.wait(1, at(10)), Some(Duration::from_millis(1_010)));
        window.post(50, at(12));
        assert_eq!(window.wait(1, at(12)), Some(Duration::from_millis(505)));
    }

    #[test]
    fn under_a_cap_the_next_second_begins_with_the_answer() {
        let mut window = Window::new(30, 100);
        window.post(100, at(10));
        window.answered(at(10), at(13));
        assert_eq!(window.wait(1, at(13)), Some(Duration::from_millis(1_010)));
        // The quickest so far, and the next one may be quicker still.
        window.post(100, at(20));
        window.answered(at(20), at(21));
        assert_eq!(window.wait(1, at(21)), Some(Duration::from_millis(1_010)));
    }

    #[test]
    fn without_a_cap_posts_follow_each_other_at_once() {
        let mut window = Window::new(30, 0);
        window.post(100, at(10));
        window.answered(at(10), at(10));
        assert_eq!(window.wait(1, at(10)), Some(Duration::ZERO));
    }

    #[test]
    fn the_longer_the_line_the_more_posts_are_on_their_way_unless_there_is_a_cap() {
        for (millis, cap, many) in [
            (0, 0, 1),
            (74, 0, 1),
            (150, 0, 3),
            (9_000, 0, 4),
            (150, 100, 1),
        ] {
            let mut window = Window::new(30, cap);
            assert_eq!(window.posts_at_once(), 1, "nobody knows yet");
            window.answered(at(0), at(0) + SignedDuration::from_millis(millis));
            window.answered(at(0), at(60));
            assert_eq!(window.posts_at_once(), many, "{millis} ms, cap {cap}");
        }
    }

    #[test]
    fn no_room_makes_the_window_as_narrow_as_what_is_open_and_it_widens_job_by_job() {
        let mut window = Window::new(30, 0);
        window.shrink(12, Some(Duration::from_secs(7)), at(0));
        assert_eq!(window.wait(12, at(9)), None);
        assert_eq!(window.wait(11, at(0)), Some(Duration::from_secs(7)));
        window.grow();
        assert_eq!(window.wait(12, at(9)), Some(Duration::ZERO));
        for _ in 0..100 {
            window.grow();
        }
        assert_eq!(window.wait(30, at(9)), None);
    }

    #[test]
    fn one_job_is_always_tried_again() {
        let mut window = Window::new(30, 0);
        window.shrink(0, None, at(0));
        assert_eq!(window.wait(0, at(0)), Some(Duration::from_secs(5)));
        assert_eq!(window.wait(1, at(60)), None);
    }

    #[test]
    fn a_longer_wait_is_never_cut_short_by_a_shorter_one() {
        let mut window = Window::new(30, 0);
        window.close(Duration::from_secs(93), at(0));
        window.close(Duration::from_secs(5), at(0));
        assert_eq!(window.wait(0, at(0)), Some(Duration::from_secs(93)));
    }
}
