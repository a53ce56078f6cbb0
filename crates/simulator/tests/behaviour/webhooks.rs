//! Webhooks: made by the API, delivered over real sockets, signed, repeated, lost.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Action, Config, Delivery, NewComment, NewTicket, Status, TicketChange, Trigger};

use crate::endpoint::Endpoint;
use crate::rig::{Rig, empty};

const EVENTS: [&str; 5] = [
    "zen:event-type:ticket.created",
    "zen:event-type:ticket.comment_added",
    "zen:event-type:ticket.status_changed",
    "zen:event-type:ticket.tags_changed",
    "zen:event-type:ticket.merged",
];

fn hook(url: &str, subscriptions: &[&str]) -> Value {
    json!({"webhook": {
        "name": "Deskbridge", "endpoint": url, "http_method": "POST",
        "request_format": "json", "status": "active", "subscriptions": subscriptions
    }})
}

/// An account with a ticket and a webhook for events: rig, endpoint, webhook's id and its secret.
pub(crate) async fn connected(config: Config) -> (Rig, Endpoint, String, String) {
    let rig = Rig::start(config).await;
    rig.simulator.edit(|account| {
        let new = NewTicket {
            subject: Some("Lamp".to_owned()),
            comment: NewComment::public("It is broken"),
            ..NewTicket::default()
        };
        account.add_ticket(new).unwrap();
    });
    let endpoint = Endpoint::start().await;
    let made = rig
        .post("/api/v2/webhooks", &hook(endpoint.url(), &EVENTS))
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["webhook"]["id"].as_str().unwrap().to_owned();
    let secret = rig
        .get(&format!("/api/v2/webhooks/{id}/signing_secret"))
        .await
        .json()["signing_secret"]["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    (rig, endpoint, id, secret)
}

pub(crate) fn comment(rig: &Rig, text: &str) {
    rig.simulator
        .edit(|account| account.add_comment(1, NewComment::public(text)))
        .unwrap();
}

#[tokio::test]
async fn a_webhook_is_made_shown_changed_and_deleted() {
    let rig = Rig::start(empty()).await;
    let mut new = hook("https://example.com/in", &EVENTS);
    new["webhook"]["authentication"] = json!({
        "type": "basic_auth", "data": {"username": "ann", "password": "hush"}, "add_position": "header"
    });
    let made = rig.post("/api/v2/webhooks", &new).await;
    assert_eq!(made.status, 201);
    let webhook = made.json()["webhook"].clone();
    let id = webhook["id"].as_str().unwrap();
    assert_eq!(id.len(), 26);
    assert!(webhook["created_by"].is_string());
    assert_eq!(webhook["created_at"], "2026-11-21T08:00:00.000622367Z");
    assert!(!made.text.contains("hush"));
    let path = format!("/api/v2/webhooks/{id}");
    let patch = json!({"webhook": {"status": "inactive", "name": "Other"}});
    let changed = rig.send_json(Method::PATCH, &path, &patch).await;
    assert_eq!((changed.status, changed.text.as_str()), (204, ""));
    let shown = rig.get(&path).await.json()["webhook"].clone();
    assert_eq!(
        (&shown["status"], &shown["name"]),
        (&json!("inactive"), &json!("Other"))
    );
    assert_eq!(shown["subscriptions"], webhook["subscriptions"]);
    let listed = rig.get("/api/v2/webhooks").await.json();
    assert_eq!(listed["meta"], json!({"has_more": false}));
    assert_eq!(listed["webhooks"][0]["id"], id);
    let copy = rig
        .post(
            &format!("/api/v2/webhooks?clone_webhook_id={id}"),
            &json!({}),
        )
        .await;
    assert_eq!(copy.json()["webhook"]["name"], "Other");
    assert_eq!(rig.call(Method::DELETE, &path).await.status, 204);
    assert_eq!(rig.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_webhook_is_for_events_or_for_triggers() {
    let rig = Rig::start(empty()).await;
    for (key, value) in [
        (
            "subscriptions",
            json!(["conditional_ticket_events", EVENTS[0]]),
        ),
        ("subscriptions", json!([])),
        ("http_method", json!("GET")),
        ("request_format", json!("xml")),
        ("endpoint", json!("nowhere")),
        ("name", json!("")),
    ] {
        let mut new = hook("http://127.0.0.1:9/", &EVENTS);
        new["webhook"][key] = value;
        let refused = rig.post("/api/v2/webhooks", &new).await;
        assert_eq!(refused.status, 400, "{key}: {}", refused.text);
    }
}

#[tokio::test]
async fn every_changed_thing_is_one_signed_event() {
    let (rig, endpoint, id, secret) = connected(empty()).await;
    let change = json!({"ticket": {
        "status": "pending", "tags": ["a"], "priority": "high",
        "comment": {"body": "On it", "public": false}
    }});
    rig.put("/api/v2/tickets/1.json", &change).await;
    rig.simulator.webhooks_settled().await;
    let mut kinds = endpoint.kinds();
    kinds.sort();
    // Nobody asked for the priority.
    assert_eq!(
        kinds,
        [
            "ticket.comment_added",
            "ticket.status_changed",
            "ticket.tags_changed"
        ]
    );
    for received in endpoint.received() {
        assert!(received.is_signed_with(&secret));
        assert!(!received.is_signed_with("another"));
        assert_eq!(received.method, Method::POST);
        assert_eq!(received.header("x-zendesk-webhook-id"), id);
        assert_eq!(
            received.header("x-zendesk-webhook-signature-timestamp"),
            "2026-11-21T08:00:00Z"
        );
        assert_eq!(received.header("user-agent"), "Zendesk Webhook");
        assert_eq!(
            received.header("content-type"),
            "application/json; charset=utf-8"
        );
        assert_eq!(
            received.header("x-zendesk-account-id"),
            received.json()["account_id"].to_string()
        );
        let body = received.json();
        assert_eq!(body["subject"], "zen:ticket:1");
        assert_eq!(body["detail"]["id"], "1");
        assert_eq!(body["detail"]["assignee_id"], "0");
        assert_eq!(body["detail"]["external_id"], "");
        assert_eq!(body["detail"]["status"], "PENDING");
        assert_eq!(body["zendesk_event_version"], "2022-11-06");
        assert!(received.body.starts_with("{\n  \"account_id\""));
        let told = &body["event"];
        match received.kind().as_str() {
            "ticket.status_changed" => {
                assert_eq!(*told, json!({"current": "PENDING", "previous": "NEW"}));
            }
            "ticket.tags_changed" => {
                assert_eq!(*told, json!({"tags_added": ["a"], "tags_removed": []}));
            }
            _ => {
                assert_eq!(told["comment"]["body"], "On it");
                assert_eq!(told["comment"]["is_public"], false);
                assert_eq!(told["comment"]["author"]["is_staff"], true);
            }
        }
    }
    let invocations = rig.simulator.webhook_invocations();
    assert_eq!(invocations.len(), 3);
    assert!(
        invocations
            .iter()
            .all(|one| one.outcome == Delivery::Success && one.attempts.len() == 1)
    );
    let listed = rig
        .get(&format!("/api/v2/webhooks/{id}/invocations?page[size]=2"))
        .await
        .json();
    assert_eq!(listed["invocations"][0]["status_code"], 200);
    assert_eq!(listed["meta"]["has_more"], true);
    assert!(listed["links"].get("prev").is_none(), "{listed}");
    let next = listed["links"]["next"].as_str().unwrap();
    assert!(next.contains("?page[after]="), "{next}");
    let last = rig.get(next).await;
    assert_eq!(last.rows("invocations").len(), 1);
    assert_eq!(last.json()["meta"]["has_more"], false);
    assert!(last.json()["links"].get("next").is_none());
    assert_eq!(last.header("content-type"), "application/json");
}

#[tokio::test]
async fn what_people_and_triggers_do_is_told_as_well() {
    let (rig, endpoint, _, _) = connected(empty()).await;
    rig.simulator.edit(|account| {
        account.add_trigger(Trigger::new(
            "Tag",
            vec![Action::AddTags(vec!["t".to_owned()])],
        ));
        let change = TicketChange {
            status: Some(Status::Open),
            ..TicketChange::default()
        };
        account.update_ticket(1, change).unwrap();
    });
    rig.simulator.webhooks_settled().await;
    assert_eq!(endpoint.kinds(), ["ticket.status_changed"]);
    let new = json!({"ticket": {"comment": {"body": "x"}}});
    rig.post("/api/v2/tickets", &new).await;
    rig.simulator.webhooks_settled().await;
    let mut kinds = endpoint.kinds();
    kinds.sort();
    assert_eq!(
        kinds,
        [
            "ticket.comment_added",
            "ticket.created",
            "ticket.status_changed",
            "ticket.tags_changed"
        ]
    );
    rig.simulator
        .edit(|account| account.merge_tickets(1, 2))
        .unwrap();
    rig.simulator.webhooks_settled().await;
    let merged = endpoint
        .received()
        .into_iter()
        .find(|one| one.kind() == "ticket.merged")
        .unwrap();
    assert_eq!(merged.json()["event"]["target_ticket_id"], "2");
    assert_eq!(merged.json()["subject"], "zen:ticket:1");
}

#[tokio::test]
async fn a_new_secret_takes_the_place_of_the_old_one_at_once() {
    let (rig, endpoint, id, old) = connected(empty()).await;
    let path = format!("/api/v2/webhooks/{id}/signing_secret");
    let reset = rig.post(&path, &json!({})).await;
    assert_eq!(reset.status, 201);
    let new = reset.json()["signing_secret"]["secret"].clone();
    comment(&rig, "x");
    rig.simulator.webhooks_settled().await;
    let received = &endpoint.received()[0];
    assert!(received.is_signed_with(new.as_str().unwrap()));
    assert!(!received.is_signed_with(&old));
}

#[tokio::test]
async fn an_inactive_or_deleted_webhook_is_silent() {
    let (rig, endpoint, id, _) = connected(empty()).await;
    let path = format!("/api/v2/webhooks/{id}");
    rig.put(&path, &json!({"webhook": {"status": "inactive"}}))
        .await;
    comment(&rig, "x");
    rig.put(&path, &json!({"webhook": {"status": "active"}}))
        .await;
    rig.call(Method::DELETE, &path).await;
    comment(&rig, "y");
    rig.simulator.webhooks_settled().await;
    assert!(endpoint.received().is_empty());
    assert!(rig.simulator.webhook_invocations().is_empty());
}

#[tokio::test]
async fn a_trigger_sends_its_own_words() {
    let (rig, endpoint, _, _) = connected(empty()).await;
    let made = rig
        .post(
            "/api/v2/webhooks",
            &hook(endpoint.url(), &["conditional_ticket_events"]),
        )
        .await;
    let action = Action::NotificationWebhook {
        webhook_id: made.json()["webhook"]["id"].as_str().unwrap().to_owned(),
        body: "{\"ticket_id\": {{ticket.id}}}".to_owned(),
    };
    rig.simulator
        .edit(|account| account.add_trigger(Trigger::new("Tell", vec![action])));
    rig.put(
        "/api/v2/tickets/1.json",
        &json!({"ticket": {"subject": "y"}}),
    )
    .await;
    rig.simulator.webhooks_settled().await;
    let bodies: Vec<String> = endpoint
        .received()
        .into_iter()
        .map(|one| one.body)
        .collect();
    assert_eq!(bodies, ["{\"ticket_id\": 1}"]);
}

#[tokio::test]
async fn only_some_refusals_are_tried_again() {
    for (answers, tries, outcome) in [
        (vec![(500, None)], 1, Delivery::Failed),
        (vec![(403, None)], 1, Delivery::Failed),
        (vec![(409, None), (409, None)], 3, Delivery::Success),
        (vec![(409, None); 9], 4, Delivery::Failed),
        (vec![(503, None)], 1, Delivery::Failed),
        (vec![(429, Some(90))], 1, Delivery::Failed),
        (vec![(503, Some(0))], 2, Delivery::Success),
    ] {
        let (rig, endpoint, _, _) = connected(empty()).await;
        endpoint.answer_with(&answers);
        comment(&rig, "x");
        rig.simulator.webhooks_settled().await;
        let invocation = rig.simulator.webhook_invocations().remove(0);
        assert_eq!(
            (invocation.attempts.len(), invocation.outcome),
            (tries, outcome),
            "{answers:?}"
        );
        assert_eq!(endpoint.received().len(), tries);
    }
}

#[tokio::test]
async fn a_wait_that_was_asked_for_is_on_the_simulators_clock() {
    let (rig, endpoint, _, _) = connected(empty()).await;
    endpoint.answer_with(&[(429, Some(30))]);
    comment(&rig, "x");
    rig.simulator.webhooks_settled().await;
    assert_eq!(endpoint.received().len(), 1);
    rig.simulator.advance(Duration::from_secs(30));
    while endpoint.received().len() < 2 {
        tokio::task::yield_now().await;
    }
    let again = &endpoint.received()[1];
    assert_eq!(
        again.header("x-zendesk-webhook-signature-timestamp"),
        "2026-11-21T08:00:30Z"
    );
}

#[tokio::test]
async fn a_silent_endpoint_is_tried_five_times() {
    let config = Config {
        webhook_timeout: Duration::from_millis(20),
        ..empty()
    };
    let (rig, endpoint, _, _) = connected(config).await;
    endpoint.fall_silent();
    comment(&rig, "x");
    rig.simulator.webhooks_settled().await;
    let invocation = rig.simulator.webhook_invocations().remove(0);
    assert_eq!(
        (invocation.attempts.len(), invocation.outcome),
        (5, Delivery::Timeout)
    );
}

#[tokio::test]
async fn nothing_is_sent_to_another_machine() {
    let rig = Rig::start(empty()).await;
    for endpoint in [
        "http://192.0.2.1/",
        "https://127.0.0.1:9/",
        "http://example.org/",
    ] {
        rig.post("/api/v2/webhooks", &hook(endpoint, &EVENTS)).await;
    }
    rig.post(
        "/api/v2/tickets",
        &json!({"ticket": {"comment": {"body": "x"}}}),
    )
    .await;
    rig.simulator.webhooks_settled().await;
    for invocation in rig.simulator.webhook_invocations() {
        assert_eq!(invocation.outcome, Delivery::Failed);
        let problem = invocation.attempts[0].problem.clone().unwrap();
        assert!(problem.contains("this machine only"), "{problem}");
    }
}

#[tokio::test]
async fn a_test_is_signed_with_the_secret_that_everybody_knows() {
    let (rig, endpoint, id, _) = connected(empty()).await;
    let request = json!({"request": {"payload": "{}"}});
    let reply = rig
        .post(&format!("/api/v2/webhooks/test?webhook_id={id}"), &request)
        .await;
    assert_eq!(
        (reply.status, &reply.json()["response"]["status_code"]),
        (200, &json!(200))
    );
    assert!(reply.json()["response"]["headers"][0]["key"].is_string());
    assert!(endpoint.received()[0].is_signed_with("dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="));
}

#[tokio::test]
async fn agents_do_not_see_webhooks() {
    let rig = Rig::start(empty()).await;
    let email = rig
        .simulator
        .read(|account| account.users().nth(1).unwrap().email.clone().unwrap());
    let request = rig
        .request(Method::GET, "/api/v2/webhooks")
        .basic_auth(format!("{email}/token"), Some("token"));
    assert_eq!(rig.send(request).await.unwrap().status, 403);
}
