//! Faults on request: what goes wrong, on which route, after how many requests, how often.

mod damage;
mod desk;

pub(crate) use damage::{damage, make_endless, refusal};
pub(crate) use desk::{Armed, FaultDesk};

use std::fmt;
use std::time::Duration;

/// The form of a refusal's body (zendesk-api.md 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyForm {
    /// `{"error":"..","description":".."}`
    Json,
    /// `{"error":{"title":"..","message":".."}}`
    Object,
    /// `{"errors":[{"code":"..","title":".."}]}`
    Errors,
    /// `{"error":"RecordInvalid",..,"details":{"base":[..]}}`
    Details,
    /// Plain text.
    Text,
    /// A page of HTML.
    Html,
    /// Nothing.
    Empty,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The request is refused with this status; nothing is done.
    Status {
        /// HTTP status.
        status: u16,
        /// The body's form.
        form: BodyForm,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    /// The connection breaks before anything is done.
    ResetBefore,
    /// The connection breaks after the request was carried out: the reply is lost.
    ResetAfter,
    /// The answer breaks off in the middle of its body.
    Truncate,
    /// The answer's body is no JSON.
    InvalidJson,
    /// The answer is a page of HTML with status 200.
    Html,
    /// The answer is JSON of another shape.
    WrongShape,
    /// The answer sends the client to another host.
    Redirect {
        /// Where to.
        to: String,
    },
    /// From now on every credential is refused, until faults are cleared.
    RevokeToken,
    /// A `cursor` or `page[after]` is refused.
    RefuseCursor {
        /// HTTP status: 400 or 422.
        status: u16,
    },
    /// The answer takes longer, on the machine's clock.
    Slow {
        /// By how much.
        by: Duration,
    },
    /// The first page is answered for ever, with its own cursor and never an end.
    RepeatPage,
    /// Every row comes twice.
    DuplicateRows,
    /// Rows come in another order: the last first.
    ShuffleRows,
    /// A field of one record is null.
    Null {
        /// The field.
        field: String,
    },
    /// A field of one record has this value: an unknown status, priority, type or role.
    Set {
        /// The field.
        field: String,
        /// The value: JSON where it is JSON, else text.
        value: String,
    },
    /// The subject of one record is 10,000 characters long.
    HugeSubject,
    /// One record has the email of the first.
    SameEmail,
    /// The requester of one record is no user.
    MissingRequester,
    /// `users/me` answers 200 with a null id.
    AnonymousMe,
}

/// Which record of an answer a fault touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// The record at this place of every page, from 1.
    Place(usize),
    /// The record with this id.
    Id(i64),
}

/// A fault: what, where, when, how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// On which route: a pattern of docs/simulator.md such as `incremental/tickets/cursor` or
    /// `tickets/{id}`; `*` stands for any rest. All routes without it.
    pub route: Option<String>,
    /// On which method. All without it.
    pub method: Option<String>,
    /// How many matching requests pass first.
    pub after: u64,
    /// How often it happens; for ever without it.
    pub times: Option<u64>,
    /// Which record it touches, where it touches one.
    pub record: Option<Record>,
}

/// Why a fault could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FaultError(String);

const KINDS: &str = "status=N, too-many, unavailable, reset-before, reset-after, truncate, \
invalid-json, html, wrong-shape, redirect=URL, revoke-token, refuse-cursor[=STATUS], slow=MS, \
repeat-page, duplicate-rows, shuffle-rows, null=FIELD, set=FIELD, huge-subject, same-email, \
missing-requester, anonymous-me";
const KEYS: &str = "route=, method=, after=, times=, record=, id=, form=, retry-after=, value=";

