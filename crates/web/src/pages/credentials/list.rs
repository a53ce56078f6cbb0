//! `GET /credentials`: what is stored, by what it is used, and which links are open.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use engine::credentials::Kind;
use store::credential_requests::{self, CredentialRequest};
use store::credentials::{self, Credential};

use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "credentials/list.html")]
struct CredentialsPage {
    frame: Frame,
    credentials: Vec<Credential>,
    requests: Vec<CredentialRequest>,
    done: Option<&'static str>,
}

impl CredentialsPage {
    /// The title of a credential's type.
    fn kind(&self, credential: &Credential) -> &'static str {
        Kind::of(credential.kind).title()
    }

    /// The title of a request's type.
    fn title(&self, request: &CredentialRequest) -> &'static str {
        Kind::parse(&request.kind).map_or("Credential", Kind::title)
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let mut reader = app.engine.store.read().await?;
    let found = credentials::list(&mut reader).await?;
    let requests = credential_requests::list(&mut reader, app.engine.now()).await?;
    drop(reader);
    html(&CredentialsPage {
        credentials: person.see(found),
        requests: person.see(requests),
        done: done.sentence(&[
            ("deleted", "The credential was deleted."),
            (
                "withdrawn",
                "The link was withdrawn and opens nothing any more.",
            ),
        ]),
        frame: Frame::new(&app, person, Nav::Credentials, "Credentials").await?,
    })
}
