//! The maps of status and priority as a form shows them: a choice for each word of either side.

use domain::case::{CasePriority, CaseStatus};
use domain::mapping::{Maps, WritableStatus};
use domain::ticket::TicketPriority;

use crate::form::Wrongs;

/// One word of one side, and what it is on the other.
pub(super) struct MapLine {
    /// The field of the form.
    pub(super) field: &'static str,
    /// The word.
    pub(super) word: &'static str,
    /// What it is on the other side.
    pub(super) chosen: String,
    /// What it may be.
    pub(super) choices: Vec<&'static str>,
}

/// A map in one direction.
pub(super) struct MapTable {
    /// What it maps.
    pub(super) title: &'static str,
    pub(super) lines: Vec<MapLine>,
}

impl MapLine {
    /// A word as people read it.
    pub(super) fn label(word: &str) -> String {
        word.replace('_', " ")
    }
}

/// Looks a field of the form up by its name.
pub(super) type Typed<'a> = &'a dyn Fn(&str) -> &'a str;

/// Every field of the maps, with what it holds in `maps`. The order is the one of the form.
fn fields(maps: &Maps) -> [(&'static str, &'static str, &'static str); 17] {
    let (status, priority) = (&maps.status, &maps.priority);
    let (s, p) = (&status.from_zendesk, &priority.from_zendesk);
    [
        ("status_new", "new", s.new.as_str()),
        ("status_open", "open", s.open.as_str()),
        ("status_pending", "pending", s.pending.as_str()),
        ("status_hold", "hold", s.hold.as_str()),
        ("status_solved", "solved", s.solved.as_str()),
        ("status_closed", "closed", s.closed.as_str()),
        ("to_status_open", "open", status.to_zendesk.open.as_str()),
        (
            "to_status_in_progress",
            "in_progress",
            status.to_zendesk.in_progress.as_str(),
        ),
        (
            "to_status_resolved",
            "resolved",
            status.to_zendesk.resolved.as_str(),
        ),
        (
            "to_status_closed",
            "closed",
            status.to_zendesk.closed.as_str(),
        ),
        ("priority_low", "low", p.low.as_str()),
        ("priority_normal", "normal", p.normal.as_str()),
        ("priority_high", "high", p.high.as_str()),
        ("priority_urgent", "urgent", p.urgent.as_str()),
        ("to_priority_low", "low", priority.to_zendesk.low.as_str()),
        (
            "to_priority_normal",
            "normal",
            priority.to_zendesk.normal.as_str(),
        ),
        (
            "to_priority_high",
            "high",
            priority.to_zendesk.high.as_str(),
        ),
    ]
}

/// The tables of the form: what is stored, and over it what was typed.
pub(super) fn tables(maps: &Maps, typed: Typed<'_>) -> Vec<MapTable> {
    let words = |all: &[&'static str]| all.to_vec();
    let case_statuses: Vec<_> = CaseStatus::ALL.iter().map(|word| word.as_str()).collect();
    let ticket_statuses: Vec<_> = WritableStatus::ALL
        .iter()
        .map(|word| word.as_str())
        .collect();
    let case_priorities: Vec<_> = CasePriority::ALL.iter().map(|word| word.as_str()).collect();
    let ticket_priorities: Vec<_> = TicketPriority::ALL
        .iter()
        .map(|word| word.as_str())
        .collect();
    let all = fields(maps);
    let table = |title, from: &str, choices: &[&'static str]| MapTable {
        title,
        lines: all
            .iter()
            .filter(|(field, word, _)| field.strip_suffix(word) == Some(from))
            .map(|(field, word, kept)| {
                let typed = typed(field);
                MapLine {
                    field,
                    word,
                    chosen: if typed.is_empty() { kept } else { typed }.to_owned(),
                    choices: words(choices),
                }
            })
            .collect(),
    };
    vec![
        table(
            "Status: from a ticket to its case",
            "status_",
            &case_statuses,
        ),
        table(
            "Status: from a case to its ticket",
            "to_status_",
            &ticket_statuses,
        ),
        table(
            "Priority: from a ticket to its case",
            "priority_",
            &case_priorities,
        ),
        table(
            "Priority: from a case to its ticket",
            "to_priority_",
            &ticket_priorities,
        ),
    ]
}

/// The maps as typed; a field that is empty stays as it is in `maps`.
pub(super) fn read(maps: &Maps, typed: Typed<'_>, wrongs: &mut Wrongs) -> Maps {
    let mut read = maps.clone();
    let s = &mut read.status.from_zendesk;
    for (field, place) in [
        ("status_new", &mut s.new),
        ("status_open", &mut s.open),
        ("status_pending", &mut s.pending),
        ("status_hold", &mut s.hold),
        ("status_solved", &mut s.solved),
        ("status_closed", &mut s.closed),
    ] {
        choose(field, typed(field), CaseStatus::parse, place, wrongs);
    }
    let s = &mut read.status.to_zendesk;
    for (field, place) in [
        ("to_status_open", &mut s.open),
        ("to_status_in_progress", &mut s.in_progress),
        ("to_status_resolved", &mut s.resolved),
        ("to_status_closed", &mut s.closed),
    ] {
        choose(field, typed(field), WritableStatus::parse, place, wrongs);
    }
    let p = &mut read.priority.from_zendesk;
    for (field, place) in [
        ("priority_low", &mut p.low),
        ("priority_normal", &mut p.normal),
        ("priority_high", &mut p.high),
        ("priority_urgent", &mut p.urgent),
    ] {
        choose(field, typed(field), CasePriority::parse, place, wrongs);
    }
    let p = &mut read.priority.to_zendesk;
    for (field, place) in [
        ("to_priority_low", &mut p.low),
        ("to_priority_normal", &mut p.normal),
        ("to_priority_high", &mut p.high),
    ] {
        choose(field, typed(field), TicketPriority::parse, place, wrongs);
    }
    read
}

/// Reads a choice into its place.
pub(super) fn choose<T>(
    field: &'static str,
    word: &str,
    parse: impl Fn(&str) -> Option<T>,
    place: &mut T,
    wrongs: &mut Wrongs,
) {
    if word.is_empty() {
        return;
    }
    match parse(word) {
        Some(chosen) => *place = chosen,
        None => wrongs.add(field, "Choose one of those that are offered."),
    }
}
