//! What faults do to an answer that was made.

use serde_json::{Value, json};

use super::{BodyForm, Fault, FaultKind, Record};
use crate::answer::{Answer, HTML};

/// An id that no user has.
const NOBODY: i64 = 9_999_999_999_999;

/// The page a proxy or a login wall would show.
const PAGE: &str = "<!DOCTYPE html><html><head><title>Please wait</title></head><body><h1>Checking your browser</h1></body></html>";

/// What a fault that refuses answers instead; `None` for the others.
pub(crate) fn refusal(kind: &FaultKind, has_cursor: bool) -> Option<Answer> {
    match kind {
        FaultKind::Status {
            status,
            form,
            retry_after,
        } => Some(status_answer(*status, *form, *retry_after)),
        FaultKind::Redirect { to } => {
            Some(Answer::html(302, "<html><body>You are being redirected.</body></html>").at(to))
        }
        FaultKind::RefuseCursor { status } if has_cursor => Some(Answer::error(
            *status,
            "InvalidPaginationParameter",
            "cursor is not valid",
        )),
        FaultKind::RefuseCursor { .. }
        | FaultKind::ResetBefore
        | FaultKind::ResetAfter
        | FaultKind::Truncate
        | FaultKind::InvalidJson
        | FaultKind::Html
        | FaultKind::WrongShape
        | FaultKind::RevokeToken
        | FaultKind::Slow { .. }
        | FaultKind::RepeatPage
        | FaultKind::DuplicateRows
        | FaultKind::ShuffleRows
        | FaultKind::Null { .. }
        | FaultKind::Set { .. }
        | FaultKind::HugeSubject
        | FaultKind::SameEmail
        | FaultKind::MissingRequester
        | FaultKind::AnonymousMe
        | FaultKind::Late { .. }
        | FaultKind::ApplyThen { .. }
        | FaultKind::OkWithoutEffect
        | FaultKind::Job(_)
        | FaultKind::Webhook(_) => None,
    }
}

fn status_answer(status: u16, form: BodyForm, retry_after: Option<u64>) -> Answer {
    let answer = refused(status, form);
    match retry_after {
        Some(seconds) => answer.with_header(axum::http::header::RETRY_AFTER, &seconds.to_string()),
        None => answer,
    }
}

fn refused(status: u16, form: BodyForm) -> Answer {
    let (code, title) = match status {
        401 => ("Unauthorized", "Couldn't authenticate you"),
        403 => ("Forbidden", "You do not have access to this page."),
        404 => ("RecordNotFound", "Not found"),
        409 => ("DatabaseConflict", "Database collision"),
        422 => ("RecordInvalid", "Record validation errors"),
        429 => (
            "APIRateLimitExceeded",
            "Number of allowed API requests per minute exceeded",
        ),
        503 => ("ServiceUnavailable", "Service Unavailable"),
        _ => ("InternalError", "Something went wrong."),
    };
    match form {
        BodyForm::Json => Answer::error(status, code, title),
        BodyForm::Object => Answer::titled(status, code, title),
        BodyForm::Errors => Answer::listed(status, code, title),
        BodyForm::Details => Answer {
            status,
            ..Answer::invalid_field("base", title, None)
        },
        BodyForm::Text => Answer::text(status, title),
        BodyForm::Html => Answer::html(status, PAGE),
        BodyForm::Empty => Answer::empty(status),
    }
}

/// Damages an answer; false when it had nothing that the fault could touch.
pub(crate) fn damage(fault: &Fault, answer: &mut Answer) -> bool {
    match &fault.kind {
        FaultKind::InvalidJson => {
            let half = answer.body.len() / 2;
            answer.body.truncate(half);
            answer.body.extend_from_slice(b"\"}{,]");
            true
        }
        FaultKind::Html => {
            answer.status = 200;
            answer.content_type = HTML.into();
            answer.body = PAGE.as_bytes().to_vec();
            true
        }
        FaultKind::WrongShape => {
            answer.body = br#"{"result":[{"ok":"yes"}],"next":7}"#.to_vec();
            true
        }
        FaultKind::DuplicateRows => change_rows(answer, |rows| {
            let twice: Vec<Value> = rows.drain(..).flat_map(|row| [row.clone(), row]).collect();
            *rows = twice;
            !rows.is_empty()
        }),
        FaultKind::ShuffleRows => change_rows(answer, |rows| {
            rows.reverse();
            rows.len() > 1
        }),
        FaultKind::Null { field } => change_record(fault, answer, |row, _| {
            row.insert(field.clone(), Value::Null).is_some()
        }),
        FaultKind::Set { field, value } => {
            let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
            change_record(fault, answer, |row, _| {
                // A field that the record does not have yet is added: something new from Zendesk.
                row.insert(field.clone(), value.clone());
                true
            })
        }
        FaultKind::HugeSubject => change_record(fault, answer, |row, _| {
            let huge = json!(
                "A very long subject. "
                    .repeat(500)
                    .chars()
                    .take(10_000)
                    .collect::<String>()
            );
            row.insert("raw_subject".to_owned(), huge.clone());
            row.insert("subject".to_owned(), huge).is_some()
        }),
        FaultKind::SameEmail => {
            let record = fault.record.unwrap_or(Record::Place(2));
            let fault = Fault::new(fault.kind.clone()).record(record);
            change_record(&fault, answer, |row, first| {
                let email = first.get("email").cloned().unwrap_or_default();
                !email.is_null() && row.insert("email".to_owned(), email).is_some()
            })
        }
        FaultKind::MissingRequester => change_record(fault, answer, |row, _| {
            row.insert("requester_id".to_owned(), json!(NOBODY))
                .is_some()
        }),
        FaultKind::ApplyThen {
            status,
            form,
            retry_after,
        } => {
            *answer = status_answer(*status, *form, *retry_after);
            true
        }
        // These act before the answer is made, or on the connection.
        FaultKind::Status { .. }
        | FaultKind::ResetBefore
        | FaultKind::ResetAfter
        | FaultKind::Truncate
        | FaultKind::Redirect { .. }
        | FaultKind::RevokeToken
        | FaultKind::RefuseCursor { .. }
        | FaultKind::Slow { .. }
        | FaultKind::RepeatPage
        | FaultKind::AnonymousMe
        | FaultKind::Late { .. }
        | FaultKind::OkWithoutEffect
        | FaultKind::Job(_)
        | FaultKind::Webhook(_) => true,
    }
}

