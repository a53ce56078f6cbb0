//! `GET /integrations/{id}/delete`, `POST …`: what goes with an integration, and its end.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::integration_view::{self, Loss};
use store::integrations::Integration;

use super::managed;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "integrations/delete.html")]
struct DeletePage {
    frame: Frame,
    integration: Integration,
    loss: Loss,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let integration = managed(&app, &person.user, &id).await?;
    html(&DeletePage {
        loss: integration_view::loss(&app.engine, &integration).await?,
        frame: Frame::new(&app, person, Nav::Integrations, "Delete integration").await?,
        integration,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = managed(&app, &person.user, &id).await?;
    // The page before this one said what goes with it.
    engine::integrations::delete(&app.engine, &found, true, &person.user.email).await?;
    Ok(Redirect::to("/integrations?done=deleted").into_response())
}
