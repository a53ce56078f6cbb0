//! Runs: one execution of a pull, push or profile send, as people see it.

mod tracing;

use clock::Dice;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, clean};
use crate::cases::{maybe_moment, moment};
use crate::database::Tx;
use crate::error::{Error, Result};
use crate::ids::new_id;

pub use tracing::{Trace, last_completed, since};

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Asked for, not begun: set with the job.
    Waiting,
    /// A worker has begun.
    Running,
    /// Ended, whatever single records met.
    Completed,
    /// Ended by a problem that a person can read.
    Failed,
    /// Ended because a person asked.
    Stopped,
}

impl RunState {
    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// Whether the run has ended.
    pub fn is_over(self) -> bool {
        match self {
            Self::Waiting | Self::Running => false,
            Self::Completed | Self::Failed | Self::Stopped => true,
        }
    }

    fn parse(word: &str) -> Result<Self> {
        [
            Self::Waiting,
            Self::Running,
            Self::Completed,
            Self::Failed,
            Self::Stopped,
        ]
        .into_iter()
        .find(|state| state.as_str() == word)
        .ok_or_else(|| Error::Damaged(format!("run state {word:?}")))
    }
}

/// What became of the records of one stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Records that Zendesk sent, repeated ones included.
    pub read: u64,
    /// Records new to the mirror.
    pub created: u64,
    /// Records whose content differed from the mirror.
    pub updated: u64,
    /// Records whose content did not differ, and that cost no write.
    pub unchanged: u64,
}

/// What became of our own records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Made {
    /// New ones.
    pub created: u64,
    /// Changed ones.
    pub updated: u64,
}

/// The counters of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counters {
    /// Zendesk users.
    pub users: Tally,
    /// Tickets.
    pub tickets: Tally,
    /// Comments.
    pub comments: Tally,
    /// Cases.
    pub cases: Made,
    /// Contacts.
    pub contacts: Made,
    /// Fields that were changed on both sides.
    pub conflicts: u64,
    /// Changes of ours that reached Zendesk, or needed to no more.
    pub delivered: u64,
    /// Changes of ours that were parked.
    pub parked: u64,
    /// Requests sent to Zendesk, repeated ones included.
    pub requests: u64,
    /// Lines of the log that are warnings.
    pub warnings: u64,
}

impl Counters {
    /// Whether anything has come from Zendesk in this run.
    pub fn have_read_anything(&self) -> bool {
        self.users.read + self.tickets.read + self.comments.read > 0
    }

