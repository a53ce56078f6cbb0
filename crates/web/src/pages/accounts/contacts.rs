//! `POST /accounts/{id}/contacts`, `POST /accounts/{id}/contacts/{contact}/remove`: who belongs to a
//! company.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::actions;
use serde::Deserialize;

use super::edit;
use super::show::AccountPage;
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::page::html_with;
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// A contact's email or id.
    contact: String,
}

pub(crate) async fn join(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let account = edit::find(&app, &id).await?;
    let (engine, actor) = (&app.engine, person.user.email.clone());
    match actions::join_account(engine, &account.id, &entry.contact, &actor).await {
        Ok(()) => {
            Ok(Redirect::to(&format!("/accounts/{}?done=joined", account.id)).into_response())
        }
        Err(error) => {
            let sentence = Wrongs::refusal(error)?.summary().unwrap_or_default();
            let page = AccountPage {
                wrongs: Wrongs::field("contact", sentence),
                typed: entry.contact,
                ..AccountPage::read(&app, person, &account.id, "", None).await?
            };
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

pub(crate) async fn leave(
    State(app): State<App>,
    person: SignedIn,
    Path((id, contact)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let account = edit::find(&app, &id).await?;
    let missing = || Problem::missing("There is no such contact.");
    let contact = pages::record_id(&contact).ok_or_else(missing)?;
    actions::leave_account(&app.engine, &account.id, contact, &person.user.email).await?;
    Ok(Redirect::to(&format!("/accounts/{}?done=left", account.id)).into_response())
}
