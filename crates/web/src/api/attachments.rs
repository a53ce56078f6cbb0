//! Files of comments over the API: their bytes, and having them fetched.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::response::Response;
use utoipa_axum::routes;

use super::cases::CommentFile;
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::pages::attachments::download::whole;
use crate::pages::attachments::{fetch, find};
use crate::problem::{Problem, ProblemBody};

pub(crate) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::SeeCases, routes!(download_file))
        .with(Right::EditCases, routes!(fetch_file))
}

/// Download a file of a comment
///
/// Its bytes as they are. What kind of file it says it is stands in the list of comments; here it is told as
/// bytes only, to be saved.
#[utoipa::path(
    get, path = "/api/v1/attachments/{id}", tag = "Cases",
    params(("id" = String, Path, description = "The file's id, as the list of comments names it.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The file.", body = String, content_type = "application/octet-stream", headers(("Content-Disposition" = String, description = "Its name."))),
        (status = 404, description = "There is no such file, or it is not here; `detail` says which.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn download_file(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (file, _) = find(&app, &id).await?;
    let file = caller.see(file);
    if !file.is_here {
        let why = file.problem.as_deref();
        return Err(Problem::missing(format!(
            "The file is not here. {} To have it fetched at once, send `POST /api/v1/attachments/{}/fetch`.",
            why.unwrap_or("It is only in Zendesk as yet, and comes by itself."),
            file.id
        )));
    }
    whole(&app, file)
}

/// Fetch a file again
///
/// Fetches a file from Zendesk now, also one that went wrong before and is parked. The answer comes when it is
/// here. One that is here already stays as it is.
#[utoipa::path(
    post, path = "/api/v1/attachments/{id}/fetch", tag = "Cases",
    params(("id" = String, Path, description = "The file's id, as the list of comments names it.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The file, which is here now.", body = CommentFile),
        (status = 404, description = "There is no such file.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It cannot be fetched, or not now; `detail` says why and what to do.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn fetch_file(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<CommentFile>, Problem> {
    let (file, _) = find(&app, &id).await?;
    let file = fetch(&app, file).await?;
    Ok(Answer(caller.see(file).into()))
}
