//! Rows of a workflow as programs read them.

use domain::profile::RowState;
use serde::{Deserialize, Serialize};
use store::workflow_rows::WorkflowRow;
use utoipa::ToSchema;

use crate::pages::workflows::rows::cells;

/// What became of a row.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Made in Zendesk; of a dry run: would be made.
    Created,
    /// Changed in Zendesk; of a dry run: would be changed.
    Updated,
    /// There already.
    Unchanged,
    /// Not sent, by a rule.
    Rejected,
    /// Refused by Zendesk.
    Failed,
    /// Leads to several users; a person decides.
    Conflict,
    /// Left out on purpose.
    Skipped,
    /// Not sent yet.
    Pending,
    /// Sent, and nobody knows yet.
    Unknown,
}

impl From<RowState> for Outcome {
    fn from(state: RowState) -> Self {
        match state {
            RowState::Created => Self::Created,
            RowState::Updated => Self::Updated,
            RowState::Unchanged => Self::Unchanged,
            RowState::Rejected => Self::Rejected,
            RowState::Failed => Self::Failed,
            RowState::Conflict => Self::Conflict,
            RowState::Skipped => Self::Skipped,
            RowState::Pending => Self::Pending,
            RowState::Unknown => Self::Unknown,
        }
    }
}

impl From<Outcome> for RowState {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Created => Self::Created,
            Outcome::Updated => Self::Updated,
            Outcome::Unchanged => Self::Unchanged,
            Outcome::Rejected => Self::Rejected,
            Outcome::Failed => Self::Failed,
            Outcome::Conflict => Self::Conflict,
            Outcome::Skipped => Self::Skipped,
            Outcome::Pending => Self::Pending,
            Outcome::Unknown => Self::Unknown,
        }
    }
}

/// A cell of the source.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CellRecord {
    /// The column's name.
    column: String,
    /// What the source has there.
    value: String,
}

/// A row that people are told about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowRecord {
    /// Counts the rows of the source; names the row in choices.
    row: i64,
    /// Where it stands in the source.
    line: i64,
    /// What became of it.
    outcome: Outcome,
    /// Why, as a word: a rule or a class of failures.
    code: Option<String>,
    /// Which column or attribute it is about.
    field: Option<String>,
    /// Why, and what to do, as a person reads it.
    sentence: Option<String>,
    /// Who the row is: external id or email.
    key: Option<String>,
    /// Zendesk's id of the user, if known.
    zendesk_id: Option<String>,
    /// The second user of a conflict.
    other_zendesk_id: Option<String>,
    /// What was decided about a conflict: `merge`, `keep_secondary` or `skip`.
    choice: Option<String>,
    /// The original cells that are not empty.
    cells: Vec<CellRecord>,
}

impl RowRecord {
    /// A row of a source with these columns.
    pub(super) fn of(columns: &[String], row: WorkflowRow) -> Self {
        let cells = cells(columns, &row).into_iter();
        Self {
            cells: cells
                .map(|(column, value)| CellRecord { column, value })
                .collect(),
            row: row.row,
            line: row.line,
            outcome: row.state.into(),
            code: row.code,
            field: row.field,
            sentence: row.sentence,
            key: row.key,
            zendesk_id: row.zendesk_id.map(|id| id.to_string()),
            other_zendesk_id: row.other_id.map(|id| id.to_string()),
            choice: row.choice.map(|choice| choice.as_str().to_owned()),
        }
    }
}
