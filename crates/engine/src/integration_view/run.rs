//! A run as somebody watches it (ticket-sync.md 6): stage, records, rate, budget left, log.

use jiff::{SignedDuration, Timestamp};
use store::integrations::{self, Integration};
use store::runs::{self, LogLine, Run};

use super::RunLine;
use crate::budget::{self, BudgetView};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// How many lines of the log are shown: the last ones.
const LINES: i64 = 50;
/// The stages of a pull, in their order.
const STAGES: [&str; 5] = ["users", "tickets", "comments", "people", "push"];

/// A run as somebody watches it.
#[derive(Debug, Clone)]
pub struct RunView {
    /// The run.
    pub run: Run,
    /// Whose it is.
    pub integration: Integration,
    /// What its account's limits leave us.
    pub budget: BudgetView,
    /// Records read so far: users, tickets and comments.
    pub records: u64,
    /// Records read a second, once it has worked for a second.
    pub rate: Option<f64>,
    /// Which of how many stages it is in.
    pub stage: Option<(usize, usize)>,
    /// How long the last whole run that found something took, as a measure for this one.
    pub usual: Option<SignedDuration>,
    /// The last lines of its log, oldest first.
    pub log: Vec<LogLine>,
    /// How many lines came before them.
    pub earlier: i64,
    /// When this was looked at.
    pub seen_at: Timestamp,
}

impl RunView {
    /// Since when it has worked, and until when.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let began = self.run.started_at?;
        Some((began, self.run.ended_at.unwrap_or(self.seen_at)))
    }

    /// How long it will still take, as far as the last run that found something tells: Zendesk's exports
    /// do not say how much is left. None if it is over, or has outlasted that one.
    pub fn time_left(&self) -> Option<SignedDuration> {
        let (began, until) = self.span()?;
        if self.run.ended_at.is_some() {
            return None;
        }
        let left = self.usual? - until.duration_since(began);
        left.is_positive().then_some(left)
    }

    /// What is left of what we may spend this minute.
    pub fn budget_left(&self) -> Option<u32> {
        let allowance = self.budget.allowance?;
        Some(allowance.saturating_sub(self.budget.spent))
    }
}

/// The run with this id, as somebody watches it; `None` if there is none.
///
/// # Errors
/// As the database says, or if the integration's address is none.
pub async fn run(engine: &Engine, id: &str) -> Result<Option<RunView>> {
    let mut reader = engine.store.read().await?;
    let Some(run) = runs::find(&mut reader, id).await? else {
        return Ok(None);
    };
    let Some(integration) = integrations::find(&mut reader, &run.integration_id).await? else {
        return Ok(None);
    };
    let length = runs::log_length(&mut reader, id).await?;
    let earlier = (length - LINES).max(0);
    let log = runs::read_log(&mut reader, id, earlier, LINES, false).await?;
    let usual = usual(&runs::latest(&mut reader, &integration.id, 20).await?, &run);
    drop(reader);
    let now = engine.now();
    let counters = &run.counters;
    let records = counters.users.read + counters.tickets.read + counters.comments.read;
    let worked = run
        .started_at
        .map(|began| run.ended_at.unwrap_or(now).duration_since(began))
        .filter(|worked| worked.as_secs() >= 1);
    Ok(Some(RunView {
        budget: budget::view(engine, &integration).await?,
        rate: worked.map(|worked| per_second(records, worked)),
        stage: STAGES
            .iter()
            .position(|stage| *stage == run.stage)
            .map(|at| (at + 1, STAGES.len())),
        records,
        usual,
        log,
        earlier,
        seen_at: now,
        integration,
        run,
    }))
}

/// A page of an integration's runs, newest first.
#[derive(Debug, Clone)]
pub struct RunPage {
    /// The runs.
    pub runs: Vec<RunLine>,
    /// The id to give as `after` for the next page; none on the last one.
    pub next: Option<String>,
}

/// The runs of an integration (by id), at most `limit` (at least 1), behind the run with the id `after`.
///
/// # Errors
/// [`Error::Refused`] if there is no run `after`.
pub async fn list(
    engine: &Engine,
    integration: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<RunPage> {
    let reader = &mut *engine.store.read().await?;
    let after = match after {
        Some(id) => Some(runs::find(reader, id).await?.ok_or_else(|| {
            Error::Refused(format!(
                "There is no run {id:?} to go on behind: old ones are removed. Begin again without it."
            ))
        })?),
        None => None,
    };
    let most = i64::try_from(limit).unwrap_or(i64::MAX - 1);
    let mut found = runs::behind(reader, integration, after.as_ref(), most + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    Ok(RunPage {
        next: found.last().filter(|_| more).map(|run| run.id.clone()),
        runs: found.into_iter().map(RunLine::from).collect(),
    })
}

/// A page of a run's log, oldest first.
#[derive(Debug, Clone)]
pub struct LogPage {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// What to give as `after` for the next page; none on the last one.
    pub next: Option<i64>,
}

/// The log of a run (by id), at most `limit` lines (at least 1), behind the line of the number `after`;
/// only warnings and errors if asked.
///
/// # Errors
/// As the database says.
pub async fn log(
    engine: &Engine,
    run: &str,
    after: i64,
    limit: usize,
    only_problems: bool,
) -> Result<LogPage> {
    let reader = &mut *engine.store.read().await?;
    let most = i64::try_from(limit).unwrap_or(i64::MAX - 1);
    let mut lines = runs::read_log(reader, run, after, most + 1, only_problems).await?;
    let more = lines.len() > limit;
    lines.truncate(limit);
    Ok(LogPage {
        next: lines.last().filter(|_| more).map(|line| line.seq),
        lines,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate is shown with one digit behind the point"
)]
fn per_second(records: u64, worked: SignedDuration) -> f64 {
    records as f64 / worked.as_secs_f64()
}

/// How long the newest other run took that came to its end and found something.
fn usual(latest: &[Run], run: &Run) -> Option<SignedDuration> {
    latest
        .iter()
        .filter(|other| other.id != run.id && other.state == runs::RunState::Completed)
        .filter(|other| !other.counters.are_idle())
        .find_map(|other| Some(other.ended_at?.duration_since(other.started_at?)))
}
