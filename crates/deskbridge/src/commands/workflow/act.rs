//! Resolve, retry, restart, stop, choose.

use domain::profile::action::{ActionKind, ConflictChoice};
use engine::{Engine, workflows};
use serde_json::json;
use store::workflows::{Workflow, WorkflowState};

use super::{Going, find};
use crate::commands::send::{finish, see_through};
use crate::installation::ACTOR;
use crate::{output, workflow_run};

/// Carries out an action and works the workflow to its end. One that is not over yet needs no action to be
/// gone on with: the process that worked on it may have been killed.
pub(super) async fn go_on(
    engine: &Engine,
    going: &Going,
    kind: ActionKind,
    repeat_failed: bool,
) -> anyhow::Result<()> {
    let found = find(engine, &going.id).await?;
    let opened = match kind {
        // Whoever was asked to stop it was ended before it was done.
        ActionKind::Retry if !found.state.is_over() && found.stop_asked && !going.background => {
            if !going.json {
                output::note(
                    "The workflow was asked to stop: what Zendesk is working on is seen through, then it goes on.",
                );
            }
            let ended = see_through(engine, &found, going.json).await?;
            match ended.state {
                WorkflowState::Stopped => {
                    workflows::act(engine, &ended, kind, repeat_failed, ACTOR).await?
                }
                WorkflowState::Completed
                | WorkflowState::Failed
                | WorkflowState::Waiting
                | WorkflowState::Running => ended,
            }
        }
        ActionKind::Retry if !found.state.is_over() => {
            if !going.json {
                output::note("The workflow is not over; this goes on with it.");
            }
            found
        }
        ActionKind::Retry
        | ActionKind::Resolve
        | ActionKind::Restart
        | ActionKind::OneByOne
        | ActionKind::ApproveOnce
        | ActionKind::Ignore => workflows::act(engine, &found, kind, repeat_failed, ACTOR).await?,
    };
    if going.background {
        return asked(&opened, going.json, "goes on");
    }
    finish(engine, &opened, going.json).await
}

/// Asks a workflow to stop, and sees to it where nobody else does.
pub(super) async fn stop(engine: &Engine, going: &Going) -> anyhow::Result<()> {
    let found = find(engine, &going.id).await?;
    workflows::stop(engine, &found).await?;
    if going.background {
        return asked(&found, going.json, "stops");
    }
    let ended = see_through(engine, &found, going.json).await?;
    match ended.state {
        // That is what was asked for.
        WorkflowState::Stopped => {
            workflow_run::print(&ended, going.json)?;
            if !going.json {
                output::note(&format!(
                    "Stopped. `deskbridge workflow retry {}` goes on.",
                    ended.id
                ));
            }
            Ok(())
        }
        WorkflowState::Completed
        | WorkflowState::Failed
        | WorkflowState::Waiting
        | WorkflowState::Running => workflow_run::tell(&ended, going.json),
    }
}

fn asked(workflow: &Workflow, as_json: bool, what: &str) -> anyhow::Result<()> {
    if as_json {
        return output::json(&json!({ "workflow": workflow.id, "state": workflow.state.as_str() }));
    }
    output::line(&format!(
        "The workflow {} {what} with `deskbridge serve`.",
        workflow.id
    ));
    Ok(())
}

/// Decides about a row that leads to two users.
pub(super) async fn choose(
    engine: &Engine,
    id: &str,
    line: i64,
    choice: ConflictChoice,
    as_json: bool,
) -> anyhow::Result<()> {
    let found = find(engine, id).await?;
    workflows::choose(engine, &found, line, choice).await?;
    if as_json {
        return output::json(
            &json!({ "workflow": found.id, "line": line, "choice": choice.as_str() }),
        );
    }
    output::line(&format!(
        "Line {line}: {}. Once all rows are decided about: `deskbridge workflow resolve {}`.",
        choice.label(),
        found.id
    ));
    Ok(())
}
