//! Workflows as people see them: in a list, in full, and how far one is (profile-send.md 1 and 4).

use std::collections::HashMap;

use domain::profile::RowState;
use domain::profile::action::{Action, ActionKind, Trouble, credential_string};
use jiff::Timestamp;
use store::workflows::{self, Task, Workflow, WorkflowFilter, WorkflowKind, WorkflowState};
use store::{credentials, destinations, ledger, orchestrations};

use crate::engine::Engine;
use crate::error::Result;
use crate::profile_send::{Counts, Report, Rows, TaskReport};

/// The ledger is looked through in parts of its keys, so that memory stays small: about 64 of them.
const PART: i64 = i64::MAX / 32;

/// A workflow in a list.
#[derive(Debug, Clone)]
pub struct WorkflowLine {
    /// The workflow.
    pub workflow: Workflow,
    /// Its rows by outcome.
    pub rows: Rows,
    /// The name of its destination.
    pub destination: Option<String>,
    /// The name of its orchestration.
    pub orchestration: Option<String>,
    /// What stopped it.
    pub trouble: Option<Trouble>,
}

/// A page of a list of workflows.
#[derive(Debug, Clone)]
pub struct WorkflowPage {
    /// The workflows, newest first.
    pub lines: Vec<WorkflowLine>,
    /// The number below which the next page begins, if there is one.
    pub next: Option<i64>,
}

/// Workflows, newest first, page by page.
///
/// # Errors
/// As the database says.
pub async fn list(
    engine: &Engine,
    filter: &WorkflowFilter,
    before: Option<i64>,
    limit: i64,
) -> Result<WorkflowPage> {
    let mut reader = engine.store.read().await?;
    let mut found = workflows::page(&mut reader, filter, before, limit.saturating_add(1)).await?;
    let names = Names::read(&mut reader).await?;
    drop(reader);
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| is_more).map(|last| last.number);
    let lines = found.into_iter().map(|one| names.line(one)).collect();
    Ok(WorkflowPage { lines, next })
}

/// The names of what workflows belong to.
struct Names {
    destinations: HashMap<String, String>,
    orchestrations: HashMap<String, String>,
}

impl Names {
    async fn read(reader: &mut store::Connection) -> Result<Self> {
        let destinations = destinations::list(reader).await?.into_iter();
        let orchestrations = orchestrations::list(reader).await?.into_iter();
        Ok(Self {
            destinations: destinations.map(|one| (one.id, one.name)).collect(),
            orchestrations: orchestrations.map(|one| (one.id, one.name)).collect(),
        })
    }

    fn line(&self, workflow: Workflow) -> WorkflowLine {
        let orchestration = workflow.orchestration_id.as_ref();
        WorkflowLine {
            rows: counts_of(&workflow).rows,
            destination: self.destinations.get(&workflow.destination_id).cloned(),
            orchestration: orchestration.and_then(|id| self.orchestrations.get(id).cloned()),
            trouble: crate::workflows::trouble(&workflow),
            workflow,
        }
    }
}

/// One workflow in full.
#[derive(Debug, Clone)]
pub struct WorkflowView {
    /// The workflow with its names.
    pub line: WorkflowLine,
    /// All five tasks, in their order.
    pub tasks: Vec<TaskView>,
    /// What was counted.
    pub counts: Counts,
    /// How much of the task at hand is done, in percent.
    pub percent: u64,
    /// Users a second and seconds left, while it is known.
    pub pace: Option<Pace>,
    /// The credential string of its destination, its token masked, where the trouble is about it.
    pub credential: Option<String>,
    /// Where the users of a test send are to be seen in Zendesk.
    pub links: Vec<String>,
}

/// A task of a workflow.
#[derive(Debug, Clone)]
pub struct TaskView {
    /// Which.
    pub task: Task,
    /// `waiting`, `running`, `completed`, `failed` or `stopped`.
    pub state: String,
    /// What it took in and gave out, once it began.
    pub report: Option<TaskReport>,
}

/// How fast a send is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Users a second since the first batch.
    pub rate: u64,
    /// Seconds until the last row, at this rate.
    pub seconds_left: u64,
}

