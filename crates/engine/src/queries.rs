//! What people do with queries: add, look at, activate, change, delete (profile-send.md 1).

mod upload;

use domain::profile::Column;
use store::credentials::{self, CredentialKind};
use store::queries::{self, Query, QueryDraft, QueryKind};

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::orchestrations::{check_name, in_use};
use crate::profile_send::{self, SourceSpec};

pub use upload::{Upload, Uploaded, begin_upload, is_upload, most_bytes};

/// What a person says of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryText {
    /// Its name, unique.
    pub name: String,
    /// What it is for.
    pub description: String,
}

/// Adds a query, as a draft.
///
/// # Errors
/// [`Error::Refused`] with what is wrong with it; [`store::Error::Exists`] if the name is taken.
pub async fn add(
    engine: &Engine,
    text: &QueryText,
    source: &SourceSpec,
    actor: &str,
) -> Result<Query> {
    add_as(engine, None, text, source, actor).await
}

/// As [`add`], under an id that may have been chosen before: asked for twice, one is made.
///
/// # Errors
/// As [`add`].
pub async fn add_as(
    engine: &Engine,
    id: Option<String>,
    text: &QueryText,
    source: &SourceSpec,
    actor: &str,
) -> Result<Query> {
    if let Some(made) = made(engine, id.as_deref()).await? {
        return Ok(made);
    }
    check_name(&text.name)?;
    check(engine, source).await?;
    keep(engine, id, text, source, actor).await
}

/// What was made under an id that was chosen before.
async fn made(engine: &Engine, id: Option<&str>) -> Result<Option<Query>> {
    match id {
        Some(id) => Ok(queries::find(&mut *engine.store.read().await?, id).await?),
        None => Ok(None),
    }
}

/// As [`add`], of a file that was uploaded just now.
///
/// # Errors
/// As [`add`].
pub async fn add_upload(
    engine: &Engine,
    text: &QueryText,
    file: Uploaded,
    actor: &str,
) -> Result<Query> {
    add_upload_as(engine, None, text, file, actor).await
}

/// As [`add_upload`], under an id that may have been chosen before: asked for twice, one is made, with the
/// file that came first.
///
/// # Errors
/// As [`add`].
pub async fn add_upload_as(
    engine: &Engine,
    id: Option<String>,
    text: &QueryText,
    file: Uploaded,
    actor: &str,
) -> Result<Query> {
    let adding = async {
        if let Some(made) = made(engine, id.as_deref()).await? {
            return Ok(made);
        }
        check_name(&text.name)?;
        keep(engine, id, text, file.source(), actor).await
    };
    let kept = adding.await;
    let is_its_own = |query: &Query| source_of(query).is_ok_and(|source| source == *file.source());
    if kept.as_ref().is_ok_and(is_its_own) {
        file.keep();
    }
    kept
}

/// As [`edit`], with a file that was uploaded just now in place of what was there.
///
/// # Errors
/// As [`edit`].
pub async fn replace_upload(
    engine: &Engine,
    found: &Query,
    file: Uploaded,
    actor: &str,
) -> Result<bool> {
    let text = QueryText {
        name: found.name.clone(),
        description: found.description.clone(),
    };
    let becomes_draft = change(engine, found, &text, file.source(), actor).await?;
    file.keep();
    Ok(becomes_draft)
}

async fn keep(
    engine: &Engine,
    id: Option<String>,
    text: &QueryText,
    source: &SourceSpec,
    actor: &str,
) -> Result<Query> {
    let draft = draft(text, source)?;
    let mut tx = engine.store.begin().await?;
    let id = id.unwrap_or_else(|| engine.new_id());
    let made = queries::add_as(&mut tx, id, &draft, engine.act(actor)).await?;
    tx.commit().await?;
    Ok(made)
}

/// Changes a query. With another source it is a draft again, since its rows may have other columns;
/// returns whether it became one.
///
/// # Errors
/// As [`add`].
pub async fn edit(
    engine: &Engine,
    found: &Query,
    text: &QueryText,
    source: &SourceSpec,
    actor: &str,
) -> Result<bool> {
    check_name(&text.name)?;
    if source_of(found).ok().as_ref() != Some(source) {
        check(engine, source).await?;
    }
    change(engine, found, text, source, actor).await
}

async fn change(
    engine: &Engine,
    found: &Query,
    text: &QueryText,
    source: &SourceSpec,
    actor: &str,
) -> Result<bool> {
    let kept = source_of(found).ok();
    let is_another = kept.as_ref() != Some(source);
    let draft = draft(text, source)?;
    let mut tx = engine.store.begin().await?;
    queries::hold(&mut tx, found).await?;
    let edited = queries::edit(&mut tx, found, &draft, engine.act(actor)).await?;
    let becomes_draft = is_another && edited.active;
    if becomes_draft {
        queries::deactivate(&mut tx, &edited, engine.act(actor)).await?;
    }
    tx.commit().await?;
    if let Some(kept) = kept.filter(|_| is_another) {
        upload::forget(engine, &kept).await;
    }
    Ok(becomes_draft)
}

