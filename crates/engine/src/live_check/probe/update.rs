//! Keys, stamps and seconds: what keeps two writers apart.

use serde_json::{Value, json};

use super::Seen;
use crate::live_check::leftover::{Known, create_again};
use crate::live_check::stage::{Answer, Ask, Halt, Stage};
use crate::live_check::{TAG, TITLE};

/// How often two updates are sent at once. The second time both connections are open already, so that they
/// meet more closely.
const ROUNDS: usize = 2;
/// How often if they never met, as on a machine that is busy.
const MOST_ROUNDS: usize = 3;
/// How often two updates are tried to be brought into one second.
const TRIES: usize = 3;

/// The creation once more with its key, and with another body (zendesk-api.md 3.7).
pub(super) async fn idempotency_key(stage: &mut Stage, known: &mut Known) -> Result<Seen, Halt> {
    let ticket = known.ticket()?;
    let body = known.creation.clone();
    let again = create_again(stage, known, &body).await?;
    let is_same = again.id_of("ticket") == Some(ticket);
    let lookup = again.header("x-idempotency-lookup");
    let lookup = lookup.unwrap_or("no header").to_owned();
    let other = body.replacen(TITLE, &format!("{TITLE} other"), 1);
    let other = create_again(stage, known, &other).await?;
    let refused = match other.status {
        400 | 409 | 422 => "other_body_refused".to_owned(),
        status => format!("other_body_{status}"),
    };
    let same = if is_same {
        "same_ticket"
    } else {
        "other_ticket"
    };
    let code = format!("{same}_{}_{refused}", lookup.replace(' ', "_"));
    let seen = format!(
        "The same body: {} with {lookup}; another body: {} {}.",
        if is_same {
            "the same ticket"
        } else {
            "no or another ticket"
        },
        other.status,
        if other.status < 300 { "" } else { other.code() },
    );
    Ok(if is_same && lookup == "hit" && other.status >= 400 {
        Seen::fine(code, seen)
    } else {
        let meaning = "A ticket whose creation was not answered could be made twice, or not be recognised as made before.";
        Seen::tell(code, seen, meaning)
    })
}

/// Two updates with one stamp at the same time: one must lose (reliability.md 5, step 6).
pub(super) async fn safe_update(stage: &mut Stage, known: &mut Known) -> Result<Seen, Halt> {
    let ticket = known.ticket()?;
    let mut codes: Vec<&'static str> = Vec::new();
    let mut apart = 0;
    for round in 0..MOST_ROUNDS {
        if round >= ROUNDS && apart < round {
            break;
        }
        stage.next_second().await?;
        let stamp = known.stamp.clone();
        let first = stamped(stage, &stamp, "a", 2 * round + 1);
        let second = stamped(stage, &stamp, "b", 2 * round + 2);
        let (one, other) = Box::pin(stage.put_both(ticket, &first, &second)).await?;
        let met = one.exchanged.sent <= other.exchanged.answered
            && other.exchanged.sent <= one.exchanged.answered;
        apart += usize::from(!met);
        codes.push(judge(&one, &other));
        for answer in [&one, &other] {
            // The later of the two is the newest state, whichever was read first.
            let updated = answer.json["ticket"]["updated_at"].as_str();
            if updated.is_some_and(|updated| updated >= known.stamp.as_str()) {
                known.read(answer);
            }
        }
        if codes.last() == Some(&"none_passes") {
            let path = format!("tickets/{ticket}");
            let now = stage.send(Ask::get(&path)).await?.good("the ticket")?;
            known.read(&now);
            if known.stamp != stamp {
                // Something that watches the account was quicker than both.
                codes.pop();
            }
        }
        if codes.last() == Some(&"both_pass") {
            stage.next_second().await?;
            let late = stamped(stage, &stamp, "c", 90);
            let late = stage.put(ticket, &late).await?;
            known.read(&late);
            let (code, seen) = if late.status == 409 {
                (
                    "both_pass",
                    "Both passed; an old stamp is refused a second later.",
                )
            } else {
                (
                    "never_refused",
                    "Both passed, and an old stamp passes later as well.",
                )
            };
            let meaning = "Two edits at the same moment can overwrite one another.";
            return Ok(Seen::tell(code, seen, meaning));
        }
    }
    if codes.is_empty() {
        return Err(Halt::Odd(
            "Each time something else in the account changed the ticket first.".to_owned(),
        ));
    }
    let all = codes.join(", ");
    if codes.iter().all(|code| *code == "one_passes") {
        if apart == codes.len() {
            return Err(Halt::Odd(
                "The two updates did not meet: the limits of the account kept them apart."
                    .to_owned(),
            ));
        }
        let rounds = codes.len();
        let seen = format!("In {rounds} rounds one passed and one was 409 UpdateConflict.");
        return Ok(Seen::fine("one_passes", seen));
    }
    let worst = codes.into_iter().find(|code| *code != "one_passes");
    let meaning = "An edit may be refused in a way that Deskbridge does not try again.";
    Ok(Seen::tell(
        worst.unwrap_or_default(),
        format!("The rounds: {all}."),
        meaning,
    ))
}

