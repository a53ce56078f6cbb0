//! What is not to be fetched yet, since it went wrong: kept beside the positions of the streams, so
//! that every process knows it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Connection, Tx, cursors};

use crate::error::Result;

/// Under which name the pauses of an integration are kept.
const STREAM: &str = "files";
/// The pause of an account after its first failure, and the longest.
const ACCOUNT: (i64, i64) = (5, 5 * 60);
/// The pause of a file after its first failure, and the longest, in seconds.
const FILE: (i64, i64) = (30, 60 * 60);

/// The pauses of one integration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Pauses {
    /// Nothing of the account is fetched before.
    until: Option<Timestamp>,
    /// How many attempts in a row went wrong.
    failures: u32,
    /// Files that went wrong, by our id.
    files: BTreeMap<String, Pause>,
}

/// The pause of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pause {
    until: Timestamp,
    failures: u32,
}

impl Pauses {
    /// The pauses of `integration`. What cannot be read is worth no failure: there is no pause then.
    pub(super) async fn load(connection: &mut Connection, integration: &str) -> Result<Self> {
        let kept = cursors::load(connection, integration, STREAM).await?;
        Ok(kept
            .and_then(|kept| serde_json::from_str(&kept).ok())
            .unwrap_or_default())
    }

    /// Keeps them.
    pub(super) async fn keep(&self, tx: &mut Tx, integration: &str, now: Timestamp) -> Result<()> {
        let text = serde_json::to_string(self)
            .map_err(|error| store::Error::Damaged(error.to_string()))?;
        Ok(cursors::store(tx, integration, STREAM, &text, now).await?)
    }

    /// Whether the account may be asked for files.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until <= now)
    }

    /// Whether this file may be tried.
    pub(super) fn is_due(&self, file: &str, now: Timestamp) -> bool {
        self.files.get(file).is_none_or(|pause| pause.until <= now)
    }

    /// Forgets files that are not waited for any more.
    pub(super) fn keep_only(&mut self, is_waited_for: impl Fn(&str) -> bool) {
        self.files.retain(|file, _| is_waited_for(file));
    }

    /// Notes that a file came, or never will: the account answers.
    pub(super) fn went_well(&mut self, file: &str) {
        self.until = None;
        self.failures = 0;
        self.files.remove(file);
    }

    /// Notes that the account could not be asked; not before `wait` if it was named.
    pub(super) fn account_failed(&mut self, wait: Option<Duration>, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        let wait = wait
            .and_then(|wait| SignedDuration::try_from(wait).ok())
            .unwrap_or_else(|| pause(ACCOUNT, self.failures));
        self.until = now.saturating_add(wait).ok();
    }

    /// Notes that a file could not be fetched. Returns how often that has happened to it.
    pub(super) fn file_failed(&mut self, file: &str, now: Timestamp) -> u32 {
        self.account_failed(None, now);
        let failed = self.files.entry(file.to_owned()).or_insert(Pause {
            until: now,
            failures: 0,
        });
        failed.failures = failed.failures.saturating_add(1);
        let wait = pause(FILE, failed.failures);
        failed.until = now.saturating_add(wait).unwrap_or(now);
        failed.failures
    }
}

/// The pause after so many failures: doubled each time, up to a bound.
fn pause((first, longest): (i64, i64), failures: u32) -> SignedDuration {
    let doublings = failures.saturating_sub(1).min(20);
    SignedDuration::from_secs((first << doublings).min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_file_that_fails_waits_longer_each_time_and_one_that_comes_clears_the_account() {
        let mut pauses = Pauses::default();
        assert!(pauses.is_over(at(0)) && pauses.is_due("a", at(0)));
        assert_eq!(pauses.file_failed("a", at(0)), 1);
        assert!(!pauses.is_over(at(4)) && pauses.is_over(at(5)));
        assert!(!pauses.is_due("a", at(29)) && pauses.is_due("a", at(30)));
        assert_eq!(pauses.file_failed("a", at(30)), 2);
        assert!(!pauses.is_due("a", at(89)) && pauses.is_due("a", at(90)));
        pauses.went_well("b");
        assert!(pauses.is_over(at(30)) && !pauses.is_due("a", at(89)));
        for _ in 0..40 {
            pauses.file_failed("a", at(0));
        }
        assert!(pauses.is_due("a", at(3600)) && pauses.is_over(at(300)));
        pauses.keep_only(|file| file != "a");
        assert!(pauses.is_due("a", at(0)));
    }

    #[test]
    fn a_wait_that_the_account_names_is_kept() {
        let mut pauses = Pauses::default();
        pauses.account_failed(Some(Duration::from_secs(77)), at(0));
        assert!(!pauses.is_over(at(76)) && pauses.is_over(at(77)));
    }
}
