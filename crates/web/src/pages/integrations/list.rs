//! `GET /integrations`: every connected account with its last run and its next one.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use engine::integration_view::{self, IntegrationLine};

use crate::app::App;
use crate::page::{Frame, Section, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "integrations/list.html")]
struct IntegrationsPage {
    frame: Frame,
    integrations: Vec<IntegrationLine>,
}

pub(crate) async fn show(
    State(app): State<App>,
    SignedIn { user }: SignedIn,
) -> Result<Response, Problem> {
    html(&IntegrationsPage {
        integrations: integration_view::list(&app.engine).await?,
        frame: Frame::new(&app, user, Section::Integrations, "Integrations"),
    })
}
