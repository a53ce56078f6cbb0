//! `POST /api/v1/cases`, `PATCH /api/v1/cases/{id}`: a case is made here, or its fields are changed.

use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use domain::case::{CasePriority, CaseStatus};
use engine::actions;
use serde::Deserialize;
use utoipa::ToSchema;

use super::record::CaseRecord;
use super::word::{CaseState, CaseUrgency};
use super::{find, found, version_of};
use crate::api::Caller;
use crate::api::body::{Json, check_match, given, new_record, refused};
use crate::app::App;
use crate::form::Wrongs;
use crate::pages::cases::Wanted;
use crate::problem::Problem;

/// A new case.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseNew {
    /// What it is about, in a few words.
    #[schema(min_length = 1, max_length = 255)]
    subject: String,
    /// What it is about. When the case is published, this becomes the first, public comment.
    #[serde(default)]
    description: String,
    /// How urgent it is; normal, if it is left out.
    priority: Option<CaseUrgency>,
    /// The contact it is for, by primary email address or id; nobody, if it is left out.
    #[schema(max_length = 254)]
    contact: Option<String>,
    /// The user it is assigned to, by id; nobody, if it is left out.
    #[schema(max_length = 64)]
    assigned_to: Option<String>,
}

/// What is changed about a case; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseChange {
    /// What it is about, in a few words.
    #[schema(min_length = 1, max_length = 255)]
    subject: Option<String>,
    /// What it is about. It stays here: Zendesk's cannot be changed.
    description: Option<String>,
    /// Where it stands.
    status: Option<CaseState>,
    /// How urgent it is.
    priority: Option<CaseUrgency>,
    /// The contact it is for, by primary email address or id; null for nobody.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 254)]
    contact: Option<Option<String>>,
    /// The user it is assigned to, by id; null for nobody.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 64)]
    assigned_to: Option<Option<String>>,
}

/// Add a case
///
/// Makes a case that has no ticket; publish it to give it one. It is owned by whose token this is.
#[utoipa::path(
    post, path = "/api/v1/cases", tag = "Cases", request_body = CaseNew,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of your own making: the same request under it makes no second case.", max_length = 200)),
    responses(
        (status = 201, description = "The case.", body = CaseRecord, headers(("ETag" = String, description = "Names this version of the case."), ("Location" = String, description = "Where the case is found."))),
        (status = 409, description = "The case cannot be made so.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be as it was sent.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn add_case(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json { value, bytes }: Json<CaseNew>,
) -> Result<Response, Problem> {
    let id = new_record(&app, &caller, &headers, "POST /api/v1/cases", &bytes).await?;
    let wanted = Wanted {
        subject: Some(value.subject),
        description: Some(value.description),
        status: None,
        priority: value.priority.map(CasePriority::from),
        contact: value.contact,
        assigned_to: Some(value.assigned_to),
    };
    let new = wanted
        .new_case(&app, &caller.user, Wrongs::default())
        .await?;
    let new = new.map_err(|wrongs| refused(&wrongs))?;
    let id = id.unwrap_or_else(|| app.engine.new_id());
    let case = actions::create_as(&app.engine, id, new, &caller.user.email).await?;
    let place = format!("/api/v1/cases/{}", case.number);
    let answer = found(&app, &caller, &case.id, StatusCode::CREATED).await?;
    Ok(([(LOCATION, place)], answer).into_response())
}

/// Change a case
///
/// Changes fields of a case, and has what changed sent to its ticket if it has one that is kept in step.
#[utoipa::path(
    patch, path = "/api/v1/cases/{id}", tag = "Cases", request_body = CaseChange,
    params(
        ("id" = String, Path, description = "The case's number or id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 200, description = "The case as it is now.", body = CaseRecord, headers(("ETag" = String, description = "Names this version of the case."))),
        (status = 404, description = "There is no such case.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The case cannot be changed so.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody, or the sync, changed the case since you read it.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be as it was sent.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn edit_case(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json { value, .. }: Json<CaseChange>,
) -> Result<Response, Problem> {
    let case = find(&app, &id).await?;
    check_match(&headers, &version_of(&case)?)?;
    let wanted = Wanted {
        subject: value.subject,
        description: value.description,
        status: value.status.map(CaseStatus::from),
        priority: value.priority.map(CasePriority::from),
        contact: value.contact.map(Option::unwrap_or_default),
        assigned_to: value.assigned_to,
    };
    let edit = wanted.edit(&app, &caller.user, &case, Wrongs::default());
    let edit = edit.await?.map_err(|wrongs| refused(&wrongs))?;
    let actor = &caller.user.email;
    let edited =
        actions::edit_unless_changed(&app.engine, &case.id, edit, case.version, actor).await?;
    if edited.is_none() {
        return Err(Problem::stale());
    }
    found(&app, &caller, &case.id, StatusCode::OK).await
}
