//! `POST /outgoing-webhooks/{id}/events/{event}/again`: sends an event again, whatever became of it.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::outgoing_webhooks;

use super::find;
use crate::app::App;
use crate::pages::record_id;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn send_again(
    State(app): State<App>,
    person: SignedIn,
    Path((id, event)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let missing = || Problem::missing("There is no such event; it may not be kept any more.");
    let found = find(&app, &id).await?;
    let event = record_id(&event).ok_or_else(missing)?;
    let actor = &person.user.email;
    if !outgoing_webhooks::send_again(&app.engine, &found, event, actor).await? {
        return Err(missing());
    }
    let place = format!("/outgoing-webhooks/{}?done=again", found.id);
    Ok(Redirect::to(&place).into_response())
}
