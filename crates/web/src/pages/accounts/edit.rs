//! `GET /accounts/{id}/edit`, `POST /accounts/{id}/edit`: a company's name.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::actions;
use serde::Deserialize;
use store::accounts::{self, Account};

use super::form::AccountForm;
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::pages::{self, cases};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    name: String,
}

/// The account an address names.
pub(crate) async fn find(app: &App, id: &str) -> Result<Account, Problem> {
    let missing = || Problem::missing("There is no such account.");
    let id = pages::record_id(id).ok_or_else(missing)?;
    let connection = &mut *app.engine.store.read().await?;
    accounts::find(connection, id).await?.ok_or_else(missing)
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let mut account = find(&app, &id).await?;
    if person.user.restrict_pii {
        cases::mask::text(&mut account.name);
    }
    html(&AccountForm {
        frame: Frame::new(&app, person, Nav::Accounts, "Edit account").await?,
        wrongs: Wrongs::default(),
        id: Some(account.id),
        name: account.name,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let account = find(&app, &id).await?;
    let written = cases::written(&person.user, &account.name, &entry.name);
    let wrongs = match written {
        Err(()) => Wrongs::field("name", cases::MASKED),
        Ok(name) => {
            let name = name.as_deref().unwrap_or(&account.name);
            let actor = &person.user.email;
            match actions::rename_account(&app.engine, &account.id, name, actor).await {
                Ok(()) => {
                    let place = format!("/accounts/{}?done=saved", account.id);
                    return Ok(Redirect::to(&place).into_response());
                }
                Err(error) => {
                    let sentence = Wrongs::refusal(error)?.summary().unwrap_or_default();
                    Wrongs::field("name", sentence)
                }
            }
        }
    };
    let form = AccountForm {
        frame: Frame::new(&app, person, Nav::Accounts, "Edit account").await?,
        wrongs,
        id: Some(account.id),
        name: entry.name,
    };
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
}
