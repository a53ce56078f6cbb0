//! Whether the mirror has a ticket as Zendesk has it.

use std::collections::{HashMap, HashSet};

use domain::ticket::{Life, Ticket};
use jiff::Timestamp;
use serde_json::Value;
use store::tickets as mirror;
use zendesk::{Record, reread_ticket};

use crate::case_sync::pull::Pull;
use crate::content::content_of;
use crate::error::Result;

/// Keys that say nothing of a ticket's content: the first moves by itself, the second repeats
/// `custom_fields` in some answers only.
const NOISE: [&str; 2] = ["generated_timestamp", "fields"];

/// What came of comparing some tickets.
pub(super) struct Seen {
    /// Those that the mirror should have had as they are, and had not.
    pub(super) differing: Vec<Record<Ticket>>,
    /// Those that are alike.
    pub(super) alike: Vec<Ticket>,
    /// Those that Zendesk does not have, while the mirror says that they are alive.
    pub(super) missing: Vec<i64>,
}

/// Compares these tickets, which were asked for by `ids`, with the mirror. One that changed after
/// `pulled_until` is none of either: its change has not been pulled yet, and will be.
pub(super) async fn compare(
    pull: &Pull<'_>,
    ids: &[i64],
    records: Vec<Record<Ticket>>,
    pulled_until: Timestamp,
) -> Result<Seen> {
    let integration = &pull.integration.id;
    let there: HashSet<i64> = records.iter().filter_map(|record| record.id).collect();
    let absent = ids.iter().copied().filter(|id| !there.contains(id));
    let absent: Vec<i64> = absent.collect();
    let mut reader = pull.engine.store.read().await?;
    let known = mirror::by_ids(&mut reader, integration, ids).await?;
    let is_same = |record: &Record<Ticket>, id: i64| {
        let known = known.get(&id);
        known.is_some_and(|known| known.content == content_of(record.raw.get()))
    };
    // Only of the few whose text differs is more to be read.
    let mut wanted: Vec<i64> = absent.clone();
    wanted.extend(records.iter().filter_map(|record| {
        let id = record.id?;
        (!is_same(record, id)).then_some(id)
    }));
    let raws = mirror::raws(&mut reader, integration, &wanted).await?;
    let kept = by_id(&raws);
    drop(reader);
    let alive = |ticket: &i64| {
        let kept = kept.get(ticket).and_then(|raw| reread_ticket(raw));
        kept.is_some_and(|ticket| ticket.life() == Life::Alive)
    };
    let mut seen = Seen {
        differing: Vec::new(),
        alike: Vec::new(),
        missing: absent.into_iter().filter(alive).collect(),
    };
    for record in records {
        // One that cannot be read is the pull's to tell of, and what nobody asked for is nobody's.
        let Ok(ticket) = &record.parsed else { continue };
        if !ids.contains(&ticket.id) {
            continue;
        }
        if changed_at(ticket).is_some_and(|changed| changed >= pulled_until) {
            continue;
        }
        let same = is_same(&record, ticket.id)
            || kept
                .get(&ticket.id)
                .is_some_and(|kept| says_the_same(kept, record.raw.get()));
        if same {
            seen.alike.extend(record.parsed);
        } else {
            seen.differing.push(record);
        }
    }
    Ok(seen)
}

/// When a ticket last changed in any way, by Zendesk's clock.
fn changed_at(ticket: &Ticket) -> Option<Timestamp> {
    let generated = ticket
        .generated_timestamp
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    ticket.updated_at.max(generated)
}

fn by_id(raws: &[String]) -> HashMap<i64, &str> {
    let id = |raw: &str| reread_ticket(raw).map(|ticket| ticket.id);
    raws.iter()
        .filter_map(|raw| Some((id(raw)?, raw.as_str())))
        .collect()
}

/// Whether two forms of a ticket agree in every key that both have: an export and a list need not
/// send the same ones, and not in the same order.
fn says_the_same(kept: &str, fresh: &str) -> bool {
    let read = |raw: &str| serde_json::from_str::<serde_json::Map<String, Value>>(raw).ok();
    let Some((kept, fresh)) = read(kept).zip(read(fresh)) else {
        return false;
    };
    kept.iter()
        .filter(|(key, _)| !NOISE.contains(&key.as_str()))
        .all(|(key, value)| fresh.get(key).is_none_or(|there| there == value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_form_of_the_same_ticket_is_no_difference() {
        let kept = r#"{"id":1,"subject":"a","tags":[],"generated_timestamp":1,"fields":[]}"#;
        let fresh =
            r#"{"tags":[],"subject":"a","id":1,"generated_timestamp":2,"fields":[1],"dates":1}"#;
        assert!(says_the_same(kept, fresh));
        assert!(!says_the_same(kept, r#"{"id":1,"subject":"b"}"#));
        assert!(!says_the_same("{}x", fresh));
    }
}
