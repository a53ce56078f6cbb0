//! `POST /integrations/{id}/sync`: *Schedule sync*.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::schedule;

use super::{managed, show};
use crate::app::App;
use crate::form::Wrongs;
use crate::problem::Problem;
use crate::session::SignedIn;

/// Why an inactive integration is not synchronised.
pub(crate) const INACTIVE: &str = "This integration is inactive, so nothing is synchronised. Activate it first: that begins a sync at once.";

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = managed(&app, &person.user, &id).await?;
    if !found.active {
        let wrongs = Wrongs::whole(INACTIVE);
        return show::page(&app, person, &found, None, wrongs).await;
    }
    let asked = schedule::schedule_sync(&app.engine, &found, &person.user.email).await?;
    app.engine.memory.ring();
    let word = if asked.joined { "joined" } else { "scheduled" };
    let address = format!("/integrations/{}?done={word}", found.id);
    Ok(Redirect::to(&address).into_response())
}
