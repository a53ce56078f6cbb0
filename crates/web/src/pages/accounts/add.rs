//! `GET /accounts/new`, `POST /accounts`: a new company.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::actions;
use serde::Deserialize;

use super::form::AccountForm;
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    name: String,
}

pub(crate) async fn show(State(app): State<App>, person: SignedIn) -> Result<Response, Problem> {
    html(&AccountForm {
        frame: Frame::new(&app, person, Nav::Accounts, "New account").await?,
        wrongs: Wrongs::default(),
        id: None,
        name: String::new(),
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    match actions::create_account(&app.engine, &entry.name, &person.user.email).await {
        Ok(id) => Ok(Redirect::to(&format!("/accounts/{id}?done=made")).into_response()),
        Err(error) => {
            let sentence = Wrongs::refusal(error)?.summary().unwrap_or_default();
            let form = AccountForm {
                frame: Frame::new(&app, person, Nav::Accounts, "New account").await?,
                wrongs: Wrongs::field("name", sentence),
                id: None,
                name: entry.name,
            };
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
    }
}
