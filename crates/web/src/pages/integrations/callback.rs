//! `GET /oauth/zendesk/callback`: back from Zendesk, with a code or with a refusal.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::connection::consent;
use serde::Deserialize;

use super::connect::{may_connect, session};
use super::{managed, show};
use crate::app::App;
use crate::form::{SecretText, Wrongs};
use crate::problem::Problem;
use crate::session::SignedIn;

/// What Zendesk brings back. It may send more than is looked at.
#[derive(Deserialize)]
pub(crate) struct Brought {
    #[serde(default)]
    state: String,
    code: Option<SecretText>,
    error: Option<String>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    headers: HeaderMap,
    Query(brought): Query<Brought>,
) -> Result<Response, Problem> {
    let session = session(&person, &headers)?;
    let returned = consent::come_back(&app.engine, &session, &brought.state).await?;
    // Asked again: it may have been taken away while they were at Zendesk.
    let found = managed(&app, &person.user, &returned.integration.id).await?;
    let wrongs = match (brought.code, brought.error.as_deref()) {
        (_, Some("access_denied")) => Wrongs::whole(
            "In Zendesk the consent was denied, so nothing was connected. Choose Connect to Zendesk again and allow it there, signed in as an administrator.",
        ),
        (Some(_), None) if !may_connect(&app, &person, &found).await? => Wrongs::whole(
            "This integration signs in by a shared credential, which only operators and administrators may connect anew. Nothing was connected.",
        ),
        (Some(code), None) => {
            let actor = person.user.email.clone();
            let redeemed = consent::redeem(&app.engine, returned, code.0, &actor);
            match Box::pin(redeemed).await {
                Ok(_) => {
                    let address = format!("/integrations/{}?done=connected", found.id);
                    return Ok(Redirect::to(&address).into_response());
                }
                Err(error) => Wrongs::refusal(error)?,
            }
        }
        (_, Some(_)) | (None, None) => Wrongs::whole(
            "Zendesk did not accept the request for consent, so nothing was connected. Check that the identifier of the OAuth client is right and that its redirect URL is the one this integration's form shows, then choose Connect to Zendesk again.",
        ),
    };
    show::page(&app, person, &found, None, wrongs).await
}
