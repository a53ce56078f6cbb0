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
    output::note(&words(run.state.as_str(), &run.counters));
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
    // The message is cut to the width of the terminal, so that the line stays one line.
    let bar = Cleared(match expected {
        Some(expected) => ProgressBar::new(expected)
            .with_style(style("{spinner} [{bar:20}] {percent:>3} %  {wide_msg}")),
        None => ProgressBar::new_spinner().with_style(style("{spinner} {elapsed}  {wide_msg}")),
    });
    loop {
        let Some(run) = look(engine, run_id).await else {
            return;
        };
        let read = records(&run.counters);
        bar.0.set_message(format!(
            "{}{}",
            rate(&run, read, engine.now()),
            words(&run.stage, &run.counters)
        ));
        bar.0.set_position(read);
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
            output::note(&words(&run.stage, &run.counters));
            said = Some((run.stage, now));
        }
        engine.clock.beat(LOOK).await;
    }
}

fn words(stage: &str, counters: &Counters) -> String {
    let Counters {
        users,
        tickets,
        comments,
        cases,
        requests,
        ..
    } = counters;
    format!(
        "{stage}: {} users, {} tickets, {} comments read; {} cases made; {requests} requests",
        users.read, tickets.read, comments.read, cases.created
    )
}

/// Records a second since the run began.
fn rate(run: &Run, read: u64, now: Timestamp) -> String {
    let seconds = run
        .started_at
        .map_or(0, |start| now.duration_since(start).as_secs());
    match u64::try_from(seconds) {
        Ok(seconds @ 1..) => format!("{}/s  ", read / seconds),
        _ => String::new(),
    }
}

fn records(counters: &Counters) -> u64 {
    counters.users.read + counters.tickets.read + counters.comments.read
}
