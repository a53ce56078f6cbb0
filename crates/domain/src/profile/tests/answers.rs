use super::RowState;
use super::action::Trouble;
use super::answer::{
    Answer, Auth, Call, Forbidden, Judgement, Scope, Situation, judge, read_forbidden,
};
use super::failure::FailureClass;

const BULK: Situation = Situation {
    call: Call::Bulk,
    auth: Auth::ApiToken,
    single_works: None,
};

fn judged(status: u16, body: &str, situation: Situation) -> Judgement {
    judge(
        &Answer {
            status,
            content_type: Some("application/json"),
            retry_after: None,
            body: body.as_bytes(),
        },
        situation,
    )
}

#[test]
fn a_403_is_an_authorization_error_until_bulk_off_is_proven() {
    let body = r#"{"error":"Forbidden"}"#;
    let with = |single_works| Situation {
        single_works,
        ..BULK
    };
    assert_eq!(judged(403, body, BULK), Judgement::Probe);
    assert_eq!(
        judged(403, body, with(Some(true))),
        Judgement::Stop(Trouble::BulkOff)
    );
    assert_eq!(
        judged(403, body, with(Some(false))),
        Judgement::Stop(Trouble::Authorization)
    );
    let said =
        r#"{"error":"Forbidden","description":"Bulk import is not enabled for this account"}"#;
    assert_eq!(judged(403, said, BULK), Judgement::Stop(Trouble::BulkOff));
    let single = Situation {
        call: Call::Single,
        ..BULK
    };
    assert_eq!(
        judged(403, said, single),
        Judgement::Stop(Trouble::Authorization)
    );
}

#[test]
fn the_body_of_a_403_tells_scope_from_role() {
    let scope = br#"{"error":"Forbidden","description":"You are missing the following required scopes: users:write, read"}"#;
    assert_eq!(
        read_forbidden(scope),
        Forbidden::Scope(vec!["users:write".to_owned(), "read".to_owned()])
    );
    let role =
        br#"{"error":{"title":"Forbidden","message":"You do not have access to this page."}}"#;
    assert_eq!(read_forbidden(role), Forbidden::Role);
    assert_eq!(read_forbidden(b""), Forbidden::Unsaid);
    assert_eq!(
        judged(403, &String::from_utf8_lossy(scope), BULK),
        Judgement::Stop(Trouble::Authorization)
    );
}

#[test]
fn no_limit_and_no_outage_ever_fails_a_row() {
    for (status, body, scope, rows) in [
        (
            429,
            "Number of allowed API requests per minute exceeded",
            Scope::Account,
            RowState::Pending,
        ),
        (
            429,
            r#"{"error":"TooManyJobs","current_job_ids":[]}"#,
            Scope::Jobs,
            RowState::Pending,
        ),
        (503, "", Scope::Server, RowState::Pending),
        (500, "", Scope::Server, RowState::Unknown),
        (502, "<html>", Scope::Server, RowState::Unknown),
        (504, "", Scope::Server, RowState::Unknown),
        (
            409,
            r#"{"error":"DatabaseConflict"}"#,
            Scope::Server,
            RowState::Pending,
        ),
    ] {
        assert_eq!(
            judged(status, body, BULK),
            Judgement::Wait {
                seconds: None,
                scope,
                rows
            },
            "{status} {body}"
        );
    }
}

#[test]
fn a_wait_is_as_long_as_zendesk_says() {
    for (header, wanted) in [
        ("120", Some(120)),
        ("0.5", Some(1)),
        ("86400", Some(86_400)),
        ("soon", None),
        ("-1", None),
    ] {
        let answer = Answer {
            status: 429,
            content_type: None,
            retry_after: Some(header),
            body: b"",
        };
        let Judgement::Wait { seconds, .. } = judge(&answer, BULK) else {
            panic!("{header} is no wait")
        };
        assert_eq!(seconds, wanted, "{header}");
    }
}

#[test]
fn a_batch_that_is_refused_as_a_whole_is_sent_in_halves() {
    for (status, body) in [
        (
            400,
            r#"{"error":"TooManyValues","description":"Maximum 100 users may be created per call"}"#,
        ),
        (413, ""),
        (
            422,
            r#"{"error":"RecordInvalid","details":{"email":[{"description":"Email: x"}]}}"#,
        ),
    ] {
        let Judgement::Split(failure) = judged(status, body, BULK) else {
            panic!("{status} does not split")
        };
        assert_eq!(failure.class, FailureClass::BatchRefused);
    }
}

#[test]
fn a_user_who_vanished_is_sent_again() {
    let single = Situation {
        call: Call::Single,
        ..BULK
    };
    let body = r#"{"error":"RecordNotFound","description":"Not found"}"#;
    let Judgement::Failed(failure) = judged(404, body, single) else {
        panic!("no failure")
    };
    assert_eq!(failure.class, FailureClass::UserGone);
}

#[test]
fn a_page_or_a_redirect_is_not_zendesk() {
    for (status, body) in [(200, " <!DOCTYPE html>"), (302, ""), (404, "<html></html>")] {
        let judgement = judged(status, body, BULK);
        assert_eq!(judgement, Judgement::Stop(Trouble::NotZendesk), "{status}");
        assert_eq!(judgement.rows(), Some(RowState::Unknown));
    }
    assert_eq!(
        judged(200, r#"{"job_status":{}}"#, BULK),
        Judgement::Accepted
    );
}

#[test]
fn an_answer_is_not_shown_in_a_log() {
    let answer = Answer {
        status: 422,
        content_type: None,
        retry_after: None,
        body: b"kim@x.com",
    };
    assert!(!format!("{answer:?}").contains("kim"));
}

#[test]
fn an_unknown_subdomain_is_told_from_an_unknown_call() {
    assert_eq!(
        judged(404, "{}", BULK),
        Judgement::Stop(Trouble::NotZendesk)
    );
    assert_eq!(judged(404, "", BULK), Judgement::Stop(Trouble::NotZendesk));
    let missing = r#"{"error":"InvalidEndpoint","description":"Not found"}"#;
    assert_eq!(
        judged(404, missing, BULK),
        Judgement::Stop(Trouble::BulkOff)
    );
}
