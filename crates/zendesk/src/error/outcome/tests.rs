use rstest::rstest;

use super::super::{Error, ForbiddenWhy, Trouble};
use crate::error::body::{About, classify};
use crate::governor::Bucket;
use crate::http::Reply;

const CALL: &str = "the change of a ticket";

fn answered(status: u16, body: &str) -> Error {
    let reply = Reply {
        status,
        headers: http::HeaderMap::new(),
        body: body.as_bytes().to_vec(),
    };
    classify(&About::call(CALL), &reply, None)
}

fn unavailable(call: &'static str, trouble: Trouble) -> Error {
    Error::Unavailable {
        call,
        trouble,
        after: None,
    }
}

#[rstest]
#[case(Trouble::Lookup, false)]
#[case(Trouble::Connect, false)]
#[case(Trouble::Timeout, true)]
#[case(Trouble::CutOff, true)]
#[case(Trouble::Status(503), true)]
fn what_came_after_the_connection_was_made_is_unknown(
    #[case] trouble: Trouble,
    #[case] unknown: bool,
) {
    assert_eq!(unavailable(CALL, trouble).is_outcome_unknown(), unknown);
}

#[test]
fn trouble_with_tokens_is_known_to_have_changed_nothing() {
    let error = unavailable(crate::sign_in::TOKENS, Trouble::Timeout);
    assert!(!error.is_outcome_unknown());
}

#[rstest]
#[case(400, false)]
#[case(401, false)]
#[case(403, false)]
#[case(404, false)]
#[case(408, true)]
#[case(409, false)]
#[case(410, false)]
#[case(422, false)]
#[case(429, false)]
#[case(304, true)]
#[case(500, true)]
#[case(502, true)]
#[case(504, true)]
fn a_refusal_is_certain_and_a_failure_is_not(#[case] status: u16, #[case] unknown: bool) {
    assert_eq!(answered(status, "{}").is_outcome_unknown(), unknown);
}

#[test]
fn a_good_status_with_an_unreadable_body_is_unknown() {
    let wrong = Error::WrongShape {
        call: CALL,
        path: "ticket".into(),
        what: "missing".into(),
    };
    let page = Error::NotJson {
        call: CALL,
        status: 200,
        what: "a web page",
    };
    let large = Error::TooLarge {
        call: CALL,
        limit: 1,
    };
    let elsewhere = Error::Redirected { to: None };
    for error in [wrong, page, large, elsewhere] {
        assert!(error.is_outcome_unknown(), "{error:?}");
    }
}

#[test]
fn what_never_left_us_is_known() {
    let before = [
        Error::Limited {
            bucket: Bucket::Account,
            after: None,
        },
        Error::Setup("x".into()),
        Error::Store("x".into()),
        Error::Certificate { host: "h".into() },
        Error::Forbidden {
            call: CALL,
            why: ForbiddenWhy::Role,
            refusal: Box::default(),
        },
    ];
    for error in before {
        assert!(!error.is_outcome_unknown(), "{error:?}");
    }
}

#[test]
fn the_conflicts_that_a_push_must_tell_apart() {
    let outdated = answered(
        409,
        r#"{"description":"Safe Update prevented the update due to outdated ticket data.","error":"UpdateConflict"}"#,
    );
    assert!(outdated.is_update_conflict());
    assert!(!outdated.is_idempotency_in_progress());
    let running = answered(409, r#"{"error":"IdempotentRequestInProgress"}"#);
    assert!(running.is_idempotency_in_progress());
    assert!(!running.is_update_conflict());
    let collision = answered(409, "Requester creation collision - please try again");
    assert!(!collision.is_update_conflict() && !collision.is_idempotency_in_progress());
}

#[test]
fn a_missing_ticket_is_not_a_missing_account() {
    let gone = answered(
        404,
        r#"{"error":"RecordNotFound","description":"Not found"}"#,
    );
    assert!(gone.is_not_found());
    assert!(!answered(404, "<html></html>").is_not_found());
    assert!(
        !answered(
            404,
            r#"{"error":"InvalidEndpoint","description":"Not found"}"#
        )
        .is_not_found()
    );
    assert!(!answered(422, "{}").is_not_found());
}

#[test]
fn a_422_names_its_fields_each_with_its_sentence() {
    let closed = answered(
        422,
        r#"{"error":"RecordInvalid","description":"Record validation errors","details":{
            "status":[{"description":"Status: closed prevents ticket update"}],
            "base":[{"description":"Assignee: is required when solving a ticket","error":null},
                    {"description":"Order: is required"}]}}"#,
    );
    let expected = [
        (
            "base",
            "Assignee: is required when solving a ticket Order: is required",
        ),
        ("status", "Status: closed prevents ticket update"),
    ];
    let expected = expected.map(|(field, sentence)| (field.to_owned(), sentence.to_owned()));
    assert_eq!(closed.refused_fields(), expected);
    assert_eq!(answered(404, "{}").refused_fields(), []);
}
