use http::HeaderMap;
use rstest::rstest;

use super::*;
use crate::error::{Fix, When};

fn error_of(status: u16, body: &str) -> Error {
    error_about(About::call("a thing"), status, body)
}

fn error_about(about: About, status: u16, body: &str) -> Error {
    let reply = Reply {
        status,
        headers: HeaderMap::new(),
        body: body.as_bytes().to_vec(),
    };
    classify(&about, &reply, None)
}

/// Code and message of every form in zendesk-api.md 3.2 and 1.
#[rstest]
#[case(
    404,
    r#"{"error":"RecordNotFound","description":"Not found"}"#,
    Some("RecordNotFound"),
    Some("Not found")
)]
#[case(
    404,
    r#"{"error":"InvalidEndpoint","description":"Not found"}"#,
    Some("InvalidEndpoint"),
    Some("Not found")
)]
#[case(
    401,
    r#"{"error":"Couldn't authenticate you"}"#,
    Some("Couldn't authenticate you"),
    None
)]
#[case(
    401,
    r#"{"error":"invalid_token","error_description":"The access token provided is expired."}"#,
    Some("invalid_token"),
    Some("The access token provided is expired.")
)]
#[case(400, r#"{"error":{"title":"Invalid attribute","message":"You passed an invalid value for the password attribute. must be a string"}}"#, Some("Invalid attribute"), Some("You passed an invalid value for the password attribute. must be a string"))]
#[case(400, r#"{"errors":[{"code":"InvalidPaginationDepth","title":"Pagination requests using Offset Pagination are limited","detail":"to 10000"}]}"#, Some("InvalidPaginationDepth"), Some("Pagination requests using Offset Pagination are limited: to 10000"))]
#[case(
    429,
    r#"{"errors":[{"code":"TooManyRequests","title":"Too many requests to update"}]}"#,
    Some("TooManyRequests"),
    Some("Too many requests to update")
)]
#[case(400, r#"{"error":"TooManyValues","description":"Parameter  cannot specify more than 100 values","max_count":100}"#, Some("TooManyValues"), Some("Parameter  cannot specify more than 100 values"))]
#[case(
    400,
    "Required parameter missing: phone_number",
    None,
    Some("Required parameter missing: phone_number")
)]
#[case(
    409,
    "Requester creation collision - please try again",
    None,
    Some("Requester creation collision - please try again")
)]
#[case(
    406,
    r#"{"error":"CommentRequired","description":"A comment is required to update your request."}"#,
    Some("CommentRequired"),
    Some("A comment is required to update your request.")
)]
#[case(404, "<!DOCTYPE html><html></html>", None, None)]
#[case(404, "", None, None)]
#[case(404, "{}", None, None)]
#[case(400, "[1,2]", None, None)]
#[case(400, r#"{"error":null,"errors":null,"details":null}"#, None, None)]
#[case(400, r#"{"errors":["one","two"]}"#, None, Some("one\ntwo"))]
#[case(400, r#"{"error":"X","description":"trunca"#, None, None)]
fn every_form_of_error_body_is_read(
    #[case] status: u16,
    #[case] body: &str,
    #[case] code: Option<&str>,
    #[case] message: Option<&str>,
) {
    let refusal = Refusal::read(status, body.as_bytes());
    assert_eq!(refusal.code.as_deref(), code);
    assert_eq!(refusal.message.as_deref(), message);
}

