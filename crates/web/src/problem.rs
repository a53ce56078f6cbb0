//! What may go wrong with a request, and the page that says so (security-and-operations.md 1,
//! *Errors*): a sentence and an id. The cause goes to the log under the same id, never to the page.

use std::panic::AssertUnwindSafe;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use tower_http::csrf::ProtectionError;

use crate::app::App;
use crate::page::{Frame, html_with};

/// Why a request has no proper answer.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    sentence: &'static str,
    /// For the log.
    cause: Option<String>,
}

const BROKEN: &str = "Something went wrong here, and nothing was changed. Try again; if it happens again, give the number below to whoever looks after this installation: the log says more under it.";
const BUSY: &str = "The database is busy or cannot be reached just now. Nothing was lost. Reload the page in a moment.";

impl Problem {
    /// There is no such page or record.
    pub(crate) fn missing(sentence: &'static str) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            sentence,
            cause: None,
        }
    }

    /// A defect.
    pub(crate) fn broken(cause: impl Into<String>) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            sentence: BROKEN,
            cause: Some(cause.into()),
        }
    }

    fn busy(cause: String) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            sentence: BUSY,
            cause: Some(cause),
        }
    }
}

impl From<engine::Error> for Problem {
    fn from(error: engine::Error) -> Self {
        match error.when() {
            engine::When::Later => Self::busy(error.to_string()),
            engine::When::AfterFix | engine::When::Never => Self::broken(error.to_string()),
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
    sentence: &'static str,
    id: String,
}

/// Makes a page of every problem, of every refusal of a lower layer, and of a panic.
pub(crate) async fn become_page(State(app): State<App>, request: Request, next: Next) -> Response {
    let place = format!("{} {}", request.method(), request.uri().path());
    let mut response = AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Problem::broken("a panic, told above").into_response());
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None => match refusal(&response) {
            Some(problem) => problem,
            None => return response,
        },
    };
    let id = store::ids::new_short_id(&*app.engine.dice);
    if let Some(cause) = &problem.cause {
        tracing::error!(id, place, cause, "a request failed");
    }
    let page = ProblemPage {
        frame: Frame::bare(&app, title(problem.status)),
        sentence: problem.sentence,
        id,
    };
    html_with(problem.status, &page).unwrap_or_else(|_| problem.status.into_response())
}

/// The refusal of a lower layer as a problem: whatever failed without a page of its own.
fn refusal(response: &Response) -> Option<Problem> {
    let status = response.status();
    let is_page = response
        .headers()
        .get(axum::http::header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let sentence = if response.extensions().get::<ProtectionError>().is_some() {
        "This form was sent from another site, so it was refused and nothing was changed. Open the page here and send it again. If a proxy stands in front of this installation, its public address must be in the settings."
    } else {
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
    };
    Some(Problem {
        status,
        sentence,
        cause: status
            .is_server_error()
            .then(|| format!("an answer of {status} without a page")),
    })
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::FORBIDDEN => "Refused",
        StatusCode::SERVICE_UNAVAILABLE => "Not available just now",
        status if status.is_server_error() => "Something went wrong",
        _ => "That did not work",
    }
}
