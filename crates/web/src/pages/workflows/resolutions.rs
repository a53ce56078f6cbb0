//! `GET /workflows/{id}/resolutions`: the actions on offer; *Continue* chooses one.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::profile::action::ActionKind;
use engine::workflow_view::{self, WorkflowView};

use super::reach;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "workflows/resolutions.html")]
struct ResolutionsPage {
    frame: Frame,
    view: WorkflowView,
}

impl ResolutionsPage {
    /// The one that is chosen already: the first.
    fn is_first(&self, kind: &ActionKind) -> bool {
        self.view
            .actions()
            .first()
            .is_some_and(|first| first.kind == *kind)
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (workflow, _) = reach::find(&app, &person, &id).await?;
    let view = person.see(workflow_view::show(&app.engine, workflow).await?);
    if view.actions().is_empty() {
        return Err(Problem::conflict(
            "The workflow is at work, so there is nothing to resolve. Wait for its end, or stop it.",
        ));
    }
    html(&ResolutionsPage {
        view,
        frame: Frame::new(&app, person, Nav::Workflows, "Resolve workflow").await?,
    })
}
