//! `GET /destinations/{id}/edit`, `POST /destinations/{id}/edit`: everything but the account. Signs in, and
//! changes nothing if that fails.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::profile::Attribute;
use engine::destinations;
use store::credentials::Credential;
use store::destinations::Destination;

use super::add::wrong_credential;
use super::find;
use super::form::{Entry, powerful};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Frame, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "destinations/edit.html")]
struct EditPage {
    frame: Frame,
    wrongs: Wrongs,
    id: String,
    account: String,
    entry: Entry,
    credentials: Vec<Credential>,
    powerful: Vec<Attribute>,
}

impl EditPage {
    /// Whether the account is yet to be named: it stays what it is.
    fn names_account(&self) -> bool {
        false
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &person.user, &id).await?;
    let entry = Entry::of(&found)?;
    page(&app, person, &found, entry, Wrongs::default()).await
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let found = find(&app, &person.user, &id).await?;
    let read = match wrong_credential(&app, &entry).await? {
        Some(wrongs) => Err(wrongs),
        None => entry.draft(&app, Some(&found)),
    };
    let wrongs = match read {
        Err(wrongs) => wrongs,
        Ok(draft) => {
            let editing = destinations::edit(&app.engine, &found, draft, &person.user.email);
            match Box::pin(editing).await {
                Ok(changed) => {
                    let done = changed.map_or("same", |_| "saved");
                    let to = format!("/destinations/{}?done={done}", found.id);
                    return Ok(Redirect::to(&to).into_response());
                }
                Err(error) => Wrongs::refusal(error)?,
            }
        }
    };
    page(&app, person, &found, entry, wrongs).await
}

async fn page(
    app: &App,
    person: SignedIn,
    found: &Destination,
    entry: Entry,
    wrongs: Wrongs,
) -> Result<Response, Problem> {
    let status = if wrongs.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = EditPage {
        frame: Frame::new(app, person, Nav::Destinations, "Edit destination").await?,
        credentials: super::credentials(app).await?,
        wrongs,
        id: found.id.clone(),
        account: found.account.clone(),
        entry,
        powerful: powerful(),
    };
    html_with(status, &page)
}
