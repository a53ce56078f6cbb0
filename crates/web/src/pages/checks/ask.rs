//! Asks for a check, or joins the one that is open, and leads to it.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::checks::{self, Wish};
use serde::Deserialize;

use crate::app::App;
use crate::form::Form;
use crate::pages::{destinations, integrations};
use crate::problem::Problem;
use crate::session::SignedIn;

/// What somebody agreed to before a live check.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Terms {
    /// Ticked: the report may name the account.
    names_account: Option<String>,
}

pub(crate) async fn installation(
    State(app): State<App>,
    person: SignedIn,
) -> Result<Response, Problem> {
    ask(&app, &person, Wish::installation()).await
}

pub(crate) async fn verify(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = integrations::managed(&app, &person.user, &id).await?;
    ask(&app, &person, Wish::verify(&found)).await
}

pub(crate) async fn dry_run(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = integrations::managed(&app, &person.user, &id).await?;
    ask(&app, &person, Wish::dry_run(&found)).await
}

pub(crate) async fn live_of_integration(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(terms): Form<Terms>,
) -> Result<Response, Problem> {
    let found = integrations::managed(&app, &person.user, &id).await?;
    let wish = Wish::live(&found, terms.names_account.is_some());
    ask(&app, &person, wish).await
}

pub(crate) async fn live_of_destination(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(terms): Form<Terms>,
) -> Result<Response, Problem> {
    let found = destinations::find(&app, &person.user, &id).await?;
    let wish = Wish::live_of_destination(&found, terms.names_account.is_some());
    ask(&app, &person, wish).await
}

async fn ask(app: &App, person: &SignedIn, wish: Wish) -> Result<Response, Problem> {
    let asked = checks::ask(&app.engine, wish, &person.user.email).await?;
    let word = if asked.joined { "joined" } else { "asked" };
    let place = format!("/checks/{}?done={word}", asked.id);
    Ok(Redirect::to(&place).into_response())
}
