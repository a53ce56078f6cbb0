//! The form of an answer without what it says: keys, types, and the few words that are Zendesk's own.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Their values are words of Zendesk's, not of anybody's.
const KEPT: &[&str] = &[
    "action",
    "channel",
    "code",
    "comment_present",
    "comment_public",
    "completed",
    "count",
    "end_of_stream",
    "error",
    "event_type",
    "has_more",
    "index",
    "job_type",
    "progress",
    "public",
    "rel",
    "role",
    "status",
    "success",
    "total",
    "type",
    "verified",
];

/// What is below them may be named by the account's people.
const OPAQUE: &[&str] = &[
    "agent_conditions",
    "custom",
    "custom_fields",
    "fields",
    "flags_options",
    "photo",
    "system",
    "tags",
    "user_fields",
];

/// Zendesk's sentences, which are kept where they explain a refusal.
const SENTENCES: &[&str] = &["description", "details", "message", "title"];

/// How many different forms of one list are told.
const MOST_FORMS: usize = 6;
/// How many rows of a job are told, each by itself.
const MOST_ROWS: usize = 10;
/// The longest sentence, in characters.
const LONGEST: usize = 200;

/// Takes out of texts what would name the account or a person.
#[derive(Debug, Clone)]
pub(super) struct Scrub {
    names: Vec<String>,
}

impl Scrub {
    /// `names` are those of the account: its host, its subdomain.
    pub(super) fn new(names: &[&str]) -> Self {
        let names = names.iter().filter(|name| !name.is_empty());
        Self {
            names: names.map(|name| name.to_lowercase()).collect(),
        }
    }

    /// A sentence without addresses, ids and the account's names, cut at 200 characters.
    pub(super) fn sentence(&self, text: &str) -> String {
        let words = text.split_whitespace().map(|word| self.word(word));
        let clean = words.collect::<Vec<_>>().join(" ");
        clean.chars().take(LONGEST).collect()
    }

    fn word(&self, word: &str) -> String {
        let lower = word.to_lowercase();
        if word.contains('@') || word.contains("://") {
            return "(left out)".to_owned();
        }
        if self.names.iter().any(|name| lower.contains(name)) {
            return "(left out)".to_owned();
        }
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        if digits > 5 { "{id}" } else { word }.to_owned()
    }

    /// The form of a body. `refused`: its sentences explain a refusal.
    pub(super) fn shape(&self, body: &Value, refused: bool) -> Value {
        self.of(None, body, refused)
    }

