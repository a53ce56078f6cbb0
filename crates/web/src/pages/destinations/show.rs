//! `GET /destinations/{id}`: one destination; `POST /destinations/{id}/test`: whether its account lets us in.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use engine::destinations::{self, draft_of, signed_in, terms};
use engine::profile_send::DestinationSettings;
use store::destinations::{Destination, Environment};
use store::users::User;

use super::{find, list};
use crate::access::{self, Right};
use crate::app::App;
use crate::mask;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::{Problem, is_refusal};
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "destinations/show.html")]
struct DestinationPage {
    frame: Frame,
    destination: Destination,
    credential: String,
    rate: String,
    terms: DestinationSettings,
    uses: Vec<String>,
    may_manage: bool,
    /// Why whoever looks may not send to it.
    not_for: Option<String>,
    /// What a test found, and whether it was good.
    tested: Option<(bool, String)>,
    done: Option<&'static str>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let found = find(&app, &person.user, &id).await?;
    let done = done.sentence(&[
        (
            "added",
            "The connection works, and the destination was saved.",
        ),
        ("saved", "The connection works, and the changes were saved."),
        ("same", "There was nothing to change."),
        (
            "promoted",
            "The sandbox was promoted: this is its copy for production. Its orchestrations are inactive until you activate them.",
        ),
    ]);
    page(&app, person, found, None, done).await
}

pub(crate) async fn test(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &person.user, &id).await?;
    let tested = probe(&app, &person.user, &found).await?;
    page(&app, person, found, Some(tested), None).await
}

/// Whether the account of a destination lets us in, and what was found there.
pub(crate) async fn probe(
    app: &App,
    user: &User,
    found: &Destination,
) -> Result<(bool, String), Problem> {
    let (works, sentence) = match destinations::probe(&app.engine, &draft_of(found)).await {
        Ok(me) => (
            true,
            format!("It works: {}.", signed_in(&found.account, &me)),
        ),
        Err(error) if is_refusal(&error) => (false, error.to_string()),
        Err(error) => return Err(error.into()),
    };
    Ok(match user.restrict_pii {
        true => (works, mask::text(&sentence).into_owned()),
        false => (works, sentence),
    })
}

async fn page(
    app: &App,
    person: SignedIn,
    destination: Destination,
    tested: Option<(bool, String)>,
    done: Option<&'static str>,
) -> Result<Response, Problem> {
    let mut reader = app.engine.store.read().await?;
    let uses = store::destinations::uses(&mut reader, &destination.id).await?;
    let credential = store::credentials::find(&mut reader, &destination.credential_id).await?;
    drop(reader);
    html(&DestinationPage {
        rate: list::rate(&destination.settings),
        terms: terms(&destination.settings)?,
        credential: credential
            .map(|credential| credential.name)
            .unwrap_or_default(),
        uses,
        may_manage: person.may(Right::ManageDestinations),
        not_for: access::may_send(&person.user, &destination).err(),
        frame: Frame::new(app, person, Nav::Destinations, destination.name.clone()).await?,
        destination,
        tested,
        done,
    })
}
