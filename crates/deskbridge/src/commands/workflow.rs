//! `workflow`: sends, dry runs and test sends, and what people do about those that failed.

mod act;
mod rows;
mod show;
mod users;

use clap::{Args, Subcommand, ValueEnum};
use domain::profile::action::{ActionKind, ConflictChoice};
use engine::{Engine, workflows};
use store::workflows::Workflow;

use crate::commands::destination;
use crate::installation::Place;
use crate::output;
pub(crate) use users::tell_links;

/// What to do with workflows.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Lists them, the newest first
    List {
        /// Only those of this destination
        #[arg(long, value_name = "DESTINATION")]
        to: Option<String>,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=100_000))]
        limit: i64,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Shows one: its tasks, its counts, what made it fail and what can be done about it, step by step
    Show(One),
    /// Shows rows that were not sent, with the reason, or writes them into a file
    #[command(
        after_help = "Examples:\n  deskbridge workflow rows ID --outcome failed\n  deskbridge workflow rows ID --outcome rejected --csv rejected.csv"
    )]
    Rows(rows::Arguments),
    /// Checks whether the cause of a failure is gone, and goes on from the failed task
    #[command(
        after_help = "It goes by the current configuration. `deskbridge workflow show ID` lists the actions that are offered.\n\nExamples:\n  deskbridge workflow resolve ID\n  deskbridge workflow resolve ID --action approve_once"
    )]
    Resolve {
        /// Another way than to have put the cause right
        #[arg(long, value_enum)]
        action: Option<Resolution>,
        #[command(flatten)]
        going: Going,
    },
    /// Goes on from the failed task with the same inputs
    Retry {
        /// Sends rows that Zendesk refused again, although nothing has changed
        #[arg(long)]
        failed: bool,
        #[command(flatten)]
        going: Going,
    },
    /// Begins anew with the current configuration, as a new workflow
    Restart(Going),
    /// Asks it to stop: what Zendesk is working on is seen through, and what was confirmed stays
    Stop(Going),
    /// Decides about a row that leads to two users; `resolve` carries it out
    #[command(after_help = "Example:\n  deskbridge workflow choose ID 17 skip")]
    Choose {
        /// Which workflow, by its id or the beginning of it
        id: String,
        /// The row's line in the source, as `deskbridge workflow rows ID --outcome conflict` shows it
        line: i64,
        /// What is to become of it
        #[arg(value_enum)]
        choice: Choice,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// One workflow.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Which one, by its id or the beginning of it
    id: String,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// One workflow, and whether to wait for its end.
#[derive(Debug, Args)]
pub(crate) struct Going {
    /// Which one, by its id or the beginning of it
    id: String,
    /// Only asks for it; `deskbridge serve` carries it out
    #[arg(long)]
    background: bool,
    /// Prints one JSON object when it has ended, and no progress
    #[arg(long)]
    json: bool,
}

/// A way to resolve a failure.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Resolution {
    /// Sends each user with a call of its own, one a second
    #[value(name = "send_one_by_one")]
    OneByOne,
    /// Lets this one run pass its guard
    #[value(name = "approve_once")]
    ApproveOnce,
    /// Goes on as if there were no file this time
    #[value(name = "ignore")]
    Ignore,
}

/// What becomes of a row that leads to two users.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Choice {
    /// Merges the user with the email into the user with the external id, in Zendesk
    #[value(name = "merge")]
    Merge,
    /// Sends the row without the email, which stays where it is
    #[value(name = "keep_secondary")]
    KeepSecondary,
    /// Leaves the row out
    #[value(name = "skip")]
    Skip,
}

impl Resolution {
    const fn kind(self) -> ActionKind {
        match self {
            Self::OneByOne => ActionKind::OneByOne,
            Self::ApproveOnce => ActionKind::ApproveOnce,
            Self::Ignore => ActionKind::Ignore,
        }
    }
}

impl Choice {
    const fn kind(self) -> ConflictChoice {
        match self {
            Self::Merge => ConflictChoice::Merge,
            Self::KeepSecondary => ConflictChoice::KeepSecondary,
            Self::Skip => ConflictChoice::Skip,
        }
    }
}

/// Does it.
pub(crate) async fn run(place: Place, action: Action) -> anyhow::Result<()> {
    let installation = place.open().await?;
    let engine = &installation.engine;
    let done = match action {
        Action::List { to, limit, json } => list(engine, to.as_deref(), limit, json).await,
        Action::Show(One { id, json }) => show::one(engine, &find(engine, &id).await?, json).await,
        Action::Rows(arguments) => rows::run(engine, arguments).await,
        Action::Resolve { action, going } => {
            let kind = action.map_or(ActionKind::Resolve, Resolution::kind);
            Box::pin(act::go_on(engine, &going, kind, false)).await
        }
        Action::Retry { failed, going } => {
            Box::pin(act::go_on(engine, &going, ActionKind::Retry, failed)).await
        }
        Action::Restart(going) => {
            Box::pin(act::go_on(engine, &going, ActionKind::Restart, false)).await
        }
        Action::Stop(going) => Box::pin(act::stop(engine, &going)).await,
        Action::Choose {
            id,
            line,
            choice,
            json,
        } => act::choose(engine, &id, line, choice.kind(), json).await,
    };
    installation.close().await;
    done
}

/// The workflow with this id, or the beginning of it.
///
/// # Errors
/// A sentence if there is none.
async fn find(engine: &Engine, id: &str) -> anyhow::Result<Workflow> {
    Ok(workflows::find(engine, id).await?)
}

async fn list(engine: &Engine, to: Option<&str>, limit: i64, as_json: bool) -> anyhow::Result<()> {
    let of = match to {
        Some(name) => Some(destination::find(engine, name).await?.id),
        None => None,
    };
    let mut reader = engine.store.read().await?;
    let all = store::workflows::list(&mut reader, of.as_deref(), limit).await?;
    let names = show::Names::read(&mut reader).await?;
    drop(reader);
    if as_json {
        let lines: Vec<_> = all.iter().map(|one| show::line(one, &names)).collect();
        return output::json(&serde_json::json!({ "workflows": lines }));
    }
    if all.is_empty() {
        output::note("There are no workflows yet. Begin one with `deskbridge send`.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = all.iter().map(|one| show::cells(one, &names)).collect();
    output::table(
        &[
            "ID",
            "BEGUN",
            "WHAT",
            "SOURCE",
            "DESTINATION",
            "STATE",
            "ROWS",
            "TROUBLE",
        ],
        &rows,
    );
    Ok(())
}
