//! `GET /orchestrations/{id}/delete`, `POST /orchestrations/{id}/delete`: deletes one that nothing uses.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::orchestration_view::OrchestrationView;

use super::{find, show as details};
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "orchestrations/delete.html")]
struct DeletePage {
    frame: Frame,
    view: OrchestrationView,
    uses: Vec<String>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = find(&app, &person.user, &id).await?;
    let uses = {
        let connection = &mut *app.engine.store.read().await?;
        store::orchestrations::uses(connection, &view.orchestration.id).await?
    };
    html(&DeletePage {
        frame: Frame::new(&app, person, Nav::Orchestrations, "Delete orchestration").await?,
        view,
        uses,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = find(&app, &person.user, &id).await?;
    let actor = person.user.email.clone();
    match engine::orchestrations::delete(&app.engine, &view.orchestration, &actor).await {
        Ok(()) => Ok(Redirect::to("/orchestrations?done=deleted").into_response()),
        Err(error) => details::refused(&app, person, view, error).await,
    }
}
