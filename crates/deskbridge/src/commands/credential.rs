//! `credential`: stored sign-in details, for integrations, destinations and queries to share.

mod change;
mod details;
mod request;
mod trial;

use clap::{Args, Subcommand, ValueEnum};
use engine::Engine;
use serde::Serialize;
use store::credentials::{self, Credential};

pub(crate) use crate::commands::naming::names;
use crate::commands::naming::none_named;
use crate::installation::{Installation, Place};
use crate::output;
use details::Details;

/// What to do with credentials.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Stores new sign-in details
    #[command(
        after_help = "Examples:\n  ZENDESK_SECRET=… deskbridge credential add acme --type zendesk --oauth-client-id deskbridge --oauth-client-secret-env ZENDESK_SECRET\n  ZENDESK_TOKEN=… deskbridge credential add acme --type zendesk --api-email ada@acme.example --api-token-env ZENDESK_TOKEN\n  WAREHOUSE=postgres://reader:…@db.example/warehouse deskbridge credential add warehouse --type database --address-env WAREHOUSE\n  S3_SECRET=… deskbridge credential add exports --type object-store --key-id AKIA… --secret-env S3_SECRET"
    )]
    Add {
        /// A name for it
        name: String,
        /// What it signs in to
        #[arg(long = "type", value_enum)]
        kind: Kind,
        #[command(flatten)]
        details: Details,
        /// What it is for
        #[arg(long, value_name = "TEXT", default_value = "")]
        description: String,
    },
    /// Changes stored sign-in details; what is not given stays
    Edit {
        /// Which one
        name: String,
        /// A new name for it
        #[arg(long = "name", value_name = "NEW")]
        new_name: Option<String>,
        #[command(flatten)]
        details: Details,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Lists them, without their secrets
    List(ListArguments),
    /// Signs in with it, or opens what it opens, and says what was found
    #[command(
        after_help = "Without an address, a Zendesk credential is tried on every account that uses it.\n\nExamples:\n  deskbridge credential test acme\n  deskbridge credential test acme --subdomain company\n  deskbridge credential test exports --object s3://bucket/people.csv --region eu-central-1"
    )]
    Test(trial::Arguments),
    /// Makes a link on which somebody else enters the secret once; you never see it
    #[command(
        after_help = "The link can be used once, within 7 days. Whoever opens it needs no account here.\n\nExamples:\n  deskbridge credential request acme --type zendesk --subdomain company\n  deskbridge credential request --list\n  deskbridge credential request acme --withdraw"
    )]
    Request(request::Arguments),
    /// Deletes one that nothing uses
    Delete {
        /// Which one
        name: String,
    },
}

/// Arguments of `credential list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// What a credential signs in to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A Zendesk account
    Zendesk,
    /// A PostgreSQL database that queries read
    Database,
    /// An object store (S3) that queries read
    ObjectStore,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    name: &'a str,
    kind: &'static str,
    email: Option<&'a str>,
    client_id: Option<&'a str>,
    description: &'a str,
    used_by: i64,
}

/// Does it.
pub(crate) async fn run(place: Place, action: Action) -> anyhow::Result<()> {
    // Before anything is opened: a wrong call stays without effect.
    if let Action::Add {
        name,
        kind,
        details,
        description,
    } = action
    {
        let draft = details.draft(kind, &name, &description)?;
        let installation = place.open().await?;
        change::add(&installation.engine, draft).await?;
        installation.close().await;
        return Ok(());
    }
    let installation = place.open().await?;
    match action {
        Action::Add { .. } => {}
        Action::Edit {
            name,
            new_name,
            details,
            description,
        } => {
            let found = find(&installation, &name).await?;
            let draft = details.over(&found, new_name.as_deref(), description.as_deref())?;
            change::edit(&installation.engine, &found, draft).await?;
        }
        Action::List(ListArguments { json }) => list(&installation, json).await?,
        Action::Test(arguments) => trial::run(&installation, arguments).await?,
        Action::Request(arguments) => request::run(&place, &installation, arguments).await?,
        Action::Delete { name } => {
            let found = find(&installation, &name).await?;
            change::delete(&installation.engine, &found).await?;
        }
    }
    installation.close().await;
    Ok(())
}

/// The credential named so.
///
/// # Errors
/// A sentence that lists the names there are.
pub(crate) async fn find(installation: &Installation, name: &str) -> anyhow::Result<Credential> {
    named(&installation.engine, name).await
}

/// The credential named so.
///
/// # Errors
/// A sentence that lists the names there are.
pub(crate) async fn named(engine: &Engine, name: &str) -> anyhow::Result<Credential> {
    let all = credentials::list(&mut *engine.store.read().await?).await?;
    let found = all
        .iter()
        .find(|credential| credential.name == name || credential.id == name);
    found.cloned().ok_or_else(|| {
        none_named(
            "credential",
            name,
            all.iter().map(|credential| credential.name.as_str()),
            "deskbridge credential add",
        )
    })
}

async fn list(installation: &Installation, json: bool) -> anyhow::Result<()> {
    let all = credentials::list(&mut *installation.engine.store.read().await?).await?;
    if json {
        let lines: Vec<Line<'_>> = all
            .iter()
            .map(|credential| Line {
                id: &credential.id,
                name: &credential.name,
                kind: credential.kind.as_str(),
                email: credential.email.as_deref(),
                client_id: credential.client_id.as_deref(),
                description: &credential.description,
                used_by: credential.used_by,
            })
            .collect();
        return output::json(&serde_json::json!({ "credentials": lines }));
    }
    if all.is_empty() {
        output::note("There are no credentials yet. Store one with `deskbridge credential add`.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|credential| {
            vec![
                output::shown(&credential.name, 40),
                credential.kind.as_str().to_owned(),
                output::shown(
                    credential
                        .email
                        .as_deref()
                        .or(credential.client_id.as_deref())
                        .unwrap_or_default(),
                    50,
                ),
                credential.used_by.to_string(),
                output::shown(&credential.description, 60),
            ]
        })
        .collect();
    output::table(
        &["NAME", "KIND", "SIGNS IN AS", "USED BY", "DESCRIPTION"],
        &rows,
    );
    Ok(())
}
