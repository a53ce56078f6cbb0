//! `GET /credentials/{id}`: one credential with what uses it; `POST /credentials/{id}/test`: whether it works.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use engine::credentials::{self, Kind, Trial};
use store::credentials::Credential;

use super::find;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "credentials/show.html")]
struct CredentialPage {
    frame: Frame,
    credential: Credential,
    kind: Kind,
    uses: Vec<String>,
    /// What a test found; none was made.
    trials: Option<Vec<Trial>>,
    done: Option<&'static str>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let credential = find(&app, &id).await?;
    let done = done.sentence(&[
        (
            "added",
            "The credential was stored. Its secret is shown to nobody any more.",
        ),
        ("saved", "The changes were saved."),
    ]);
    page(&app, person, credential, None, done).await
}

pub(crate) async fn test(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let credential = find(&app, &id).await?;
    let places = credentials::accounts(&app.engine, &credential.id).await?;
    let trying = credentials::try_everywhere(&app.engine, &credential, &places);
    let trials = person.see(Box::pin(trying).await?);
    page(&app, person, credential, Some(trials), None).await
}

async fn page(
    app: &App,
    person: SignedIn,
    credential: Credential,
    trials: Option<Vec<Trial>>,
    done: Option<&'static str>,
) -> Result<Response, Problem> {
    let mut reader = app.engine.store.read().await?;
    let uses = store::credentials::uses(&mut reader, &credential.id).await?;
    drop(reader);
    let credential = person.see(credential);
    html(&CredentialPage {
        frame: Frame::new(app, person, Nav::Credentials, credential.name.clone()).await?,
        kind: Kind::of(credential.kind),
        credential,
        uses,
        trials,
        done,
    })
}
