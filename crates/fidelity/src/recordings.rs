//! Every recorded exchange, sent to a simulator and compared.

use std::collections::BTreeMap;

use crate::client::Reply;
use crate::difference::{Difference, What, compare};
use crate::evidence;
use crate::recording::{Recording, read_all};
use crate::review::Review;
use crate::scene::Scene;
use crate::stage::Stages;
use crate::table::Table;

/// Headers that are compared; the others are Zendesk's own affair, or differ with every request.
const HEADERS: [&str; 9] = [
    "content-type",
    "location",
    "retry-after",
    "cache-control",
    "x-frame-options",
    "x-zendesk-api-version",
    "x-zendesk-api-warn",
    "x-rate-limit",
    "x-rate-limit-remaining",
];

/// Headers of limits by how they begin.
const LIMITS: [&str; 3] = ["rate-limit", "ratelimit", "zendesk-rate"];

#[derive(Debug, Default)]
struct Count {
    exchanges: usize,
    same: usize,
    explained: usize,
    wrong: usize,
    not_applicable: usize,
    reasons: BTreeMap<String, usize>,
}

/// How the simulator compares with the recordings.
pub async fn run(stages: &Stages) -> Table {
    run_route(stages, None).await
}

/// The same for one route only, `GET users/{id}`, or for all.
pub async fn run_route(stages: &Stages, only: Option<&str>) -> Table {
    let mut table = Table::new(
        "recordings",
        &[
            "route",
            "exchanges",
            "same",
            "explained",
            "wrong",
            "not applicable",
        ],
    );
    let Some(folder) = evidence::folder() else {
        return Table::skipped("recordings", evidence::MISSING);
    };
    let (all, mut review) = match (read_all(&folder.join("recordings")), Review::read()) {
        (Ok(all), Ok(review)) => (all, review),
        (Err(error), _) => {
            table.problem(error.to_string());
            return table;
        }
        (_, Err(error)) => {
            table.problem(format!("the reviewed list cannot be read: {error}"));
            return table;
        }
    };
    let mut routes: BTreeMap<&str, Count> = BTreeMap::new();
    let asked = all
        .iter()
        .filter(|one| only.is_none_or(|only| one.route == only));
    for recording in asked {
        let count = routes.entry(&recording.route).or_default();
        count.exchanges += 1;
        let reason = match recording.pattern {
            None => Some("the simulator has no such route".to_owned()),
            Some(_) => review.leave_out(&recording.name),
        };
        if let Some(reason) = reason {
            count.not_applicable += 1;
            *count.reasons.entry(reason).or_default() += 1;
            continue;
        }
        match replay(stages, recording, &all, &mut review).await {
            Err(why) => {
                count.wrong += 1;
                table.problem(format!("{}: {why}", recording.name));
            }
            Ok(found) => judge(recording, &found, &mut review, count, &mut table),
        }
    }
    let mut total = Count::default();
    for (route, count) in &routes {
        table.row([
            (*route).to_owned(),
            count.exchanges.to_string(),
            count.same.to_string(),
            count.explained.to_string(),
            count.wrong.to_string(),
            count.not_applicable.to_string(),
        ]);
        total.exchanges += count.exchanges;
        total.same += count.same;
        total.explained += count.explained;
        total.wrong += count.wrong;
        total.not_applicable += count.not_applicable;
        for (reason, times) in &count.reasons {
            *total.reasons.entry(reason.clone()).or_default() += times;
        }
    }
    table.row([
        "all".to_owned(),
        total.exchanges.to_string(),
        total.same.to_string(),
        total.explained.to_string(),
        total.wrong.to_string(),
        total.not_applicable.to_string(),
    ]);
    for (reason, times) in &total.reasons {
        table.note(format!("{times:>5}  {reason}"));
    }
    if stages.is_honest() && only.is_none() {
        table.problems.extend(review.stale());
    }
    table
}

fn judge(
    recording: &Recording,
    found: &[Difference],
    review: &mut Review,
    count: &mut Count,
    table: &mut Table,
) {
    let mut wrong = 0;
    let mut reasons = Vec::new();
    for one in found {
        match review.explain(recording, one) {
            Some(reason) => reasons.push(reason),
            None => {
                wrong += 1;
                table.problem(format!("{}: {one}", recording.name));
            }
        }
    }
    reasons.sort();
    reasons.dedup();
    for reason in reasons {
        *count.reasons.entry(reason).or_default() += 1;
    }
    if wrong > 0 {
        count.wrong += 1;
    } else if found.is_empty() {
        count.same += 1;
    } else {
        count.explained += 1;
    }
}

