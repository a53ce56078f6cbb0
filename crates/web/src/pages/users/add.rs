//! `GET /users/new`, `POST /users`: somebody new on the staff.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::staff::{self, NewUser};
use serde::Deserialize;
use store::users::UserRole;

use super::form::UserForm;
use crate::app::App;
use crate::form::{Form, SecretText, Wrongs, ticked};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    email: String,
    name: String,
    role: String,
    #[serde(default, deserialize_with = "ticked")]
    restrict_pii: bool,
    password: SecretText,
}

pub(crate) async fn show(State(app): State<App>, person: SignedIn) -> Result<Response, Problem> {
    html(&UserForm {
        frame: frame(&app, person).await?,
        wrongs: Wrongs::default(),
        id: None,
        email: String::new(),
        name: String::new(),
        role: UserRole::Agent,
        restrict_pii: false,
        disabled: false,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let role = UserRole::parse(&entry.role);
    let wrongs = match role {
        None => Wrongs::field("role", "Choose one of the roles."),
        Some(role) => {
            let new = NewUser {
                id: None,
                email: entry.email.clone(),
                name: entry.name.clone(),
                role,
                restrict_pii: entry.restrict_pii,
                password: entry.password.0,
            };
            match staff::add(&app.engine, new, &person.user.email).await {
                Ok(_) => return Ok(Redirect::to("/users?done=added").into_response()),
                Err(error) => Wrongs::refusal(error)?,
            }
        }
    };
    let page = UserForm {
        frame: frame(&app, person).await?,
        wrongs,
        id: None,
        email: entry.email,
        name: entry.name,
        role: role.unwrap_or(UserRole::Agent),
        restrict_pii: entry.restrict_pii,
        disabled: false,
    };
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn frame(app: &App, person: SignedIn) -> Result<Frame, Problem> {
    Frame::new(app, person, Nav::Users, "Add user").await
}
