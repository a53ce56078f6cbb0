//! `deskbridge case publish`, `follow-up`, `discard`, `why`: a case and its ticket.

use clap::Args;
use engine::Engine;
use engine::actions::{self, Asked};
use engine::why::{self, Why};
use serde_json::json;

use super::people::Acting;
use crate::output;

/// What `case publish` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  deskbridge case publish 12\n  deskbridge case publish 12 --to acme"
)]
pub(crate) struct Publish {
    /// The case's number or id
    case: String,
    /// In which integration (default: the only active one with two-way sync)
    #[arg(long, value_name = "INTEGRATION")]
    to: Option<String>,
    #[command(flatten)]
    acting: Acting,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// What `case follow-up`, `discard`, `delete` and `restore` take.
#[derive(Debug, Args)]
pub(crate) struct Asking {
    /// The case's number or id
    pub(super) case: String,
    #[command(flatten)]
    pub(super) acting: Acting,
    /// Prints one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// Asks for a case's first ticket.
///
/// # Errors
/// A sentence; nothing is asked for then.
pub(crate) async fn publish(engine: &Engine, arguments: Publish) -> anyhow::Result<()> {
    let Publish { case, to, json, .. } = &arguments;
    let actor = arguments.acting.find(engine).await?;
    let asked = actions::publish(engine, case, to.as_deref(), &actor.email).await?;
    tell(engine, case, &asked, "a ticket", *json).await
}

/// Asks for a ticket that follows a case's closed one.
///
/// # Errors
/// A sentence; nothing is asked for then.
pub(crate) async fn follow_up(engine: &Engine, arguments: Asking) -> anyhow::Result<()> {
    let Asking { case, json, .. } = &arguments;
    let actor = arguments.acting.find(engine).await?;
    let asked = actions::follow_up(engine, case, &actor.email).await?;
    tell(engine, case, &asked, "a follow-up ticket", *json).await
}

async fn tell(
    engine: &Engine,
    case: &str,
    asked: &Asked,
    what: &str,
    as_json: bool,
) -> anyhow::Result<()> {
    let sync = sync_of(engine, case).await?;
    let Asked {
        integration,
        already,
    } = asked;
    if as_json {
        return output::json(&json!({
            "case": sync.case,
            "integration": integration,
            "already": already,
            "sync": sync,
        }));
    }
    output::line(&match already {
        false => format!("Case {} is to get {what} in {integration}.", sync.case),
        true => format!(
            "Case {} was to get {what} in {integration} already; there is only one.",
            sync.case
        ),
    });
    output::line(&sync.sentence);
    Ok(())
}

/// Gives up everything that is parked of a case.
///
/// # Errors
/// A sentence.
pub(crate) async fn discard(engine: &Engine, arguments: Asking) -> anyhow::Result<()> {
    let Asking { case, json, .. } = &arguments;
    let actor = arguments.acting.find(engine).await?;
    let discarded = actions::discard_all(engine, case, &actor.email).await?;
    if *json {
        return output::json(&json!({ "discarded": discarded }));
    }
    output::line(&match discarded {
        0 => format!("Nothing of case {case} was parked."),
        1 => format!(
            "1 parked change of case {case} was given up. Fields are as both sides last agreed; comments stay on the case."
        ),
        many => format!(
            "{many} parked changes of case {case} were given up. Fields are as both sides last agreed; comments stay on the case."
        ),
    });
    Ok(())
}

/// Says in one sentence whether a case is in step with its ticket, and why not.
///
/// # Errors
/// A sentence if there is no such case.
pub(crate) async fn why(engine: &Engine, case: &str, as_json: bool) -> anyhow::Result<()> {
    let why = sync_of(engine, case).await?;
    if as_json {
        return output::json(&why);
    }
    output::line(&output::shown(&why.sentence, 2000));
    // The sentence is the reason itself, if there is but one.
    for detail in why.details.iter().filter(|_| why.details.len() > 1) {
        output::line(&format!("  {}", output::shown(detail, 2000)));
    }
    Ok(())
}

/// Whether a case is in step with its ticket.
///
/// # Errors
/// A sentence if there is no such case.
pub(crate) async fn sync_of(engine: &Engine, case: &str) -> anyhow::Result<Why> {
    Ok(why::why(engine, case).await?)
}
