//! Cases about jobs and their result rows: group J.

use domain::profile::RowState;
use domain::profile::failure::{FailureClass, Retry, RowFailure};
use domain::profile::job::JobState;
use domain::profile::key::Ids;
use domain::profile::result::{Matched, ResultRow, RowResult, SentRow, match_results};
use serde_json::{Value, json};

use crate::Case;

/// The rows that were sent; unnamed ones where the case only counts them.
fn sent(case: &Case) -> Vec<SentRow<'_>> {
    if let Some(count) = case.given["sent_count"].as_u64() {
        return (0..count).map(|_| SentRow::default()).collect();
    }
    let Some(rows) = case.given["sent"].as_array() else {
        // J13 leaves out what it sent: what its one result names.
        return vec![SentRow {
            ids: Ids {
                external_id: Some("1"),
                email: Some("a@example.com"),
            },
            zendesk_id: None,
        }];
    };
    rows.iter()
        .map(|row| SentRow {
            ids: Ids {
                external_id: row["external_id"].as_str(),
                email: row["email"].as_str(),
            },
            zendesk_id: row["id"].as_i64(),
        })
        .collect()
}

fn results(state: &JobState) -> &[ResultRow] {
    match state {
        JobState::Completed(rows) | JobState::Failed(rows) | JobState::Killed(rows) => rows,
        JobState::Waiting | JobState::Expired => &[],
    }
}

fn matched(case: &Case) -> Matched {
    let state = JobState::read(&case.given["job"]);
    match_results(&sent(case), results(&state))
}

/// Compares the fate of a row with what the case wants of it.
fn assert_failure(wanted: &Value, failure: &RowFailure, id: &str) {
    let class = wanted["class"].as_str().expect("a class");
    assert_eq!(failure.class.as_str(), class, "{id}");
    assert_eq!(
        Some(failure.retry()),
        wanted["retry"].as_str().and_then(Retry::parse),
        "{id}"
    );
    if let Some(field) = wanted.get("field") {
        assert_eq!(failure.field.as_deref(), field.as_str(), "{id}");
    }
}

pub(crate) fn polls(case: &Case) {
    let mut waits = 0;
    for poll in case.given["polls"].as_array().expect("polls") {
        let mut poll = poll.clone();
        // The case only says how many rows there are.
        if poll["results"].is_string() {
            let rows: Vec<Value> = (0..100)
                .map(|id| json!({"id": id, "status": "Created"}))
                .collect();
            poll["results"] = Value::Array(rows);
        }
        match JobState::read(&poll) {
            JobState::Waiting => waits += 1,
            JobState::Completed(rows) => assert_eq!(json!(rows.len()), case.wanted["run"]["rows"]),
            JobState::Failed(_) | JobState::Killed(_) | JobState::Expired => panic!("{poll}"),
        }
    }
    assert_eq!(json!(waits), case.wanted["run"]["waits"]);
}

pub(crate) fn rows(case: &Case) {
    let matched = matched(case);
    let wanted = case.wanted["rows"].as_array().expect("rows");
    assert_eq!(matched.rows.len(), wanted.len(), "{}", case.id);
    for (row, wanted) in matched.rows.iter().zip(wanted) {
        let state = wanted["state"]
            .as_str()
            .and_then(RowState::parse)
            .expect("a state");
        match row {
            RowResult::Done {
                state: is,
                zendesk_id,
            } => {
                assert_eq!(*is, state, "{}", case.id);
                if let Some(id) = wanted.get("zendesk_id") {
                    assert_eq!(&json!(zendesk_id), id, "{}", case.id);
                }
            }
            RowResult::Failed(failure) => {
                assert_eq!(state, RowState::Failed, "{}", case.id);
                assert_failure(wanted, failure, &case.id);
            }
            RowResult::ReadBack => panic!("{}: a row is not known", case.id),
        }
    }
}

/// Two results without ids for three rows: which row has none cannot be known, so all three are read
/// back; whichever is not found then has no result.
pub(crate) fn too_few(case: &Case) {
    let matched = matched(case);
    assert_eq!(json!(matched.missing), case.wanted["rows_unknown"]);
    assert!(matched.rows.iter().all(|row| *row == RowResult::ReadBack));
    let class = JobState::read(&case.given["job"])
        .failure()
        .expect("the job is over");
    assert_failure(&case.wanted["row"], &RowFailure::of(class), &case.id);
}

pub(crate) fn whole(case: &Case) {
    let state = JobState::read(&case.given["job"]);
    let class = state.failure().expect("polling stops");
    assert_failure(&case.wanted["row"], &RowFailure::of(class), &case.id);
    if let Some(failed) = case.wanted["rows_failed"].as_u64() {
        let matched = matched(case);
        let without = matched
            .rows
            .iter()
            .filter(|row| **row == RowResult::ReadBack)
            .count();
        assert_eq!(
            json!(without),
            json!(failed),
            "none of the rows has a result of its own"
        );
    }
}

pub(crate) fn expired(case: &Case) {
    let status = case.given["job_answer"]["status"]
        .as_u64()
        .expect("a status");
    let state =
        JobState::read_status(u16::try_from(status).expect("a status")).expect("it is over");
    assert_eq!(state, JobState::Expired);
    assert_eq!(
        json!(state.needs_reading_back()),
        case.wanted["run"]["reads_back"]
    );
    let class = state.failure().expect("a class");
    assert_eq!(class, FailureClass::JobExpired);
    assert_failure(&case.wanted["row"], &RowFailure::of(class), &case.id);
}

pub(crate) fn two_rows(case: &Case) {
    let warn = &case.wanted["warn"][0];
    assert_eq!(warn["code"], "two_rows_one_user");
    assert_eq!(json!(matched(case).shared), json!([warn["zendesk_id"]]));
}
