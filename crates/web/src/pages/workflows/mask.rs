//! Workflows and their rows for those who see personal data masked.

use std::collections::{BTreeMap, BTreeSet};

use domain::profile::{RowState, Target};
use engine::profile_send::Counts;
use engine::workflow_view::{WorkflowLine, WorkflowPage, WorkflowView};
use store::workflow_rows::WorkflowRow;
use store::workflows::Workflow;

use crate::mask::{self, Mask};

fn text(said: &mut String) {
    *said = mask::text(said).into_owned();
}

impl Mask for Workflow {
    fn mask(&mut self) {
        self.sentence.iter_mut().for_each(text);
        self.waits.iter_mut().for_each(text);
        text(&mut self.title);
        text(&mut self.requested_by);
        // Constants of a mapping and texts of a statement may be somebody's.
        self.source.clear();
        self.settings.clear();
        self.result = None;
    }
}

impl Mask for WorkflowLine {
    fn mask(&mut self) {
        self.workflow.mask();
    }
}

impl Mask for WorkflowPage {
    fn mask(&mut self) {
        self.lines.mask();
    }
}

impl Mask for WorkflowView {
    fn mask(&mut self) {
        self.line.mask();
        self.counts.mask();
        self.credential.iter_mut().for_each(text);
    }
}

impl Mask for Counts {
    fn mask(&mut self) {
        let warnings = std::mem::take(&mut self.warnings).into_iter();
        self.warnings = warnings
            .map(|said| mask::text(&said).into_owned())
            .collect::<BTreeSet<_>>();
        let mut notes = BTreeMap::new();
        for (said, rows) in std::mem::take(&mut self.notes) {
            *notes.entry(mask::text(&said).into_owned()).or_insert(0) += rows;
        }
        self.notes = notes;
    }
}

impl Mask for WorkflowRow {
    fn mask(&mut self) {
        self.key = self.key.as_deref().map(|key| match key.contains('@') {
            true => mask::email(key),
            false => mask::value(key),
        });
        self.sentence = self.sentence.as_deref().map(|said| match self.state {
            // A dry run tells values, before and after: of these only the fields stay.
            RowState::Created | RowState::Updated => fields_only(said),
            RowState::Unchanged
            | RowState::Rejected
            | RowState::Failed
            | RowState::Conflict
            | RowState::Skipped
            | RowState::Pending
            | RowState::Unknown => mask::text(said).into_owned(),
        });
        self.cells = self.cells.as_deref().map(|cells| {
            let cells: Vec<Option<String>> = serde_json::from_str(cells).unwrap_or_default();
            let masked: Vec<Option<String>> = cells
                .into_iter()
                .map(|cell| cell.map(|cell| mask::value(&cell)))
                .collect();
            serde_json::to_string(&masked).unwrap_or_default()
        });
    }
}

/// `phone: "1" → "2"; tags: "a" → "b"` as `phone, tags`.
fn fields_only(said: &str) -> String {
    let parts = said.split("; ").filter_map(|part| part.split_once(": "));
    let fields: Vec<&str> = parts
        .map(|(field, _)| field)
        // What else looks like one is part of a value.
        .filter(|field| Target::parse(field).is_some())
        .collect();
    format!("{}: •••", fields.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_row_is_left_but_what_it_is_about() {
        let mut row = WorkflowRow {
            row: 2,
            line: 2,
            state: RowState::Updated,
            code: None,
            field: None,
            sentence: Some("name: \"Rosa; Parks: x\" → \"R\"; user_fields.plan: 1 → 2".to_owned()),
            key: Some("rosa@customer.example".to_owned()),
            zendesk_id: Some(7),
            other_id: None,
            choice: None,
            cells: Some("[\"Rosa Parks\",null,\"\"]".to_owned()),
        };
        row.mask();
        assert_eq!(row.sentence.as_deref(), Some("name, user_fields.plan: •••"));
        assert_eq!(row.key.as_deref(), Some("r•••@c•••.example"));
        assert_eq!(row.cells.as_deref(), Some("[\"•••\",null,\"\"]"));
    }
}
