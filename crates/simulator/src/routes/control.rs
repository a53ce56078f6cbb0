//! The control route: another process moves the clock, arms faults, edits the account and reads the
//! counters. `POST /_control/{action}` with a JSON object, `GET /_control/state`; loopback only, and
//! only with the header `X-Simulator-Control: yes`.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::account::ticket::{NewComment, NewTicket, TicketChange};
use crate::account::trigger::Trigger;
use crate::account::user::{NewUser, UserChange};
use crate::account::{Account, EditError};
use crate::answer::Answer;
use crate::fault::Fault;
use crate::server::Core;
use crate::wire::Object;

/// Answers `/_control/{action}`.
pub(crate) fn answer(
    core: &Core,
    peer: SocketAddr,
    parts: &Parts,
    action: &str,
    body: &[u8],
) -> Answer {
    let allowed = parts
        .headers
        .get("x-simulator-control")
        .is_some_and(|value| value == "yes");
    if !peer.ip().is_loopback() || !allowed {
        return Answer::error(
            403,
            "ControlRefused",
            "The control route is for this machine only and wants the header X-Simulator-Control: yes",
        );
    }
    let outcome = match parts.method.as_str() {
        "GET" => look(core, action),
        "POST" => act(core, action, body),
        _ => None,
    };
    match outcome {
        Some(Ok(answer)) => answer,
        Some(Err(reason)) => Answer::error(422, "ControlFailed", &reason),
        None => Answer::error(
            404,
            "UnknownControl",
            &format!("There is no control action {action}; docs/simulator.md lists them"),
        ),
    }
}

type Outcome = Result<Answer, String>;

fn look(core: &Core, action: &str) -> Option<Outcome> {
    match action {
        "state" => Some(Ok(state(core))),
        "faults" => Some(Ok(faults(core))),
        "sends" => Some(Ok(Answer::json(200, &core.sends()))),
        _ => None,
    }
}

/// Counters of requests and records.
fn state(core: &Core) -> Answer {
    let (requests, by_route) = {
        let desk = core.desk();
        (desk.requests.values().sum::<u64>(), desk.requests.clone())
    };
    let account = core.account();
    let tickets = account.count_tickets();
    let records = Object::new()
        .with("users", &account.count_users())
        .with("tickets", &tickets)
        .with("deleted_tickets", &(account.tickets().count() - tickets))
        .with("comments", &account.count_comments())
        .with("audits", &account.audits().count())
        .with("organizations", &account.organizations().count())
        .with("jobs", &account.jobs().len())
        .finish();
    Answer::ok(
        Object::new()
            .with("now", &account.now())
            .with("requests", &requests)
            .with("requests_by_route", &by_route)
            .with_raw("records", &records),
    )
}

