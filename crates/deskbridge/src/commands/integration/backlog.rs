//! `deskbridge integration backlog`: what piled up while two-way sync was off (ticket-sync.md 2).

use clap::Args;
use engine::Engine;
use engine::actions::{self, Backlog};
use serde_json::json;

use super::find;
use crate::commands::case::people::Acting;
use crate::output;

/// What `integration backlog` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Which one
    name: String,
    /// Has it sent
    #[arg(long)]
    push: bool,
    #[command(flatten)]
    acting: Acting,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// Does it.
pub(super) async fn run(engine: &Engine, arguments: Arguments) -> anyhow::Result<()> {
    let found = find(engine, &arguments.name).await?;
    let actor = arguments.acting.find(engine).await?;
    let push = arguments.push;
    let told = Box::pin(actions::backlog(engine, &found, push, &actor.email)).await?;
    if arguments.json {
        return output::json(&json!({
            "cases": told.cases,
            "fields": told.fields,
            "comments": told.comments,
            "pushed": push,
        }));
    }
    let counted = counted(told);
    let name = &found.settings.name;
    output::line(&match (told.cases, push) {
        (0, _) => "Nothing has piled up.".to_owned(),
        (_, true) => format!(
            "On the way to Zendesk: {counted}. `deskbridge serve` sends it, or `deskbridge sync {name}`."
        ),
        (_, false) => format!(
            "Changed here and never sent: {counted}. To have it sent: `deskbridge integration backlog {name} --push`."
        ),
    });
    Ok(())
}

/// In words: `1 field and 2 comments of 1 case`.
pub(super) fn counted(backlog: Backlog) -> String {
    format!(
        "{} and {} of {}",
        count(backlog.fields, "field"),
        count(backlog.comments, "comment"),
        count(backlog.cases, "case")
    )
}

fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}
