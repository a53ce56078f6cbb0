//! The users that a test send wrote, as links to look at them in Zendesk.

use engine::Engine;
use engine::workflow_view::links;
use store::workflows::Workflow;

use crate::output;

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
