//! `GET /queries/{id}/delete`, `POST /queries/{id}/delete`: deletes a query that nothing uses.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use store::queries::Query;

use super::find;
use crate::app::App;
use crate::form::Wrongs;
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "queries/delete.html")]
struct DeletePage {
    frame: Frame,
    query: Query,
    uses: Vec<String>,
    wrongs: Wrongs,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    id: Path<String>,
) -> Result<Response, Problem> {
    let query = find(&app, &id).await?;
    html(&page(&app, person, query, Wrongs::default()).await?)
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    id: Path<String>,
) -> Result<Response, Problem> {
    let query = find(&app, &id).await?;
    match engine::queries::delete(&app.engine, &query, &person.user.email).await {
        Ok(()) => Ok(Redirect::to("/queries?done=deleted").into_response()),
        Err(error) => {
            let wrongs = Wrongs::refusal(error)?;
            let page = page(&app, person, query, wrongs).await?;
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn page(
    app: &App,
    person: SignedIn,
    query: Query,
    wrongs: Wrongs,
) -> Result<DeletePage, Problem> {
    let uses = store::queries::uses(&mut *app.engine.store.read().await?, &query.id).await?;
    Ok(DeletePage {
        frame: Frame::new(app, person, Nav::Queries, "Delete query").await?,
        query,
        uses,
        wrongs,
    })
}
