//! `GET` and `POST /api/v1/cases/{id}/comments`: what is said on a case.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use engine::attachments::{self, FileView, NewComment};
use engine::case_view::{self, CommentView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::find;
use super::record::TicketPerson;
use crate::api::Caller;
use crate::api::body::{Json, Query, new_record};
use crate::api::page::{Page, Place};
use crate::app::App;
use crate::pages::cases::said::{CommentForm as Sent, Said};
use crate::problem::Problem;

/// A file of a comment.
#[derive(Serialize, ToSchema)]
pub(crate) struct CommentFile {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// What it says it is.
    content_type: String,
    /// How many bytes it has; null if Zendesk does not say.
    size: Option<i64>,
    /// `remote`: only in Zendesk as yet; `stored`: on both sides; `local`: only here as yet; `parked`: see
    /// `problem`.
    state: &'static str,
    /// Why it could not be fetched or sent, with what to do.
    problem: Option<String>,
    /// Whether its bytes are here, so that it can be downloaded.
    is_here: bool,
}

impl From<FileView> for CommentFile {
    fn from(file: FileView) -> Self {
        Self {
            id: file.id,
            name: file.name,
            content_type: file.content_type,
            size: file.size,
            state: file.state,
            problem: file.problem,
            is_here: file.is_here,
        }
    }
}

/// A comment.
#[derive(Serialize, ToSchema)]
pub(super) struct CommentRecord {
    /// Its id.
    id: String,
    /// Its id in Zendesk, if it came from or went to there.
    zendesk_id: Option<i64>,
    /// Who said it.
    author: TicketPerson,
    /// Plain text, as typed.
    text: String,
    /// Whether the customer may see it.
    public: bool,
    /// Whether it is the case's description too.
    is_description: bool,
    /// When it was said.
    #[schema(format = DateTime)]
    created_at: String,
    /// Its files.
    files: Vec<CommentFile>,
}

impl From<CommentView> for CommentRecord {
    fn from(comment: CommentView) -> Self {
        Self {
            id: comment.id,
            zendesk_id: comment.zendesk_id,
            author: comment.author.into(),
            text: comment.message,
            public: comment.public,
            is_description: comment.is_description,
            created_at: comment.created_at.to_string(),
            files: comment.files.into_iter().map(CommentFile::from).collect(),
        }
    }
}

/// A new comment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CommentNew {
    /// Plain text.
    #[schema(min_length = 1)]
    text: String,
    /// Whether the customer may see it; not, if it is left out.
    #[serde(default)]
    public: bool,
}

/// A comment that was added.
#[derive(Serialize, ToSchema)]
pub(super) struct CommentAdded {
    /// Its id.
    id: String,
}

/// A new comment with files, as a form of `multipart/form-data`. Its fields may come in any order.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what the stream holds")]
pub(super) struct CommentForm {
    /// Plain text.
    #[schema(min_length = 1)]
    text: String,
    /// Whether the customer may see comment and files; not, if it is left out.
    #[schema(required = false)]
    public: bool,
    /// A file with its name; repeated for each, 20 at most.
    #[schema(value_type = Vec<String>, format = Binary, required = false)]
    file: Vec<String>,
}

/// A comment that was added with its files.
#[derive(Serialize, ToSchema)]
pub(super) struct CommentUploaded {
    /// Its id.
    id: String,
    /// The ids of its files.
    files: Vec<String>,
}

/// List the comments of a case
///
/// What was said on a case, public and internal, the oldest first.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}/comments", tag = "Cases",
    params(("id" = String, Path, description = "The case's number or id.", min_length = 1, max_length = 64), Place),
    responses(
        (status = 200, description = "A page of comments.", body = Page<CommentRecord>),
        (status = 400, description = "The query cannot be read.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such case.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list_comments(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Answer<Page<CommentRecord>>, Problem> {
    let case = find(&app, &id).await?;
    let skip = place.number()?.unwrap_or(0);
    let page = case_view::comments(&app.engine, &case.id, skip, place.limit()).await?;
    let items = caller.see(page.comments).into_iter();
    Ok(Answer(Page {
        items: items.map(CommentRecord::from).collect(),
        next: page.next.map(|skip| skip.to_string()),
    }))
}

/// Comment on a case
///
/// Adds a comment, public or internal, and has it sent to the case's ticket if it has one that is kept in
/// step. It is said by whose token this is.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/comments", tag = "Cases", request_body = CommentNew,
    params(
        ("id" = String, Path, description = "The case's number or id.", min_length = 1, max_length = 64),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of your own making: the same request under it adds no second comment.", max_length = 200),
    ),
    responses(
        (status = 201, description = "The comment was added.", body = CommentAdded, headers(("Location" = String, description = "Where the comments are found."))),
        (status = 404, description = "There is no such case.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The case was deleted, so nothing can be added to it.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be as it was sent.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn add_comment(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json { value, bytes }: Json<CommentNew>,
) -> Result<Response, Problem> {
    let case = find(&app, &id).await?;
    if value.text.trim().is_empty() {
        return Err(Problem::invalid("text", attachments::NO_TEXT));
    }
    let place = format!("/api/v1/cases/{}/comments", case.number);
    let id = new_record(&app, &caller, &headers, &format!("POST {place}"), &bytes).await?;
    let new = NewComment {
        case: &case.id,
        text: &value.text,
        public: value.public,
        author: &caller.user.id,
        actor: &caller.user.email,
    };
    let id = id.unwrap_or_else(|| app.engine.new_id());
    let limits = app.engine.settings.files;
    let added = attachments::comment_as(&app.engine, id, new, Vec::new(), limits);
    let added = Box::pin(added).await?;
    let answer = Answer(CommentAdded { id: added.comment });
    Ok((StatusCode::CREATED, [(LOCATION, place)], answer).into_response())
}

/// Comment on a case with files
///
/// As *Comment on a case*, with files from the caller's computer. All of them are added with the comment, or
/// nothing is. How large a file may be is a setting of the installation, 50 MB if nobody changed it.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/comments/upload", tag = "Cases",
    request_body(content = CommentForm, content_type = "multipart/form-data"),
    params(
        ("id" = String, Path, description = "The case's number or id.", min_length = 1, max_length = 64),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of your own making: the same texts and files under it add no second comment.", max_length = 200),
    ),
    responses(
        (status = 201, description = "The comment was added.", body = CommentUploaded, headers(("Location" = String, description = "Where the comments are found."))),
        (status = 404, description = "There is no such case.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The case was deleted, so nothing can be added to it.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "It is larger than all files of a comment may be together.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be as it was sent, or a file is too large.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn upload_comment(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Sent,
) -> Result<Response, Problem> {
    let case = find(&app, &id).await?;
    let said = Said::read(&app, form).await?;
    if let Some(sentence) = said.refused {
        return Err(Problem::invalid("file", sentence));
    }
    if said.text.trim().is_empty() {
        return Err(Problem::invalid("text", attachments::NO_TEXT));
    }
    let public = match said.public.as_deref() {
        Some("true") => true,
        Some("false" | "") | None => false,
        Some(_) => return Err(Problem::invalid("public", "Write true or false.")),
    };
    let place = format!("/api/v1/cases/{}/comments", case.number);
    let request = (format!("POST {place}/upload"), said.fingerprint());
    let id = new_record(&app, &caller, &headers, &request.0, &request.1).await?;
    let added = said.add(&app, id, case.id, public, caller.user).await??;
    let answer = Answer(CommentUploaded {
        id: added.comment,
        files: added.files,
    });
    Ok((StatusCode::CREATED, [(LOCATION, place)], answer).into_response())
}