async fn replay(
    stages: &Stages,
    recording: &Recording,
    all: &[Recording],
    review: &mut Review,
) -> Result<Vec<Difference>, String> {
    let mut scene = Scene::set(stages, recording, all)
        .await
        .map_err(|error| error.to_string())?;
    let reply = scene.play().await.map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    if let Some(status) = recording.status
        && status != reply.status
    {
        found.push(Difference {
            what: What::Status,
            at: String::new(),
            recorded: status.to_string(),
            ours: format!("{} {}", reply.status, reply.body),
        });
        return Ok(found);
    }
    if recording.status.is_some() {
        compare_headers(recording, &reply, &mut found);
    }
    let mut body = recording.body.clone();
    review.prune(&mut body);
    let moment = scene.moment(recording);
    found.extend(compare(&body, &reply.body, &mut scene.names, moment));
    Ok(found)
}

fn compare_headers(recording: &Recording, reply: &Reply, found: &mut Vec<Difference>) {
    let relevant =
        |name: &str| HEADERS.contains(&name) || LIMITS.iter().any(|start| name.starts_with(start));
    for (name, value) in recording.headers.iter().filter(|(name, _)| relevant(name)) {
        let mut difference = |what, ours: &str| {
            found.push(Difference {
                what,
                at: name.clone(),
                recorded: value.clone(),
                ours: ours.to_owned(),
            });
        };
        match reply.headers.get(name) {
            None => difference(What::Missing, "nothing"),
            Some(ours) if !same_header(name, value, ours) => difference(What::Header, ours),
            Some(_) => {}
        }
    }
    for name in reply.headers.keys() {
        let limits = LIMITS.iter().any(|start| name.starts_with(start));
        let ours_alone =
            limits || ["location", "retry-after", "x-zendesk-api-warn"].contains(&name.as_str());
        if ours_alone && !recording.headers.is_empty() && !recording.headers.contains_key(name) {
            found.push(Difference {
                what: What::Extra,
                at: name.clone(),
                recorded: "nothing".to_owned(),
                ours: reply.headers[name].clone(),
            });
        }
    }
}

/// Counts and places differ with every request; their form may not.
fn same_header(name: &str, recorded: &str, ours: &str) -> bool {
    let form = |text: &str| -> String {
        let mut form = String::new();
        for letter in text.chars() {
            if !letter.is_ascii_digit() {
                form.push(letter);
            } else if !form.ends_with('0') {
                form.push('0');
            }
        }
        form
    };
    match name {
        "content-type" => recorded.eq_ignore_ascii_case(ours),
        "cache-control" => {
            let parts = |text: &str| {
                let mut parts: Vec<String> =
                    text.split(',').map(|part| part.trim().to_owned()).collect();
                parts.sort();
                parts
            };
            parts(recorded) == parts(ours)
        }
        "location" => {
            let path = |text: &str| {
                let start = text.find("/api/").unwrap_or(0);
                form(&text[start..])
            };
            path(recorded) == path(ours)
        }
        _ if name.contains("rate") || name == "retry-after" => {
            let total = |text: &str| {
                text.split_once("remaining")
                    .map(|(total, _)| total.to_owned())
            };
            form(recorded) == form(ours) && total(recorded) == total(ours)
        }
        _ => recorded == ours,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_in_a_header_may_differ_and_its_form_may_not() {
        assert!(same_header("x-rate-limit-remaining", "605", "699"));
        assert!(!same_header("x-rate-limit-remaining", "605", "many"));
        let recorded = "total=100; remaining=99; resets=41";
        let name = "zendesk-ratelimit-tickets-index";
        assert!(same_header(
            name,
            recorded,
            "total=100; remaining=3; resets=4"
        ));
        assert!(!same_header(
            name,
            recorded,
            "total=20; remaining=3; resets=4"
        ));
        assert!(!same_header(name, recorded, "100 in all"));
    }

    #[test]
    fn media_types_are_compared_without_regard_to_case() {
        assert!(same_header(
            "content-type",
            "application/json; charset=UTF-8",
            "application/json; charset=utf-8"
        ));
        assert!(!same_header(
            "content-type",
            "text/plain",
            "application/json"
        ));
    }
}
