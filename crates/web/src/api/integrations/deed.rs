//! What is done with an integration: activated, deactivated, synchronised, deleted.

#![expect(
    unused_qualifications,
    reason = "the macro that describes parameters writes them so"
)]

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use engine::{integration_view, integrations, schedule};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::record::IntegrationRecord;
use super::shown;
use crate::api::Caller;
use crate::api::body::Query;
use crate::app::App;
use crate::pages::integrations::{INACTIVE, find, managed};
use crate::problem::Problem;

/// A run that was asked for.
#[derive(Serialize, ToSchema)]
pub(super) struct RunAsked {
    /// The run's id.
    run: String,
    /// Whether it was waiting or running already.
    joined: bool,
}

fn accepted(run: String, joined: bool) -> Response {
    let place = format!("/api/v1/runs/{run}");
    let answer = Answer(RunAsked { run, joined });
    (StatusCode::ACCEPTED, [(LOCATION, place)], answer).into_response()
}

/// Activate an integration
///
/// Reaches the account, and if that works, activates the integration and asks for its first run.
#[utoipa::path(
    post, path = "/api/v1/integrations/{id}/activate", tag = "Integrations",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 202, description = "It is active, and its first run was asked for.", body = RunAsked, headers(("Location" = String, description = "Where to watch the run."))),
        (status = 404, description = "There is no such integration.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The account cannot be used, and why; nothing was changed.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn activate_integration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = managed(&app, &caller.user, &id).await?;
    let activated = integrations::activate(&app.engine, &found, &caller.user.email);
    let activated = Box::pin(activated).await?;
    Ok(accepted(activated.run_id, false))
}

/// Deactivate an integration
///
/// Stops its schedule. A run that is going on ends at its next page.
#[utoipa::path(
    post, path = "/api/v1/integrations/{id}/deactivate", tag = "Integrations",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The integration as it is now.", body = IntegrationRecord, headers(("ETag" = String, description = "Names this version of the settings."))),
        (status = 404, description = "There is no such integration.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn deactivate_integration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = managed(&app, &caller.user, &id).await?;
    integrations::deactivate(&app.engine, &found, &caller.user.email).await?;
    let now = find(&app, &found.id).await?;
    shown(&app, &caller, &now, StatusCode::OK).await
}

/// Synchronise an integration
///
/// Asks for a run, or joins the one that waits or goes on already.
#[utoipa::path(
    post, path = "/api/v1/integrations/{id}/sync", tag = "Integrations",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 202, description = "A run was asked for.", body = RunAsked, headers(("Location" = String, description = "Where to watch the run."))),
        (status = 404, description = "There is no such integration.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The integration is inactive.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn sync_integration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = managed(&app, &caller.user, &id).await?;
    if !found.active {
        return Err(Problem::conflict(INACTIVE));
    }
    let asked = schedule::schedule_sync(&app.engine, &found, &caller.user.email).await?;
    app.engine.memory.ring();
    Ok(accepted(asked.run_id, asked.joined))
}

/// What goes with an integration that is deleted.
#[derive(Serialize, ToSchema)]
pub(super) struct LossRecord {
    /// Changes that wait to be sent or are parked: they are lost.
    pending: i64,
    /// Mirrored tickets. The case of each stays.
    tickets: i64,
}

/// Read what a deletion takes
///
/// What would go with the integration if it were deleted now.
#[utoipa::path(
    get, path = "/api/v1/integrations/{id}/loss", tag = "Integrations",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "What would go.", body = LossRecord),
        (status = 404, description = "There is no such integration.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn read_loss(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<LossRecord>, Problem> {
    let found = managed(&app, &caller.user, &id).await?;
    let loss = integration_view::loss(&app.engine, &found).await?;
    Ok(Answer(LossRecord {
        pending: loss.pending,
        tickets: loss.tickets,
    }))
}

/// How sure somebody is.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Confirmation {
    /// True to delete it though changes wait to be sent or are parked, which are lost then.
    confirm: Option<bool>,
}

/// Delete an integration
///
/// Deletes the integration with its mirror of tickets, and the credential that was made for it. Cases,
/// comments and contacts stay.
#[utoipa::path(
    delete, path = "/api/v1/integrations/{id}", tag = "Integrations",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64), Confirmation),
    responses(
        (status = 204, description = "It was deleted."),
        (status = 404, description = "There is no such integration.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Changes of it wait to be sent or are parked, and `confirm` is not true.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete_integration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(sure): Query<Confirmation>,
) -> Result<StatusCode, Problem> {
    let found = managed(&app, &caller.user, &id).await?;
    let confirmed = sure.confirm.unwrap_or(false);
    integrations::delete(&app.engine, &found, confirmed, &caller.user.email).await?;
    Ok(StatusCode::NO_CONTENT)
}
