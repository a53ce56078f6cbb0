//! `destination`: Zendesk accounts that customer profiles are sent to.

pub(crate) mod address;
mod change;
mod fields;
mod promotion;
mod settings;
mod show;

use clap::Subcommand;
use engine::Engine;
use store::destinations::{self, Destination};

use crate::commands::naming::one_of;
use crate::installation::Place;
use address::Account;
use settings::SettingsFlags;

/// What to do with destinations.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Adds an account to send to. Signs in first, and stores nothing if that fails
    #[command(
        after_help = "Examples:\n  deskbridge destination add support --credential zd --subdomain company\n  deskbridge destination add trial --credential zd --subdomain company1700 --environment sandbox"
    )]
    Add {
        /// A name for it
        name: String,
        /// Which stored credential signs in
        #[arg(long, value_name = "NAME")]
        credential: String,
        #[command(flatten)]
        account: Account,
        #[command(flatten)]
        settings: SettingsFlags,
    },
    /// Changes one; what is not given stays. Signs in first, and changes nothing if that fails
    Edit {
        /// Which one
        name: String,
        /// A new name for it
        #[arg(long = "name", value_name = "NEW")]
        new_name: Option<String>,
        /// Another stored credential
        #[arg(long, value_name = "NAME")]
        credential: Option<String>,
        #[command(flatten)]
        account: Account,
        #[command(flatten)]
        settings: SettingsFlags,
    },
    /// Lists them
    List {
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Signs in and says who we are there
    Test {
        /// Which one
        name: String,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Shows which custom fields a file needs in Zendesk, and creates them if asked to
    #[command(
        after_help = "Example:\n  deskbridge destination fields support people.csv\n  deskbridge destination fields support people.csv --apply"
    )]
    Fields(fields::Arguments),
    /// Copies a sandbox destination with its orchestrations to a production account
    #[command(
        after_help = "The last test or real send to the sandbox must have been completed without failures. The copies of the\norchestrations are inactive, so that nothing is sent before you activate them.\n\nExample:\n  deskbridge destination promote trial --credential live --as support --subdomain company"
    )]
    Promote(promotion::Arguments),
    /// Deletes one that nothing uses, with what is known of its customers. Users in Zendesk stay
    Delete {
        /// Which one
        name: String,
    },
}

/// Does it.
pub(crate) async fn run(place: Place, action: Action) -> anyhow::Result<()> {
    let installation = place.open().await?;
    let engine = &installation.engine;
    match action {
        Action::Add {
            name,
            credential,
            account,
            settings,
        } => Box::pin(change::add(engine, &name, &credential, &account, &settings)).await?,
        Action::Edit {
            name,
            new_name,
            credential,
            account,
            settings,
        } => {
            let change = change::Edit {
                new_name,
                credential,
                account,
                settings,
            };
            Box::pin(change::edit(engine, &name, change)).await?;
        }
        Action::List { json } => show::all(engine, json).await?,
        Action::Test { name, json } => Box::pin(show::test(engine, &name, json)).await?,
        Action::Fields(arguments) => Box::pin(fields::run(engine, arguments)).await?,
        Action::Promote(arguments) => Box::pin(promotion::run(engine, arguments)).await?,
        Action::Delete { name } => change::delete(engine, &name).await?,
    }
    installation.close().await;
    Ok(())
}

/// The destination named so.
///
/// # Errors
/// A sentence that lists the names there are.
pub(crate) async fn find(engine: &Engine, name: &str) -> anyhow::Result<Destination> {
    let all = destinations::list(&mut *engine.store.read().await?).await?;
    one_of("destination", name, all, |one| (&one.id, &one.name))
}
