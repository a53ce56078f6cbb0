//! What is parked over the API: changes and files that cannot be delivered now.

#![expect(
    unused_qualifications,
    reason = "the macro that describes parameters writes them so"
)]

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use engine::actions;
use engine::case_view::{self, ParkedView};
use serde::{Deserialize, Serialize};
use store::outbox::ParkedFilter;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::body::{Json, Query};
use super::cases::{ParkedChange, RecordName};
use super::page::{Page, Place};
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::pages::record_id;
use crate::problem::{Problem, is_refusal};

pub(crate) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::SeeCases, routes!(list_parked))
        .with(Right::EditCases, routes!(retry_all_parked))
        .with(Right::SeeCases, routes!(read_parked))
        .with(Right::EditCases, routes!(retry_parked))
        .with(Right::EditCases, routes!(give_up_parked))
}

/// A change or a file that cannot be delivered now.
#[derive(Serialize, ToSchema)]
pub(crate) struct ParkedRecord {
    /// Its id.
    id: String,
    /// What it does.
    kind: ParkedChange,
    /// What it is, in a few words.
    what: String,
    /// Why it is parked and what to do, as sentences.
    reason: String,
    /// The name of the integration it is for.
    integration: Option<String>,
    /// The number of its case, if it is a case's.
    case_number: Option<i64>,
    /// Its contact, if it is a contact's.
    contact: Option<RecordName>,
    /// The words of the fields that it was to send.
    fields: Vec<&'static str>,
    /// The id of the comment that it was to send, or whose file it is.
    comment: Option<String>,
    /// When the change was noted.
    #[schema(format = DateTime)]
    at: String,
}

impl From<ParkedView> for ParkedRecord {
    fn from(parked: ParkedView) -> Self {
        Self {
            id: parked.id,
            kind: parked.kind.into(),
            what: parked.what,
            reason: parked.reason,
            integration: parked.integration,
            case_number: parked.case_number,
            contact: parked.contact.map(RecordName::from),
            fields: parked.fields,
            comment: parked.comment,
            at: parked.at.to_string(),
        }
    }
}

/// Which of what is parked.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ParkedWish {
    /// Only for this integration, by id.
    #[param(max_length = 64)]
    integration: Option<String>,
}

/// What is to be tried again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RetryWish {
    /// Only what is for this integration, by id; all, if it is left out.
    #[serde(default)]
    #[schema(max_length = 64)]
    integration: Option<String>,
}

/// What was put back into its line.
#[derive(Serialize, ToSchema)]
struct Retried {
    /// How many changes and files are tried again now. What cannot be delivered yet is parked again,
    /// with its reason.
    retried: usize,
}

/// List what is parked
///
/// Changes and files that cannot be delivered now, each with why and what to do, the newest first.
#[utoipa::path(
    get, path = "/api/v1/parked", tag = "Parked", params(ParkedWish, Place),
    responses(
        (status = 200, description = "A page of what is parked.", body = Page<ParkedRecord>),
        (status = 400, description = "The query cannot be read.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn list_parked(
    State(app): State<App>,
    caller: Caller,
    Query(wish): Query<ParkedWish>,
    Query(place): Query<Place>,
) -> Result<Answer<Page<ParkedRecord>>, Problem> {
    let filter = ParkedFilter {
        integration: integration_id(wish.integration.as_deref())?,
        ..ParkedFilter::default()
    };
    let limit = i64::try_from(place.limit()).unwrap_or(1);
    let page = case_view::parked(&app.engine, filter, place.after()?, limit).await;
    let page = page.map_err(behind_nothing)?;
    let items = caller.see(page.parked).into_iter();
    Ok(Answer(Page {
        items: items.map(ParkedRecord::from).collect(),
        next: page.next,
    }))
}

/// Read what is parked
#[utoipa::path(
    get, path = "/api/v1/parked/{id}", tag = "Parked",
    params(("id" = String, Path, description = "Its id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "What is parked.", body = ParkedRecord),
        (status = 404, description = "Nothing with this id is parked.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_parked(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<ParkedRecord>, Problem> {
    let found = find(&app, &id).await?;
    Ok(Answer(caller.see(found).into()))
}

/// Try one again
///
/// Puts a parked change back into its line, or a file among those that are fetched. What cannot be
/// delivered yet is parked again, with its reason.
#[utoipa::path(
    post, path = "/api/v1/parked/{id}/retry", tag = "Parked",
    params(("id" = String, Path, description = "Its id.", min_length = 1, max_length = 64)),
    responses(
        (status = 202, description = "It is tried again.", body = Retried, headers(("Location" = String, description = "Where to see what becomes of it."))),
        (status = 404, description = "Nothing with this id is parked.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It cannot be tried again.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn retry_parked(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &id).await?;
    actions::retry(&app.engine, &found.id, &caller.user.email).await?;
    let place = match (found.case_number, found.contact) {
        (Some(number), _) => format!("/api/v1/cases/{number}/ticket"),
        (None, Some(contact)) => format!("/api/v1/contacts/{}", contact.id),
        (None, None) => "/api/v1/parked".to_owned(),
    };
    let answer = Answer(Retried { retried: 1 });
    Ok((StatusCode::ACCEPTED, [(LOCATION, place)], answer).into_response())
}

/// Try all again
///
/// Puts everything that is parked, of one integration or of all, back into its line.
#[utoipa::path(
    post, path = "/api/v1/parked/retry", tag = "Parked", request_body = RetryWish,
    responses((status = 202, description = "How many are tried again.", body = Retried)),
)]
async fn retry_all_parked(
    State(app): State<App>,
    caller: Caller,
    Json { value, .. }: Json<RetryWish>,
) -> Result<Response, Problem> {
    let integration = integration_id(value.integration.as_deref())?;
    let actor = &caller.user.email;
    let retried = actions::retry_all(&app.engine, integration, actor).await?;
    Ok((StatusCode::ACCEPTED, Answer(Retried { retried })).into_response())
}

/// Give one up
///
/// Gives up a parked change: fields go back to what both sides last agreed on; a comment stays on the
/// case and is not sent, and so does a file that is here.
#[utoipa::path(
    post, path = "/api/v1/parked/{id}/give-up", tag = "Parked",
    params(("id" = String, Path, description = "Its id.", min_length = 1, max_length = 64)),
    responses(
        (status = 204, description = "It was given up."),
        (status = 404, description = "Nothing with this id is parked.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It cannot be given up.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn give_up_parked(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let found = find(&app, &id).await?;
    actions::discard(&app.engine, &found.id, &caller.user.email).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn find(app: &App, id: &str) -> Result<ParkedView, Problem> {
    let missing =
        || Problem::missing("Nothing with this id is parked; it may have been settled meanwhile.");
    let id = record_id(id).ok_or_else(missing)?;
    case_view::parked_one(&app.engine, id)
        .await?
        .ok_or_else(missing)
}

/// The id of an integration that a list is asked for.
pub(super) fn integration_id(named: Option<&str>) -> Result<Option<&str>, Problem> {
    let id = named.map(|named| record_id(named).ok_or(named)).transpose();
    id.map_err(|_| {
        Problem::bad_query(
            "`integration` is no id. Take the `id` of one that the list of integrations names.",
        )
    })
}

/// What a list says that is to go on behind a record that is gone.
pub(super) fn behind_nothing(error: engine::Error) -> Problem {
    match is_refusal(&error) {
        true => Problem::bad_query(error.to_string()),
        false => error.into(),
    }
}