/// Cases N01 to N05.
#[test]
fn n01_details_become_lines_and_a_map() {
    let refusal = Refusal::read(400, br#"{"details":{"name":[{"description":"too short"},{"description":"empty"}],"email":[{"description":"invalid"}]}}"#);
    let mut lines = refusal.lines();
    lines.sort();
    assert_eq!(
        lines,
        ["[email] invalid", "[name] empty", "[name] too short"]
    );
    let words = |field: &str| -> Vec<&str> {
        refusal.fields[field]
            .iter()
            .map(|detail| detail.description.as_str())
            .collect()
    };
    assert_eq!(words("name"), ["too short", "empty"]);
    assert_eq!(words("email"), ["invalid"]);
}

#[test]
fn n02_odd_details_are_tolerated() {
    let refusal = Refusal::read(
        400,
        br#"{"details":{"name":"too short","email":["invalid"],"notes":[{"data":"x"}]}}"#,
    );
    let lines = refusal.lines();
    assert_eq!(
        lines,
        [
            "[email] invalid",
            "[name] too short",
            r#"[notes] {"data":"x"}"#
        ]
    );
}

#[test]
fn n03_what_is_not_json_gives_a_general_text_and_no_fields() {
    for body in ["<html>", "", "{broken"] {
        let refusal = Refusal::read(400, body.as_bytes());
        assert_eq!(refusal.text(), "Record invalid.");
        assert!(refusal.fields.is_empty());
    }
}

#[test]
fn n04_the_description_comes_before_the_lines() {
    let refusal = Refusal::read(422, br#"{"error":"RecordInvalid","description":"Details","details":{"base":[{"description":"no","error":"BlankValue"}]}}"#);
    assert_eq!(refusal.text(), "Details\n[base] no");
}

#[test]
fn n05_a_description_alone_is_the_text() {
    let refusal = Refusal::read(400, br#"{"description":"Some error"}"#);
    assert_eq!(refusal.text(), "Some error");
}

#[test]
fn the_code_of_a_field_may_be_absent_or_null() {
    let body = r#"{"error":"RecordInvalid","description":"Record validation errors","details":{"base":[{"description":"Assignee: is required when solving a ticket","error":null,"ticket_field_id":1,"ticket_field_type":"FieldAssignee"}],"name":[{"description":"Name: is too short","error":"ValueTooShort"}]}}"#;
    let error = error_of(422, body);
    let fields = error.fields().unwrap();
    assert_eq!(fields["base"][0].code, None);
    assert_eq!(fields["name"][0].code.as_deref(), Some("ValueTooShort"));
    assert_eq!(error.code(), Some("RecordInvalid"));
    assert_eq!(error.when(), When::AfterFix(Fix::Record));
    assert_eq!(
        error.sentence(),
        "Zendesk refuses the record: the record as a whole, name (ValueTooShort). Correct the named fields and send the record again."
    );
}

#[rstest]
#[case(r#"{"error":"Forbidden","description":"You are missing the following required scopes: groups:read, read"}"#, Fix::Scope("groups:read, read".into()))]
#[case(r#"{"error":{"title":"Forbidden","message":"You do not have access to this page. Please contact the account owner of this help desk for further help."}}"#, Fix::Role)]
#[case("", Fix::Role)]
fn a_403_says_whether_scope_or_role_is_lacking(#[case] body: &str, #[case] fix: Fix) {
    assert_eq!(error_of(403, body).when(), When::AfterFix(fix));
}

#[rstest]
#[case(
    r#"{"error":"Forbidden","description":"Bulk user import is not enabled for this account"}"#,
    ForbiddenWhy::BulkOff
)]
#[case(
    r#"{"error":{"title":"Forbidden","message":"You do not have access to this page."}}"#,
    ForbiddenWhy::Role
)]
#[case(r#"{"error":"Forbidden"}"#, ForbiddenWhy::Unsaid)]
#[case(
    r#"{"error":"Forbidden","description":"You are missing the following required scopes: users:write"}"#,
    ForbiddenWhy::Scope("users:write".into())
)]
fn a_403_on_a_bulk_call_means_bulk_is_off_only_if_it_says_so(
    #[case] body: &str,
    #[case] expected: ForbiddenWhy,
) {
    let about = About {
        bulk: true,
        ..About::call("a bulk import of users")
    };
    let Error::Forbidden { why, .. } = error_about(about, 403, body) else {
        panic!("a 403 is a refusal");
    };
    assert_eq!(why, expected);
}

