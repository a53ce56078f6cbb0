//! `GET /runs/{id}`: *Check progress*.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::progress::{Progress, find};
use crate::access::may_manage;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "runs/show.html")]
struct RunPage {
    frame: Frame,
    done: Option<&'static str>,
    may_stop: bool,
    progress: Progress,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let view = find(&app, &person, &id).await?;
    html(&RunPage {
        done: done.sentence(&[(
            "stop",
            "The run was asked to stop. It ends after the page it is at, and the next one goes on from there.",
        )]),
        may_stop: may_manage(&person.user, &view.integration)
            && !view.run.state.is_over()
            && !view.run.stop_requested,
        frame: Frame::new(&app, person, Nav::Integrations, "Progress").await?,
        progress: Progress { view },
    })
}
