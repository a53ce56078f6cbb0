//! `deskbridge sync`: a pull now, seen through to its end.

use anyhow::anyhow;
use engine::schedule;
use jiff::{SignedDuration, Timestamp};
use store::runs::RunState;

use crate::commands::integration;
use crate::installation::{ACTOR, Place};
use crate::output;
use crate::progress;
use crate::summary::Summary;

/// Arguments of `sync`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  deskbridge sync acme\n  deskbridge sync acme --json | jq .cases\n  deskbridge sync acme --dry-run"
)]
pub(crate) struct Arguments {
    /// Which integration
    name: String,
    /// Prints one JSON object when the run has ended, and no progress
    #[arg(long)]
    json: bool,
    /// Changes nothing: shows every field that a run would change
    #[arg(long)]
    dry_run: bool,
}

/// Does it.
pub(crate) async fn run(place: Place, arguments: Arguments) -> anyhow::Result<()> {
    let installation = place.open().await?;
    let engine = &installation.engine;
    let found = integration::find(engine, &arguments.name).await?;
    if arguments.dry_run {
        return dry_run(engine, &found, arguments.json).await;
    }
    let scheduled = schedule::schedule_sync(engine, &found, ACTOR).await?;
    if scheduled.joined && !arguments.json {
        output::note("A run was waiting or going on already; this is it.");
    }
    let ended = Box::pin(progress::see_through(
        engine,
        &found.id,
        &scheduled.run_id,
        None,
        arguments.json,
    ))
    .await?;
    let summary = Summary::of(engine, ended).await?;
    installation.close().await;
    summary.tell(arguments.json)
}

/// The most characters of a sentence that are shown: more than any comment that Zendesk takes.
const LONGEST: usize = 70_000;
/// How the folder of a dry run's copy begins.
const FOLDER: &str = "deskbridge-dry-run-";
/// How old such a folder is that nobody works in any more.
const LEFT: SignedDuration = SignedDuration::from_hours(24);

/// Removes copies whose dry run was killed before it could: they hold what the database holds. What
/// cannot be looked at or removed is somebody else's.
fn remove_left(now: Timestamp) {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else {
        return;
    };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(FOLDER);
        let is_old = entry
            .metadata()
            .and_then(|about| about.modified())
            .ok()
            .and_then(|at| Timestamp::try_from(at).ok())
            .is_some_and(|at| now.duration_since(at) > LEFT);
        if is_ours && is_old {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

async fn dry_run(
    engine: &engine::Engine,
    found: &store::integrations::Integration,
    json: bool,
) -> anyhow::Result<()> {
    remove_left(engine.now());
    let folder = tempfile::Builder::new()
        .prefix(FOLDER)
        .tempdir()
        .map_err(|error| anyhow!("No temporary folder can be made for the dry run: {error}. Free some room or set TMPDIR."))?;
    let would = Box::pin(engine::dry_run::dry_run(engine, found, folder.path())).await?;
    if json {
        let counters = &would.counters;
        output::json(&serde_json::json!({
            "dry_run": true,
            "state": would.state.as_str(),
            "problem": would.problem,
            "users": counters.users,
            "tickets": counters.tickets,
            "comments": counters.comments,
            "cases": counters.cases,
            "contacts": counters.contacts,
            "conflicts": counters.conflicts,
            "requests": counters.requests,
            "changes": would.changes.sentences,
            "changes_more": would.changes.more,
            "sendings": would.sendings.sentences,
            "sendings_more": would.sendings.more,
            "parked": would.parked.sentences,
            "parked_more": would.parked.more,
            "warnings": would.warnings.sentences,
            "warnings_more": would.warnings.more,
        }))?;
        return ended(would.state, would.problem);
    }
    for (told, what) in [
        (&would.changes, "fields would change here"),
        (&would.sendings, "values would be written in Zendesk"),
        (&would.parked, "changes would wait or be parked"),
    ] {
        for sentence in &told.sentences {
            output::line(&output::shown(sentence, LONGEST));
        }
        if told.more > 0 {
            output::line(&format!("And {} more {what}.", told.more));
        }
    }
    for warning in &would.warnings.sentences {
        output::note(&format!("warning: {warning}"));
    }
    if would.warnings.more > 0 {
        output::note(&format!("And {} more warnings.", would.warnings.more));
    }
    let counters = &would.counters;
    output::line(&format!(
        "A run now would make {} cases and change {}, make {} contacts and change {}, and write {} values, comments or tickets in Zendesk. Nothing was changed.",
        counters.cases.created,
        counters.cases.updated,
        counters.contacts.created,
        counters.contacts.updated,
        would.sendings.sentences.len() + would.sendings.more
    ));
    ended(would.state, would.problem)
}

fn ended(state: RunState, problem: Option<String>) -> anyhow::Result<()> {
    if state == RunState::Completed {
        return Ok(());
    }
    Err(anyhow!(problem.unwrap_or_else(|| {
        format!("A run now would end in the state {}.", state.as_str())
    })))
}
