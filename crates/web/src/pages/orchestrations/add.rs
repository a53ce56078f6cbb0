//! `GET /orchestrations/new`, `POST /orchestrations`: a new orchestration, inactive.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::orchestrations;
use engine::profile_send::SendSettings;
use serde::Deserialize;

use super::form::{Entry, OrchestrationForm};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::page::{html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

const TITLE: (&str, Option<String>) = ("New orchestration", None);

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(crate) struct Chosen {
    /// Which query and destination are chosen already.
    query: String,
    destination: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(chosen): Query<Chosen>,
) -> Result<Response, Problem> {
    let entry = Entry::blank(chosen.query, chosen.destination);
    html(&OrchestrationForm::new(&app, person, TITLE, entry, Wrongs::default()).await?)
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let wrongs = match entry
        .draft(&app, &person.user, SendSettings::default())
        .await?
    {
        Err(wrongs) => wrongs,
        Ok(draft) => match orchestrations::add(&app.engine, &draft, &person.user.email).await {
            Ok(made) => {
                let address = format!("/orchestrations/{}?done=added", made.id);
                return Ok(Redirect::to(&address).into_response());
            }
            Err(error) => Wrongs::refusal(error)?,
        },
    };
    let page = OrchestrationForm::new(&app, person, TITLE, entry, wrongs).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
