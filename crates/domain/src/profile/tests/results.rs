use serde_json::{Value, json};

use super::RowState;
use super::failure::{FailureClass, Retry, explain};
use super::job::JobState;
use super::key::Ids;
use super::result::{ResultRow, RowResult, SentRow, match_results};

fn sent(external_ids: &[&'static str]) -> Vec<SentRow<'static>> {
    external_ids
        .iter()
        .map(|id| SentRow {
            ids: Ids {
                external_id: Some(id),
                email: None,
            },
            zendesk_id: None,
        })
        .collect()
}

/// What became of each row: its Zendesk id, `failed` or `?`.
fn fates(sent: &[SentRow<'_>], results: &Value) -> Vec<String> {
    let results: Vec<ResultRow> = results
        .as_array()
        .expect("rows")
        .iter()
        .map(ResultRow::read)
        .collect();
    match_results(sent, &results)
        .rows
        .iter()
        .map(|row| match row {
            RowResult::Done { zendesk_id, .. } => zendesk_id.to_string(),
            RowResult::Failed(_) => "failed".to_owned(),
            RowResult::ReadBack => "?".to_owned(),
        })
        .collect()
}

#[test]
fn ids_win_over_the_order_of_the_results() {
    assert_eq!(
        fates(
            &sent(&["a", "b", "c"]),
            &json!([
                {"id": 3, "external_id": "C", "status": "Created"},
                {"id": 1, "external_id": "A", "status": "Created"},
                {"id": 2, "external_id": "B", "status": "Updated"},
            ])
        ),
        ["1", "2", "3"]
    );
}

#[test]
fn positions_count_only_while_the_results_stand_in_order() {
    let rows = sent(&["a", "b", "c"]);
    let created = |id| json!({"id": id, "status": "Created"});
    assert_eq!(
        fates(&rows, &json!([created(1), created(2), created(3)])),
        ["1", "2", "3"]
    );
    let shuffled = json!([
        {"id": 2, "external_id": "b", "status": "Created"}, created(1), created(3)
    ]);
    assert_eq!(fates(&rows, &shuffled), ["?", "2", "?"]);
    let fewer = json!([{"id": 1, "external_id": "a", "status": "Created"}, created(2)]);
    assert_eq!(fates(&rows, &fewer), ["1", "?", "?"]);
}

#[test]
fn a_failed_row_tells_its_position_by_index_or_id() {
    let rows = sent(&["a", "b", "c"]);
    let failed = json!({"id": 1, "status": "Failed", "error": "UserUpdateError"});
    let with_ids = json!([
        {"id": 9, "external_id": "c", "status": "Created"},
        {"id": 8, "external_id": "a", "status": "Created"},
        failed,
    ]);
    assert_eq!(fates(&rows, &with_ids), ["8", "failed", "9"]);
    let indexed = json!([{"index": 2, "error": "UserCreateError", "details": "boom"}]);
    assert_eq!(fates(&rows, &indexed), ["?", "?", "failed"]);
}

#[test]
fn a_failed_row_whose_position_is_not_its_place_is_read_back() {
    let rows = sent(&["a", "b"]);
    let results = json!([
        {"id": 1, "status": "Failed", "error": "UserUpdateError"},
        {"id": 7, "status": "Created"},
    ]);
    assert_eq!(fates(&rows, &results), ["?", "?"]);
}

#[test]
fn two_results_for_one_row_are_read_back() {
    assert_eq!(
        fates(
            &sent(&["a", "b"]),
            &json!([
                {"id": 1, "external_id": "a", "status": "Created"},
                {"id": 2, "external_id": "a", "status": "Updated"},
            ])
        ),
        ["?", "?"]
    );
}

#[test]
fn a_result_with_anothers_external_id_is_nobodys() {
    assert_eq!(
        fates(
            &sent(&["a", "b"]),
            &json!([
                {"id": 1, "external_id": "a", "status": "Created"},
                {"id": 2, "external_id": "stranger", "status": "Updated"},
            ])
        ),
        ["1", "?"]
    );
}

#[test]
fn an_email_that_zendesk_still_shows_as_the_old_one_is_no_contradiction() {
    let rows = [SentRow {
        ids: Ids {
            external_id: Some("1"),
            email: Some("new@x.com"),
        },
        zendesk_id: None,
    }];
    let results = json!([{"id": 5, "email": "old@x.com", "external_id": "1", "status": "Updated"}]);
    assert_eq!(fates(&rows, &results), ["5"]);
}

#[test]
fn forty_nine_of_fifty_failures_in_a_completed_job_are_forty_nine_failures() {
    let rows: Vec<SentRow<'_>> = (0..50)
        .map(|id| SentRow {
            zendesk_id: Some(1_000 + id),
            ..SentRow::default()
        })
        .collect();
    let mut results =
        vec![json!({"action": "update", "id": 1_000, "status": "Updated", "success": true})];
    results.extend((1..50).map(|place| {
        json!({"index": place, "id": 1_000 + place, "error": "UserUpdateError",
               "details": "Name: Email: x is not properly formatted"})
    }));
    let fates = fates(&rows, &Value::Array(results));
    assert_eq!(fates.iter().filter(|fate| *fate == "failed").count(), 49);
    assert_eq!(fates[0], "1000");
}

#[test]
fn results_of_any_shape_are_read_without_harm() {
    for row in [
        json!(null),
        json!(1),
        json!("x"),
        json!([]),
        json!({"id": {}, "status": 4}),
    ] {
        assert_eq!(ResultRow::read(&row), ResultRow::default(), "{row}");
    }
    assert_eq!(
        JobState::read(
            &json!({"job_status": {"status": "completed", "results": {"success": true}}})
        ),
        JobState::Completed(Vec::new())
    );
    assert_eq!(JobState::read(&json!({})), JobState::Waiting);
    assert_eq!(
        JobState::read(&json!({"status": "dreaming"})),
        JobState::Waiting
    );
}

#[test]
fn a_row_without_a_word_of_success_is_read_back() {
    assert_eq!(
        fates(&sent(&["a"]), &json!([{"id": 1, "external_id": "a"}])),
        ["?"]
    );
    assert_eq!(
        fates(
            &sent(&["a"]),
            &json!([{"external_id": "a", "status": "Created"}])
        ),
        ["?"]
    );
}

#[test]
fn results_hide_ids_of_people_in_logs() {
    let row = ResultRow::read(
        &json!({"email": "kim@x.com", "error": "E", "details": "Email: kim@x.com"}),
    );
    assert!(!format!("{row:?}").contains("kim"));
}

fn class(error: Option<&str>, details: &Value) -> (FailureClass, Option<String>) {
    let failure = explain(error, details);
    (failure.class, failure.field)
}

#[test]
fn a_reason_is_found_in_every_form_zendesk_gives_it() {
    let field = |name: &str| Some(name.to_owned());
    for (error, details, wanted) in [
        (
            None,
            json!({"email": [{"description": "Correo: mal"}]}),
            (FailureClass::BadEmail, field("email")),
        ),
        (
            None,
            json!({"external_id": [{"description": "x", "error": "DuplicateValue"}]}),
            (FailureClass::IdentityConflict, field("external_id")),
        ),
        (
            Some("UserCreateError"),
            json!("External has already been taken"),
            (FailureClass::IdentityConflict, field("external_id")),
        ),
        (
            Some("UserCreateError"),
            json!("Name: is too short (minimum one character)"),
            (FailureClass::MissingName, field("name")),
        ),
        (
            Some("UserUpdateError"),
            json!(["Phone: x"]),
            (FailureClass::BadPhone, field("phone")),
        ),
        (
            None,
            json!({"base": [{"description": "Locale: unknown"}]}),
            (FailureClass::BadValue, field("locale")),
        ),
        (
            Some("UpdateConflict"),
            Value::Null,
            (FailureClass::Collision, None),
        ),
        (
            Some("RecordNotFound"),
            Value::Null,
            (FailureClass::UserGone, None),
        ),
        (
            Some("NewError"),
            json!("what is this"),
            (FailureClass::Unrecognised, None),
        ),
        (None, json!(7), (FailureClass::Unrecognised, None)),
    ] {
        assert_eq!(class(error, &details), wanted, "{error:?} {details}");
    }
}

#[test]
fn every_class_says_what_to_do() {
    for class in FailureClass::ALL {
        assert!(
            class.sentence().ends_with('.') && class.sentence().contains(' '),
            "{class}"
        );
    }
}

#[test]
fn a_job_is_over_only_where_it_says_so() {
    for (status, over) in [
        ("queued", false),
        ("working", false),
        ("completed", true),
        ("failed", true),
        ("killed", true),
    ] {
        let state = JobState::read(&json!({"status": status}));
        assert_eq!(state.failure().is_some(), over, "{status}");
    }
    assert_eq!(JobState::read_status(503), None);
    assert!(RowState::Unknown.as_str() == "unknown" && !RowState::Unknown.is_final());
}

#[test]
fn a_permanent_error_is_not_repeated_until_something_changes() {
    assert!(!Retry::Never.is_due(false, true));
    assert!(Retry::Never.is_due(true, false));
    assert!(!Retry::AfterAction.is_due(false, false));
    assert!(Retry::AfterAction.is_due(false, true));
    assert!(Retry::Later.is_due(false, false) && Retry::Split.is_due(false, false));
}
