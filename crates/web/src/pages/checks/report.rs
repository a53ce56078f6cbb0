//! `GET /checks/{id}/report`: the whole report of a live check, for the developers.

use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use engine::checks::Found;

use super::find;
use crate::app::App;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let named = find(&app, &person.user, &id).await?;
    let Some(Found::Live(report)) = named.check.found else {
        return Err(Problem::missing(
            "This check has no report: it is no live check, or has not ended well.",
        ));
    };
    let text = serde_json::to_string_pretty(&report)
        .map_err(|error| Problem::broken(error.to_string()))?;
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"live-check.json\"",
        ),
    ];
    Ok((headers, text).into_response())
}
