//! `GET /queries/new`, `POST /queries`: a new query, as a draft.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::queries::{self, QueryText};
use serde::Deserialize;

use super::form::{Entry, QueryForm};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
pub(crate) struct Kind {
    /// Where the rows lie.
    #[serde(default)]
    kind: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(Kind { kind }): Query<Kind>,
) -> Result<Response, Problem> {
    let entry = Entry {
        kind,
        ..Entry::default()
    };
    html(&page(&app, person, entry, Wrongs::default()).await?)
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let wrongs = match entry.source(&person.user, None) {
        Err(wrongs) => wrongs,
        Ok(source) => {
            let text = QueryText {
                name: entry.name.clone(),
                description: entry.description.clone(),
            };
            match queries::add(&app.engine, &text, &source, &person.user.email).await {
                Ok(made) => {
                    let address = format!("/queries/{}?done=added", made.id);
                    return Ok(Redirect::to(&address).into_response());
                }
                Err(error) => Wrongs::refusal(error)?,
            }
        }
    };
    let page = page(&app, person, entry, wrongs).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

pub(super) async fn page(
    app: &App,
    person: SignedIn,
    entry: Entry,
    wrongs: Wrongs,
) -> Result<QueryForm, Problem> {
    let frame = Frame::new(app, person, Nav::Queries, "New query").await?;
    QueryForm::new(app, frame, None, entry, wrongs).await
}
