//! `POST /users/{id}/password`: a new password for somebody who lost theirs. Their sessions end.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::staff;
use serde::Deserialize;

use super::edit;
use crate::app::App;
use crate::form::{Form, SecretText, Wrongs};
use crate::page::html_with;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    password: SecretText,
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let member = edit::find(&app, &id).await?;
    let actor = person.user.email.clone();
    let (engine, password) = (&app.engine, entry.password.0);
    match staff::set_password(engine, &member.user.id, password, None, &actor).await {
        Ok(()) => Ok(Redirect::to("/users?done=password").into_response()),
        Err(error) => {
            let sentence = Wrongs::refusal(error)?.summary().unwrap_or_default();
            let wrongs = Wrongs::field("password", sentence);
            let form = edit::form(&app, person, &member, wrongs).await?;
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
    }
}