fn faults(core: &Core) -> Answer {
    Answer::ok(Object::new().with_list("faults", core.desk().faults.list()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetClock {
    to: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddFault {
    fault: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scopes {
    #[serde(default = "all_scopes")]
    scopes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetJobs {
    #[serde(default)]
    seconds: Option<f64>,
    #[serde(default)]
    slots: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForgetJobs {
    #[serde(default)]
    id: Option<String>,
}

fn all_scopes() -> Vec<String> {
    vec!["read".to_owned(), "write".to_owned()]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    id: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeTicket {
    id: i64,
    #[serde(default)]
    change: TicketChange,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeUser {
    id: i64,
    #[serde(default)]
    change: UserChange,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddComment {
    ticket_id: i64,
    comment: NewComment,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Merge {
    from: i64,
    into: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Redact {
    id: i64,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Redeliver {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    exact: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CloseSolved {
    hours: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequireField {
    id: i64,
    required: bool,
}

fn act(core: &Core, action: &str, body: &[u8]) -> Option<Outcome> {
    Some(match action {
        "clock/advance" => read(body).and_then(|step: Advance| {
            let by = Duration::try_from_secs_f64(step.seconds)
                .map_err(|error| format!("seconds: {error}"))?;
            Ok(move_clock(core, by))
        }),
        "clock/set" => read(body).and_then(|clock: SetClock| {
            let now_ms = core.hands.now_ms();
            let by = u64::try_from(clock.to.saturating_mul(1000) - now_ms).map_err(|_| {
                format!("the clock stands at {} and never goes back", now_ms / 1000)
            })?;
            Ok(move_clock(core, Duration::from_millis(by)))
        }),
        "faults/add" => read(body).and_then(|add: AddFault| {
            let fault = Fault::parse(&add.fault).map_err(|error| error.to_string())?;
            core.desk().faults.add(fault);
            Ok(faults(core))
        }),
        "faults/clear" => {
            core.desk().faults.clear();
            Ok(faults(core))
        }
        "requests/clear" => {
            core.desk().requests.clear();
            Ok(state(core))
        }
        "sends/clear" => {
            core.clear_sends();
            Ok(Answer::json(200, &core.sends()))
        }
        "sends/made" => read(body).map(|asked: Made| {
            let times = core.account().tally.times_made(&asked.id);
            Answer::json(200, &json!({"times": times}))
        }),
        "jobs/set" => read(body).and_then(|asked: SetJobs| {
            let takes = asked.seconds.map(Duration::try_from_secs_f64).transpose();
            let takes = takes.map_err(|error| format!("seconds: {error}"))?;
            let mut desk = core.desk();
            if let Some(takes) = takes {
                desk.job_ms = i64::try_from(takes.as_millis()).unwrap_or(i64::MAX / 4);
            }
            desk.job_slots = asked.slots.or(desk.job_slots);
            Ok(Answer::json(200, &json!({})))
        }),
        "jobs/forget" => read(body).map(|asked: ForgetJobs| {
            let count = core.account_mut().jobs.forget(asked.id.as_deref());
            Answer::json(200, &json!({"forgotten": count}))
        }),
        "switches/set" => read(body).and_then(|changes| {
            let switches = core.desk().switches.changed(changes)?;
            core.set_switches(switches);
            Ok(Answer::json(200, &json!({})))
        }),
        "oauth/issue" => read(body).map(|asked: Scopes| {
            let scopes: Vec<&str> = asked.scopes.iter().map(String::as_str).collect();
            let (access, refresh) = core.issue_tokens(&scopes);
            Answer::json(
                200,
                &json!({"access_token": access, "refresh_token": refresh}),
            )
        }),
        _ => return edit(core, action, body),
    })
}

fn move_clock(core: &Core, by: Duration) -> Answer {
    core.hands.advance(by);
    core.catch_up();
    let now = core.account_mut().now();
    Answer::json(200, &json!({"now": now}))
}

fn edit(core: &Core, action: &str, body: &[u8]) -> Option<Outcome> {
    let mut account = core.account_mut();
    let account = &mut *account;
    Some(match action {
        "users/add" => change(body, |new: NewUser| account.add_user(new)),
        "users/update" => change(body, |one: ChangeUser| {
            account.update_user(one.id, one.change).map(|_| one.id)
        }),
        "users/delete" => change(body, |one: One| {
            account.delete_user(one.id).map(|()| one.id)
        }),
        "users/forget" => change(body, |one: One| {
            account.forget_user(one.id).map(|()| one.id)
        }),
        "users/merge" => change(body, |merge: Merge| {
            account
                .merge_users(merge.from, merge.into)
                .map(|()| merge.into)
        }),
        "tickets/add" => change(body, |new: NewTicket| account.add_ticket(new)),
        "tickets/update" => change(body, |one: ChangeTicket| {
            account.update_ticket(one.id, one.change).map(|_| one.id)
        }),
        "tickets/comment" => change(body, |add: AddComment| {
            account.add_comment(add.ticket_id, add.comment)
        }),
        "tickets/solve" => change(body, |one: One| account.solve(one.id).map(|()| one.id)),
        "tickets/close" => change(body, |one: One| account.close(one.id).map(|()| one.id)),
        "tickets/delete" => change(body, |one: One| {
            account.delete_ticket(one.id).map(|()| one.id)
        }),
        "tickets/restore" => change(body, |one: One| {
            account.restore_ticket(one.id).map(|()| one.id)
        }),
        "tickets/scrub" => change(body, |one: One| {
            account.scrub_ticket(one.id).map(|()| one.id)
        }),
        "tickets/touch" => change(body, |one: One| {
            account.system_touch(one.id).map(|()| one.id)
        }),
        "tickets/merge" => change(body, |merge: Merge| {
            account
                .merge_tickets(merge.from, merge.into)
                .map(|()| merge.into)
        }),
        "triggers/add" => read(body).map(|trigger: Trigger| {
            let id = account.add_trigger(trigger);
            Answer::json(200, &json!({"id": id}))
        }),
        "triggers/clear" => {
            account.clear_triggers();
            Ok(Answer::json(200, &json!({})))
        }
        "automations/close_solved" => read(body).map(|asked: CloseSolved| {
            let after = asked.hours.map(|hours| Duration::from_secs(3_600 * hours));
            account.close_solved_after(after);
            Answer::json(200, &json!({}))
        }),
        "webhooks/redeliver" => read(body).map(|again: Redeliver| {
            let count = account.redeliver(again.id.as_deref(), again.exact);
            Answer::json(200, &json!({"sent": count}))
        }),
        "tickets/follow_up" => change(body, |add: AddComment| {
            account.follow_up(add.ticket_id, add.comment)
        }),
        "comments/redact" => change(body, |redact: Redact| {
            account
                .redact_comment(redact.id, redact.text.as_deref())
                .map(|()| redact.id)
        }),
        "comments/make_private" => change(body, |one: One| {
            account.make_comment_private(one.id).map(|()| one.id)
        }),
        "ticket_fields/require" => {
            read(body).and_then(|field: RequireField| require(account, &field))
        }
        _ => return None,
    })
}

fn require(account: &mut Account, asked: &RequireField) -> Outcome {
    if account.require_field(asked.id, asked.required) {
        Ok(Answer::json(200, &json!({"id": asked.id})))
    } else {
        Err(format!(
            "the simulated account has no ticket field {}",
            asked.id
        ))
    }
}

/// Reads what an action wants and carries it out; answers the id of the record.
fn change<T: DeserializeOwned>(
    body: &[u8],
    carry_out: impl FnOnce(T) -> Result<i64, EditError>,
) -> Outcome {
    let id = carry_out(read(body)?).map_err(|error| error.to_string())?;
    Ok(Answer::json(200, &json!({"id": id})))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let body = if body.is_empty() { b"{}" } else { body };
    let value: Value =
        serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"))?;
    serde_json::from_value(value).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_documentation_names_every_action() {
        let page = include_str!("../../../../docs/simulator.md");
        // An action is a literal with a slash that stands before an arrow.
        let actions: Vec<&str> = include_str!("control.rs")
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix('"')?.split_once("\" =>"))
            .map(|(action, _)| action)
            .filter(|action| action.contains('/'))
            .collect();
        assert!(actions.len() > 25, "{actions:?}");
        for action in actions {
            assert!(
                page.contains(&format!("`{action}`")),
                "{action} is not in docs/simulator.md"
            );
        }
    }
}
