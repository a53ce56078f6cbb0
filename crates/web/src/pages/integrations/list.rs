//! `GET /integrations`: every connected account with its last run and its next one.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use engine::integration_view::{self, IntegrationLine};

use crate::access::Right;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "integrations/list.html")]
struct IntegrationsPage {
    frame: Frame,
    integrations: Vec<IntegrationLine>,
    done: Option<&'static str>,
}

impl IntegrationsPage {
    /// Whether whoever looks may change this one; the routes behind the menu ask again.
    fn may_manage(&self, line: &IntegrationLine) -> bool {
        let Some(person) = &self.frame.person else {
            return false;
        };
        person.may(Right::AddIntegrations)
            || (person.may(Right::ManageIntegrations) && line.owner_id == person.user.id)
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let integrations = integration_view::list(&app.engine).await?;
    html(&IntegrationsPage {
        integrations: person.see(integrations),
        done: done.sentence(&[(
            "deleted",
            "The integration was deleted with its mirror of tickets. Cases, comments and contacts stay.",
        )]),
        frame: Frame::new(&app, person, Nav::Integrations, "Manage integrations").await?,
    })
}
