//! Cases over the API: what the list and the page of a case show, and what people do there.

mod change;
mod comment;
mod deed;
mod history;
mod list;
mod publish;
mod record;
mod ticket;
mod word;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::{IntoResponse as _, Response};
use engine::case_view::{self, Window};
use store::cases::Case;
use utoipa_axum::routes;

pub(crate) use comment::CommentFile;
pub(crate) use record::RecordName;
pub(crate) use word::{CaseState, CaseUrgency, ParkedChange, words};

use super::body::etag;
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::pages::cases::find;
use crate::problem::Problem;
use record::CaseRecord;

pub(crate) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::SeeCases, routes!(list::list_cases))
        .with(Right::EditCases, routes!(change::add_case))
        .with(Right::SeeCases, routes!(read_case))
        .with(Right::EditCases, routes!(change::edit_case))
        .with(Right::EditCases, routes!(deed::delete_case))
        .with(Right::EditCases, routes!(deed::restore_case))
        .with(Right::EditCases, routes!(deed::give_up_case))
        .with(Right::SeeCases, routes!(comment::list_comments))
        .with(Right::EditCases, routes!(comment::add_comment))
        .with(Right::EditCases, routes!(comment::upload_comment))
        .with(Right::SeeCases, routes!(history::list_history))
        .with(Right::SeeCases, routes!(ticket::read_ticket))
        .with(Right::EditCases, routes!(publish::publish_case))
        .with(Right::EditCases, routes!(publish::follow_up_case))
}

/// Read a case
///
/// The case with what must be known of it; its comments, its history and its ticket are read by themselves.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}", tag = "Cases",
    params(("id" = String, Path, description = "The case's number or id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The case, also one that was deleted.", body = CaseRecord, headers(("ETag" = String, description = "Names this version of the case."))),
        (status = 404, description = "There is no such case.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_case(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let case = find(&app, &id).await?;
    found(&app, &caller, &case.id, StatusCode::OK).await
}

/// What names this version of a case: every change of it is another one, and nothing else is.
fn version_of(case: &Case) -> Result<String, Problem> {
    etag(&(&case.id, case.version))
}

/// The case of this id as it is now, with what names that version.
async fn found(
    app: &App,
    caller: &Caller,
    id: &str,
    status: StatusCode,
) -> Result<Response, Problem> {
    // The version is read first: a change in between is refused later rather than overwritten.
    let case = find(app, id).await?;
    let window = Window {
        is_bare: true,
        ..Window::default()
    };
    let view = case_view::show_part(&app.engine, id, window).await?;
    let view = view.ok_or_else(|| Problem::missing("There is no case with this number."))?;
    let record = CaseRecord::new(caller.see(view), case.version);
    Ok((status, [(ETAG, version_of(&case)?)], Answer(record)).into_response())
}
