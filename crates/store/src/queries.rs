//! What is sent: where rows come from (profile-send.md 1, *query*).

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::audit::{self, Act, Change};
use crate::bulk::clean;
use crate::cases::moment;
use crate::database::Tx;
use crate::error::{Error, Result, exists_already};
use crate::ids::new_id;
use crate::versions::{self, Read};

/// Where the rows of a query come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryKind {
    /// A file under an import folder, or an upload.
    File,
    /// An object of an object store.
    Object,
    /// A statement on a database.
    Sql,
    /// Our own contacts.
    Contacts,
}

impl QueryKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::File, Self::Object, Self::Sql, Self::Contacts];

    /// The word that is stored and shown in `--json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Object => "object",
            Self::Sql => "sql",
            Self::Contacts => "contacts",
        }
    }

    /// The kind of a word, exactly as written.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }
}

/// What a new or edited query carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryDraft {
    /// Its name, unique.
    pub name: String,
    /// What it is for, in a person's words.
    pub description: String,
    /// Where its rows come from.
    pub kind: QueryKind,
    /// Which credential opens the source, where one is needed.
    pub credential_id: Option<String>,
    /// The engine's own description of the source, as JSON.
    pub source: String,
}

/// A source of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Our id.
    pub id: String,
    /// Its name, unique.
    pub name: String,
    /// What it is for, in a person's words.
    pub description: String,
    /// Where its rows come from.
    pub kind: QueryKind,
    /// Which credential opens the source, where one is needed.
    pub credential_id: Option<String>,
    /// The engine's own description of the source, as JSON.
    pub source: String,
    /// What the last preview or activation saw, as JSON of the engine's own.
    pub columns: Option<String>,
    /// Whether it may feed orchestrations; otherwise it is a draft.
    pub active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed by a person.
    pub updated_at: Timestamp,
}

fn query(row: &AnyRow) -> Result<Query> {
    let word: String = row.try_get("kind")?;
    Ok(Query {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        kind: QueryKind::parse(&word)
            .ok_or_else(|| Error::Damaged(format!("kind {word:?} of a query")))?,
        credential_id: row.try_get("credential_id")?,
        source: row.try_get("source")?,
        columns: row.try_get("columns")?,
        active: row.try_get::<i64, _>("active")? != 0,
        created_at: moment(row, "created_at")?,
        updated_at: moment(row, "updated_at")?,
    })
}

/// Adds a query, as a draft.
///
/// # Errors
/// [`Error::Exists`] if the name is taken.
pub async fn add(tx: &mut Tx, draft: &QueryDraft, act: Act<'_>) -> Result<Query> {
    add_as(tx, new_id(act.now, act.dice), draft, act).await
}

/// As [`add`], under an id that was chosen before.
///
/// # Errors
/// As [`add`].
pub async fn add_as(tx: &mut Tx, id: String, draft: &QueryDraft, act: Act<'_>) -> Result<Query> {
    let made = Query {
        id,
        name: draft.name.clone(),
        description: draft.description.clone(),
        kind: draft.kind,
        credential_id: draft.credential_id.clone(),
        source: draft.source.clone(),
        columns: None,
        active: false,
        created_at: act.now,
        updated_at: act.now,
    };
    write(tx, &made).await?;
    audit::note(tx, act, "query.add", &made.name, made.kind.as_str()).await?;
    Ok(made)
}

/// Makes sure that a query is still as it was read, and stays so until the transaction ends.
///
/// # Errors
/// [`Error::Stale`] if somebody changed or deleted it since.
pub async fn hold(tx: &mut Tx, read: &Query) -> Result<()> {
    let read = Read {
        table: "query",
        id: &read.id,
        name: &read.name,
        updated_at: read.updated_at,
    };
    versions::hold(tx, read).await
}

