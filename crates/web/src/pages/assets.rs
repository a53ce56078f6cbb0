//! `GET /assets/{name}`: the style sheet, the scripts and the picture beside the title.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

use crate::assets;
use crate::problem::Problem;

/// Browsers keep the files for good: their addresses change with their content.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

pub(crate) async fn show(Path(name): Path<String>) -> Result<Response, Problem> {
    let asset = assets::find(&name).ok_or_else(|| Problem::missing("There is no such file."))?;
    let headers = [(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, FOR_GOOD)];
    Ok((headers, asset.text).into_response())
}
