//! `GET /outgoing-webhooks/{id}/delete`, `POST /outgoing-webhooks/{id}/delete`: asked first.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::outgoing_webhooks;
use store::outgoing_webhooks::OutgoingWebhook;

use super::find;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "outgoing_webhooks/delete.html")]
struct DeletePage {
    frame: Frame,
    webhook: OutgoingWebhook,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    html(&DeletePage {
        webhook: find(&app, &id).await?,
        frame: Frame::new(&app, person, Nav::OutgoingWebhooks, "Delete webhook").await?,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &id).await?;
    if !outgoing_webhooks::remove(&app.engine, &found, &person.user.email).await? {
        return Err(Problem::conflict(
            "Somebody else changed or deleted this webhook just now, so nothing was done. Look at it again.",
        ));
    }
    Ok(Redirect::to("/outgoing-webhooks?done=deleted").into_response())
}
