//! Runs of an orchestration over the API: a send, a dry run or a test send, now.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use engine::orchestrations;
use serde::Deserialize;
use store::workflows::WorkflowKind;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::access::Right;
use crate::api::body::{Json, new_record};
use crate::api::workflows::begun;
use crate::api::workflows::record::{RunKind, WorkflowDetails};
use crate::api::{Caller, Operations};
use crate::app::App;
use crate::pages::orchestrations::find;
use crate::pages::orchestrations::run::Entry;
use crate::problem::{Problem, ProblemBody};

pub(super) fn operations(operations: Operations) -> Operations {
    operations.with(Right::EditSends, routes!(run_orchestration))
}

/// What is run.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunWish {
    /// A send, a dry run that writes nothing, or a test send of the first rows.
    kind: RunKind,
    /// How many rows a test send has; of others nothing.
    #[schema(minimum = 10, maximum = 100)]
    first: Option<u64>,
    /// Whether what was sent before is ignored, and every row sent.
    #[serde(default)]
    full: bool,
}

/// Run an orchestration
///
/// Begins a workflow, which goes on by itself. A send is refused while another one of the same orchestration
/// is at work; a dry run or a test waits its turn.
#[utoipa::path(
    post, path = "/api/v1/orchestrations/{id}/run", tag = "Orchestrations", request_body = RunWish,
    params(
        ("id" = String, Path, description = "The orchestration's id.", min_length = 1, max_length = 64),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of your own making: the same request under it begins no second workflow.", max_length = 200),
    ),
    responses(
        (status = 202, description = "The workflow.", body = WorkflowDetails, headers(("Location" = String, description = "Where to look how it stands."))),
        (status = 404, description = "There is no such orchestration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its query is a draft, or it is at work already.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn run_orchestration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json { value, bytes }: Json<RunWish>,
) -> Result<Response, Problem> {
    let view = find(&app, &caller.user, &id).await?;
    let entry = Entry {
        kind: WorkflowKind::from(value.kind).as_str().to_owned(),
        first: value.first.map(|rows| rows.to_string()).unwrap_or_default(),
        full: value.full,
    };
    let asked = entry
        .asked()
        .map_err(|sentence| Problem::invalid("first", sentence))?;
    let place = format!("POST /api/v1/orchestrations/{id}/run");
    let own = new_record(&app, &caller, &headers, &place, &bytes).await?;
    let (found, actor) = (&view.orchestration, &caller.user.email);
    let workflow = orchestrations::begin_as(&app.engine, own, found, asked, actor).await?;
    begun(&app, &caller, workflow).await
}
