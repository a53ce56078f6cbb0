//! A run while it is going on: its log, its counters, its end.

use jiff::{SignedDuration, Timestamp};
use store::Tx;
use store::jobs::{self, Job};
use store::runs::{self, Counters, Level, RunState};

use crate::engine::Engine;
use crate::error::{Error, Result, When};
use crate::outgoing_webhooks::{Happening, tell};

/// Lines that a run's log takes; what is beyond is only counted.
const LOG_LINES: i64 = 1_000;
/// How long ended jobs, runs that found nothing to do, and other runs are kept.
const KEEP_JOBS: SignedDuration = SignedDuration::from_hours(7 * 24);
const KEEP_IDLE_RUNS: SignedDuration = SignedDuration::from_hours(24);
const KEEP_RUNS: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A run that is going on, whether or not its account could be reached.
pub(in crate::case_sync) struct OpenRun<'a> {
    pub(super) engine: &'a Engine,
    pub(super) job: &'a Job,
    pub(super) id: String,
    pub(super) counters: Counters,
    pub(super) requests_before: u64,
    pub(super) log_length: i64,
    pub(super) has_counted: bool,
}

impl OpenRun<'_> {
    pub(super) fn changed_anything(&self) -> bool {
        !self.counters.are_idle()
    }

    /// Ends the run and its job.
    ///
    /// # Errors
    /// As the database says. A lost lease is told apart: the run is somebody else's then.
    pub(in crate::case_sync) async fn end(&mut self, outcome: Result<()>) -> Result<()> {
        let (state, problem) = match &outcome {
            Ok(()) => (RunState::Completed, None),
            Err(Error::Store(store::Error::LeaseLost)) => return outcome,
            Err(Error::Stopped) => (RunState::Stopped, Some(Error::Stopped.to_string())),
            Err(error) => (RunState::Failed, Some(error.to_string())),
        };
        let now = self.engine.now();
        let mut tx = self.engine.store.begin().await?;
        jobs::end(&mut tx, self.job, problem.as_deref(), now).await?;
        if let Some(problem) = &problem {
            let line = [(Level::Error, problem.clone())];
            runs::log(&mut tx, &self.id, self.log_length + 1, &line, now).await?;
        }
        runs::end(
            &mut tx,
            &self.id,
            state,
            problem.as_deref(),
            &self.counters,
            now,
        )
        .await?;
        let integration = &self.job.subject;
        let told = [Happening::run_ended(
            &self.id,
            integration,
            state,
            &self.counters,
        )];
        tell(self.engine, &mut tx, &told, now).await?;
        sweep(&mut tx, self.job, now).await?;
        self.engine.reached("run: before its end is committed");
        tx.commit().await?;
        self.engine.reached("run: after its end is committed");
        if let Err(error) = outcome
            && error.when() == When::Never
        {
            tracing::error!("a run ended with a defect: {error}");
        }
        Ok(())
    }
}

/// Leaves as many lines as a log of this length still takes. The last one it takes says that it is
/// full.
pub(super) fn bound(lines: &mut Vec<(Level, String)>, log_length: i64) {
    let room = usize::try_from(LOG_LINES - 1 - log_length).unwrap_or(0);
    if lines.len() <= room {
        return;
    }
    lines.truncate(room);
    if log_length < LOG_LINES {
        let full = format!(
            "This run's log is full at {LOG_LINES} lines; further warnings are only counted."
        );
        lines.push((Level::Warning, full));
    }
}

/// Keeps the tables of ended work small: with a pull a minute they would outgrow the cases.
async fn sweep(tx: &mut Tx, job: &Job, now: Timestamp) -> store::Result<()> {
    let before = |age: SignedDuration| now.saturating_sub(age).unwrap_or(now);
    jobs::sweep(tx, before(KEEP_JOBS)).await?;
    runs::sweep(tx, &job.subject, before(KEEP_IDLE_RUNS), before(KEEP_RUNS)).await
}
