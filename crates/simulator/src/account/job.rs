//! Background jobs: queued, working, ended (zendesk-api.md 3.3). Times are milliseconds since 1970.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::life::MergeWords;
use crate::config::Switches;

/// A job's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Waiting for its turn: the first fifth of its time.
    Queued,
    /// At work: `progress` moves.
    Working,
    /// Done, whatever became of its rows.
    Completed,
    /// Failed as a whole.
    Failed,
    /// Ended by Zendesk before it was done.
    Killed,
}

/// What becomes of a job by a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobFate {
    /// It stays queued for ever, and keeps its slot.
    Never,
    /// It takes so much longer.
    Slow {
        /// By how much.
        by: Duration,
    },
    /// It fails as a whole.
    Fail {
        /// How many rows are carried out before.
        rows: usize,
    },
    /// Zendesk kills it.
    Kill {
        /// How many rows are carried out before.
        rows: usize,
    },
    /// It is done and at once forgotten: nobody can ask for it.
    Forget,
    /// It is completed, and its first rows failed.
    FailRows {
        /// How many.
        rows: usize,
    },
}

/// All jobs, and which of them are open, so that a million users do not make every request slow.
#[derive(Debug, Default)]
pub(crate) struct JobBook {
    jobs: BTreeMap<String, Job>,
    open: BTreeSet<(i64, String)>,
    pub(crate) made: u64,
    pub(crate) most_open: usize,
}

impl JobBook {
    pub(crate) fn all(&self) -> &BTreeMap<String, Job> {
        &self.jobs
    }

    pub(crate) fn queue(&mut self, job: Job) {
        self.open.insert((job.done_ms, job.id.clone()));
        self.most_open = self.most_open.max(self.open.len());
        self.jobs.insert(job.id.clone(), job);
    }

    /// Ids of the jobs that are queued or at work.
    pub(crate) fn open_ids(&self) -> Vec<String> {
        self.open.iter().map(|(_, id)| id.clone()).collect()
    }

    pub(crate) fn count_open(&self) -> usize {
        self.open.len()
    }

    /// Whether a job's time has come.
    pub(crate) fn is_due(&self, now_ms: i64) -> bool {
        self.open
            .first()
            .is_some_and(|(done_ms, _)| *done_ms <= now_ms)
    }

    /// Takes the work of the job that ends next, if its time has come.
    pub(crate) fn take_due(&mut self, now_ms: i64) -> Option<(String, Work, Terms)> {
        while self.is_due(now_ms) {
            let (_, id) = self.open.pop_first()?;
            if let Some(job) = self.jobs.get_mut(&id)
                && let Some(work) = job.work.take()
            {
                return Some((id, work, job.terms));
            }
        }
        None
    }

    /// Notes the rows of a job that was done.
    pub(crate) fn done(&mut self, id: &str, results: Option<Vec<u8>>) {
        let forgets = match self.jobs.get_mut(id) {
            Some(job) => {
                job.results = results.map(Vec::into_boxed_slice);
                job.terms.fate == Some(JobFate::Forget)
            }
            None => false,
        };
        if forgets {
            self.jobs.remove(id);
        }
    }

    /// Forgets a job that is done, or all that are, as Zendesk does after a day; says how many.
    pub(crate) fn forget(&mut self, id: Option<&str>) -> usize {
        let before = self.jobs.len();
        self.jobs
            .retain(|_, job| job.work.is_some() || id.is_some_and(|id| id != job.id));
        before - self.jobs.len()
    }
}

/// How a job is carried out and answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// What a fault makes of it.
    pub(crate) fate: Option<JobFate>,
    /// Whether who queued it may change agents and administrators.
    pub(crate) edits_staff: bool,
    /// What was switched when it was queued.
    pub(crate) switches: Switches,
}

/// A background job.
#[derive(Debug, Clone)]
pub struct Job {
    /// `V3-` and 32 hex digits, or the digits alone where the switch says so.
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
    /// How it does it.
    pub(crate) terms: Terms,
    /// Its rows as JSON, once done: a million of them are smaller so than as values.
    pub(crate) results: Option<Box<[u8]>>,
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
        if now_ms >= self.done_ms {
            return match self.terms.fate {
                Some(JobFate::Fail { .. }) => JobState::Failed,
                Some(JobFate::Kill { .. }) => JobState::Killed,
                Some(
                    JobFate::Never
                    | JobFate::Slow { .. }
                    | JobFate::Forget
                    | JobFate::FailRows { .. },
                )
                | None => JobState::Completed,
            };
        }
        let begins = self.queued_ms + (self.done_ms - self.queued_ms) / 5;
        if now_ms >= begins {
            JobState::Working
        } else {
            JobState::Queued
        }
    }

    /// Its rows, once it is completed.
    pub fn results(&self) -> Option<Value> {
        serde_json::from_slice(self.results.as_deref()?).ok()
    }

    /// How many rows are done at a time.
    pub fn progress(&self, now_ms: i64) -> usize {
        let length = (self.done_ms - self.queued_ms).max(1);
        let gone = (now_ms - self.queued_ms).clamp(0, length);
        let share = i64::try_from(self.total).unwrap_or(0) * gone / length;
        usize::try_from(share).unwrap_or(0)
    }
}
