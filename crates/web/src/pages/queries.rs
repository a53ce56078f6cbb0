//! Queries: what is sent.

mod add;
mod delete;
mod edit;
pub(crate) mod form;
mod list;
mod preview;
mod show;
mod switch;
pub(crate) mod upload;

use axum::extract::Path;
use store::queries::Query;

use crate::access::Right;
use crate::app::App;
use crate::pages;
use crate::problem::Problem;
use crate::routes::Routes;

/// The largest body of an upload; the setting sources.largest_upload_mb is smaller.
pub(crate) const LARGEST_BODY: usize = 4_100_000_000;

pub(crate) fn routes(routes: Routes) -> Routes {
    let (see, edit) = (Right::SeeSends, Right::EditSends);
    routes
        .get("/queries", see, list::show)
        .get("/queries/new", edit, add::show)
        .post("/queries", edit, add::submit)
        .upload("/queries/upload", edit, LARGEST_BODY, upload::add)
        .get("/queries/{id}", see, show::show)
        .get("/queries/{id}/preview", see, preview::show)
        .get("/queries/{id}/edit", edit, edit::show)
        .post("/queries/{id}/edit", edit, edit::submit)
        .upload("/queries/{id}/upload", edit, LARGEST_BODY, upload::replace)
        .post("/queries/{id}/activate", edit, switch::activate)
        .post("/queries/{id}/deactivate", edit, switch::deactivate)
        .get("/queries/{id}/delete", edit, delete::show)
        .post("/queries/{id}/delete", edit, delete::submit)
}

/// The query an address names.
pub(crate) async fn find(app: &App, Path(id): &Path<String>) -> Result<Query, Problem> {
    let missing = || Problem::missing("There is no such query.");
    let id = pages::record_id(id).ok_or_else(missing)?;
    let found = store::queries::find(&mut *app.engine.store.read().await?, id).await?;
    found.filter(|found| found.id == id).ok_or_else(missing)
}
