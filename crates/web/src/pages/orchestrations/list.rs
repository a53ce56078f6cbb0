//! `GET /orchestrations`: all orchestrations to destinations that are open to whoever looks, by name.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use engine::orchestration_view::{self, OrchestrationView};

use crate::access::Right;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::pages::workflows::reach::Reach;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "orchestrations/list.html")]
struct OrchestrationsPage {
    frame: Frame,
    views: Vec<OrchestrationView>,
    may_edit: bool,
    done: Option<&'static str>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let reach = Reach::of(&app, &person.user).await?;
    let mut views = orchestration_view::list(&app.engine).await?;
    views.retain(|view| reach.has(&view.orchestration.destination_id));
    html(&OrchestrationsPage {
        views,
        may_edit: person.may(Right::EditSends),
        done: done.sentence(&[(
            "deleted",
            "The orchestration was deleted. Its workflows stay, and what was sent.",
        )]),
        frame: Frame::new(&app, person, Nav::Orchestrations, "Orchestrations").await?,
    })
}
