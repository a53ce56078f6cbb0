//! `alert`: what people are told of workflows.

use clap::Subcommand;
use engine::Engine;
use serde_json::{Value, json};
use store::alerts::{self, Alert};

use crate::failure::usage;
use crate::installation::Place;
use crate::output;

/// What to do with alerts.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Lists them, the newest first
    List {
        /// Only those that nobody has seen
        #[arg(long)]
        unseen: bool,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=100_000))]
        limit: i64,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Notes that they were seen
    #[command(after_help = "Examples:\n  deskbridge alert seen ID\n  deskbridge alert seen --all")]
    Seen {
        /// Which one, by its id
        id: Option<String>,
        /// All of them
        #[arg(long, conflicts_with = "id")]
        all: bool,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Does it.
pub(crate) async fn run(place: Place, action: Action) -> anyhow::Result<()> {
    if let Action::Seen {
        id: None,
        all: false,
        ..
    } = &action
    {
        return Err(usage("Name an alert by its id, or all of them with --all."));
    }
    let installation = place.open().await?;
    let engine = &installation.engine;
    let done = match action {
        Action::List {
            unseen,
            limit,
            json,
        } => list(engine, unseen, limit, json).await,
        Action::Seen { id, all: _, json } => seen(engine, id.as_deref(), json).await,
    };
    installation.close().await;
    done
}

async fn list(engine: &Engine, unseen: bool, limit: i64, as_json: bool) -> anyhow::Result<()> {
    let mut reader = engine.store.read().await?;
    let all = alerts::list(&mut reader, unseen, limit).await?;
    let count = alerts::count_unseen(&mut reader).await?;
    drop(reader);
    if as_json {
        let lines: Vec<Value> = all.iter().map(described).collect();
        return output::json(&json!({ "alerts": lines, "unseen": count }));
    }
    if all.is_empty() {
        output::note("There are no alerts.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|alert| {
            vec![
                alert.id.clone(),
                alert.created_at.strftime("%F %TZ").to_string(),
                if alert.seen_at.is_some() {
                    "seen"
                } else {
                    "new"
                }
                .to_owned(),
                output::shown(&alert.sentence, 300),
            ]
        })
        .collect();
    output::table(&["ID", "AT", "STATE", "WHAT"], &rows);
    output::note("What can be done about a workflow: `deskbridge workflow show ID`.");
    Ok(())
}

fn described(alert: &Alert) -> Value {
    json!({
        "id": alert.id,
        "workflow": alert.workflow_id,
        "kind": alert.kind,
        "sentence": alert.sentence,
        "created_at": alert.created_at.to_string(),
        "seen_at": alert.seen_at.map(|at| at.to_string()),
    })
}

async fn seen(engine: &Engine, id: Option<&str>, as_json: bool) -> anyhow::Result<()> {
    let now = engine.now();
    let mut tx = engine.store.begin().await?;
    let count: u64 = match id {
        Some(id) => {
            let found = alerts::find(&mut tx, id).await?.ok_or_else(|| {
                anyhow::anyhow!("There is no alert {id:?}. `deskbridge alert list` shows them.")
            })?;
            alerts::mark_seen(&mut tx, &found.id, now).await?;
            u64::from(found.seen_at.is_none())
        }
        None => alerts::mark_all_seen(&mut tx, None, now).await?,
    };
    tx.commit().await?;
    if as_json {
        return output::json(&json!({ "seen": count }));
    }
    output::line(&match count {
        0 => "Nothing was new.".to_owned(),
        1 => "1 alert was seen.".to_owned(),
        many => format!("{many} alerts were seen."),
    });
    Ok(())
}
