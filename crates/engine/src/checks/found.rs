//! What a check found, as it is kept and shown.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::runs::Counters;

use crate::doctor::Finding;
use crate::dry_run::{DryRun, Told};
use crate::sweep::RoundView;

/// The most bytes of sentences of one kind that are kept; of the rest it is told how many they are.
const MOST: usize = 512 * 1024;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// How the installation is.
    Installation(Vec<Finding>),
    /// What was compared, and what differed.
    Verify(RoundView),
    /// What a run would do.
    DryRun(Box<DryRunView>),
    /// The report of a live check ([`crate::live_check::Report`]).
    Live(Value),
}

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DryRunView {
    /// How it would end: `completed` or `failed`.
    pub state: String,
    /// Why it would fail.
    pub problem: Option<String>,
    /// What it would do, in numbers.
    pub counters: Counters,
    /// Every field of an existing case or contact that would change.
    pub changes: Told,
    /// Every field that would be written in Zendesk.
    pub sendings: Told,
    /// What waits for Zendesk and could not be sent now, with the reason.
    pub parked: Told,
    /// What a person would want to look at.
    pub warnings: Told,
}

impl From<DryRun> for DryRunView {
    fn from(would: DryRun) -> Self {
        Self {
            state: would.state.as_str().to_owned(),
            problem: would.problem,
            counters: would.counters,
            changes: bounded(would.changes),
            sendings: bounded(would.sendings),
            parked: bounded(would.parked),
            warnings: bounded(would.warnings),
        }
    }
}

fn bounded(told: Told) -> Told {
    let all = told.sentences.len();
    let mut size = 0;
    let mut sentences = told.sentences;
    sentences.retain(|sentence| {
        size += sentence.len();
        size <= MOST
    });
    Told {
        more: told.more + (all - sentences.len()),
        sentences,
    }
}

/// The report of a live check, as far as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LiveView {
    /// `as_expected`, `differs` or `unfinished`.
    pub outcome: String,
    /// Requests sent.
    pub requests: usize,
    /// One of each probe.
    pub findings: Vec<LiveFinding>,
    /// What was deleted.
    pub cleaned: Cleaned,
    /// What could not be deleted.
    pub left_behind: Vec<LeftBehind>,
}

/// What one probe found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LiveFinding {
    /// What it looks at.
    pub title: String,
    /// What Deskbridge relies on.
    pub expected: String,
    /// What was seen.
    pub seen: String,
    /// `fine`, `setting`, `tell` or `not_found_out`.
    pub verdict: String,
    /// What it means.
    pub meaning: String,
}

/// What a live check deleted, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Cleaned {
    /// Tickets of this check.
    pub tickets: usize,
    /// Users of this check.
    pub users: usize,
    /// What an earlier check had left.
    pub earlier: usize,
}

/// What a live check could not delete.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LeftBehind {
    /// `ticket` or `user`.
    pub kind: String,
    /// Its id in Zendesk.
    pub id: Option<i64>,
    /// Why, and what to do.
    pub why: String,
}

impl Found {
    /// The report of a live check, to be shown.
    pub fn live(&self) -> Option<LiveView> {
        match self {
            Self::Live(report) => serde_json::from_value(report.clone()).ok(),
            Self::Installation(_) | Self::Verify(_) | Self::DryRun(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_very_long_sentences_the_first_are_kept_and_the_rest_are_counted() {
        let told = Told {
            sentences: vec!["x".repeat(MOST / 2); 5],
            more: 7,
        };
        let kept = bounded(told);
        assert_eq!(kept.sentences.len(), 2);
        assert_eq!(kept.more, 10);
    }
}
