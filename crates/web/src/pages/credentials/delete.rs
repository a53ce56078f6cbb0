//! `GET /credentials/{id}/delete`, `POST /credentials/{id}/delete`: asked first, and refused while it is used.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::credentials;

use super::find;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "credentials/delete.html")]
struct DeletePage {
    frame: Frame,
    id: String,
    name: String,
    uses: Vec<String>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &id).await?;
    let mut reader = app.engine.store.read().await?;
    let uses = store::credentials::uses(&mut reader, &found.id).await?;
    drop(reader);
    html(&DeletePage {
        frame: Frame::new(&app, person, Nav::Credentials, "Delete credential").await?,
        id: found.id,
        name: found.name,
        uses,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &id).await?;
    credentials::delete(&app.engine, &found, &person.user.email).await?;
    Ok(Redirect::to("/credentials?done=deleted").into_response())
}
