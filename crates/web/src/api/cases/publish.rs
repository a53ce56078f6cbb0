//! `POST /api/v1/cases/{id}/publish` and `…/follow-up`: a case asks for a ticket.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use engine::actions::{self, Asked};
use serde::{Deserialize, Serialize};
use store::cases::Case;
use utoipa::ToSchema;

use super::find;
use crate::api::Caller;
use crate::api::body::Json;
use crate::app::App;
use crate::problem::Problem;

/// Where a case is to be published.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PublishWish {
    /// The integration, by id or name; it may be left out where there is only one.
    #[serde(default)]
    #[schema(max_length = 255)]
    integration: Option<String>,
}

/// A ticket that was asked for.
#[derive(Serialize, ToSchema)]
pub(super) struct Publishing {
    /// The name of the integration in which it is made.
    integration: String,
    /// Whether somebody had asked before: asking twice is asking once.
    already: bool,
}

/// Publish a case
///
/// Asks for a ticket for a case that has none. Its description becomes the first, public comment; its
/// other comments follow with their visibility.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/publish", tag = "Cases", request_body = PublishWish,
    params(("id" = String, Path, description = "The case's number or id.", min_length = 1, max_length = 64)),
    responses(
        (status = 202, description = "The ticket is being made.", body = Publishing, headers(("Location" = String, description = "Where to see how far it has come."))),
        (status = 404, description = "There is no such case.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It cannot be published so.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn publish_case(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json { value, .. }: Json<PublishWish>,
) -> Result<Response, Problem> {
    let case = find(&app, &id).await?;
    let to = value.integration.as_deref().filter(|to| !to.is_empty());
    let asked = actions::publish(&app.engine, &case.id, to, &caller.user.email).await?;
    Ok(accepted(&case, asked))
}

/// Ask for a follow-up ticket
///
/// Asks for a ticket that follows the case's closed one. What was parked because that one is closed goes
/// to the new one.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/follow-up", tag = "Cases",
    params(("id" = String, Path, description = "The case's number or id.", min_length = 1, max_length = 64)),
    responses(
        (status = 202, description = "The ticket is being made.", body = Publishing, headers(("Location" = String, description = "Where to see how far it has come."))),
        (status = 404, description = "There is no such case.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The case's ticket cannot be followed.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn follow_up_case(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let case = find(&app, &id).await?;
    let asked = actions::follow_up(&app.engine, &case.id, &caller.user.email).await?;
    Ok(accepted(&case, asked))
}

fn accepted(case: &Case, asked: Asked) -> Response {
    let place = format!("/api/v1/cases/{}/ticket", case.number);
    let answer = Answer(Publishing {
        integration: asked.integration,
        already: asked.already,
    });
    (StatusCode::ACCEPTED, [(LOCATION, place)], answer).into_response()
}
