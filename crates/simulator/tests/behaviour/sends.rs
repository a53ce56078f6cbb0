use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Config, FailedRows, Fault, Limits, NewUser};

use crate::rig::{Reply, Rig, empty};

const UPSERT: &str = "/api/v2/users/create_or_update_many.json";

fn timed() -> Config {
    Config {
        job: Duration::from_secs(10),
        ..empty()
    }
}

fn people(from: usize, count: usize) -> Value {
    let users: Vec<Value> = (from..from + count)
        .map(|number| {
            json!({"name": format!("User {number}"), "external_id": format!("c-{number}"),
                "email": format!("c{number}@example.org"), "verified": true})
        })
        .collect();
    json!({ "users": users })
}

async fn queue(rig: &Rig, body: &Value) -> String {
    let reply = rig.post(UPSERT, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["job_status"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn show(rig: &Rig, ids: &[&str]) -> Vec<Value> {
    let path = format!("/api/v2/job_statuses/show_many.json?ids={}", ids.join(","));
    rig.get(&path).await.rows("job_statuses")
}

async fn fault(rig: &Rig, text: &str) -> Reply {
    control(rig, "faults/add", &json!({ "fault": text })).await
}

async fn control(rig: &Rig, action: &str, body: &Value) -> Reply {
    let request = rig
        .request(Method::POST, &format!("/_control/{action}"))
        .header("x-simulator-control", "yes")
        .body(body.to_string());
    let reply = rig.send(request).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
}

#[tokio::test]
async fn a_user_that_is_sent_twice_is_made_once_and_counted_so() {
    let rig = Rig::start(timed()).await;
    for _ in 0..2 {
        queue(&rig, &people(0, 3)).await;
    }
    rig.simulator.advance(Duration::from_secs(10));
    let sends = rig.simulator.sends();
    assert_eq!(
        (sends.users_created, sends.users_updated, sends.users_posted),
        (3, 3, 6)
    );
    assert!(sends.created_again.is_empty());
    assert_eq!(rig.simulator.times_made("C-1"), 1);
    let id = rig
        .simulator
        .read(|account| account.user_by_external_id("c-1").map(|user| user.id))
        .unwrap();
    rig.simulator
        .edit(|account| account.delete_user(id))
        .unwrap();
    queue(&rig, &people(1, 1)).await;
    rig.simulator.advance(Duration::from_secs(10));
    let again = rig.simulator.sends().created_again;
    assert_eq!(again.get("external_id:c-1"), Some(&2));
    assert_eq!(again.get("email:c1@example.org"), Some(&2));
}

#[tokio::test]
async fn a_lost_reply_leaves_a_job_that_runs() {
    let rig = Rig::start(timed()).await;
    fault(
        &rig,
        "reset-after:route=users/create_or_update_many:times=1",
    )
    .await;
    let request = rig
        .request(Method::POST, UPSERT)
        .basic_auth("agent@example.com/token", Some("token"))
        .body(people(0, 5).to_string());
    assert!(rig.send(request).await.is_err());
    rig.simulator.advance(Duration::from_secs(10));
    assert_eq!(rig.simulator.sends().users_created, 5);
}

#[tokio::test]
async fn result_rows_come_in_each_recorded_form() {
    let mut config = timed();
    config.switches.rows_in_order = true;
    let rig = Rig::start(config).await;
    let body = json!({"users": [
        {"name": "A", "external_id": "a", "email": "a@example.org"},
        {"name": "B", "email": "bad"},
        {"name": "C", "external_id": "c"}]});
    let first = queue(&rig, &body).await;
    rig.simulator.switch(|switches| {
        switches.bare_rows = true;
        switches.failed_rows = FailedRows::Indexed;
    });
    let second = queue(&rig, &body).await;
    rig.simulator.advance(Duration::from_secs(10));
    let jobs = show(&rig, &[&first, &second]).await;
    let rows = &jobs[0]["results"];
    assert_eq!(
        (&rows[0]["external_id"], &rows[0]["email"]),
        (&json!("a"), &json!("a@example.org"))
    );
    assert_eq!(rows[1]["id"], 1);
    assert!(rows[1].get("index").is_none() && rows[2].get("email").is_none());
    let rows = &jobs[1]["results"];
    assert_eq!(rows[0].as_object().unwrap().len(), 2);
    assert_eq!(
        (&rows[1]["index"], &rows[1]["error"]),
        (&json!(1), &json!("UserCreateError"))
    );
}

#[tokio::test]
async fn a_second_email_shows_the_first_one_in_its_row() {
    let rig = Rig::start(timed()).await;
    rig.simulator
        .edit(|account| {
            account.add_user(NewUser {
                external_id: Some("K-1".to_owned()),
                ..NewUser::end_user("Kim", "first@example.org")
            })
        })
        .unwrap();
    let body =
        json!({"users": [{"name": "Kim", "external_id": "k-1", "email": "second@example.org"}]});
    let job = queue(&rig, &body).await;
    rig.simulator.advance(Duration::from_secs(10));
    let rows = show(&rig, &[&job]).await[0]["results"].clone();
    assert_eq!(
        (
            &rows[0]["status"],
            &rows[0]["email"],
            &rows[0]["external_id"]
        ),
        (
            &json!("Updated"),
            &json!("first@example.org"),
            &json!("k-1")
        )
    );
}

#[tokio::test]
async fn forty_nine_rows_of_fifty_fail_in_a_job_that_is_completed() {
    let rig = Rig::start(timed()).await;
    fault(&rig, "fail-rows=49").await;
    let job = queue(&rig, &people(0, 50)).await;
    rig.simulator.advance(Duration::from_secs(10));
    let done = &show(&rig, &[&job]).await[0];
    assert_eq!(
        (&done["status"], &done["progress"]),
        (&json!("completed"), &json!(50))
    );
    let rows = done["results"].as_array().unwrap();
    assert_eq!(
        rows.iter().filter(|row| row["status"] == "Failed").count(),
        49
    );
    let sends = rig.simulator.sends();
    assert_eq!((sends.rows_failed, sends.users_created), (49, 1));
}

#[tokio::test]
async fn a_job_fails_is_killed_never_ends_or_is_forgotten() {
    let rig = Rig::start(timed()).await;
    let mut jobs = Vec::new();
    for (number, kind) in [
        "job-fail",
        "job-kill=2",
        "job-never",
        "job-forget",
        "job-slow=5000",
    ]
    .iter()
    .enumerate()
    {
        fault(&rig, &format!("{kind}:times=1")).await;
        // A request that queues no job leaves the fault for the one that does.
        rig.get("/api/v2/user_fields.json").await;
        jobs.push(queue(&rig, &people(10 * number, 3)).await);
    }
    rig.simulator.advance(Duration::from_secs(10));
    let ids: Vec<&str> = jobs.iter().map(String::as_str).collect();
    let shown = show(&rig, &ids).await;
    let states: Vec<&Value> = shown.iter().map(|job| &job["status"]).collect();
    assert_eq!(states, ["failed", "killed", "queued", "working"]);
    assert!(shown.iter().all(|job| job["results"].is_null()));
    assert_eq!(
        rig.get(&format!("/api/v2/job_statuses/{}", jobs[3]))
            .await
            .status,
        404
    );
    // Two of the killed one, three of the forgotten one.
    assert_eq!(rig.simulator.sends().users_created, 5);
    rig.simulator.advance(Duration::from_secs(86_401));
    assert_eq!(
        show(&rig, &ids).await.len(),
        2,
        "the open one and the slow one"
    );
    assert_eq!(rig.simulator.sends().jobs_open, 1);
}

#[tokio::test]
async fn finished_jobs_can_be_forgotten_at_once() {
    let rig = Rig::start(timed()).await;
    let one = queue(&rig, &people(0, 1)).await;
    rig.simulator.advance(Duration::from_secs(10));
    let two = queue(&rig, &people(1, 1)).await;
    let reply = control(&rig, "jobs/forget", &json!({})).await;
    assert_eq!(reply.json()["forgotten"], 1);
    let left = show(&rig, &[&one, &two]).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["id"], two.as_str());
}

#[tokio::test]
async fn slots_are_counted_without_limits_too_and_a_job_too_many_may_be_422() {
    let rig = Rig::start(Config {
        job_slots: Some(2),
        ..timed()
    })
    .await;
    for number in 0..2 {
        queue(&rig, &people(number, 1)).await;
    }
    let refused = rig.post(UPSERT, &people(5, 1)).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]),
        (429, &json!("TooManyJobs"))
    );
    control(&rig, "switches/set", &json!({"too_many_jobs_is_422": true})).await;
    assert_eq!(rig.post(UPSERT, &people(5, 1)).await.status, 422);
    control(&rig, "jobs/set", &json!({"slots": 3, "seconds": 1})).await;
    queue(&rig, &people(5, 1)).await;
    let sends = rig.simulator.sends();
    assert_eq!(
        (sends.most_open_jobs, sends.jobs_open, sends.jobs_queued),
        (3, 3, 3)
    );
    rig.simulator.advance(Duration::from_secs(1));
    assert_eq!(rig.simulator.sends().jobs_open, 2);
}

