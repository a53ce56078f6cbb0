//! `GET /integrations/{id}/backlog`, `POST …`: what piled up while two-way sync was off, counted first
//! and sent only if somebody says so.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::actions::{self, Backlog};
use serde::Deserialize;
use store::integrations::Integration;

use super::managed;
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "integrations/backlog.html")]
struct BacklogPage {
    frame: Frame,
    wrongs: Wrongs,
    integration: Integration,
    backlog: Backlog,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    answer: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let integration = managed(&app, &person.user, &id).await?;
    html(&page(&app, person, integration, Wrongs::default()).await?)
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(answer): Form<Answer>,
) -> Result<Response, Problem> {
    let found = managed(&app, &person.user, &id).await?;
    let back = |word| Redirect::to(&format!("/integrations/{}?done={word}", found.id));
    if answer.answer != "yes" {
        return Ok(back("left").into_response());
    }
    let actor = person.user.email.clone();
    match Box::pin(actions::backlog(&app.engine, &found, true, &actor)).await {
        Ok(_) => Ok(back("pushed").into_response()),
        Err(error) => {
            let page = page(&app, person, found, Wrongs::refusal(error)?).await?;
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn page(
    app: &App,
    person: SignedIn,
    integration: Integration,
    wrongs: Wrongs,
) -> Result<BacklogPage, Problem> {
    let actor = person.user.email.clone();
    let counted = actions::backlog(&app.engine, &integration, false, &actor);
    Ok(BacklogPage {
        backlog: Box::pin(counted).await?,
        frame: Frame::new(app, person, Nav::Integrations, "What piled up here").await?,
        wrongs,
        integration,
    })
}
