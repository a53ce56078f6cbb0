//! Trying a credential: signing in with it, or opening what it opens.

use clap::Args;
use engine::Engine;
use engine::credentials::{self, Trial};
use engine::profile_send::{self, Form, SourceSpec};
use serde_json::{Value, json};
use store::credentials::Credential;

use super::details::kind_of;
use super::{Kind, find};
use crate::commands::destination::address::Account;
use crate::commands::query::place::ObjectFlags;
use crate::failure::usage;
use crate::installation::Installation;
use crate::output;

/// Arguments of `credential test`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Which one
    name: String,
    #[command(flatten)]
    account: Account,
    #[command(flatten)]
    object: ObjectFlags,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(installation: &Installation, arguments: Arguments) -> anyhow::Result<()> {
    let engine = &installation.engine;
    let credential = find(installation, &arguments.name).await?;
    let found = match kind_of(&credential) {
        Kind::Zendesk => Box::pin(accounts(engine, &credential, &arguments.account)).await?,
        Kind::Database => vec![Box::pin(credentials::try_database(engine, &credential)).await],
        Kind::ObjectStore => {
            let spec = arguments
                .object
                .source(Some(credential.id.clone()), Form::default())?;
            let Some(spec) = spec else {
                return Err(usage(
                    "An object store is tried by reading one of its objects. Name it with --object s3://BUCKET/KEY and --region REGION.",
                ));
            };
            vec![open(engine, &spec, "the object").await]
        }
    };
    tell(&credential, &found, arguments.json)
}

/// Signs in to the account that is named, or to every one that uses the credential.
async fn accounts(
    engine: &Engine,
    credential: &Credential,
    account: &Account,
) -> anyhow::Result<Vec<Trial>> {
    let places = match account.given(&engine.settings.addresses)? {
        Some((url, _)) => vec![url],
        None => credentials::accounts(engine, &credential.id).await?,
    };
    if places.is_empty() {
        return Err(usage(format!(
            "Nothing uses the credential {} yet, so there is no account to try it on. Name one with --subdomain or --url.",
            credential.name
        )));
    }
    Ok(Box::pin(credentials::try_everywhere(engine, credential, &places)).await?)
}

/// Opens a source and reads its first rows, which are not shown.
async fn open(engine: &Engine, spec: &SourceSpec, place: &str) -> Trial {
    match Box::pin(profile_send::preview(engine, spec)).await {
        Ok(_) => Trial {
            place: place.to_owned(),
            sentence: "it was opened and read".to_owned(),
            well: true,
        },
        Err(error) => Trial {
            place: place.to_owned(),
            sentence: error.to_string(),
            well: false,
        },
    }
}

fn tell(credential: &Credential, found: &[Trial], as_json: bool) -> anyhow::Result<()> {
    let well = found.iter().all(|found| found.well);
    if as_json {
        let places: Vec<Value> = found
            .iter()
            .map(|found| json!({ "place": found.place, "ok": found.well, "found": found.sentence }))
            .collect();
        output::json(&json!({ "credential": credential.name, "ok": well, "places": places }))?;
    } else {
        for found in found.iter().filter(|found| found.well) {
            let sentence = found.sentence.trim_end_matches('.');
            output::line(&format!("{}: {sentence}.", found.place));
        }
    }
    let problems: Vec<String> = found
        .iter()
        .filter(|found| !found.well)
        .map(|found| format!("{}: {}", found.place, found.sentence))
        .collect();
    if well {
        Ok(())
    } else {
        Err(anyhow::anyhow!(problems.join("\n")))
    }
}