    /// Whether nothing in the mirror changed.
    pub fn are_idle(&self) -> bool {
        [self.users, self.tickets, self.comments]
            .iter()
            .all(|tally| tally.created + tally.updated == 0)
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Our id.
    pub id: String,
    /// Whose run it is.
    pub integration_id: String,
    /// `pull`.
    pub kind: String,
    /// Where it stands.
    pub state: RunState,
    /// What it is doing: `users`, `tickets`, …
    pub stage: String,
    /// What it has done.
    pub counters: Counters,
    /// Who asked for it: a person, or `schedule`.
    pub requested_by: String,
    /// Why it failed.
    pub problem: Option<String>,
    /// Whether a person asked it to stop.
    pub stop_requested: bool,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What happened.
    Info,
    /// Something a person may want to look at; the run went on.
    Warning,
    /// Why the run ended.
    Error,
}

impl Level {
    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Counts up per run.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// `info`, `warning` or `error`.
    pub level: String,
    /// What is to be told.
    pub line: String,
}

fn run(row: &AnyRow) -> Result<Run> {
    Ok(Run {
        id: row.try_get("id")?,
        integration_id: row.try_get("integration_id")?,
        kind: row.try_get("kind")?,
        state: RunState::parse(&row.try_get::<String, _>("state")?)?,
        stage: row.try_get("stage")?,
        counters: serde_json::from_str(&row.try_get::<String, _>("counters")?)
            .map_err(|error| Error::Damaged(format!("run counters: {error}")))?,
        requested_by: row.try_get("requested_by")?,
        problem: row.try_get("problem")?,
        stop_requested: row.try_get::<i64, _>("stop_requested")? != 0,
        created_at: moment(row, "created_at")?,
        started_at: maybe_moment(row, "started_at")?,
        ended_at: maybe_moment(row, "ended_at")?,
    })
}

/// The open run of an integration, or a new one that waits. Returns its id and whether it is new.
///
/// # Errors
/// As the database says.
pub async fn open_or_join(
    tx: &mut Tx,
    integration: &str,
    kind: &str,
    requested_by: &str,
    now: Timestamp,
    dice: &dyn Dice,
) -> Result<(String, bool)> {
    let id = new_id(now, dice);
    // On PostgreSQL an open run may end between the two statements; then there is room for ours,
    // unless somebody else is faster, again and again.
    for _ in 0..10 {
        let added = sqlx::query(
            "INSERT INTO run (id, integration_id, kind, state, stage, counters, requested_by, created_at) \
             VALUES ($1, $2, $3, 'waiting', 'waiting', '{}', $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(id.clone())
        .bind(clean(integration))
        .bind(clean(kind))
        .bind(clean(requested_by))
        .bind(now.as_microsecond())
        .execute(&mut **tx)
        .await?;
        if added.rows_affected() > 0 {
            return Ok((id, true));
        }
        let row = sqlx::query("SELECT id FROM run WHERE integration_id = $1 AND kind = $2 AND state IN ('waiting', 'running')")
            .bind(clean(integration))
            .bind(clean(kind))
            .fetch_optional(&mut **tx)
            .await?;
        if let Some(row) = row {
            return Ok((row.try_get("id")?, false));
        }
    }
    Err(Error::Busy)
}

/// Notes what the run is doing and has done so far, in the transaction that did it.
///
/// # Errors
/// As the database says.
pub async fn progress(
    tx: &mut Tx,
    id: &str,
    stage: &str,
    counters: &Counters,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE run SET state = 'running', problem = NULL, stage = $2, counters = $3, started_at = COALESCE(started_at, $4) WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(clean(id))
    .bind(clean(stage))
    .bind(serde_json::to_string(counters).map_err(|error| Error::Damaged(error.to_string()))?)
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that the run waits, and for what; it goes on by itself ([`progress`] clears it).
///
/// # Errors
/// As the database says.
pub async fn wait(tx: &mut Tx, id: &str, problem: &str) -> Result<()> {
    sqlx::query(
        "UPDATE run SET state = 'waiting', problem = $2 WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(clean(id))
    .bind(clean(problem))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends the run.
///
/// # Errors
/// As the database says.
pub async fn end(
    tx: &mut Tx,
    id: &str,
    state: RunState,
    problem: Option<&str>,
    counters: &Counters,
    now: Timestamp,
) -> Result<()> {
    sqlx::query("UPDATE run SET state = $2, problem = $3, counters = $4, ended_at = $5, idle = $6, started_at = COALESCE(started_at, $5) WHERE id = $1 AND ended_at IS NULL")
        .bind(clean(id))
        .bind(state.as_str().to_owned())
        .bind(problem.map(clean))
        .bind(serde_json::to_string(counters).map_err(|error| Error::Damaged(error.to_string()))?)
        .bind(now.as_microsecond())
        .bind(i64::from(state == RunState::Completed && counters.warnings == 0 && counters.are_idle()))
    .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Removes ended runs of an integration with their logs: idle ones that ended before `idle_before`,
/// others before `before`.
///
/// # Errors
/// As the database says.
pub async fn sweep(
    tx: &mut Tx,
    integration: &str,
    idle_before: Timestamp,
    before: Timestamp,
) -> Result<()> {
    sqlx::query(
        "DELETE FROM run WHERE integration_id = $1 AND created_at < $2 AND ended_at IS NOT NULL AND (idle = 1 OR created_at < $3)",
    )
    .bind(clean(integration))
    .bind(idle_before.as_microsecond())
    .bind(before.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Asks an open run to stop at its next page.
///
/// # Errors
/// As the database says.
pub async fn ask_to_stop(tx: &mut Tx, id: &str) -> Result<()> {
    sqlx::query("UPDATE run SET stop_requested = 1 WHERE id = $1 AND ended_at IS NULL")
        .bind(clean(id))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The run with this id.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<Run>> {
    let row = sqlx::query("SELECT * FROM run WHERE id = $1")
        .bind(clean(id))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(run).transpose()
}

/// The last runs of an integration, newest first.
///
/// # Errors
/// As the database says.
pub async fn latest(
    connection: &mut AnyConnection,
    integration: &str,
    limit: i64,
) -> Result<Vec<Run>> {
    behind(connection, integration, None, limit).await
}

/// As [`latest`], those that come behind the run `after`, if one is given.
///
/// # Errors
/// As the database says.
pub async fn behind(
    connection: &mut AnyConnection,
    integration: &str,
    after: Option<&Run>,
    limit: i64,
) -> Result<Vec<Run>> {
    let (at, id) = after.map_or((i64::MAX, ""), |run| {
        (run.created_at.as_microsecond(), run.id.as_str())
    });
    sqlx::query(
        "SELECT * FROM run WHERE integration_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3)) \
         ORDER BY created_at DESC, id DESC LIMIT $4",
    )
    .bind(clean(integration))
    .bind(at)
    .bind(clean(id))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(run)
    .collect()
}

static LOG: Bulk = Bulk::new("INSERT INTO run_log (run_id, seq, at, level, line)", 5, "");

/// Adds lines to a run's log. `first_seq` is the number of the first one; the caller counts.
///
/// # Errors
/// As the database says.
pub async fn log(
    tx: &mut Tx,
    id: &str,
    first_seq: i64,
    lines: &[(Level, String)],
    now: Timestamp,
) -> Result<()> {
    let rows: Vec<_> = (first_seq..).zip(lines).collect();
    LOG.run(tx, &rows, |row, (seq, (level, line))| {
        row.text(id)
            .int(*seq)
            .int(now.as_microsecond())
            .text(level.as_str())
            .text(line);
    })
    .await?;
    Ok(())
}

/// How many lines a run's log has.
///
/// # Errors
/// As the database says.
pub async fn log_length(connection: &mut AnyConnection, id: &str) -> Result<i64> {
    Ok(
        sqlx::query("SELECT COALESCE(MAX(seq), 0) AS n FROM run_log WHERE run_id = $1")
            .bind(clean(id))
            .fetch_one(connection)
            .await?
            .try_get("n")?,
    )
}

/// The lines of a run's log after `after_seq`, at most `limit`; only warnings and errors if asked.
///
/// # Errors
/// As the database says.
pub async fn read_log(
    connection: &mut AnyConnection,
    id: &str,
    after_seq: i64,
    limit: i64,
    only_problems: bool,
) -> Result<Vec<LogLine>> {
    sqlx::query(
        "SELECT seq, at, level, line FROM run_log WHERE run_id = $1 AND seq > $2 AND ($4 = 0 OR level <> 'info') ORDER BY seq LIMIT $3",
    )
    .bind(clean(id))
    .bind(after_seq)
    .bind(limit)
    .bind(i64::from(only_problems))
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(LogLine {
            seq: row.try_get("seq")?,
            at: moment(row, "at")?,
            level: row.try_get("level")?,
            line: row.try_get("line")?,
        })
    })
    .collect()
}
