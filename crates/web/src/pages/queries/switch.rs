//! `POST /queries/{id}/activate`, `POST /queries/{id}/deactivate`: whether a query may feed orchestrations.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::queries;

use super::{find, show};
use crate::app::App;
use crate::form::Wrongs;
use crate::page::html_with;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn activate(
    State(app): State<App>,
    person: SignedIn,
    id: Path<String>,
) -> Result<Response, Problem> {
    let query = find(&app, &id).await?;
    match queries::activate(&app.engine, &query, &person.user.email).await {
        Ok(_) => {
            let address = format!("/queries/{}?done=active", query.id);
            Ok(Redirect::to(&address).into_response())
        }
        Err(error) => {
            let wrongs = Wrongs::refusal(error)?;
            let page = show::page(&app, person, query, wrongs).await?;
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

pub(crate) async fn deactivate(
    State(app): State<App>,
    person: SignedIn,
    id: Path<String>,
) -> Result<Response, Problem> {
    let query = find(&app, &id).await?;
    queries::deactivate(&app.engine, &query, &person.user.email).await?;
    let address = format!("/queries/{}?done=inactive", query.id);
    Ok(Redirect::to(&address).into_response())
}
