//! `GET /checks/{id}/report`: all that a check found, as a file.

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
    let named = person.see(find(&app, &person.user, &id).await?);
    let Some(found) = named.check.found else {
        return Err(Problem::missing(
            "This check has found nothing: it is not over, or could not be seen through.",
        ));
    };
    let text = match &found {
        Found::Installation(findings) => serde_json::to_string_pretty(findings),
        Found::Verify(round) => serde_json::to_string_pretty(round),
        Found::DryRun(would) => serde_json::to_string_pretty(would),
        Found::Live(report) => serde_json::to_string_pretty(report),
    };
    let text = text.map_err(|error| Problem::broken(error.to_string()))?;
    let name = format!(
        "attachment; filename=\"check-{}.json\"",
        named.check.kind.as_str()
    );
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, text).into_response())
}
