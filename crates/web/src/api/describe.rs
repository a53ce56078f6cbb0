//! `GET /api/v1/openapi.json`: the document that describes this API.

use std::sync::LazyLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use utoipa_axum::routes;

use super::Operations;
use crate::access::Right;
use crate::problem::Problem;

/// Made once: it is the same for everybody.
static TEXT: LazyLock<Result<String, String>> = LazyLock::new(|| {
    super::document()
        .to_pretty_json()
        .map_err(|error| error.to_string())
});

pub(crate) fn operations(operations: Operations) -> Operations {
    operations.with(Right::Open, routes!(read_document))
}

/// Read this document
///
/// The OpenAPI document of this API, as it is.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "Document", responses((status = 200, description = "The document.", content_type = "application/json", body = serde_json::Value)))]
async fn read_document() -> Result<Response, Problem> {
    match &*TEXT {
        Ok(text) => Ok(([(CONTENT_TYPE, "application/json")], text.as_str()).into_response()),
        Err(error) => Err(Problem::broken(error.clone())),
    }
}
