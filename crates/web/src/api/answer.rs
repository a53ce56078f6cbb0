//! What calls are answered with, and the headers of it.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{ETAG, LOCATION};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::body::etag;
use crate::problem::Problem;

/// A record, with what names its version.
pub(crate) fn record(view: &impl Serialize) -> Result<Response, Problem> {
    Ok(([(ETAG, etag(view)?)], Json(view)).into_response())
}

/// A record that was made, with where it is found.
pub(crate) fn made(place: String, view: &impl Serialize) -> Result<Response, Problem> {
    let headers = [(ETAG, etag(view)?), (LOCATION, place)];
    Ok((StatusCode::CREATED, headers, Json(view)).into_response())
}

/// Something that goes on, with where to look how far it is.
pub(crate) fn begun(place: String, view: &impl Serialize) -> Response {
    (StatusCode::ACCEPTED, [(LOCATION, place)], Json(view)).into_response()
}
