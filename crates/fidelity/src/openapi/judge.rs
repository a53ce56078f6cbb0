//! One exchange against the document, and the list of the document's own mistakes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::document::{Document, Operation, Side};
use super::{Exchange, PRODUCT};
use crate::review::matches;

/// The mistakes of the document.
const MISTAKES: &str = include_str!("../../reviewed/openapi.toml");

/// A mistake of the document, or what it leaves out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mistake {
    /// Operations, `*` for all.
    operations: Vec<String>,
    /// Where in the body, as pointers with `*` for any one part and a last `**` for all below; the
    /// name of a parameter; the status.
    at: Vec<String>,
    /// Which check: a keyword of JSON Schema, `status`, `parameter`, `unknown key`, `operation`.
    check: Vec<String>,
    /// Part of what the check says, where only some are meant.
    #[serde(default)]
    says: Option<String>,
    /// What the document gets wrong.
    why: String,
    /// The recording or the note that shows it.
    evidence: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mistakes {
    mistakes: Vec<Mistake>,
}

/// What is wrong with an exchange.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The operation.
    pub operation: String,
    /// Where.
    pub at: String,
    /// Which check.
    pub check: String,
    /// What it says.
    pub says: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            operation,
            at,
            check,
            says,
        } = self;
        write!(f, "{operation}: {check} at {at}: {says}")
    }
}

/// The document with its reviewed mistakes, ready to check.
pub struct Judge {
    document: Document,
    mistakes: Vec<Mistake>,
    used: BTreeSet<usize>,
    validators: BTreeMap<(Operation, Option<u16>), Option<jsonschema::Validator>>,
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judge").finish_non_exhaustive()
    }
}

impl Judge {
    /// Reads the document and the list.
    ///
    /// # Errors
    /// A sentence that says what could not be read.
    pub fn new(folder: &Path) -> Result<Self, String> {
        let document =
            Document::read(&folder.join("oas.yaml")).map_err(|error| error.to_string())?;
        let list: Mistakes = toml::from_str(MISTAKES)
            .map_err(|error| format!("reviewed/openapi.toml cannot be read: {error}"))?;
        Ok(Self {
            document,
            mistakes: list.mistakes,
            used: BTreeSet::new(),
            validators: BTreeMap::new(),
        })
    }

    /// The operation of an exchange as tables call it.
    pub fn name(&self, exchange: &Exchange) -> String {
        match self.document.find(&exchange.method, &exchange.path) {
            Some(operation) => operation.to_string(),
            None => format!("{} {}", exchange.method, super::template(&exchange.path)),
        }
    }

    /// Everything that the document says against an exchange, reviewed or not.
    pub fn check(&mut self, exchange: &Exchange) -> Vec<Violation> {
        let mut found = Vec::new();
        let by_product = exchange.agent.starts_with(PRODUCT);
        let Some(operation) = self.document.find(&exchange.method, &exchange.path) else {
            found.push(Violation {
                operation: format!("{} {}", exchange.method, super::template(&exchange.path)),
                at: String::new(),
                check: "operation".to_owned(),
                says: "the document has no such operation".to_owned(),
            });
            return found;
        };
        if !exchange.spoiled && exchange.status != 0 {
            self.check_answer(&operation, exchange, &mut found);
        }
        if by_product && exchange.status < 400 {
            self.check_request(&operation, exchange, &mut found);
        }
        found.sort();
        found.dedup();
        found
    }

    fn check_answer(
        &mut self,
        operation: &Operation,
        exchange: &Exchange,
        found: &mut Vec<Violation>,
    ) {
        let status = exchange.status;
        let Some(schema) = self.document.answer(operation, status) else {
            // Refusals are hardly in the document at all.
            if status < 400 {
                found.push(violation(
                    operation,
                    &status.to_string(),
                    "status",
                    "the document has no such status",
                ));
            }
            return;
        };
        if exchange.answer.is_null() {
            return;
        }
        let key = (operation.clone(), Some(status));
        let document = &self.document;
        let validator = self.validators.entry(key).or_insert_with(|| {
            jsonschema::draft7::new(&document.whole(&schema, Side::Answer)).ok()
        });
        validate(operation, validator.as_ref(), &exchange.answer, found);
    }

    fn check_request(
        &mut self,
        operation: &Operation,
        exchange: &Exchange,
        found: &mut Vec<Violation>,
    ) {
        let known = self.document.parameters(operation);
        for (name, _) in &exchange.query {
            if !known.contains(name) {
                found.push(violation(
                    operation,
                    name,
                    "parameter",
                    "the document has no such parameter",
                ));
            }
        }
        if exchange.request.is_null() {
            return;
        }
        let Some(schema) = self.document.request(operation) else {
            found.push(violation(
                operation,
                "",
                "body",
                "the document has no body here",
            ));
            return;
        };
        for key in self.document.unknown_keys(&schema, &exchange.request) {
            found.push(violation(
                operation,
                &key,
                "unknown key",
                "the document has no such key",
            ));
        }
        let document = &self.document;
        let validator = self
            .validators
            .entry((operation.clone(), None))
            .or_insert_with(|| {
                jsonschema::draft7::new(&document.whole(&schema, Side::Request)).ok()
            });
        validate(operation, validator.as_ref(), &exchange.request, found);
    }

    /// The reason for a violation, if it is reviewed.
    pub fn excuse(&mut self, one: &Violation) -> Option<String> {
        let place = self
            .mistakes
            .iter()
            .position(|mistake| mistake.holds(one))?;
        self.used.insert(place);
        Some(self.mistakes[place].why.clone())
    }

