//! `GET /outgoing-webhooks/{id}/edit`, `POST /outgoing-webhooks/{id}/edit`: other settings; the secret stays.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::outgoing_webhooks;
use store::outgoing_webhooks::OutgoingWebhook;

use super::find;
use super::form::{self, Entry};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &id).await?;
    let edited = Some((found.id, found.version));
    form::page(&app, person, edited, found.draft, Wrongs::default()).await
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    // As it was when the form was opened: what somebody else did since is not overwritten.
    let read = OutgoingWebhook {
        version: entry.version,
        ..find(&app, &id).await?
    };
    let draft = entry.draft();
    let mut wrongs = form::wrongs(&app.engine, &draft).await?;
    if wrongs.is_empty() {
        let actor = &person.user.email;
        match outgoing_webhooks::edit(&app.engine, &read, &draft, actor).await {
            Ok(Some(_)) => {
                let place = format!("/outgoing-webhooks/{}?done=saved", read.id);
                return Ok(Redirect::to(&place).into_response());
            }
            Ok(None) => {
                wrongs = Wrongs::whole(
                    "Somebody else changed this webhook since you opened the form, so nothing was saved. Open it again and repeat what is still wanted.",
                );
            }
            Err(error) => wrongs = Wrongs::refusal(error)?,
        }
    }
    form::page(&app, person, Some((read.id, entry.version)), draft, wrongs).await
}
