//! Files that a program sends, kept as they come in, in pieces, so that memory does not grow with them.

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use engine::queries;
use utoipa_axum::routes;

use super::record::{QueryDetails, UploadForm};
use super::{added, as_read, shown};
use crate::access::Right;
use crate::api::body::new_record;
use crate::api::{Caller, Operations};
use crate::app::App;
use crate::multipart::Parts;
use crate::pages::queries::LARGEST_BODY;
use crate::pages::queries::upload::Sent;
use crate::problem::{Problem, ProblemBody};

pub(super) fn operations(operations: Operations) -> Operations {
    let limit = DefaultBodyLimit::max(LARGEST_BODY);
    let (schemas, paths, add) = routes!(upload_query);
    let operations = operations.with(Right::EditSends, (schemas, paths, add.layer(limit)));
    let (schemas, paths, replace) = routes!(upload_another_file);
    operations.with(Right::EditSends, (schemas, paths, replace.layer(limit)))
}

/// Upload a file as a query
///
/// As a draft: look at its rows, then activate it. The file is kept for this query alone and goes with it.
#[utoipa::path(
    post, path = "/api/v1/queries/upload", tag = "Queries",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of your own making: the same file under it makes no second query.", max_length = 200)),
    responses(
        (status = 201, description = "The query.", body = QueryDetails, headers(("ETag" = String, description = "Names this version of the query."), ("Location" = String, description = "Where the query is found."))),
        (status = 409, description = "The file is too large, or the name is taken.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn upload_query(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Parts,
) -> Result<Response, Problem> {
    let mut sent = Sent::default();
    sent.read(&app, body).await?;
    let file = sent.file.take().ok_or_else(no_file)?;
    let text = sent.text();
    let same = [
        text.name.as_bytes(),
        text.description.as_bytes(),
        &sent.digest,
    ]
    .join(&b'\n');
    let id = new_record(
        &app,
        &caller,
        &headers,
        "POST /api/v1/queries/upload",
        &same,
    )
    .await?;
    let actor = &caller.user.email;
    let made = queries::add_upload_as(&app.engine, id, &text, file, actor).await?;
    added(&app, &caller, made).await
}

/// Upload another file
///
/// In place of what the query reads. It is a draft again, since its rows may have other columns.
#[utoipa::path(
    post, path = "/api/v1/queries/{id}/upload", tag = "Queries",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    params(
        ("id" = String, Path, description = "The query's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 200, description = "The query as it is now.", body = QueryDetails, headers(("ETag" = String, description = "Names this version of the query."))),
        (status = 404, description = "There is no such query.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The file is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the query since you read it.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn upload_another_file(
    State(app): State<App>,
    caller: Caller,
    id: Path<String>,
    headers: HeaderMap,
    body: Parts,
) -> Result<Response, Problem> {
    let found = as_read(&app, &caller, &id, &headers).await?;
    let mut sent = Sent::default();
    sent.read(&app, body).await?;
    let file = sent.file.take().ok_or_else(no_file)?;
    queries::replace_upload(&app.engine, &found, file, &caller.user.email).await?;
    shown(&app, &caller, &id).await
}

fn no_file() -> Problem {
    Problem::invalid("file", "Choose a file.")
}
