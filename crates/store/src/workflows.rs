//! Workflows: one execution of a send, dry run or test send, as people see it (profile-send.md 1 and 4).

mod ending;
mod listing;

use clock::Dice;
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::clean;
use crate::cases::{maybe_moment, moment};
use crate::counters;
use crate::database::Tx;
use crate::error::{Error, Result};
use crate::ids::new_id;

pub use ending::{ask_to_stop, complete, fail, is_stop_asked, reopen, stop};
pub use listing::{WorkflowFilter, page};

/// Where a workflow stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkflowState {
    /// Asked for, or asked for again; not begun.
    Waiting,
    /// A worker has begun.
    Running,
    /// Ended by something that a person has to settle; can be opened again.
    Failed,
    /// Ended because a person asked; can be opened again.
    Stopped,
    /// Ended, whatever single rows met.
    Completed,
}

impl WorkflowState {
    /// Every state.
    pub const ALL: &'static [Self] = &[
        Self::Waiting,
        Self::Running,
        Self::Failed,
        Self::Stopped,
        Self::Completed,
    ];

    /// The word that is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Completed => "completed",
        }
    }

    /// The state of a word, exactly as written.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }

    /// Whether nothing more happens by itself.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Waiting | Self::Running => false,
            Self::Failed | Self::Stopped | Self::Completed => true,
        }
    }
}

/// What a workflow is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Rows are read from the source.
    Read,
    /// They are checked by rules.
    Check,
    /// They are compared with the ledger and with Zendesk.
    Compare,
    /// They are sent.
    Send,
    /// Their results are read.
    Confirm,
}

impl Task {
    /// Every task, in their order.
    pub const ALL: &'static [Self] = &[
        Self::Read,
        Self::Check,
        Self::Compare,
        Self::Send,
        Self::Confirm,
    ];

    /// The word that is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Check => "check",
            Self::Compare => "compare",
            Self::Send => "send",
            Self::Confirm => "confirm",
        }
    }

    /// The task of a word, exactly as written.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }
}

/// What a workflow does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkflowKind {
    /// Sends all rows.
    Send,
    /// Compares all rows and writes nothing.
    DryRun,
    /// Sends a few rows.
    Test,
}

impl WorkflowKind {
    /// The word that is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::DryRun => "dry_run",
            Self::Test => "test",
        }
    }

    /// The kind of a word, exactly as written.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Send, Self::DryRun, Self::Test]
            .into_iter()
            .find(|one| one.as_str() == word)
    }
}

/// What is known of a workflow when it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWorkflow {
    /// Whose it is; none for a send from the command line.
    pub orchestration_id: Option<String>,
    /// Where its rows go.
    pub destination_id: String,
    /// What it does.
    pub kind: WorkflowKind,
    /// What people see: the name of a file or of the orchestration.
    pub title: String,
    /// The source as it is set up now, as JSON of the engine's own.
    pub source: String,
    /// The settings as they are now, as JSON of the engine's own.
    pub settings: String,
    /// Who asked for it: a person, or `schedule`.
    pub requested_by: String,
}

/// One workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    /// Our id.
    pub id: String,
    /// What names it in the ledger; rises from one to the next.
    pub number: i64,
    /// Whose it is; none for a send from the command line, or once the orchestration was deleted.
    pub orchestration_id: Option<String>,
    /// Where its rows go.
    pub destination_id: String,
    /// What it does.
    pub kind: WorkflowKind,
    /// What people see: the name of a file or of the orchestration.
    pub title: String,
    /// The source as it was set up when it was asked for, as JSON of the engine's own.
    pub source: String,
    /// The settings it goes by, as JSON of the engine's own.
    pub settings: String,
    /// Where it stands.
    pub state: WorkflowState,
    /// What it is at, or was at when it ended.
    pub task: Task,
    /// What its tasks have done, as JSON of the engine's own.
    pub tasks: String,
    /// Its counts, as JSON of the engine's own.
    pub counts: String,
    /// What stopped it, as a word.
    pub trouble: Option<String>,
    /// What stopped it, as a person reads it.
    pub sentence: Option<String>,
    /// What it waits for at the moment, as a person reads it.
    pub waits: Option<String>,
    /// Which guards a person let it pass once, as JSON of the engine's own.
    pub approved: Option<String>,
    /// Whether a person asked it to stop.
    pub stop_asked: bool,
    /// Who asked for it: a person, or `schedule`.
    pub requested_by: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it first began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How it ended, as JSON of the engine's own.
    pub result: Option<String>,
}

fn workflow(row: &AnyRow) -> Result<Workflow> {
    let word = |column: &str| row.try_get::<String, _>(column);
    let damaged =
        |column: &str, word: &str| Error::Damaged(format!("{column} {word:?} of a workflow"));
    let (kind, state, task) = (word("kind")?, word("state")?, word("task")?);
    Ok(Workflow {
        id: word("id")?,
        number: row.try_get("number")?,
        orchestration_id: row.try_get("orchestration_id")?,
        destination_id: word("destination_id")?,
        kind: WorkflowKind::parse(&kind).ok_or_else(|| damaged("kind", &kind))?,
        title: word("title")?,
        source: word("source")?,
        settings: word("settings")?,
        state: WorkflowState::parse(&state).ok_or_else(|| damaged("state", &state))?,
        task: Task::parse(&task).ok_or_else(|| damaged("task", &task))?,
        tasks: word("tasks")?,
        counts: word("counts")?,
        trouble: row.try_get("trouble")?,
        sentence: row.try_get("sentence")?,
        waits: row.try_get("waits")?,
        approved: row.try_get("approved")?,
        stop_asked: row.try_get::<i64, _>("stop_asked")? != 0,
        requested_by: word("requested_by")?,
        created_at: moment(row, "created_at")?,
        started_at: maybe_moment(row, "started_at")?,
        ended_at: maybe_moment(row, "ended_at")?,
        result: row.try_get("result")?,
    })
}

