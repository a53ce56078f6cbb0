//! What may go wrong with a request, and the page that says so (security-and-operations.md 1,
//! *Errors*): a sentence and an id. The cause goes to the log under the same id, never to the page.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{ALLOW, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use serde::Serialize;
use tower_http::csrf::ProtectionError;
use utoipa::ToSchema;

use crate::app::App;
use crate::form::Wrongs;
use crate::page::{Frame, html_with};

/// Why a request has no proper answer.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    /// What kind it is, for programs; it never changes.
    code: &'static str,
    sentence: Cow<'static, str>,
    /// Which fields of a body are wrong, if some are.
    field: Option<Vec<FieldProblem>>,
    /// For the log.
    cause: Option<String>,
}

const BROKEN: &str = "Something went wrong here, and nothing was changed. Try again; if it happens again, give the number below to whoever looks after this installation: the log says more under it.";
const BUSY: &str = "The database is busy or cannot be reached just now. Nothing was lost. Reload the page in a moment.";

impl Problem {
    /// There is no such page or record.
    pub(crate) fn missing(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            code: "not_found",
            field: None,
            sentence: sentence.into(),
            cause: None,
        }
    }

    /// Whoever asks may not do this.
    pub(crate) fn refused(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            code: "forbidden",
            field: None,
            sentence: sentence.into(),
            cause: None,
        }
    }

    /// It cannot be done as things stand; `sentence` says why and what to do.
    pub(crate) fn conflict(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: StatusCode::CONFLICT,
            code: "conflict",
            field: None,
            sentence: sentence.into(),
            cause: None,
        }
    }

    /// What was sent cannot be read, or is larger than it may be.
    pub(crate) fn unreadable(status: StatusCode) -> Self {
        Self {
            status,
            code: code(status),
            field: None,
            sentence: told(status).into(),
            cause: None,
        }
    }

    /// A problem of the API that no page has.
    fn of_api(
        status: StatusCode,
        code: &'static str,
        sentence: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            field: None,
            sentence: sentence.into(),
            cause: None,
        }
    }

    /// A call carries no token that holds.
    pub(crate) fn no_token() -> Self {
        Self::of_api(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "The call carries no token that holds. Send `Authorization: Bearer deskbridge_…`; a token is made under Settings, API tokens.",
        )
    }

    /// The scopes of a token do not cover what it is used for.
    pub(crate) fn scope() -> Self {
        Self::of_api(
            StatusCode::FORBIDDEN,
            "insufficient_scope",
            "The scopes of this token do not cover this call, so nothing was changed. Make a token with the scope that the document names.",
        )
    }

    /// A body that cannot be read, by field.
    pub(crate) fn invalid(
        field: impl Into<String>,
        sentence: impl Into<Cow<'static, str>>,
    ) -> Self {
        let sentence: Cow<'static, str> = sentence.into();
        let (field, detail) = (field.into(), sentence.clone().into_owned());
        Self {
            field: Some(vec![FieldProblem { field, detail }]),
            ..Self::of_api(StatusCode::UNPROCESSABLE_ENTITY, "invalid", sentence)
        }
    }

    /// What stands behind the `?` cannot be read.
    pub(crate) fn bad_query(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::of_api(StatusCode::BAD_REQUEST, "invalid_query", sentence)
    }

    /// An edit without `If-Match`.
    pub(crate) fn no_match() -> Self {
        Self::of_api(
            StatusCode::PRECONDITION_REQUIRED,
            "if_match_required",
            "An edit asks for `If-Match` with the ETag of what you read, so that nobody's change is overwritten unseen. Read the record, then send its ETag.",
        )
    }

    /// An edit of what somebody else changed since.
    pub(crate) fn stale() -> Self {
        Self::of_api(
            StatusCode::PRECONDITION_FAILED,
            "stale",
            "Somebody changed this since you read it, so nothing was changed. Read it again and decide.",
        )
    }

    /// A key of a creation that is none.
    pub(crate) fn bad_key() -> Self {
        Self::of_api(
            StatusCode::BAD_REQUEST,
            "invalid_idempotency_key",
            "An Idempotency-Key has 1 to 200 characters of ASCII. Send another one.",
        )
    }

    /// A key of a creation that was used for another request.
    pub(crate) fn another_request() -> Self {
        Self::of_api(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_mismatch",
            "This Idempotency-Key was used for another request, so nothing was made. Take a new key for a new record.",
        )
    }

    /// A defect.
    pub(crate) fn broken(cause: impl Into<String>) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "broken",
            field: None,
            sentence: BROKEN.into(),
            cause: Some(cause.into()),
        }
    }

    fn busy(cause: String) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "busy",
            field: None,
            sentence: BUSY.into(),
            cause: Some(cause),
        }
    }
}

impl From<Wrongs> for Problem {
    /// What is wrong with the fields of a body, by the names they have there.
    fn from(wrongs: Wrongs) -> Self {
        let sentence = wrongs.sentence();
        let fields = wrongs.into_fields().map(|(field, detail)| FieldProblem {
            field: field.to_owned(),
            detail,
        });
        Self {
            field: Some(fields.collect()),
            ..Self::of_api(StatusCode::UNPROCESSABLE_ENTITY, "invalid", sentence)
        }
    }
}

impl From<engine::Error> for Problem {
    fn from(error: engine::Error) -> Self {
        if matches!(error, engine::Error::Store(store::Error::Stale { .. })) {
            return Self::stale();
        }
        if is_refusal(&error) {
            return Self::conflict(error.to_string());
        }
        match error.when() {
            engine::When::Later => Self::busy(error.to_string()),
            engine::When::AfterFix | engine::When::Never => Self::broken(error.to_string()),
        }
    }
}

