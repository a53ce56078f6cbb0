//! Workflows as programs read them.

use engine::profile_send::{Counts, Rows};
use engine::workflow_view::{TaskView, WorkflowLine, WorkflowView};
use serde::{Deserialize, Serialize};
use store::workflows::{WorkflowKind, WorkflowState};
use utoipa::ToSchema;

/// Where a workflow stands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// Asked for; not begun.
    Waiting,
    /// At work.
    Running,
    /// Ended by something that a person has to settle; it can go on.
    Failed,
    /// Ended because somebody asked; it can go on.
    Stopped,
    /// Ended, whatever single rows met.
    Completed,
}

impl From<WorkflowState> for Standing {
    fn from(state: WorkflowState) -> Self {
        match state {
            WorkflowState::Waiting => Self::Waiting,
            WorkflowState::Running => Self::Running,
            WorkflowState::Failed => Self::Failed,
            WorkflowState::Stopped => Self::Stopped,
            WorkflowState::Completed => Self::Completed,
        }
    }
}

impl From<Standing> for WorkflowState {
    fn from(state: Standing) -> Self {
        match state {
            Standing::Waiting => Self::Waiting,
            Standing::Running => Self::Running,
            Standing::Failed => Self::Failed,
            Standing::Stopped => Self::Stopped,
            Standing::Completed => Self::Completed,
        }
    }
}

/// What a workflow does.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunKind {
    /// Sends all rows.
    Send,
    /// Compares all rows and writes nothing.
    DryRun,
    /// Sends a few rows.
    Test,
}

impl From<WorkflowKind> for RunKind {
    fn from(kind: WorkflowKind) -> Self {
        match kind {
            WorkflowKind::Send => Self::Send,
            WorkflowKind::DryRun => Self::DryRun,
            WorkflowKind::Test => Self::Test,
        }
    }
}

impl From<RunKind> for WorkflowKind {
    fn from(kind: RunKind) -> Self {
        match kind {
            RunKind::Send => Self::Send,
            RunKind::DryRun => Self::DryRun,
            RunKind::Test => Self::Test,
        }
    }
}

/// Rows by outcome: together they are the rows read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowCounts {
    /// Rows read.
    read: u64,
    /// Made in Zendesk; of a dry run: would be made.
    created: u64,
    /// Changed in Zendesk; of a dry run: would be changed.
    updated: u64,
    /// There already.
    unchanged: u64,
    /// Not sent, by a rule.
    rejected: u64,
    /// Refused by Zendesk.
    failed: u64,
    /// Lead to several users.
    conflict: u64,
    /// Left out on purpose.
    skipped: u64,
    /// Not sent yet; 0 once the workflow is over.
    pending: u64,
    /// Sent, and nobody knows yet; 0 once the workflow is over.
    unknown: u64,
}

impl From<Rows> for RowCounts {
    fn from(rows: Rows) -> Self {
        Self {
            read: rows.read,
            created: rows.created,
            updated: rows.updated,
            unchanged: rows.unchanged,
            rejected: rows.rejected,
            failed: rows.failed,
            conflict: rows.conflict,
            skipped: rows.skipped,
            pending: rows.pending,
            unknown: rows.unknown,
        }
    }
}

/// What stopped a workflow.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TroubleRecord {
    /// Which kind of trouble, such as `invalid_credentials`.
    code: String,
    /// What people call it.
    title: String,
}

/// A workflow: one send, dry run or test send.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkflowRecord {
    /// Our id.
    id: String,
    /// What it does.
    kind: RunKind,
    /// The name of its orchestration, or of the file that was sent.
    title: String,
    /// The id of its orchestration; null for a send from the command line, or once it was deleted.
    orchestration_id: Option<String>,
    /// The name of its orchestration.
    orchestration: Option<String>,
    /// The id of its destination.
    destination_id: String,
    /// The name of its destination.
    destination: Option<String>,
    /// Where it stands.
    state: Standing,
    /// What it is at, or was at when it ended: `read`, `check`, `compare`, `send` or `confirm`.
    task: &'static str,
    /// Its rows by outcome.
    rows: RowCounts,
    /// What stopped it, if something did that a person can act on.
    trouble: Option<TroubleRecord>,
    /// What stopped it, as a person reads it.
    sentence: Option<String>,
    /// What it waits for at the moment, as a person reads it.
    waits: Option<String>,
    /// Whether somebody asked it to stop.
    stop_asked: bool,
    /// Who asked for it: an email address, or `schedule`.
    requested_by: String,
    /// When it was asked for.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it first began.
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

