//! Notifications over the API: what people are told of workflows.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use store::alerts::{self, Alert};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::body::Query;
use super::page::{Page, Place, bad_cursor};
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::pages::notifications::seen;
use crate::pages::workflows::reach::Reach;
use crate::problem::{Problem, ProblemBody};

pub(crate) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::SeeSends, routes!(list_notifications))
        .with(Right::SeeSends, routes!(mark_all_seen))
        .with(Right::SeeSends, routes!(mark_seen))
}

/// Something that people are told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationRecord {
    /// Our id.
    id: String,
    /// What happened, as a word, such as `failed`.
    kind: String,
    /// What happened, as a person reads it.
    sentence: String,
    /// The id of the workflow it is about, if it is about one.
    workflow_id: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    created_at: String,
    /// When somebody saw it; null if nobody has.
    #[schema(format = DateTime)]
    seen_at: Option<String>,
}

impl From<Alert> for NotificationRecord {
    fn from(alert: Alert) -> Self {
        Self {
            id: alert.id,
            kind: alert.kind,
            sentence: alert.sentence,
            workflow_id: alert.workflow_id,
            created_at: alert.created_at.to_string(),
            seen_at: alert.seen_at.map(|at| at.to_string()),
        }
    }
}

/// List notifications
///
/// Those about destinations that are open to the token's owner, the newest first.
#[utoipa::path(
    get, path = "/api/v1/notifications", tag = "Notifications", params(Place),
    responses(
        (status = 200, description = "A page of the notifications.", body = Page<NotificationRecord>),
        (status = 400, description = "The query cannot be read.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn list_notifications(
    State(app): State<App>,
    caller: Caller,
    Query(place): Query<Place>,
) -> Result<Answer<Page<NotificationRecord>>, Problem> {
    let among = Reach::of(&app, &caller.user).await?.among();
    let connection = &mut *app.engine.store.read().await?;
    let last = match place.after()? {
        None => None,
        Some(id) => Some(alerts::find(connection, id).await?.ok_or_else(bad_cursor)?),
    };
    let before = last
        .as_ref()
        .map(|last| (last.created_at, last.id.as_str()));
    let limit = place.count() + 1;
    let mut alerts = alerts::page(connection, before, among.as_deref(), limit).await?;
    let is_more = alerts.len() > place.limit();
    alerts.truncate(place.limit());
    let next = alerts.last().filter(|_| is_more);
    Ok(Answer(Page {
        next: next.map(|alert| alert.id.clone()),
        items: caller
            .see(alerts)
            .into_iter()
            .map(NotificationRecord::from)
            .collect(),
    }))
}

/// Mark all notifications as seen
#[utoipa::path(
    post, path = "/api/v1/notifications/seen", tag = "Notifications",
    responses((status = 204, description = "They are marked.")),
)]
async fn mark_all_seen(State(app): State<App>, caller: Caller) -> Result<StatusCode, Problem> {
    seen::mark_all(&app, &caller.user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mark a notification as seen
#[utoipa::path(
    post, path = "/api/v1/notifications/{id}/seen", tag = "Notifications",
    params(("id" = String, Path, description = "The notification's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 204, description = "It is marked."),
        (status = 404, description = "There is no such notification.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn mark_seen(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    seen::mark(&app, &caller.user, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