#[tokio::test]
async fn bulk_import_that_is_off_may_say_so_and_can_be_switched_on() {
    let mut config = timed();
    config.switches.bulk_user_import = false;
    let rig = Rig::start(config).await;
    let refused = rig.post(UPSERT, &people(0, 1)).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["title"]),
        (403, &json!("Forbidden"))
    );
    rig.simulator
        .switch(|switches| switches.bulk_off_says_so = true);
    let refused = rig.post(UPSERT, &people(0, 1)).await;
    assert_eq!(
        refused.json()["description"],
        "Bulk user import is not enabled for this account"
    );
    let single = rig
        .post(
            "/api/v2/users/create_or_update",
            &json!({"user": {"name": "One", "external_id": "1"}}),
        )
        .await;
    assert_eq!(single.status, 201);
    control(&rig, "switches/set", &json!({"bulk_user_import": true})).await;
    queue(&rig, &people(0, 1)).await;
}

#[tokio::test]
async fn who_comes_back_too_early_is_counted() {
    let rig = Rig::start(Config {
        limits: Limits::Enterprise,
        ..timed()
    })
    .await;
    let user = json!({"user": {"name": "One", "external_id": "1"}});
    let path = "/api/v2/users/create_or_update";
    assert_eq!(rig.post(path, &user).await.status, 201);
    let refused = rig.post(path, &user).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    assert!(refused.header("content-type").starts_with("text/plain"));
    // Another limiter is not closed.
    queue(&rig, &people(0, 1)).await;
    assert_eq!(rig.simulator.sends().requests_too_early, 0);
    rig.post(path, &user).await;
    assert_eq!(rig.simulator.sends().requests_too_early, 1);
    rig.simulator.advance(Duration::from_secs(1));
    assert_eq!(rig.post(path, &user).await.status, 200);
    assert_eq!(rig.simulator.sends().requests_too_early, 1);
}