impl From<WorkflowLine> for WorkflowRecord {
    fn from(line: WorkflowLine) -> Self {
        let workflow = line.workflow;
        Self {
            id: workflow.id,
            kind: workflow.kind.into(),
            title: workflow.title,
            orchestration_id: workflow.orchestration_id,
            orchestration: line.orchestration,
            destination_id: workflow.destination_id,
            destination: line.destination,
            state: workflow.state.into(),
            task: workflow.task.as_str(),
            rows: line.rows.into(),
            trouble: line.trouble.map(|trouble| TroubleRecord {
                code: trouble.as_str().to_owned(),
                title: trouble.title().to_owned(),
            }),
            sentence: workflow.sentence,
            waits: workflow.waits,
            stop_asked: workflow.stop_asked,
            requested_by: workflow.requested_by,
            created_at: workflow.created_at.to_string(),
            started_at: workflow.started_at.map(|at| at.to_string()),
            ended_at: workflow.ended_at.map(|at| at.to_string()),
        }
    }
}

/// A task of a workflow.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskRecord {
    /// `read`, `check`, `compare`, `send` or `confirm`, in this order.
    task: &'static str,
    /// `waiting`, `running`, `completed`, `failed` or `stopped`.
    state: String,
    /// When it began, at the latest try.
    #[schema(format = DateTime)]
    began_at: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// Rows that came in.
    rows_in: u64,
    /// Rows that went on to the next task.
    rows_out: u64,
}

impl From<TaskView> for TaskRecord {
    fn from(view: TaskView) -> Self {
        let report = view.report.unwrap_or_default();
        Self {
            task: view.task.as_str(),
            state: view.state,
            began_at: report.began_at.map(|at| at.to_string()),
            ended_at: report.ended_at.map(|at| at.to_string()),
            rows_in: report.rows_in,
            rows_out: report.rows_out,
        }
    }
}

/// What is worth knowing of many rows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowNote {
    /// What was repaired or left out.
    sentence: String,
    /// Of how many rows.
    rows: u64,
}

/// What a send will take.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SendEstimate {
    /// Users to be sent.
    users: u64,
    /// Requests that carry them.
    requests: u64,
    /// Seconds at the destination's rate.
    seconds: u64,
}

/// A workflow in full.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkflowDetails {
    #[serde(flatten)]
    workflow: WorkflowRecord,
    /// All five tasks, in their order.
    tasks: Vec<TaskRecord>,
    /// How much of the task at hand is done, in percent.
    percent: u64,
    /// Users a second since the first batch; null while it is not known.
    users_per_second: Option<u64>,
    /// Seconds until the last row at this rate; null while it is not known.
    seconds_left: Option<u64>,
    /// Requests to Zendesk.
    requests: u64,
    /// Jobs that Zendesk took.
    jobs: u64,
    /// Rows that were sent again since nobody knew what had become of them.
    sent_again: u64,
    /// Customers who left the query.
    leavers: u64,
    /// Those of them about whom something was done.
    leavers_done: u64,
    /// Fields that were repaired or left out.
    notes: Vec<RowNote>,
    /// What is worth knowing besides.
    warnings: Vec<String>,
    /// What the send will take, once a dry run knows it.
    estimate: Option<SendEstimate>,
    /// The credential string of its destination with the token hidden, where the trouble is about it.
    credential: Option<String>,
    /// Where the users of a test send are to be seen in Zendesk.
    links: Vec<String>,
    /// Which actions can be done about it, such as `resolve` and `retry`; none while it is at work.
    actions: Vec<String>,
}

impl From<WorkflowView> for WorkflowDetails {
    fn from(view: WorkflowView) -> Self {
        let actions = view.actions();
        let counts: Counts = view.counts;
        let notes = counts.notes.into_iter();
        Self {
            workflow: view.line.into(),
            tasks: view.tasks.into_iter().map(TaskRecord::from).collect(),
            percent: view.percent,
            users_per_second: view.pace.map(|pace| pace.rate),
            seconds_left: view.pace.map(|pace| pace.seconds_left),
            requests: counts.requests,
            jobs: counts.jobs,
            sent_again: counts.sent_again,
            leavers: counts.leavers,
            leavers_done: counts.leavers_done,
            notes: notes
                .map(|(sentence, rows)| RowNote { sentence, rows })
                .collect(),
            warnings: counts.warnings.into_iter().collect(),
            estimate: counts.estimate.map(|estimate| SendEstimate {
                users: estimate.users,
                requests: estimate.requests,
                seconds: estimate.seconds,
            }),
            credential: view.credential,
            links: view.links,
            actions: actions
                .iter()
                .map(|action| action.kind.as_str().to_owned())
                .collect(),
        }
    }
}