/// Adds a workflow that waits, with nothing done.
///
/// # Errors
/// As the database says.
pub async fn add(
    tx: &mut Tx,
    new: &NewWorkflow,
    now: Timestamp,
    dice: &dyn Dice,
) -> Result<Workflow> {
    add_as(tx, new_id(now, dice), new, now).await
}

/// As [`add`], under an id that was chosen before.
///
/// # Errors
/// As [`add`].
pub async fn add_as(
    tx: &mut Tx,
    id: String,
    new: &NewWorkflow,
    now: Timestamp,
) -> Result<Workflow> {
    let row = sqlx::query(
        "INSERT INTO workflow (id, number, orchestration_id, destination_id, kind, title, source, settings, state, task, \
         tasks, counts, requested_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 'read', '{}', '{}', $9, $10) RETURNING *",
    )
    .bind(id)
    .bind(counters::take(tx, "workflow", 1).await?)
    .bind(new.orchestration_id.as_deref().map(clean))
    .bind(clean(&new.destination_id))
    .bind(new.kind.as_str().to_owned())
    .bind(clean(&new.title))
    .bind(clean(&new.source))
    .bind(clean(&new.settings))
    .bind(clean(&new.requested_by))
    .bind(now.as_microsecond())
    .fetch_one(&mut **tx)
    .await?;
    workflow(&row)
}

/// How many characters of an id are enough to look for a workflow by them.
const SHORTEST_PREFIX: usize = 6;

/// The workflow with this id, or the only one whose id begins so, if that is 6 characters or more. Ids
/// begin with the time, so of workflows made together people have to type more.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<Workflow>> {
    let id = clean(id.trim());
    let exact = sqlx::query("SELECT * FROM workflow WHERE id = $1")
        .bind(id.clone())
        .fetch_optional(&mut *connection)
        .await?;
    let is_prefix =
        id.len() >= SHORTEST_PREFIX && id.chars().all(|letter| letter.is_ascii_hexdigit());
    if exact.is_some() || !is_prefix {
        return exact.as_ref().map(workflow).transpose();
    }
    let id = id.to_ascii_lowercase();
    // Ids are made of 0 to 9 and a to f, so this is behind all that begin so.
    let end = format!("{id}g");
    let found = sqlx::query("SELECT * FROM workflow WHERE id >= $1 AND id < $2 LIMIT 2")
        .bind(id)
        .bind(end)
        .fetch_all(connection)
        .await?;
    match found.as_slice() {
        [only] => workflow(only).map(Some),
        _ => Ok(None),
    }
}

/// The last workflows, newest first, of all destinations or of one.
///
/// # Errors
/// As the database says.
pub async fn list(
    connection: &mut AnyConnection,
    destination: Option<&str>,
    limit: i64,
) -> Result<Vec<Workflow>> {
    let query = match destination {
        Some(id) => sqlx::query(
            "SELECT * FROM workflow WHERE destination_id = $2 ORDER BY created_at DESC, number DESC LIMIT $1",
        )
        .bind(limit)
        .bind(clean(id)),
        None => sqlx::query("SELECT * FROM workflow ORDER BY created_at DESC, number DESC LIMIT $1")
            .bind(limit),
    };
    query
        .fetch_all(connection)
        .await?
        .iter()
        .map(workflow)
        .collect()
}

/// What a destination has to do next: the workflow that runs, else the one that waits longest.
///
/// # Errors
/// As the database says.
pub async fn next_of(
    connection: &mut AnyConnection,
    destination_id: &str,
) -> Result<Option<Workflow>> {
    // In the order of letters, running comes before waiting.
    let row = sqlx::query(
        "SELECT * FROM workflow WHERE destination_id = $1 AND state IN ('running', 'waiting') \
         ORDER BY state, created_at, number LIMIT 1",
    )
    .bind(clean(destination_id))
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(workflow).transpose()
}

/// Notes that a worker has begun. One that runs already, taken over from a worker that died, stays as it
/// is.
///
/// # Errors
/// As the database says.
pub async fn start(tx: &mut Tx, id: &str, now: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE workflow SET state = 'running', started_at = COALESCE(started_at, $2) WHERE id = $1 AND state = 'waiting'",
    )
    .bind(clean(id))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes what an open workflow is at, has done so far and waits for, in the transaction that did it.
///
/// # Errors
/// As the database says.
pub async fn keep(
    tx: &mut Tx,
    id: &str,
    task: Task,
    tasks: &str,
    counts: &str,
    waits: Option<&str>,
) -> Result<()> {
    sqlx::query(
        "UPDATE workflow SET task = $2, tasks = $3, counts = $4, waits = $5 WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(clean(id))
    .bind(task.as_str().to_owned())
    .bind(clean(tasks))
    .bind(clean(counts))
    .bind(waits.map(clean))
    .execute(&mut **tx)
    .await?;
    Ok(())
}
