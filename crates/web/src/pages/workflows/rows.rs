//! `GET /workflows/{id}/rows`: rows that people are told about, by outcome, page by page.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::profile::RowState;
use serde::Deserialize;
use store::workflow_rows::{self, WorkflowRow};
use store::workflows::Workflow;

use super::reach;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

/// Rows on a page.
const PAGE: i64 = 50;

/// The outcomes whose rows are kept.
const TOLD: [RowState; 6] = [
    RowState::Rejected,
    RowState::Failed,
    RowState::Conflict,
    RowState::Skipped,
    RowState::Created,
    RowState::Updated,
];

#[derive(Deserialize)]
pub(crate) struct Place {
    /// Only rows with this outcome.
    #[serde(default)]
    pub(super) outcome: String,
    /// Only rows behind this one.
    after: Option<i64>,
}

#[derive(Template)]
#[template(path = "workflows/rows.html")]
struct RowsPage {
    frame: Frame,
    workflow: Workflow,
    rows: Vec<WorkflowRow>,
    columns: Vec<String>,
    outcome: Option<RowState>,
    next: Option<i64>,
    url: String,
}

impl RowsPage {
    fn word(&self) -> &'static str {
        self.outcome.map_or("", RowState::as_str)
    }
}

/// The cells of a row with the names of their columns; those that are empty are left out.
pub(crate) fn cells(columns: &[String], row: &WorkflowRow) -> Vec<(String, String)> {
    let cells: Option<Vec<Option<String>>> = row
        .cells
        .as_deref()
        .and_then(|cells| serde_json::from_str(cells).ok());
    let cells = cells
        .unwrap_or_default()
        .into_iter()
        .map(Option::unwrap_or_default);
    columns
        .iter()
        .cloned()
        .zip(cells)
        .filter(|(_, cell)| !cell.is_empty())
        .collect()
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Response, Problem> {
    let (workflow, destination) = reach::find(&app, &person.user, &id).await?;
    let outcome = RowState::parse(&place.outcome);
    let mut rows = {
        let connection = &mut *app.engine.store.read().await?;
        let (word, after) = (outcome.map(RowState::as_str), place.after.unwrap_or(-1));
        workflow_rows::page(connection, &workflow.id, word, after, PAGE + 1).await?
    };
    let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let is_more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| is_more).map(|row| row.row);
    let columns = engine::workflow_view::counts_of(&workflow).columns;
    let title = format!("Rows of {}", workflow.title);
    html(&RowsPage {
        rows: person.see(rows),
        workflow: person.see(workflow),
        columns,
        outcome,
        next,
        url: destination.url,
        frame: Frame::new(&app, person, Nav::Workflows, title).await?,
    })
}