    fn of(&self, key: Option<&str>, value: &Value, refused: bool) -> Value {
        let is = |names: &[&str]| key.is_some_and(|key| names.contains(&key));
        if is(OPAQUE) {
            return Value::from(kind(value));
        }
        match value {
            Value::Object(map) => self.of_object(map, refused),
            Value::Array(rows) => self.of_array(key, rows, refused),
            Value::String(text) if refused && is(SENTENCES) => Value::from(self.sentence(text)),
            Value::String(text) if is(KEPT) && is_word(text) => json!({ "is": text }),
            Value::Bool(_) if is(KEPT) => json!({ "is": value }),
            Value::Number(number) if is(KEPT) || key == Some("id") => {
                match number.as_i64().filter(|number| (0..1000).contains(number)) {
                    Some(number) => json!({ "is": number }),
                    None => Value::from(kind(value)),
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Value::from(kind(value))
            }
        }
    }

    fn of_object(&self, map: &Map<String, Value>, refused: bool) -> Value {
        let mut out = Map::new();
        for (key, value) in map {
            // An id as a key, such as that of a custom field.
            let is_number = key.bytes().all(|byte| byte.is_ascii_digit());
            let name = if is_number { "{id}" } else { key };
            // A row that failed explains itself in an answer that is a 200.
            let explains = refused || map.contains_key("error");
            out.insert(name.to_owned(), self.of(Some(key), value, explains));
        }
        Value::Object(out)
    }

    fn of_array(&self, key: Option<&str>, rows: &[Value], refused: bool) -> Value {
        if key == Some("results") {
            let shown = rows.iter().take(MOST_ROWS);
            return shown.map(|row| self.of(None, row, refused)).collect();
        }
        let mut forms: Vec<Value> = Vec::new();
        for row in rows {
            let form = self.of(None, row, refused);
            if forms.len() < MOST_FORMS && !forms.contains(&form) {
                forms.push(form);
            }
        }
        json!({ "rows": rows.len(), "forms": forms })
    }
}

/// An export without the rows of anybody but the throw-away ticket and user.
pub(super) fn own_rows(body: &Value, ticket: Option<i64>, external_id: &str) -> Value {
    let mut own = body.clone();
    if let Some(Value::Array(events)) = own.get_mut("ticket_events") {
        events.retain(|event| ticket.is_some() && event["ticket_id"].as_i64() == ticket);
    }
    if let Some(Value::Array(users)) = own.get_mut("users") {
        users.retain(|user| user["external_id"] == external_id);
    }
    own
}

/// A path with ids as `{id}` and parameters without their values.
pub(super) fn path_of(path: &str) -> String {
    let (place, query) = path.split_once('?').unwrap_or((path, ""));
    let steps: Vec<&str> = place
        .split('/')
        .map(|step| {
            let is_id = step.bytes().any(|byte| byte.is_ascii_digit());
            if is_id { "{id}" } else { step }
        })
        .collect();
    let place = steps.join("/");
    if query.is_empty() {
        return place;
    }
    let names = query
        .split('&')
        .map(|pair| pair.split('=').next().unwrap_or_default());
    format!("{place}?{}", names.collect::<Vec<_>>().join("&"))
}

/// A word of an interface: short, and of few kinds of letters.
fn is_word(text: &str) -> bool {
    text.len() <= 60
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_- .".contains(&byte))
        && text.bytes().filter(u8::is_ascii_digit).count() <= 5
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::String(text) if text.is_empty() => "empty text",
        Value::String(text) if text.parse::<Timestamp>().is_ok() => match text.contains('.') {
            true => "time with a fraction",
            false => "time",
        },
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => "digits",
        Value::String(_) => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrub() -> Scrub {
        Scrub::new(&["company", "company.zendesk.com"])
    }

    #[test]
    fn a_shape_has_types_and_words_of_zendesk_but_nothing_of_anybody() {
        let body = json!({"ticket": {
            "id": 4711, "subject": "Private", "status": "open", "created_at": "2026-11-22T12:00:00Z",
            "custom_fields": [{"id": 7, "value": "secret"}], "tags": ["vip"], "description": "Private too",
            "via": {"channel": "api"}, "360001": null,
        }});
        let shape = scrub().shape(&body, false);
        let text = shape.to_string();
        for secret in ["Private", "secret", "vip", "4711", "360001"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert_eq!(shape["ticket"]["status"], json!({"is": "open"}));
        assert_eq!(shape["ticket"]["created_at"], "time");
        assert_eq!(shape["ticket"]["id"], "integer");
        assert_eq!(shape["ticket"]["custom_fields"], "array");
        assert_eq!(shape["ticket"]["{id}"], "null");
    }

    #[test]
    fn rows_of_a_job_keep_order_positions_and_scrubbed_reasons() {
        let body = json!({"job_status": {"results": [
            {"id": 2, "status": "Failed", "error": "UserUpdateError", "details": "Email: ann@example.com is bad"},
            {"id": 361_888_000_111_i64, "status": "Updated"},
        ]}});
        let shape = scrub().shape(&body, false);
        let rows = &shape["job_status"]["results"];
        assert_eq!(rows[0]["id"], json!({"is": 2}));
        assert_eq!(rows[0]["details"], "Email: (left out) is bad");
        assert_eq!(rows[1]["id"], "integer");
    }

    #[test]
    fn sentences_lose_addresses_ids_and_the_name_of_the_account() {
        let said = "Ask https://x.y or Ann@b.c about 361888000111 at Company.zendesk.com now";
        assert_eq!(
            scrub().sentence(said),
            "Ask (left out) or (left out) about {id} at (left out) now"
        );
    }

    #[test]
    fn rows_of_others_are_no_part_of_an_export() {
        let body = json!({
            "ticket_events": [{"ticket_id": 1}, {"ticket_id": 2}],
            "users": [{"external_id": "ours"}, {"external_id": null}],
            "count": 2,
        });
        let own = own_rows(&body, Some(2), "ours");
        assert_eq!(own["ticket_events"], json!([{"ticket_id": 2}]));
        assert_eq!(own["users"], json!([{"external_id": "ours"}]));
        assert_eq!(own_rows(&body, None, "ours")["ticket_events"], json!([]));
    }

    #[test]
    fn paths_lose_ids_and_values() {
        assert_eq!(path_of("tickets/35/audits"), "tickets/{id}/audits");
        assert_eq!(
            path_of("users/show_many?external_ids=a,b&x=1"),
            "users/show_many?external_ids&x"
        );
        assert_eq!(path_of("job_statuses/V3-abc0"), "job_statuses/{id}");
    }
}
