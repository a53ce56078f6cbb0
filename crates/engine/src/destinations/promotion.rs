//! Promoting a sandbox destination: the same mappings and orchestrations for the production account.

use std::collections::HashMap;

use store::destinations::{self, Destination, Environment};
use store::orchestrations::{self, Mode, Orchestration, OrchestrationDraft};
use store::workflows::{self, Workflow, WorkflowKind, WorkflowState};
use store::{Connection, Tx};
use zendesk::Me;

use super::{check_name, draft_of, probed};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::profile_send::Counts;

/// So many workflows of a destination are looked through for the last that sent.
const LOOKED_THROUGH: i64 = 1_000;

/// Where a sandbox is promoted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// The name of the new destination.
    pub name: String,
    /// The credential that signs in to the production account.
    pub credential_id: String,
    /// The production account's address, normalised.
    pub url: String,
    /// Its name.
    pub account: String,
}

/// What a promotion made.
#[derive(Debug, Clone)]
pub struct Promoted {
    /// The new destination.
    pub destination: Destination,
    /// Who we are in its account.
    pub me: Me,
    /// The names of the copied orchestrations, which are inactive.
    pub orchestrations: Vec<String>,
}

/// Whether a destination can be promoted: a sandbox whose last test or send was completed without
/// failures.
///
/// # Errors
/// [`Error::Refused`] with what is to be done first.
pub async fn check_promotable(engine: &Engine, found: &Destination) -> Result<()> {
    if found.environment != Environment::Sandbox {
        return Err(Error::Refused(format!(
            "The destination {} is one for production already. Only a sandbox destination is promoted.",
            found.name
        )));
    }
    check_sent_cleanly(&mut *engine.store.read().await?, found).await
}

/// Copies a sandbox destination with its orchestrations to a production account.
///
/// # Errors
/// As [`check_promotable`]; [`Error::Refused`] too if the account is the sandbox itself or cannot be signed
/// in to.
pub async fn promote(
    engine: &Engine,
    found: &Destination,
    to: Promotion,
    actor: &str,
) -> Result<Promoted> {
    let name = check_name(&to.name)?.to_owned();
    if to.url == found.url {
        return Err(Error::Refused(format!(
            "{} is the sandbox itself. Name the production account.",
            to.account
        )));
    }
    check_promotable(engine, found).await?;
    let mut draft = draft_of(found);
    draft.name = name;
    draft.credential_id = to.credential_id;
    draft.url = to.url;
    draft.account = to.account;
    draft.environment = Environment::Production;
    let me = probed(engine, &draft, "stored").await?;
    let mut tx = engine.store.begin().await?;
    let made = destinations::add(&mut tx, &draft, engine.act(actor)).await?;
    let orchestrations = copy_orchestrations(engine, &mut tx, found, &made, actor).await?;
    tx.commit().await?;
    Ok(Promoted {
        destination: made,
        me,
        orchestrations,
    })
}

/// A sandbox is promoted after its last test or send was completed without failures (profile-send.md 1).
async fn check_sent_cleanly(reader: &mut Connection, found: &Destination) -> Result<()> {
    let last = workflows::list(reader, Some(&found.id), LOOKED_THROUGH)
        .await?
        .into_iter()
        .find(is_sending);
    let advice = format!(
        "Send some rows to it first, as a test send or with `deskbridge send FILE --to {} --test 10`.",
        found.name
    );
    match last {
        None => Err(Error::Refused(format!(
            "Nothing was sent to the sandbox {} yet. {advice}",
            found.name
        ))),
        Some(last) => match unclean(&last) {
            None => Ok(()),
            Some(why) => Err(Error::Refused(format!(
                "The last send to the sandbox {} {why}: `deskbridge workflow show {}`. {advice}",
                found.name, last.id
            ))),
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
    actor: &str,
) -> Result<Vec<String>> {
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
        let copy = orchestrations::add(tx, &draft, engine.act(actor)).await?;
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
            orchestrations::edit(tx, copy, &draft, engine.act(actor)).await?;
        }
    }
    let mut names: Vec<String> = copies.into_values().map(|copy| copy.name).collect();
    names.sort_unstable();
    Ok(names)
}
