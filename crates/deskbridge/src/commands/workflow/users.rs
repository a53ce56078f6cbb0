//! The users that a test send wrote, as links to look at them in Zendesk.

use domain::profile::RowState;
use engine::Engine;
use store::workflows::{Workflow, WorkflowKind};
use store::{destinations, ledger};

use crate::output;

/// The ledger is looked through in parts of its keys, so that memory stays small: about 64 of them.
const PART: i64 = i64::MAX / 32;

/// Where the users of a test send are to be seen. Empty for other workflows, which are too many to look at.
pub(super) async fn links(engine: &Engine, workflow: &Workflow) -> anyhow::Result<Vec<String>> {
    if workflow.kind != WorkflowKind::Test {
        return Ok(Vec::new());
    }
    let mut reader = engine.store.read().await?;
    let Some(destination) = destinations::find(&mut reader, &workflow.destination_id).await? else {
        return Ok(Vec::new());
    };
    let mut keys = Vec::new();
    let mut entries = Vec::new();
    let mut from = i64::MIN;
    loop {
        let to = from.saturating_add(PART);
        entries.clear();
        ledger::scan(&mut reader, destination.number, from, to, &mut entries).await?;
        keys.extend(
            entries
                .iter()
                .filter(|entry| entry.workflow == workflow.number)
                .filter(|entry| matches!(entry.state, Some(RowState::Created | RowState::Updated)))
                .map(|entry| entry.key),
        );
        if to == i64::MAX {
            break;
        }
        from = to + 1;
    }
    let mut ids: Vec<i64> = ledger::about(&mut reader, destination.number, &keys)
        .await?
        .into_iter()
        .filter_map(|about| about.zendesk_id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids
        .into_iter()
        .map(|id| format!("{}/agent/users/{id}", destination.url))
        .collect())
}

/// Tells where the users of a test send are to be seen.
///
/// # Errors
/// As the database says.
pub(crate) async fn tell_links(engine: &Engine, workflow: &Workflow) -> anyhow::Result<()> {
    for (place, link) in links(engine, workflow).await?.iter().enumerate() {
        if place == 0 {
            output::line("Look at them in Zendesk:");
        }
        output::line(&format!("  {link}"));
    }
    Ok(())
}
