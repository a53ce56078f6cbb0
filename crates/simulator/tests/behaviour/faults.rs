use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use simulator::{BodyForm, Config, Fault, FaultKind};

use crate::rig::{Rig, config, empty};

const EXPORT: &str = "/api/v2/incremental/tickets/cursor.json?start_time=0";

async fn with(fault: &str) -> Rig {
    let faults = vec![Fault::parse(fault).unwrap()];
    Rig::start(Config { faults, ..config() }).await
}

#[tokio::test]
async fn a_status_fault_comes_after_some_requests_and_goes_after_some_times() {
    let rig = with("status=500:route=users/me:after=1:times=2").await;
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(rig.get("/api/v2/users/me").await.status);
    }
    assert_eq!(seen, [200, 500, 500, 200, 200]);
    assert_eq!(rig.get("/api/v2/groups").await.status, 200);
}

#[tokio::test]
async fn refusals_come_in_every_form() {
    for (form, kind, word) in [
        (BodyForm::Json, "application/json", "APIRateLimitExceeded"),
        (BodyForm::Object, "application/json", "\"title\""),
        (BodyForm::Errors, "application/json", "\"errors\""),
        (BodyForm::Details, "application/json", "\"details\""),
        (BodyForm::Text, "text/plain", "Number of allowed"),
        (BodyForm::Html, "text/html", "<html>"),
        (BodyForm::Empty, "", ""),
    ] {
        let rig = Rig::start(empty()).await;
        rig.simulator.add_fault(Fault::new(FaultKind::Status {
            status: 429,
            form,
            retry_after: Some(7),
        }));
        let reply = rig.get("/api/v2/users").await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, "7"));
        assert!(reply.header("content-type").starts_with(kind), "{form:?}");
        assert!(reply.text.contains(word), "{form:?}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_503_may_come_without_retry_after() {
    let rig = with("unavailable:form=html").await;
    let reply = rig.get("/api/v2/users").await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, ""));
}

fn new_ticket(rig: &Rig) -> reqwest::RequestBuilder {
    rig.request(Method::POST, "/api/v2/tickets.json")
        .basic_auth("agent@example.com/token", Some("token"))
        .body(json!({"ticket": {"comment": {"body": "x"}}}).to_string())
}

#[tokio::test]
async fn a_reset_before_does_nothing_and_a_reset_after_loses_only_the_reply() {
    let rig = with("reset-before:method=POST:route=tickets:times=1").await;
    rig.simulator
        .add_fault(Fault::parse("reset-after:method=POST:route=tickets:after=1:times=1").unwrap());
    let count = || rig.simulator.read(|account| account.tickets().count());
    assert!(rig.send(new_ticket(&rig)).await.is_err());
    assert_eq!(count(), 100);
    assert!(rig.send(new_ticket(&rig)).await.is_err());
    assert_eq!(count(), 101);
    assert_eq!(rig.send(new_ticket(&rig)).await.unwrap().status, 201);
}

#[tokio::test]
async fn a_truncated_body_breaks_off_after_its_head() {
    let rig = with("truncate:times=1").await;
    let request = rig
        .request(Method::GET, EXPORT)
        .basic_auth("agent@example.com/token", Some("token"));
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert!(response.content_length().unwrap() > 10_000);
    assert!(response.bytes().await.is_err());
    assert_eq!(rig.get(EXPORT).await.status, 200);
}

#[tokio::test]
async fn bodies_can_be_wrong_in_several_ways() {
    let rig = with("invalid-json").await;
    assert!(serde_json::from_str::<serde_json::Value>(&rig.get(EXPORT).await.text).is_err());
    let rig = with("html").await;
    let page = rig.get(EXPORT).await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-type").starts_with("text/html")
            && page.text.starts_with("<!DOCTYPE html>")
    );
    let rig = with("wrong-shape").await;
    assert!(rig.get(EXPORT).await.json().get("tickets").is_none());
}

