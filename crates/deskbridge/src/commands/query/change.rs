//! Adding, editing, activating and deleting a query.

use anyhow::anyhow;
use engine::Engine;
use engine::profile_send::{self, SourceSpec};
use store::credentials::CredentialKind;
use store::queries::{self, Query, QueryDraft, QueryKind};

use super::find;
use super::place::SourceFlags;
use crate::commands::credential;
use crate::commands::naming::{checked, in_use};
use crate::failure::usage;
use crate::installation::ACTOR;
use crate::output;

pub(super) async fn add(
    engine: &Engine,
    name: &str,
    flags: &SourceFlags,
    description: &str,
) -> anyhow::Result<()> {
    let name = checked("a query", name)?;
    let source = flags.needed(credential_of(engine, flags).await?)?;
    check(engine, &source).await?;
    let draft = draft(name, description, &source)?;
    let mut tx = engine.store.begin().await?;
    queries::add(&mut tx, &draft, engine.act(ACTOR)).await?;
    tx.commit().await?;
    output::line(&format!(
        "Added the query {name}, as a draft. Look at its rows with `deskbridge query preview {name}`, then `deskbridge query activate {name}`."
    ));
    Ok(())
}

pub(super) async fn edit(
    engine: &Engine,
    name: &str,
    new_name: Option<&str>,
    flags: &SourceFlags,
    description: Option<&str>,
) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let kept = source_of(&found)?;
    let source = if flags.are_given() {
        flags.over(kept.clone(), credential_of(engine, flags).await?)?
    } else {
        kept.clone()
    };
    let is_another = source != kept;
    if is_another {
        check(engine, &source).await?;
    }
    let new_name = checked("a query", new_name.unwrap_or(&found.name))?;
    let draft = draft(new_name, description.unwrap_or(&found.description), &source)?;
    let mut tx = engine.store.begin().await?;
    let edited = queries::edit(&mut tx, &found, &draft, engine.act(ACTOR)).await?;
    if is_another && edited.active {
        queries::deactivate(&mut tx, &edited, engine.act(ACTOR)).await?;
    }
    tx.commit().await?;
    output::line(&format!("Changed the query {}.", edited.name));
    if is_another && edited.active {
        output::line(&format!(
            "It is a draft again, since its rows may have other columns: `deskbridge query activate {}`.",
            edited.name
        ));
    }
    Ok(())
}

async fn credential_of(engine: &Engine, flags: &SourceFlags) -> anyhow::Result<Option<String>> {
    Ok(match &flags.credential {
        Some(name) => Some(credential::named(engine, name).await?.id),
        None => None,
    })
}

/// What can be said of a source before it is opened.
async fn check(engine: &Engine, source: &SourceSpec) -> anyhow::Result<()> {
    let wanted = match source {
        SourceSpec::File { .. } if engine.settings.sources.import_folders.is_empty() => {
            return Err(anyhow!(
                "No import folder is configured, and a query reads files from there only. Name the folder in the configuration file: [sources] import_folders = [\"/srv/exports\"]."
            ));
        }
        SourceSpec::File { .. } | SourceSpec::Contacts { .. } => return Ok(()),
        SourceSpec::Sql { .. } => CredentialKind::Database,
        SourceSpec::Object { .. } => CredentialKind::ObjectStore,
    };
    let Some(id) = source.credential() else {
        return Ok(());
    };
    let found = credential::named(engine, id).await?;
    if found.kind == wanted {
        return Ok(());
    }
    Err(usage(format!(
        "The credential {} does not open that: it is of the kind {}, and {} is needed.",
        found.name,
        found.kind.as_str(),
        wanted.as_str()
    )))
}

fn draft(name: &str, description: &str, source: &SourceSpec) -> anyhow::Result<QueryDraft> {
    Ok(QueryDraft {
        name: name.to_owned(),
        description: description.trim().to_owned(),
        kind: match source {
            SourceSpec::File { .. } => QueryKind::File,
            SourceSpec::Object { .. } => QueryKind::Object,
            SourceSpec::Sql { .. } => QueryKind::Sql,
            SourceSpec::Contacts { .. } => QueryKind::Contacts,
        },
        credential_id: source.credential().map(str::to_owned),
        source: serde_json::to_string(source)?,
    })
}

/// The source of a stored query.
///
/// # Errors
/// A sentence if a newer version wrote it.
pub(super) fn source_of(query: &Query) -> anyhow::Result<SourceSpec> {
    serde_json::from_str(&query.source).map_err(|error| {
        anyhow!(
            "The source of the query {} cannot be read ({error}). Name it again with `deskbridge query edit`.",
            query.name
        )
    })
}

pub(super) async fn activate(engine: &Engine, name: &str) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let seen = profile_send::preview(engine, &source_of(&found)?).await?;
    let columns = serde_json::to_string(&seen.columns)?;
    let mut tx = engine.store.begin().await?;
    queries::activate(&mut tx, &found, &columns, engine.act(ACTOR)).await?;
    tx.commit().await?;
    output::line(&format!(
        "The query {} is active, with {} columns. A run must find them all.",
        found.name,
        seen.columns.len()
    ));
    Ok(())
}

pub(super) async fn deactivate(engine: &Engine, name: &str) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let mut tx = engine.store.begin().await?;
    queries::deactivate(&mut tx, &found, engine.act(ACTOR)).await?;
    tx.commit().await?;
    output::line(&format!("The query {} is a draft.", found.name));
    Ok(())
}

pub(super) async fn delete(engine: &Engine, name: &str) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let mut tx = engine.store.begin().await?;
    // Looked up inside the transaction, so that none can begin to use it meanwhile.
    let uses = queries::uses(&mut tx, &found.id).await?;
    if !uses.is_empty() {
        return Err(in_use("query", &found.name, &uses));
    }
    queries::delete(&mut tx, &found, engine.act(ACTOR)).await?;
    tx.commit().await?;
    output::line(&format!("Deleted the query {}.", found.name));
    Ok(())
}
