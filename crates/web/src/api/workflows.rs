//! Workflows over the API: sends, what became of them, and what to do about those that failed.

#![expect(
    unused_qualifications,
    reason = "the macro that describes parameters writes them so"
)]

pub(crate) mod record;
mod resolutions;
mod row;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::profile::RowState;
use engine::workflow_view;
use jiff::Timestamp;
use serde::Deserialize;
use store::workflow_rows::{self, WorkflowRow};
use store::workflows::{Workflow, WorkflowFilter, WorkflowState};
use utoipa::IntoParams;
use utoipa_axum::routes;

use self::record::{Standing, WorkflowDetails, WorkflowRecord};
use self::row::{Outcome, RowRecord};
use super::answer;
use super::body::Query;
use super::page::{Page, Place};
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::pages::record_id;
use crate::pages::workflows::download;
use crate::pages::workflows::reach::{self, Reach};
use crate::problem::{Problem, ProblemBody};

pub(crate) fn operations(operations: Operations) -> Operations {
    let operations = operations
        .with(Right::SeeSends, routes!(list_workflows))
        .with(Right::SeeSends, routes!(read_workflow))
        .with(Right::SeeSends, routes!(list_workflow_rows))
        .with(Right::SeeSends, routes!(download_workflow_rows))
        .with(Right::EditSends, routes!(stop_workflow));
    resolutions::operations(operations)
}

/// Which workflows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wish {
    /// Only those that stand so.
    state: Option<Standing>,
    /// Only those of this orchestration, by its id.
    #[param(min_length = 1, max_length = 64)]
    orchestration_id: Option<String>,
    /// Only those to this destination, by its id.
    #[param(min_length = 1, max_length = 64)]
    destination_id: Option<String>,
    /// Only those asked for since.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
}

impl Wish {
    fn filter(&self, reach: &Reach) -> Result<WorkflowFilter, Problem> {
        let id = |text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => record_id(text)
                .map(|id| Some(id.to_owned()))
                .ok_or_else(|| Problem::bad_query("That is no id. Give one as a list has it.")),
        };
        Ok(WorkflowFilter {
            state: self.state.map(WorkflowState::from),
            orchestration_id: id(&self.orchestration_id)?,
            destination_id: id(&self.destination_id)?,
            since: self.since,
            among: reach.among(),
        })
    }
}

