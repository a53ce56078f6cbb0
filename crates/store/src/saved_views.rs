//! Views of the list of cases that people keep (`saved_view`).

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::clean;
use crate::database::Tx;
use crate::error::{Result, exists_already};

/// A view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// Our id.
    pub id: String,
    /// Whose it is.
    pub owner_id: String,
    /// What it is called; each once per owner.
    pub name: String,
    /// What its filters say, as the address of the list has it.
    pub query: String,
    /// Whether everybody sees it.
    pub shared: bool,
}

fn view(row: &AnyRow) -> Result<SavedView> {
    Ok(SavedView {
        id: row.try_get("id")?,
        owner_id: row.try_get("owner_id")?,
        name: row.try_get("name")?,
        query: row.try_get("query")?,
        shared: row.try_get::<i64, _>("shared")? != 0,
    })
}

/// Keeps a view.
///
/// # Errors
/// [`crate::Error::Exists`] if its owner has one of this name.
pub async fn add(tx: &mut Tx, view: &SavedView, now: Timestamp) -> Result<()> {
    sqlx::query("INSERT INTO saved_view (id, owner_id, name, query, shared, created_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(clean(&view.id))
        .bind(clean(&view.owner_id))
        .bind(clean(&view.name))
        .bind(clean(&view.query))
        .bind(i64::from(view.shared))
        .bind(now.as_microsecond())
        .execute(&mut **tx)
        .await
        .map_err(|error| exists_already(error, "a view of yours with this name"))?;
    Ok(())
}

/// The views that a user sees, their own and those that others share, by name.
///
/// # Errors
/// As the database says.
pub async fn of_user(connection: &mut AnyConnection, user: &str) -> Result<Vec<SavedView>> {
    sqlx::query(
        "SELECT * FROM saved_view WHERE owner_id = $1 OR shared = 1 ORDER BY name, id LIMIT 200",
    )
    .bind(clean(user))
    .fetch_all(connection)
    .await?
    .iter()
    .map(view)
    .collect()
}

/// The view with this id.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<SavedView>> {
    let row = sqlx::query("SELECT * FROM saved_view WHERE id = $1")
        .bind(clean(id))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(view).transpose()
}

/// Forgets a view. False if there is none.
///
/// # Errors
/// As the database says.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM saved_view WHERE id = $1")
        .bind(clean(id))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}
