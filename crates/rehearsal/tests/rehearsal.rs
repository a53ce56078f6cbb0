//! The rehearsal as each test run plays it: 20,000 schedules, every seed that ever failed, the same
//! seed twice, and each safety device switched off in turn.
#![expect(
    clippy::unwrap_used,
    reason = "a list of seeds that cannot be read is a failed test"
)]

use domain::guard::{Guard, Guards};
use rehearsal::campaign::{Campaign, Report, run};
use rehearsal::cast::Cast;
use rehearsal::schedule::play;
use rehearsal::tally::Count;

const SCHEDULES: u64 = 20_000;

fn campaign(guards: Guards, stop_at_first: bool) -> Report {
    run(&Campaign {
        first: 1,
        schedules: SCHEDULES,
        guards,
        threads: std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
        stop_at_first,
    })
}

/// The kept seeds, each with what it showed.
fn kept() -> Vec<(u64, &'static str)> {
    include_str!("../seeds.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (seed, showed) = line.split_once(' ').unwrap();
            (seed.parse().unwrap(), showed.trim())
        })
        .collect()
}

#[test]
fn no_schedule_violates_anything() {
    let report = campaign(Guards::ALL, false);
    let failures: Vec<String> = report
        .failures
        .iter()
        .take(5)
        .map(|failure| {
            format!(
                "{} {}; cargo xtask simulate --replay {}",
                failure.violation.invariant, failure.violation.said, failure.seed
            )
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(report.played, SCHEDULES);
    assert!(
        report.unsteady.is_empty(),
        "two logs: {:?}",
        report.unsteady
    );
    // A fault or a branch that never happened would prove nothing. One takes more than 20,000
    // schedules to happen, since a line of which fields are open leaves the merging to its worker.
    let rare = Count::ALL[Count::PlanOutdated as usize].1;
    let never: Vec<&str> = report
        .tally
        .entries()
        .filter(|(words, times)| *times == 0 && *words != rare)
        .map(|(words, _)| words)
        .collect();
    assert!(never.is_empty(), "never met: {never:?}");
    assert_eq!(report.tally.get(Count::Schedules), SCHEDULES);
}

#[test]
fn every_seed_that_ever_failed_is_well_now() {
    let kept = kept();
    assert!(!kept.is_empty());
    let cast = Cast::default();
    for (seed, showed) in kept {
        let outcome = play(seed, Guards::ALL, &cast, false);
        assert!(
            outcome.violation.is_none(),
            "seed {seed} ({showed}): {:?}",
            outcome.violation
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_log() {
    let cast = Cast::default();
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let first = play(seed, Guards::ALL, &cast, true);
        let second = play(seed, Guards::ALL, &cast, true);
        assert_eq!(first.story, second.story, "seed {seed}");
        assert_eq!(first.fingerprint, second.fingerprint, "seed {seed}");
        let silent = play(seed, Guards::ALL, &cast, false);
        assert_eq!(first.fingerprint, silent.fingerprint, "seed {seed}, untold");
        seen.insert(first.fingerprint);
    }
    assert_eq!(seen.len(), 200, "two seeds gave the same log");
}

/// Each safety device carries weight: without it the schedules go wrong.
fn check_that_it_is_needed(guard: Guard) {
    let report = campaign(Guards::without(guard), true);
    assert!(
        !report.failures.is_empty(),
        "without {guard} all {SCHEDULES} schedules went well: it carries no weight, or the model is too kind"
    );
    // What goes wrong with every device on proves nothing about this one.
    let seed = report.failures[0].seed;
    let whole = play(seed, Guards::ALL, &Cast::default(), false).violation;
    assert!(
        whole.is_none(),
        "seed {seed} goes wrong with {guard} too: {whole:?}"
    );
}

#[test]
fn the_marker_is_needed() {
    check_that_it_is_needed(Guard::Marker);
}

#[test]
fn the_safe_update_is_needed() {
    check_that_it_is_needed(Guard::SafeUpdate);
}

#[test]
fn the_same_second_guard_is_needed() {
    check_that_it_is_needed(Guard::SameSecond);
}

#[test]
fn what_is_agreed_must_come_from_the_operations_own_audit() {
    check_that_it_is_needed(Guard::Agreed);
}

#[test]
fn the_position_must_be_kept_with_the_rows() {
    check_that_it_is_needed(Guard::AtomicImport);
}

#[test]
fn the_lease_is_needed() {
    check_that_it_is_needed(Guard::Lease);
}

#[test]
fn the_version_is_needed() {
    check_that_it_is_needed(Guard::Version);
}