/// The record that a PUT shows without having changed it: there is no audit.
pub(crate) fn leave_out_audit(answer: &mut Answer) -> bool {
    let is_ticket = answer.body.starts_with(b"{\"ticket\":") && answer.body.ends_with(b"}");
    if is_ticket && !answer.body.ends_with(b",\"audit\":null}") {
        answer.body.pop();
        answer.body.extend_from_slice(b",\"audit\":null}");
    }
    is_ticket || answer.body.starts_with(b"{\"user\":")
}

/// A page that never ends: no end of the stream, and the cursor leads to itself.
pub(crate) fn make_endless(answer: &mut Answer) -> bool {
    let Ok(Value::Object(mut body)) = serde_json::from_slice::<Value>(&answer.body) else {
        return false;
    };
    let mut found = false;
    if let Some(end) = body.get_mut("end_of_stream") {
        *end = json!(false);
        found = true;
    }
    if let Some(more) = body
        .get_mut("meta")
        .and_then(|meta| meta.get_mut("has_more"))
    {
        *more = json!(true);
        found = true;
    }
    answer.body = Value::Object(body).to_string().into_bytes();
    found
}

fn change_rows(answer: &mut Answer, change: impl FnOnce(&mut Vec<Value>) -> bool) -> bool {
    let Ok(Value::Object(mut body)) = serde_json::from_slice::<Value>(&answer.body) else {
        return false;
    };
    let Some(rows) = body.values_mut().find_map(Value::as_array_mut) else {
        return false;
    };
    if !change(rows) {
        return false;
    }
    answer.body = Value::Object(body).to_string().into_bytes();
    true
}

fn change_record(
    fault: &Fault,
    answer: &mut Answer,
    change: impl FnOnce(&mut serde_json::Map<String, Value>, &serde_json::Map<String, Value>) -> bool,
) -> bool {
    change_rows(answer, |rows| {
        let Some(first) = rows.first().and_then(Value::as_object).cloned() else {
            return false;
        };
        let place = match fault.record.unwrap_or(Record::Place(1)) {
            Record::Place(place) => Some(place - 1),
            Record::Id(id) => rows
                .iter()
                .position(|row| row.get("id").and_then(Value::as_i64) == Some(id)),
        };
        place
            .and_then(|place| rows.get_mut(place))
            .and_then(Value::as_object_mut)
            .is_some_and(|row| change(row, &first))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Answer {
        Answer::json(
            200,
            &json!({"tickets": [{"id": 1, "status": "new"}, {"id": 2, "status": "open"}], "end_of_stream": true}),
        )
    }

    fn body(answer: &Answer) -> Value {
        serde_json::from_slice(&answer.body).unwrap()
    }

    #[test]
    fn a_word_is_set_on_the_record_with_the_id() {
        let fault = Fault::parse("set=status:value=mystery:id=2").unwrap();
        let mut answer = page();
        assert!(damage(&fault, &mut answer));
        assert_eq!(body(&answer)["tickets"][1]["status"], "mystery");
        assert_eq!(body(&answer)["tickets"][0]["status"], "new");
    }

    #[test]
    fn a_fault_without_its_record_has_not_happened() {
        let fault = Fault::parse("null=status:id=99").unwrap();
        let mut answer = page();
        assert!(!damage(&fault, &mut answer));
        assert_eq!(body(&answer), body(&page()));
    }

    #[test]
    fn an_endless_page_never_says_the_end() {
        let mut answer = page();
        assert!(make_endless(&mut answer));
        assert_eq!(body(&answer)["end_of_stream"], false);
    }
}
