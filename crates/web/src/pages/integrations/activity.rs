//! `POST /integrations/{id}/activate`, `POST /integrations/{id}/deactivate`.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::{managed, show};
use crate::app::App;
use crate::form::Wrongs;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn activate(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = managed(&app, &person.user, &id).await?;
    let actor = person.user.email.clone();
    match Box::pin(engine::integrations::activate(&app.engine, &found, &actor)).await {
        Ok(_) => {
            let address = format!("/integrations/{}?done=activated", found.id);
            Ok(Redirect::to(&address).into_response())
        }
        Err(error) => show::page(&app, person, &found, None, Wrongs::refusal(error)?).await,
    }
}

pub(crate) async fn deactivate(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = managed(&app, &person.user, &id).await?;
    engine::integrations::deactivate(&app.engine, &found, &person.user.email).await?;
    let address = format!("/integrations/{}?done=deactivated", found.id);
    Ok(Redirect::to(&address).into_response())
}
