//! Reads every form of error body into one [`Refusal`] and one [`Error`] (zendesk-api.md 3.2).

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use domain::profile::answer::{Forbidden, read_forbidden};
use serde_json::Value;

use super::{ConflictKind, Error, ForbiddenWhy, Trouble};
use crate::governor::Bucket;
use crate::http::Reply;

/// The most of a plain-text error body that is kept, in characters.
const TEXT_CAP: usize = 1000;

/// One complaint about one field.
#[derive(Clone, PartialEq, Eq)]
pub struct Detail {
    /// Zendesk's words, in the language of the account; may hold personal data.
    pub description: String,
    /// Its code (`DuplicateValue`, `BlankValue`, ...), which may be absent or null.
    pub code: Option<String>,
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detail")
            .field(
                "description",
                &format_args!("<{} bytes>", self.description.len()),
            )
            .field("code", &self.code)
            .finish()
    }
}

/// What Zendesk said when it said no, whatever the envelope.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Its code: `error`, or `errors[0].code`, or the title of the object form.
    pub code: Option<String>,
    /// Its own description, or the text of a plain-text body. May hold personal data.
    pub message: Option<String>,
    /// The complaints by field (`details` of a 422); whole-record ones are under `base`.
    pub fields: BTreeMap<String, Vec<Detail>>,
    /// Whether the body was JSON at all.
    pub json: bool,
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("status", &self.status)
            .field("code", &self.code)
            .field("fields", &self.fields)
            .field("json", &self.json)
            .finish_non_exhaustive()
    }
}

impl Refusal {
    /// Reads a body: the four envelopes, OAuth's form, plain text, a web page, nothing.
    pub fn read(status: u16, body: &[u8]) -> Self {
        let mut refusal = Self {
            status,
            ..Self::default()
        };
        match serde_json::from_slice::<Value>(body) {
            Ok(Value::Object(mut map)) => {
                refusal.json = true;
                refusal.take_error(map.remove("error"));
                refusal.take_list(map.remove("errors"));
                for key in ["description", "error_description", "message", "detail"] {
                    if refusal.message.is_none() {
                        refusal.message = map.remove(key).and_then(|value| sentence_of(&value));
                    }
                }
                refusal.fields = fields_of(map.remove("details"));
            }
            Ok(Value::String(text)) => refusal.message = Some(cut(&text)),
            Ok(_) => refusal.json = true,
            Err(_) => refusal.message = plain_text(body),
        }
        refusal
    }

    /// The complaints as lines, `[name] too short`.
    pub fn lines(&self) -> Vec<String> {
        self.fields
            .iter()
            .flat_map(|(field, details)| {
                details
                    .iter()
                    .map(move |detail| format!("[{field}] {}", detail.description))
            })
            .collect()
    }

    /// Zendesk's own words: message and lines, for the page of a person who may see the record.
    /// Never for a log: it may hold personal data.
    pub fn text(&self) -> String {
        let mut lines: Vec<String> = self.message.iter().cloned().collect();
        lines.extend(self.lines());
        if lines.is_empty() {
            return match self.status {
                400 | 422 => "Record invalid.".into(),
                status => format!("Status {status}."),
            };
        }
        lines.join("\n")
    }

    /// Field names and codes, which hold no personal data: `email (DuplicateValue), name`.
    pub(crate) fn field_words(&self) -> String {
        if self.fields.is_empty() {
            return self.code_words();
        }
        let words: Vec<String> = self
            .fields
            .iter()
            .map(|(field, details)| {
                let field = if field == "base" {
                    "the record as a whole"
                } else {
                    field
                };
                let codes: Vec<&str> = details.iter().filter_map(|d| d.code.as_deref()).collect();
                if codes.is_empty() {
                    field.to_owned()
                } else {
                    format!("{field} ({})", codes.join(", "))
                }
            })
            .collect();
        words.join(", ")
    }

    /// `status 409, UpdateConflict`.
    pub(crate) fn code_words(&self) -> String {
        // Some old bodies put a whole sentence where the code belongs; that may name a person.
        match &self.code {
            Some(code) if code.len() <= 60 && !code.contains('@') => {
                format!("status {}, {code}", self.status)
            }
            Some(_) | None => format!("status {}", self.status),
        }
    }

    /// Envelopes 1 and 2 (a string) and 3 (an object with title and message).
    fn take_error(&mut self, error: Option<Value>) {
        match error {
            Some(Value::String(code)) => self.code = Some(cut(&code)),
            Some(Value::Object(map)) => {
                self.code = map.get("title").and_then(sentence_of);
                self.message = map.get("message").and_then(sentence_of);
            }
            Some(_) | None => {}
        }
    }

    /// Envelope 4, and lists of plain strings.
    fn take_list(&mut self, errors: Option<Value>) {
        let Some(Value::Array(errors)) = errors else {
            return;
        };
        let mut messages = Vec::new();
        for error in errors {
            match error {
                Value::String(text) => messages.push(text),
                Value::Object(map) => {
                    if self.code.is_none() {
                        self.code = map.get("code").and_then(sentence_of);
                    }
                    let parts = ["title", "detail"]
                        .into_iter()
                        .filter_map(|key| map.get(key));
                    let parts: Vec<String> = parts.filter_map(sentence_of).collect();
                    if !parts.is_empty() {
                        messages.push(parts.join(": "));
                    }
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {}
            }
        }
        if !messages.is_empty() {
            self.message = Some(cut(&messages.join("\n")));
        }
    }
}

/// What a request was about, as far as its refusal must know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About {
    /// What sentences call it.
    pub(crate) call: &'static str,
    /// The limit it counts on.
    pub(crate) bucket: Bucket,
    /// Whether it carried an export's cursor, so that a 400 or 422 speaks of that.
    pub(crate) cursor: bool,
    /// Whether it was a bulk user call, which accounts must have switched on.
    pub(crate) bulk: bool,
}

