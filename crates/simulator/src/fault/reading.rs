//! Reading faults from the command line and the control route.

use std::time::Duration;

use super::{BodyForm, Fault, FaultKind, Record, Trouble};
use crate::account::job::JobFate;

/// Why a fault could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FaultError(String);

const KINDS: &str = "status=N, too-many, unavailable, reset-before, reset-after, truncate, \
invalid-json, html, wrong-shape, redirect=URL, revoke-token, refuse-cursor[=STATUS], slow=MS, \
repeat-page, duplicate-rows, shuffle-rows, null=FIELD, set=FIELD, huge-subject, same-email, \
missing-requester, anonymous-me, webhook-drop, webhook-duplicate, webhook-reorder, \
webhook-delay=MS, webhook-late=SECONDS, late=MS, apply-then=STATUS, ok-without-effect, job-never, \
job-slow=MS, job-fail[=ROWS], job-kill[=ROWS], job-forget, fail-rows=N";
const KEYS: &str =
    "route=, method=, after=, times=, for=, record=, id=, form=, retry-after=, value=";

impl Fault {
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
                "for" => fault.lasting = Some(Duration::from_secs(number(text, key, given)?)),
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
            "late" => FaultKind::Late {
                by: Duration::from_millis(number(text, name, &needed("MILLISECONDS")?)?),
            },
            "apply-then" => FaultKind::ApplyThen {
                status: status(text, &needed("STATUS")?)?,
                form,
                retry_after,
            },
            "ok-without-effect" => FaultKind::OkWithoutEffect,
            "job-never" => FaultKind::Job(JobFate::Never),
            "job-slow" => FaultKind::Job(JobFate::Slow {
                by: Duration::from_millis(number(text, name, &needed("MILLISECONDS")?)?),
            }),
            "job-fail" => FaultKind::Job(JobFate::Fail {
                rows: rows(text, name, argument.unwrap_or("0"))?,
            }),
            "job-kill" => FaultKind::Job(JobFate::Kill {
                rows: rows(text, name, argument.unwrap_or("0"))?,
            }),
            "job-forget" => FaultKind::Job(JobFate::Forget),
            "fail-rows" => FaultKind::Job(JobFate::FailRows {
                rows: rows(text, name, &needed("N")?)?,
            }),
            "webhook-drop" => FaultKind::Webhook(Trouble::Drop),
            "webhook-duplicate" => FaultKind::Webhook(Trouble::Duplicate),
            "webhook-reorder" => FaultKind::Webhook(Trouble::Reorder),
            "webhook-delay" => FaultKind::Webhook(Trouble::Delay {
                by: Duration::from_millis(number(text, name, &needed("MILLISECONDS")?)?),
            }),
            "webhook-late" => FaultKind::Webhook(Trouble::Late {
                by: Duration::from_secs(number(text, name, &needed("SECONDS")?)?),
            }),
            other => {
                return Err(FaultError(format!(
                    "there is no fault called {other:?}; there are {KINDS}"
                )));
            }
        };
        Ok(fault)
    }
}

impl std::str::FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
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

fn rows(text: &str, key: &str, given: &str) -> Result<usize, FaultError> {
    number(text, key, given).map(|rows| usize::try_from(rows).unwrap_or(usize::MAX))
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
    fn the_documentation_names_every_fault_and_key() {
        let page = include_str!("../../../../docs/simulator.md");
        for kind in KINDS.split(", ") {
            let name = kind.split(['=', '[']).next().unwrap();
            assert!(
                page.contains(&format!("`{name}")),
                "{name} is not in docs/simulator.md"
            );
        }
        for key in KEYS.split(", ") {
            assert!(
                page.contains(&format!("`{key}")),
                "{key} is not in docs/simulator.md"
            );
        }
    }

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
