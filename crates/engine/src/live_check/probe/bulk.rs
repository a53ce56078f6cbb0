//! The rows of a bulk upsert, failed ones among them (zendesk-api.md 3.3).

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use zendesk::Bucket;

use super::Seen;
use crate::live_check::TITLE;
use crate::live_check::leftover::{Known, USERS};
use crate::live_check::report::Verdict;
use crate::live_check::stage::{Answer, Ask, Halt, Stage};

/// Waits before each look at the job: recorded ones took up to sixteen seconds.
const WAITS: [Duration; 5] = [
    Duration::from_secs(2),
    Duration::from_secs(3),
    Duration::from_secs(5),
    Duration::from_secs(8),
    Duration::from_secs(12),
];
/// Where the good row stands among the three that are sent.
const GOOD: i64 = 1;

/// One good row between two that must fail, and what becomes of them.
pub(super) async fn rows(stage: &mut Stage, known: &mut Known) -> Result<Seen, Halt> {
    let user = known.user.ok_or(Halt::NotBegun)?;
    let bad = |id: &str| json!({"name": TITLE, "external_id": id, "email": "no address", "skip_verify_email": true});
    let users = json!({"users": [
        bad(USERS[1]),
        {"name": TITLE, "external_id": USERS[0], "skip_verify_email": true},
        bad(USERS[2]),
    ]});
    let body = users.to_string();
    let ask = Ask::post("users/create_or_update_many", &body).on(Bucket::Jobs);
    let answer = stage.send(ask).await?;
    if answer.status == 403 {
        return Ok(switched_off(&answer));
    }
    let answer = answer.good("a bulk job of three users")?;
    let job = answer.json["job_status"]["id"].as_str();
    let job = job.ok_or_else(|| Halt::Odd("The bulk job has no id.".to_owned()))?;
    let path = format!("job_statuses/{job}");
    for wait in WAITS {
        stage.wait(wait).await?;
        let answer = stage.send(Ask::get(&path)).await?.good("the bulk job")?;
        let job = &answer.json["job_status"];
        match job["status"].as_str().unwrap_or_default() {
            "queued" | "working" => {}
            "completed" => return judge(known, user, &job["results"]),
            other => {
                return Ok(Seen::tell(
                    "job_failed",
                    format!("The job as a whole is {}.", short(other)),
                    "Deskbridge takes a job whose rows failed for one that is completed.",
                ));
            }
        }
    }
    Err(Halt::Odd(
        "The bulk job was not done after half a minute.".to_owned(),
    ))
}

fn switched_off(answer: &Answer) -> Seen {
    let says_so = answer.json["description"]
        .as_str()
        .is_some_and(|text| text.to_lowercase().contains("bulk"));
    let (code, seen) = if says_so {
        (
            "off_says_so",
            "Bulk import is off, and the refusal says so.",
        )
    } else {
        (
            "off",
            "403: bulk import is off, or the user's role may not; the refusal does not say which.",
        )
    };
    Seen::new(
        Verdict::Setting,
        code,
        seen,
        "Ask Zendesk's support to switch bulk user import on; without it Deskbridge sends users one by one, one a second.",
    )
}

/// What a row says of which row it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Index,
    Position,
    OneBased,
    ExternalId,
    Nothing,
}

impl Place {
    fn word(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Position => "id_is_position",
            Self::OneBased => "id_is_position_from_1",
            Self::ExternalId => "external_id",
            Self::Nothing => "nothing",
        }
    }
}

