//! `GET /outgoing-webhooks`: who is told, and whether it arrives.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use engine::outgoing_webhooks::{self, Overview};

use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "outgoing_webhooks/list.html")]
struct WebhooksPage {
    frame: Frame,
    all: Vec<Overview>,
    done: Option<&'static str>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    html(&WebhooksPage {
        all: outgoing_webhooks::list(&app.engine).await?,
        done: done.sentence(&[(
            "deleted",
            "The webhook was deleted, with everything that waited for it.",
        )]),
        frame: Frame::new(&app, person, Nav::OutgoingWebhooks, "Webhooks").await?,
    })
}
