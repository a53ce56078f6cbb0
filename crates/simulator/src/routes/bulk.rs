//! Bulk writes of users: queued at once, carried out when their time has come (zendesk-api.md 3.3, 3.4).

use serde_json::{Map, Value, json};

use super::jobs::write_job;
use super::user_writes::Rights;
use super::users::{MOST_IDS, read_ids};
use crate::account::Account;
use crate::account::job::{Job, JobFate, Terms, Work};
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::data::dice::Dice;
use crate::wire::Object;

/// `POST users/create_many`
pub(super) fn create_many(account: &mut Account, call: &Call) -> Outcome {
    check_allowed(call)?;
    let rows = read_rows(call)?;
    account.tally.posted(call.now_ms, rows.len());
    let total = rows.len();
    queue(
        account,
        call,
        "Bulk Create User",
        "Creating User",
        total,
        Work::Create(rows),
    )
}

/// `POST users/create_or_update_many`
pub(super) fn create_or_update_many(account: &mut Account, call: &Call) -> Outcome {
    check_allowed(call)?;
    let rows = read_rows(call)?;
    account.tally.posted(call.now_ms, rows.len());
    let total = rows.len();
    queue(
        account,
        call,
        "Bulk Create User",
        "Creating User",
        total,
        Work::Upsert(rows),
    )
}

/// `PUT users/update_many`: one change for the ids in the query, or a batch.
pub(super) fn update_many(account: &mut Account, call: &Call) -> Outcome {
    let rows = match (call.query("ids"), call.query("external_ids")) {
        (None, None) => read_rows(call)?,
        (Some(ids), _) => {
            let user = call.object("user")?;
            read_ids(ids)?
                .into_iter()
                .map(|id| named(&user, "id", json!(id)))
                .collect()
        }
        (None, Some(ids)) => {
            let user = call.object("user")?;
            let ids: Vec<&str> = ids.split(',').map(str::trim).collect();
            check_count(ids.len())?;
            ids.into_iter()
                .map(|id| named(&user, "external_id", json!(id)))
                .collect()
        }
    };
    account.tally.posted(call.now_ms, rows.len());
    let total = rows.len();
    queue(
        account,
        call,
        "Bulk Update User",
        "Updating user",
        total,
        Work::Update(rows),
    )
}

/// `DELETE users/destroy_many`
pub(super) fn destroy_many(account: &mut Account, call: &Call) -> Outcome {
    let ids = call
        .query("ids")
        .ok_or_else(|| Answer::text(400, "Required parameter missing: ids"))?;
    let ids = read_ids(ids)?;
    account.tally.posted(call.now_ms, ids.len());
    let total = ids.len();
    queue(
        account,
        call,
        "Bulk Update User",
        "Updating user",
        total,
        Work::Delete(ids),
    )
}

fn named(user: &Map<String, Value>, key: &str, id: Value) -> Value {
    let mut row = user.clone();
    row.insert(key.to_owned(), id);
    Value::Object(row)
}

/// Bulk creation is off until Zendesk switches it on for an account (zendesk-api.md 0.4), and for
/// agents whose role may not.
fn check_allowed(call: &Call) -> Result<(), Answer> {
    if call.switches.bulk_user_import {
        Ok(())
    } else if call.switches.bulk_off_says_so {
        Err(Answer::error(
            403,
            "Forbidden",
            "Bulk user import is not enabled for this account",
        ))
    } else {
        Err(Answer::forbidden())
    }
}

fn read_rows(call: &Call) -> Result<Vec<Value>, Answer> {
    match call.json()?.get_mut("users").map(Value::take) {
        Some(Value::Array(rows)) => {
            check_count(rows.len())?;
            Ok(rows)
        }
        _ => Err(Answer::text(400, "Required parameter missing: users")),
    }
}

fn check_count(count: usize) -> Result<(), Answer> {
    if count <= MOST_IDS {
        return Ok(());
    }
    Err(Answer::error(
        400,
        "TooManyValues",
        "Maximum 100 users may be created per call",
    ))
}

pub(super) fn queue(
    account: &mut Account,
    call: &Call,
    kind: &'static str,
    doing: &'static str,
    total: usize,
    work: Work,
) -> Outcome {
    account.jobs.made += 1;
    let mut dice = Dice::new(account.jobs.made);
    let takes = call.job_ms.max(1);
    let done_ms = match call.fate {
        Some(JobFate::Never) => i64::MAX,
        Some(JobFate::Slow { by }) => {
            let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4);
            call.now_ms.saturating_add(takes).saturating_add(by)
        }
        Some(
            JobFate::Fail { .. }
            | JobFate::Kill { .. }
            | JobFate::Forget
            | JobFate::FailRows { .. },
        )
        | None => call.now_ms + takes,
    };
    let rights = Rights::of(call);
    let prefix = if call.switches.bare_job_ids {
        ""
    } else {
        "V3-"
    };
    let job = Job {
        id: format!("{prefix}{:016x}{:016x}", dice.draw(), dice.draw()),
        kind,
        doing,
        total,
        queued_ms: call.now_ms,
        done_ms,
        work: Some(work),
        terms: Terms {
            fate: call.fate,
            edits_staff: rights.edits_staff,
            switches: call.switches,
        },
        results: None,
    };
    let answer = Object::new().with_raw("job_status", &write_job(&job, call));
    account.tally.counts.jobs_queued += 1;
    account.jobs.queue(job);
    Ok(Answer::ok(answer))
}
