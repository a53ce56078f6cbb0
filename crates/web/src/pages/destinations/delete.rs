//! `GET /destinations/{id}/delete`, `POST /destinations/{id}/delete`: asked first, in numbers, and refused
//! while it is used.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::destinations;
use store::destinations::Extent;

use super::find;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "destinations/delete.html")]
struct DeletePage {
    frame: Frame,
    id: String,
    name: String,
    extent: Extent,
    uses: Vec<String>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &person.user, &id).await?;
    let mut reader = app.engine.store.read().await?;
    let uses = store::destinations::uses(&mut reader, &found.id).await?;
    let extent = store::destinations::extent(&mut reader, &found).await?;
    drop(reader);
    html(&DeletePage {
        frame: Frame::new(&app, person, Nav::Destinations, "Delete destination").await?,
        id: found.id,
        name: found.name,
        extent,
        uses,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &person.user, &id).await?;
    destinations::delete(&app.engine, &found, &person.user.email).await?;
    Ok(Redirect::to("/destinations?done=deleted").into_response())
}
