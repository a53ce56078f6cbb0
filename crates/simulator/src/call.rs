//! One request as the routes see it.

use axum::http::{HeaderMap, Method};
use serde_json::Value;

use crate::account::job::JobFate;
use crate::answer::Answer;
use crate::config::Switches;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The user signed in as.
    pub(crate) user_id: i64,
    /// Whether it may do what only administrators may.
    pub(crate) admin: bool,
    /// The OAuth scopes; `None` for an API token, which may do all.
    pub(crate) scopes: Option<Vec<String>>,
}

/// A request whose route and caller are known.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The path below `/api/v2/`, without `.json`.
    pub(crate) path: String,
    /// Whether the path had `.json`.
    pub(crate) suffix: bool,
    /// What stood in place of the `{...}` of the route.
    pub(crate) places: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Scheme, host and prefix.
    pub(crate) base: String,
    /// Milliseconds since 1970 on the simulator's clock.
    pub(crate) now_ms: i64,
    pub(crate) caller: Option<Caller>,
    pub(crate) switches: Switches,
    /// How long jobs take, in milliseconds.
    pub(crate) job_ms: i64,
    /// What a fault makes of the job that this request queues.
    pub(crate) fate: Option<JobFate>,
    /// The idempotency key that this request holds while it is at work.
    pub(crate) key: Option<String>,
}

impl Call {
    /// Unix seconds on the simulator's clock.
    pub(crate) fn now(&self) -> i64 {
        self.now_ms.div_euclid(1000)
    }

    /// The user signed in as; 0, which no user has, without one.
    pub(crate) fn caller_id(&self) -> i64 {
        self.caller.as_ref().map_or(0, |caller| caller.user_id)
    }

    /// A parameter of the query.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The id in the path.
    ///
    /// # Errors
    /// 404 when it is not a number.
    pub(crate) fn id(&self, place: usize) -> Result<i64, Answer> {
        self.places
            .get(place)
            .and_then(|text| text.parse().ok())
            .ok_or_else(Answer::record_not_found)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// 422 when it is none.
    pub(crate) fn json(&self) -> Result<Value, Answer> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Answer::error(
                422,
                "Unprocessable Entity",
                &format!("Server could not parse JSON: {error}"),
            )
        })
    }

    /// The object under `key` in the body.
    ///
    /// # Errors
    /// 422 for a body that is no JSON, 400 when the key is missing or no object.
    pub(crate) fn object(&self, key: &str) -> Result<serde_json::Map<String, Value>, Answer> {
        match self.json()?.get_mut(key).map(Value::take) {
            Some(Value::Object(map)) => Ok(map),
            _ => Err(Answer::text(
                400,
                &format!("Required parameter missing: {key}"),
            )),
        }
    }

    /// The URL of this request with some parameters replaced, the others repeated in order of
    /// their names (recorded), percent-encoded. `json` adds `.json` to the path.
    pub(crate) fn link(&self, json: bool, replaced: &[(&str, &str)], dropped: &[&str]) -> String {
        let mut parameters: Vec<(&str, &str)> = self
            .query
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .filter(|(key, _)| {
                !dropped.contains(key) && replaced.iter().all(|(other, _)| other != key)
            })
            .chain(replaced.iter().copied())
            .collect();
        parameters.sort_unstable();
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(parameters);
        let query = query.finish();
        let suffix = if json { ".json" } else { "" };
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}/api/v2/{}{suffix}{mark}{query}", self.base, self.path)
    }
}
