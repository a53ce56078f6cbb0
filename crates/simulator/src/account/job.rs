//! Background jobs: queued, working, completed (zendesk-api.md 3.3). Times are milliseconds since 1970.

use serde_json::Value;

use super::life::MergeWords;

/// A job's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Waiting for its turn: the first fifth of its time.
    Queued,
    /// At work: `progress` moves.
    Working,
    /// Done, whatever became of its rows.
    Completed,
}

impl super::Account {
    /// Ids of the jobs that are queued or at work.
    pub(crate) fn open_jobs(&self) -> Vec<String> {
        self.jobs
            .values()
            .filter(|job| job.work.is_some())
            .map(|job| job.id.clone())
            .collect()
    }
}

/// A background job.
#[derive(Debug, Clone)]
pub struct Job {
    /// `V3-` and 32 hex digits.
    pub id: String,
    /// "Bulk Update Ticket" and the like.
    pub kind: &'static str,
    /// What it says while at work: "Updating ticket".
    pub doing: &'static str,
    /// How many rows it has.
    pub total: usize,
    /// When it was queued.
    pub queued_ms: i64,
    /// When it is done.
    pub done_ms: i64,
    /// What it does when its time has come; `None` once done.
    pub(crate) work: Option<Work>,
    /// Its rows, once done.
    pub results: Option<Value>,
}

/// What a job does to users and tickets.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Makes users.
    Create(Vec<Value>),
    /// Makes or changes users, matched by email or external id.
    Upsert(Vec<Value>),
    /// Changes users, each named by id or external id.
    Update(Vec<Value>),
    /// Deletes users.
    Delete(Vec<i64>),
    /// Merges tickets into another.
    Merge {
        target: i64,
        sources: Vec<i64>,
        words: MergeWords,
    },
}

impl Job {
    /// Its state at a time.
    pub fn state(&self, now_ms: i64) -> JobState {
        let begins = self.queued_ms + (self.done_ms - self.queued_ms) / 5;
        if now_ms >= self.done_ms {
            JobState::Completed
        } else if now_ms >= begins {
            JobState::Working
        } else {
            JobState::Queued
        }
    }

    /// How many rows are done at a time.
    pub fn progress(&self, now_ms: i64) -> usize {
        let length = (self.done_ms - self.queued_ms).max(1);
        let gone = (now_ms - self.queued_ms).clamp(0, length);
        let share = i64::try_from(self.total).unwrap_or(0) * gone / length;
        usize::try_from(share).unwrap_or(0)
    }
}
