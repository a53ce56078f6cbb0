use std::time::Duration;

use domain::profile::action::Trouble as Stop;
use domain::profile::answer::{Answer, Auth, Call, Judgement, Scope, Situation, judge};
use domain::profile::failure::FailureClass;
use rstest::rstest;

use super::super::body::{About, classify};
use super::*;
use crate::http::Reply;

fn situation(call: Call) -> Situation {
    Situation {
        call,
        auth: Auth::ApiToken,
        single_works: None,
    }
}

fn reply(status: u16, body: &str) -> Reply {
    Reply {
        status,
        headers: http::HeaderMap::new(),
        body: body.as_bytes().to_vec(),
    }
}

fn about(call: Call) -> About {
    About {
        bucket: match call {
            Call::Bulk => Bucket::Jobs,
            Call::Single => Bucket::UserUpdates,
        },
        bulk: call == Call::Bulk,
        ..About::call("a test")
    }
}

const DUPLICATE: &str = r#"{"error":"RecordInvalid","description":"Record validation errors","details":{"email":[{"description":"Email: kim@example.com is already being used by another user","error":"DuplicateValue"}]}}"#;
const ROLE: &str =
    r#"{"error":{"title":"Forbidden","message":"You do not have access to this page."}}"#;
const SCOPE: &str = r#"{"error":"Forbidden","description":"You are missing the following required scopes: users:write"}"#;

#[rstest]
fn an_error_of_the_client_means_what_the_answer_itself_means(
    #[values(Call::Bulk, Call::Single)] call: Call,
    #[values(None, Some(true), Some(false))] single_works: Option<bool>,
    #[values(
        (401, r#"{"error":"Couldn't authenticate you"}"#),
        (403, ROLE),
        (403, SCOPE),
        (403, r#"{"error":"Forbidden"}"#),
        (403, r#"{"error":"Forbidden","description":"Bulk user import is not enabled for this account"}"#),
        (404, "<html>no such account</html>"),
        (404, r#"{"error":"RecordNotFound","description":"Not found"}"#),
        (400, r#"{"error":"TooManyValues","description":"Maximum 100 users may be created per call"}"#),
        (408, ""),
        (409, r#"{"error":"DatabaseConflict","description":"Database collision"}"#),
        (413, "Request entity too large"),
        (422, DUPLICATE),
        (500, "oops"),
        (503, "")
    )]
    answer: (u16, &str),
) {
    let (status, body) = answer;
    let situation = Situation {
        single_works,
        ..situation(call)
    };
    let error = classify(&about(call), &reply(status, body), None);
    let straight = judge(
        &Answer {
            status,
            content_type: None,
            retry_after: None,
            body: body.as_bytes(),
        },
        situation,
    );
    assert_eq!(error.judge(situation), straight, "{status} {body}");
}

#[rstest]
#[case(Bucket::UserUpdates, Scope::User)]
#[case(Bucket::Jobs, Scope::Jobs)]
#[case(Bucket::Account, Scope::Account)]
fn a_limit_makes_its_own_callers_wait(#[case] bucket: Bucket, #[case] scope: Scope) {
    let error = Error::Limited {
        bucket,
        after: Some(Duration::from_millis(26_500)),
    };
    assert_eq!(
        error.judge(situation(Call::Bulk)),
        Judgement::Wait {
            seconds: Some(27),
            scope,
            rows: RowState::Pending
        }
    );
}

#[rstest]
#[case(Trouble::Timeout, Judgement::Again)]
#[case(Trouble::CutOff, Judgement::Again)]
#[case(Trouble::Connect, Judgement::Wait { seconds: None, scope: Scope::Server, rows: RowState::Pending })]
#[case(Trouble::Status(502), Judgement::Wait { seconds: None, scope: Scope::Server, rows: RowState::Unknown })]
fn silence_is_told_from_a_refusal(#[case] trouble: Trouble, #[case] expected: Judgement) {
    let error = Error::Unavailable {
        call: "a test",
        trouble,
        after: None,
    };
    assert_eq!(error.judge(situation(Call::Bulk)), expected);
    assert_eq!(
        error.is_outcome_unknown(),
        expected.rows() == Some(RowState::Unknown)
    );
}

#[test]
fn a_page_in_place_of_data_is_not_zendesk() {
    let error = Error::NotJson {
        call: "a test",
        status: 200,
        what: "a web page",
    };
    assert_eq!(
        error.judge(situation(Call::Bulk)),
        Judgement::Stop(Stop::NotZendesk)
    );
}

#[test]
fn a_refused_row_keeps_its_reason() {
    let error = classify(&about(Call::Single), &reply(422, DUPLICATE), None);
    let Judgement::Failed(failure) = error.judge(situation(Call::Single)) else {
        panic!("one row fails by itself");
    };
    assert_eq!(failure.class, FailureClass::IdentityConflict);
    assert_eq!(failure.field.as_deref(), Some("email"));
}
