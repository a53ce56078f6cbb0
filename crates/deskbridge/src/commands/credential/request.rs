//! Links on which somebody else enters a secret.

use clap::Args;
use engine::credentials::{self, requests};
use secrecy::ExposeSecret as _;
use store::credential_requests;

use super::Kind;
use crate::commands::destination::address::Account;
use crate::commands::naming::none_named;
use crate::failure::usage;
use crate::installation::{ACTOR, Installation, Place};
use crate::output;

/// Arguments of `credential request`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The name that the credential gets
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// What it signs in to (zendesk unless said)
    #[arg(long = "type", value_enum)]
    kind: Option<Kind>,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// The account on which it is tried before it is stored
    #[command(flatten)]
    account: Account,
    /// Lists the links that can still be used
    #[arg(long, conflicts_with_all = ["name", "withdraw"])]
    list: bool,
    /// Takes the link back
    #[arg(long)]
    withdraw: bool,
}

pub(super) async fn run(
    place: &Place,
    installation: &Installation,
    arguments: Arguments,
) -> anyhow::Result<()> {
    let engine = &installation.engine;
    let Some(name) = &arguments.name else {
        return list(installation).await;
    };
    if arguments.withdraw {
        let open =
            credential_requests::list(&mut *engine.store.read().await?, engine.now()).await?;
        let Some(found) = open.iter().find(|request| request.name == *name) else {
            let names = open.iter().map(|request| request.name.as_str());
            return Err(none_named(
                "request",
                name,
                names,
                "deskbridge credential request",
            ));
        };
        let mut tx = engine.store.begin().await?;
        credential_requests::withdraw(&mut tx, &found.id, engine.act(ACTOR)).await?;
        tx.commit().await?;
        output::line(&format!("Took back the link for the credential {name}."));
        return Ok(());
    }
    let kind = arguments.kind.unwrap_or(Kind::Zendesk);
    let account = arguments.account.given(&engine.settings.addresses)?;
    if account.is_some() && kind != Kind::Zendesk {
        return Err(usage(
            "--subdomain and --url are for a credential of the type zendesk.",
        ));
    }
    let kind = match kind {
        Kind::Zendesk => credentials::Kind::Zendesk,
        Kind::Database => credentials::Kind::Database,
        Kind::ObjectStore => credentials::Kind::ObjectStore,
    };
    let url = account.map(|(url, _)| url);
    let path = requests::add(engine, kind, name, &arguments.description, url, ACTOR).await?;
    let web = &place.config.web;
    let base = match web.public_url.trim().trim_end_matches('/') {
        "" => format!("http://{}", web.listen),
        given => given.to_owned(),
    };
    output::note(
        "Send this link to whoever has the secret. It works once, for 7 days, while `deskbridge serve` runs:",
    );
    output::line(&format!("{base}{}", path.expose_secret()));
    Ok(())
}

async fn list(installation: &Installation) -> anyhow::Result<()> {
    let engine = &installation.engine;
    let open = credential_requests::list(&mut *engine.store.read().await?, engine.now()).await?;
    if open.is_empty() {
        output::note("No link is open. Make one with `deskbridge credential request NAME`.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = open
        .iter()
        .map(|request| {
            vec![
                output::shown(&request.name, 40),
                request.kind.clone(),
                output::shown(&request.requested_by, 50),
                request.expires_at.to_string(),
            ]
        })
        .collect();
    output::table(&["NAME", "TYPE", "ASKED BY", "UNTIL"], &rows);
    Ok(())
}
