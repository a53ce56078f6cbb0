//! `GET /workflows/{id}/resolutions`: the actions on offer; *Continue* chooses one.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::profile::action::{Action, ActionKind};
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

/// What can be done about a workflow.
///
/// # Errors
/// While it is at work.
pub(crate) fn offered(view: &WorkflowView) -> Result<Vec<Action>, Problem> {
    let actions = view.actions();
    if actions.is_empty() {
        return Err(Problem::conflict(
            "The workflow is at work, so there is nothing to resolve. Wait for its end, or stop it.",
        ));
    }
    Ok(actions)
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (workflow, _) = reach::find(&app, &person.user, &id).await?;
    let view = person.see(workflow_view::show(&app.engine, workflow).await?);
    offered(&view)?;
    html(&ResolutionsPage {
        view,
        frame: Frame::new(&app, person, Nav::Workflows, "Resolve workflow").await?,
    })
}
