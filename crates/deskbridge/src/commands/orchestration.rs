//! `orchestration`: from a query to a destination, how and when.

mod change;
mod show;
mod timing;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use domain::profile::leaver::OnLeave;
use engine::Engine;
use store::orchestrations::{self, Orchestration};

use crate::commands::naming::one_of;
use crate::commands::send::How;
use crate::installation::{ACTOR, Place};
use crate::map_file;
use timing::TimingFlags;

/// What to do with orchestrations.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Adds one, inactive: it runs when asked for until it is activated
    #[command(
        after_help = "Examples:\n  deskbridge orchestration add nightly --query people --to support --map map.toml --cron '0 6 * * *' --time-zone Europe/Berlin\n  deskbridge orchestration add later --query spenders --to support --after nightly --only-if-changed",
        after_long_help = long_help()
    )]
    Add {
        /// A name for it
        name: String,
        /// Which query
        #[arg(long, value_name = "NAME")]
        query: String,
        /// Which destination
        #[arg(long, value_name = "DESTINATION")]
        to: String,
        #[command(flatten)]
        settings: SettingsFlags,
        #[command(flatten)]
        timing: TimingFlags,
    },
    /// Changes one; what is not given stays
    Edit {
        /// Which one
        name: String,
        /// A new name for it
        #[arg(long = "name", value_name = "NEW")]
        new_name: Option<String>,
        /// Another query
        #[arg(long, value_name = "NAME")]
        query: Option<String>,
        /// Another destination
        #[arg(long, value_name = "DESTINATION")]
        to: Option<String>,
        #[command(flatten)]
        settings: SettingsFlags,
        #[command(flatten)]
        timing: TimingFlags,
    },
    /// Runs it now and sees it through, as `send` does
    #[command(
        after_help = "Examples:\n  deskbridge orchestration run nightly --dry-run\n  deskbridge orchestration run nightly --json"
    )]
    Run {
        /// Which one
        name: String,
        #[command(flatten)]
        how: How,
        /// Ignores what was sent before, and sends every row
        #[arg(long)]
        full: bool,
    },
    /// Says when it runs
    #[command(
        after_help = "Examples:\n  deskbridge orchestration schedule nightly --cron '0 6 * * *' --time-zone Europe/Berlin\n  deskbridge orchestration schedule later --after nightly\n  deskbridge orchestration schedule nightly --mode manual"
    )]
    Schedule {
        /// Which one
        name: String,
        #[command(flatten)]
        timing: TimingFlags,
    },
    /// Lets it run by itself, as it is scheduled
    Activate {
        /// Which one
        name: String,
    },
    /// It runs only when asked for
    Deactivate {
        /// Which one
        name: String,
    },
    /// Lists them
    List {
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Deletes one. Its workflows stay, and what was sent
    Delete {
        /// Which one
        name: String,
    },
}

fn long_help() -> String {
    format!(
        "Example:\n  deskbridge orchestration add nightly --query people --to support --map map.toml --cron '0 6 * * *' --time-zone Europe/Berlin\n\n{}",
        map_file::HELP
    )
}

/// What becomes of the rows.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SettingsFlags {
    /// A file that says which column is what, and what becomes of bad values, as for `send`; it replaces
    /// what was there
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// What becomes of customers who are no longer in the query (keep unless said)
    #[arg(long, value_enum)]
    on_leave: Option<Leaving>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Who is mailed of its alerts beside those of the configuration, with commas between them; '' for
    /// nobody
    #[arg(long, value_name = "ADDRESSES")]
    alert_to: Option<String>,
}

/// What becomes of customers who left.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Leaving {
    /// Nothing
    #[value(name = "keep")]
    Keep,
    /// The tags that we set are taken away
    #[value(name = "remove_tags")]
    RemoveTags,
    /// The custom fields that we set are cleared
    #[value(name = "clear_fields")]
    ClearFields,
    /// The user is barred from signing in
    #[value(name = "suspend")]
    Suspend,
    /// The user is deleted
    #[value(name = "delete")]
    Delete,
}

impl Leaving {
    const fn kind(self) -> OnLeave {
        match self {
            Self::Keep => OnLeave::Keep,
            Self::RemoveTags => OnLeave::RemoveTags,
            Self::ClearFields => OnLeave::ClearFields,
            Self::Suspend => OnLeave::Suspend,
            Self::Delete => OnLeave::Delete,
        }
    }
}

/// Does it.
pub(crate) async fn run(place: Place, action: Action) -> anyhow::Result<()> {
    let installation = place.open().await?;
    let engine = &installation.engine;
    let done = match action {
        Action::Add {
            name,
            query,
            to,
            settings,
            timing,
        } => change::add(engine, &name, (&query, &to), &settings, &timing).await,
        Action::Edit {
            name,
            new_name,
            query,
            to,
            settings,
            timing,
        } => {
            let edit = change::Edit {
                new_name,
                query,
                to,
                settings,
                timing,
            };
            change::edit(engine, &name, &edit).await
        }
        Action::Run { name, how, full } => Box::pin(run_now(engine, &name, how, full)).await,
        Action::Schedule { name, timing } => change::schedule(engine, &name, timing).await,
        Action::Activate { name } => change::set_active(engine, &name, true).await,
        Action::Deactivate { name } => change::set_active(engine, &name, false).await,
        Action::List { json } => show::all(engine, json).await,
        Action::Delete { name } => change::delete(engine, &name).await,
    };
    installation.close().await;
    done
}

/// The orchestration named so.
///
/// # Errors
/// A sentence that lists the names there are.
async fn find(engine: &Engine, name: &str) -> anyhow::Result<Orchestration> {
    let all = orchestrations::list(&mut *engine.store.read().await?).await?;
    one_of("orchestration", name, all, |one| (&one.id, &one.name))
}

async fn run_now(engine: &Engine, name: &str, how: How, full: bool) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let workflow = engine::orchestrations::begin(engine, &found, how.asked(full), ACTOR).await?;
    Box::pin(how.finish(engine, &workflow)).await
}
