use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Config, Limits, NewUser};

use crate::rig::{Rig, empty};

fn timed() -> Config {
    Config {
        job: Duration::from_secs(10),
        ..empty()
    }
}

async fn post(rig: &Rig, path: &str, users: Value) -> Value {
    let reply = rig
        .post(
            &format!("/api/v2/users/{path}.json"),
            &json!({"users": users}),
        )
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["job_status"].clone()
}

async fn look(rig: &Rig, job: &Value) -> Value {
    let path = format!("/api/v2/job_statuses/{}.json", job["id"].as_str().unwrap());
    rig.get(&path).await.json()["job_status"].clone()
}

#[tokio::test]
async fn a_job_is_queued_then_works_then_is_completed() {
    let rig = Rig::start(timed()).await;
    let users: Vec<Value> = (0..10)
        .map(|number| json!({"name": format!("User {number}")}))
        .collect();
    let job = post(&rig, "create_many", json!(users)).await;
    let id = job["id"].as_str().unwrap();
    assert!(id.starts_with("V3-") && id.len() == 35);
    assert_eq!(
        (
            &job["status"],
            &job["total"],
            &job["progress"],
            &job["results"]
        ),
        (&json!("queued"), &json!(10), &Value::Null, &Value::Null)
    );
    rig.simulator.advance(Duration::from_secs(5));
    let working = look(&rig, &job).await;
    assert_eq!(
        (
            &working["status"],
            &working["progress"],
            &working["message"]
        ),
        (&json!("working"), &json!(5), &json!("Creating User #5"))
    );
    assert_eq!(rig.simulator.read(|account| account.users().count()), 3);
    rig.simulator.advance(Duration::from_secs(5));
    let done = look(&rig, &job).await;
    assert_eq!(
        (&done["status"], &done["message"]),
        (
            &json!("completed"),
            &json!("Completed at 2026-11-21 08:00:10 +0000")
        )
    );
    assert_eq!(done["results"].as_array().unwrap().len(), 10);
    assert_eq!(done["results"][0]["status"], "Created");
    assert!(done["results"][0].get("index").is_none());
    assert_eq!(rig.simulator.read(|account| account.users().count()), 13);
    rig.simulator.advance(Duration::from_secs(86_401));
    assert_eq!(
        rig.get(&format!("/api/v2/job_statuses/{id}.json"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_job_with_failures_is_completed_and_tells_each() {
    let rig = Rig::start(timed()).await;
    rig.simulator.edit(|account| {
        account
            .add_user(NewUser::end_user("Ann", "ann@example.org"))
            .unwrap()
    });
    let job = post(
        &rig,
        "create_or_update_many",
        json!([
            {"name": "Ann Two", "email": "ann@example.org"},
            {"name": "", "email": "b@example.org"},
            {"name": "C", "email": "bad"},
            {"name": "D", "email": "d@example.org", "external_id": "d"}
        ]),
    )
    .await;
    rig.simulator.advance(Duration::from_secs(10));
    let done = look(&rig, &job).await;
    assert_eq!(done["status"], "completed");
    let rows = done["results"].as_array().unwrap();
    let of = |key: &str, value: &str| rows.iter().filter(|row| row[key] == value).count();
    assert_eq!(
        (
            of("status", "Updated"),
            of("status", "Created"),
            of("error", "UserUpdateError")
        ),
        (1, 1, 2)
    );
    let failed = rows.iter().find(|row| row["id"] == 2).unwrap();
    let expected = json!({"id": 2, "status": "Failed", "error": "UserUpdateError",
        "details": "Name: Email: bad is not properly formatted"});
    assert_eq!(*failed, expected);
}

#[tokio::test]
async fn users_are_changed_and_deleted_by_jobs() {
    let rig = Rig::start(timed()).await;
    let id = rig.simulator.edit(|account| {
        account
            .add_user(NewUser {
                external_id: Some("x".to_owned()),
                ..NewUser::end_user("A", "a@example.org")
            })
            .unwrap()
    });
    let reply = rig
        .put(
            "/api/v2/users/update_many.json?external_ids=x,y",
            &json!({"user": {"notes": "n"}}),
        )
        .await;
    rig.simulator.advance(Duration::from_secs(10));
    let rows = look(&rig, &reply.json()["job_status"]).await["results"].clone();
    let rows = rows.as_array().unwrap();
    assert!(
        rows.iter()
            .any(|row| row["success"] == true && row["id"] == id)
    );
    assert!(rows.iter().any(|row| row["error"] == "UserNotFound"));
    let reply = rig
        .call(
            Method::DELETE,
            &format!("/api/v2/users/destroy_many.json?ids={id}"),
        )
        .await;
    rig.simulator.advance(Duration::from_secs(10));
    assert_eq!(
        look(&rig, &reply.json()["job_status"]).await["results"][0]["status"],
        "Deleted"
    );
    let list = rig
        .get("/api/v2/job_statuses.json")
        .await
        .rows("job_statuses");
    assert_eq!(list.len(), 2);
}

#[tokio::test]
async fn more_than_a_hundred_users_are_refused_and_bulk_import_can_be_off() {
    let rig = Rig::start(timed()).await;
    let users: Vec<Value> = (0..101).map(|_| json!({"name": "x"})).collect();
    let refused = rig
        .post("/api/v2/users/create_many", &json!({"users": users}))
        .await;
    assert_eq!(
        refused.json(),
        json!({"error": "TooManyValues", "description": "Maximum 100 users may be created per call"})
    );
    let mut off = timed();
    off.switches.bulk_user_import = false;
    let rig = Rig::start(off).await;
    let refused = rig
        .post("/api/v2/users/create_or_update_many", &json!({"users": []}))
        .await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn the_thirty_first_open_job_is_refused() {
    let rig = Rig::start(Config {
        limits: Limits::Enterprise,
        ..timed()
    })
    .await;
    for open in 1..=30 {
        let reply = rig
            .post(
                "/api/v2/users/create_many",
                &json!({"users": [{"name": "x"}]}),
            )
            .await;
        assert_eq!(reply.status, 200);
        assert!(
            reply
                .header("zendesk-ratelimit-inflight-jobs")
                .starts_with(&format!("total=30; remaining={};", 30 - open))
        );
    }
    let refused = rig
        .post(
            "/api/v2/users/create_many",
            &json!({"users": [{"name": "x"}]}),
        )
        .await;
    assert_eq!(
        (refused.status, refused.json()["error"].as_str()),
        (429, Some("TooManyJobs"))
    );
    assert_eq!(
        refused.json()["current_job_ids"].as_array().unwrap().len(),
        30
    );
    rig.simulator.advance(Duration::from_secs(10));
    assert_eq!(
        rig.post(
            "/api/v2/users/create_many",
            &json!({"users": [{"name": "x"}]})
        )
        .await
        .status,
        200
    );
}
