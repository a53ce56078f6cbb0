//! How an answer of the simulator differs from a recorded one, key by key.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use url::Url;

/// What kind of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// The status of the answer.
    Status,
    /// A header.
    Header,
    /// A key was recorded, and ours has none.
    Missing,
    /// Ours has a key that was not recorded.
    Extra,
    /// Another JSON type; `null` is a type of its own.
    Type,
    /// Another value of the same type.
    Value,
    /// The same rows in another order.
    Order,
    /// More or fewer rows.
    Length,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// What kind.
    pub what: What,
    /// Where: `/users/*/name`, rows of arrays as `*`; the name of a header.
    pub at: String,
    /// What was recorded, cut short: its type for [`What::Type`], else its value.
    pub recorded: String,
    /// What the simulator answered.
    pub ours: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            what,
            at,
            recorded,
            ours,
        } = self;
        let at = if at.is_empty() { "/" } else { at };
        write!(f, "{what:?} {at}: recorded {recorded}, ours {ours}")
    }
}

/// Which of our ids stands for which recorded one. Ids that Zendesk gave out differ in every account,
/// so they are held to be the same if each stands for one and the same throughout.
#[derive(Debug, Clone, Default)]
pub struct Names {
    ours: BTreeMap<String, String>,
    recorded: BTreeMap<String, String>,
}

impl Names {
    /// Says which of ours stands for a recorded one.
    pub fn set(&mut self, recorded: impl Into<String>, ours: impl Into<String>) {
        let (recorded, ours) = (recorded.into(), ours.into());
        self.recorded.insert(ours.clone(), recorded.clone());
        self.ours.insert(recorded, ours);
    }

    /// Ours for a recorded one; the same one if none was said.
    pub fn ours<'a>(&'a self, recorded: &'a str) -> &'a str {
        self.ours.get(recorded).map_or(recorded, String::as_str)
    }

    /// Whether the two can stand for each other; from then on they do. `kind` is the kind of record.
    fn agree(&mut self, kind: &str, recorded: &str, ours: &str) -> bool {
        // Short numbers are given out once for each kind of record.
        let named = |id: &str| {
            if id.len() < 6 {
                format!("{kind} {id}")
            } else {
                id.to_owned()
            }
        };
        let (recorded, ours) = (named(recorded), named(ours));
        match (self.ours.get(&recorded), self.recorded.get(&ours)) {
            (Some(known), _) => *known == ours,
            (None, Some(_)) => false,
            (None, None) => {
                self.set(recorded, ours);
                true
            }
        }
    }
}

/// When each of the two answers was given, Unix seconds: times near it are the times of the answers.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// When it was recorded.
    pub recorded: i64,
    /// The simulator's time.
    pub ours: i64,
}

/// How far from the moment of an answer a time may be to be taken for it, in seconds.
const NEAR: i64 = 15;

/// Compares two bodies.
pub fn compare(
    recorded: &Value,
    ours: &Value,
    names: &mut Names,
    moment: Moment,
) -> Vec<Difference> {
    let mut comparison = Comparison {
        names,
        moment,
        found: Vec::new(),
    };
    comparison.go("", "", recorded, ours);
    comparison.found.sort();
    comparison.found.dedup();
    comparison.found
}

struct Comparison<'a> {
    names: &'a mut Names,
    moment: Moment,
    found: Vec<Difference>,
}

