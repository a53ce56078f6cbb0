//! `POST /orchestrations/{id}/activate`, `POST /orchestrations/{id}/deactivate`: whether it runs by itself.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::orchestrations;

use super::{find, show};
use crate::app::App;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn activate(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    set(&app, person, &id, true).await
}

pub(crate) async fn deactivate(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    set(&app, person, &id, false).await
}

async fn set(app: &App, person: SignedIn, id: &str, active: bool) -> Result<Response, Problem> {
    let view = find(app, &person.user, id).await?;
    let actor = person.user.email.clone();
    match orchestrations::set_active(&app.engine, &view.orchestration, active, &actor).await {
        Ok(()) => {
            let done = if active { "active" } else { "inactive" };
            let address = format!("/orchestrations/{}?done={done}", view.orchestration.id);
            Ok(Redirect::to(&address).into_response())
        }
        Err(error) => show::refused(app, person, view, error).await,
    }
}
