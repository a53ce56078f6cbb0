//! `GET /workflows/{id}/rows.csv`: rows with their original columns and the reason, as a file.

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use domain::profile::RowState;
use engine::profile_send::{Download, download};
use futures_util::stream::try_unfold;
use store::workflows::Workflow;

use super::reach;
use super::rows::Place;
use crate::app::App;
use crate::mask::Mask as _;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Response, Problem> {
    let (workflow, _) = reach::find(&app, &person.user, &id).await?;
    let outcome = RowState::parse(&place.outcome);
    file(&app, &workflow, outcome, person.user.restrict_pii)
}

/// The rows of a workflow as a file; `restricted` for those who see personal data masked.
pub(crate) fn file(
    app: &App,
    workflow: &Workflow,
    outcome: Option<RowState>,
    restricted: bool,
) -> Result<Response, Problem> {
    let word = outcome.map_or("rows", RowState::as_str);
    let name = format!(
        "attachment; filename=\"workflow-{}-{word}.csv\"",
        workflow.id
    );
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8"),
        ),
        (
            CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).map_err(|error| Problem::broken(error.to_string()))?,
        ),
    ];
    let rows = download(&app.engine, workflow, outcome);
    // The first line tells letters other than ASCII to a spreadsheet.
    let head = format!("\u{feff}{}", line(&rows.header()));
    let state = Some((rows, restricted, Some(head)));
    Ok((headers, Body::from_stream(try_unfold(state, next))).into_response())
}

type Step = Option<(Download, bool, Option<String>)>;

/// The next lines: one page of rows in memory at a time.
async fn next(state: Step) -> Result<Option<(String, Step)>, engine::Error> {
    let Some((mut rows, restricted, head)) = state else {
        return Ok(None);
    };
    if let Some(head) = head {
        return Ok(Some((head, Some((rows, restricted, None)))));
    }
    let mut page = rows.next_rows().await?;
    if page.is_empty() {
        return Ok(None);
    }
    if restricted {
        page.mask();
    }
    let mut text = String::new();
    for row in &page {
        text.push_str(&line(&rows.line(row)?));
    }
    Ok(Some((text, Some((rows, restricted, None)))))
}

/// Cells as a line of a CSV file (RFC 4180).
fn line(cells: &[String]) -> String {
    let mut line = String::new();
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            line.push(',');
        }
        if cell.contains(['"', ',', '\n', '\r']) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line.push_str("\r\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_cannot_leave_its_place() {
        let cells = ["a".to_owned(), "b,\"c\"\nd".to_owned(), String::new()];
        assert_eq!(line(&cells), "a,\"b,\"\"c\"\"\nd\",\r\n");
    }
}
