//! `POST /runs/{id}/stop`: ends a run at its next page.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::schedule;

use super::progress::find;
use crate::app::App;
use crate::pages::integrations::managed;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = find(&app, &person, &id).await?;
    managed(&app, &person.user, &view.integration.id).await?;
    schedule::stop(&app.engine, &view.run, &person.user.email).await?;
    let address = format!("/runs/{}?done=stop", view.run.id);
    Ok(Redirect::to(&address).into_response())
}
