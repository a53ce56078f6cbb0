//! Rejected, failed and other rows of a workflow, as people download them (profile-send.md 2).

use domain::profile::RowState;
use domain::profile::download::defuse;
use store::workflow_rows::{self, WorkflowRow};
use store::workflows::Workflow;

use crate::engine::Engine;
use crate::error::{Error, Result};

/// Rows read at a time.
const PAGE: i64 = 500;

/// Rows of a workflow with their original columns and the reason, page by page.
#[derive(Debug)]
pub struct Download {
    engine: Engine,
    workflow: String,
    state: Option<RowState>,
    columns: Vec<String>,
    after: Option<i64>,
}

/// The download of a workflow's rows: of one outcome, or of all that are told about.
pub fn download(engine: &Engine, workflow: &Workflow, state: Option<RowState>) -> Download {
    let counts: super::Counts = serde_json::from_str(&workflow.counts).unwrap_or_default();
    Download {
        engine: engine.clone(),
        workflow: workflow.id.clone(),
        state,
        columns: counts.columns,
        after: Some(i64::MIN),
    }
}

impl Download {
    /// The first line of the file: why, then the source's own columns.
    pub fn header(&self) -> Vec<String> {
        ["line", "outcome", "code", "field", "reason", "zendesk_id"]
            .into_iter()
            .map(str::to_owned)
            .chain(self.columns.iter().map(|name| defuse(name).into_owned()))
            .collect()
    }

    /// The next rows as they are stored; none at the end.
    ///
    /// # Errors
    /// As the database says.
    pub async fn next_rows(&mut self) -> Result<Vec<WorkflowRow>> {
        let Some(after) = self.after else {
            return Ok(Vec::new());
        };
        let mut reader = self.engine.store.read().await?;
        let state = self.state.map(RowState::as_str);
        let rows = workflow_rows::page(&mut reader, &self.workflow, state, after, PAGE).await?;
        self.after = rows.last().map(|row| row.row);
        Ok(rows)
    }

    /// A row as a line of the file: what could begin a formula in a spreadsheet is made text.
    ///
    /// # Errors
    /// [`Error::Refused`] if its cells cannot be read.
    pub fn line(&self, row: &WorkflowRow) -> Result<Vec<String>> {
        let cells: Vec<Option<String>> = match &row.cells {
            None => Vec::new(),
            Some(json) => serde_json::from_str(json).map_err(|error| {
                Error::Refused(format!(
                    "The cells of line {} cannot be read ({error}).",
                    row.line
                ))
            })?,
        };
        let own = [
            row.line.to_string(),
            row.state.as_str().to_owned(),
            row.code.clone().unwrap_or_default(),
            row.field.clone().unwrap_or_default(),
            row.sentence.clone().unwrap_or_default(),
            row.zendesk_id.map(|id| id.to_string()).unwrap_or_default(),
        ];
        let cells = cells.into_iter().map(Option::unwrap_or_default);
        Ok(own
            .into_iter()
            .chain(cells)
            .map(|cell| defuse(&cell).into_owned())
            .collect())
    }
}
