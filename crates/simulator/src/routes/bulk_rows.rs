//! The rows of background jobs, carried out when their time has come, each with its result row in one
//! of the forms that were recorded or reported (zendesk-api.md 3.3).

use serde_json::{Map, Value, json};

use super::user_writes::{Rights, change, make, refuse, upsert};
use crate::account::Account;
use crate::account::job::{JobFate, Terms, Work};
use crate::answer::Answer;
use crate::config::FailedRows;
use crate::data::dice::Dice;
use crate::word::Role;

/// Does the work of the jobs whose time has come, in the order they end.
pub(crate) fn finish(account: &mut Account, now_ms: i64) {
    while let Some((id, work, terms)) = account.jobs.take_due(now_ms) {
        let results = match terms.fate {
            Some(JobFate::Fail { rows } | JobFate::Kill { rows }) => {
                carry_out(account, first_of(work, rows), terms);
                None
            }
            Some(
                JobFate::Never | JobFate::Slow { .. } | JobFate::Forget | JobFate::FailRows { .. },
            )
            | None => {
                let mut rows = carry_out(account, work, terms);
                if !terms.switches.rows_in_order {
                    shuffle(&mut rows, &id);
                }
                serde_json::to_vec(&rows).ok()
            }
        };
        account.jobs.done(&id, results);
    }
}

/// Only the first rows: the rest is left as it was.
fn first_of(mut work: Work, count: usize) -> Work {
    match &mut work {
        Work::Create(rows) | Work::Upsert(rows) | Work::Update(rows) => rows.truncate(count),
        Work::Delete(ids) => ids.truncate(count),
        Work::Merge { sources, .. } => sources.truncate(count),
    }
    work
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

fn carry_out(account: &mut Account, work: Work, terms: Terms) -> Vec<Value> {
    let spoilt = match terms.fate {
        Some(JobFate::FailRows { rows }) => rows,
        Some(_) | None => 0,
    };
    let mut job = Rows {
        account,
        terms,
        rights: Rights {
            edits_staff: terms.edits_staff,
            switches: terms.switches,
        },
        spoilt,
    };
    match work {
        Work::Create(rows) => job.each(rows, Rows::create),
        Work::Upsert(rows) => job.each(rows, Rows::upsert),
        Work::Update(rows) => job.each(rows, Rows::update),
        Work::Delete(ids) => {
            let ids = ids.into_iter().enumerate();
            ids.map(|(index, id)| job.delete(index, id)).collect()
        }
        Work::Merge {
            target,
            sources,
            words,
        } => sources
            .into_iter()
            .enumerate()
            .map(|(index, id)| super::merge::carry_out(job.account, index, id, target, &words))
            .collect(),
    }
}

/// A job at work.
struct Rows<'a> {
    account: &'a mut Account,
    terms: Terms,
    rights: Rights,
    /// How many of the first rows fail by a fault.
    spoilt: usize,
}

