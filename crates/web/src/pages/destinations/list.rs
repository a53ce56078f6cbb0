//! `GET /destinations`: the accounts that profiles are sent to.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use engine::destinations::terms;
use store::destinations::{self, Destination};

use super::may_see;
use crate::access::Right;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "destinations/list.html")]
struct DestinationsPage {
    frame: Frame,
    destinations: Vec<Destination>,
    may_manage: bool,
    done: Option<&'static str>,
}

/// The rate of a destination as people read it.
pub(super) fn rate(settings: &str) -> String {
    match terms(settings) {
        Ok(terms) if terms.users_per_second == 0 => "no cap".to_owned(),
        Ok(terms) => format!("{} users a second", terms.users_per_second),
        Err(_) => "unknown".to_owned(),
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let mut all = destinations::list(&mut *app.engine.store.read().await?).await?;
    all.retain(|destination| may_see(&person.user, destination).is_ok());
    html(&DestinationsPage {
        destinations: all,
        may_manage: person.may(Right::ManageDestinations),
        done: done.sentence(&[(
            "deleted",
            "The destination was deleted. The users in Zendesk stay as they are.",
        )]),
        frame: Frame::new(&app, person, Nav::Destinations, "Destinations").await?,
    })
}