impl Fault {
    /// A fault of this kind on all routes, at once and for ever.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            route: None,
            method: None,
            after: 0,
            times: None,
            record: None,
        }
    }

    /// The same fault on one route.
    #[must_use]
    pub fn on(mut self, route: impl Into<String>) -> Self {
        self.route = Some(route.into());
        self
    }

    /// The same fault for one method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// The same fault after some matching requests have passed.
    #[must_use]
    pub fn after(mut self, requests: u64) -> Self {
        self.after = requests;
        self
    }

    /// The same fault, so many times only.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// The same fault on one record.
    #[must_use]
    pub fn record(mut self, record: Record) -> Self {
        self.record = Some(record);
        self
    }

    /// Reads a fault as the command line and the control route write it: the kind, then keys, all
    /// separated by colons, as in `status=503:retry-after=5:route=incremental/*:after=2:times=1`.
    ///
    /// # Errors
    /// A sentence that says what was not understood and what there is.
    pub fn parse(text: &str) -> Result<Self, FaultError> {
        let mut parts = split(text).into_iter();
        let first = parts.next().unwrap_or_default();
        let (name, argument) = match first.split_once('=') {
            Some((name, argument)) => (name, Some(argument)),
            None => (first.as_str(), None),
        };
        let mut form = None;
        let mut retry_after = None;
        let mut value = None;
        let mut fault = Self::new(FaultKind::ResetBefore);
        for part in parts {
            let Some((key, given)) = part.split_once('=') else {
                return Err(FaultError(format!(
                    "in fault {text:?}, {part:?} has no value; write KEY=VALUE with one of {KEYS}"
                )));
            };
            match key {
                "route" => fault.route = Some(given.trim_matches('/').to_owned()),
                "method" => fault.method = Some(given.to_ascii_uppercase()),
                "after" => fault.after = number(text, key, given)?,
                "times" => fault.times = Some(number(text, key, given)?),
                "record" => {
                    let place: u64 = number(text, key, given)?;
                    fault.record = Some(Record::Place(usize::try_from(place).unwrap_or(1).max(1)));
                }
                "id" => {
                    let id: u64 = number(text, key, given)?;
                    fault.record = Some(Record::Id(i64::try_from(id).unwrap_or(i64::MAX)));
                }
                "form" => form = Some(read_form(text, given)?),
                "retry-after" => retry_after = Some(number(text, key, given)?),
                "value" => value = Some(given.to_owned()),
                other => {
                    return Err(FaultError(format!(
                        "fault {text:?} has the unknown key {other:?}; there are {KEYS}"
                    )));
                }
            }
        }
        let needed = |what: &str| {
            argument
                .filter(|argument| !argument.is_empty())
                .map(str::to_owned)
                .ok_or_else(|| FaultError(format!("fault {text:?} needs {name}={what}")))
        };
        let form = form.unwrap_or(BodyForm::Json);
        fault.kind = match name {
            "status" => FaultKind::Status {
                status: status(text, &needed("N, a status from 200 to 599")?)?,
                form,
                retry_after,
            },
            "too-many" => FaultKind::Status {
                status: 429,
                form,
                retry_after,
            },
            "unavailable" => FaultKind::Status {
                status: 503,
                form,
                retry_after,
            },
            "reset-before" => FaultKind::ResetBefore,
            "reset-after" | "drop-reply" => FaultKind::ResetAfter,
            "truncate" => FaultKind::Truncate,
            "invalid-json" => FaultKind::InvalidJson,
            "html" => FaultKind::Html,
            "wrong-shape" => FaultKind::WrongShape,
            "redirect" => FaultKind::Redirect { to: needed("URL")? },
            "revoke-token" => FaultKind::RevokeToken,
            "refuse-cursor" => FaultKind::RefuseCursor {
                status: argument.map_or(Ok(400), |given| status(text, given))?,
            },
            "slow" => FaultKind::Slow {
                by: Duration::from_millis(number(text, name, &needed("MILLISECONDS")?)?),
            },
            "repeat-page" => FaultKind::RepeatPage,
            "duplicate-rows" => FaultKind::DuplicateRows,
            "shuffle-rows" => FaultKind::ShuffleRows,
            "null" => FaultKind::Null {
                field: needed("FIELD")?,
            },
            "set" => FaultKind::Set {
                field: needed("FIELD")?,
                value: value.ok_or_else(|| {
                    FaultError(format!("fault {text:?} needs value=, the value to set"))
                })?,
            },
            "huge-subject" => FaultKind::HugeSubject,
            "same-email" => FaultKind::SameEmail,
            "missing-requester" => FaultKind::MissingRequester,
            "anonymous-me" => FaultKind::AnonymousMe,
            other => {
                return Err(FaultError(format!(
                    "there is no fault called {other:?}; there are {KINDS}"
                )));
            }
        };
        Ok(fault)
    }

    /// Whether it concerns a request.
    pub(crate) fn matches(&self, method: &str, route: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method)
            && self.route.as_deref().is_none_or(|wanted| {
                wanted == route
                    || wanted
                        .strip_suffix('*')
                        .is_some_and(|start| route.starts_with(start))
            })
    }
}