/// Replaces what a person set of a query; returns it as it is now. Whether it is active, and the columns
/// last seen, stay: the caller decides whether the change asks for another look.
///
/// # Errors
/// [`Error::Exists`] if the new name is taken.
pub async fn edit(tx: &mut Tx, old: &Query, draft: &QueryDraft, act: Act<'_>) -> Result<Query> {
    let new = Query {
        name: draft.name.clone(),
        description: draft.description.clone(),
        kind: draft.kind,
        credential_id: draft.credential_id.clone(),
        source: draft.source.clone(),
        updated_at: act.now,
        ..old.clone()
    };
    write(tx, &new).await?;
    let changes = audit::changes(&[
        ("name", Change::Told(&old.name, &new.name)),
        (
            "description",
            Change::Told(&old.description, &new.description),
        ),
        ("kind", Change::Told(old.kind.as_str(), new.kind.as_str())),
        (
            "credential",
            Change::Told(
                old.credential_id.as_deref().unwrap_or_default(),
                new.credential_id.as_deref().unwrap_or_default(),
            ),
        ),
        ("source", Change::Noted(old.source != new.source)),
    ]);
    audit::note(tx, act, "query.edit", &new.name, &changes).await?;
    Ok(new)
}

async fn write(tx: &mut Tx, made: &Query) -> Result<()> {
    sqlx::query(
        "INSERT INTO query (id, name, description, kind, credential_id, source, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, kind = excluded.kind, \
         credential_id = excluded.credential_id, source = excluded.source, updated_at = excluded.updated_at",
    )
    .bind(made.id.clone())
    .bind(clean(&made.name))
    .bind(clean(&made.description))
    .bind(made.kind.as_str().to_owned())
    .bind(made.credential_id.as_deref().map(clean))
    .bind(clean(&made.source))
    .bind(made.created_at.as_microsecond())
    .bind(made.updated_at.as_microsecond())
    .execute(&mut **tx)
    .await
    .map_err(|error| exists_already(error, &format!("A query named {}", made.name)))?;
    Ok(())
}

/// Keeps the columns that a preview saw. Nobody changed anything by it, so nothing is noted.
///
/// # Errors
/// As the database says.
pub async fn keep_columns(tx: &mut Tx, id: &str, columns: &str) -> Result<()> {
    sqlx::query("UPDATE query SET columns = $2 WHERE id = $1")
        .bind(clean(id))
        .bind(clean(columns))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Lets a query feed orchestrations, with the columns it was seen to have.
///
/// # Errors
/// As the database says.
pub async fn activate(tx: &mut Tx, query: &Query, columns: &str, act: Act<'_>) -> Result<()> {
    sqlx::query("UPDATE query SET active = 1, columns = $2, updated_at = $3 WHERE id = $1")
        .bind(query.id.clone())
        .bind(clean(columns))
        .bind(act.now.as_microsecond())
        .execute(&mut **tx)
        .await?;
    audit::note(tx, act, "query.activate", &query.name, "").await
}

/// Makes a query a draft again: it feeds nothing until it is activated.
///
/// # Errors
/// As the database says.
pub async fn deactivate(tx: &mut Tx, query: &Query, act: Act<'_>) -> Result<()> {
    sqlx::query("UPDATE query SET active = 0, updated_at = $2 WHERE id = $1")
        .bind(query.id.clone())
        .bind(act.now.as_microsecond())
        .execute(&mut **tx)
        .await?;
    audit::note(tx, act, "query.deactivate", &query.name, "").await
}

/// Deletes a query. The caller has made sure that nothing uses it ([`uses`]); the database refuses
/// otherwise.
///
/// # Errors
/// As the database says.
pub async fn delete(tx: &mut Tx, query: &Query, act: Act<'_>) -> Result<()> {
    sqlx::query("DELETE FROM query WHERE id = $1")
        .bind(query.id.clone())
        .execute(&mut **tx)
        .await?;
    audit::note(tx, act, "query.delete", &query.name, query.kind.as_str()).await
}

/// All queries, by name.
///
/// # Errors
/// As the database says.
pub async fn list(connection: &mut AnyConnection) -> Result<Vec<Query>> {
    sqlx::query("SELECT * FROM query ORDER BY name")
        .fetch_all(connection)
        .await?
        .iter()
        .map(query)
        .collect()
}

/// The query with this name or id.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, name_or_id: &str) -> Result<Option<Query>> {
    let row = sqlx::query("SELECT * FROM query WHERE name = $1 OR id = $1")
        .bind(clean(name_or_id))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(query).transpose()
}

/// What keeps a query from being deleted: orchestrations (`orchestration live`), by name.
///
/// # Errors
/// As the database says.
pub async fn uses(connection: &mut AnyConnection, id: &str) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "SELECT 'orchestration ' || name FROM orchestration WHERE query_id = $1 ORDER BY name",
    )
    .bind(clean(id))
    .fetch_all(connection)
    .await?)
}