impl Comparison<'_> {
    fn add(&mut self, what: What, at: &str, recorded: impl Into<String>, ours: impl Into<String>) {
        self.found.push(Difference {
            what,
            at: at.to_owned(),
            recorded: recorded.into(),
            ours: ours.into(),
        });
    }

    fn go(&mut self, at: &str, key: &str, recorded: &Value, ours: &Value) {
        match (recorded, ours) {
            (Value::Object(recorded), Value::Object(ours)) => {
                for (key, value) in recorded {
                    let at = format!("{at}/{key}");
                    match ours.get(key) {
                        Some(other) => self.go(&at, key, value, other),
                        None => self.add(What::Missing, &at, short(value), "nothing"),
                    }
                }
                for (key, value) in ours {
                    if !recorded.contains_key(key) {
                        self.add(What::Extra, &format!("{at}/{key}"), "nothing", short(value));
                    }
                }
            }
            (Value::Array(recorded), Value::Array(ours)) => self.rows(at, key, recorded, ours),
            _ if kind(recorded) != kind(ours) => {
                self.add(What::Type, at, kind(recorded), kind(ours));
            }
            _ => {
                if !self.same(at, key, recorded, ours) {
                    self.add(What::Value, at, short(recorded), short(ours));
                }
            }
        }
    }

    fn rows(&mut self, at: &str, key: &str, recorded: &[Value], ours: &[Value]) {
        if recorded.len() != ours.len() {
            let (recorded, ours) = (recorded.len().to_string(), ours.len().to_string());
            self.add(What::Length, at, recorded, ours);
        }
        let at_row = format!("{at}/*");
        let mut left: Vec<&Value> = ours.iter().collect();
        let mut moved = false;
        for row in recorded {
            // A row is first looked for where it should be, then by its id or, without ids, as it is.
            let place = left.iter().position(|other| self.is_row(row, other));
            let place = match place {
                Some(place) => {
                    moved |= place != 0;
                    place
                }
                None => 0,
            };
            if place < left.len() {
                let other = left.remove(place);
                self.go(&at_row, key, row, other);
            }
        }
        if moved {
            self.add(What::Order, at, "in order", "in another order");
        }
    }

    /// Whether two rows are the same record: by a known id, or as a whole.
    fn is_row(&self, recorded: &Value, ours: &Value) -> bool {
        match (recorded.get("id"), ours.get("id")) {
            (Some(recorded), Some(ours)) => {
                let (recorded, ours) = (text(recorded), text(ours));
                self.names.ours(&recorded) == ours
            }
            _ => recorded == ours,
        }
    }

    fn same(&mut self, at: &str, key: &str, recorded: &Value, ours: &Value) -> bool {
        if recorded == ours && !(is_id(key) && recorded.is_i64()) {
            return true;
        }
        match (recorded, ours) {
            (Value::Number(recorded), Value::Number(ours)) if is_id(key) => {
                self.names
                    .agree(kind_of(at, key), &recorded.to_string(), &ours.to_string())
            }
            (Value::Number(recorded), Value::Number(ours))
                if key == "generated_timestamp" || key == "end_time" =>
            {
                let near = |number: &serde_json::Number, moment: i64| {
                    number
                        .as_i64()
                        .is_some_and(|at| (at - moment).abs() <= NEAR)
                };
                near(recorded, self.moment.recorded) && near(ours, self.moment.ours)
            }
            (Value::String(recorded), Value::String(ours)) => {
                if is_id(key) {
                    return self.names.agree(kind_of(at, key), recorded, ours);
                }
                if is_number(recorded) && is_number(ours) && key.ends_with("value") {
                    // An event's value may be of any kind: it is held to what is known, and teaches nothing.
                    return self.names.ours(recorded) == ours;
                }
                if let (Ok(recorded), Ok(ours)) = (Url::parse(recorded), Url::parse(ours)) {
                    return self.same_address(&recorded, &ours);
                }
                self.same_time(recorded, ours)
            }
            _ => false,
        }
    }

    /// Times of records that were there before are the same; those of the answer are near it, and those
    /// to come as far ahead.
    fn same_time(&self, recorded: &str, ours: &str) -> bool {
        let form = |text: &str| text.len().min(21) * 2 + usize::from(text.ends_with('Z'));
        let (Ok(at), Ok(other)) = (recorded.parse::<Timestamp>(), ours.parse::<Timestamp>()) else {
            return false;
        };
        let ahead = at.as_second() - self.moment.recorded;
        form(recorded) == form(ours)
            && ahead >= -NEAR
            && (other.as_second() - self.moment.ours - ahead).abs() <= NEAR
    }

    /// Addresses are the same on another host; what stands for ids stands for each other.
    fn same_address(&mut self, recorded: &Url, ours: &Url) -> bool {
        fn segments(url: &Url) -> Vec<&str> {
            url.path_segments()
                .map(|parts| parts.map(|part| part.trim_end_matches(".json")).collect())
                .unwrap_or_default()
        }
        fn pairs(url: &Url) -> Vec<(String, String)> {
            let mut pairs: Vec<_> = url.query_pairs().into_owned().collect();
            pairs.sort();
            pairs
        }
        let suffix = |url: &Url| url.path().ends_with(".json");
        let (one, other) = (segments(recorded), segments(ours));
        if one.len() != other.len() || suffix(recorded) != suffix(ours) {
            return false;
        }
        let mut kind = "";
        for (one, other) in one.iter().zip(&other) {
            if one != other && !self.names.agree(kind, one, other) {
                return false;
            }
            kind = one.trim_end_matches('s');
        }
        let (one, other) = (pairs(recorded), pairs(ours));
        one.len() == other.len()
            && one
                .iter()
                .zip(&other)
                .all(|(one, other)| one.0 == other.0 && (one.1 == other.1 || one.0 == "token"))
    }
}

fn is_id(key: &str) -> bool {
    key == "id"
        || key.ends_with("_id")
        || key.ends_with("_ids")
        || ["created_by", "updated_by", "recipients", "token"].contains(&key)
}

