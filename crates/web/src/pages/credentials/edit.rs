//! `GET /credentials/{id}/edit`, `POST /credentials/{id}/edit`: new values, tried on every account that uses
//! them. What is stored of a secret is never shown.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::credentials::{self, Kind};

use super::add::on_failure;
use super::find;
use super::form::{CredentialForm, Entry, Fields};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let shown = person.see(find(&app, &id).await?);
    html(&CredentialForm {
        frame: Frame::new(&app, person, Nav::Credentials, "Edit credential").await?,
        wrongs: Wrongs::default(),
        fields: Fields::of(&shown),
        id: Some(shown.id),
        name: shown.name,
        description: shown.description,
        subdomain: String::new(),
        offers_anyway: false,
        used_by: shown.used_by,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let found = find(&app, &id).await?;
    let kind = Kind::of(found.kind);
    let (wrongs, offers_anyway) = match entry.draft(kind, Some(&found)) {
        Err(wrongs) => (wrongs, false),
        Ok(draft) => {
            let on_failure = on_failure(entry.anyway);
            let actor = &person.user.email;
            let editing = credentials::edit(&app.engine, &found, draft, on_failure, actor);
            match Box::pin(editing).await {
                Ok(_) => {
                    let id = found.id;
                    return Ok(
                        Redirect::to(&format!("/credentials/{id}?done=saved")).into_response()
                    );
                }
                Err(error) => (Wrongs::refusal(error)?, true),
            }
        }
    };
    let page = CredentialForm {
        frame: Frame::new(&app, person, Nav::Credentials, "Edit credential").await?,
        wrongs,
        fields: entry.fields(kind, true),
        id: Some(found.id),
        name: entry.name,
        description: entry.description,
        subdomain: String::new(),
        offers_anyway,
        used_by: found.used_by,
    };
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
