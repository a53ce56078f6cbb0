//! What goes wrong with webhooks on request: lost, doubled, overtaken, late, replayed.

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Delivery, Fault};

use crate::rig::{Rig, empty};
use crate::webhooks::{comment, connected};

fn fault(rig: &Rig, text: &str) {
    rig.simulator.add_fault(Fault::parse(text).unwrap());
}

async fn control(rig: &Rig, action: &str, body: Value) -> Value {
    let request = rig
        .request(Method::POST, &format!("/_control/{action}"))
        .header("x-simulator-control", "yes")
        .body(body.to_string());
    rig.send(request).await.unwrap().json()
}

#[tokio::test]
async fn deliveries_are_lost_and_doubled_on_request() {
    let (rig, endpoint, _, _) = connected(empty()).await;
    fault(&rig, "webhook-drop:times=1");
    fault(
        &rig,
        "webhook-duplicate:after=1:times=1:route=ticket.comment_added",
    );
    for text in ["lost", "doubled", "as it should"] {
        comment(&rig, text);
        rig.simulator.webhooks_settled().await;
    }
    let words: Vec<Value> = endpoint
        .received()
        .iter()
        .map(|one| one.json()["event"]["comment"]["body"].clone())
        .collect();
    assert_eq!(words, ["doubled", "doubled", "as it should"]);
    let ids: Vec<Value> = endpoint
        .received()
        .iter()
        .map(|one| one.json()["id"].clone())
        .collect();
    assert_eq!(ids[0], ids[1]);
    let outcomes: Vec<Delivery> = rig
        .simulator
        .webhook_invocations()
        .iter()
        .map(|one| one.outcome)
        .collect();
    assert_eq!(
        outcomes,
        [Delivery::Dropped, Delivery::Success, Delivery::Success]
    );
}

#[tokio::test]
async fn deliveries_overtake_each_other_on_request() {
    let (rig, endpoint, _, _) = connected(empty()).await;
    fault(&rig, "webhook-reorder:times=1");
    comment(&rig, "first");
    comment(&rig, "second");
    while endpoint.received().len() < 2 {
        tokio::task::yield_now().await;
    }
    let words: Vec<Value> = endpoint
        .received()
        .iter()
        .map(|one| one.json()["event"]["comment"]["body"].clone())
        .collect();
    assert_eq!(words, ["second", "first"]);
}

#[tokio::test]
async fn a_late_delivery_waits_for_the_simulators_clock() {
    let (rig, endpoint, _, _) = connected(empty()).await;
    fault(&rig, "webhook-late=86400:times=1");
    comment(&rig, "x");
    rig.simulator.webhooks_settled().await;
    rig.wait_minutes(24 * 60 - 1);
    rig.simulator.webhooks_settled().await;
    assert!(endpoint.received().is_empty());
    rig.wait_minutes(1);
    while endpoint.received().is_empty() {
        tokio::task::yield_now().await;
    }
    let received = &endpoint.received()[0];
    assert_eq!(received.json()["time"], "2026-11-21T08:00:00Z");
    assert_eq!(
        received.header("x-zendesk-webhook-signature-timestamp"),
        "2026-11-22T08:00:00Z"
    );
}

#[tokio::test]
async fn what_was_sent_is_sent_again_on_request() {
    let (rig, endpoint, _, secret) = connected(empty()).await;
    comment(&rig, "x");
    rig.simulator.webhooks_settled().await;
    rig.wait_minutes(10);
    let sent = control(&rig, "webhooks/redeliver", json!({})).await;
    assert_eq!(sent["sent"], 1);
    rig.simulator.webhooks_settled().await;
    control(&rig, "webhooks/redeliver", json!({"exact": true})).await;
    rig.simulator.webhooks_settled().await;
    let received = endpoint.received();
    assert_eq!(received.len(), 3);
    let time = |place: usize| received[place].header("x-zendesk-webhook-signature-timestamp");
    assert_eq!(time(1), "2026-11-21T08:10:00Z");
    // A replay repeats the last request to the letter.
    assert_eq!(received[1].headers, received[2].headers);
    assert!(received.iter().all(|one| one.is_signed_with(&secret)));
}
