//! Queries over the API: what is sent.

pub(crate) mod record;
mod upload;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::profile_send;
use engine::queries::{self, QueryText, columns_of, source_of};
use store::queries::Query as Stored;
use utoipa_axum::routes;

use self::record::{
    ColumnRecord, NAMES, QueryChange, QueryDetails, QueryNew, QueryPreview, QueryRecord,
};
use super::answer;
use super::body::{Json, Query, check_match, etag, new_record};
use super::page::{Page, Place};
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::form::Wrongs;
use crate::mask;
use crate::pages::queries::find;
use crate::pages::queries::form::Entry;
use crate::problem::{Problem, ProblemBody, is_refusal};

pub(crate) fn operations(operations: Operations) -> Operations {
    let operations = operations
        .with(Right::SeeSends, routes!(list_queries))
        .with(Right::EditSends, routes!(add_query))
        .with(Right::SeeSends, routes!(read_query))
        .with(Right::EditSends, routes!(edit_query))
        .with(Right::EditSends, routes!(delete_query))
        .with(Right::EditSends, routes!(activate_query))
        .with(Right::EditSends, routes!(deactivate_query))
        .with(Right::SeeSends, routes!(preview_query));
    upload::operations(operations)
}

/// List queries
///
/// In the order in which they were made.
#[utoipa::path(
    get, path = "/api/v1/queries", tag = "Queries", params(Place),
    responses((status = 200, description = "A page of the queries.", body = Page<QueryRecord>)),
)]
async fn list_queries(
    State(app): State<App>,
    caller: Caller,
    Query(place): Query<Place>,
) -> Result<Answer<Page<QueryRecord>>, Problem> {
    let all = store::queries::list(&mut *app.engine.store.read().await?).await?;
    let (records, next) = place.cut(all, |one| &one.id)?;
    let records = records.into_iter();
    let items: Result<Vec<_>, _> = records.map(|one| QueryRecord::of(&app, one)).collect();
    Ok(Answer(Page {
        items: caller.see(items?),
        next,
    }))
}

