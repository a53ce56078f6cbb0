//! `POST /checks/{id}/stop`: ends a check early.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::checks;

use super::find;
use crate::app::App;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let named = find(&app, &person.user, &id).await?;
    checks::stop(&app.engine, &named.check.id, &person.user.email).await?;
    let place = format!("/checks/{}?done=stop", named.check.id);
    Ok(Redirect::to(&place).into_response())
}
