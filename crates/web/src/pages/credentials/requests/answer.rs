//! `GET /credential-requests/{token}`, `POST /credential-requests/{token}`: whoever has the link enters the
//! secret, once. They need no account here and see nothing else.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, RETRY_AFTER};
use axum::response::Response;
use engine::credentials::{Kind, requests};
use store::credential_requests::CredentialRequest;

use super::super::form::{Entry, Fields};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;

const TITLE: &str = "Enter a credential";

#[derive(Template)]
#[template(path = "credentials/answer.html")]
struct AnswerPage {
    frame: Frame,
    wrongs: Wrongs,
    fields: Fields,
    request: CredentialRequest,
    token: String,
}

#[derive(Template)]
#[template(path = "credentials/answered.html")]
struct AnsweredPage {
    frame: Frame,
    name: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let (request, kind) = find(&app, &token).await?;
    html(&AnswerPage {
        frame: Frame::bare(&app, TITLE),
        wrongs: Wrongs::default(),
        fields: Fields::new(kind),
        request,
        token,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    Path(token): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let (request, kind) = find(&app, &token).await?;
    // Guessing a link is hopeless, and is not counted: whoever tried would fill the memory for logins.
    // Trying secrets through one is slowed down.
    let key = format!("link {}", request.id);
    if let Err(seconds) = app.throttle.attempt(&key, app.engine.now()) {
        let sentence = format!("That was tried too often. Wait {seconds} seconds, then try again.");
        let page = page(&app, Wrongs::whole(sentence), &entry, kind, request, token);
        let mut response = html_with(StatusCode::TOO_MANY_REQUESTS, &page)?;
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        return Ok(response);
    }
    let wrongs = match entry.draft(kind, None) {
        Err(wrongs) => wrongs,
        Ok(draft) => {
            let answering = requests::answer(&app.engine, &token, &request, draft);
            match Box::pin(answering).await {
                Ok(()) => {
                    return html(&AnsweredPage {
                        frame: Frame::bare(&app, "Thank you"),
                        name: request.name,
                    });
                }
                Err(error) => Wrongs::refusal(error)?,
            }
        }
    };
    let page = page(&app, wrongs, &entry, kind, request, token);
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

fn page(
    app: &App,
    wrongs: Wrongs,
    entry: &Entry,
    kind: Kind,
    request: CredentialRequest,
    token: String,
) -> AnswerPage {
    AnswerPage {
        frame: Frame::bare(app, TITLE),
        wrongs,
        fields: entry.fields(kind, false),
        request,
        token,
    }
}

/// The request a link belongs to, with its type.
async fn find(app: &App, token: &str) -> Result<(CredentialRequest, Kind), Problem> {
    let missing = || {
        Problem::missing(
            "This link was used already, was withdrawn, or is older than 7 days. Ask whoever sent it for a new one.",
        )
    };
    let plain = (1..=64).contains(&token.len())
        && token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if !plain {
        return Err(missing());
    }
    let found = requests::find(&app.engine, token).await?;
    let request = found.ok_or_else(missing)?;
    let kind = Kind::parse(&request.kind).ok_or_else(missing)?;
    Ok((request, kind))
}
