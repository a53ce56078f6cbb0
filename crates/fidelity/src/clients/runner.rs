//! Running a client's program, and reading what it reports.

use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use super::install::Program;

/// One step of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// What was done.
    pub(super) name: String,
    /// What was wrong.
    pub(super) wrong: Option<String>,
    /// What about it is the client's own, and not the simulator's.
    pub(super) note: Option<String>,
}

impl Step {
    /// A step that did not come to an end.
    pub(super) fn broken(name: &str, why: &str) -> Self {
        Self {
            name: name.to_owned(),
            wrong: Some(why.to_owned()),
            note: None,
        }
    }

    /// A step with what was found to differ.
    pub(super) fn of(name: &str, differences: &[String]) -> Self {
        Self {
            name: name.to_owned(),
            wrong: differences.first().map(|first| match differences.len() {
                1 => first.clone(),
                more => format!("{first}, and {} more", more - 1),
            }),
            note: None,
        }
    }
}

/// Rows of the account as a client read them in the end.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Held {
    /// The step.
    pub(super) name: String,
    /// `users`, `tickets` or `comments`.
    pub(super) kind: String,
    /// The rows.
    pub(super) rows: Vec<Value>,
}

/// What one run came to.
#[derive(Debug, Default)]
pub(super) struct Ran {
    /// Its steps, compared.
    pub(super) steps: Vec<Step>,
    /// Rows to compare with the account.
    pub(super) held: Vec<Held>,
    /// Why it did not end well.
    pub(super) bad_end: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    step: String,
    #[serde(default)]
    expected: Value,
    #[serde(default)]
    seen: Value,
    #[serde(default)]
    ok: bool,
    holds: Option<String>,
    note: Option<String>,
}

/// Runs the program with `words`: `base` is the client's address, `truth` that of its plain reads.
pub(super) async fn run(
    program: &Program,
    words: &[&str],
    base: &str,
    truth: &str,
    patience: Duration,
) -> Ran {
    let mut command = Command::new(&program.program);
    command
        .arg(&program.script)
        .args(words)
        .current_dir(&program.folder)
        .env("FIDELITY_BASE", base)
        .env("FIDELITY_TRUTH", truth)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    // The way to this machine leads through no proxy.
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    let ended = match tokio::time::timeout(patience, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(problem)) => return ended_badly(format!("it could not be started: {problem}")),
        Err(_) => return ended_badly(format!("it took more than {} s", patience.as_secs())),
    };
    let mut ran = Ran::default();
    for text in String::from_utf8_lossy(&ended.stdout).lines() {
        match serde_json::from_str(text) {
            Ok(line) => note(&mut ran, line),
            Err(problem) => ran.steps.push(Step::broken(text, &problem.to_string())),
        }
    }
    if !ended.status.success() {
        let wrote = String::from_utf8_lossy(&ended.stderr);
        let last = wrote.lines().next_back().unwrap_or_default();
        ran.bad_end = Some(format!("{}: {last}", ended.status));
    }
    ran
}

fn ended_badly(why: String) -> Ran {
    Ran {
        bad_end: Some(why),
        ..Ran::default()
    }
}

fn note(ran: &mut Ran, line: Line) {
    if let (Some(kind), Value::Array(rows)) = (line.holds, &line.seen) {
        ran.held.push(Held {
            name: line.step,
            kind,
            rows: rows.clone(),
        });
        return;
    }
    let wrong = match difference("", &line.expected, &line.seen) {
        Some(difference) => Some(difference),
        None if line.ok => None,
        None => Some("the runner says that it failed".to_owned()),
    };
    ran.steps.push(Step {
        name: line.step,
        wrong,
        note: line.note,
    });
}

/// The first place where two values differ, in words.
fn difference(place: &str, expected: &Value, seen: &Value) -> Option<String> {
    match (expected, seen) {
        (Value::Object(one), Value::Object(other)) => {
            let missing = one.keys().find(|key| !other.contains_key(*key));
            let more = other.keys().find(|key| !one.contains_key(*key));
            if let Some(key) = missing {
                return Some(format!("{place}.{key} is missing"));
            }
            if let Some(key) = more {
                return Some(format!("{place}.{key} is too much"));
            }
            one.iter()
                .find_map(|(key, value)| difference(&format!("{place}.{key}"), value, &other[key]))
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => one
            .iter()
            .zip(other)
            .enumerate()
            .find_map(|(at, (one, other))| difference(&format!("{place}[{at}]"), one, other)),
        (one, other) if one == other => None,
        (one, other) => Some(format!(
            "{place} is {} in place of {}",
            brief(other),
            brief(one)
        )),
    }
}

fn brief(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 160 {
        return text;
    }
    let start: String = text.chars().take(160).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn step(line: Value) -> Step {
        let mut ran = Ran::default();
        note(&mut ran, serde_json::from_value(line).unwrap());
        ran.steps.remove(0)
    }

    #[test]
    fn a_step_passes_only_if_both_sides_are_equal_here_too() {
        let equal = json!({"step": "a", "expected": [1, null], "seen": [1, null], "ok": true});
        assert_eq!(step(equal).wrong, None);
        let other = json!({"step": "a", "expected": [1], "seen": [2], "ok": true});
        assert_eq!(step(other).wrong.unwrap(), "[0] is 2 in place of 1");
        let unsure = json!({"step": "a", "expected": 1, "seen": 1, "ok": false});
        assert!(step(unsure).wrong.is_some());
    }

    #[test]
    fn the_first_difference_is_told_by_its_place() {
        let one = json!({"users": [{"id": 1, "name": "Ann"}]});
        for (other, told) in [
            (json!({"users": [{"id": 1}]}), ".users[0].name is missing"),
            (
                json!({"users": [{"id": 1, "name": "Ann", "x": 0}]}),
                ".users[0].x is too much",
            ),
            (
                json!({"users": []}),
                ".users is [] in place of [{\"id\":1,\"name\":\"Ann\"}]",
            ),
        ] {
            assert_eq!(difference("", &one, &other).as_deref(), Some(told));
        }
        assert_eq!(difference("", &one, &one), None);
    }

    #[test]
    fn rows_for_the_account_are_kept_apart() {
        let mut ran = Ran::default();
        let line = json!({"step": "the account holds these users", "holds": "users", "seen": [{}]});
        note(&mut ran, serde_json::from_value(line).unwrap());
        assert!(ran.steps.is_empty());
        assert_eq!(ran.held[0].rows.len(), 1);
    }
}
