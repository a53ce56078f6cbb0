//! `GET /integrations/{id}`: one integration in full.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use engine::integration_view::{self, Details};
use store::integrations::Integration;

use super::find;
use super::maps::{self, MapLine, MapTable};
use crate::access::{Right, may_manage};
use crate::app::App;
use crate::form::Wrongs;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html_with};
use crate::pages::checks::{Named, of_integration};
use crate::problem::Problem;
use crate::session::SignedIn;

/// What a word in the address says was just done.
const DONE: &[(&str, &str)] = &[
    (
        "added",
        "The integration was added. It is inactive: nothing is synchronised until you activate it.",
    ),
    (
        "rejoined",
        "The integration was added. Its account was connected before, so its tickets have the cases again that they had then. \
         It is inactive: nothing is synchronised until you activate it.",
    ),
    ("saved", "The changes were saved."),
    (
        "activated",
        "The account was reached, and the integration is active. Its first sync has been asked for.",
    ),
    (
        "deactivated",
        "The integration is inactive. A run that was going on ends at its next page.",
    ),
    (
        "scheduled",
        "A sync was scheduled. It begins as soon as a worker is free.",
    ),
    (
        "joined",
        "A sync was waiting or running already, and this one joined it.",
    ),
    (
        "connected",
        "The account is connected: Deskbridge may now sign in to it.",
    ),
    (
        "pushed",
        "What had piled up is on its way to Zendesk. What cannot be delivered is shown under Parked.",
    ),
    (
        "left",
        "Nothing was sent. What piled up stays here, and can be sent later from this page.",
    ),
];

#[derive(Template)]
#[template(path = "integrations/show.html")]
struct IntegrationPage {
    frame: Frame,
    wrongs: Wrongs,
    done: Option<&'static str>,
    /// The run that was asked for just now.
    run: Option<String>,
    may_manage: bool,
    details: Details,
    /// The last checks of it, for who may ask for one.
    checks: Vec<Named>,
}

impl IntegrationPage {
    /// The maps as they are stored.
    fn maps(&self) -> Vec<MapTable> {
        maps::tables(&self.details.settings.maps, &|_| "")
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let found = find(&app, &id).await?;
    let done = done.sentence(DONE);
    page(&app, person, &found, done, Wrongs::default()).await
}

/// The page, with what was just done or what went wrong.
pub(super) async fn page(
    app: &App,
    person: SignedIn,
    found: &Integration,
    done: Option<&'static str>,
    wrongs: Wrongs,
) -> Result<Response, Problem> {
    let details = person.see(integration_view::details(&app.engine, found).await?);
    let asked = done.is_some_and(|done| done.contains("sync"));
    let run = details.runs.first().filter(|_| asked && found.active);
    let status = if wrongs.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let may_manage = may_manage(&person.user, found);
    let checks = match may_manage {
        true => person.see(of_integration(app, &person.user, &found.id).await?),
        false => Vec::new(),
    };
    let page = IntegrationPage {
        run: run.map(|run| run.id.clone()),
        may_manage,
        checks,
        frame: Frame::new(app, person, Nav::Integrations, found.settings.name.clone()).await?,
        wrongs,
        done,
        details,
    };
    html_with(status, &page)
}
