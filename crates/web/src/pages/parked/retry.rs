//! `POST /parked/retry`, `POST /parked/{id}/retry`: what is parked is tried again.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::actions;
use serde::Deserialize;

use super::back;
use crate::app::App;
use crate::form::Form;
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whose {
    /// Only of this integration, by id.
    #[serde(default)]
    integration: String,
}

pub(crate) async fn all(
    State(app): State<App>,
    person: SignedIn,
    Form(whose): Form<Whose>,
) -> Result<Response, Problem> {
    let integration = pages::record_id(&whose.integration);
    let retried = actions::retry_all(&app.engine, integration, &person.user.email).await?;
    let done = if retried == 0 { "none" } else { "retried" };
    Ok(Redirect::to(&back("", done)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct From {
    /// The number of the case from whose page it was sent.
    #[serde(default)]
    from: String,
}

pub(crate) async fn one(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<From>,
) -> Result<Response, Problem> {
    let missing = || Problem::missing("There is no such parked change.");
    let id = pages::record_id(&id).ok_or_else(missing)?;
    actions::retry(&app.engine, id, &person.user.email).await?;
    Ok(Redirect::to(&back(&entry.from, "retried")).into_response())
}
