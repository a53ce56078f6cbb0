//! `query`: what is sent, and where its rows lie.

mod change;
pub(crate) mod place;
mod show;

use clap::Subcommand;
use engine::Engine;
use store::queries::{self, Query};

use crate::commands::naming::one_of;
use crate::installation::Place;
use place::SourceFlags;

/// What to do with queries.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Adds a query, as a draft
    #[command(
        after_help = "Files lie in one of the folders that the setting sources.import_folders names.\n\nExamples:\n  deskbridge query add people --file people.csv\n  deskbridge query add spenders --credential warehouse --sql-file spenders.sql\n  deskbridge query add export --credential exports --object s3://bucket/people.parquet --region eu-central-1\n  deskbridge query add ours --contacts --with-email"
    )]
    Add {
        /// A name for it
        name: String,
        #[command(flatten)]
        source: SourceFlags,
        /// What it is for
        #[arg(long, value_name = "TEXT", default_value = "")]
        description: String,
    },
    /// Changes a query; what is not given stays. With another source it is a draft again
    Edit {
        /// Which one
        name: String,
        /// A new name for it
        #[arg(long = "name", value_name = "NEW")]
        new_name: Option<String>,
        #[command(flatten)]
        source: SourceFlags,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Lists them
    List {
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Shows the first 100 rows, with the columns and their kinds
    Preview {
        /// Which one
        name: String,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Lets it feed orchestrations, with the columns that it has now
    Activate {
        /// Which one
        name: String,
    },
    /// Makes it a draft again, which feeds nothing
    Deactivate {
        /// Which one
        name: String,
    },
    /// Deletes one that no orchestration uses
    Delete {
        /// Which one
        name: String,
    },
}

/// Does it.
pub(crate) async fn run(place: Place, action: Action) -> anyhow::Result<()> {
    let installation = place.open().await?;
    let engine = &installation.engine;
    let done = match action {
        Action::Add {
            name,
            source,
            description,
        } => change::add(engine, &name, &source, &description).await,
        Action::Edit {
            name,
            new_name,
            source,
            description,
        } => {
            let (new_name, description) = (new_name.as_deref(), description.as_deref());
            change::edit(engine, &name, new_name, &source, description).await
        }
        Action::List { json } => show::all(engine, json).await,
        Action::Preview { name, json } => Box::pin(show::preview(engine, &name, json)).await,
        Action::Activate { name } => Box::pin(change::activate(engine, &name)).await,
        Action::Deactivate { name } => change::deactivate(engine, &name).await,
        Action::Delete { name } => change::delete(engine, &name).await,
    };
    installation.close().await;
    done
}

/// The query named so.
///
/// # Errors
/// A sentence that lists the names there are.
pub(crate) async fn find(engine: &Engine, name: &str) -> anyhow::Result<Query> {
    let all = queries::list(&mut *engine.store.read().await?).await?;
    one_of("query", name, all, |one| (&one.id, &one.name))
}
