//! The cases of ../shared/cases/profile-send.jsonl that only a running engine can show, run as data. They
//! are read where they lie and are no part of this repository; a clone without them says so and passes.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use simulator::{Fault, FaultKind, Limits};
use store::workflows::{WorkflowKind, WorkflowState};

use crate::*;

/// The cases by their ids.
#[expect(clippy::print_stdout, reason = "a skipped test says so in one line")]
pub(crate) fn cases() -> Option<BTreeMap<String, Value>> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/profile-send.jsonl");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: the cases of profile sends needs ../shared");
        return None;
    };
    let by_id = |line: &str| {
        let case: Value = serde_json::from_str(line).unwrap();
        (case["id"].as_str().unwrap().to_owned(), case)
    };
    Some(
        text.lines()
            .filter(|line| !line.trim().is_empty())
            .map(by_id)
            .collect(),
    )
}

pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

#[tokio::test]
async fn j09_a_hundred_and_one_users_never_go_in_one_request() {
    let Some(cases) = cases() else { return };
    let case = &cases["J09"];
    assert_eq!(case["expect"]["never_sent"], true);
    let users = usize::try_from(number(&case["given"]["sent_count"])).unwrap();
    quiet()
        .once(async |world| {
            let sent = send(world, &people(users)).await;
            assert_eq!(rows(&sent).created, users as u64);
            // Zendesk would have refused one of 101, and said so.
            assert_eq!((counts(&sent).jobs, rows(&sent).failed), (2, 0));
        })
        .await;
}

#[tokio::test]
async fn j10_nothing_is_posted_while_all_jobs_run_and_one_poll_asks_for_all_of_them() {
    let Some(cases) = cases() else { return };
    let case = &cases["J10"];
    let jobs = number(&case["given"]["jobs_running"]);
    let waiting = number(&case["given"]["batches_waiting"]);
    assert_eq!(number(&case["expect"]["new_posts"]), 0);
    assert_eq!(number(&case["expect"]["polls"]["ids"]), jobs);
    quiet()
        .simulator(|config| {
            config.job = Duration::from_secs(600);
            config.job_slots = Some(30);
        })
        .once(async |world| {
            let people = people(usize::try_from((jobs + waiting) * 100).unwrap());
            let sent = send(world, &people).await;
            assert_eq!(rows(&sent).created, (jobs + waiting) * 100);
            let sends = world.zendesk().sends();
            assert_eq!(sends.most_open_jobs as u64, jobs);
            // No post was refused for want of a slot, and the jobs were asked for all at once: each poll
            // of the ten minutes is one request.
            assert_eq!(sends.jobs_queued, jobs + waiting);
            let polls = seen(world, "job_statuses/show_many");
            assert!(polls <= 2 * 2 * 1_200 + 20, "{polls} polls");
            assert_eq!(seen(world, "job_statuses/{id}"), 0);
        })
        .await;
}

#[tokio::test]
async fn w02_a_token_is_renewed_in_time_and_no_row_fails() {
    let Some(cases) = cases() else { return };
    let case = &cases["W02"];
    let life = Duration::from_secs(number(&case["given"]["token_ttl_s"]));
    let job = Duration::from_secs(number(&case["given"]["zendesk"]["job_seconds"]));
    let records = number(&case["given"]["records_count"]);
    quiet()
        .oauth()
        .simulator(move |config| {
            config.oauth.access_life = life;
            config.job = job;
            config.job_slots = Some(30);
        })
        .once(async |world| {
            destination(world, |terms| terms.users_per_second = 60).await;
            let sent = send(world, &people(usize::try_from(records).unwrap())).await;
            let outcome = rows(&sent);
            assert_eq!(outcome.failed, number(&case["expect"]["rows_failed"]));
            assert_eq!(outcome.created, records);
            let renewals = seen(world, "oauth/tokens");
            assert!(renewals >= number(&case["expect"]["token_requests_at_least"]));
            assert!(
                renewals <= 4,
                "{renewals} renewals in less than three minutes"
            );
        })
        .await;
}

