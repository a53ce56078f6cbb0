//! What the simulator answered and the product sent, held to Zendesk's OpenAPI document.
//!
//! The simulator writes each new kind of exchange down where the environment variable
//! `SIMULATOR_WITNESS` names a folder; `cargo xtask test` and `cargo xtask fidelity` do. Here all of
//! them are checked. The document has mistakes of its own: `reviewed/openapi.toml` lists them.

pub mod document;
pub mod judge;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::evidence;
use crate::table::Table;
use judge::{Judge, Violation};

/// The start of the product's `User-Agent`.
const PRODUCT: &str = "deskbridge/";

/// An exchange as the simulator writes it down.
#[derive(Debug, Clone, Deserialize)]
pub struct Exchange {
    /// GET, POST and so on.
    pub method: String,
    /// The path below `/api/v2/`, without `.json`.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// Who sent it.
    pub agent: String,
    /// The request's body; null for none.
    pub request: Value,
    /// The status of the answer.
    pub status: u16,
    /// The answer's body; null for none, or for one that is no JSON.
    pub answer: Value,
    /// Whether a fault was armed for it: then the answer may be wrong on purpose.
    pub spoiled: bool,
}

/// A path with `{id}` in place of ids.
fn template(path: &str) -> String {
    let id = |part: &str| part.bytes().any(|byte| byte.is_ascii_digit()) || part.len() > 24;
    let part = |part| if id(part) { "{id}" } else { part };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The exchanges in a folder, each of a kind once.
///
/// # Errors
/// A file that cannot be read.
pub fn read_exchanges(folder: &Path) -> std::io::Result<Vec<Exchange>> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(file)?;
        for line in text.lines() {
            // The end of a file may be missing: its process was killed by a test.
            if seen.insert(line.to_owned())
                && let Ok(exchange) = serde_json::from_str(line)
            {
                all.push(exchange);
            }
        }
    }
    Ok(all)
}

#[derive(Debug, Default)]
struct Count {
    answers: usize,
    requests: usize,
    excused: usize,
    wrong: usize,
}

/// Checks everything in `folder`. `whole`: a whole run of the tests is in it, so that each reviewed
/// mistake must be shown by something.
pub fn run(folder: &Path, whole: bool) -> Table {
    let Some(evidence) = evidence::folder() else {
        return Table::skipped("openapi", evidence::MISSING);
    };
    let mut table = Table::new(
        "openapi",
        &[
            "operation",
            "answers",
            "requests of the product",
            "excused",
            "wrong",
        ],
    );
    let exchanges = match read_exchanges(folder) {
        Ok(exchanges) => exchanges,
        Err(error) => {
            table.problem(format!(
                "{}: {error}; run the tests first",
                folder.display()
            ));
            return table;
        }
    };
    let mut judge = match Judge::new(&evidence) {
        Ok(judge) => judge,
        Err(why) => {
            table.problem(why);
            return table;
        }
    };
    if exchanges.is_empty() {
        table.problem("nothing was written down, so nothing was checked");
    }
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut wrong: BTreeMap<Violation, usize> = BTreeMap::new();
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for exchange in exchanges.iter().filter(|one| is_of_api(one)) {
        let found = judge.check(exchange);
        let name = judge.name(exchange);
        let count = counts.entry(name).or_default();
        count.answers += usize::from(!exchange.spoiled);
        count.requests += usize::from(exchange.agent.starts_with(PRODUCT));
        for one in found {
            match judge.excuse(&one) {
                Some(reason) => {
                    count.excused += 1;
                    *reasons.entry(reason).or_default() += 1;
                }
                None => {
                    count.wrong += 1;
                    *wrong.entry(one).or_default() += 1;
                }
            }
        }
    }
    let mut total = Count::default();
    for (operation, count) in &counts {
        table.row(row(operation, count));
        total.answers += count.answers;
        total.requests += count.requests;
        total.excused += count.excused;
        total.wrong += count.wrong;
    }
    table.row(row("all", &total));
    for (reason, times) in &reasons {
        table.note(format!("{times:>7}  {reason}"));
    }
    for (one, times) in &wrong {
        table.problem(format!("{one} ({times} times)"));
    }
    if whole {
        table.problems.extend(judge.stale());
    }
    table
}

fn row(name: &str, count: &Count) -> [String; 5] {
    [
        name.to_owned(),
        count.answers.to_string(),
        count.requests.to_string(),
        count.excused.to_string(),
        count.wrong.to_string(),
    ]
}

/// The document is about the Support API alone: not about tokens, contents of files, and webhooks. A
/// path that nothing has is asked for on purpose by tests, and never by the product.
fn is_of_api(exchange: &Exchange) -> bool {
    let outside = ["/oauth", "/attachments", "webhooks"];
    let unknown = exchange.status == 404 && !exchange.agent.starts_with(PRODUCT);
    !outside.iter().any(|start| exchange.path.starts_with(start)) && !unknown
}