impl About {
    /// An ordinary call, counted on the account only.
    pub(crate) fn call(call: &'static str) -> Self {
        Self {
            call,
            bucket: Bucket::Account,
            cursor: false,
            bulk: false,
        }
    }

    /// An export.
    pub(crate) fn export(call: &'static str, cursor: bool) -> Self {
        Self {
            bucket: Bucket::Exports,
            cursor,
            ..Self::call(call)
        }
    }
}

/// Says which error an answer with a status outside 2xx is; `after` is the wait it asks for.
pub(crate) fn classify(about: &About, reply: &Reply, after: Option<Duration>) -> Error {
    let call = about.call;
    let status = reply.status;
    let refusal = Box::new(Refusal::read(status, &reply.body));
    match status {
        401 => Error::NotSignedIn {
            status,
            why: refusal.code_words(),
        },
        403 => Error::Forbidden {
            call,
            why: forbidden_why(&refusal, &reply.body, about.bulk),
            refusal,
        },
        404 | 410 => Error::NotFound { call, refusal },
        400 if refusal.code.as_deref() == Some("StartTimeTooRecent") => Error::TooRecent { call },
        400 | 422 if about.cursor => Error::CursorRefused { call, refusal },
        409 => Error::Conflict {
            call,
            kind: conflict_kind(&refusal),
            refusal,
        },
        // Some accounts refuse a job too many as a record (zendesk-api.md 2: the status is not sure).
        422 if refusal.code.as_deref() == Some(TOO_MANY_JOBS) => Error::Limited {
            bucket: Bucket::Jobs,
            after,
        },
        // An export only reads, so it has no record whose fields could be wrong.
        422 if about.bucket != Bucket::Exports => Error::Invalid { refusal },
        429 => Error::Limited {
            bucket: about.bucket,
            after,
        },
        500.. => Error::Unavailable {
            call,
            trouble: Trouble::Status(status),
            after,
        },
        _ => Error::Refused { call, refusal },
    }
}

/// The code of a job too many: 30 are queued or at work (zendesk-api.md 2).
pub(crate) const TOO_MANY_JOBS: &str = "TooManyJobs";

/// Whether a 404 says that a record is missing, not that the account or the endpoint is.
pub(crate) fn is_missing_record(refusal: &Refusal) -> bool {
    matches!(refusal.status, 404 | 410)
        && refusal.json
        && refusal
            .code
            .as_deref()
            .is_some_and(|code| code != "InvalidEndpoint")
}

fn forbidden_why(refusal: &Refusal, body: &[u8], bulk: bool) -> ForbiddenWhy {
    if refusal.code.as_deref() == Some("insufficient_scope") {
        return ForbiddenWhy::Scope("read".into());
    }
    match read_forbidden(body) {
        Forbidden::Scope(scopes) => ForbiddenWhy::Scope(scopes.join(", ")),
        Forbidden::BulkOff if bulk => ForbiddenWhy::BulkOff,
        Forbidden::BulkOff | Forbidden::Role => ForbiddenWhy::Role,
        Forbidden::Unsaid => ForbiddenWhy::Unsaid,
    }
}

fn conflict_kind(refusal: &Refusal) -> ConflictKind {
    match refusal.code.as_deref() {
        Some("UpdateConflict") => ConflictKind::Outdated,
        Some("DatabaseConflict") => ConflictKind::Collision,
        Some("IdempotentRequestInProgress") => ConflictKind::InProgress,
        Some(_) => ConflictKind::Other,
        None => match refusal.message.as_deref() {
            Some(text) if text.starts_with("Requester creation collision") => {
                ConflictKind::RequesterCollision
            }
            Some(_) | None => ConflictKind::Other,
        },
    }
}

/// `details`: a map of field to a list, a string, or an object; anything unknown is kept as JSON.
fn fields_of(details: Option<Value>) -> BTreeMap<String, Vec<Detail>> {
    let Some(Value::Object(map)) = details else {
        return BTreeMap::new();
    };
    map.into_iter()
        .map(|(field, value)| {
            let list = match value {
                Value::Array(list) => list,
                single @ (Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Object(_)) => vec![single],
            };
            (field, list.iter().map(detail_of).collect())
        })
        .collect()
}

fn detail_of(value: &Value) -> Detail {
    if let Value::Object(map) = value
        && let Some(description) = map.get("description").and_then(Value::as_str)
    {
        return Detail {
            description: cut(description),
            code: map.get("error").and_then(Value::as_str).map(str::to_owned),
        };
    }
    Detail {
        description: cut(&match value.as_str() {
            Some(text) => text.to_owned(),
            None => value.to_string(),
        }),
        code: None,
    }
}

fn sentence_of(value: &Value) -> Option<String> {
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None if value.is_null() => return None,
        None => value.to_string(),
    };
    Some(cut(&text)).filter(|text| !text.is_empty())
}

/// A text body, unless it is a web page or not text.
fn plain_text(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let opens_like_data = text.starts_with(['<', '{', '[']);
    (!text.is_empty() && !opens_like_data).then(|| cut(text))
}

fn cut(text: &str) -> String {
    text.trim().chars().take(TEXT_CAP).collect()
}

#[cfg(test)]
mod tests;