impl WorkflowView {
    /// What can be done about it, the specific actions first; nothing while it is at work.
    pub fn actions(&self) -> Vec<Action> {
        crate::workflows::actions(&self.line.workflow)
    }

    /// What a person approves with an action, in numbers; none where they approve nothing.
    pub fn review(&self, action: ActionKind) -> Option<String> {
        if action != ActionKind::ApproveOnce {
            return None;
        }
        let (read, leavers) = (grouped(self.counts.rows.read), grouped(self.counts.leavers));
        Some(match self.line.trouble {
            Some(Trouble::LeaverBrake) => format!(
                "{leavers} customers are no longer in the source, which has {read} rows. If you resolve, what the orchestration says of leavers is done to as many as {leavers} of them, in this run only."
            ),
            Some(_) | None => format!(
                "The source has {read} rows. If you resolve, they are sent although the guard says otherwise, in this run only."
            ),
        })
    }

    /// The seven outcomes with their rows, and then rows whose outcome is not known yet: together the rows
    /// read.
    pub fn outcomes(&self) -> Vec<(&'static str, u64)> {
        outcomes(&self.counts.rows)
    }
}

/// The seven outcomes with their rows, and those that are open: together the rows read.
pub fn outcomes(rows: &Rows) -> Vec<(&'static str, u64)> {
    let mut all = vec![
        ("created", rows.created),
        ("updated", rows.updated),
        ("unchanged", rows.unchanged),
        ("rejected", rows.rejected),
        ("failed", rows.failed),
        ("conflict", rows.conflict),
        ("skipped", rows.skipped),
    ];
    let open = [("pending", rows.pending), ("unknown", rows.unknown)];
    all.extend(open.into_iter().filter(|(_, count)| *count > 0));
    all
}

/// Everything about one workflow.
///
/// # Errors
/// As the database says.
pub async fn show(engine: &Engine, workflow: Workflow) -> Result<WorkflowView> {
    let links = links(engine, &workflow).await?;
    let mut reader = engine.store.read().await?;
    let line = Names::read(&mut reader).await?.line(workflow);
    let credential = match line.trouble {
        Some(trouble) if trouble.shows_credential() => {
            credential_of(&mut reader, &line.workflow.destination_id).await?
        }
        Some(_) | None => None,
    };
    drop(reader);
    let counts = counts_of(&line.workflow);
    Ok(WorkflowView {
        tasks: tasks(&line.workflow),
        percent: percent(line.workflow.task, &counts),
        pace: pace(&counts, engine.now()),
        credential,
        links,
        counts,
        line,
    })
}

/// The credential string of a destination: only an API token is sent so.
///
/// # Errors
/// As the database says.
pub async fn credential_of(
    reader: &mut store::Connection,
    destination_id: &str,
) -> Result<Option<String>> {
    let Some(destination) = destinations::find(reader, destination_id).await? else {
        return Ok(None);
    };
    let credential = credentials::find(reader, &destination.credential_id).await?;
    let email = credential.and_then(|credential| credential.email);
    Ok(email.map(|email| credential_string(&email)))
}

fn tasks(workflow: &Workflow) -> Vec<TaskView> {
    let report: Report = serde_json::from_str(&workflow.tasks).unwrap_or_default();
    let view = |task: &Task| {
        let found = report.tasks.get(task.as_str()).cloned();
        TaskView {
            task: *task,
            state: found
                .as_ref()
                .map_or_else(|| "waiting".to_owned(), |found| found.state.clone()),
            report: found,
        }
    };
    Task::ALL.iter().map(view).collect()
}

/// How far a workflow is. What cannot be read is shown as nothing done: showing is never worth failing for.
pub fn counts_of(workflow: &Workflow) -> Counts {
    serde_json::from_str(&workflow.counts).unwrap_or_default()
}

/// Rows whose outcome is known.
pub fn settled(counts: &Counts) -> u64 {
    let rows = &counts.rows;
    rows.read.saturating_sub(rows.pending + rows.unknown)
}

