//! Many seeds, on several threads.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::guard::Guards;

use crate::Violation;
use crate::cast::Cast;
use crate::schedule::play;
use crate::tally::Tally;

/// Which schedules to play.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    /// The first seed; the others follow it.
    pub first: u64,
    /// How many.
    pub schedules: u64,
    /// Which safety devices are on.
    pub guards: Guards,
    /// How many threads.
    pub threads: usize,
    /// Whether to end at the first violation.
    pub stop_at_first: bool,
}

/// A seed whose schedule violated something.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What it violated.
    pub violation: Violation,
}

/// How a campaign ended.
#[derive(Debug, Default)]
pub struct Report {
    /// Every failing seed, lowest first.
    pub failures: Vec<Failure>,
    /// Seeds that gave two different logs when played twice (I-17).
    pub unsteady: Vec<u64>,
    /// What was met on the way.
    pub tally: Tally,
    /// How many schedules were played.
    pub played: u64,
}

/// Of so many seeds, one is played twice and compared (reliability.md 3, T3).
const PLAYED_TWICE: u64 = 100;
/// So many seeds a thread takes at a time.
const PORTION: u64 = 50;

/// Plays them all.
pub fn run(campaign: &Campaign) -> Report {
    let next = AtomicU64::new(0);
    let mut report = Report::default();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..campaign.threads.max(1))
            .map(|_| scope.spawn(|| work(campaign, &next)))
            .collect();
        for thread in threads {
            let Ok(part) = thread.join() else {
                // A panic within a schedule is a bug of the core or of the model; the other threads
                // go on, and the seeds of this one are missing from the count, which callers check.
                continue;
            };
            report.failures.extend(part.failures);
            report.unsteady.extend(part.unsteady);
            report.tally.take_in(&part.tally);
            report.played += part.played;
        }
    });
    report.failures.sort_unstable_by_key(|failure| failure.seed);
    report.unsteady.sort_unstable();
    report
}

fn work(campaign: &Campaign, next: &AtomicU64) -> Report {
    let cast = Cast::default();
    let mut report = Report::default();
    loop {
        let begin = next.fetch_add(PORTION, Ordering::Relaxed);
        if begin >= campaign.schedules {
            return report;
        }
        for n in begin..campaign.schedules.min(begin + PORTION) {
            let seed = campaign.first.wrapping_add(n);
            let outcome = play(seed, campaign.guards, &cast, false);
            report.played += 1;
            report.tally.take_in(&outcome.tally);
            if seed.is_multiple_of(PLAYED_TWICE)
                && play(seed, campaign.guards, &cast, false).fingerprint != outcome.fingerprint
            {
                report.unsteady.push(seed);
            }
            if let Some(violation) = outcome.violation {
                report.failures.push(Failure { seed, violation });
                if campaign.stop_at_first {
                    next.store(campaign.schedules, Ordering::Relaxed);
                    return report;
                }
            }
        }
    }
}
