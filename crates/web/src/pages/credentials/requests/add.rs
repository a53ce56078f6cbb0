//! `GET /credentials/requests/new`, `POST /credentials/requests`: makes a link, and shows it once.

use askama::Template;
use axum::extract::State;
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::credentials::{Kind, requests};
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::super::add::account;
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    kind: String,
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    subdomain: String,
}

#[derive(Template)]
#[template(path = "credentials/request.html")]
struct RequestForm {
    frame: Frame,
    wrongs: Wrongs,
    kind: Kind,
    name: String,
    description: String,
    subdomain: String,
}

#[derive(Template)]
#[template(path = "credentials/requested.html")]
struct RequestedPage {
    frame: Frame,
    name: String,
    link: String,
}

pub(crate) async fn show(State(app): State<App>, person: SignedIn) -> Result<Response, Problem> {
    html(&RequestForm {
        frame: frame(&app, person).await?,
        wrongs: Wrongs::default(),
        kind: Kind::Zendesk,
        name: String::new(),
        description: String::new(),
        subdomain: String::new(),
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    headers: HeaderMap,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let kind = Kind::parse(&entry.kind);
    match make(&app, &entry, &person.user.email).await? {
        Ok(path) => {
            // The form came from a page of ours, so its origin is how browsers reach us.
            let origin = headers.get(ORIGIN).and_then(|text| text.to_str().ok());
            html(&RequestedPage {
                frame: frame(&app, person).await?,
                name: entry.name,
                link: format!("{}{path}", origin.unwrap_or_default()),
            })
        }
        Err(wrongs) => {
            let page = RequestForm {
                frame: frame(&app, person).await?,
                wrongs,
                kind: kind.unwrap_or(Kind::Zendesk),
                name: entry.name,
                description: entry.description,
                subdomain: entry.subdomain,
            };
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// What is asked for, and the account on which it is tried.
fn read(app: &App, entry: &Entry) -> Result<(Kind, Option<String>), Wrongs> {
    let Some(kind) = Kind::parse(&entry.kind) else {
        return Err(Wrongs::field("kind", "Choose one of the types."));
    };
    let url = account(app, &entry.subdomain)?;
    Ok((kind, url.filter(|_| kind == Kind::Zendesk)))
}

/// The path of the new link, or what is wrong with the form.
async fn make(app: &App, entry: &Entry, actor: &str) -> Result<Result<String, Wrongs>, Problem> {
    let (kind, url) = match read(app, entry) {
        Ok(asked) => asked,
        Err(wrongs) => return Ok(Err(wrongs)),
    };
    let (name, about) = (&entry.name, &entry.description);
    match requests::add(&app.engine, kind, name, about, url, actor).await {
        Ok(path) => Ok(Ok(path.expose_secret().to_owned())),
        Err(error) => Ok(Err(Wrongs::refusal(error)?)),
    }
}

async fn frame(app: &App, person: SignedIn) -> Result<Frame, Problem> {
    Frame::new(app, person, Nav::Credentials, "Request credential").await
}
