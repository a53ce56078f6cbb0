//! `deskbridge integration`: connected Zendesk accounts.

mod backlog;
mod change;
mod health;
mod settings;
mod show;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use engine::Engine;
use store::integrations::{self, Integration};

use crate::commands::credential::names;
use crate::installation::{ACTOR, Place};
use crate::output;
use settings::SettingsFlags;

/// What to do with integrations.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Adds an integration; it is inactive until it is activated
    #[command(
        after_help = "Examples:\n  ZENDESK_SECRET=… deskbridge integration add acme --url https://acme.zendesk.com --oauth-client-id deskbridge \\\n      --oauth-client-secret-env ZENDESK_SECRET --default-user-email support@acme.example\n  ZENDESK_TOKEN=… deskbridge integration add acme --url acme.zendesk.com --api-email ada@acme.example --api-token-env ZENDESK_TOKEN\n  deskbridge integration add acme --url acme.zendesk.com --credential acme --two-way --priority local"
    )]
    Add {
        /// A name for it, 3 to 255 characters
        name: String,
        /// The account's address: company.zendesk.com, with or without https:// before it
        #[arg(long, value_name = "URL")]
        url: String,
        #[command(flatten)]
        settings: Box<SettingsFlags>,
    },
    /// Changes an integration; what is not given stays
    Edit {
        /// Which one
        name: String,
        /// A new name for it
        #[arg(long = "name", value_name = "NEW")]
        new_name: Option<String>,
        /// The account's address; a used integration stays with its account
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        #[command(flatten)]
        settings: Box<SettingsFlags>,
    },
    /// Shows one with its settings and last runs
    Show {
        /// Which one
        name: String,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Lists all
    List {
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Probes the account; if that works, switches the integration on and asks for its first run
    Activate(Named),
    /// Switches an integration off
    Deactivate(Named),
    /// Verifies every linked ticket and comment against Zendesk now, and puts right what differs
    Verify {
        /// Which one
        name: String,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Counts the changes of its cases that were made while two-way sync was off, and sends them if told
    #[command(
        after_help = "Examples:\n  deskbridge integration backlog acme\n  deskbridge integration backlog acme --push"
    )]
    Backlog(backlog::Arguments),
    /// Deletes an integration with its mirror of tickets; cases, comments and contacts stay
    Delete {
        /// Which one
        name: String,
        /// Does not ask, even if changes still wait to be sent and would be lost
        #[arg(long)]
        yes: bool,
    },
}

/// One integration, by name.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Which one
    name: String,
}

/// Does it.
pub(crate) async fn run(place: Place, action: Action) -> anyhow::Result<()> {
    // Before anything is opened: a wrong call stays without effect.
    if let Action::Add { settings, .. } = &action {
        settings.check_sign_in_is_given()?;
    }
    let installation = place.open().await?;
    let engine = &installation.engine;
    match action {
        Action::Add {
            name,
            url,
            settings,
        } => change::add(engine, &name, &url, &settings).await?,
        Action::Edit {
            name,
            new_name,
            url,
            settings,
        } => change::edit(engine, &name, new_name, url, &settings).await?,
        Action::Show { name, json } => show::one(engine, &name, json).await?,
        Action::List { json } => show::all(engine, json).await?,
        Action::Activate(Named { name }) => activate(engine, &name).await?,
        Action::Deactivate(Named { name }) => {
            let found = find(engine, &name).await?;
            engine::integrations::deactivate(engine, &found, ACTOR).await?;
            output::line(&format!("Integration {} is inactive.", found.settings.name));
        }
        Action::Backlog(arguments) => backlog::run(engine, arguments).await?,
        Action::Verify { name, json } => health::verify(engine, &name, json).await?,
        Action::Delete { name, yes } => change::delete(engine, &name, yes).await?,
    }
    installation.close().await;
    Ok(())
}

/// The integration named so.
///
/// # Errors
/// A sentence that lists the names there are.
pub(crate) async fn find(engine: &Engine, name: &str) -> anyhow::Result<Integration> {
    let mut reader = engine.store.read().await?;
    if let Some(found) = integrations::find(&mut reader, name).await? {
        return Ok(found);
    }
    let all = integrations::list(&mut reader).await?;
    let names = names(
        all.iter()
            .map(|integration| integration.settings.name.as_str()),
    );
    Err(anyhow!(
        "There is no integration named {name:?}. {}",
        if names.is_empty() {
            "Add one with `deskbridge integration add`.".to_owned()
        } else {
            format!("There are: {names}.")
        }
    ))
}

async fn activate(engine: &Engine, name: &str) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let done = Box::pin(engine::integrations::activate(engine, &found, ACTOR)).await?;
    for finding in &done.probe.findings {
        output::note(&format!("note: {finding}"));
    }
    output::line(&format!(
        "Integration {0} is active for the account {1}. Its first run waits for `deskbridge serve`, or for `deskbridge sync {0}`.",
        found.settings.name, done.probe.account
    ));
    Ok(())
}