/// Add a query
///
/// As a draft: look at its rows, then activate it. A file from your side is uploaded instead.
#[utoipa::path(
    post, path = "/api/v1/queries", tag = "Queries", request_body = QueryNew,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of your own making: the same request under it makes no second query.", max_length = 200)),
    responses(
        (status = 201, description = "The query.", body = QueryDetails, headers(("ETag" = String, description = "Names this version of the query."), ("Location" = String, description = "Where the query is found."))),
        (status = 409, description = "The source cannot be one here, or the name is taken.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn add_query(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json { value, bytes }: Json<QueryNew>,
) -> Result<Response, Problem> {
    let entry = value.source.over(Entry {
        name: value.name,
        description: value.description,
        ..Entry::default()
    });
    let source = entry.source(&caller.user, None).map_err(told)?;
    let id = new_record(&app, &caller, &headers, "POST /api/v1/queries", &bytes).await?;
    let (engine, actor) = (&app.engine, &caller.user.email);
    let made = queries::add_as(engine, id, &text(&entry), &source, actor).await?;
    added(&app, &caller, made).await
}

/// Read a query
///
/// With the columns that it had when it was activated, and what uses it.
#[utoipa::path(
    get, path = "/api/v1/queries/{id}", tag = "Queries",
    params(("id" = String, Path, description = "The query's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The query.", body = QueryDetails, headers(("ETag" = String, description = "Names this version of the query."))),
        (status = 404, description = "There is no such query.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_query(
    State(app): State<App>,
    caller: Caller,
    id: Path<String>,
) -> Result<Response, Problem> {
    shown(&app, &caller, &id).await
}

/// Change a query
///
/// With another source it is a draft again, since its rows may have other columns.
#[utoipa::path(
    patch, path = "/api/v1/queries/{id}", tag = "Queries", request_body = QueryChange,
    params(
        ("id" = String, Path, description = "The query's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 200, description = "The query as it is now.", body = QueryDetails, headers(("ETag" = String, description = "Names this version of the query."))),
        (status = 404, description = "There is no such query.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The source cannot be one here, or the name is taken.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the query since you read it.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn edit_query(
    State(app): State<App>,
    caller: Caller,
    id: Path<String>,
    headers: HeaderMap,
    Json { value, .. }: Json<QueryChange>,
) -> Result<Response, Problem> {
    let found = as_read(&app, &caller, &id, &headers).await?;
    let kept = source_of(&found)?;
    let stored = Entry::of(&app, &found)?;
    let statement = stored.statement.clone();
    let mut entry = Entry {
        name: value.name.unwrap_or(stored.name),
        description: value.description.unwrap_or(stored.description),
        ..stored
    };
    if let Some(source) = value.source {
        entry = source.over(entry);
        if caller.user.restrict_pii {
            entry.keep_hidden(statement);
        }
    }
    let source = entry.source(&caller.user, Some(&kept)).map_err(told)?;
    let (engine, actor) = (&app.engine, &caller.user.email);
    queries::edit(engine, &found, &text(&entry), &source, actor).await?;
    shown(&app, &caller, &id).await
}

/// Delete a query
///
/// With the file that was uploaded for it. Refused while an orchestration uses it.
#[utoipa::path(
    delete, path = "/api/v1/queries/{id}", tag = "Queries",
    params(
        ("id" = String, Path, description = "The query's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is no such query.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Something uses it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the query since you read it.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn delete_query(
    State(app): State<App>,
    caller: Caller,
    id: Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let found = as_read(&app, &caller, &id, &headers).await?;
    queries::delete(&app.engine, &found, &caller.user.email).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Activate a query
///
/// Opens its source and keeps the columns: it may feed orchestrations from now on.
#[utoipa::path(
    post, path = "/api/v1/queries/{id}/activate", tag = "Queries",
    params(("id" = String, Path, description = "The query's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The query as it is now.", body = QueryDetails, headers(("ETag" = String, description = "Names this version of the query."))),
        (status = 404, description = "There is no such query.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its source cannot be read.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn activate_query(
    State(app): State<App>,
    caller: Caller,
    id: Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &id).await?;
    queries::activate(&app.engine, &found, &caller.user.email).await?;
    shown(&app, &caller, &id).await
}

/// Make a query a draft
///
/// It feeds nothing until it is activated again.
#[utoipa::path(
    post, path = "/api/v1/queries/{id}/deactivate", tag = "Queries",
    params(("id" = String, Path, description = "The query's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The query as it is now.", body = QueryDetails, headers(("ETag" = String, description = "Names this version of the query."))),
        (status = 404, description = "There is no such query.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn deactivate_query(
    State(app): State<App>,
    caller: Caller,
    id: Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &id).await?;
    queries::deactivate(&app.engine, &found, &caller.user.email).await?;
    shown(&app, &caller, &id).await
}

/// Preview a query
///
/// The first rows, 100 at most, with the columns and their types. Nothing is kept.
#[utoipa::path(
    get, path = "/api/v1/queries/{id}/preview", tag = "Queries",
    params(("id" = String, Path, description = "The query's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The rows.", body = QueryPreview),
        (status = 404, description = "There is no such query.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its source cannot be read.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn preview_query(
    State(app): State<App>,
    caller: Caller,
    id: Path<String>,
) -> Result<Answer<QueryPreview>, Problem> {
    let found = find(&app, &id).await?;
    match profile_send::preview(&app.engine, &source_of(&found)?).await {
        Ok(preview) => Ok(Answer(caller.see(preview).into())),
        Err(error) => Err(unread(error)),
    }
}

/// Why a source cannot be read. What it says of a row may name somebody.
pub(super) fn unread(error: engine::Error) -> Problem {
    match is_refusal(&error) {
        true => Problem::conflict(mask::text(&error.to_string()).into_owned()),
        false => error.into(),
    }
}

/// What is wrong, by the fields of a body.
fn told(wrongs: Wrongs) -> Problem {
    wrongs.renamed(&NAMES).into()
}

fn text(entry: &Entry) -> QueryText {
    QueryText {
        name: entry.name.clone(),
        description: entry.description.clone(),
    }
}

/// The query, if it is still as the caller has read it.
async fn as_read(
    app: &App,
    caller: &Caller,
    id: &Path<String>,
    headers: &HeaderMap,
) -> Result<Stored, Problem> {
    let found = find(app, id).await?;
    let read = details(app, caller, found.clone()).await?;
    check_match(headers, &etag(&read)?)?;
    Ok(found)
}

/// A query that was made.
async fn added(app: &App, caller: &Caller, made: Stored) -> Result<Response, Problem> {
    let place = format!("/api/v1/queries/{}", made.id);
    answer::made(place, &details(app, caller, made).await?)
}

/// The query as it is now.
async fn shown(app: &App, caller: &Caller, id: &Path<String>) -> Result<Response, Problem> {
    let found = find(app, id).await?;
    answer::record(&details(app, caller, found).await?)
}

async fn details(app: &App, caller: &Caller, found: Stored) -> Result<QueryDetails, Problem> {
    let connection = &mut *app.engine.store.read().await?;
    let columns = columns_of(&found).into_iter();
    Ok(QueryDetails {
        columns: columns.map(ColumnRecord::from).collect(),
        uses: store::queries::uses(connection, &found.id).await?,
        query: caller.see(QueryRecord::of(app, found)?),
    })
}
