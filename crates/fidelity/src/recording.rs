//! Recorded exchanges, as they lie in the folder of evidence.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::Deserialize;
use serde_json::Value;

/// A recorded exchange.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The name of its file, without `.json`.
    pub name: String,
    /// Method and route of the simulator, `GET users/{id}`; method and path where it has none.
    pub route: String,
    /// The route's pattern; `None` where the simulator has no such route.
    pub pattern: Option<&'static str>,
    /// The repository it is from.
    pub source: String,
    /// When it was recorded, Unix seconds.
    pub at: i64,
    /// The same day as `2023-09-18`.
    pub date: String,
    /// What was sent.
    pub request: Sent,
    /// What came back; `None` where only the body was kept.
    pub status: Option<u16>,
    /// Headers, names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body; a text that is no JSON is a JSON string.
    pub body: Value,
}

/// A request.
#[derive(Debug, Clone, Deserialize)]
pub struct Sent {
    /// GET, POST and so on.
    pub method: String,
    /// The path with `/api/v2/`.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The body: JSON, `""` for none, null where it was not kept.
    pub body: Value,
}

#[derive(Deserialize)]
struct File {
    endpoint: String,
    source: Source,
    recorded_at: Option<String>,
    request: Sent,
    response: Received,
}

#[derive(Deserialize)]
struct Source {
    repo: String,
}

#[derive(Deserialize)]
struct Received {
    status: Option<u16>,
    headers: BTreeMap<String, String>,
    body: Value,
}

/// Why the recordings could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file or the folder.
    #[error("{0} cannot be read: {1}; look at the folder of the recordings")]
    File(String, std::io::Error),
    /// A file that is no recording.
    #[error("{0} is no recording: {1}; its form is in the folder's README")]
    Form(String, serde_json::Error),
}

/// When recordings without a date are taken to be from.
const UNDATED: i64 = 1_696_118_400;

/// Reads all recordings, in order of their names.
///
/// # Errors
/// A file that cannot be read, or is no recording.
pub fn read_all(folder: &Path) -> Result<Vec<Recording>, ReadError> {
    let failed = |error| ReadError::File(folder.display().to_string(), error);
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let text = std::fs::read_to_string(&path)
            .map_err(|error| ReadError::File(name.to_string(), error))?;
        let file = serde_json::from_str(&text)
            .map_err(|error| ReadError::Form(name.to_string(), error))?;
        all.push(Recording::from_file(&name, file));
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

impl Recording {
    fn from_file(name: &str, file: File) -> Self {
        let at = file
            .recorded_at
            .as_deref()
            .and_then(read_time)
            .or_else(|| newest(&file.response.body))
            .unwrap_or(UNDATED);
        let date = Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH);
        let pattern = find(&file.request, &file.endpoint);
        let route = format!(
            "{} {}",
            file.request.method,
            pattern.unwrap_or_else(|| file
                .endpoint
                .split_once("/api/v2/")
                .map_or(file.endpoint.as_str(), |(_, path)| path))
        );
        let headers = file.response.headers.into_iter();
        Self {
            name: name.to_owned(),
            route,
            pattern,
            source: file.source.repo,
            at,
            date: date.strftime("%Y-%m-%d").to_string(),
            request: file.request,
            status: file.response.status,
            headers: headers
                .map(|(name, value)| (name.to_lowercase(), value))
                .collect(),
            body: file.response.body,
        }
    }

    /// The parts of the path that stand in place of `{...}`.
    pub fn places(&self) -> Vec<String> {
        let wanted = self.pattern.unwrap_or_default().split('/');
        wanted
            .zip(below(&self.request.path).split('/'))
            .filter(|(wanted, _)| wanted.starts_with('{'))
            .map(|(_, found)| found.to_owned())
            .collect()
    }
}

/// The newest time in a body: an undated recording is no older.
fn newest(body: &Value) -> Option<i64> {
    match body {
        Value::String(text) => text.parse::<Timestamp>().ok().map(Timestamp::as_second),
        Value::Array(rows) => rows.iter().filter_map(newest).max(),
        Value::Object(map) => map.values().filter_map(newest).max(),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn below(path: &str) -> &str {
    let path = path.strip_prefix("/api/v2/").unwrap_or(path);
    path.trim_matches('/').trim_end_matches(".json")
}

/// The route of the simulator that a request leads to. A word is no id: `tickets/recent` is no
/// `tickets/{id}`.
fn find(request: &Sent, endpoint: &str) -> Option<&'static str> {
    if request.path.starts_with("/attachments/token/") {
        return Some("attachments/token/{token}");
    }
    let path = below(&request.path);
    let fits = |pattern: &str| {
        pattern.split('/').count() == path.split('/').count()
            && pattern.split('/').zip(path.split('/')).all(|(one, other)| {
                let is_id = other.len() > 12 || other.bytes().all(|byte| byte.is_ascii_digit());
                one == other || one.starts_with('{') && is_id && endpoint.contains('{')
            })
    };
    simulator::routes()
        .filter(|(method, _)| *method == request.method)
        .map(|(_, pattern)| pattern)
        .find(|pattern| fits(pattern))
}

/// Reads `Wed, 30 Dec 2015 01:38:31 GMT` and `2023-09-18T23:56:25`.
fn read_time(text: &str) -> Option<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_second());
    }
    let time = text
        .parse::<DateTime>()
        .or_else(|_| DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text))
        .ok()?;
    let zoned = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: &str, path: &str) -> Option<&'static str> {
        let sent = Sent {
            method: method.to_owned(),
            path: path.to_owned(),
            query: Vec::new(),
            body: Value::Null,
        };
        find(&sent, "{id}")
    }

    #[test]
    fn a_path_is_matched_to_a_route_and_a_word_is_no_id() {
        assert_eq!(route("GET", "/api/v2/users/12.json"), Some("users/{id}"));
        assert_eq!(route("GET", "/api/v2/users/me"), Some("users/me"));
        assert_eq!(route("GET", "/api/v2/tickets/recent.json"), None);
        assert_eq!(route("DELETE", "/api/v2/tickets/destroy_many.json"), None);
        assert_eq!(route("GET", "/api/v2/macros"), None);
    }

    #[test]
    fn both_forms_of_time_are_read() {
        let (http, iso) = ("Mon, 18 Sep 2023 23:26:01 GMT", "2023-09-18T23:26:01");
        assert_eq!(read_time(http), Some(1_695_079_561));
        assert_eq!(read_time(iso), read_time(http));
    }
}
