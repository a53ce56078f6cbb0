//! `GET /outgoing-webhooks/{id}`: one endpoint with what it was told last; `POST /outgoing-webhooks/{id}/test`:
//! a test event, and what became of it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use engine::outgoing_webhooks::{self, EventPage, Tested};
use jiff::Timestamp;
use serde::Deserialize;
use store::outgoing_events::{OutgoingEvent, OutgoingState};
use store::outgoing_webhooks::OutgoingWebhook;
use store::users;

use super::find;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::pages::record_id;
use crate::problem::Problem;
use crate::session::SignedIn;

/// Events on a page.
const PAGE: usize = 50;

#[derive(Deserialize)]
pub(crate) struct Place {
    /// Only events before this one.
    after: Option<String>,
}

/// What the page tells beside what is always there.
#[derive(Default)]
pub(super) struct News {
    /// The secret that was just made: it is shown this once.
    pub(super) secret: Option<String>,
    /// What became of a test event.
    pub(super) tested: Option<Tested>,
    /// What was just done.
    pub(super) done: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "outgoing_webhooks/show.html")]
struct WebhookPage {
    frame: Frame,
    webhook: OutgoingWebhook,
    owner: String,
    now: Timestamp,
    page: EventPage,
    news: News,
}

impl WebhookPage {
    /// Until when the secret before the present one signs too, if it does.
    fn exchanged_until(&self) -> Option<Timestamp> {
        self.webhook
            .previous_until
            .filter(|until| *until > self.now)
    }

    /// When an event is tried next: not before its endpoint is.
    fn next_try(&self, event: &OutgoingEvent) -> Option<Timestamp> {
        let waits = event.state == OutgoingState::Waiting && self.webhook.draft.active;
        let paused = self.webhook.paused_until.unwrap_or(event.next_at);
        waits.then(|| event.next_at.max(paused))
    }
}

fn word(event: &OutgoingEvent) -> &'static str {
    match event.state {
        OutgoingState::Waiting => "Waiting",
        OutgoingState::Delivered => "Arrived",
        OutgoingState::GivenUp => "Given up",
    }
}

fn class(event: &OutgoingEvent) -> &'static str {
    match event.state {
        OutgoingState::Waiting => "off",
        OutgoingState::Delivered => "run-completed",
        OutgoingState::GivenUp => "run-failed",
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(place): Query<Place>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let found = find(&app, &id).await?;
    let news = News {
        done: done.sentence(&[
            ("saved", "The changes were saved."),
            ("again", "The event is sent again, with the same id."),
        ]),
        ..News::default()
    };
    let after = place.after.as_deref().and_then(record_id);
    page(&app, person, found, after, news).await
}

pub(crate) async fn test(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &id).await?;
    let testing = outgoing_webhooks::test(&app.engine, &found, &person.user.email);
    let news = News {
        tested: Some(Box::pin(testing).await?),
        ..News::default()
    };
    page(&app, person, found, None, news).await
}

pub(super) async fn page(
    app: &App,
    person: SignedIn,
    webhook: OutgoingWebhook,
    after: Option<&str>,
    news: News,
) -> Result<Response, Problem> {
    let owner = {
        let connection = &mut *app.engine.store.read().await?;
        users::find(connection, &webhook.draft.owner_id).await?
    };
    html(&WebhookPage {
        page: outgoing_webhooks::events(&app.engine, &webhook, None, after, PAGE).await?,
        owner: owner.map_or_else(String::new, |owner| owner.name),
        now: app.engine.now(),
        frame: Frame::new(
            app,
            person,
            Nav::OutgoingWebhooks,
            webhook.draft.name.clone(),
        )
        .await?,
        webhook,
        news,
    })
}