#[test]
fn a_job_too_many_is_a_limit_under_either_status() {
    let body = r#"{"error":"TooManyJobs","description":"Too many jobs","current_job_ids":[]}"#;
    let about = About {
        bucket: Bucket::Jobs,
        ..About::call("a bulk import of users")
    };
    for status in [422, 429] {
        let error = error_about(about, status, body);
        let is_limit = matches!(
            error,
            Error::Limited {
                bucket: Bucket::Jobs,
                ..
            }
        );
        assert!(is_limit, "{status}: {error:?}");
    }
}

#[rstest]
#[case(r#"{"description":"Safe Update prevented the update due to outdated ticket data.","error":"UpdateConflict"}"#, ConflictKind::Outdated)]
#[case(
    r#"{"error":"DatabaseConflict","description":"Database collision"}"#,
    ConflictKind::Collision
)]
#[case(
    "Requester creation collision - please try again",
    ConflictKind::RequesterCollision
)]
#[case(r#"{"error":"IdempotentRequestInProgress"}"#, ConflictKind::InProgress)]
#[case("", ConflictKind::Other)]
fn a_409_says_which_conflict_it_is(#[case] body: &str, #[case] expected: ConflictKind) {
    let Error::Conflict { kind, .. } = error_of(409, body) else {
        panic!("a 409 is a conflict");
    };
    assert_eq!(kind, expected);
}

#[test]
fn a_start_that_is_too_recent_is_tried_again_in_a_minute() {
    let body = r#"{"error":"StartTimeTooRecent","description":"Too recent start_time. Use a start_time older than 60 seconds"}"#;
    let about = About::export("the export of tickets", false);
    let error = error_about(about, 400, body);
    assert_eq!(
        error.when(),
        When::Later {
            after: Some(Duration::from_secs(60))
        }
    );
}

#[rstest]
#[case(400, When::Never)]
#[case(406, When::Never)]
#[case(413, When::Never)]
#[case(401, When::AfterFix(Fix::SignIn))]
#[case(404, When::AfterFix(Fix::Address))]
#[case(410, When::AfterFix(Fix::Address))]
#[case(409, When::Later { after: None })]
#[case(429, When::Later { after: None })]
#[case(500, When::Later { after: None })]
#[case(502, When::Later { after: None })]
#[case(503, When::Later { after: None })]
#[case(504, When::Later { after: None })]
fn every_status_says_whether_to_try_again(#[case] status: u16, #[case] when: When) {
    let error = error_of(status, "");
    assert_eq!(error.when(), when);
    assert_eq!(error.status(), Some(status));
}

#[rstest]
#[case(404, r#"{"error":"RecordNotFound","description":"Not found"}"#, true)]
#[case(410, r#"{"error":"Gone"}"#, true)]
#[case(404, r#"{"error":{"title":"Not found","message":"no"}}"#, true)]
#[case(404, r#"{"error":"InvalidEndpoint","description":"Not found"}"#, false)]
#[case(404, "{}", false)]
#[case(404, "<html>", false)]
#[case(400, r#"{"error":"RecordNotFound"}"#, false)]
fn a_missing_record_is_told_from_a_missing_account(
    #[case] status: u16,
    #[case] body: &str,
    #[case] record: bool,
) {
    assert_eq!(
        is_missing_record(&Refusal::read(status, body.as_bytes())),
        record
    );
}

#[test]
fn no_sentence_repeats_zendesks_own_words() {
    let bodies = [
        (
            422,
            r#"{"error":"RecordInvalid","description":"canary","details":{"email":[{"description":"canary@example.com is used","error":"DuplicateValue"}]}}"#,
        ),
        (400, "canary"),
        (400, r#"{"error":"Email canary@example.com is bad"}"#),
        (409, "canary collision"),
        (403, r#"{"error":{"title":"Forbidden","message":"canary"}}"#),
        (404, r#"{"error":"RecordNotFound","description":"canary"}"#),
    ];
    for (status, body) in bodies {
        let error = error_of(status, body);
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    let error = error_of(422, bodies[0].1);
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}

#[test]
fn an_endless_text_is_cut() {
    let refusal = Refusal::read(400, "x".repeat(50_000).as_bytes());
    assert_eq!(refusal.message.unwrap().len(), 1000);
}
