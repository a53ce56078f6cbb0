//! `GET /orchestrations/{id}/edit`, `POST /orchestrations/{id}/edit`: what an orchestration joins, when it
//! runs, and its guards. Its mapping has a page of its own.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::orchestrations;

use super::find;
use super::form::{Entry, OrchestrationForm};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::page::{html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

const TITLE: &str = "Edit orchestration";

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = find(&app, &person.user, &id).await?;
    let (entry, title) = (Entry::of(&view), (TITLE, Some(view.orchestration.id)));
    html(&OrchestrationForm::new(&app, person, title, entry, Wrongs::default()).await?)
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let view = find(&app, &person.user, &id).await?;
    let (found, actor) = (&view.orchestration, person.user.email.clone());
    let wrongs = match entry.draft(&app, &person.user, view.settings()).await? {
        Err(wrongs) => wrongs,
        Ok(draft) => match orchestrations::edit(&app.engine, found, &draft, &actor).await {
            Ok(_) => {
                let address = format!("/orchestrations/{}?done=saved", found.id);
                return Ok(Redirect::to(&address).into_response());
            }
            Err(error) => Wrongs::refusal(error)?,
        },
    };
    let title = (TITLE, Some(view.orchestration.id));
    let page = OrchestrationForm::new(&app, person, title, entry, wrongs).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
