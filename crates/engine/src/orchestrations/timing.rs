//! By which clock an orchestration runs: cron lines in the local time of a zone.
//!
//! A cron line speaks of what clocks on the wall show. Where they are put forward, some of that is never
//! shown; where they are put back, some is shown twice. Each such time is one run: what was skipped runs at
//! the first moment after the gap, what is doubled runs the first time.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::error::{Error, Result};

/// How many local times in a row may lie behind us: an hour that is shown twice has sixty.
const MOST_STEPS: usize = 24 * 60;

/// A cron line and the zone whose clocks it speaks of.
#[derive(Debug, Clone)]
pub struct Timing {
    cron: Cron,
    zone: TimeZone,
}

impl Timing {
    /// Reads five fields (minute, hour, day of the month, month, day of the week) and the IANA name of a
    /// zone, UTC if there is none.
    ///
    /// # Errors
    /// [`Error::Refused`] with what cannot be read.
    pub fn parse(cron: &str, zone: Option<&str>) -> Result<Self> {
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let parsed = parser.parse(cron).map_err(|error| {
            Error::Refused(format!(
                "The time {cron:?} cannot be read ({error}). Write five fields, minute, hour, day, month and day of the week: \"0 6 * * *\" is every day at six, \"*/30 8-18 * * 1-5\" every half hour of a working day."
            ))
        })?;
        let zone = match zone {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| {
                Error::Refused(format!(
                    "There is no time zone {name:?}. Write it as Europe/Berlin or America/New_York."
                ))
            })?,
        };
        Ok(Self { cron: parsed, zone })
    }

    /// The cron line in words: "At 06:00 AM."
    pub fn words(&self) -> String {
        self.cron.describe()
    }

    /// The first run later than `after`; none if there never is one (the 30th of February).
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let mut local = self.zone.to_datetime(after);
        // Later local times never come at earlier moments, so the first that is later than `after` is the
        // next run. Some may be in our past: of an hour that is shown twice, the first time counts.
        for _ in 0..MOST_STEPS {
            local = self.cron.find_next_occurrence(&local, false).ok()?;
            let moment = self.moment_of(local)?;
            if moment > after {
                return Some(moment);
            }
        }
        None
    }

    /// The one moment that stands for a local time.
    fn moment_of(&self, local: DateTime) -> Option<Timestamp> {
        let found = self.zone.to_ambiguous_timestamp(local);
        match found.offset() {
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
                found.earlier().ok()
            }
            AmbiguousOffset::Gap { .. } => {
                let before = found.earlier().ok()?;
                let change = self.zone.following(before).next()?;
                Some(change.timestamp())
            }
        }
    }
}

#[cfg(test)]
mod tests;