#[tokio::test]
async fn w04_a_crash_between_post_and_job_id_costs_no_row_and_makes_nobody_twice() {
    let Some(cases) = cases() else { return };
    let case = &cases["W04"];
    let records = usize::try_from(number(&case["given"]["records_count"])).unwrap();
    let wanted = &case["expect"]["after_restart"];
    // The post was carried out, or never arrived: the process that died knows neither.
    for arrived in [true, false] {
        quiet()
            .once(async |world| {
                let workflow = begin(world, &people(records), WorkflowKind::Send, |_| {}).await;
                if !arrived {
                    let fault =
                        Fault::new(FaultKind::ResetBefore).on("users/create_or_update_many");
                    world.zendesk().add_fault(fault.times(1));
                }
                let crashed = world
                    .until_step(
                        number_of(world, "batch_posted").await,
                        see_through(world, &workflow),
                    )
                    .await;
                assert!(crashed.is_err(), "the process died");
                world.restart().await;
                let ended = see_through(world, &workflow).await;
                assert_eq!(
                    ended.state,
                    WorkflowState::Completed,
                    "{:?}",
                    ended.sentence
                );
                assert_eq!(rows(&ended).created, records as u64);
                let again = counts(&ended).sent_again > 0;
                // It is sent again where it has to be: profile-send.md 3.6 asks for a look first.
                assert_eq!(again, wanted["batch_sent_again"] == !arrived);
                let twice = world.zendesk().sends().created_again.len() as u64;
                assert_eq!(twice, number(&wanted["duplicate_users"]));
            })
            .await;
    }
}

/// The number of the first durable step of this name, counted in a world of its own.
async fn number_of(world: &World, step: &str) -> usize {
    let before = [
        "read",
        "check",
        "compare",
        "send",
        "batch_kept",
        "batch_posted",
    ];
    assert!(world.steps().is_empty());
    before.iter().position(|name| *name == step).unwrap() + 1
}

#[tokio::test]
async fn w06_what_zendesk_refused_for_good_is_not_repeated_and_stays_listed() {
    let Some(cases) = cases() else { return };
    let case = &cases["W06"];
    let failed = case["given"]["rows_failed"][0]["external_id"]
        .as_str()
        .unwrap();
    let class = case["given"]["rows_failed"][0]["class"].as_str().unwrap();
    quiet()
        .once(async |world| {
            let csv = format!("external_id,name,email\n{failed},Kim,kim@customer.example\n");
            world.zendesk().add_fault(
                Fault::new(FaultKind::Job(simulator::JobFate::FailRows { rows: 1 })).times(1),
            );
            let first = send(world, &csv).await;
            assert_eq!(rows(&first).failed, 1);
            let code = told(world, &first).await[0].code.clone().unwrap();
            let posts = seen(world, "create_or_update_many");
            let second = send(world, &csv).await;
            assert_eq!(case["expect"]["run2"]["sends"].as_array().unwrap().len(), 0);
            assert_eq!(
                seen(world, "create_or_update_many"),
                posts,
                "after {code}, {class} in the case"
            );
            assert_eq!(rows(&second).failed, 1);
            let listed = told(world, &second).await;
            let keys: Vec<&str> = listed
                .iter()
                .map(|row| row.key.as_deref().unwrap())
                .collect();
            assert_eq!(Value::from(keys), case["expect"]["run2"]["still_listed"]);
            // A change of the row makes it worth another try.
            let third = send(world, &csv.replace("Kim", "Kim Lee")).await;
            assert_eq!(rows(&third).created, 1);
        })
        .await;
}

#[tokio::test]
async fn a_send_under_the_limits_of_a_plan_meets_no_refusal() {
    quiet()
        .simulator(|config| {
            config.limits = Limits::Enterprise;
            config.job = Duration::from_secs(10);
        })
        .once(async |world| {
            let sent = send(world, &people(3_000)).await;
            assert_eq!(rows(&sent).created, 3_000);
            assert_eq!(world.zendesk().sends().requests_too_early, 0);
        })
        .await;
}