    /// Reviewed mistakes that nothing showed.
    pub fn stale(&self) -> Vec<String> {
        (0..self.mistakes.len())
            .filter(|place| !self.used.contains(place))
            .map(|place| {
                let mistake = &self.mistakes[place];
                format!(
                    "stale: nothing shows the reviewed mistake \"{}\" ({})",
                    mistake.why, mistake.evidence
                )
            })
            .collect()
    }
}

impl Mistake {
    fn holds(&self, one: &Violation) -> bool {
        let operation = |wanted: &String| wanted == "*" || *wanted == one.operation;
        self.operations.iter().any(operation)
            && self.check.contains(&one.check)
            && self.at.iter().any(|at| matches(at, &one.at))
            && self
                .says
                .as_ref()
                .is_none_or(|says| one.says.contains(says.as_str()))
    }
}

fn violation(operation: &Operation, at: &str, check: &str, says: &str) -> Violation {
    Violation {
        operation: operation.to_string(),
        at: at.to_owned(),
        check: check.to_owned(),
        says: says.to_owned(),
    }
}

fn validate(
    operation: &Operation,
    validator: Option<&jsonschema::Validator>,
    body: &Value,
    found: &mut Vec<Violation>,
) {
    let Some(validator) = validator else {
        found.push(violation(
            operation,
            "",
            "schema",
            "the document's schema is none",
        ));
        return;
    };
    for error in validator.iter_errors(body) {
        flatten(operation, &error, found);
    }
}

/// What an error says in the end. Of several schemas, none of which a body satisfies, the one that it
/// comes nearest to is meant.
fn flatten(
    operation: &Operation,
    error: &jsonschema::ValidationError<'_>,
    found: &mut Vec<Violation>,
) {
    use jsonschema::error::ValidationErrorKind as Kind;
    if let Kind::AnyOf { context } | Kind::OneOfNotValid { context } = error.kind() {
        let depth = |errors: &&Vec<jsonschema::ValidationError<'static>>| {
            let whole = errors
                .iter()
                .any(|one| one.instance_path() == error.instance_path());
            (whole, errors.len())
        };
        if let Some(nearest) = context.iter().min_by_key(depth) {
            for one in nearest {
                flatten(operation, one, found);
            }
            return;
        }
    }
    let at = error.instance_path().to_string();
    let says: String = error.to_string().chars().take(110).collect();
    found.push(violation(
        operation,
        &template_pointer(&at),
        error.kind().keyword(),
        &says,
    ));
}

/// A pointer with `*` in place of the numbers of rows.
fn template_pointer(at: &str) -> String {
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let part = |part| if number(&part) { "*" } else { part };
    at.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::evidence;

    fn exchange(answer: Value) -> Exchange {
        Exchange {
            method: "GET".to_owned(),
            path: "users/12".to_owned(),
            query: Vec::new(),
            agent: "deskbridge/0.1.0".to_owned(),
            request: Value::Null,
            status: 200,
            answer,
            spoiled: false,
        }
    }

    fn judge() -> Option<Judge> {
        match evidence::folder() {
            Some(folder) => Some(Judge::new(&folder).unwrap()),
            None => {
                println!("skipped: openapi {}", evidence::MISSING);
                None
            }
        }
    }

    #[test]
    fn a_wrong_type_a_wrong_word_and_an_unknown_status_are_found() {
        let Some(mut judge) = judge() else { return };
        let user = |role: &str, id: Value| json!({"user": {"name": "Ann", "role": role, "id": id}});
        let unexcused = |judge: &mut Judge, exchange: &Exchange| {
            let found = judge.check(exchange);
            found
                .into_iter()
                .filter(|one| judge.excuse(one).is_none())
                .count()
        };
        assert_eq!(
            unexcused(&mut judge, &exchange(user("agent", json!(12)))),
            0
        );
        assert!(unexcused(&mut judge, &exchange(user("agent", json!("12")))) > 0);
        assert!(unexcused(&mut judge, &exchange(json!({"user": {"role": "agent"}}))) > 0);
        let mut made = exchange(user("agent", json!(12)));
        made.status = 202;
        assert!(unexcused(&mut judge, &made) > 0);
        made.spoiled = true;
        assert_eq!(unexcused(&mut judge, &made), 0);
    }

    #[test]
    fn a_request_with_an_unknown_parameter_or_key_is_found() {
        let Some(mut judge) = judge() else { return };
        let mut asked = exchange(json!({"user": {"name": "Ann"}}));
        asked.query = vec![("colour".to_owned(), "red".to_owned())];
        assert!(
            judge
                .check(&asked)
                .iter()
                .any(|one| one.check == "parameter")
        );
        asked.query.clear();
        asked.method = "PUT".to_owned();
        asked.request = json!({"user": {"nmae": "Ann"}});
        assert!(judge.check(&asked).iter().any(|one| one.at == "/user/nmae"));
        asked.agent = "curl".to_owned();
        assert!(judge.check(&asked).iter().all(|one| one.at != "/user/nmae"));
    }

    #[test]
    fn the_evidence_of_every_mistake_is_there() {
        let Some(judge) = judge() else { return };
        let folder = evidence::folder().unwrap().join("recordings");
        for mistake in &judge.mistakes {
            let named = mistake.evidence.contains(' ')
                || folder.join(format!("{}.json", mistake.evidence)).is_file();
            assert!(named, "{}", mistake.evidence);
        }
    }
}
