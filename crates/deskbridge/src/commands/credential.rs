//! `deskbridge credential`: stored sign-in details, for several integrations to share.

use anyhow::anyhow;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use store::credentials::{self, Credential};
use store::integrations;

use crate::failure::usage;
use crate::installation::{ACTOR, Installation, Place};
use crate::output;
use crate::sign_in::SignInFlags;

/// What to do with credentials.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Stores new sign-in details
    #[command(
        after_help = "Examples:\n  ZENDESK_SECRET=… deskbridge credential add acme --type zendesk --oauth-client-id deskbridge --oauth-client-secret-env ZENDESK_SECRET\n  ZENDESK_TOKEN=… deskbridge credential add acme --type zendesk --api-email ada@acme.example --api-token-env ZENDESK_TOKEN"
    )]
    Add {
        /// A name for it
        name: String,
        /// What it signs in to
        #[arg(long = "type", value_enum)]
        kind: Kind,
        #[command(flatten)]
        sign_in: SignInFlags,
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
        sign_in: SignInFlags,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Lists them, without their secrets
    List(ListArguments),
    /// Deletes one that no integration uses
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
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// A Zendesk account
    Zendesk,
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
    match action {
        Action::Add {
            name,
            kind: Kind::Zendesk,
            sign_in,
            description,
        } => {
            let name = name.trim();
            if name.is_empty() {
                return Err(usage("The name of a credential must not be empty."));
            }
            let draft = sign_in.complete()?.draft(name, &description);
            let installation = place.open().await?;
            let engine = &installation.engine;
            let mut tx = engine.store.begin().await?;
            credentials::add(&mut tx, &engine.keyring, &draft, engine.act(ACTOR)).await?;
            tx.commit().await?;
            output::line(&format!("Stored the credential {name}."));
            installation.close().await;
            Ok(())
        }
        Action::Edit {
            name,
            new_name,
            sign_in,
            description,
        } => {
            let installation = place.open().await?;
            let engine = &installation.engine;
            let found = find(&installation, &name).await?;
            let draft = sign_in.over(Some(&found))?.draft(
                new_name.as_deref().unwrap_or(&found.name).trim(),
                description.as_deref().unwrap_or(&found.description),
            );
            let mut tx = engine.store.begin().await?;
            credentials::edit(
                &mut tx,
                &engine.keyring,
                &found.id,
                &draft,
                engine.act(ACTOR),
            )
            .await?;
            tx.commit().await?;
            output::line(&format!("Changed the credential {}.", draft.name));
            installation.close().await;
            Ok(())
        }
        Action::List(ListArguments { json }) => list(&place.open().await?, json).await,
        Action::Delete { name } => delete(&place.open().await?, &name).await,
    }
}

/// The credential named so.
///
/// # Errors
/// A sentence that lists the names there are.
pub(crate) async fn find(installation: &Installation, name: &str) -> anyhow::Result<Credential> {
    let all = credentials::list(&mut *installation.engine.store.read().await?).await?;
    let names = names(all.iter().map(|credential| credential.name.as_str()));
    all.into_iter()
        .find(|credential| credential.name == name || credential.id == name)
        .ok_or_else(|| {
            anyhow!(
                "There is no credential named {name:?}. {}",
                if names.is_empty() {
                    "Store one with `deskbridge credential add`.".to_owned()
                } else {
                    format!("There are: {names}.")
                }
            )
        })
}

/// A few names in one line.
pub(crate) fn names<'a>(all: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 10;
    let all: Vec<&str> = all.collect();
    let mut text = all
        .iter()
        .take(MOST)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if all.len() > MOST {
        text.push_str(&format!(" and {} more", all.len() - MOST));
    }
    text
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

async fn delete(installation: &Installation, name: &str) -> anyhow::Result<()> {
    let found = find(installation, name).await?;
    let engine = &installation.engine;
    let mut tx = engine.store.begin().await?;
    // Looked up inside the transaction, so that none can begin to use it meanwhile.
    let users: Vec<String> = integrations::list(&mut tx)
        .await?
        .into_iter()
        .filter(|integration| integration.settings.credential_id == found.id)
        .map(|integration| integration.settings.name)
        .collect();
    if !users.is_empty() {
        return Err(anyhow!(
            "The credential {} is used by: {}. Give that integration another credential, or delete it, and run the command again.",
            found.name,
            names(users.iter().map(String::as_str))
        ));
    }
    credentials::delete(&mut tx, &found, engine.act(ACTOR)).await?;
    tx.commit().await?;
    output::line(&format!("Deleted the credential {}.", found.name));
    Ok(())
}