fn judge(one: &Answer, other: &Answer) -> &'static str {
    let passed = |answer: &&Answer| answer.status == 200;
    let outdated = |answer: &&Answer| answer.status == 409 && answer.code() == "UpdateConflict";
    let both = [one, other];
    match (
        both.iter().copied().filter(|answer| passed(answer)).count(),
        both.iter()
            .copied()
            .filter(|answer| outdated(answer))
            .count(),
    ) {
        (2, _) => "both_pass",
        (1, 1) => "one_passes",
        (1, _) => "other_refusal",
        _ => "none_passes",
    }
}

fn stamped(stage: &Stage, stamp: &str, word: &str, number: usize) -> Value {
    json!({
        "subject": format!("{TITLE} {} {word}{number}", stage.run()),
        "safe_update": true,
        "updated_stamp": stamp,
        "metadata": {"deskbridge_op": stage.op(number)},
    })
}

/// Whether `updated_at` tells two changes of one second apart (reliability.md 5, step 5).
pub(super) async fn same_second(stage: &mut Stage, known: &mut Known) -> Result<Seen, Halt> {
    let ticket = known.ticket()?;
    for round in 0..TRIES {
        stage.next_second().await?;
        let mut moments = Vec::new();
        for number in 0..2 {
            let tag = json!({"additional_tags": [format!("{TAG}_second_{round}{number}")]});
            let answer = stage.put(ticket, &tag).await?.good("a tag")?;
            known.read(&answer);
            moments.push((answer.exchanged.date, known.stamp.clone()));
        }
        let [(first, before), (second, after)] = &moments[..] else {
            break;
        };
        if before.contains('.') {
            return Ok(Seen::fine(
                "fraction",
                "updated_at has a fraction of a second.",
            ));
        }
        if first.is_some() && first == second {
            // Zendesk says its Date last, so one Date may span two seconds of changes: those tell nothing.
            if before == after {
                return Ok(Seen::fine(
                    "stands_still",
                    "Two changes in one second have the same updated_at.",
                ));
            }
        }
    }
    Err(Halt::Odd(format!(
        "In {TRIES} tries no two changes fell into one second."
    )))
}

/// Whether setting what is there already is no change (I-07).
pub(super) async fn same_value(stage: &mut Stage, known: &mut Known) -> Result<Seen, Halt> {
    let ticket = known.ticket()?;
    stage.next_second().await?;
    let before = known.stamp.clone();
    let same = json!({"subject": known.subject, "metadata": {"deskbridge_op": stage.op(10)}});
    let answer = stage.put(ticket, &same).await?.good("the same subject")?;
    known.read(&answer);
    let moved = known.stamp != before;
    let events = answer.json["audit"]["events"]
        .as_array()
        .map_or(0, Vec::len);
    let code = match (moved, events > 0) {
        (false, false) => "nothing",
        (true, false) => "updated_at_moves",
        (false, true) => "an_event",
        (true, true) => "a_change",
    };
    let seen = format!(
        "{events} events; updated_at {}.",
        if moved { "moved" } else { "stayed" }
    );
    Ok(if code == "nothing" {
        Seen::fine(code, seen)
    } else {
        let meaning = "Deskbridge tells from these whether an update had an effect.";
        Seen::tell(code, seen, meaning)
    })
}
