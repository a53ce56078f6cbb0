//! What a job of Zendesk says about itself (zendesk-api.md 3.3).

use serde_json::Value;

use super::failure::FailureClass;
use super::result::ResultRow;

/// The most users of one request (zendesk-api.md 3.2).
pub const MOST_USERS: usize = 100;

/// The most jobs that may be queued or running in an account, all tools together.
pub const MOST_JOBS: usize = 30;

/// Where a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// Queued or working, or a state that we do not know yet: ask again.
    Waiting,
    /// Done. That says nothing about its rows: each is to be read.
    Completed(Vec<ResultRow>),
    /// Failed as a whole; it may have applied some rows.
    Failed(Vec<ResultRow>),
    /// Killed: it will never be done, so it must not be asked for ever.
    Killed(Vec<ResultRow>),
    /// Zendesk no longer knows it.
    Expired,
}

impl JobState {
    /// Reads a job status, with or without `job_status` around it. What cannot be read waits: another
    /// poll may show more, and the deadline ends it.
    pub fn read(status: &Value) -> Self {
        let status = status.get("job_status").unwrap_or(status);
        let rows = || {
            status
                .get("results")
                .and_then(Value::as_array)
                .map(|rows| rows.iter().map(ResultRow::read).collect())
                .unwrap_or_default()
        };
        match status.get("status").and_then(Value::as_str) {
            Some("completed") => Self::Completed(rows()),
            Some("failed") => Self::Failed(rows()),
            Some("killed") => Self::Killed(rows()),
            Some(_) | None => Self::Waiting,
        }
    }

    /// What it means that asking for a job answered with this status and without one: 404 once it is
    /// forgotten. Any other answer says nothing about the job.
    pub const fn read_status(status: u16) -> Option<Self> {
        match status {
            404 | 410 => Some(Self::Expired),
            _ => None,
        }
    }

    /// Why rows without a result of their own failed; nothing while the job is not over.
    pub const fn failure(&self) -> Option<FailureClass> {
        match self {
            Self::Waiting => None,
            Self::Completed(_) => Some(FailureClass::ResultMissing),
            Self::Failed(_) => Some(FailureClass::JobFailed),
            Self::Killed(_) => Some(FailureClass::JobKilled),
            Self::Expired => Some(FailureClass::JobExpired),
        }
    }

    /// Whether its users must be read back before anything is sent again. Rows of a killed or failed
    /// job need not be: sending them again is safe, and cheaper.
    pub const fn needs_reading_back(&self) -> bool {
        match self {
            Self::Expired => true,
            Self::Waiting | Self::Completed(_) | Self::Failed(_) | Self::Killed(_) => false,
        }
    }
}
