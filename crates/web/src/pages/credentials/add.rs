//! `GET /credentials/new`, `POST /credentials`: the type is chosen first, then its settings.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::credentials::{self, Kind, OnFailure};
use engine::destinations;
use serde::Deserialize;
use store::credentials::CredentialDraft;

use super::form::{CredentialForm, Entry, Fields};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
pub(crate) struct Choice {
    kind: Option<String>,
    #[serde(default)]
    filter: String,
}

#[derive(Template)]
#[template(path = "credentials/pick.html")]
struct PickPage {
    frame: Frame,
    filter: String,
    kinds: Vec<Kind>,
}

/// What a type is for, beside its title.
fn explain(kind: &Kind) -> &'static str {
    match kind {
        Kind::Database => "A PostgreSQL database that queries read",
        Kind::ObjectStore => "Files in an object store (S3) that queries read",
        Kind::Zendesk => "A Zendesk account, for integrations and destinations",
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(choice): Query<Choice>,
) -> Result<Response, Problem> {
    let frame = Frame::new(&app, person, Nav::Credentials, "Add credential").await?;
    let Some(kind) = choice.kind.as_deref().and_then(Kind::parse) else {
        let wanted = choice.filter.trim().to_lowercase();
        let kinds = Kind::ALL.into_iter().filter(|kind| {
            let text = format!("{} {}", kind.title(), explain(kind));
            text.to_lowercase().contains(&wanted)
        });
        return html(&PickPage {
            frame,
            kinds: kinds.collect(),
            filter: choice.filter,
        });
    };
    html(&CredentialForm {
        frame,
        wrongs: Wrongs::default(),
        id: None,
        name: String::new(),
        description: String::new(),
        subdomain: String::new(),
        fields: Fields::new(kind),
        offers_anyway: false,
        used_by: 0,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let Some(kind) = Kind::parse(&entry.kind) else {
        return Err(Problem::unreadable(StatusCode::UNPROCESSABLE_ENTITY));
    };
    let (wrongs, offers_anyway) = match read(&app, &entry, kind) {
        Err(wrongs) => (wrongs, false),
        Ok((draft, url)) => {
            let on_failure = on_failure(entry.anyway);
            let actor = &person.user.email;
            let adding = credentials::add(&app.engine, draft, url.as_deref(), on_failure, actor);
            match Box::pin(adding).await {
                Ok(saved) => {
                    let id = saved.id;
                    return Ok(
                        Redirect::to(&format!("/credentials/{id}?done=added")).into_response()
                    );
                }
                Err(error) => (Wrongs::refusal(error)?, true),
            }
        }
    };
    let page = CredentialForm {
        frame: Frame::new(&app, person, Nav::Credentials, "Add credential").await?,
        wrongs,
        id: None,
        fields: entry.fields(kind, false),
        name: entry.name,
        description: entry.description,
        subdomain: entry.subdomain,
        offers_anyway,
        used_by: 0,
    };
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

pub(crate) fn on_failure(anyway: bool) -> OnFailure {
    if anyway {
        OnFailure::Keep
    } else {
        OnFailure::Refuse
    }
}

/// What was typed, and the account on which it is tried.
fn read(app: &App, entry: &Entry, kind: Kind) -> Result<(CredentialDraft, Option<String>), Wrongs> {
    let draft = entry.draft(kind, None)?;
    let url = account(app, &entry.subdomain)?;
    Ok((draft, url))
}

/// The address of the account that was named, if one was.
pub(crate) fn account(app: &App, subdomain: &str) -> Result<Option<String>, Wrongs> {
    if subdomain.trim().is_empty() {
        return Ok(None);
    }
    match destinations::account(&app.engine, subdomain) {
        Ok((url, _)) => Ok(Some(url)),
        Err(error) => Err(Wrongs::field("subdomain", error.to_string())),
    }
}