fn judge(known: &mut Known, user: i64, results: &Value) -> Result<Seen, Halt> {
    let rows = results.as_array();
    let rows = rows.ok_or_else(|| Halt::Odd("The job has no rows.".to_owned()))?;
    let mut order = Vec::new();
    let mut places = BTreeSet::new();
    let mut keys = BTreeSet::new();
    let mut bare = true;
    let bad: Vec<&Value> = rows.iter().filter(|row| row["id"] != user).collect();
    // Rows that were carried out although they should have failed have made users, who must go.
    let is_failed = |row: &&&Value| row["error"].is_string() || row["status"] == "Failed";
    let made = bad.iter().filter(|row| !is_failed(row));
    let made: Vec<i64> = made.filter_map(|row| row["id"].as_i64()).collect();
    known.users.extend(made.iter().filter(|id| **id > 1000));
    let from_1 = bad.iter().any(|row| row["id"] == 3);
    for row in rows {
        if row["id"] == user {
            order.push(GOOD);
            bare = !row["external_id"].is_string();
            continue;
        }
        let (at, place) = place_of(row, from_1);
        order.push(at.unwrap_or(-1));
        places.insert(place);
        let names = row.as_object().into_iter().flat_map(|map| map.keys());
        keys.extend(names.cloned());
    }
    let order_word = if order.contains(&-1) {
        "order_unknown"
    } else if order == [0, 1, 2] {
        "in_order"
    } else {
        "in_no_order"
    };
    let places_word: Vec<&str> = places.iter().map(|place| place.word()).collect();
    let places_word = places_word.join("_and_");
    let code = format!(
        "{}_failed_by_{places_word}_{}_{order_word}",
        bad.len() - made.len(),
        if bare { "bare" } else { "with_external_id" }
    );
    let keys: Vec<String> = keys.into_iter().map(|key| short(&key)).collect();
    let seen = format!(
        "{} rows, {} failed, told by {places_word}, {}; the good row has {} external id; keys of failed rows: {}.",
        rows.len(),
        bad.len() - made.len(),
        order_word.replace('_', " "),
        if bare { "no" } else { "its" },
        keys.join(", "),
    );
    let is_told = !places.contains(&Place::Nothing) && !places.contains(&Place::OneBased);
    Ok(
        if rows.len() == 3 && bad.len() == 2 && made.is_empty() && is_told {
            Seen::fine(code, seen)
        } else {
            let meaning = "Deskbridge may not know which customers of a batch failed.";
            Seen::tell(code, seen, meaning)
        },
    )
}

/// Which of the three rows it is, and by what it says so.
fn place_of(row: &Value, from_1: bool) -> (Option<i64>, Place) {
    if let Some(index) = row["index"].as_i64() {
        return (Some(index), Place::Index);
    }
    let by_id = USERS[1..]
        .iter()
        .position(|id| row["external_id"] == **id)
        .map(|place| if place == 0 { 0 } else { 2 });
    if by_id.is_some() {
        return (by_id, Place::ExternalId);
    }
    match row["id"].as_i64() {
        Some(id @ 1..=3) if from_1 => (Some(id - 1), Place::OneBased),
        Some(id @ 0..=2) => (Some(id), Place::Position),
        Some(_) | None => (None, Place::Nothing),
    }
}

/// A word of Zendesk's, cut: it stands in a sentence.
fn short(word: &str) -> String {
    let letters = word
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_');
    letters.take(30).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: i64 = 361_888_000;

    fn code(rows: &Value) -> (String, Verdict) {
        let mut known = Known::default();
        let seen = judge(&mut known, USER, rows).unwrap();
        (seen.code, seen.verdict)
    }

    fn good() -> Value {
        json!({"id": USER, "status": "Updated"})
    }

    #[test]
    fn a_position_that_begins_at_one_is_told() {
        let failed = |id: i64| json!({"id": id, "status": "Failed", "error": "E"});
        let (code_0, fine) = code(&json!([failed(0), good(), failed(2)]));
        assert_eq!(code_0, "2_failed_by_id_is_position_bare_in_order");
        assert_eq!(fine, Verdict::Fine);
        let (code_1, verdict) = code(&json!([failed(1), good(), failed(3)]));
        assert_eq!(code_1, "2_failed_by_id_is_position_from_1_bare_in_order");
        assert_eq!(verdict, Verdict::Tell);
    }

    #[test]
    fn rows_that_say_nothing_of_their_place_are_told() {
        let failed = || json!({"error": "E", "details": "bad"});
        let (word, verdict) = code(&json!([failed(), failed(), good()]));
        assert_eq!(word, "2_failed_by_nothing_bare_order_unknown");
        assert_eq!(verdict, Verdict::Tell);
    }

    #[test]
    fn a_bad_row_that_was_carried_out_is_told_and_its_user_is_remembered() {
        let mut known = Known::default();
        let made = json!({"id": 362_000_111, "status": "Created", "external_id": USERS[1]});
        let failed = json!({"index": 2, "error": "E"});
        let seen = judge(&mut known, USER, &json!([made, good(), failed])).unwrap();
        assert_eq!(seen.verdict, Verdict::Tell);
        assert!(known.users.contains(&362_000_111));
    }
}
