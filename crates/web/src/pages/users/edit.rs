//! `GET /users/{id}/edit`, `POST /users/{id}/edit`: what somebody on the staff may do.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::staff;
use serde::Deserialize;
use store::users::{self, Member, UserEdit, UserRole};

use super::form::UserForm;
use crate::app::App;
use crate::form::{Form, Wrongs, ticked};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    name: String,
    role: String,
    #[serde(default, deserialize_with = "ticked")]
    restrict_pii: bool,
    #[serde(default, deserialize_with = "ticked")]
    disabled: bool,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let member = find(&app, &id).await?;
    let form = form(&app, person, &member, Wrongs::default()).await?;
    html(&form)
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let member = find(&app, &id).await?;
    let role = UserRole::parse(&entry.role);
    let wrongs = if role.is_none() {
        Wrongs::field("role", "Choose one of the roles.")
    } else {
        let edit = UserEdit {
            name: Some(entry.name.clone()),
            role,
            restrict_pii: Some(entry.restrict_pii),
            disabled: Some(entry.disabled),
        };
        match staff::edit(&app.engine, &member.user.id, edit, &person.user.email).await {
            Ok(()) => return Ok(Redirect::to("/users?done=saved").into_response()),
            Err(error) => Wrongs::refusal(error)?,
        }
    };
    let typed = UserForm {
        name: entry.name,
        role: role.unwrap_or(member.user.role),
        restrict_pii: entry.restrict_pii,
        disabled: entry.disabled,
        ..form(&app, person, &member, wrongs).await?
    };
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &typed)
}

/// The user an address names.
pub(super) async fn find(app: &App, id: &str) -> Result<Member, Problem> {
    let missing = || Problem::missing("There is no such user.");
    let id = pages::record_id(id).ok_or_else(missing)?;
    let connection = &mut *app.engine.store.read().await?;
    users::member(connection, id).await?.ok_or_else(missing)
}

/// The form with what is stored.
pub(super) async fn form(
    app: &App,
    person: SignedIn,
    member: &Member,
    wrongs: Wrongs,
) -> Result<UserForm, Problem> {
    let shown = person.see(member.clone());
    Ok(UserForm {
        frame: Frame::new(app, person, Nav::Users, "Edit user").await?,
        wrongs,
        id: Some(shown.user.id),
        email: shown.user.email,
        name: shown.user.name,
        role: shown.user.role,
        restrict_pii: shown.user.restrict_pii,
        disabled: shown.disabled_at.is_some(),
    })
}
