//! `GET /integrations/{id}/webhook`: whether Zendesk tells of its changes by itself; `POST …`: has it do so, or
//! mends what keeps it from doing so; `POST …/rotate`: with another secret; `GET …/remove`, `POST …/remove`:
//! asked first, then no more.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::webhooks::{self, Change, LONGEST_ADDRESS, Standing, Status};
use serde::Deserialize;
use store::integrations::Integration;

use super::managed;
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Done, Frame, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

/// What a word in the address says was just done.
const DONE: &[(&str, &str)] = &[
    (
        "made",
        "The webhook was made in Zendesk. Changes are here at once from now on.",
    ),
    ("mended", "The webhook was there and was mended."),
    ("right", "The webhook is as it should be."),
    (
        "rotated",
        "Zendesk signs with a new secret. The former one is good for 24 hours more.",
    ),
    (
        "removed",
        "The webhook was removed. Changes come in by polling only.",
    ),
    (
        "nothing",
        "There was no webhook, neither here nor in Zendesk, so there was nothing to remove.",
    ),
];

#[derive(Template)]
#[template(path = "integrations/webhook.html")]
struct WebhookPage {
    frame: Frame,
    wrongs: Wrongs,
    done: Option<&'static str>,
    integration: Integration,
    /// The webhook there is, and how Zendesk has it.
    webhook: Option<(Status, Standing)>,
    /// What stands in the field of the address.
    url: String,
}

#[derive(Template)]
#[template(path = "integrations/webhook_remove.html")]
struct RemovePage {
    frame: Frame,
    wrongs: Wrongs,
    integration: Integration,
    webhook: Status,
}

/// The form as it was sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    url: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let found = managed(&app, &person.user, &id).await?;
    let done = done.sentence(DONE);
    page(&app, person, found, None, done, Wrongs::default()).await
}

pub(crate) async fn install(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let found = managed(&app, &person.user, &id).await?;
    let actor = &person.user.email;
    let installing = webhooks::install(&app.engine, &found, &entry.url, actor);
    match Box::pin(installing).await {
        Ok(installed) => Ok(back(
            &found,
            match installed.change {
                Change::Made => "made",
                Change::Mended => "mended",
                Change::None => "right",
            },
        )),
        Err(error) => {
            let wrongs = Wrongs::refusal(error)?;
            page(&app, person, found, Some(entry.url), None, wrongs).await
        }
    }
}

pub(crate) async fn rotate(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = managed(&app, &person.user, &id).await?;
    let actor = &person.user.email;
    match Box::pin(webhooks::rotate(&app.engine, &found, actor)).await {
        Ok(_) => Ok(back(&found, "rotated")),
        Err(error) => {
            let wrongs = Wrongs::refusal(error)?;
            page(&app, person, found, None, None, wrongs).await
        }
    }
}

pub(crate) async fn ask(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = managed(&app, &person.user, &id).await?;
    asked(&app, person, found, Wrongs::default()).await
}

pub(crate) async fn remove(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = managed(&app, &person.user, &id).await?;
    let actor = &person.user.email;
    match Box::pin(webhooks::remove(&app.engine, &found, actor)).await {
        Ok(true) => Ok(back(&found, "removed")),
        Ok(false) => Ok(back(&found, "nothing")),
        Err(error) => asked(&app, person, found, Wrongs::refusal(error)?).await,
    }
}

/// The page with what was typed, what was just done, or what went wrong.
async fn page(
    app: &App,
    person: SignedIn,
    integration: Integration,
    typed: Option<String>,
    done: Option<&'static str>,
    wrongs: Wrongs,
) -> Result<Response, Problem> {
    let webhook = match webhooks::status(&app.engine, &integration).await? {
        Some(status) => {
            let standing = webhooks::standing(&app.engine, &integration, &status);
            let standing = person.see(Box::pin(standing).await);
            Some((status, standing))
        }
        None => None,
    };
    let offered = || {
        offered(
            app,
            &integration,
            webhook.as_ref().map(|(status, _)| status),
        )
    };
    let page = WebhookPage {
        url: typed.unwrap_or_else(offered),
        frame: Frame::new(app, person, Nav::Integrations, "Webhook").await?,
        done,
        integration,
        webhook,
        wrongs,
    };
    html_with(status_of(&page.wrongs), &page)
}

/// What happens if the webhook is removed, with the question.
async fn asked(
    app: &App,
    person: SignedIn,
    integration: Integration,
    wrongs: Wrongs,
) -> Result<Response, Problem> {
    let Some(webhook) = webhooks::status(&app.engine, &integration).await? else {
        // Somebody was quicker, and there is nothing left to ask for.
        if wrongs.is_empty() {
            return Ok(back(&integration, "nothing"));
        }
        return page(app, person, integration, None, None, wrongs).await;
    };
    let page = RemovePage {
        frame: Frame::new(app, person, Nav::Integrations, "Remove webhook").await?,
        integration,
        webhook,
        wrongs,
    };
    html_with(status_of(&page.wrongs), &page)
}

fn status_of(wrongs: &Wrongs) -> StatusCode {
    if wrongs.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

fn back(integration: &Integration, done: &str) -> Response {
    let place = format!("/integrations/{}/webhook?done={done}", integration.id);
    Redirect::to(&place).into_response()
}

/// The address that the form offers: where browsers reach this installation, else where Zendesk does.
fn offered(app: &App, integration: &Integration, webhook: Option<&Status>) -> String {
    let door = format!("/hooks/zendesk/{}", integration.id);
    let called = webhook.and_then(|webhook| webhook.endpoint.strip_suffix(&door));
    let offered = app.options.public_url().or(called);
    offered.unwrap_or_default().to_owned()
}
