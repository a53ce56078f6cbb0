//! `deskbridge conflict`: fields that were changed on both sides.

use clap::Subcommand;
use engine::Engine;
use engine::actions;
use engine::case_view::{self, ConflictView};
use store::conflicts::Filter;

use crate::commands::case::people::{Acting, case_id};
use crate::commands::case::tell;
use crate::commands::integration;
use crate::installation::Place;
use crate::output;

/// What to do with conflicts.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Lists the fields that were changed on both sides, with both values, newest first
    #[command(
        after_help = "Examples:\n  deskbridge conflict list --case 12\n  deskbridge conflict list --integration acme --json"
    )]
    List {
        /// Only those of this case, by number or id
        #[arg(long, value_name = "CASE")]
        case: Option<String>,
        /// Only those of this integration
        #[arg(long, value_name = "NAME")]
        integration: Option<String>,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
        limit: i64,
        /// Goes on behind this conflict
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// Prints one JSON object: the conflicts, and `next` for --after
        #[arg(long)]
        json: bool,
    },
    /// Gives a case the value that lost; with two-way sync it reaches the ticket like any edit
    #[command(after_help = "Example:\n  deskbridge conflict restore ID")]
    Restore {
        /// The conflict's id
        id: String,
        #[command(flatten)]
        acting: Acting,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Does it.
pub(crate) async fn run(place: Place, action: Action) -> anyhow::Result<()> {
    let installation = place.open().await?;
    let engine = &installation.engine;
    match action {
        Action::List {
            case,
            integration,
            limit,
            after,
            json,
        } => {
            let case = match &case {
                Some(case) => Some(case_id(engine, case).await?),
                None => None,
            };
            let integration = match &integration {
                Some(name) => Some(integration::find(engine, name).await?.id),
                None => None,
            };
            let filter = Filter {
                case: case.as_deref(),
                contact: None,
                integration: integration.as_deref(),
            };
            list(engine, filter, after.as_deref(), limit, json).await?;
        }
        Action::Restore { id, acting, json } => {
            let actor = acting.find(engine).await?;
            let case = actions::restore_conflict(engine, &id, &actor.email).await?;
            tell(engine, &case, "has the other value again", json).await?;
        }
    }
    installation.close().await;
    Ok(())
}

async fn list(
    engine: &Engine,
    filter: Filter<'_>,
    after: Option<&str>,
    limit: i64,
    json: bool,
) -> anyhow::Result<()> {
    let page = case_view::conflicts(engine, filter, after, limit).await?;
    if json {
        return output::json(&page);
    }
    if page.conflicts.is_empty() {
        output::note("No field was changed on both sides.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = page.conflicts.iter().map(row).collect();
    output::table(
        &[
            "ID", "WHEN", "CASE", "FIELD", "HERE", "ZENDESK", "STANDS", "RESTORED",
        ],
        &rows,
    );
    if let Some(next) = page.next {
        output::note(&format!(
            "There are more: deskbridge conflict list --after {next}"
        ));
    }
    Ok(())
}

fn row(conflict: &ConflictView) -> Vec<String> {
    let value = |value: &Option<String>| output::shown(value.as_deref().unwrap_or("-"), 30);
    let whose = match (conflict.case_number, &conflict.contact) {
        (Some(number), _) => number.to_string(),
        (None, Some(contact)) => output::shown(&contact.name, 24),
        (None, None) => "-".to_owned(),
    };
    vec![
        conflict.id.clone(),
        conflict.at.to_string(),
        whose,
        conflict.label.clone(),
        value(&conflict.crm),
        value(&conflict.zendesk),
        if conflict.is_zendesks() {
            "Zendesk's"
        } else {
            "ours"
        }
        .to_owned(),
        conflict
            .restored_at
            .map_or_else(|| "-".to_owned(), |at| at.to_string()),
    ]
}
