//! A run as programs read it.

use engine::integration_view::{RunLine, RunView};
use serde::Serialize;
use store::runs::{Counters, LogLine, Made, Tally};
use utoipa::ToSchema;

use crate::api::cases::RecordName;

/// What became of the records of one stream.
#[derive(Serialize, ToSchema)]
struct StreamCounts {
    /// Records that Zendesk sent, repeated ones included.
    read: u64,
    /// Records that were new.
    created: u64,
    /// Records whose content differed.
    updated: u64,
    /// Records whose content did not differ.
    unchanged: u64,
}

impl From<Tally> for StreamCounts {
    fn from(tally: Tally) -> Self {
        Self {
            read: tally.read,
            created: tally.created,
            updated: tally.updated,
            unchanged: tally.unchanged,
        }
    }
}

/// What became of our own records.
#[derive(Serialize, ToSchema)]
struct MadeCounts {
    /// New ones.
    created: u64,
    /// Changed ones.
    updated: u64,
}

impl From<Made> for MadeCounts {
    fn from(made: Made) -> Self {
        Self {
            created: made.created,
            updated: made.updated,
        }
    }
}

/// What a run has counted.
#[derive(Serialize, ToSchema)]
struct RunCounters {
    /// Zendesk users.
    users: StreamCounts,
    /// Tickets.
    tickets: StreamCounts,
    /// Comments.
    comments: StreamCounts,
    /// Cases.
    cases: MadeCounts,
    /// Contacts.
    contacts: MadeCounts,
    /// Fields that were changed on both sides.
    conflicts: u64,
    /// Changes of ours that reached Zendesk, or needed to no more.
    delivered: u64,
    /// Changes of ours that were parked.
    parked: u64,
    /// Requests sent to Zendesk, repeated ones included.
    requests: u64,
    /// Lines of the log that are warnings.
    warnings: u64,
}

impl From<Counters> for RunCounters {
    fn from(counters: Counters) -> Self {
        Self {
            users: counters.users.into(),
            tickets: counters.tickets.into(),
            comments: counters.comments.into(),
            cases: counters.cases.into(),
            contacts: counters.contacts.into(),
            conflicts: counters.conflicts,
            delivered: counters.delivered,
            parked: counters.parked,
            requests: counters.requests,
            warnings: counters.warnings,
        }
    }
}

/// A run in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct RunSummary {
    /// Its id.
    id: String,
    /// `waiting`, `running`, `completed`, `failed` or `stopped`.
    state: &'static str,
    /// What it is doing.
    stage: String,
    /// What it has counted.
    counters: RunCounters,
    /// Why it failed, as a sentence.
    problem: Option<String>,
    /// When it was asked for.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it ended; null while it has not.
    ended_at: Option<String>,
}

impl From<RunLine> for RunSummary {
    fn from(run: RunLine) -> Self {
        Self {
            id: run.id,
            state: run.state,
            stage: run.stage,
            counters: run.counters.into(),
            problem: run.problem,
            created_at: run.created_at.to_string(),
            ended_at: run.ended_at.map(|at| at.to_string()),
        }
    }
}

/// A line of a run's log.
#[derive(Serialize, ToSchema)]
pub(super) struct RunLogLine {
    /// Counts up per run, from 1.
    seq: i64,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// `info`, `warning` or `error`.
    level: String,
    /// What is to be told.
    line: String,
}

impl From<LogLine> for RunLogLine {
    fn from(line: LogLine) -> Self {
        Self {
            seq: line.seq,
            at: line.at.to_string(),
            level: line.level,
            line: line.line,
        }
    }
}

/// A run.
#[derive(Serialize, ToSchema)]
pub(super) struct RunRecord {
    /// Where it stands, and what it has counted.
    run: RunSummary,
    /// Whose it is.
    integration: RecordName,
    /// Who asked for it: a person, or `schedule`.
    requested_by: String,
    /// Whether it was asked to stop.
    stop_requested: bool,
    /// When it began; null while it has not.
    started_at: Option<String>,
    /// Which stage it is in, from 1; null if it is in none that is counted.
    stage_number: Option<usize>,
    /// How many stages there are.
    stages: Option<usize>,
    /// Records read so far: users, tickets and comments.
    records: u64,
    /// Records read a second, once it has worked for a second.
    records_per_second: Option<f64>,
    /// How many seconds it will still take, as far as the last run that found something tells.
    seconds_left: Option<i64>,
    /// How many requests may still be sent this minute, once Zendesk has named its limit.
    budget_left: Option<u32>,
    /// The last lines of its log, the oldest first.
    log: Vec<RunLogLine>,
    /// How many lines came before them.
    earlier_lines: i64,
}

impl From<RunView> for RunRecord {
    fn from(view: RunView) -> Self {
        let seconds_left = view.time_left().map(|left| left.as_secs());
        let budget_left = view.budget_left();
        let RunView {
            run, integration, ..
        } = view;
        Self {
            integration: RecordName::new(integration.id, integration.settings.name),
            requested_by: run.requested_by.clone(),
            stop_requested: run.stop_requested,
            started_at: run.started_at.map(|at| at.to_string()),
            run: RunLine::from(run).into(),
            stage_number: view.stage.map(|(at, _)| at),
            stages: view.stage.map(|(_, of)| of),
            records: view.records,
            records_per_second: view.rate,
            seconds_left,
            budget_left,
            log: view.log.into_iter().map(RunLogLine::from).collect(),
            earlier_lines: view.earlier,
        }
    }
}
