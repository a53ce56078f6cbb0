//! `POST /outgoing-webhooks/{id}/roll`: a new secret, shown this once; the one before signs too for a day.

use axum::extract::{Path, State};
use axum::response::Response;
use engine::outgoing_webhooks;
use secrecy::ExposeSecret as _;

use super::find;
use super::show::{self, News};
use crate::app::App;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn roll(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &id).await?;
    let actor = &person.user.email;
    let secret = outgoing_webhooks::roll(&app.engine, &found, actor).await?;
    let news = News {
        secret: Some(secret.expose_secret().to_owned()),
        ..News::default()
    };
    let found = find(&app, &id).await?;
    show::page(&app, person, found, None, news).await
}
