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
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::integrations::Integration;
use store::outbox::ParkedFilter;
use store::runs::{self, Counters, RunState};
use store::{Store, contacts, history, jobs};

use crate::case_view::{self, ParkedView};
use crate::connection::connect;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::schedule::{PULL, schedule_sync};

/// The most sentences of one kind that are told one by one; of the rest it is told how many they are.
const TOLD: usize = 10_000;
/// So many rows are read at a time.
const ROWS: i64 = 1_000;

/// Sentences, of very many the first ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The first ones.
    pub sentences: Vec<String>,
    /// How many more there are.
    pub more: usize,
}

impl Told {
    pub(crate) fn add(&mut self, sentence: String) {
        if self.sentences.len() < TOLD {
            self.sentences.push(sentence);
        } else {
            self.more += 1;
        }
    }
}

/// What a pull would do.
#[derive(Debug, Clone)]
pub struct DryRun {
    /// How it would end.
    pub state: RunState,
    /// Why it would fail.
    pub problem: Option<String>,
    /// What it would do, in numbers.
    pub counters: Counters,
    /// Every field of an existing case or contact that would change.
    pub changes: Told,
    /// Every field that would be written in Zendesk.
    pub sendings: Told,
    /// What waits for Zendesk and could not be sent now, with the reason.
    pub parked: Told,
    /// What a person would want to look at.
    pub warnings: Told,
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
    let (mut sendings, mut parked) = (Told::default(), Told::default());
    if integration.settings.two_way {
        let (sendings, parked) = (&mut sendings, &mut parked);
        Box::pin(crate::case_sync::foresee(
            &copy, &active, &client, sendings, parked,
        ))
        .await?;
    }
    would_park(engine, &copy, &integration.id, &mut parked).await?;
    let mut reader = copy.store.read().await?;
    let run = runs::find(&mut reader, &run_id)
        .await?
        .ok_or_else(|| Error::Refused("The dry run is gone.".to_owned()))?;
    let mut warnings = Told::default();
    let most = i64::try_from(TOLD).unwrap_or(i64::MAX);
    for line in runs::read_log(&mut reader, &run_id, 0, most, true).await? {
        warnings.add(line.line);
    }
    // The log itself takes only so many.
    let all = usize::try_from(run.counters.warnings).unwrap_or(usize::MAX);
    warnings.more = all.saturating_sub(warnings.sentences.len());
    let mut changes = Told::default();
    let mut after = None;
    loop {
        let page = history::since(&mut reader, started, after, ROWS).await?;
        let Some((number, seq, _)) = page.last() else {
            break;
        };
        after = Some((*number, *seq));
        for (number, _, body) in &page {
            for said in sentences(*number, body) {
                changes.add(said);
            }
        }
    }
    drop(reader);
    contacts_changed(engine, &copy, started, &mut changes).await?;
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

/// The fields of contacts that differ in the copy.
async fn contacts_changed(
    engine: &Engine,
    copy: &Engine,
    since: Timestamp,
    changes: &mut Told,
) -> Result<()> {
    let mut after = String::new();
    loop {
        let mut reader = copy.store.read().await?;
        let changed = contacts::changed_since(&mut reader, since, &after, ROWS).await?;
        drop(reader);
        let Some(last) = changed.last() else {
            return Ok(());
        };
        after.clone_from(&last.id);
        let ids: Vec<String> = changed.iter().map(|contact| contact.id.clone()).collect();
        let before = contacts::by_ids(&mut *engine.store.read().await?, &ids).await?;
        for now in changed {
            // Who is new is counted, as new cases are.
            let Some(was) = before.get(&now.id) else {
                continue;
            };
            let whose = case_view::contact_name(&was.name, was.email.as_deref());
            let fields = [
                ("name", Some(was.name.full()), Some(now.name.full())),
                ("phone", was.phone.clone(), now.phone),
                ("email", was.email.clone(), now.email),
            ];
            for (field, from, to) in fields.iter().filter(|(_, from, to)| from != to) {
                let (from, to) = (quoted(from.as_deref()), quoted(to.as_deref()));
                changes.add(format!(
                    "Contact {whose}: {field} would change from {from} to {to}."
                ));
            }
        }
    }
}

fn quoted(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty())
        .map_or_else(|| "nothing".to_owned(), |text| format!("“{text}”"))
}

/// What is parked in the copy and is not in the real database. What would have been sent is parked there
/// too, since it goes no further: as not taken, which nothing is before it was sent.
async fn would_park(
    engine: &Engine,
    copy: &Engine,
    integration: &str,
    told: &mut Told,
) -> Result<()> {
    let foreseen = Parked::NotTaken.to_string();
    let before: HashSet<String> = all_parked(engine, integration)
        .await?
        .into_iter()
        .map(|parked| parked.id)
        .collect();
    for parked in all_parked(copy, integration).await? {
        if before.contains(&parked.id) || parked.reason == foreseen {
            continue;
        }
        let whose = match (parked.case_number, &parked.contact) {
            (Some(number), _) => format!("Case {number}"),
            (None, Some(contact)) => format!("Contact {}", contact.name),
            (None, None) => "A contact".to_owned(),
        };
        let what = &parked.what;
        told.add(format!(
            "{whose}: {what} would not be sent, but parked. {}",
            parked.reason
        ));
    }
    Ok(())
}

async fn all_parked(engine: &Engine, integration: &str) -> Result<Vec<ParkedView>> {
    let filter = ParkedFilter {
        integration: Some(integration),
        ..ParkedFilter::default()
    };
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = case_view::parked(engine, filter, after.as_deref(), ROWS).await?;
        all.extend(page.parked);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

fn sentences(number: i64, body: &str) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    if body.get("made_private").is_some() {
        return vec![format!(
            "Case {number}: a comment would be redacted or made private."
        )];
    }
    let said = |value: &serde_json::Value| quoted(value.as_str());
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
