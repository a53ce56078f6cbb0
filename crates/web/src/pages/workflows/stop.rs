//! `POST /workflows/{id}/stop`: asks a workflow to stop. Open jobs are seen through, and what was confirmed
//! stays.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::reach;
use crate::app::App;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (workflow, _) = reach::find(&app, &person.user, &id).await?;
    engine::workflows::stop(&app.engine, &workflow).await?;
    let address = format!("/workflows/{}?done=stopping", workflow.id);
    Ok(Redirect::to(&address).into_response())
}
