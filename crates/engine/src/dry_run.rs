//! What a run would change on either side, found out by doing it to a copy.
//!
//! The copy is a database of its own in a temporary folder; the pull is the real one, and what waits
//! for Zendesk is planned against the tickets as they are, up to the moment where it would be sent. So
//! a real run right after it does exactly what this one said. Sign-in and limits go through the real
//! database, so that a refresh token is never spent behind its back.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use domain::outbox::Parked;
use domain::push::Sending;
use store::integrations::Integration;
use store::outbox::ParkedFilter;
use store::runs::{self, Counters, RunState};
use store::{Store, cases, history, jobs};

use crate::case_view;
use crate::connection::connect;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::schedule::{PULL, schedule_sync};

/// The most changes that are told one by one.
const TOLD: i64 = 10_000;

/// What a pull would do.
#[derive(Debug, Clone)]
pub struct DryRun {
    /// How it would end.
    pub state: RunState,
    /// Why it would fail.
    pub problem: Option<String>,
    /// What it would do, in numbers.
    pub counters: Counters,
    /// Every field of an existing case that would change, as a sentence.
    pub changes: Vec<String>,
    /// Everything that would be written in Zendesk, as sentences.
    pub sendings: Vec<String>,
    /// What waits for Zendesk and could not be sent now, as sentences with the reason.
    pub parked: Vec<String>,
    /// What a person would want to look at.
    pub warnings: Vec<String>,
}

/// Pulls into a copy of the database made in `folder`, which the caller removes.
///
/// # Errors
/// What keeps the copy from being made.
pub async fn dry_run(engine: &Engine, integration: &Integration, folder: &Path) -> Result<DryRun> {
    let client = connect(engine, &integration.settings).await?;
    let copy = Engine {
        store: Store::open_file(&folder.join("dry-run.db")).await?,
        checkpoint: Arc::new(|_| {}),
        ..engine.clone()
    };
    engine.store.copy_into(&copy.store).await?;
    let started = copy.now();
    let active = Integration {
        active: true,
        ..integration.clone()
    };
    let run_id = schedule_sync(&copy, &active, "dry run").await?.run_id;
    let job = jobs::claim(
        &copy.store,
        Some(&integration.id),
        "dry run",
        copy.now(),
        copy.settings.lease,
    )
    .await?
    .filter(|job| job.kind == PULL)
    .ok_or_else(|| {
        Error::Refused("A run is going on; try the dry run when it has ended.".to_owned())
    })?;
    crate::case_sync::pull_only(&copy, &job, client.clone()).await?;
    let foreseen = match integration.settings.two_way {
        true => crate::case_sync::foresee(&copy, &active, &client).await?,
        false => Vec::new(),
    };
    let parked = would_park(engine, &copy, &integration.id).await?;
    let mut reader = copy.store.read().await?;
    let mut sendings = Vec::new();
    for told in &foreseen {
        let number = cases::find(&mut reader, &told.case)
            .await?
            .map(|case| case.number);
        sendings.extend(would_send(number.unwrap_or_default(), &told.sending));
    }
    let run = runs::find(&mut reader, &run_id)
        .await?
        .ok_or_else(|| Error::Refused("The dry run is gone.".to_owned()))?;
    let warnings = runs::read_log(&mut reader, &run_id, 0, TOLD, true)
        .await?
        .into_iter()
        .map(|line| line.line)
        .collect();
    let changes = history::since(&mut reader, started, TOLD)
        .await?
        .into_iter()
        .flat_map(|(number, body)| sentences(number, &body))
        .collect();
    drop(reader);
    copy.store.close().await;
    Ok(DryRun {
        state: run.state,
        problem: run.problem,
        counters: run.counters,
        changes,
        sendings,
        parked,
        warnings,
    })
}

/// What is parked in the copy and is not in the real database. What would have been sent is parked there
/// too, since it goes no further: as not taken, which nothing is before it was sent.
async fn would_park(engine: &Engine, copy: &Engine, integration: &str) -> Result<Vec<String>> {
    let filter = ParkedFilter {
        integration: Some(integration),
        ..ParkedFilter::default()
    };
    let before = case_view::parked(engine, filter, None, TOLD).await?.parked;
    let before: HashSet<String> = before.into_iter().map(|parked| parked.id).collect();
    let foreseen = Parked::NotTaken.to_string();
    let after = case_view::parked(copy, filter, None, TOLD).await?.parked;
    Ok(after
        .into_iter()
        .filter(|parked| !before.contains(&parked.id) && parked.reason != foreseen)
        .map(|parked| {
            let whose = match (parked.case_number, &parked.contact) {
                (Some(number), _) => format!("Case {number}"),
                (None, Some(contact)) => format!("Contact {}", contact.name),
                (None, None) => "A contact".to_owned(),
            };
            let what = &parked.what;
            format!(
                "{whose}: {what} would not be sent, but parked. {}",
                parked.reason
            )
        })
        .collect())
}

/// What one operation would write in Zendesk, field by field.
fn would_send(number: i64, sending: &Sending) -> Vec<String> {
    match sending {
        Sending::Create(draft) => vec![format!(
            "Case {number} would become a ticket with the subject “{}”.",
            draft.subject
        )],
        Sending::Comment { ticket, .. } => vec![format!(
            "Case {number}: a comment would be added to ticket {ticket}."
        )],
        Sending::Fields { ticket, values, .. } => values
            .iter()
            .map(|(field, value)| {
                let value = value
                    .as_ref()
                    .map_or_else(|| "nothing".to_owned(), |text| format!("“{text}”"));
                format!(
                    "Case {number}: {} of ticket {ticket} would become {value}.",
                    field.as_str()
                )
            })
            .collect(),
    }
}

fn sentences(number: i64, body: &str) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    if body.get("made_private").is_some() {
        return vec![format!(
            "Case {number}: a comment would be redacted or made private."
        )];
    }
    let said = |value: &serde_json::Value| {
        value
            .as_str()
            .map_or_else(|| "nothing".to_owned(), |text| format!("“{text}”"))
    };
    body["changes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|change| {
            format!(
                "Case {number}: {} would change from {} to {}.",
                change["field"].as_str().unwrap_or_default(),
                said(&change["from"]),
                said(&change["to"])
            )
        })
        .collect()
}
