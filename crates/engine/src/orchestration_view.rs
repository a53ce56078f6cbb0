//! Orchestrations as people see them, with their times in words.

use std::collections::HashMap;

use jiff::Timestamp;
use store::destinations::Destination;
use store::orchestrations::{self, Mode, Orchestration};
use store::queries::{self, Query};

use crate::engine::Engine;
use crate::error::Result;
use crate::orchestrations::Timing;
use crate::profile_send::SendSettings;

/// An orchestration with the names of what it joins.
#[derive(Debug, Clone)]
pub struct OrchestrationView {
    /// The orchestration.
    pub orchestration: Orchestration,
    /// Its query, if it is still there.
    pub query: Option<Query>,
    /// Its destination, if it is still there.
    pub destination: Option<Destination>,
    /// When it runs by itself, in words.
    pub runs: String,
    /// The next times, by the clock, if it runs by one: as if it were active.
    pub next: Vec<Timestamp>,
}

impl OrchestrationView {
    /// Its settings; those that cannot be read are shown as the defaults.
    pub fn settings(&self) -> SendSettings {
        serde_json::from_str(&self.orchestration.settings).unwrap_or_default()
    }
}

/// All orchestrations, by name.
///
/// # Errors
/// As the database says.
pub async fn list(engine: &Engine) -> Result<Vec<OrchestrationView>> {
    let mut reader = engine.store.read().await?;
    let all = orchestrations::list(&mut reader).await?;
    let queries: HashMap<String, Query> = queries::list(&mut reader)
        .await?
        .into_iter()
        .map(|query| (query.id.clone(), query))
        .collect();
    let destinations: HashMap<String, Destination> = store::destinations::list(&mut reader)
        .await?
        .into_iter()
        .map(|destination| (destination.id.clone(), destination))
        .collect();
    drop(reader);
    let names: HashMap<String, String> = all
        .iter()
        .map(|one| (one.id.clone(), one.name.clone()))
        .collect();
    let now = engine.now();
    Ok(all
        .into_iter()
        .map(|one| OrchestrationView {
            query: queries.get(&one.query_id).cloned(),
            destination: destinations.get(&one.destination_id).cloned(),
            runs: runs(&one, one.after_id.as_ref().and_then(|id| names.get(id))),
            next: next(&one, now),
            orchestration: one,
        })
        .collect())
}

/// The orchestration with this id.
///
/// # Errors
/// As the database says.
pub async fn find(engine: &Engine, id: &str) -> Result<Option<OrchestrationView>> {
    let all = list(engine).await?;
    Ok(all.into_iter().find(|one| one.orchestration.id == id))
}

fn runs(one: &Orchestration, after: Option<&String>) -> String {
    let changed = if one.only_if_changed {
        ", only if the source changed"
    } else {
        ""
    };
    match one.mode {
        Mode::Manual => "When asked for".to_owned(),
        Mode::Cron => {
            let zone = one.time_zone.as_deref().unwrap_or("UTC");
            let line = one.cron.as_deref().unwrap_or_default();
            let words = in_words(line, Some(zone)).unwrap_or_else(|| line.to_owned());
            format!("{words} ({zone}){changed}")
        }
        Mode::After => {
            let name = after.map_or("another one", String::as_str);
            format!("After {name} has completed{changed}")
        }
    }
}

fn next(one: &Orchestration, now: Timestamp) -> Vec<Timestamp> {
    match one.mode {
        Mode::Manual | Mode::After => Vec::new(),
        Mode::Cron => next_times(
            one.cron.as_deref().unwrap_or_default(),
            one.time_zone.as_deref(),
            now,
        ),
    }
}

/// A cron line in words, if it can be read.
pub fn in_words(cron: &str, zone: Option<&str>) -> Option<String> {
    Timing::parse(cron, zone).ok().map(|timing| timing.words())
}

/// The next three times of a cron line; fewer if it cannot be read or ends.
pub fn next_times(cron: &str, zone: Option<&str>, now: Timestamp) -> Vec<Timestamp> {
    let Ok(timing) = Timing::parse(cron, zone) else {
        return Vec::new();
    };
    let first = timing.next(now);
    std::iter::successors(first, |at| timing.next(*at))
        .take(3)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cron_line_is_said_in_words_with_its_next_three_times() {
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let words = in_words("0 6 * * *", Some("Europe/Berlin")).unwrap();
        assert!(words.contains("06:00") || words.contains('6'), "{words}");
        let times: Vec<String> = next_times("0 6 * * *", Some("Europe/Berlin"), now)
            .iter()
            .map(Timestamp::to_string)
            .collect();
        assert_eq!(
            times,
            [
                "2026-11-23T05:00:00Z",
                "2026-11-24T05:00:00Z",
                "2026-11-25T05:00:00Z"
            ]
        );
        assert_eq!(in_words("sechs", None), None);
    }
}
