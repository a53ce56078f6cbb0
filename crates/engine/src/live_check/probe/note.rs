//! A private note as Deskbridge writes one: its marker, its text, its files.

use std::time::Duration;

use serde_json::{Value, json};
use zendesk::comment_html;

use super::Seen;
use crate::live_check::TAG;
use crate::live_check::leftover::Known;
use crate::live_check::stage::{Ask, Halt, Stage};

/// Waits before the audits are read again, while the marker is not there.
const WAITS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(15),
];
/// Sizes of metadata that are tried, in bytes of its JSON.
const SIZES: [usize; 3] = [512, 1024, 4096];
/// Deskbridge's marker takes 52 bytes; this leaves room for more.
const NEEDED: usize = 512;

/// Whether the marker of an update is in the audits as soon as it was answered (reliability.md 5, step 3).
pub(super) async fn marker(stage: &mut Stage, known: &mut Known) -> Result<Seen, Halt> {
    let ticket = known.ticket()?;
    known.op = stage.op(20);
    let html = format!(
        "encoded {} end<br>plain {{{{ticket.id}}}} end",
        comment_html("{{ticket.id}}")
    );
    let note = json!({
        "comment": {"html_body": html, "public": false},
        "metadata": {"deskbridge_op": known.op},
    });
    let answer = stage.put(ticket, &note).await?.good("a private note")?;
    known.read(&answer);
    known.noted = known.stamped().unwrap_or_else(|| stage.now()).as_second();
    let in_answer = has_marker(&answer.json["audit"], &known.op);
    let path = format!("tickets/{ticket}/audits?per_page=100");
    let mut waits = WAITS.iter();
    let mut waited = Duration::ZERO;
    loop {
        let audits = stage.send(Ask::get(&path)).await?.good("the audits")?;
        let rows = audits.json["audits"].as_array();
        known.audits = rows.cloned().unwrap_or_default();
        if known
            .audits
            .iter()
            .any(|audit| has_marker(audit, &known.op))
        {
            break;
        }
        let Some(wait) = waits.next() else {
            let seen = format!(
                "Not {} seconds after the update; {} the answer to the update itself.",
                waited.as_secs(),
                if in_answer { "only in" } else { "nor in" }
            );
            let meaning = "After an unknown outcome Deskbridge finds its own writes by the marker; without it they are made twice.";
            return Ok(Seen::tell("never", seen, meaning));
        };
        stage.wait(*wait).await?;
        waited += *wait;
    }
    if !in_answer {
        let meaning = "Deskbridge reads from the answer what an update did, by its marker.";
        let seen = "In the audits, but not in the answer to the update.";
        return Ok(Seen::tell("not_in_the_answer", seen, meaning));
    }
    if waited.is_zero() {
        return Ok(Seen::fine(
            "at_once",
            "In the answer and in the audits at once.",
        ));
    }
    let seconds = waited.as_secs();
    let seen = format!("In the audits within {seconds} seconds, and not at once.");
    let meaning =
        "A write whose answer is lost could be made twice if it is looked for before that.";
    Ok(Seen::tell(format!("within_{seconds}_s"), seen, meaning))
}

/// Whether an audit, or a ticket event, has our marker in its metadata.
pub(super) fn has_marker(audit: &Value, op: &str) -> bool {
    let metadata = &audit["metadata"];
    [metadata, &metadata["custom"]]
        .iter()
        .any(|place| place["deskbridge_op"] == op)
}

