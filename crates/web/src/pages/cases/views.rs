//! `POST /cases/views`, `POST /cases/views/{id}/delete`: views of the list that people keep.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::actions;
use serde::Deserialize;

use super::asked::Asked;
use super::list::{CasesPage, Where};
use crate::app::App;
use crate::form::{Form, Wrongs, ticked};
use crate::page::html_with;
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    name: String,
    #[serde(default, deserialize_with = "ticked")]
    shared: bool,
    #[serde(default)]
    q: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    priority: String,
    #[serde(default)]
    assigned: String,
    #[serde(default)]
    integration: String,
    #[serde(default)]
    contact: String,
    #[serde(default)]
    conflict: String,
    #[serde(default)]
    parked: String,
}

pub(crate) async fn keep(
    State(app): State<App>,
    person: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let asked = Asked {
        q: entry.q,
        status: entry.status,
        priority: entry.priority,
        assigned: entry.assigned,
        integration: entry.integration,
        contact: entry.contact,
        conflict: entry.conflict,
        parked: entry.parked,
    };
    let query = asked.query();
    let (name, shared) = (entry.name, entry.shared);
    match actions::keep_view(&app.engine, &person.user, &name, &query, shared).await {
        Ok(()) => Ok(Redirect::to(&asked.address("done=kept")).into_response()),
        Err(error) => {
            let sentence = Wrongs::refusal(error)?.summary().unwrap_or_default();
            let wrongs = Wrongs::field("name", sentence);
            let at = Where::default();
            let page = CasesPage::read(&app, person, asked, &at, wrongs, None).await?;
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

pub(crate) async fn forget(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = pages::record_id(&id).ok_or_else(|| Problem::missing("There is no such view."))?;
    actions::forget_view(&app.engine, &person.user, id).await?;
    Ok(Redirect::to("/cases?done=forgotten").into_response())
}
