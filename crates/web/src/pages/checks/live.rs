//! `GET /integrations/{id}/live-check`, `GET /destinations/{id}/live-check`: what a live check does, before
//! somebody agrees to it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use engine::live_check::Target;

use crate::app::App;
use crate::form::Wrongs;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::pages::{destinations, integrations};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "checks/live.html")]
struct LivePage {
    frame: Frame,
    wrongs: Wrongs,
    name: String,
    /// The page of the integration or destination.
    place: String,
    /// What it does; none if its account cannot be named, with the reason among the wrongs.
    intention: Option<String>,
}

pub(crate) async fn of_integration(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = integrations::managed(&app, &person.user, &id).await?;
    let target = Box::pin(Target::integration(&app.engine, &found)).await;
    let place = format!("/integrations/{}", found.id);
    page(
        &app,
        person,
        Nav::Integrations,
        found.settings.name,
        place,
        target,
    )
    .await
}

pub(crate) async fn of_destination(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = destinations::find(&app, &person.user, &id).await?;
    let target = Box::pin(Target::destination(&app.engine, &found)).await;
    let place = format!("/destinations/{}", found.id);
    page(&app, person, Nav::Destinations, found.name, place, target).await
}

async fn page(
    app: &App,
    person: SignedIn,
    nav: Nav,
    name: String,
    place: String,
    target: engine::Result<Target>,
) -> Result<Response, Problem> {
    let (intention, wrongs) = match target {
        Ok(target) => (Some(target.intention()), Wrongs::default()),
        Err(error) => (None, Wrongs::refusal(error)?),
    };
    html(&LivePage {
        frame: Frame::new(app, person, nav, "Live check").await?,
        wrongs,
        name,
        place,
        intention,
    })
}
