//! What piled up while two-way sync was off: counted, and sent only if somebody says so.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use engine::actions::{self, Backlog};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Caller;
use crate::app::App;
use crate::pages::integrations::managed;
use crate::problem::Problem;

/// What was changed here and never reached Zendesk.
#[derive(Serialize, ToSchema)]
pub(super) struct BacklogRecord {
    /// Cases.
    cases: usize,
    /// Their fields.
    fields: usize,
    /// Their comments.
    comments: usize,
}

impl From<Backlog> for BacklogRecord {
    fn from(backlog: Backlog) -> Self {
        Self {
            cases: backlog.cases,
            fields: backlog.fields,
            comments: backlog.comments,
        }
    }
}

/// Read what piled up
///
/// Counts what was changed here while two-way sync was off and never reached Zendesk.
#[utoipa::path(
    get, path = "/api/v1/integrations/{id}/backlog", tag = "Integrations",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "What piled up.", body = BacklogRecord),
        (status = 404, description = "There is no such integration.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn read_backlog(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<BacklogRecord>, Problem> {
    let found = managed(&app, &caller.user, &id).await?;
    let counted = actions::backlog(&app.engine, &found, false, &caller.user.email);
    Ok(Answer(Box::pin(counted).await?.into()))
}

/// Send what piled up
///
/// Puts what piled up into the line to Zendesk. What cannot be delivered is parked, with its reason.
#[utoipa::path(
    post, path = "/api/v1/integrations/{id}/backlog/send", tag = "Integrations",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 202, description = "What is on its way now.", body = BacklogRecord, headers(("Location" = String, description = "Where to see how much is on its way."))),
        (status = 404, description = "There is no such integration.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The integration is inactive or syncs one way.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn send_backlog(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = managed(&app, &caller.user, &id).await?;
    let sent = actions::backlog(&app.engine, &found, true, &caller.user.email);
    let sent = BacklogRecord::from(Box::pin(sent).await?);
    let place = format!("/api/v1/integrations/{}", found.id);
    Ok((StatusCode::ACCEPTED, [(LOCATION, place)], Answer(sent)).into_response())
}
