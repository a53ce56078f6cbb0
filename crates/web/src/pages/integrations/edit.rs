//! `GET /integrations/{id}/edit`, `POST …`: an integration's settings.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::integration_view::sign_in;

use super::form::{Entry, form, offer};
use super::managed;
use crate::access::Right;
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = managed(&app, &person.user, &id).await?;
    let kept = sign_in(&app.engine, &found).await?;
    let entry = Entry::of(&found.settings, &kept, &person);
    let offer = offer(&app, &person, &found.settings).await?;
    let frame = frame(&app, person).await?;
    let of = Some((found.id, found.settings.name.clone()));
    let typed = (entry, offer, Wrongs::default());
    html(&form(&app, frame, (of, &found.settings, kept), typed))
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let found = managed(&app, &person.user, &id).await?;
    let kept = sign_in(&app.engine, &found).await?;
    let offer = offer(&app, &person, &found.settings).await?;
    let mut wrongs = Wrongs::default();
    let settings = entry.settings(&app, &found.settings, &offer.owners, &person, &mut wrongs);
    let may_share = person.may(Right::ManageDestinations);
    let sign_in = entry.sign_in(&kept, may_share, &mut wrongs);
    if wrongs.is_empty() {
        let actor = person.user.email.clone();
        let edited = engine::integrations::edit(&app.engine, &found, settings, sign_in, &actor);
        match Box::pin(edited).await {
            Ok(done) if done.settings.two_way && done.held.cases > 0 => {
                let address = format!("/integrations/{}/backlog", found.id);
                return Ok(Redirect::to(&address).into_response());
            }
            Ok(_) => {
                let address = format!("/integrations/{}?done=saved", found.id);
                return Ok(Redirect::to(&address).into_response());
            }
            Err(error) => wrongs = refusal(error)?,
        }
    }
    let frame = frame(&app, person).await?;
    let of = Some((found.id, found.settings.name.clone()));
    let page = form(
        &app,
        frame,
        (of, &found.settings, kept),
        (entry, offer, wrongs),
    );
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// What the engine refused, beside the field it is about where that is plain.
pub(super) fn refusal(error: engine::Error) -> Result<Wrongs, Problem> {
    if matches!(&error, engine::Error::Store(store::Error::Exists { .. })) {
        return Ok(Wrongs::field("name", error.to_string()));
    }
    Wrongs::refusal(error)
}

async fn frame(app: &App, person: SignedIn) -> Result<Frame, Problem> {
    Frame::new(app, person, Nav::Integrations, "Edit integration").await
}
