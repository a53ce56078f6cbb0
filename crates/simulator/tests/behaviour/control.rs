use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Reply, Rig, START, config};

async fn control(rig: &Rig, action: &str, body: Value) -> Reply {
    let request = rig
        .request(Method::POST, &format!("/_control/{action}"))
        .header("x-simulator-control", "yes")
        .body(body.to_string());
    rig.send(request).await.unwrap()
}

async fn state(rig: &Rig) -> Value {
    let request = rig
        .request(Method::GET, "/_control/state")
        .header("x-simulator-control", "yes");
    rig.send(request).await.unwrap().json()
}

#[tokio::test]
async fn the_control_route_wants_its_header() {
    let rig = Rig::start(config()).await;
    let reply = rig
        .send(rig.request(Method::GET, "/_control/state"))
        .await
        .unwrap();
    assert_eq!(
        (reply.status, reply.json()["error"].as_str()),
        (403, Some("ControlRefused"))
    );
}

#[tokio::test]
async fn the_clock_moves_on_but_never_back() {
    let rig = Rig::start(config()).await;
    assert_eq!(
        control(&rig, "clock/advance", json!({"seconds": 90}))
            .await
            .json()["now"],
        START + 90
    );
    assert_eq!(
        control(&rig, "clock/set", json!({"to": START + 600}))
            .await
            .json()["now"],
        START + 600
    );
    let refused = control(&rig, "clock/set", json!({"to": START})).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("never goes back"));
    assert_eq!(rig.simulator.now(), START + 600);
    assert_eq!(
        rig.get("/api/v2/users/me").await.header("date"),
        "Sat, 21 Nov 2026 08:10:00 GMT"
    );
}

#[tokio::test]
async fn requests_and_records_are_counted() {
    let rig = Rig::start(config()).await;
    rig.get("/api/v2/tickets/1.json").await;
    rig.get("/api/v2/tickets/2").await;
    rig.get("/api/v2/users/me").await;
    let state = state(&rig).await;
    assert_eq!(state["requests"], 3);
    assert_eq!(state["requests_by_route"]["GET tickets/{id}"], 2);
    assert_eq!(state["records"]["tickets"], 100);
    assert_eq!(state["records"]["comments"], 300);
    assert_eq!(rig.simulator.requests(), 3);
    assert_eq!(rig.simulator.requests_by_route()["GET users/me"], 1);
}

#[tokio::test]
async fn faults_are_armed_listed_and_cleared() {
    let rig = Rig::start(config()).await;
    let listed = control(
        &rig,
        "faults/add",
        json!({"fault": "status=500:route=users/me:times=1"}),
    )
    .await;
    assert_eq!(listed.json()["faults"][0]["kind"], "status=500");
    assert_eq!(rig.get("/api/v2/users/me").await.status, 500);
    let refused = control(&rig, "faults/add", json!({"fault": "explode"})).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("there is no fault called"));
    assert_eq!(
        control(&rig, "faults/clear", json!({})).await.json()["faults"],
        json!([])
    );
}

#[tokio::test]
async fn records_are_edited_from_outside() {
    let rig = Rig::start(config()).await;
    let user = control(
        &rig,
        "users/add",
        json!({"name": "Ann", "email": "ann@example.org"}),
    )
    .await
    .json()["id"]
        .clone();
    let ticket = control(&rig, "tickets/add", json!({
        "subject": "Hello", "requester_id": user, "comment": {"body": "x", "attachments": ["plan.pdf"]}
    }))
    .await
    .json()["id"]
        .clone();
    assert_eq!(ticket, 101);
    let steps = [
        (
            "tickets/update",
            json!({"id": 101, "change": {"subject": null, "priority": "high", "status": "pending"}}),
        ),
        (
            "tickets/comment",
            json!({"ticket_id": 101, "comment": {"body": "hidden", "public": false}}),
        ),
        ("tickets/solve", json!({"id": 101})),
        ("tickets/close", json!({"id": 101})),
        (
            "tickets/follow_up",
            json!({"ticket_id": 101, "comment": {"body": "again"}}),
        ),
        ("tickets/merge", json!({"from": 102, "into": 100})),
        ("tickets/touch", json!({"id": 100})),
        ("tickets/delete", json!({"id": 100})),
        ("tickets/restore", json!({"id": 100})),
        ("tickets/delete", json!({"id": 100})),
        ("tickets/scrub", json!({"id": 100})),
        (
            "users/update",
            json!({"id": user, "change": {"phone": "+3225550100"}}),
        ),
        ("users/delete", json!({"id": user})),
        ("users/forget", json!({"id": user})),
    ];
    for (action, body) in steps {
        let reply = control(&rig, action, body).await;
        assert_eq!(reply.status, 200, "{action}: {}", reply.text);
    }
    rig.simulator.read(|account| {
        let ticket = account.ticket(101).unwrap();
        assert_eq!(
            (ticket.status, ticket.subject.is_none()),
            (simulator::Status::Closed, true)
        );
        assert_eq!(account.comments_of(101).count(), 2);
        assert_eq!(
            account.comments_of(101).next().unwrap().1.attachments[0].content_type,
            "application/pdf"
        );
        assert!(account.ticket(100).unwrap().scrubbed);
        assert!(
            account
                .user(user.as_i64().unwrap())
                .unwrap()
                .permanently_deleted
        );
    });
}

#[tokio::test]
async fn a_mistake_is_answered_with_a_sentence() {
    let rig = Rig::start(config()).await;
    for (action, body, status, word) in [
        ("tickets/solve", json!({"id": 4711}), 422, "no ticket 4711"),
        ("tickets/solve", json!({}), 422, "missing field"),
        (
            "tickets/update",
            json!({"id": 1, "change": {"colour": 1}}),
            422,
            "unknown field",
        ),
        ("tickets/explode", json!({}), 404, "no control action"),
    ] {
        let reply = control(&rig, action, body).await;
        assert_eq!(reply.status, status, "{action}");
        assert!(reply.text.contains(word), "{}", reply.text);
    }
}
