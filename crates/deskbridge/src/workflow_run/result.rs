//! How a workflow ended, as one JSON object or in a few lines. The keys are a promise to scripts.

use anyhow::anyhow;
use engine::workflow_view::{self, counts_of, grouped, lasting};
use engine::workflows;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::workflows::{Workflow, WorkflowKind, WorkflowState};

use crate::output;

/// The result of an ended workflow, in the order that is promised.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    workflow: String,
    state: String,
    rows: ToldRows,
    requests: u64,
    jobs: u64,
    seconds: f64,
    users_per_second: f64,
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// Its rows: the seven outcomes add up to `read`.
#[derive(Debug, Serialize, Deserialize)]
struct ToldRows {
    read: u64,
    created: u64,
    updated: u64,
    unchanged: u64,
    rejected: u64,
    failed: u64,
    conflict: u64,
    skipped: u64,
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// Tells how a workflow ended: the object on standard output with `json`, else lines.
///
/// # Errors
/// What is to be done about it, if it was not completed.
pub(crate) fn tell(ended: &Workflow, json: bool) -> anyhow::Result<()> {
    print(ended, json)?;
    let show = format!("deskbridge workflow show {}", ended.id);
    match ended.state {
        WorkflowState::Completed => Ok(()),
        WorkflowState::Failed => {
            let title = workflows::trouble(ended).map(|trouble| trouble.title());
            let sentence = ended.sentence.as_deref().unwrap_or_default();
            Err(anyhow!(
                "{}: {sentence}\nWhat can be done about it: {show}",
                title.unwrap_or("The workflow failed")
            ))
        }
        WorkflowState::Stopped => Err(anyhow!(
            "The workflow was stopped. What was confirmed stays; `deskbridge workflow retry {}` goes on.\nHow far it came: {show}",
            ended.id
        )),
        WorkflowState::Waiting | WorkflowState::Running => {
            Err(anyhow!("The workflow goes on elsewhere: {show}"))
        }
    }
}

/// The result alone: the object with `json`, else lines. One that ended without a result has none.
///
/// # Errors
/// If what is stored cannot be read.
pub(crate) fn print(ended: &Workflow, json: bool) -> anyhow::Result<()> {
    let Some(result) = &ended.result else {
        return Ok(());
    };
    let told: Told = serde_json::from_str(result)?;
    if json {
        return output::json(&told);
    }
    print_lines(ended, &told);
    Ok(())
}

fn print_lines(ended: &Workflow, told: &Told) {
    let (rows, counts) = (&told.rows, counts_of(ended));
    output::line(&outcomes(ended.kind, rows));
    match (ended.kind, counts.estimate) {
        (WorkflowKind::DryRun, Some(estimate)) => output::line(&format!(
            "{} with {} requests. Nothing was written. A send now: {} users with {} requests, about {}.",
            told.state,
            told.requests,
            grouped(estimate.users),
            grouped(estimate.requests),
            lasting(estimate.seconds)
        )),
        (WorkflowKind::DryRun | WorkflowKind::Send | WorkflowKind::Test, _) => {
            output::line(&format!(
                "{} in {:.1} s with {} requests and {} jobs, {:.1} users/s",
                told.state, told.seconds, told.requests, told.jobs, told.users_per_second
            ));
        }
    }
    for warning in &counts.warnings {
        output::note(&format!("warning: {}", output::shown(warning, 1_000)));
    }
    for (note, rows) in &counts.notes {
        output::note(&format!(
            "note: {}: {}",
            workflow_view::rows(*rows),
            output::shown(note, 1_000)
        ));
    }
    if rows.rejected + rows.failed + rows.conflict + rows.skipped > 0 {
        output::note(&format!(
            "Why rows were not sent: `deskbridge workflow rows {0}`, or as a file: `deskbridge workflow rows {0} --csv rows.csv`",
            ended.id
        ));
    }
}

/// `3,000 rows: 900 created, …`.
fn outcomes(kind: WorkflowKind, rows: &ToldRows) -> String {
    let (made, changed) = match kind {
        WorkflowKind::DryRun => ("would be created", "would be updated"),
        WorkflowKind::Send | WorkflowKind::Test => ("created", "updated"),
    };
    let mut parts = Vec::new();
    for (count, word) in [
        (rows.created, made),
        (rows.updated, changed),
        (rows.unchanged, "unchanged"),
        (rows.rejected, "rejected"),
        (rows.failed, "failed"),
        (rows.conflict, "in conflict"),
        (rows.skipped, "skipped"),
    ] {
        if count > 0 {
            parts.push(format!("{} {word}", grouped(count)));
        }
    }
    let read = workflow_view::rows(rows.read);
    if parts.is_empty() {
        return format!("{read} read");
    }
    format!("{read}: {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULT: &str = r#"{"jobs":1,"leavers":0,"requests":9,"rows":{"conflict":0,"created":2,"failed":1,"read":3,"rejected":0,"skipped":0,"unchanged":0,"updated":0},"seconds":1.5,"state":"completed","users_per_second":2.0,"workflow":"0123"}"#;

    #[test]
    fn the_object_has_the_promised_keys_first_and_in_their_order() {
        let told: Told = serde_json::from_str(RESULT).unwrap();
        assert_eq!(
            serde_json::to_string(&told).unwrap(),
            r#"{"workflow":"0123","state":"completed","rows":{"read":3,"created":2,"updated":0,"unchanged":0,"rejected":0,"failed":1,"conflict":0,"skipped":0},"requests":9,"jobs":1,"seconds":1.5,"users_per_second":2.0,"leavers":0}"#
        );
    }

    #[test]
    fn outcomes_without_rows_are_left_out() {
        let told: Told = serde_json::from_str(RESULT).unwrap();
        assert_eq!(
            outcomes(WorkflowKind::Send, &told.rows),
            "3 rows: 2 created, 1 failed"
        );
        assert_eq!(
            outcomes(WorkflowKind::DryRun, &told.rows),
            "3 rows: 2 would be created, 1 failed"
        );
        let one = ToldRows {
            read: 1,
            created: 1,
            failed: 0,
            ..told.rows
        };
        assert_eq!(outcomes(WorkflowKind::Send, &one), "1 row: 1 created");
    }
}
