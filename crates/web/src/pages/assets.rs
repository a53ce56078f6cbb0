//! `GET /assets/{name}`: the style sheet and the picture beside the title.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

use crate::problem::Problem;
use crate::style::{MARK, SHEET};

/// Browsers keep the style sheet for good: its address changes with its content.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
const A_DAY: &str = "public, max-age=86400";

pub(crate) async fn show(Path(name): Path<String>) -> Result<Response, Problem> {
    let (kind, keep, text) = match name.as_str() {
        "deskbridge.css" => ("text/css; charset=utf-8", FOR_GOOD, SHEET),
        "mark.svg" => ("image/svg+xml", A_DAY, MARK),
        _ => return Err(Problem::missing("There is no such file.")),
    };
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, keep)], text).into_response())
}
