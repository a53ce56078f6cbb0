//! The custom fields that Zendesk lacks for an orchestration, over the API: shown, and made on request.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::access::{self, Right};
use crate::api::queries::unread;
use crate::api::{Caller, Operations};
use crate::app::App;
use crate::pages::orchestrations::fields::{can_be_done, plan, set_up, words};
use crate::pages::orchestrations::find;
use crate::problem::{Problem, ProblemBody};

pub(super) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::EditSends, routes!(plan_orchestration_fields))
        .with(
            Right::ManageDestinations,
            routes!(make_orchestration_fields),
        )
}

/// What would be done about fields in Zendesk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldPlan {
    /// Step by step, as sentences; none if every field exists.
    steps: Vec<String>,
    /// Whether all of it can be done here, by the token's owner.
    can_apply: bool,
}

/// Plan fields in Zendesk
///
/// Which custom fields the account lacks for this orchestration. Nothing is made.
#[utoipa::path(
    get, path = "/api/v1/orchestrations/{id}/fields", tag = "Orchestrations",
    params(("id" = String, Path, description = "The orchestration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The plan.", body = FieldPlan),
        (status = 404, description = "There is no such orchestration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its source or its account cannot be read.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn plan_orchestration_fields(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<FieldPlan>, Problem> {
    let view = find(&app, &caller.user, &id).await?;
    let steps = Box::pin(plan(&app, &view)).await.map_err(unread)?;
    let shown = !caller.user.restrict_pii;
    Ok(Answer(FieldPlan {
        can_apply: access::may(caller.user.role, Right::ManageDestinations) && can_be_done(&steps),
        steps: steps.iter().map(|step| words(step, shown)).collect(),
    }))
}

/// Make fields in Zendesk
///
/// Does what the plan says.
#[utoipa::path(
    post, path = "/api/v1/orchestrations/{id}/fields", tag = "Orchestrations",
    params(("id" = String, Path, description = "The orchestration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 204, description = "Every field is there."),
        (status = 404, description = "There is no such orchestration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It could not be done.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn make_orchestration_fields(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let view = find(&app, &caller.user, &id).await?;
    Box::pin(set_up(&app, &view)).await.map_err(unread)?;
    Ok(StatusCode::NO_CONTENT)
}