/// List workflows
///
/// Those to destinations that are open to the token's owner, the newest first.
#[utoipa::path(
    get, path = "/api/v1/workflows", tag = "Workflows", params(Wish, Place),
    responses(
        (status = 200, description = "A page of the workflows.", body = Page<WorkflowRecord>),
        (status = 400, description = "The query cannot be read.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn list_workflows(
    State(app): State<App>,
    caller: Caller,
    Query(wish): Query<Wish>,
    Query(place): Query<Place>,
) -> Result<Answer<Page<WorkflowRecord>>, Problem> {
    let reach = Reach::of(&app, &caller.user).await?;
    let (filter, before) = (wish.filter(&reach)?, place.number()?);
    let page = workflow_view::list(&app.engine, &filter, before, place.count()).await?;
    let lines = caller.see(page.lines);
    Ok(Answer(Page {
        items: lines.into_iter().map(WorkflowRecord::from).collect(),
        next: page.next.map(|number| number.to_string()),
    }))
}

/// Read a workflow
///
/// With its tasks and counts.
#[utoipa::path(
    get, path = "/api/v1/workflows/{id}", tag = "Workflows",
    params(("id" = String, Path, description = "The workflow's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The workflow.", body = WorkflowDetails),
        (status = 404, description = "There is no such workflow.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_workflow(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<WorkflowDetails>, Problem> {
    let (workflow, _) = reach::find(&app, &caller.user, &id).await?;
    Ok(Answer(details(&app, &caller, workflow).await?))
}

/// Which rows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RowWish {
    /// Only rows with this outcome.
    outcome: Option<Outcome>,
}

/// List rows of a workflow
///
/// The rows that people are told about, in the order of the source. Of rows that were simply sent only their
/// number is kept.
#[utoipa::path(
    get, path = "/api/v1/workflows/{id}/rows", tag = "Workflows",
    params(("id" = String, Path, description = "The workflow's id.", min_length = 1, max_length = 64), RowWish, Place),
    responses(
        (status = 200, description = "A page of the rows.", body = Page<RowRecord>),
        (status = 400, description = "The query cannot be read.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such workflow.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn list_workflow_rows(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(wish): Query<RowWish>,
    Query(place): Query<Place>,
) -> Result<Answer<Page<RowRecord>>, Problem> {
    let (workflow, _) = reach::find(&app, &caller.user, &id).await?;
    let outcome = wish.outcome.map(RowState::from).map(RowState::as_str);
    let (after, limit) = (place.number()?.unwrap_or(-1), place.count() + 1);
    let rows = {
        let connection = &mut *app.engine.store.read().await?;
        workflow_rows::page(connection, &workflow.id, outcome, after, limit).await?
    };
    Ok(Answer(rows_page(&caller, &workflow, rows, &place)))
}

/// Download rows of a workflow
///
/// As a CSV file with the original columns and the reason, to be mended and sent again.
#[utoipa::path(
    get, path = "/api/v1/workflows/{id}/rows.csv", tag = "Workflows",
    params(("id" = String, Path, description = "The workflow's id.", min_length = 1, max_length = 64), RowWish),
    responses(
        (status = 200, description = "The file, in UTF-8.", body = String, content_type = "text/csv"),
        (status = 400, description = "The query cannot be read.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such workflow.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn download_workflow_rows(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(wish): Query<RowWish>,
) -> Result<Response, Problem> {
    let (workflow, _) = reach::find(&app, &caller.user, &id).await?;
    let outcome = wish.outcome.map(RowState::from);
    download::file(&app, &workflow, outcome, caller.user.restrict_pii)
}

/// Stop a workflow
///
/// What Zendesk is working on is seen through, and what was confirmed stays. It can go on later.
#[utoipa::path(
    post, path = "/api/v1/workflows/{id}/stop", tag = "Workflows",
    params(("id" = String, Path, description = "The workflow's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 202, description = "It was asked to stop.", body = WorkflowDetails, headers(("Location" = String, description = "Where to look how it stands."))),
        (status = 404, description = "There is no such workflow.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is over already.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn stop_workflow(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (workflow, _) = reach::find(&app, &caller.user, &id).await?;
    engine::workflows::stop(&app.engine, &workflow).await?;
    let (workflow, _) = reach::find(&app, &caller.user, &id).await?;
    begun(&app, &caller, workflow).await
}

/// A workflow as it stands, and where to look how it goes on.
pub(super) async fn begun(
    app: &App,
    caller: &Caller,
    workflow: Workflow,
) -> Result<Response, Problem> {
    let place = format!("/api/v1/workflows/{}", workflow.id);
    Ok(answer::begun(place, &details(app, caller, workflow).await?))
}

async fn details(
    app: &App,
    caller: &Caller,
    workflow: Workflow,
) -> Result<WorkflowDetails, Problem> {
    let view = workflow_view::show(&app.engine, workflow).await?;
    Ok(caller.see(view).into())
}

/// A page of `rows`, of which there is one more than fits if another page follows.
fn rows_page(
    caller: &Caller,
    workflow: &Workflow,
    mut rows: Vec<WorkflowRow>,
    place: &Place,
) -> Page<RowRecord> {
    let is_more = rows.len() > place.limit();
    rows.truncate(place.limit());
    let next = rows.last().filter(|_| is_more);
    let next = next.map(|row| row.row.to_string());
    let columns = workflow_view::counts_of(workflow).columns;
    let rows = caller.see(rows).into_iter();
    Page {
        items: rows.map(|row| RowRecord::of(&columns, row)).collect(),
        next,
    }
}
