//! `GET /destinations/{id}/promote`, `POST /destinations/{id}/promote`: a sandbox, with its mappings and
//! orchestrations, copied to a production account after a clean test send.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::destinations::{self, Promotion};
use serde::Deserialize;
use store::credentials::Credential;
use store::destinations::Destination;

use super::find;
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Frame, html_with};
use crate::problem::{Problem, is_refusal};
use crate::session::SignedIn;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) credential: String,
    pub(crate) subdomain: String,
}

#[derive(Template)]
#[template(path = "destinations/promote.html")]
struct PromotePage {
    frame: Frame,
    wrongs: Wrongs,
    id: String,
    from: String,
    entry: Entry,
    credentials: Vec<Credential>,
    /// How many orchestrations are copied.
    orchestrations: usize,
    /// What is to be done first.
    not_yet: Option<String>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &person.user, &id).await?;
    page(&app, person, &found, Entry::default(), Wrongs::default()).await
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let found = find(&app, &person.user, &id).await?;
    let wrongs = match read(&app, &entry).await? {
        Err(wrongs) => wrongs,
        Ok(to) => {
            let promoting = destinations::promote(&app.engine, &found, to, &person.user.email);
            match Box::pin(promoting).await {
                Ok(made) => {
                    let to = format!("/destinations/{}?done=promoted", made.destination.id);
                    return Ok(Redirect::to(&to).into_response());
                }
                Err(error) => Wrongs::refusal(error)?,
            }
        }
    };
    page(&app, person, &found, entry, wrongs).await
}

pub(crate) async fn read(app: &App, entry: &Entry) -> Result<Result<Promotion, Wrongs>, Problem> {
    let mut wrongs = Wrongs::default();
    let all = super::credentials(app).await?;
    if !all.iter().any(|known| known.id == entry.credential) {
        wrongs.add(
            "credential",
            "Choose the credential that signs in to the production account.",
        );
    }
    if let Err(error) = engine::credentials::check_name(&entry.name) {
        wrongs.add("name", error.to_string());
    }
    let account = destinations::account(&app.engine, &entry.subdomain);
    match account {
        Ok((url, account)) if wrongs.is_empty() => Ok(Ok(Promotion {
            name: entry.name.clone(),
            credential_id: entry.credential.clone(),
            url,
            account,
        })),
        Ok(_) => Ok(Err(wrongs)),
        Err(error) => {
            wrongs.add("subdomain", error.to_string());
            Ok(Err(wrongs))
        }
    }
}

async fn page(
    app: &App,
    person: SignedIn,
    found: &Destination,
    entry: Entry,
    wrongs: Wrongs,
) -> Result<Response, Problem> {
    let not_yet = match destinations::check_promotable(&app.engine, found).await {
        Ok(()) => None,
        Err(error) if is_refusal(&error) => Some(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    let mut reader = app.engine.store.read().await?;
    let all = store::orchestrations::list(&mut reader).await?;
    drop(reader);
    let copied = all.iter().filter(|one| one.destination_id == found.id);
    let status = if wrongs.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = PromotePage {
        frame: Frame::new(app, person, Nav::Destinations, "Promote destination").await?,
        credentials: super::credentials(app).await?,
        wrongs,
        id: found.id.clone(),
        from: found.name.clone(),
        entry,
        orchestrations: copied.count(),
        not_yet,
    };
    html_with(status, &page)
}
