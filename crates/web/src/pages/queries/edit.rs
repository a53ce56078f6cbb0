//! `GET /queries/{id}/edit`, `POST /queries/{id}/edit`: what a query is called and what it reads. With
//! another source it is a draft again.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::queries::{self, QueryText};
use store::queries::Query;

use super::find;
use super::form::{Entry, QueryForm};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    id: Path<String>,
) -> Result<Response, Problem> {
    let query = find(&app, &id).await?;
    let entry = person.see(Entry::of(&app, &query)?);
    html(&page(&app, person, &query, entry, Wrongs::default()).await?)
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    id: Path<String>,
    Form(mut entry): Form<Entry>,
) -> Result<Response, Problem> {
    let query = find(&app, &id).await?;
    let kept = queries::source_of(&query)?;
    let seen = entry.statement.clone();
    if person.user.restrict_pii {
        entry.keep_hidden(Entry::of(&app, &query)?.statement);
    }
    let wrongs = match entry.source(&person.user, Some(&kept)) {
        Err(wrongs) => wrongs,
        Ok(source) => {
            let text = QueryText {
                name: entry.name.clone(),
                description: entry.description.clone(),
            };
            match queries::edit(&app.engine, &query, &text, &source, &person.user.email).await {
                Ok(becomes_draft) => return Ok(saved(&query, becomes_draft)),
                Err(error) => Wrongs::refusal(error)?,
            }
        }
    };
    entry.statement = seen;
    let page = page(&app, person, &query, entry, wrongs).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Back to the query that was saved.
pub(super) fn saved(query: &Query, becomes_draft: bool) -> Response {
    let done = if becomes_draft { "draft" } else { "saved" };
    Redirect::to(&format!("/queries/{}?done={done}", query.id)).into_response()
}

pub(super) async fn page(
    app: &App,
    person: SignedIn,
    query: &Query,
    entry: Entry,
    wrongs: Wrongs,
) -> Result<QueryForm, Problem> {
    let frame = Frame::new(app, person, Nav::Queries, "Edit query").await?;
    QueryForm::new(app, frame, Some(query.id.clone()), entry, wrongs).await
}
