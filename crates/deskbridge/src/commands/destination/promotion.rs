//! Promoting a sandbox destination: the same mappings and orchestrations for the production account.

use std::collections::HashMap;

use anyhow::anyhow;
use clap::Args;
use engine::Engine;
use engine::profile_send::Counts;
use store::destinations::{self, Destination, Environment};
use store::orchestrations::{self, Mode, Orchestration, OrchestrationDraft};
use store::workflows::{self, Workflow, WorkflowKind, WorkflowState};
use store::{Connection, Tx};

use super::address::Account;
use super::change::{draft_of, probed, signed_in};
use super::find;
use crate::commands::credential;
use crate::commands::naming::checked;
use crate::failure::usage;
use crate::installation::ACTOR;
use crate::output;

/// So many workflows of a destination are looked through for the last that sent.
const LOOKED_THROUGH: i64 = 1_000;

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
    check_sent_cleanly(&mut *engine.store.read().await?, &found).await?;
    let mut draft = draft_of(&found);
    new_name.clone_into(&mut draft.name);
    draft.credential_id = credential::named(engine, &arguments.credential).await?.id;
    draft.url = url;
    draft.account = account;
    draft.environment = Environment::Production;
    let me = probed(engine, &draft, "stored").await?;
    let mut tx = engine.store.begin().await?;
    let made = destinations::add(&mut tx, &draft, engine.act(ACTOR)).await?;
    let copied = copy_orchestrations(engine, &mut tx, &found, &made).await?;
    tx.commit().await?;
    output::line(&format!(
        "Added the destination {new_name}: {}.",
        signed_in(&draft.account, &me)
    ));
    for name in copied {
        output::line(&format!(
            "Copied the orchestration {name}, inactive: try it with `deskbridge orchestration run {name:?} --dry-run`."
        ));
    }
    Ok(())
}

/// A sandbox is promoted after its last test or send was completed without failures (profile-send.md 1).
async fn check_sent_cleanly(reader: &mut Connection, found: &Destination) -> anyhow::Result<()> {
    let last = workflows::list(reader, Some(&found.id), LOOKED_THROUGH)
        .await?
        .into_iter()
        .find(is_sending);
    let advice = format!(
        "Send some rows to it first: `deskbridge send FILE --to {} --test 10`.",
        found.name
    );
    match last {
        None => Err(anyhow!(
            "Nothing was sent to the sandbox {} yet. {advice}",
            found.name
        )),
        Some(last) => match unclean(&last) {
            None => Ok(()),
            Some(why) => Err(anyhow!(
                "The last send to the sandbox {} {why}: `deskbridge workflow show {}`. {advice}",
                found.name,
                last.id
            )),
        },
    }
}

fn is_sending(workflow: &Workflow) -> bool {
    match workflow.kind {
        WorkflowKind::Send | WorkflowKind::Test => true,
        WorkflowKind::DryRun => false,
    }
}

/// What keeps a send from being a clean one.
fn unclean(last: &Workflow) -> Option<String> {
    if last.state != WorkflowState::Completed {
        return Some(format!("is {}", last.state.as_str()));
    }
    let rows = serde_json::from_str::<Counts>(&last.counts)
        .unwrap_or_default()
        .rows;
    if rows.failed + rows.conflict > 0 {
        return Some(format!(
            "had {} rows that Zendesk refused",
            rows.failed + rows.conflict
        ));
    }
    (rows.created + rows.updated + rows.unchanged == 0).then(|| "sent no row".to_owned())
}

/// Copies what sends to the sandbox, so that it sends to the new destination. Inactive, as nobody looked
/// at it there yet. Returns the names.
async fn copy_orchestrations(
    engine: &Engine,
    tx: &mut Tx,
    from: &Destination,
    to: &Destination,
) -> anyhow::Result<Vec<String>> {
    let all: Vec<Orchestration> = orchestrations::list(tx)
        .await?
        .into_iter()
        .filter(|orchestration| orchestration.destination_id == from.id)
        .collect();
    let mut copies: HashMap<String, Orchestration> = HashMap::new();
    for orchestration in &all {
        let draft = OrchestrationDraft {
            name: format!("{} {}", orchestration.name, to.name),
            description: orchestration.description.clone(),
            query_id: orchestration.query_id.clone(),
            destination_id: to.id.clone(),
            settings: orchestration.settings.clone(),
            mode: orchestration.mode,
            cron: orchestration.cron.clone(),
            time_zone: orchestration.time_zone.clone(),
            after_id: orchestration.after_id.clone(),
            only_if_changed: orchestration.only_if_changed,
        };
        let copy = orchestrations::add(tx, &draft, engine.act(ACTOR)).await?;
        copies.insert(orchestration.id.clone(), copy);
    }
    // Whoever runs after one that was copied runs after the copy.
    for copy in copies.values() {
        let followed = copy.after_id.as_ref().and_then(|after| copies.get(after));
        if let (Mode::After, Some(followed)) = (copy.mode, followed) {
            let draft = OrchestrationDraft {
                name: copy.name.clone(),
                description: copy.description.clone(),
                query_id: copy.query_id.clone(),
                destination_id: copy.destination_id.clone(),
                settings: copy.settings.clone(),
                mode: copy.mode,
                cron: None,
                time_zone: None,
                after_id: Some(followed.id.clone()),
                only_if_changed: copy.only_if_changed,
            };
            orchestrations::edit(tx, copy, &draft, engine.act(ACTOR)).await?;
        }
    }
    let mut names: Vec<String> = copies.into_values().map(|copy| copy.name).collect();
    names.sort_unstable();
    Ok(names)
}