/// How much of the task at hand is done, in percent.
pub fn percent(task: Task, counts: &Counts) -> u64 {
    let (done, all) = match (task, counts.bytes) {
        (Task::Read | Task::Check, Some(bytes)) => (counts.bytes_read, bytes),
        (Task::Read | Task::Check, None) => (0, 0),
        (Task::Compare | Task::Send | Task::Confirm, _) => (settled(counts), counts.rows.read),
    };
    (done.saturating_mul(100))
        .checked_div(all)
        .unwrap_or(0)
        .min(100)
}

/// Users a second so far, and how long the rest takes at that; nothing before it is known.
pub fn pace(counts: &Counts, now: Timestamp) -> Option<Pace> {
    let rows = &counts.rows;
    let sent = rows.created + rows.updated + rows.failed;
    let seconds = counts
        .first_post_at
        .map_or(0, |first| now.duration_since(first).as_secs());
    let rate = u64::try_from(seconds)
        .ok()
        .and_then(|seconds| sent.checked_div(seconds))
        .filter(|rate| *rate > 0)?;
    Some(Pace {
        rate,
        seconds_left: (rows.pending + rows.unknown).div_ceil(rate),
    })
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many rows: `1 row`, `3,000 rows`.
pub fn rows(number: u64) -> String {
    let noun = if number == 1 { "row" } else { "rows" };
    format!("{} {noun}", grouped(number))
}

/// Seconds as people say them.
pub fn lasting(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}

/// Where the users of a test send are to be seen. Empty for other workflows, which are too many to look
/// at, and while it is at work.
///
/// # Errors
/// As the database says.
pub async fn links(engine: &Engine, workflow: &Workflow) -> Result<Vec<String>> {
    let is_looked_at = match workflow.state {
        WorkflowState::Completed | WorkflowState::Failed | WorkflowState::Stopped => true,
        WorkflowState::Waiting | WorkflowState::Running => false,
    };
    if workflow.kind != WorkflowKind::Test || !is_looked_at {
        return Ok(Vec::new());
    }
    let mut reader = engine.store.read().await?;
    let Some(destination) = destinations::find(&mut reader, &workflow.destination_id).await? else {
        return Ok(Vec::new());
    };
    let mut keys = Vec::new();
    let mut entries = Vec::new();
    let mut from = i64::MIN;
    loop {
        let to = from.saturating_add(PART);
        entries.clear();
        ledger::scan(&mut reader, destination.number, from, to, &mut entries).await?;
        keys.extend(
            entries
                .iter()
                .filter(|entry| entry.workflow == workflow.number)
                .filter(|entry| matches!(entry.state, Some(RowState::Created | RowState::Updated)))
                .map(|entry| entry.key),
        );
        if to == i64::MAX {
            break;
        }
        from = to + 1;
    }
    let mut ids: Vec<i64> = ledger::about(&mut reader, destination.number, &keys)
        .await?
        .into_iter()
        .filter_map(|about| about.zendesk_id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids
        .into_iter()
        .map(|id| format!("{}/agent/users/{id}", destination.url))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_send_knows_its_rate_and_the_time_left() {
        let counts = Counts {
            rows: Rows {
                read: 3_000,
                created: 900,
                updated: 100,
                unchanged: 200,
                pending: 1_700,
                unknown: 100,
                ..Rows::default()
            },
            first_post_at: Some(at(100)),
            ..Counts::default()
        };
        let told = pace(&counts, at(110)).unwrap();
        assert_eq!((told.rate, told.seconds_left), (100, 18));
        assert_eq!(percent(Task::Send, &counts), 40);
        assert_eq!(pace(&counts, at(100)), None);
        let sum: u64 = outcomes(&counts.rows).iter().map(|(_, count)| count).sum();
        assert_eq!(sum, counts.rows.read);
    }

    #[test]
    fn reading_is_measured_by_bytes() {
        let counts = Counts {
            bytes: Some(400),
            bytes_read: 100,
            ..Counts::default()
        };
        assert_eq!(percent(Task::Check, &counts), 25);
        assert_eq!(percent(Task::Read, &Counts::default()), 0);
    }

    #[test]
    fn numbers_and_times_are_written_for_people() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(12_345_678), "12,345,678");
        assert_eq!(lasting(119), "119 s");
        assert_eq!(lasting(121), "3 min");
        assert_eq!(lasting(7_201), "3 h");
    }
}