/// The kind of record that an id is of: `ticket` for `/tickets/*/id` and for `ticket_id`.
fn kind_of<'a>(at: &'a str, key: &'a str) -> &'a str {
    if key != "id" {
        return key.trim_end_matches("_ids").trim_end_matches("_id");
    }
    let mut parts = at.rsplit('/').skip(1).filter(|part| *part != "*");
    parts.next().unwrap_or_default().trim_end_matches('s')
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A scalar as it is written, without quotes.
pub(crate) fn text(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

/// A value's JSON type.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MOMENT: Moment = Moment {
        recorded: 1_695_080_000,
        ours: 1_795_248_000,
    };

    fn found(recorded: &Value, ours: &Value) -> Vec<(What, String)> {
        compare(recorded, ours, &mut Names::default(), MOMENT)
            .into_iter()
            .map(|one| (one.what, one.at))
            .collect()
    }

    fn one(what: What, at: &str) -> Vec<(What, String)> {
        vec![(what, at.to_owned())]
    }

    #[test]
    fn equal_bodies_have_no_difference() {
        let body = json!({"users": [{"id": 1, "name": "Ann", "tags": ["a"], "photo": null}]});
        assert!(found(&body, &body).is_empty());
    }

    #[test]
    fn a_missing_and_an_added_key_are_found() {
        let (all, some) = (
            json!({"user": {"id": 1, "name": "A"}}),
            json!({"user": {"id": 1}}),
        );
        assert_eq!(found(&all, &some), one(What::Missing, "/user/name"));
        assert_eq!(found(&some, &all), one(What::Extra, "/user/name"));
    }

    #[test]
    fn null_is_another_type_than_text() {
        let (text, null) = (json!({"a": [{"b": "x"}]}), json!({"a": [{"b": null}]}));
        assert_eq!(found(&text, &null), one(What::Type, "/a/*/b"));
        assert_eq!(found(&null, &text), one(What::Type, "/a/*/b"));
        assert_eq!(found(&json!(1), &json!("1")), one(What::Type, ""));
        assert_eq!(found(&json!(1), &json!(1.5)), one(What::Type, ""));
    }

    #[test]
    fn another_order_and_another_length_are_found() {
        let (up, down) = (
            json!({"rows": [{"id": 7_000_001, "a": 1}, {"id": 7_000_002, "a": 2}]}),
            json!({"rows": [{"id": 7_000_002, "a": 2}, {"id": 7_000_001, "a": 1}]}),
        );
        assert_eq!(found(&up, &down), one(What::Order, "/rows"));
        assert_eq!(
            found(&json!({"tags": ["a", "b"]}), &json!({"tags": ["b", "a"]})),
            one(What::Order, "/tags")
        );
        assert_eq!(
            found(&json!({"tags": ["a", "b"]}), &json!({"tags": ["a"]})),
            one(What::Length, "/tags")
        );
    }

    #[test]
    fn another_value_is_found() {
        let (one_value, other) = (json!({"role": "agent"}), json!({"role": "admin"}));
        assert_eq!(found(&one_value, &other), one(What::Value, "/role"));
        let (yes, no) = (json!({"active": true}), json!({"active": false}));
        assert_eq!(found(&yes, &no), one(What::Value, "/active"));
    }

    #[test]
    fn ids_may_differ_if_each_stands_for_one_and_the_same() {
        let recorded = json!({"user_id": 6_130_001, "author_id": 6_130_001, "other_id": 6_130_002});
        let ours = json!({"user_id": 9_000_001, "author_id": 9_000_001, "other_id": 9_000_002});
        assert!(found(&recorded, &ours).is_empty());
        let mixed = json!({"user_id": 9_000_001, "author_id": 9_000_002, "other_id": 9_000_002});
        assert!(!found(&recorded, &mixed).is_empty());
    }

    #[test]
    fn a_short_id_stands_for_one_of_its_kind() {
        let recorded = json!({"ticket": {"id": 7}, "audit": {"ticket_id": 7}, "brand": {"id": 7}});
        let ours = json!({"ticket": {"id": 1}, "audit": {"ticket_id": 1}, "brand": {"id": 2}});
        assert!(found(&recorded, &ours).is_empty());
        let wrong = json!({"ticket": {"id": 7}, "audit": {"ticket_id": 1}, "brand": {"id": 2}});
        assert!(!found(&recorded, &wrong).is_empty());
    }

    #[test]
    fn addresses_may_have_another_host_but_no_other_path() {
        let recorded = json!({"url": "https://a.zendesk.com/api/v2/users/6130001.json"});
        let ours = json!({"url": "http://127.0.0.1:8099/api/v2/users/9000001.json"});
        let wrong = json!({"url": "http://127.0.0.1:8099/api/v2/users/9000001"});
        assert!(found(&recorded, &ours).is_empty());
        assert_eq!(found(&recorded, &wrong), one(What::Value, "/url"));
    }

    #[test]
    fn a_time_of_the_answer_may_differ_and_an_older_one_may_not() {
        let recorded = json!({"at": "2023-09-18T23:33:20Z"});
        let now = json!({"at": "2026-11-21T08:00:00Z"});
        assert!(found(&recorded, &now).is_empty());
        let old = json!({"at": "2020-01-01T00:00:00Z"});
        assert_eq!(found(&old, &now), one(What::Value, "/at"));
        assert_eq!(
            found(&recorded, &json!({"at": "2026-11-21T08:00:00.5Z"})),
            one(What::Value, "/at")
        );
    }
}
