//! One schedule: everybody who acts, and one clock that the seed moves.
//!
//! Each step lets one of them do one thing: a person edits, a worker does one action of its attempt, a
//! page is read or kept, a late request arrives. Which one, the seed says. After the steps the faults
//! stop, everything comes to rest, and the invariants are checked.

mod moves;
mod rest;
mod transaction;
mod tricks;

use domain::guard::Guards;
use domain::identity::IdentityRules;
use domain::merge::Mode;
use jiff::Timestamp;

use crate::cast::Cast;
use crate::chance::Chance;
use crate::ledger::{Ledger, Violation};
use crate::office::{Backup, Database, Looker, Poller, Worker};
use crate::remote::Remote;
use crate::swarm::{Swarm, Tricks};
use crate::tally::{Count, Tally};
use crate::wire::Wire;

pub(crate) use transaction::{LEASE, Met, TIMEOUT, is_given_up};

/// When every schedule begins, in milliseconds since 1970: 1 January 2026.
const BEGINNING: i64 = 1_767_225_600_000;

/// Notes what happens: always as numbers for the fingerprint, as words only while a story is told.
macro_rules! tell {
    ($schedule:expr, [$($number:expr),*], $($words:tt)+) => {
        $schedule.mark(u64::from(line!()));
        $( $schedule.mark($number as u64); )*
        if $schedule.story.is_some() {
            let words = format!($($words)+);
            $schedule.write_down(&words);
        }
    };
}
pub(crate) use tell;

/// How a schedule ended.
#[derive(Debug)]
pub struct Outcome {
    /// What was violated; nothing, if all is well. Only the first, since others follow from it.
    pub violation: Option<Violation>,
    /// What was met on the way.
    pub tally: Tally,
    /// The same for two runs of one seed, and hardly ever for two seeds (I-17).
    pub fingerprint: u64,
    /// The steps in words, if they were asked for.
    pub story: Vec<String>,
}

/// A schedule at play.
#[derive(Debug)]
pub(crate) struct Schedule<'a> {
    pub(crate) cast: &'a Cast,
    pub(crate) guards: Guards,
    pub(crate) swarm: Swarm,
    pub(crate) chance: Chance,
    /// The stream of the tricks: what it draws leaves the other stream as it is.
    pub(crate) aside: Chance,
    pub(crate) rules: IdentityRules,
    /// The world's clock, in milliseconds.
    pub(crate) now_ms: i64,
    /// How far our clock is ahead of the world's.
    pub(crate) jump_ms: i64,
    pub(crate) remote: Remote,
    pub(crate) wire: Wire,
    pub(crate) db: Database,
    pub(crate) backup: Option<Box<Backup>>,
    pub(crate) workers: [Worker; 2],
    pub(crate) pollers: [Poller; 2],
    pub(crate) lookers: [Looker; 2],
    pub(crate) ledger: Ledger,
    pub(crate) tally: Tally,
    /// Counts up, for texts that are all different.
    pub(crate) serial: i64,
    /// Whether everything has come to rest and nothing may be written any more.
    pub(crate) is_idle: bool,
    /// Whether two-way sync was ever off, or something given up that may have been carried out.
    pub(crate) switched: bool,
    /// Whether the conflict rule was ever another one than now.
    pub(crate) rule_moved: bool,
    fingerprint: u64,
    pub(crate) story: Option<Vec<String>>,
}

/// Plays the schedule of a seed.
pub fn play(seed: u64, guards: Guards, cast: &Cast, with_story: bool) -> Outcome {
    let mut schedule = Schedule::new(seed, guards, cast, with_story);
    schedule.open();
    let steps = schedule.swarm.steps;
    for _ in 0..steps {
        schedule.step();
        if !schedule.ledger.violations.is_empty() {
            break;
        }
    }
    if schedule.ledger.violations.is_empty() {
        schedule.come_to_rest();
    }
    schedule.tally.add(Count::Schedules);
    Outcome {
        violation: schedule.ledger.violations.into_iter().next(),
        tally: schedule.tally,
        fingerprint: schedule.fingerprint,
        story: schedule.story.unwrap_or_default(),
    }
}

impl<'a> Schedule<'a> {
    pub(crate) fn new(seed: u64, guards: Guards, cast: &'a Cast, with_story: bool) -> Self {
        let mut chance = Chance::new(seed);
        let mut aside = Chance::new(!seed);
        let swarm = Swarm {
            tricks: Tricks::draw(&mut aside),
            ..Swarm::draw(&mut chance)
        };
        let mut schedule = Self {
            cast,
            guards,
            rules: cast.rules(swarm.default_user, swarm.unassigned),
            now_ms: BEGINNING,
            jump_ms: 0,
            remote: Remote::default(),
            wire: Wire::default(),
            db: Database::new(swarm.mode),
            backup: None,
            workers: Default::default(),
            pollers: Default::default(),
            lookers: Default::default(),
            ledger: Ledger::default(),
            tally: Tally::default(),
            serial: 0,
            is_idle: false,
            switched: swarm.mode == Mode::OneWay,
            rule_moved: false,
            fingerprint: seed,
            story: with_story.then(Vec::new),
            swarm,
            chance,
            aside,
        };
        schedule.set_clocks();
        schedule
    }

    /// Moves the world's clock.
    pub(crate) fn advance(&mut self, milliseconds: i64) {
        self.now_ms += milliseconds;
        self.set_clocks();
    }

    fn set_clocks(&mut self) {
        self.remote.clock_ms = self.now_ms + self.swarm.skew * 1000;
    }

    /// Our own clock.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms + self.jump_ms).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Mixes a number into the fingerprint.
    pub(crate) const fn mark(&mut self, number: u64) {
        let mixed = (self.fingerprint ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.fingerprint = mixed ^ (mixed >> 29);
    }

    /// Adds a line to the story.
    pub(crate) fn write_down(&mut self, words: &str) {
        let time = self.now_ms - BEGINNING;
        if let Some(story) = &mut self.story {
            story.push(format!("{:>8}.{:03} {words}", time / 1000, time % 1000));
        }
    }

    /// Notes a violation.
    pub(crate) fn violate(&mut self, invariant: &'static str, said: String) {
        tell!(self, [], "VIOLATED {invariant}: {said}");
        self.ledger.violations.push(Violation { invariant, said });
    }

    pub(crate) const fn next_serial(&mut self) -> i64 {
        self.serial += 1;
        self.serial
    }
}
