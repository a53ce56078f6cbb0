//! Writes down each new kind of exchange, so that a whole run of tests can be held to Zendesk's own
//! document afterwards (`cargo xtask test` does).
//!
//! Off unless the environment variable [`VARIABLE`] names a folder, and then it costs a look at a
//! static. On, each process adds to a file of its own there, one JSON object a line, and only what it
//! has not seen yet: an exchange whose route, status, keys, JSON types and words of an enumeration
//! have been there before is passed over, and so are the further rows of an array that look alike. A
//! process keeps the hash of each kind and no more than [`MOST`] of them.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use axum::http::header;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;

/// Names the folder. Tests start simulators in dozens of places, and in processes of their own, so
/// none of them has to know.
const VARIABLE: &str = "SIMULATOR_WITNESS";

/// The most kinds of exchanges that one process writes down.
const MOST: usize = 20_000;

/// The most rows of one array that are kept, all different.
const MOST_ROWS: usize = 12;

/// What one process has seen.
#[derive(Debug)]
pub(super) struct Witness {
    seen: HashSet<u64>,
    file: File,
}

static WITNESS: OnceLock<Option<Mutex<Witness>>> = OnceLock::new();

fn witness() -> Option<&'static Mutex<Witness>> {
    WITNESS
        .get_or_init(|| {
            let folder = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty())?;
            Witness::open(Path::new(&folder))
                .map_err(|error| tracing::warn!(%error, "exchanges cannot be written down"))
                .ok()
                .map(Mutex::new)
        })
        .as_ref()
}

/// What is kept of a request until its answer is known. `None` while nothing is written down.
pub(super) fn begin(call: &Call, route: &str) -> Option<Value> {
    witness()?;
    let agent = call
        .headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
        .unwrap_or_default();
    let request = (!call.body.is_empty()).then(|| read(&call.body));
    Some(json!({
        "method": call.method.as_str(),
        "route": route,
        "path": call.path,
        "query": call.query,
        "agent": agent,
        "request": request.unwrap_or_default(),
    }))
}

/// Writes an exchange down if its kind is new. `spoiled`: a fault was armed for it, so that the
/// answer may be wrong on purpose.
pub(super) fn end(begun: Option<Value>, answer: &Answer, spoiled: bool) {
    let (Some(mut exchange), Some(witness)) = (begun, witness()) else {
        return;
    };
    exchange["status"] = json!(answer.status);
    exchange["content_type"] = json!(answer.content_type);
    exchange["answer"] = if answer.content_type.starts_with("application/json") {
        read(&answer.body)
    } else {
        Value::Null
    };
    exchange["spoiled"] = json!(spoiled);
    let mut witness = witness.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = witness.note(&exchange) {
        tracing::warn!(%error, "an exchange was not written down");
    }
}

/// A body as JSON with rows that look alike left out; a body that is none is `null`.
fn read(body: &[u8]) -> Value {
    let mut value = serde_json::from_slice(body).unwrap_or_default();
    thin(&mut value);
    value
}

fn thin(value: &mut Value) {
    match value {
        Value::Array(rows) => {
            rows.iter_mut().for_each(thin);
            let mut kinds = HashSet::new();
            rows.retain(|row| kinds.len() < MOST_ROWS && kinds.insert(kind(row)));
        }
        Value::Object(map) => map.values_mut().for_each(thin),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A hash of what a value looks like.
fn kind(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    look(value, &mut hasher);
    hasher.finish()
}

fn look(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        Value::Null => 0.hash(hasher),
        Value::Bool(_) => 1.hash(hasher),
        Value::Number(number) => (2, number.is_f64()).hash(hasher),
        Value::String(text) => {
            // Words of enumerations look like this; names, texts and times do not.
            let word = text.len() <= 20
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            (3, word.then_some(text)).hash(hasher);
        }
        Value::Array(rows) => {
            let mut kinds: Vec<u64> = rows.iter().map(kind).collect();
            kinds.sort_unstable();
            kinds.dedup();
            (4, kinds).hash(hasher);
        }
        Value::Object(map) => {
            (5, map.len()).hash(hasher);
            for (key, value) in map {
                key.hash(hasher);
                look(value, hasher);
            }
        }
    }
}

impl Witness {
    fn open(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let name = format!("{}.jsonl", std::process::id());
        let file = File::options()
            .create(true)
            .append(true)
            .open(folder.join(name))?;
        Ok(Self {
            seen: HashSet::new(),
            file,
        })
    }

    fn note(&mut self, exchange: &Value) -> std::io::Result<()> {
        let mut hasher = DefaultHasher::new();
        for key in ["method", "route", "agent", "request"] {
            look_at(exchange, key, &mut hasher);
        }
        exchange["status"].as_u64().hash(&mut hasher);
        exchange["spoiled"].as_bool().hash(&mut hasher);
        look(&exchange["answer"], &mut hasher);
        if let Some(query) = exchange["query"].as_array() {
            for pair in query {
                pair[0].as_str().hash(&mut hasher);
            }
        }
        if self.seen.len() >= MOST || !self.seen.insert(hasher.finish()) {
            return Ok(());
        }
        let mut line = exchange.to_string();
        line.push('\n');
        self.file.write_all(line.as_bytes())
    }
}

/// Words of the exchange itself count as they are.
fn look_at(exchange: &Value, key: &str, hasher: &mut DefaultHasher) {
    let value = &exchange[key];
    match value.as_str() {
        Some(text) => text.hash(hasher),
        None => look(value, hasher),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(answer: &Value) -> Value {
        json!({
            "method": "GET", "route": "users/{id}", "path": "users/1", "query": [["a", "b"]],
            "agent": "x", "request": null, "status": 200, "spoiled": false, "answer": answer,
        })
    }

    #[test]
    fn an_exchange_of_a_known_kind_is_written_once() {
        let folder = std::env::temp_dir().join(format!("witness-{}", std::process::id()));
        let mut witness = Witness::open(&folder).unwrap();
        for answer in [
            json!({"name": "Ann", "role": "agent"}),
            json!({"name": "Bob", "role": "agent"}),
            json!({"name": "Bob", "role": "admin"}),
            json!({"name": null, "role": "admin"}),
            json!({"role": "admin"}),
        ] {
            witness.note(&exchange(&answer)).unwrap();
        }
        let file = folder.join(format!("{}.jsonl", std::process::id()));
        let lines = std::fs::read_to_string(file).unwrap().lines().count();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(lines, 4);
    }

    #[test]
    fn rows_that_look_alike_are_kept_once() {
        let mut page = json!({"users": [{"id": 1}, {"id": 2}, {"id": null}]});
        thin(&mut page);
        assert_eq!(page, json!({"users": [{"id": 1}, {"id": null}]}));
    }
}
