//! `send`: the rows of a file to a destination, now.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;
use engine::Engine;
use engine::orchestrations::Asked;
use engine::profile_send::{SendSettings, SourceSpec};
use engine::workflows::{self, Plan};
use store::leases;
use store::workflows::{Workflow, WorkflowKind};

use crate::commands::destination;
use crate::commands::form::FormFlags;
use crate::commands::workflow::tell_links;
use crate::installation::{ACTOR, Place};
use crate::{map_file, output, workflow_run};

/// Arguments of `send`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  deskbridge send people.csv --to support --dry-run\n  deskbridge send people.csv --to support --test 10\n  deskbridge send people.csv --to support --json | jq .rows\n  deskbridge send people.parquet --to support --map map.toml\n  deskbridge send export.txt --to support --delimiter tab --encoding windows-1252",
    after_long_help = long_help()
)]
pub(crate) struct Arguments {
    /// CSV, JSON Lines or Parquet; plain, gzip or Zstandard
    file: PathBuf,
    /// Which destination
    #[arg(long, value_name = "DESTINATION")]
    to: String,
    /// A file that says which column is what, and what becomes of bad values; `deskbridge help send`
    /// shows one
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    #[command(flatten)]
    form: FormFlags,
    #[command(flatten)]
    how: How,
    /// Ignores what was sent before, and sends every row
    #[arg(long)]
    full: bool,
    /// Sends each user with a call of its own, one a second: for accounts without bulk import
    #[arg(long)]
    one_by_one: bool,
}

fn long_help() -> String {
    format!(
        "Examples:\n  deskbridge send people.csv --to support --dry-run\n  deskbridge send people.csv --to support --test 10\n  deskbridge send people.csv --to support --json | jq .rows\n\n{}",
        map_file::HELP
    )
}

/// What kind of run is wanted, and how it is told.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct How {
    /// Compares with Zendesk and writes nothing
    #[arg(long, conflicts_with = "test")]
    dry_run: bool,
    /// Sends the first N rows, 10 to 100, to look at in Zendesk
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(10..=100))]
    test: Option<u64>,
    /// Prints one JSON object when it has ended, and no progress
    #[arg(long)]
    json: bool,
}

impl How {
    fn kind(self) -> WorkflowKind {
        match (self.dry_run, self.test) {
            (true, _) => WorkflowKind::DryRun,
            (false, Some(_)) => WorkflowKind::Test,
            (false, None) => WorkflowKind::Send,
        }
    }

    /// As an orchestration is asked for it.
    pub(crate) fn asked(self, full: bool) -> Asked {
        Asked {
            kind: self.kind(),
            first: self.test,
            full,
        }
    }

    /// Sees the workflow through that was begun so, and tells how it ended.
    ///
    /// # Errors
    /// As [`workflow_run::tell`].
    pub(crate) async fn finish(self, engine: &Engine, workflow: &Workflow) -> anyhow::Result<()> {
        finish(engine, workflow, self.json).await
    }
}

/// Sees a workflow through and tells how it ended.
///
/// # Errors
/// As [`workflow_run::tell`].
pub(crate) async fn finish(engine: &Engine, workflow: &Workflow, json: bool) -> anyhow::Result<()> {
    let ended = see_through(engine, workflow, json).await?;
    let told = workflow_run::tell(&ended, json);
    if !json {
        tell_links(engine, &ended).await?;
    }
    told
}

/// As [`workflow_run::see_through`]. If it is broken off, whoever goes on with the workflow need not wait
/// until the lease of this process runs out.
///
/// # Errors
/// As [`workflow_run::see_through`].
pub(crate) async fn see_through(
    engine: &Engine,
    workflow: &Workflow,
    json: bool,
) -> anyhow::Result<Workflow> {
    let ended = Box::pin(workflow_run::see_through(engine, workflow, json)).await;
    if ended.is_err() {
        let is_ours = |holder: &str| holder == engine.settings.holder;
        // The database may be what broke it off. Then the lease runs out.
        drop(leases::free_abandoned(&engine.store, &is_ours).await);
    }
    ended
}

/// Does it.
pub(crate) async fn run(place: Place, arguments: Arguments) -> anyhow::Result<()> {
    // Before anything is opened: a wrong call stays without effect.
    let mut settings = match &arguments.map {
        Some(map) => map_file::read(map)?,
        None => SendSettings::default(),
    };
    let form = arguments.form.form()?;
    settings.full = arguments.full;
    settings.first = arguments.how.test;
    settings.one_by_one = arguments.one_by_one;
    // Another process, started elsewhere, may go on with the workflow.
    let path = std::path::absolute(&arguments.file).map_err(|error| {
        anyhow!(
            "The path {} cannot be used: {error}.",
            arguments.file.display()
        )
    })?;
    let installation = place.open().await?;
    let engine = &installation.engine;
    let destination = destination::find(engine, &arguments.to).await?;
    let plan = Plan {
        destination: &destination,
        orchestration: None,
        kind: arguments.how.kind(),
        source: SourceSpec::File {
            path,
            anywhere: true,
            form,
        },
        settings,
        requested_by: ACTOR,
    };
    if !arguments.how.json {
        output::note(&format!(
            "Sending to {} ({}).",
            output::shown(&destination.name, 80),
            output::shown(&destination.account, 80)
        ));
    }
    let ended = match workflows::begin(engine, plan).await {
        Ok(workflow) => Box::pin(arguments.how.finish(engine, &workflow)).await,
        Err(error) => Err(error.into()),
    };
    installation.close().await;
    ended
}
