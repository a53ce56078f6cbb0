//! `GET /integrations/new`, `POST /integrations`: *Create integration*.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::integration_view::SignInView;
use engine::integrations::defaults;

use super::form::{Entry, form, offer};
use crate::access::Right;
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn show(State(app): State<App>, person: SignedIn) -> Result<Response, Problem> {
    let settings = defaults(&person.user.id);
    let kept = SignInView::default();
    let entry = Entry::of(&settings, &kept, &person);
    let offer = offer(&app, &person, &settings).await?;
    let frame = frame(&app, person).await?;
    let typed = (entry, offer, Wrongs::default());
    html(&form(&app, frame, (None, &settings, kept), typed))
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let before = defaults(&person.user.id);
    let kept = SignInView::default();
    let offer = offer(&app, &person, &before).await?;
    let mut wrongs = Wrongs::default();
    let settings = entry.settings(&app, &before, &offer.owners, &person, &mut wrongs);
    let may_share = person.may(Right::ManageDestinations);
    let sign_in = entry.sign_in(&kept, may_share, &mut wrongs);
    if wrongs.is_empty() {
        let actor = person.user.email.clone();
        match engine::integrations::add(&app.engine, settings, sign_in, &actor).await {
            Ok(added) => {
                let done = match added.rejoined {
                    Some(_) => "rejoined",
                    None => "added",
                };
                let address = format!("/integrations/{}?done={done}", added.integration.id);
                return Ok(Redirect::to(&address).into_response());
            }
            Err(error) => wrongs = super::edit::refusal(error)?,
        }
    }
    let frame = frame(&app, person).await?;
    let page = form(&app, frame, (None, &before, kept), (entry, offer, wrongs));
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn frame(app: &App, person: SignedIn) -> Result<Frame, Problem> {
    Frame::new(app, person, Nav::Integrations, "Create integration").await
}
