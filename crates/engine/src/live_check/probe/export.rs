//! What exports show of the last minute (zendesk-api.md 3.9).

use std::time::Duration;

use zendesk::Bucket;

use super::Seen;
use super::note::has_marker;
use crate::live_check::leftover::Known;
use crate::live_check::report::Verdict;
use crate::live_check::stage::{Ask, Halt, Stage};

/// A start within the last minute, in seconds before now.
const RECENT: i64 = 20;
/// Exports leave the newest minute out; this long after an update they must show it.
const SETTLED: i64 = 75;
/// A start that no export refuses as too recent, in seconds before now.
const OLD: i64 = 65;

/// Whether an export of users may begin within the last minute.
pub(super) async fn recent_start(stage: &mut Stage) -> Result<Seen, Halt> {
    let start = theirs(stage) - RECENT;
    let path = format!("incremental/users/cursor?start_time={start}&per_page=1");
    let answer = stage.send(Ask::get(&path).on(Bucket::Exports)).await?;
    Ok(match answer.status {
        200 => Seen::fine("answered", "It is answered."),
        400 | 422 => Seen::fine(
            format!("refused_{}", answer.status),
            format!("It is refused with {} {}.", answer.status, answer.code()),
        ),
        403 => no_administrator(),
        status => Seen::tell(
            format!("status_{status}"),
            format!("It is answered with {status}."),
            "A pull that begins at a moment ago may not get over it.",
        ),
    })
}

/// Whether the marker of the note shows in ticket events, and how soon.
pub(super) async fn marker(stage: &mut Stage, known: &mut Known) -> Result<Seen, Halt> {
    let ticket = known.ticket()?;
    if known.op.is_empty() {
        return Err(Halt::NotBegun);
    }
    let mut after = theirs(stage) - known.noted;
    for is_last in [false, true] {
        if is_last {
            let wait = u64::try_from(known.noted + SETTLED - theirs(stage)).unwrap_or(0);
            stage.wait(Duration::from_secs(wait)).await?;
            after = SETTLED;
        }
        let start = (theirs(stage) - OLD).min(known.made - 1);
        let path = format!("incremental/ticket_events?start_time={start}");
        let answer = stage.send(Ask::get(&path).on(Bucket::Exports)).await?;
        if answer.status == 403 {
            return Ok(no_administrator());
        }
        let answer = answer.good("the export of ticket events")?;
        let events = answer.json["ticket_events"].as_array();
        let mut ours = events
            .into_iter()
            .flatten()
            .filter(|event| event["ticket_id"].as_i64() == Some(ticket));
        if ours.any(|event| has_marker(event, &known.op)) {
            return Ok(match after {
                ..60 => Seen::fine("within_the_minute", format!("There {after} seconds later.")),
                _ => Seen::fine("after_a_minute", "There after a minute, and not before."),
            });
        }
    }
    let meaning = "Deskbridge tells its own changes from others' by the marker in ticket events; without it they are read again, which costs requests.";
    Ok(Seen::tell(
        "never",
        format!("Not {SETTLED} seconds later."),
        meaning,
    ))
}

fn no_administrator() -> Seen {
    Seen::new(
        Verdict::Setting,
        "forbidden",
        "The credential may not read exports.",
        "An integration needs the credential of an administrator whose scopes include reading; a destination does not.",
    )
}

/// Zendesk's time now, in Unix seconds: ours, set right by the last change, as exports go by the clock of the
/// records and not by that of `Date`.
fn theirs(stage: &Stage) -> i64 {
    let now = stage.now().as_second();
    match stage.moments.last() {
        Some(last) => now + last.updated.as_second() - last.answered.as_second(),
        None => now,
    }
}
