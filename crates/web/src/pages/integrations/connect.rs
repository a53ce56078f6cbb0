//! `POST /integrations/{id}/connect`: *Connect to Zendesk* begins, and says where it goes on.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use engine::connection::consent::{self, Session};
use store::integrations::Integration;

use super::{managed, show};
use crate::access::Right;
use crate::app::App;
use crate::form::Wrongs;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::problem::Problem;
use crate::session::{self, SignedIn};

/// Where Zendesk leads back to, below the public address.
const BACK: &str = "/oauth/zendesk/callback";

/// A page of its own, since a form may lead to no other site (the policy says so): a link does.
#[derive(Template)]
#[template(path = "integrations/connect.html")]
struct ConnectPage {
    frame: Frame,
    integration: Integration,
    page: String,
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = managed(&app, &person.user, &id).await?;
    let begun = match redirect(&app) {
        Some(_) if !may_connect(&app, &person, &found).await? => Err(Wrongs::whole(
            "This integration signs in by a shared credential, which only operators and administrators may connect anew. Ask one of them.",
        )),
        Some(redirect) => {
            let session = session(&person, &headers)?;
            let begun = consent::begin(&app.engine, &found, &session, &redirect).await;
            match begun {
                Ok(page) => Ok(page),
                Err(error) => Err(Wrongs::refusal(error)?),
            }
        }
        None => Err(Wrongs::whole(
            "This installation does not know the address at which browsers reach it, so Zendesk could not lead back here. Set web.public_url in the configuration, start again, and enter that address with /oauth/zendesk/callback behind it as the redirect URL of the OAuth client.",
        )),
    };
    match begun {
        Ok(page) => html(&ConnectPage {
            frame: Frame::new(&app, person, Nav::Integrations, "Connect to Zendesk").await?,
            integration: found,
            page,
        }),
        Err(wrongs) => show::page(&app, person, &found, None, wrongs).await,
    }
}

/// The address Zendesk is to lead back to, if this installation knows its own.
pub(super) fn redirect(app: &App) -> Option<String> {
    let address = app.options.public_url()?;
    Some(format!("{address}{BACK}"))
}

/// The session of a request.
pub(super) fn session(person: &SignedIn, headers: &HeaderMap) -> Result<Session, Problem> {
    let token = session::token(headers)
        .ok_or_else(|| Problem::broken("somebody is signed in without a session"))?;
    Ok(Session {
        id: person.session.clone(),
        token,
    })
}

/// Whether somebody may change how the integration signs in: its own credential, or any for those who
/// manage credentials.
pub(super) async fn may_connect(
    app: &App,
    person: &SignedIn,
    found: &Integration,
) -> Result<bool, Problem> {
    let sign_in = engine::integration_view::sign_in(&app.engine, found).await?;
    Ok(sign_in.is_own || person.may(Right::ManageDestinations))
}