#[tokio::test]
async fn a_redirect_leads_to_another_host() {
    let rig = with("redirect=https://elsewhere.example/login").await;
    let reply = rig.get("/api/v2/users").await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (302, "https://elsewhere.example/login")
    );
}

#[tokio::test]
async fn a_revoked_token_stays_revoked_until_faults_are_cleared() {
    let rig = with("revoke-token:route=incremental/*:after=1").await;
    assert_eq!(rig.get(EXPORT).await.status, 200);
    assert_eq!(rig.get(EXPORT).await.status, 401);
    assert_eq!(rig.get("/api/v2/users/me").await.status, 401);
    rig.simulator.clear_faults();
    assert_eq!(rig.get("/api/v2/users/me").await.status, 200);
}

#[tokio::test]
async fn a_cursor_is_refused_but_a_start_time_is_not() {
    let rig = with("refuse-cursor=422:times=1").await;
    let first = rig.get(&format!("{EXPORT}&per_page=5")).await.json();
    let url = first["after_url"].as_str().unwrap();
    assert_eq!(rig.get(url).await.status, 422);
    assert_eq!(rig.get(url).await.status, 200);
}

#[tokio::test]
async fn a_repeated_page_never_ends() {
    let rig = with("repeat-page:route=incremental/tickets/cursor").await;
    let first = rig.get(&format!("{EXPORT}&per_page=5")).await.json();
    let second = rig.get(first["after_url"].as_str().unwrap()).await.json();
    assert_eq!(first, second);
    assert_eq!(second["end_of_stream"], false);
}

#[tokio::test]
async fn rows_come_twice_or_in_another_order() {
    let rig = with("duplicate-rows").await;
    let ids = rig.get(EXPORT).await.ids("tickets");
    assert_eq!((ids.len(), ids[0]), (200, ids[1]));
    let rig = with("shuffle-rows").await;
    let ids = rig.get(EXPORT).await.ids("tickets");
    rig.simulator.clear_faults();
    let mut plain = rig.get(EXPORT).await.ids("tickets");
    plain.reverse();
    assert_eq!(ids, plain);
}

#[tokio::test]
async fn one_record_can_be_spoiled() {
    for (fault, field, expected) in [
        ("null=status:record=3", "status", json!(null)),
        (
            "set=status:value=mystery:record=3",
            "status",
            json!("mystery"),
        ),
        ("set=priority:value=7:record=3", "priority", json!(7)),
        (
            "set=brand_new_field:value=[1,2]:record=3",
            "brand_new_field",
            json!([1, 2]),
        ),
        (
            "missing-requester:record=3",
            "requester_id",
            json!(9_999_999_999_999_i64),
        ),
    ] {
        let rig = with(fault).await;
        let rows = rig.get(EXPORT).await.rows("tickets");
        assert_eq!(rows[2][field], expected, "{fault}");
        assert_ne!(rows[1][field], expected, "{fault}");
    }
    let rig = with("huge-subject:id=7").await;
    let rows = rig.get(EXPORT).await.rows("tickets");
    let huge = rows.iter().find(|row| row["id"] == 7).unwrap();
    assert_eq!(huge["subject"].as_str().unwrap().chars().count(), 10_000);
    let rig = with("same-email").await;
    let rows = rig
        .get("/api/v2/incremental/users/cursor?start_time=0")
        .await
        .rows("users");
    assert_eq!(rows[0]["email"], rows[1]["email"]);
}

#[tokio::test]
async fn users_me_can_be_anonymous_on_request() {
    let rig = with("anonymous-me:times=1").await;
    assert_eq!(
        rig.get("/api/v2/users/me").await.json()["user"]["id"],
        serde_json::Value::Null
    );
    assert!(rig.get("/api/v2/users/me").await.json()["user"]["id"].is_i64());
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "latency is real time")]
async fn a_slow_answer_takes_its_time() {
    let rig = with("slow=80:times=1").await;
    let began = std::time::Instant::now();
    assert_eq!(rig.get("/api/v2/users/me").await.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(80));
}
