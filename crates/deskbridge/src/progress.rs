//! What a person sees while a run goes on: a moving line on a terminal, plain lines elsewhere.
//! Both on standard error, so that the result stays clean.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use engine::{Engine, worker};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use store::runs::{self, Counters, Run, RunState};

use crate::output;

/// How often the run is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How often a plain line is written while the stage stays the same.
const LINE: Duration = Duration::from_secs(5);

/// Sees the run through and shows how far it is. `expected` is how many records there will be, if
/// that is known. With `quiet` nothing is shown.
///
/// # Errors
/// As [`worker::see_through`].
pub(crate) async fn see_through(
    engine: &Engine,
    integration_id: &str,
    run_id: &str,
    expected: Option<u64>,
    quiet: bool,
) -> anyhow::Result<Run> {
    let work = Box::pin(worker::see_through(engine, integration_id, run_id));
    if quiet {
        return Ok(work.await?);
    }
    if output::is_watched() {
        return Ok(beside(work, bar(engine, run_id, expected)).await?);
    }
    let run = beside(work, lines(engine, run_id)).await?;
    output::note(&format!("{} at {}", run.state.as_str(), words(&run)));
    Ok(run)
}

/// Drives `show` beside `work`, until `work` is done.
async fn beside<T>(work: impl Future<Output = T>, show: impl Future<Output = ()>) -> T {
    let (mut work, show) = (pin!(work), pin!(show));
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = show => {}
    }
    work.await
}

/// Ends quietly when the run cannot be read: showing is never worth failing for.
async fn look(engine: &Engine, run_id: &str) -> Option<Run> {
    let mut reader = engine.store.read().await.ok()?;
    runs::find(&mut reader, run_id).await.ok().flatten()
}

async fn bar(engine: &Engine, run_id: &str, expected: Option<u64>) {
    // Dropped with this future: then the line is cleared, whatever ended the run.
    let bar = Cleared(match expected {
        Some(expected) => ProgressBar::new(expected).with_style(style(
            "{spinner} [{bar:30}] {percent:>3} %  {msg}  {per_sec}",
        )),
        None => {
            ProgressBar::new_spinner().with_style(style("{spinner} {elapsed}  {msg}  {per_sec}"))
        }
    });
    loop {
        let Some(run) = look(engine, run_id).await else {
            return;
        };
        bar.0.set_message(words(&run));
        bar.0.set_position(records(&run.counters));
        bar.0.tick();
        engine.clock.beat(LOOK).await;
    }
}

struct Cleared(ProgressBar);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

async fn lines(engine: &Engine, run_id: &str) {
    let mut said: Option<(String, Timestamp)> = None;
    loop {
        let Some(run) = look(engine, run_id).await else {
            return;
        };
        let now = engine.now();
        let due = said.as_ref().is_none_or(|(stage, at)| {
            *stage != run.stage || now.duration_since(*at).as_secs() >= LINE.as_secs().cast_signed()
        });
        if due && run.state != RunState::Waiting {
            output::note(&words(&run));
            said = Some((run.stage, now));
        }
        engine.clock.beat(LOOK).await;
    }
}

fn words(run: &Run) -> String {
    let Counters {
        users,
        tickets,
        comments,
        cases,
        requests,
        ..
    } = &run.counters;
    format!(
        "{}: {} users, {} tickets, {} comments read; {} cases made; {} requests",
        run.stage, users.read, tickets.read, comments.read, cases.created, requests
    )
}

fn records(counters: &Counters) -> u64 {
    counters.users.read + counters.tickets.read + counters.comments.read
}
