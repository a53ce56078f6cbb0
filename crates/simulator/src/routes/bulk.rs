//! Bulk writes of users: queued at once, done when their time has come (zendesk-api.md 3.3, 3.4).

use serde_json::{Map, Value, json};

use super::jobs::write_job;
use super::user_writes::{change, make, refuse, upsert};
use super::users::{MOST_IDS, read_ids};
use crate::account::Account;
use crate::account::job::{Job, Work};
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::data::dice::Dice;
use crate::wire::Object;
use crate::word::Role;

/// `POST users/create_many`
pub(super) fn create_many(account: &mut Account, call: &Call) -> Outcome {
    check_allowed(call)?;
    let rows = read_rows(call)?;
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

/// Bulk creation is off until Zendesk switches it on for an account (zendesk-api.md 0.4).
fn check_allowed(call: &Call) -> Result<(), Answer> {
    if call.switches.bulk_user_import {
        Ok(())
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
    account.jobs_made += 1;
    let mut dice = Dice::new(account.jobs_made);
    let job = Job {
        id: format!("V3-{:016x}{:016x}", dice.draw(), dice.draw()),
        kind,
        doing,
        total,
        queued_ms: call.now_ms,
        done_ms: call.now_ms + call.job_ms.max(1),
        work: Some(work),
        results: None,
    };
    let answer = Object::new().with_raw("job_status", &write_job(&job, call));
    account.jobs.insert(job.id.clone(), job);
    Ok(Answer::ok(answer))
}

/// Does the work of the jobs whose time has come, in the order they end.
pub(crate) fn finish(account: &mut Account, now_ms: i64) {
    let mut due: Vec<(i64, String)> = account
        .jobs
        .values()
        .filter(|job| job.work.is_some() && job.done_ms <= now_ms)
        .map(|job| (job.done_ms, job.id.clone()))
        .collect();
    due.sort();
    for (_, id) in due {
        let Some(work) = account.jobs.get_mut(&id).and_then(|job| job.work.take()) else {
            continue;
        };
        let mut rows = carry_out(account, work);
        shuffle(&mut rows, &id);
        if let Some(job) = account.jobs.get_mut(&id) {
            job.results = Some(Value::Array(rows));
        }
    }
}

/// Rows come in no order: parallel workers (recorded for tickets). The same job, the same order.
fn shuffle(rows: &mut [Value], id: &str) {
    let seed = id
        .bytes()
        .fold(0_u64, |seed, byte| seed.wrapping_mul(31) + u64::from(byte));
    let mut dice = Dice::new(seed);
    for place in (1..rows.len()).rev() {
        rows.swap(place, dice.index(place + 1));
    }
}

fn carry_out(account: &mut Account, work: Work) -> Vec<Value> {
    match work {
        Work::Create(rows) => rows
            .into_iter()
            .enumerate()
            .map(|(index, row)| match make(account, object(row)) {
                Ok(id) => json!({"id": id, "status": "Created"}),
                Err(refusal) => failed(index, "UserCreateError", &refusal),
            })
            .collect(),
        Work::Upsert(rows) => rows
            .into_iter()
            .enumerate()
            .map(|(index, row)| {
                let row = object(row);
                let keys = ["external_id", "email"].map(|key| (key, row.get(key).cloned()));
                match upsert(account, row) {
                    Ok((id, made)) => {
                        let status = if made { "Created" } else { "Updated" };
                        let mut result = json!({"id": id, "status": status});
                        for (key, value) in keys {
                            if let (Some(value), Some(result)) = (value, result.as_object_mut()) {
                                result.insert(key.to_owned(), value);
                            }
                        }
                        result
                    }
                    Err(refusal) => failed(index, "UserCreateError", &refusal),
                }
            })
            .collect(),
        Work::Update(rows) => rows
            .into_iter()
            .enumerate()
            .map(|(index, row)| update(account, index, object(row)))
            .collect(),
        Work::Delete(ids) => ids
            .into_iter()
            .enumerate()
            .map(|(index, id)| delete(account, index, id))
            .collect(),
        Work::Merge {
            target,
            sources,
            words,
        } => sources
            .into_iter()
            .enumerate()
            .map(|(index, id)| super::merge::carry_out(account, index, id, target, &words))
            .collect(),
    }
}

fn update(account: &mut Account, index: usize, mut row: Map<String, Value>) -> Value {
    let id = match (
        row.remove("id").and_then(|id| id.as_i64()),
        row.get("external_id"),
    ) {
        (Some(id), _) => Some(id),
        (None, Some(Value::String(external_id))) => {
            account.user_by_external_id(external_id).map(|user| user.id)
        }
        (None, _) => None,
    };
    let known = id.filter(|id| account.user(*id).is_some_and(|user| user.active));
    let Some(id) = known else {
        return json!({"index": index, "error": "UserNotFound", "id": id, "details": "Not found"});
    };
    match change(account, id, row) {
        Ok(()) => json!({"id": id, "action": "update", "status": "Updated", "success": true}),
        Err(refusal) => {
            let details = details(&refusal);
            json!({"index": index, "error": "UserUpdateError", "id": id, "details": details})
        }
    }
}

fn delete(account: &mut Account, index: usize, id: i64) -> Value {
    let deletable = account
        .user(id)
        .is_some_and(|user| user.active && user.role == Role::EndUser);
    let outcome = if deletable {
        account.delete_user(id).map_err(|error| refuse(&error))
    } else {
        Err(Answer::record_not_found())
    };
    match outcome {
        Ok(()) => json!({"id": id, "action": "delete", "status": "Deleted", "success": true}),
        Err(refusal) => {
            let details = details(&refusal);
            json!({"index": index, "error": "UserDeleteError", "id": id, "details": details})
        }
    }
}

fn object(row: Value) -> Map<String, Value> {
    if let Value::Object(map) = row {
        map
    } else {
        Map::new()
    }
}

/// A failed row: neither `success` nor `action`, and an id that is its position (zendesk-api.md 3.3).
fn failed(index: usize, error: &str, refusal: &Answer) -> Value {
    json!({"index": index, "error": error, "id": index, "details": details(refusal)})
}

/// The first sentence of a refusal.
fn details(refusal: &Answer) -> String {
    let body: Value = serde_json::from_slice(&refusal.body).unwrap_or_default();
    body.get("details")
        .and_then(Value::as_object)
        .and_then(|details| details.values().next())
        .and_then(|rows| rows.get(0))
        .and_then(|row| row.get("description"))
        .or_else(|| body.get("description"))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
