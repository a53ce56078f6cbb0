//! Runs over the API: what an integration did, does, and said of it.

#![expect(
    unused_qualifications,
    reason = "the macro that describes parameters writes them so"
)]

mod record;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use engine::integration_view::{self, RunView};
use engine::schedule;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

pub(crate) use record::RunSummary;

use super::body::Query;
use super::page::{Page, Place};
use super::parked::behind_nothing;
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::pages::integrations;
use crate::pages::runs::found;
use crate::problem::Problem;
use record::{RunLogLine, RunRecord};

pub(crate) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::SeeIntegrations, routes!(list_runs))
        .with(Right::SeeIntegrations, routes!(read_run))
        .with(Right::SeeIntegrations, routes!(read_run_log))
        .with(Right::ManageIntegrations, routes!(stop_run))
}

/// List the runs of an integration
///
/// The newest first. Old ones are removed after a while, those that found nothing after a day.
#[utoipa::path(
    get, path = "/api/v1/integrations/{id}/runs", tag = "Runs",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64), Place),
    responses(
        (status = 200, description = "A page of runs.", body = Page<RunSummary>),
        (status = 400, description = "The query cannot be read.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such integration.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn list_runs(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Answer<Page<RunSummary>>, Problem> {
    let integration = integrations::find(&app, &id).await?;
    let (after, limit) = (place.after()?, place.limit());
    let page = integration_view::runs(&app.engine, &integration.id, after, limit).await;
    let page = page.map_err(behind_nothing)?;
    let items = caller.see(page.runs).into_iter();
    Ok(Answer(Page {
        items: items.map(RunSummary::from).collect(),
        next: page.next,
    }))
}

/// Read a run
///
/// Where it stands, what it has counted, and the last 50 lines of its log.
#[utoipa::path(
    get, path = "/api/v1/runs/{id}", tag = "Runs",
    params(("id" = String, Path, description = "The run's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The run.", body = RunRecord),
        (status = 404, description = "There is no such run.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_run(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<RunRecord>, Problem> {
    Ok(Answer(seen(&app, &caller, &id).await?.into()))
}

/// Which lines of a log.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LogWish {
    /// Only warnings and errors, if true.
    problems: Option<bool>,
}

/// Read the log of a run
///
/// All of its lines, the oldest first.
#[utoipa::path(
    get, path = "/api/v1/runs/{id}/log", tag = "Runs",
    params(("id" = String, Path, description = "The run's id.", min_length = 1, max_length = 64), LogWish, Place),
    responses(
        (status = 200, description = "A page of the log.", body = Page<RunLogLine>),
        (status = 400, description = "The query cannot be read.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such run.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_run_log(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(wish): Query<LogWish>,
    Query(place): Query<Place>,
) -> Result<Answer<Page<RunLogLine>>, Problem> {
    let run = found(&app, &id).await?.run.id;
    let (after, limit) = (place.number()?.unwrap_or(0), place.limit());
    let problems = wish.problems.unwrap_or(false);
    let page = integration_view::log(&app.engine, &run, after, limit, problems).await?;
    let items = caller.see(page.lines).into_iter();
    Ok(Answer(Page {
        items: items.map(RunLogLine::from).collect(),
        next: page.next.map(|seq| seq.to_string()),
    }))
}

/// Stop a run
///
/// Asks the run to end after the page it is at; the next one goes on from there. One that is over stays as
/// it is.
#[utoipa::path(
    post, path = "/api/v1/runs/{id}/stop", tag = "Runs",
    params(("id" = String, Path, description = "The run's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 202, description = "The run, asked to stop.", body = RunRecord),
        (status = 404, description = "There is no such run.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn stop_run(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = found(&app, &id).await?;
    integrations::managed(&app, &caller.user, &view.integration.id).await?;
    schedule::stop(&app.engine, &view.run, &caller.user.email).await?;
    let now = RunRecord::from(seen(&app, &caller, &view.run.id).await?);
    Ok((StatusCode::ACCEPTED, Answer(now)).into_response())
}

async fn seen(app: &App, caller: &Caller, id: &str) -> Result<RunView, Problem> {
    Ok(caller.see(found(app, id).await?))
}
