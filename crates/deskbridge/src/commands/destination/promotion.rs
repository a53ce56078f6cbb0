//! Promoting a sandbox destination: the same mappings and orchestrations for the production account.

use clap::Args;
use engine::Engine;
use engine::destinations::{self, Promotion, signed_in};
use store::destinations::Environment;

use super::address::Account;
use super::find;
use crate::commands::credential;
use crate::commands::naming::checked;
use crate::failure::usage;
use crate::installation::ACTOR;
use crate::output;

/// Arguments of `destination promote`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The sandbox destination
    name: String,
    /// Which stored credential signs in to the production account
    #[arg(long, value_name = "NAME")]
    credential: String,
    /// The name of the new destination
    #[arg(long = "as", value_name = "NEW")]
    new_name: String,
    #[command(flatten)]
    account: Account,
}

pub(super) async fn run(engine: &Engine, arguments: Arguments) -> anyhow::Result<()> {
    let found = find(engine, &arguments.name).await?;
    let new_name = checked("a destination", &arguments.new_name)?;
    if found.environment != Environment::Sandbox {
        return Err(usage(format!(
            "The destination {} is one for production already. Only a sandbox destination is promoted.",
            found.name
        )));
    }
    let (url, account) = arguments.account.needed(&engine.settings.addresses)?;
    if url == found.url {
        return Err(usage(format!(
            "{account} is the sandbox itself. Name the production account with --subdomain or --url."
        )));
    }
    // Said before the credential is looked for: it is what is to be done first.
    destinations::check_promotable(engine, &found).await?;
    let to = Promotion {
        name: new_name.to_owned(),
        credential_id: credential::named(engine, &arguments.credential).await?.id,
        url,
        account,
    };
    let made = Box::pin(destinations::promote(engine, &found, to, ACTOR)).await?;
    output::line(&format!(
        "Added the destination {new_name}: {}.",
        signed_in(&made.destination.account, &made.me)
    ));
    for name in made.orchestrations {
        output::line(&format!(
            "Copied the orchestration {name}, inactive: try it with `deskbridge orchestration run {name:?} --dry-run`."
        ));
    }
    Ok(())
}
