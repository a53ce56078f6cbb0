//! `GET /checks/{id}/events`: the live part of a check's page.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::FutureExt as _;

use super::show::part;
use crate::access::Right;
use crate::app::App;
use crate::live::{Part, follow};
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let right = Right::SeeIntegrations;
    follow(app, person, headers, right, id, |app, person, id| {
        look(app, person, id).boxed()
    })
    .await
}

async fn look(app: App, person: SignedIn, id: String) -> Result<Part, Problem> {
    let part = part(&app, &person, &id).await?;
    let is_over = part.named.check.is_over();
    Part::new(&part, is_over)
}
