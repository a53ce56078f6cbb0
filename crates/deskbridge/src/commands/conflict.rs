//! `deskbridge conflict`: fields that were changed on both sides.

use anyhow::anyhow;
use clap::Subcommand;
use engine::Engine;
use engine::actions::{self, Restored};
use engine::case_view::{self, ConflictDetail, ConflictView, Did};
use store::conflicts::Filter;

use crate::commands::case::people::Acting;
use crate::commands::case::tell;
use crate::commands::contact;
use crate::commands::listing::Listing;
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
        #[command(flatten)]
        listing: Listing,
        /// Prints one JSON object: the conflicts, and `next` for --after
        #[arg(long)]
        json: bool,
    },
    /// Shows one: all values, who changed what, when, by which rule it was settled, whether it was restored
    #[command(
        after_help = "Examples:\n  deskbridge conflict show ID\n  deskbridge conflict show ID --json"
    )]
    Show {
        /// The conflict's id
        id: String,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Gives a case or a contact the value that lost; with two-way sync it reaches Zendesk like any edit
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
        Action::List { listing, json } => list(engine, &listing, json).await?,
        Action::Show { id, json } => show(engine, &id, json).await?,
        Action::Restore { id, acting, json } => {
            let actor = acting.find(engine).await?;
            let what = "has the other value again";
            match actions::restore_conflict(engine, &id, &actor.email).await? {
                Restored::Case(case) => tell(engine, &case, what, json).await?,
                Restored::Contact(found) => contact::tell(engine, &found.id, what, json).await?,
            }
        }
    }
    installation.close().await;
    Ok(())
}

async fn list(engine: &Engine, listing: &Listing, json: bool) -> anyhow::Result<()> {
    let whose = listing.whose(engine).await?;
    let filter = Filter {
        case: whose.case.as_deref(),
        contact: None,
        integration: whose.integration.as_deref(),
        restored: None,
    };
    let after = listing.after.as_deref();
    let page = case_view::conflicts(engine, filter, after, listing.limit).await?;
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
    listing.tell_more("conflict list", page.next.as_deref());
    Ok(())
}

async fn show(engine: &Engine, id: &str, json: bool) -> anyhow::Result<()> {
    let found = case_view::conflict(engine, id).await?.ok_or_else(|| {
        anyhow!("There is no conflict {id:?}. `deskbridge conflict list` shows those there are.")
    })?;
    if json {
        return output::json(&found);
    }
    print(&found);
    Ok(())
}

fn print(found: &ConflictDetail) {
    let conflict = &found.conflict;
    let value = |value: &Option<String>| value.as_deref().unwrap_or("nothing").to_owned();
    let (whose, there) = match &conflict.contact {
        Some(contact) => (format!("contact {}", contact.name), "user"),
        None => (format!("case {}", whose(conflict)), "ticket"),
    };
    output::line(&format!(
        "{} of {}, changed on both sides",
        conflict.label,
        output::shown(&whose, 200)
    ));
    let line = |label: &str, text: &str| {
        output::line(&format!("  {label:<14} {}", output::shown(text, 1000)));
    };
    line("Agreed before", &value(&conflict.agreed));
    let by = |did: &Did| format!(" ({} at {})", did.actor, did.at);
    line(
        "Here",
        &format!(
            "{}{}",
            value(&conflict.crm),
            found.changed_here.as_ref().map_or_else(String::new, by)
        ),
    );
    line(
        "In Zendesk",
        &format!(
            "{} ({there} {}; its events in Zendesk tell who)",
            conflict.zendesk_told(),
            conflict.zendesk_id
        ),
    );
    line("Rule", &conflict.rule);
    line("Outcome", conflict.outcome());
    let settled = found.settled.as_ref();
    let run = settled
        .and_then(|did| did.run.as_ref())
        .or(conflict.run.as_ref());
    line(
        "Settled",
        &format!(
            "{}{}{}{}",
            conflict.at,
            settled.map_or_else(String::new, |did| format!(" by {}", did.actor)),
            conflict
                .integration
                .as_ref()
                .map_or_else(String::new, |name| format!(", integration {name}")),
            run.map_or_else(String::new, |run| format!(", run {run}")),
        ),
    );
    line(
        "Restored",
        &match (conflict.restored_at, &found.restored) {
            (Some(at), Some(did)) => format!("{at} by {}", did.actor),
            (Some(at), None) => at.to_string(),
            (None, _) => format!(
                "no; `deskbridge conflict restore {}` gives the {} the value that lost",
                conflict.id,
                match conflict.contact {
                    Some(_) => "contact",
                    None => "case",
                }
            ),
        },
    );
}

/// The number of the case, or the name of the contact.
fn whose(conflict: &ConflictView) -> String {
    match (conflict.case_number, &conflict.contact) {
        (Some(number), _) => number.to_string(),
        (None, Some(contact)) => output::shown(&contact.name, 24),
        (None, None) => "-".to_owned(),
    }
}

fn row(conflict: &ConflictView) -> Vec<String> {
    let value = |value: &Option<String>| output::shown(value.as_deref().unwrap_or("-"), 30);
    vec![
        conflict.id.clone(),
        conflict.at.to_string(),
        whose(conflict),
        conflict.label.clone(),
        value(&conflict.crm),
        match conflict.erased {
            true => "erased".to_owned(),
            false => value(&conflict.zendesk),
        },
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
