//! What outgoing webhooks were or are to be told.

#![expect(
    unused_qualifications,
    reason = "the macro that describes parameters writes them so"
)]

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::outgoing_webhooks;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::find;
use super::record::{OutgoingEventRecord, OutgoingEventState};
use crate::access::Right;
use crate::api::body::Query;
use crate::api::page::{Page, Place};
use crate::api::{Caller, Operations};
use crate::app::App;
use crate::pages::record_id;
use crate::problem::{Problem, is_refusal};

pub(super) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::ManageSettings, routes!(list_outgoing_events))
        .with(Right::ManageSettings, routes!(send_outgoing_event_again))
}

/// Which events.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wish {
    /// Only those that stand so.
    #[param(inline)]
    state: Option<OutgoingEventState>,
}

/// List the events of an outgoing webhook
///
/// The newest first. What arrived is listed for 7 days, what was given up for 30.
#[utoipa::path(
    get, path = "/api/v1/outgoing-webhooks/{id}/events", tag = "Outgoing webhooks",
    params(("id" = String, Path, description = "The webhook's id.", min_length = 1, max_length = 64), Wish, Place),
    responses(
        (status = 200, description = "A page of its events.", body = Page<OutgoingEventRecord>),
        (status = 400, description = "The query cannot be read.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such webhook.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn list_outgoing_events(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(wish): Query<Wish>,
    Query(place): Query<Place>,
) -> Result<Json<Page<OutgoingEventRecord>>, Problem> {
    let found = find(&app, &id).await?;
    let state = wish.state.map(Into::into);
    let (after, limit) = (place.after()?, place.limit());
    let page = outgoing_webhooks::events(&app.engine, &found, state, after, limit)
        .await
        .map_err(|error| match is_refusal(&error) {
            true => Problem::bad_query(error.to_string()),
            false => error.into(),
        })?;
    Ok(Json(Page {
        items: page
            .events
            .into_iter()
            .map(OutgoingEventRecord::from)
            .collect(),
        next: page.next,
    }))
}

/// Send an event to an outgoing webhook again
///
/// Whatever became of it, with the same id, from now on.
#[utoipa::path(
    post, path = "/api/v1/outgoing-webhooks/{id}/events/{event}/again", tag = "Outgoing webhooks",
    params(
        ("id" = String, Path, description = "The webhook's id.", min_length = 1, max_length = 64),
        ("event" = String, Path, description = "The event's id.", min_length = 1, max_length = 64),
    ),
    responses(
        (status = 202, description = "It is sent again; look among the webhook's events."),
        (status = 404, description = "There is no such webhook, or no such event of it.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The webhook is off.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn send_outgoing_event_again(
    State(app): State<App>,
    caller: Caller,
    Path((id, event)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let missing = || Problem::missing("There is no such event; it may not be kept any more.");
    let found = find(&app, &id).await?;
    let event = record_id(&event).ok_or_else(missing)?;
    let actor = &caller.user.email;
    if !outgoing_webhooks::send_again(&app.engine, &found, event, actor).await? {
        return Err(missing());
    }
    Ok(StatusCode::ACCEPTED)
}
