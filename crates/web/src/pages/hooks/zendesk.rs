//! `POST /hooks/zendesk/{integration}`: what Zendesk tells by itself (security-and-operations.md 1,
//! *Webhook in*).

use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_LENGTH, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use engine::webhooks::{Answer, Delivery, LARGEST_BODY};

use crate::app::App;
use crate::pages::record_id;

/// Seconds after which Zendesk may send a delivery again that could not be noted; under 60 it does.
const AGAIN_AFTER: &str = "10";

/// The same words for whatever is not believed, and for what does not exist.
const REFUSED: &str = "refused";

/// Takes one delivery. Its size is capped before anything of it is read, its signature is checked
/// before anything of it is understood, and it is noted before it is answered.
pub(crate) async fn receive(
    State(app): State<App>,
    Path(integration): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    // What can be nobody's id is looked for all the same, so that it takes as long to refuse.
    let integration = record_id(&integration).unwrap_or("0");
    let too_large = || {
        app.gate.count_oversized(&app.engine, integration);
        (StatusCode::PAYLOAD_TOO_LARGE, REFUSED).into_response()
    };
    let declared = text(&headers, CONTENT_LENGTH.as_str()).parse::<u64>();
    if declared.is_ok_and(|length| length > LARGEST_BODY as u64) {
        return too_large();
    }
    // Longer than it said, or broken off on the way: either way there is nothing to believe.
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return too_large();
    };
    let delivery = Delivery::new(|name| text(&headers, name), &body);
    match app.gate.take(&app.engine, integration, delivery).await {
        Ok(Answer::Noted | Answer::Repeated | Answer::Ignored) => "noted".into_response(),
        Ok(Answer::Forged) => (StatusCode::UNAUTHORIZED, REFUSED).into_response(),
        Ok(Answer::Unknown) => (StatusCode::NOT_FOUND, REFUSED).into_response(),
        Err(error) => {
            tracing::error!(
                integration,
                "a webhook's delivery could not be noted: {error}"
            );
            let later = [(RETRY_AFTER, AGAIN_AFTER)];
            (StatusCode::SERVICE_UNAVAILABLE, later, "not noted").into_response()
        }
    }
}

/// A header's value, empty if it is not there.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}