impl Rows<'_> {
    fn each(
        &mut self,
        rows: Vec<Value>,
        one: fn(&mut Self, usize, Map<String, Value>) -> Value,
    ) -> Vec<Value> {
        rows.into_iter()
            .enumerate()
            .map(|(index, row)| {
                let row = object(row);
                if index < self.spoilt {
                    let email = row.get("email").and_then(Value::as_str).unwrap_or_default();
                    let details = format!("Email: {email} is already being used by another user");
                    return self.failed(index, "UserUpdateError", details);
                }
                one(self, index, row)
            })
            .collect()
    }

    fn create(&mut self, index: usize, row: Map<String, Value>) -> Value {
        match make(self.account, row, self.rights) {
            Ok(id) => self.made(index, json!({"id": id, "status": "Created"})),
            Err(refusal) => self.refused(index, "UserCreateError", &refusal),
        }
    }

    fn upsert(&mut self, index: usize, row: Map<String, Value>) -> Value {
        let has = |key: &str| row.get(key).is_some_and(|value| !value.is_null());
        let (has_external_id, has_email) = (has("external_id"), has("email"));
        match upsert(self.account, row, self.rights) {
            Ok((id, made)) => {
                let status = if made { "Created" } else { "Updated" };
                let user = self
                    .account
                    .user(id)
                    .filter(|_| !self.terms.switches.bare_rows);
                let row = match (user, has_external_id, has_email) {
                    (None, _, _) | (Some(_), false, false) => json!({"id": id, "status": status}),
                    (Some(user), true, true) => {
                        json!({"id": id, "external_id": user.external_id, "email": user.email, "status": status})
                    }
                    (Some(user), true, false) => {
                        json!({"id": id, "external_id": user.external_id, "status": status})
                    }
                    (Some(user), false, true) => {
                        json!({"id": id, "email": user.email, "status": status})
                    }
                };
                self.made(index, row)
            }
            Err(refusal) => {
                // The one failed row that was ever reported was of a user to be made, and said this.
                let error = match self.terms.switches.failed_rows {
                    FailedRows::Position => "UserUpdateError",
                    FailedRows::Indexed => "UserCreateError",
                };
                self.refused(index, error, &refusal)
            }
        }
    }

    fn update(&mut self, index: usize, mut row: Map<String, Value>) -> Value {
        let id = match (
            row.remove("id").and_then(|id| id.as_i64()),
            row.get("external_id"),
        ) {
            (Some(id), _) => Some(id),
            (None, Some(Value::String(external_id))) => self
                .account
                .user_by_external_id(external_id)
                .map(|user| user.id),
            (None, _) => None,
        };
        let known = id.filter(|id| self.account.user(*id).is_some_and(|user| user.active));
        let Some(id) = known else {
            self.account.tally.counts.rows_failed += 1;
            return json!({"index": index, "error": "UserNotFound", "id": id, "details": "Not found"});
        };
        match change(self.account, id, row, self.rights) {
            Ok(()) => json!({"id": id, "action": "update", "status": "Updated", "success": true}),
            Err(refusal) => self.failed_known(index, id, "UserUpdateError", &refusal),
        }
    }

    fn delete(&mut self, index: usize, id: i64) -> Value {
        let deletable = index >= self.spoilt
            && self
                .account
                .user(id)
                .is_some_and(|user| user.active && user.role == Role::EndUser);
        let outcome = if deletable {
            self.account.delete_user(id).map_err(|error| refuse(&error))
        } else {
            Err(Answer::record_not_found())
        };
        match outcome {
            Ok(()) => {
                self.account.tally.counts.users_deleted += 1;
                json!({"id": id, "action": "delete", "status": "Deleted", "success": true})
            }
            Err(refusal) => self.failed_known(index, id, "UserDeleteError", &refusal),
        }
    }

    /// A row of a user that was made or changed, with its index where the switch says so.
    fn made(&self, index: usize, mut row: Value) -> Value {
        if self.terms.switches.made_rows_have_index {
            row["index"] = json!(index);
        }
        row
    }

    fn refused(&mut self, index: usize, error: &str, refusal: &Answer) -> Value {
        let error = if refusal.status == 403 {
            "PermissionDenied"
        } else {
            error
        };
        self.failed(index, error, details(refusal))
    }

    /// A failed row of users whose ids were not given.
    fn failed(&mut self, index: usize, error: &str, details: String) -> Value {
        self.account.tally.counts.rows_failed += 1;
        match self.terms.switches.failed_rows {
            FailedRows::Position => {
                let nested = ["Email:", "Name:", "Phone:", "External "]
                    .iter()
                    .any(|label| details.starts_with(label));
                let details = if nested {
                    format!("Name: {details}")
                } else {
                    details
                };
                json!({"id": index, "status": "Failed", "error": error, "details": details})
            }
            FailedRows::Indexed => {
                json!({"index": index, "error": error, "id": index, "details": details})
            }
        }
    }

    /// A failed row of a user that was named by its id: neither `success` nor `action` (recorded for
    /// organizations).
    fn failed_known(&mut self, index: usize, id: i64, error: &str, refusal: &Answer) -> Value {
        self.account.tally.counts.rows_failed += 1;
        json!({"index": index, "error": error, "id": id, "details": details(refusal)})
    }
}

fn object(row: Value) -> Map<String, Value> {
    if let Value::Object(map) = row {
        map
    } else {
        Map::new()
    }
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
        .or_else(|| body.get("error")?.get("message"))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
