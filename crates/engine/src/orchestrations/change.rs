//! Adding, changing, activating and deleting orchestrations.

use store::orchestrations::{self, Mode, Orchestration, OrchestrationDraft};
use store::queries;

use super::check_timing;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// The longest name, in characters.
const LONGEST_NAME: usize = 200;

/// Adds an orchestration, inactive: it runs when asked for until it is activated.
///
/// # Errors
/// [`Error::Refused`] if it has no name or cannot run when it says so; [`store::Error::Exists`] if the
/// name is taken.
pub async fn add(
    engine: &Engine,
    draft: &OrchestrationDraft,
    actor: &str,
) -> Result<Orchestration> {
    add_as(engine, None, draft, actor).await
}

/// As [`add`], under an id that may have been chosen before: asked for twice, one is made.
///
/// # Errors
/// As [`add`].
pub async fn add_as(
    engine: &Engine,
    id: Option<String>,
    draft: &OrchestrationDraft,
    actor: &str,
) -> Result<Orchestration> {
    if let Some(id) = &id
        && let Some(made) = orchestrations::find(&mut *engine.store.read().await?, id).await?
    {
        return Ok(made);
    }
    check_name(&draft.name)?;
    check_timing(engine, draft, None).await?;
    let mut tx = engine.store.begin().await?;
    let id = id.unwrap_or_else(|| engine.new_id());
    let made = orchestrations::add_as(&mut tx, id, draft, engine.act(actor)).await?;
    tx.commit().await?;
    Ok(made)
}

/// Replaces what a person set of an orchestration. Returns whether anything was another than before.
///
/// # Errors
/// As [`add`]; [`store::Error::Stale`] if somebody changed it since it was read.
pub async fn edit(
    engine: &Engine,
    found: &Orchestration,
    draft: &OrchestrationDraft,
    actor: &str,
) -> Result<bool> {
    if *draft == draft_of(found) {
        return Ok(false);
    }
    check_name(&draft.name)?;
    check_timing(engine, draft, Some(&found.id)).await?;
    let mut tx = engine.store.begin().await?;
    orchestrations::hold(&mut tx, found).await?;
    orchestrations::edit(&mut tx, found, draft, engine.act(actor)).await?;
    tx.commit().await?;
    Ok(true)
}

/// Lets an orchestration run by itself, as it is scheduled, or only when asked for.
///
/// # Errors
/// [`Error::Refused`] if its query is a draft.
pub async fn set_active(
    engine: &Engine,
    found: &Orchestration,
    active: bool,
    actor: &str,
) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    let query = queries::find(&mut tx, &found.query_id).await?;
    if let Some(query) = query.filter(|query| active && !query.active) {
        return Err(Error::Refused(format!(
            "The query {0} is a draft, and only an activated query feeds an orchestration. Look at its rows and activate it: `deskbridge query activate {0}`.",
            query.name
        )));
    }
    orchestrations::set_active(&mut tx, found, active, engine.act(actor)).await?;
    Ok(tx.commit().await?)
}

/// Deletes an orchestration. Its workflows stay, and what was sent.
///
/// # Errors
/// [`Error::Refused`] with what uses it.
pub async fn delete(engine: &Engine, found: &Orchestration, actor: &str) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    orchestrations::hold(&mut tx, found).await?;
    // Looked up inside the transaction, so that none can begin to use it meanwhile.
    let uses = orchestrations::uses(&mut tx, &found.id).await?;
    if !uses.is_empty() {
        return Err(in_use("orchestration", &found.name, &uses));
    }
    orchestrations::delete(&mut tx, found, engine.act(actor)).await?;
    Ok(tx.commit().await?)
}

/// Why something is not deleted: by what it is used.
pub(crate) fn in_use(what: &str, name: &str, uses: &[String]) -> Error {
    const MOST: usize = 10;
    let mut all = uses
        .iter()
        .take(MOST)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if uses.len() > MOST {
        all.push_str(&format!(" and {} more", uses.len() - MOST));
    }
    Error::Refused(format!(
        "The {what} {name} is used by: {all}. Change or delete that first, then try again."
    ))
}

pub(crate) fn check_name(name: &str) -> Result<()> {
    if name.trim().is_empty() {
        return Err(Error::Refused("It needs a name. Enter one.".to_owned()));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Error::Refused(format!(
            "The name is longer than {LONGEST_NAME} characters. Shorten it."
        )));
    }
    Ok(())
}

/// An orchestration as it would be stored again.
pub fn draft_of(found: &Orchestration) -> OrchestrationDraft {
    let found = found.clone();
    OrchestrationDraft {
        name: found.name,
        description: found.description,
        query_id: found.query_id,
        destination_id: found.destination_id,
        settings: found.settings,
        mode: found.mode,
        cron: found.cron,
        time_zone: found.time_zone,
        after_id: found.after_id,
        only_if_changed: found.only_if_changed,
    }
}

/// When it runs, for people.
pub fn when(draft: &OrchestrationDraft) -> String {
    let changed = if draft.only_if_changed {
        ", if the source changed"
    } else {
        ""
    };
    match draft.mode {
        Mode::Manual => "when asked for".to_owned(),
        Mode::Cron => format!(
            "at {} {}{changed}",
            draft.cron.as_deref().unwrap_or_default(),
            draft.time_zone.as_deref().unwrap_or("UTC")
        ),
        Mode::After => format!("after another one{changed}"),
    }
}
