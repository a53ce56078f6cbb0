//! `DELETE /api/v1/cases/{id}`, and what brings a case back or gives up what is parked of it.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use engine::actions;
use serde::Serialize;
use utoipa::ToSchema;

use super::record::CaseRecord;
use super::{find, found};
use crate::api::Caller;
use crate::app::App;
use crate::problem::Problem;

/// Delete a case
///
/// Deletes the case here; its ticket is left as it is. The case is kept, so that it can be restored.
#[utoipa::path(
    delete, path = "/api/v1/cases/{id}", tag = "Cases",
    params(("id" = String, Path, description = "The case's number or id.", min_length = 1, max_length = 64)),
    responses(
        (status = 204, description = "The case was deleted."),
        (status = 404, description = "There is no such case.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The case was deleted before.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete_case(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let case = find(&app, &id).await?;
    actions::delete(&app.engine, &case.id, &caller.user.email).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restore a case
///
/// Brings back a case that was deleted here. It catches up with its ticket at the next sync.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/restore", tag = "Cases",
    params(("id" = String, Path, description = "The case's number or id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The case as it is now.", body = CaseRecord, headers(("ETag" = String, description = "Names this version of the case."))),
        (status = 404, description = "There is no such case.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The case was not deleted.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn restore_case(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let case = find(&app, &id).await?;
    actions::restore(&app.engine, &case.id, &caller.user.email).await?;
    found(&app, &caller, &case.id, StatusCode::OK).await
}

/// What of a case was given up.
#[derive(Serialize, ToSchema)]
pub(super) struct GivenUp {
    /// How many changes.
    given_up: usize,
}

/// Give up what is parked of a case
///
/// Fields go back to what both sides last agreed on, comments stay on the case and are not sent. Files
/// are given up one by one.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/give-up", tag = "Cases",
    params(("id" = String, Path, description = "The case's number or id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "How much was given up.", body = GivenUp),
        (status = 404, description = "There is no such case.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn give_up_case(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<GivenUp>, Problem> {
    let case = find(&app, &id).await?;
    let given_up = actions::discard_all(&app.engine, &case.id, &caller.user.email).await?;
    Ok(Answer(GivenUp { given_up }))
}