/// Whether an error is no failure of ours: its sentence says to whoever asked what to do otherwise.
pub(crate) fn is_refusal(error: &engine::Error) -> bool {
    match error {
        engine::Error::Refused(_) | engine::Error::Field { .. } | engine::Error::Zendesk(_) => true,
        engine::Error::Store(error) => matches!(
            error,
            store::Error::Exists { .. }
                | store::Error::LastAdministrator
                | store::Error::Stale { .. }
        ),
        engine::Error::Stopped | engine::Error::Rejected { .. } | engine::Error::Stuck { .. } => {
            false
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        Self::from(engine::Error::from(error))
    }
}

impl From<askama::Error> for Problem {
    fn from(error: askama::Error) -> Self {
        Self::broken(format!("a page could not be made: {error}"))
    }
}

impl IntoResponse for Problem {
    /// Only carries the problem to [`become_page`], which knows the id and makes the page.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    sentence: Cow<'static, str>,
    id: String,
}

/// Makes a page of every problem, of every refusal of a lower layer, and of a panic.
pub(crate) async fn become_page(State(app): State<App>, request: Request, next: Next) -> Response {
    let (response, told) = settle(&app, request, next).await;
    let Some((problem, id)) = told else {
        return response;
    };
    let page = ProblemPage {
        frame: Frame::bare(&app, title(problem.status)),
        sentence: problem.sentence,
        id,
    };
    html_with(problem.status, &page).unwrap_or_else(|_| problem.status.into_response())
}

/// The answer to a request, and what went wrong with it, if something did, with the id under which the
/// log has it.
async fn settle(app: &App, request: Request, next: Next) -> (Response, Option<(Problem, String)>) {
    let place = format!("{} {}", request.method(), told_path(request.uri().path()));
    let mut response = AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Problem::broken("a panic, told above").into_response());
    let problem = response.extensions_mut().remove::<Problem>();
    let Some(problem) = problem.or_else(|| refusal(&response)) else {
        return (response, None);
    };
    let id = store::ids::new_short_id(&*app.engine.dice);
    if let Some(cause) = &problem.cause {
        tracing::error!(id, place, cause, "a request failed");
    }
    (response, Some((problem, id)))
}

/// A problem as the API tells it (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status of the answer.
    status: u16,
    /// A few words.
    title: &'static str,
    /// What happened and what to do, for a person.
    detail: String,
    /// What kind of problem it is, for programs. It never changes.
    code: &'static str,
    /// Under this the log says more.
    id: String,
    /// What is wrong with which field of a body.
    errors: Vec<FieldProblem>,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Which one, as a path from the body's top.
    field: String,
    /// What is wrong with it.
    detail: String,
}

/// Answers every problem of the API as `application/problem+json`.
pub(crate) async fn become_json(State(app): State<App>, request: Request, next: Next) -> Response {
    let (response, told) = settle(&app, request, next).await;
    let Some((problem, id)) = told else {
        return response;
    };
    let status = problem.status;
    let detail = problem.sentence.into_owned();
    let body = ProblemBody {
        kind: "about:blank",
        status: status.as_u16(),
        title: title(status),
        code: problem.code,
        id,
        errors: problem.field.unwrap_or_default(),
        detail,
    };
    let text = serde_json::to_string(&body).unwrap_or_default();
    let kind = [(CONTENT_TYPE, "application/problem+json")];
    let mut answer = (status, kind, text).into_response();
    // Headers of the refusal that callers act on stay: how to sign in, which methods there are.
    for name in [WWW_AUTHENTICATE, ALLOW] {
        if let Some(value) = response.headers().get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}

/// For addresses of the API that are none.
pub(crate) async fn no_such_operation() -> Problem {
    Problem::missing("There is no such operation. The document at /api/v1/openapi.json lists them.")
}

/// For methods that an address of the API does not have.
pub(crate) async fn no_such_method() -> Problem {
    Problem::unreadable(StatusCode::METHOD_NOT_ALLOWED)
}

/// The path as the log may have it: what opens a link is a secret.
fn told_path(path: &str) -> &str {
    let link = engine::credentials::requests::PATH;
    if path.starts_with(link) { link } else { path }
}

/// The refusal of a lower layer as a problem: whatever failed without a page of its own.
fn refusal(response: &Response) -> Option<Problem> {
    let status = response.status();
    let is_page = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let sentence = if response.extensions().get::<ProtectionError>().is_some() {
        "This form was sent from another site, so it was refused and nothing was changed. Open the page here and send it again. If a proxy stands in front of this installation, its public address must be in the settings."
    } else {
        told(status)
    };
    Some(Problem {
        status,
        code: code(status),
        field: None,
        sentence: sentence.into(),
        cause: status
            .is_server_error()
            .then(|| format!("an answer of {status} without a page")),
    })
}

/// What a bare status means to a person.
fn told(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "There is no such page.",
        StatusCode::METHOD_NOT_ALLOWED => {
            "This address cannot be used in this way. Go back and try again from the page."
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            "What was sent is larger than any form here. Nothing was changed."
        }
        status if status.is_server_error() => BROKEN,
        _ => {
            "The address or the form holds something that cannot be read. Go back and try again from the page."
        }
    }
}

/// The code of a bare status.
fn code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        StatusCode::FORBIDDEN => "forbidden",
        status if status.is_server_error() => "broken",
        _ => "invalid",
    }
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::FORBIDDEN => "Refused",
        StatusCode::CONFLICT => "That cannot be done now",
        StatusCode::SERVICE_UNAVAILABLE => "Not available just now",
        status if status.is_server_error() => "Something went wrong",
        _ => "That did not work",
    }
}