/// What became of the braces in the note (zendesk-api.md 3.8).
pub(super) fn placeholders(known: &Known) -> Result<Seen, Halt> {
    let lost = || Halt::Odd("The note was not found among the audits.".to_owned());
    known.ticket()?;
    let events = known
        .audits
        .iter()
        .filter_map(|audit| audit["events"].as_array())
        .flatten();
    let text = events
        .filter(|event| event["type"] == "Comment")
        .filter_map(|event| event["plain_body"].as_str().or(event["body"].as_str()))
        .find(|text| text.contains("encoded "))
        .ok_or_else(lost)?;
    let kept = |word: &str| {
        let rest = text.split(word).nth(1)?;
        Some(rest.split("end").next()?.contains("ticket.id"))
    };
    let encoded = kept("encoded ").ok_or_else(lost)?;
    let plain = kept("plain ").ok_or_else(lost)?;
    let word = |kept: bool| if kept { "stay" } else { "are replaced" };
    let code = format!(
        "encoded_{}_plain_{}",
        if encoded { "stays" } else { "replaced" },
        if plain { "stays" } else { "replaced" }
    );
    let seen = format!(
        "Braces written as numbers {}, plain ones {}.",
        word(encoded),
        word(plain)
    );
    Ok(if encoded {
        Seen::fine(code, seen)
    } else {
        let meaning = "A customer's text with braces would be changed on its way to Zendesk.";
        Seen::tell(code, seen, meaning)
    })
}

/// Where the account's own triggers wrote what they did to the ticket, if any did something.
pub(super) fn triggers(known: &Known) -> Result<Seen, Halt> {
    known.ticket()?;
    let by_rule = |value: &Value| value["via"]["channel"] == "rule";
    let (mut own, mut shared) = (0, 0);
    for audit in &known.audits {
        let events = audit["events"].as_array().map(Vec::as_slice);
        let ruled = events
            .unwrap_or_default()
            .iter()
            .filter(|event| by_rule(event));
        if by_rule(audit) || audit["author_id"] == -1 {
            own += 1;
        } else {
            shared += ruled.count();
        }
    }
    let (code, seen) = match (own, shared) {
        (0, 0) => (
            "none_ran",
            "No trigger of the account did anything to the ticket.",
        ),
        (0, _) => ("in_the_updates_audit", "In the audit of the update."),
        (_, 0) => ("in_their_own_audits", "In audits of their own."),
        (_, _) => ("in_both", "In audits of their own and in those of updates."),
    };
    Ok(Seen::fine(code, seen))
}

/// The largest metadata of some sizes that is kept.
pub(super) async fn metadata_size(stage: &mut Stage, known: &mut Known) -> Result<Seen, Halt> {
    let ticket = known.ticket()?;
    let mut kept = 0;
    let mut end = "kept";
    for (number, size) in SIZES.into_iter().enumerate() {
        let bare = json!({"deskbridge_op": stage.op(30 + number), "fill": ""});
        let fill = "x".repeat(size.saturating_sub(bare.to_string().len()));
        let metadata = json!({"deskbridge_op": stage.op(30 + number), "fill": fill});
        let change = json!({
            "additional_tags": [format!("{TAG}_size_{number}")],
            "metadata": metadata,
        });
        let answer = stage.put(ticket, &change).await?;
        if answer.status >= 400 {
            end = "refused";
            break;
        }
        known.read(&answer);
        if answer.json["audit"]["metadata"]["custom"] != metadata {
            end = "dropped";
            break;
        }
        kept = size;
    }
    let code = format!("{kept}_then_{end}");
    let seen = match end {
        "kept" => format!("{kept} bytes are kept; more was not tried."),
        end => format!("{kept} bytes are kept, the next size is {end}."),
    };
    Ok(if kept >= NEEDED {
        Seen::fine(code, seen)
    } else {
        let meaning = "The marker of Deskbridge may not fit.";
        Seen::tell(code, seen, meaning)
    })
}

/// A note with an upload token that is none (zendesk-api.md 3.8).
pub(super) async fn unknown_upload(stage: &mut Stage, known: &mut Known) -> Result<Seen, Halt> {
    let ticket = known.ticket()?;
    let note = json!({
        "comment": {"body": "A file that is not there.", "public": false, "uploads": ["deskbridge0none"]},
        "metadata": {"deskbridge_op": stage.op(40)},
    });
    let answer = stage.put(ticket, &note).await?;
    known.read(&answer);
    Ok(match answer.status {
        200 => Seen::fine("passed_over", "The note was added without the file."),
        400 | 404 | 422 => Seen::fine(
            format!("refused_{}", answer.status),
            format!("The note was refused with {}.", answer.status),
        ),
        status => Seen::tell(
            format!("status_{status}"),
            format!("It was answered with {status}."),
            "A comment with a file could be tried for ever, or lost.",
        ),
    })
}
