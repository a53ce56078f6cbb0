//! `GET /workflows/{id}/events`: the live part of a workflow's page.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use engine::workflow_view;
use futures_util::FutureExt as _;

use super::reach;
use super::show::WorkflowPart;
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
    let right = Right::SeeSends;
    follow(app, person, headers, right, id, |app, person, id| {
        look(app, person, id).boxed()
    })
    .await
}

async fn look(app: App, person: SignedIn, id: String) -> Result<Part, Problem> {
    let (workflow, _) = reach::find(&app, &person.user, &id).await?;
    let is_over = workflow.state.is_over();
    let view = workflow_view::show(&app.engine, workflow).await?;
    let part = WorkflowPart {
        may_edit: person.may(Right::EditSends),
        view: person.see(view),
    };
    Part::new(&part, is_over)
}
