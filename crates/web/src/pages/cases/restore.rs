//! `POST /cases/{number}/restore`: a case that was deleted here comes back.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::actions;

use crate::app::App;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let case = super::find(&app, &number).await?;
    actions::restore(&app.engine, &case.id, &person.user.email).await?;
    Ok(Redirect::to(&format!("/cases/{}?done=back", case.number)).into_response())
}
