//! `deskbridge parked`: changes that cannot be delivered now.

use clap::Subcommand;
use engine::Engine;
use engine::actions;
use engine::case_view::{self, ParkedView};
use serde_json::json;
use store::outbox::ParkedFilter;

use crate::commands::case::people::Acting;
use crate::commands::listing::{Listing, integration_id};
use crate::installation::Place;
use crate::output;

/// What to do with parked changes.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Lists what is parked, with the reasons, newest first
    #[command(
        after_help = "Examples:\n  deskbridge parked list --case 12\n  deskbridge parked list --integration acme --json"
    )]
    List {
        #[command(flatten)]
        listing: Listing,
        /// Prints one JSON object: the changes, and `next` for --after
        #[arg(long)]
        json: bool,
    },
    /// Puts a parked change back into its line, to be sent again
    #[command(
        after_help = "Examples:\n  deskbridge parked retry ID\n  deskbridge parked retry --all --integration acme",
        group = clap::ArgGroup::new("which").required(true)
    )]
    Retry {
        /// The change's id
        #[arg(group = "which")]
        id: Option<String>,
        /// Everything that is parked
        #[arg(long, group = "which")]
        all: bool,
        /// With --all: only for this integration
        #[arg(long, value_name = "NAME", conflicts_with = "id")]
        integration: Option<String>,
        #[command(flatten)]
        acting: Acting,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Gives a parked change up: fields go back to what both sides last agreed on
    #[command(after_help = "Example:\n  deskbridge parked discard ID")]
    Discard {
        /// The change's id
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
        Action::List { listing, json } => list(engine, &listing, json).await?,
        Action::Retry {
            id,
            all: _,
            integration,
            acting,
            json,
        } => {
            let actor = acting.find(engine).await?.email;
            let integration = integration_id(engine, integration.as_deref()).await?;
            let retried = match &id {
                Some(id) => {
                    actions::retry(engine, id, &actor).await?;
                    1
                }
                None => actions::retry_all(engine, integration.as_deref(), &actor).await?,
            };
            told(retried, json)?;
        }
        Action::Discard { id, acting, json } => {
            let actor = acting.find(engine).await?.email;
            actions::discard(engine, &id, &actor).await?;
            if json {
                output::json(&json!({ "discarded": 1 }))?;
            } else {
                output::line(
                    "The change was given up. Fields are as both sides last agreed; a comment stays on the case.",
                );
            }
        }
    }
    installation.close().await;
    Ok(())
}

fn told(retried: usize, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return output::json(&json!({ "retried": retried }));
    }
    output::line(&match retried {
        0 => "Nothing was parked.".to_owned(),
        1 => "1 change is to be sent again, by `deskbridge serve` or by `deskbridge sync NAME`."
            .to_owned(),
        many => format!(
            "{many} changes are to be sent again, by `deskbridge serve` or by `deskbridge sync NAME`."
        ),
    });
    Ok(())
}

async fn list(engine: &Engine, listing: &Listing, json: bool) -> anyhow::Result<()> {
    let whose = listing.whose(engine).await?;
    let filter = ParkedFilter {
        integration: whose.integration.as_deref(),
        case: whose.case.as_deref(),
        kind: None,
    };
    let after = listing.after.as_deref();
    let page = case_view::parked(engine, filter, after, listing.limit).await?;
    if json {
        return output::json(&page);
    }
    if page.parked.is_empty() {
        output::note("Nothing is parked.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = page.parked.iter().map(row).collect();
    output::table(
        &["ID", "SINCE", "INTEGRATION", "CASE", "WHAT", "REASON"],
        &rows,
    );
    listing.tell_more("parked list", page.next.as_deref());
    Ok(())
}

fn row(parked: &ParkedView) -> Vec<String> {
    vec![
        parked.id.clone(),
        parked.at.to_string(),
        output::shown(parked.integration.as_deref().unwrap_or("-"), 24),
        parked
            .case_number
            .map_or_else(|| "-".to_owned(), |number| number.to_string()),
        output::shown(&parked.what, 40),
        output::shown(&parked.reason, 500),
    ]
}
