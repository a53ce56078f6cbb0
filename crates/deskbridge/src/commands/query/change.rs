//! Adding, editing, activating and deleting a query.

use engine::Engine;
use engine::profile_send::SourceSpec;
use engine::queries::{self, QueryText};
use store::queries::Query;

use super::find;
use super::place::SourceFlags;
use crate::commands::credential;
use crate::commands::naming::checked;
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
    let text = QueryText {
        name: name.to_owned(),
        description: description.to_owned(),
    };
    queries::add(engine, &text, &source, ACTOR).await?;
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
        flags.over(kept, credential_of(engine, flags).await?)?
    } else {
        kept
    };
    let name = checked("a query", new_name.unwrap_or(&found.name))?;
    let text = QueryText {
        name: name.to_owned(),
        description: description.unwrap_or(&found.description).to_owned(),
    };
    let becomes_draft = queries::edit(engine, &found, &text, &source, ACTOR).await?;
    output::line(&format!("Changed the query {name}."));
    if becomes_draft {
        output::line(&format!(
            "It is a draft again, since its rows may have other columns: `deskbridge query activate {name}`."
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

/// The source of a stored query.
///
/// # Errors
/// A sentence if a newer version wrote it.
pub(super) fn source_of(query: &Query) -> anyhow::Result<SourceSpec> {
    Ok(queries::source_of(query)?)
}

pub(super) async fn activate(engine: &Engine, name: &str) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let columns = queries::activate(engine, &found, ACTOR).await?;
    output::line(&format!(
        "The query {} is active, with {} columns. A run must find them all.",
        found.name,
        columns.len()
    ));
    Ok(())
}

pub(super) async fn deactivate(engine: &Engine, name: &str) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    queries::deactivate(engine, &found, ACTOR).await?;
    output::line(&format!("The query {} is a draft.", found.name));
    Ok(())
}

pub(super) async fn delete(engine: &Engine, name: &str) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    queries::delete(engine, &found, ACTOR).await?;
    output::line(&format!("Deleted the query {}.", found.name));
    Ok(())
}