/// What can be said of a source before it is opened.
async fn check(engine: &Engine, source: &SourceSpec) -> Result<()> {
    let wanted = match source {
        SourceSpec::File { path, .. } if upload::is_ours(engine, path).await => {
            return Err(Error::Refused(
                "That folder holds files that people have uploaded, each for its own query. Upload the file again instead.".to_owned(),
            ));
        }
        SourceSpec::File { .. } if engine.settings.sources.import_folders.is_empty() => {
            return Err(Error::Refused(
                "No import folder is configured, and a query reads files from there only. Name the folder in the configuration file: [sources] import_folders = [\"/srv/exports\"].".to_owned(),
            ));
        }
        SourceSpec::File { .. } | SourceSpec::Contacts { .. } => return Ok(()),
        SourceSpec::Sql { .. } => CredentialKind::Database,
        SourceSpec::Object { .. } => CredentialKind::ObjectStore,
    };
    let Some(id) = source.credential() else {
        return Ok(());
    };
    let found = credentials::find(&mut *engine.store.read().await?, id)
        .await?
        .ok_or_else(|| Error::Refused("The credential is gone. Choose another one.".to_owned()))?;
    if found.kind == wanted {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "The credential {} does not open that: it is of the kind {}, and {} is needed.",
        found.name,
        found.kind.as_str(),
        wanted.as_str()
    )))
}

fn draft(text: &QueryText, source: &SourceSpec) -> Result<QueryDraft> {
    Ok(QueryDraft {
        name: text.name.trim().to_owned(),
        description: text.description.trim().to_owned(),
        kind: match source {
            SourceSpec::File { .. } => QueryKind::File,
            SourceSpec::Object { .. } => QueryKind::Object,
            SourceSpec::Sql { .. } => QueryKind::Sql,
            SourceSpec::Contacts { .. } => QueryKind::Contacts,
        },
        credential_id: source.credential().map(str::to_owned),
        source: serde_json::to_string(source)
            .map_err(|error| Error::Refused(format!("The source cannot be kept ({error}).")))?,
    })
}

/// The source of a stored query.
///
/// # Errors
/// [`Error::Refused`] if a newer version wrote it.
pub fn source_of(query: &Query) -> Result<SourceSpec> {
    serde_json::from_str(&query.source).map_err(|error| {
        Error::Refused(format!(
            "The source of the query {} cannot be read ({error}). Edit the query and name it again.",
            query.name
        ))
    })
}

/// The columns that a query had when it was activated, or last looked at.
pub fn columns_of(query: &Query) -> Vec<Column> {
    let columns = query.columns.as_deref().unwrap_or("[]");
    serde_json::from_str(columns).unwrap_or_default()
}

/// Lets a query feed orchestrations, with the columns that it has now. Returns them.
///
/// # Errors
/// [`Error::Refused`] with what is wrong with the source.
pub async fn activate(engine: &Engine, found: &Query, actor: &str) -> Result<Vec<Column>> {
    let seen = profile_send::preview(engine, &source_of(found)?).await?;
    let columns = serde_json::to_string(&seen.columns)
        .map_err(|error| Error::Refused(format!("The columns cannot be kept ({error}).")))?;
    let mut tx = engine.store.begin().await?;
    queries::activate(&mut tx, found, &columns, engine.act(actor)).await?;
    tx.commit().await?;
    Ok(seen.columns)
}

/// Makes a query a draft again, which feeds nothing.
///
/// # Errors
/// As the database says.
pub async fn deactivate(engine: &Engine, found: &Query, actor: &str) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    queries::deactivate(&mut tx, found, engine.act(actor)).await?;
    Ok(tx.commit().await?)
}

/// Deletes a query that no orchestration uses, and the file that was uploaded for it.
///
/// # Errors
/// [`Error::Refused`] with what uses it.
pub async fn delete(engine: &Engine, found: &Query, actor: &str) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    queries::hold(&mut tx, found).await?;
    // Looked up inside the transaction, so that none can begin to use it meanwhile.
    let uses = queries::uses(&mut tx, &found.id).await?;
    if !uses.is_empty() {
        return Err(in_use("query", &found.name, &uses));
    }
    queries::delete(&mut tx, found, engine.act(actor)).await?;
    tx.commit().await?;
    if let Ok(source) = source_of(found) {
        upload::forget(engine, &source).await;
    }
    Ok(())
}
