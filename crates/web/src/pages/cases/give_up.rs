//! `GET /cases/{number}/give-up`, `POST /cases/{number}/give-up`: everything of a case that is parked is
//! given up, after a page that says what that means.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::actions;
use engine::case_view::{self, ParkedKind, ParkedView};
use store::outbox::ParkedFilter;

use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "parked/give_up.html")]
struct GiveUpPage {
    frame: Frame,
    parked: Vec<ParkedView>,
    /// Where it is sent, and where one gets without.
    action: String,
    back: String,
    from: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let case = super::find(&app, &number).await?;
    let filter = ParkedFilter {
        case: Some(&case.id),
        ..ParkedFilter::default()
    };
    let mut parked = case_view::parked(&app.engine, filter, None, case_view::NOTICES)
        .await?
        .parked;
    // A file is given up by itself: it is no change of the case.
    parked.retain(|parked| parked.kind != ParkedKind::File);
    let title = format!("Give up what is parked of case #{}", case.number);
    html(&GiveUpPage {
        parked: person.see(parked),
        action: format!("/cases/{}/give-up", case.number),
        back: format!("/cases/{}", case.number),
        from: String::new(),
        frame: Frame::new(&app, person, Nav::Cases, title).await?,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let case = super::find(&app, &number).await?;
    actions::discard_all(&app.engine, &case.id, &person.user.email).await?;
    Ok(Redirect::to(&format!("/cases/{}?done=given-up", case.number)).into_response())
}
