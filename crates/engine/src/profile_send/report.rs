//! What people see of a workflow: its tasks, its result line, its alerts.

use std::collections::BTreeMap;

use domain::profile::action::Trouble;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Tx;
use store::workflows::{self, Task, Workflow, WorkflowKind, WorkflowState};

use super::Send;
use super::settings::{Counts, Rows};
use crate::engine::Engine;
use crate::error::Result;
use crate::outgoing_webhooks::{Happening, tell};

/// What each task of a workflow took in and gave out, in the order of the tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Report {
    /// By the word of the task.
    pub tasks: BTreeMap<String, TaskReport>,
}

/// One task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskReport {
    /// `running`, `completed`, `failed` or `stopped`.
    pub state: String,
    /// When it began, at the latest try.
    pub began_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Rows that came in.
    pub rows_in: u64,
    /// Rows that went on to the next task.
    pub rows_out: u64,
}

impl Report {
    /// A task begins, so those before it are done.
    pub(super) fn begin(&mut self, task: Task, counts: &Counts, now: Timestamp) {
        self.close("completed", counts, now);
        let rows_in = passed(&counts.rows);
        if task == Task::Compare {
            // Reading and checking is one pass: what came in is known at its end.
            let read = |report: &mut TaskReport, out: u64| {
                report.rows_in = counts.rows.read;
                report.rows_out = out;
            };
            if let Some(report) = self.tasks.get_mut(Task::Read.as_str()) {
                read(report, counts.rows.read);
            }
            if let Some(report) = self.tasks.get_mut(Task::Check.as_str()) {
                read(report, rows_in);
            }
        }
        self.tasks.insert(
            task.as_str().to_owned(),
            TaskReport {
                state: "running".to_owned(),
                began_at: Some(now),
                ended_at: None,
                rows_in,
                rows_out: 0,
            },
        );
    }

    /// The workflow ends.
    pub(super) fn end(&mut self, state: WorkflowState, counts: &Counts, now: Timestamp) {
        self.close(state.as_str(), counts, now);
    }

    fn close(&mut self, state: &str, counts: &Counts, now: Timestamp) {
        for task in self
            .tasks
            .values_mut()
            .filter(|task| task.ended_at.is_none())
        {
            state.clone_into(&mut task.state);
            task.ended_at = Some(now);
            task.rows_out = passed(&counts.rows);
        }
    }
}

/// Rows that were neither rejected nor left out so far.
fn passed(rows: &Rows) -> u64 {
    rows.read
        .saturating_sub(rows.rejected + rows.skipped + rows.conflict)
}

/// The result of a workflow, as `--json` prints it (issue: the seven outcomes add up to `read`).
pub(super) fn result(workflow: &Workflow, state: WorkflowState, counts: &Counts) -> Value {
    let seconds = match (counts.first_post_at, counts.last_confirmed_at) {
        (Some(first), Some(last)) => last.duration_since(first).as_secs_f64().max(0.0),
        (Some(_) | None, _) => 0.0,
    };
    let sent = counts.rows.created + counts.rows.updated + counts.rows.failed;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let rate = if seconds > 0.0 {
        sent as f64 / seconds
    } else {
        0.0
    };
    let rounded = |number: f64| (number * 10.0).round() / 10.0;
    let mut rows = json!(counts.rows);
    if let Some(rows) = rows.as_object_mut() {
        // These two are there only while a workflow is not finished.
        rows.retain(|key, count| !matches!(key.as_str(), "pending" | "unknown") || *count != 0);
    }
    json!({
        "workflow": workflow.id,
        "state": state.as_str(),
        "rows": rows,
        "requests": counts.requests,
        "jobs": counts.jobs,
        "seconds": rounded(seconds),
        "users_per_second": rounded(rate),
        "sent_again": counts.sent_again,
        "leavers": counts.leavers,
        "leavers_done": counts.leavers_done,
    })
}

/// Fails a workflow that could not be opened.
pub(super) async fn fail(
    engine: &Engine,
    tx: &mut Tx,
    workflow: &Workflow,
    trouble: Trouble,
    sentence: &str,
) -> Result<()> {
    let result = result(workflow, WorkflowState::Failed, &Counts::default()).to_string();
    let now = engine.now();
    workflows::fail(
        tx,
        &workflow.id,
        Some(trouble.as_str()),
        sentence,
        Some(&result),
        now,
    )
    .await?;
    let rows = Rows::default();
    failed(engine, tx, workflow, (trouble, sentence), &rows).await
}

/// Tells people that a workflow waits for them: once, as it failed once; and other systems.
pub(super) async fn failed(
    engine: &Engine,
    tx: &mut Tx,
    workflow: &Workflow,
    (trouble, sentence): (Trouble, &str),
    rows: &Rows,
) -> Result<()> {
    let told = [Happening::workflow_ended(workflow, Some(trouble), rows)];
    tell(engine, tx, &told, engine.now()).await?;
    crate::alerts::failed(engine, tx, workflow, trouble, sentence).await
}

/// What follows a workflow that was completed: its orchestration remembers the source, and those that run
/// after it are asked for.
pub(super) async fn completed(send: &Send<'_>, tx: &mut Tx) -> Result<()> {
    let told = [Happening::workflow_ended(
        &send.workflow,
        None,
        &send.counts.rows,
    )];
    tell(send.engine, tx, &told, send.engine.now()).await?;
    crate::alerts::completed(send.engine, tx, &send.workflow).await?;
    let is_send = send.workflow.kind == WorkflowKind::Send;
    let Some(id) = &send.workflow.orchestration_id else {
        return Ok(());
    };
    if !is_send {
        return Ok(());
    }
    if let Some(fingerprint) = &send.fingerprint {
        store::orchestrations::keep_fingerprint(tx, id, fingerprint).await?;
    }
    store::orchestrations::plan_followers(tx, id, send.engine.now()).await?;
    Ok(())
}