#[tokio::test]
async fn a_fault_with_retry_after_is_a_limiter_of_its_route() {
    let rig = Rig::start(timed()).await;
    let storm = Fault::parse("too-many:retry-after=30:route=users/create_or_update_many:times=1");
    rig.simulator.add_fault(storm.unwrap());
    assert_eq!(rig.post(UPSERT, &people(0, 1)).await.status, 429);
    rig.get("/api/v2/users/me").await;
    assert_eq!(rig.simulator.sends().requests_too_early, 0);
    queue(&rig, &people(0, 1)).await;
    assert_eq!(rig.simulator.sends().requests_too_early, 1);
    rig.simulator.advance(Duration::from_secs(30));
    queue(&rig, &people(0, 1)).await;
    assert_eq!(rig.simulator.sends().requests_too_early, 1);
    control(&rig, "sends/clear", &json!({})).await;
    assert_eq!(rig.simulator.sends().requests_too_early, 0);
}

#[tokio::test]
async fn the_rate_of_users_is_seen() {
    let rig = Rig::start(timed()).await;
    queue(&rig, &people(0, 100)).await;
    rig.simulator.advance(Duration::from_millis(900));
    queue(&rig, &people(100, 50)).await;
    rig.simulator.advance(Duration::from_millis(1_000));
    queue(&rig, &people(150, 70)).await;
    let sends = rig.simulator.sends();
    assert_eq!(
        (
            sends.most_users_in_a_second,
            sends.most_users_in_ten_seconds
        ),
        (150, 220)
    );
    assert_eq!(
        sends.last_post_ms.unwrap() - sends.first_post_ms.unwrap(),
        1_900
    );
    let told = rig
        .request(Method::GET, "/_control/sends")
        .header("x-simulator-control", "yes");
    assert_eq!(rig.send(told).await.unwrap().json()["users_posted"], 220);
}

#[tokio::test]
async fn an_agent_who_is_no_administrator_cannot_change_staff() {
    let rig = Rig::start(timed()).await;
    rig.simulator
        .edit(|account| {
            account.add_user(NewUser::agent("Second", "second@example.org"))?;
            account.add_user(NewUser::agent("Third", "third@example.org"))
        })
        .unwrap();
    let body = json!({"users": [{"name": "Changed", "email": "third@example.org"}]});
    for (who, status) in [
        ("second@example.org", "Failed"),
        ("agent@example.com", "Updated"),
    ] {
        let request = rig
            .request(Method::POST, UPSERT)
            .basic_auth(format!("{who}/token"), Some("token"))
            .body(body.to_string());
        let reply = rig.send(request).await.unwrap();
        let job = reply.json()["job_status"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        rig.simulator.advance(Duration::from_secs(10));
        let row = show(&rig, &[&job]).await[0]["results"][0].clone();
        assert_eq!(row["status"], status, "{row}");
    }
    assert_eq!(rig.simulator.sends().staff_writes, 1);
}

#[tokio::test]
async fn thirty_thousand_users_are_taken_and_read_back() {
    let rig = Rig::start(Config {
        job_slots: Some(30),
        ..timed()
    })
    .await;
    for round in 0..10 {
        let mut jobs = Vec::new();
        for batch in 0..30 {
            jobs.push(queue(&rig, &people((round * 30 + batch) * 100, 100)).await);
        }
        rig.simulator.advance(Duration::from_secs(10));
        let ids: Vec<&str> = jobs.iter().map(String::as_str).collect();
        let shown = show(&rig, &ids).await;
        let rows: usize = shown
            .iter()
            .map(|job| job["results"].as_array().unwrap().len())
            .sum();
        assert_eq!(rows, 3_000);
    }
    let sends = rig.simulator.sends();
    assert_eq!((sends.users_created, sends.most_open_jobs), (30_000, 30));
    assert!(sends.created_again.is_empty());
}
