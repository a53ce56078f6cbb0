//! Seeing a workflow through: a moving line on a terminal, plain lines elsewhere, its result at the end.

mod progress;
mod result;

use std::pin::pin;

use anyhow::anyhow;
use engine::{Engine, workflows};
use store::workflows::Workflow;

use crate::{output, stop};
use progress::Display;
pub(crate) use result::{print, tell};

/// Works through a workflow, or watches whoever does, and shows how far it is. Asked to end, it asks the
/// workflow to stop and sees its open jobs through; asked again, it ends at once.
///
/// # Errors
/// What kept the workflow from being ended properly.
pub(crate) async fn see_through(
    engine: &Engine,
    workflow: &Workflow,
    quiet: bool,
) -> anyhow::Result<Workflow> {
    let mut display = Display::choose(quiet);
    let mut work = pin!(workflows::see_through(engine, workflow, |now| {
        display.show(now, engine.now());
    }));
    tokio::select! {
        biased;
        ended = &mut work => return Ok(ended?),
        asked = stop::asked() => asked?,
    }
    output::note(
        "Stopping: what Zendesk is working on is seen through first. Once more ends at once.",
    );
    match workflows::stop(engine, workflow).await {
        // It ended meanwhile.
        Ok(()) | Err(engine::Error::Refused(_)) => {}
        Err(error) => return Err(error.into()),
    }
    tokio::select! {
        biased;
        ended = &mut work => Ok(ended?),
        asked = stop::asked() => {
            asked?;
            Err(anyhow!(
                "Ended at once; what Zendesk is working on goes on there. Nothing is lost: `deskbridge workflow retry {}` goes on with it.",
                workflow.id
            ))
        }
    }
}