impl std::str::FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { status, .. } => write!(formatter, "status={status}"),
            Self::ResetBefore => formatter.write_str("reset-before"),
            Self::ResetAfter => formatter.write_str("reset-after"),
            Self::Truncate => formatter.write_str("truncate"),
            Self::InvalidJson => formatter.write_str("invalid-json"),
            Self::Html => formatter.write_str("html"),
            Self::WrongShape => formatter.write_str("wrong-shape"),
            Self::Redirect { to } => write!(formatter, "redirect={to}"),
            Self::RevokeToken => formatter.write_str("revoke-token"),
            Self::RefuseCursor { status } => write!(formatter, "refuse-cursor={status}"),
            Self::Slow { by } => write!(formatter, "slow={}", by.as_millis()),
            Self::RepeatPage => formatter.write_str("repeat-page"),
            Self::DuplicateRows => formatter.write_str("duplicate-rows"),
            Self::ShuffleRows => formatter.write_str("shuffle-rows"),
            Self::Null { field } => write!(formatter, "null={field}"),
            Self::Set { field, value } => write!(formatter, "set={field}:value={value}"),
            Self::HugeSubject => formatter.write_str("huge-subject"),
            Self::SameEmail => formatter.write_str("same-email"),
            Self::MissingRequester => formatter.write_str("missing-requester"),
            Self::AnonymousMe => formatter.write_str("anonymous-me"),
        }
    }
}

/// Splits at colons, but not inside a URL: `//host` and a port belong to what stands before.
fn split(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in text.split(':') {
        let port = part.split('/').next().unwrap_or_default();
        let continues = part.starts_with("//")
            || (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
        match parts.last_mut() {
            Some(last) if continues => {
                last.push(':');
                last.push_str(part);
            }
            _ => parts.push(part.to_owned()),
        }
    }
    parts
}

fn number(text: &str, key: &str, given: &str) -> Result<u64, FaultError> {
    given.parse().map_err(|_| {
        FaultError(format!(
            "in fault {text:?}, {key}={given} is not a whole number"
        ))
    })
}

fn status(text: &str, given: &str) -> Result<u16, FaultError> {
    given
        .parse()
        .ok()
        .filter(|status| (200..600).contains(status))
        .ok_or_else(|| {
            FaultError(format!(
                "in fault {text:?}, {given:?} is not a status from 200 to 599"
            ))
        })
}

fn read_form(text: &str, given: &str) -> Result<BodyForm, FaultError> {
    match given {
        "json" => Ok(BodyForm::Json),
        "object" => Ok(BodyForm::Object),
        "errors" => Ok(BodyForm::Errors),
        "details" => Ok(BodyForm::Details),
        "text" => Ok(BodyForm::Text),
        "html" => Ok(BodyForm::Html),
        "empty" => Ok(BodyForm::Empty),
        other => Err(FaultError(format!(
            "in fault {text:?}, there is no form {other:?}; there are json, object, errors, details, text, html, empty"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_with_all_its_keys() {
        let fault =
            Fault::parse("status=503:form=text:retry-after=5:route=incremental/*:after=2:times=1")
                .unwrap();
        assert_eq!(
            fault,
            Fault::new(FaultKind::Status {
                status: 503,
                form: BodyForm::Text,
                retry_after: Some(5)
            })
            .on("incremental/*")
            .after(2)
            .times(1)
        );
        assert!(fault.matches("GET", "incremental/users/cursor"));
        assert!(!fault.matches("GET", "tickets"));
    }

    #[test]
    fn a_url_keeps_its_colons() {
        let fault = Fault::parse("redirect=http://127.0.0.1:9/x:times=2").unwrap();
        assert_eq!(
            fault.kind,
            FaultKind::Redirect {
                to: "http://127.0.0.1:9/x".to_owned()
            }
        );
        assert_eq!(fault.times, Some(2));
    }

    #[test]
    fn a_mistake_is_answered_with_what_there_is() {
        for (text, word) in [
            ("explode", "reset-after"),
            ("reset-after:tims=1", "times="),
            ("status", "status=N"),
            ("status=12", "599"),
            ("slow=soon", "whole number"),
            ("set=status", "value="),
            ("reset-after:once", "KEY=VALUE"),
        ] {
            let error = Fault::parse(text).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
