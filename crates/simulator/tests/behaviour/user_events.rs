//! What webhooks are told about users.

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Delivery, NewUser, Subject, UserChange};

use crate::endpoint::Endpoint;
use crate::rig::{Rig, empty};

const EVENTS: [&str; 3] = [
    "zen:event-type:user.deleted",
    "zen:event-type:user.merged",
    "zen:event-type:user.name_changed",
];

/// An account with two customers and a webhook for events of users.
async fn connected() -> (Rig, Endpoint, [i64; 2]) {
    let rig = Rig::start(empty()).await;
    let endpoint = Endpoint::start().await;
    let people = rig.simulator.edit(|account| {
        ["rosa@customer.example", "parks@customer.example"]
            .map(|email| account.add_user(NewUser::end_user("Rosa Parks", email)))
            .map(Result::unwrap)
    });
    let hook = json!({"webhook": {
        "name": "Deskbridge", "endpoint": endpoint.url(), "http_method": "POST",
        "request_format": "json", "status": "active", "subscriptions": EVENTS
    }});
    let made = rig.post("/api/v2/webhooks", &hook).await;
    assert_eq!(made.status, 201, "{}", made.text);
    (rig, endpoint, people)
}

/// What arrived, each as the event it is.
async fn arrived(rig: &Rig, endpoint: &Endpoint) -> Vec<Value> {
    rig.simulator.webhooks_settled().await;
    for sent in rig.simulator.webhook_invocations() {
        assert_eq!(sent.outcome, Delivery::Success);
    }
    let received = endpoint.received().into_iter();
    received
        .map(|one| serde_json::from_str(&one.body).unwrap())
        .collect()
}

#[tokio::test]
async fn a_deleted_user_is_told_once_with_every_id_as_a_text() {
    let (rig, endpoint, [rosa, _]) = connected().await;
    let gone = rig
        .call(Method::DELETE, &format!("/api/v2/users/{rosa}.json"))
        .await;
    assert_eq!(gone.status, 200, "{}", gone.text);
    rig.simulator
        .edit(|account| account.forget_user(rosa))
        .unwrap();
    let told = arrived(&rig, &endpoint).await;
    assert_eq!(told.len(), 1, "{told:?}");
    let event = &told[0];
    assert_eq!(event["type"], EVENTS[0]);
    assert_eq!(event["subject"], format!("zen:user:{rosa}"));
    let detail = &event["detail"];
    assert_eq!(detail["id"], rosa.to_string());
    assert_eq!(
        [&detail["email"], &detail["organization_id"]],
        [&json!(""), &json!("0")],
        "what is missing"
    );
    let sent = rig.simulator.webhook_invocations();
    assert_eq!(sent[0].subject, Subject::User(rosa));
}

#[tokio::test]
async fn a_merge_is_told_of_the_one_who_goes_and_names_who_stays() {
    let (rig, endpoint, [rosa, parks]) = connected().await;
    let merged = rig
        .put(
            &format!("/api/v2/users/{rosa}/merge.json"),
            &json!({"user": {"id": parks}}),
        )
        .await;
    assert_eq!(merged.status, 200, "{}", merged.text);
    let told = arrived(&rig, &endpoint).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["type"], EVENTS[1]);
    assert_eq!(told[0]["subject"], format!("zen:user:{rosa}"));
    assert_eq!(told[0]["event"]["target_user_id"], parks.to_string());
}

#[tokio::test]
async fn another_name_is_told_and_another_phone_is_not() {
    let (rig, endpoint, [rosa, _]) = connected().await;
    rig.simulator.edit(|account| {
        for name in [None, Some("Rosa Louise Parks".to_owned())] {
            let change = UserChange {
                name,
                phone: Some(Some("+13135550100".to_owned())),
                ..UserChange::default()
            };
            account.update_user(rosa, change).unwrap();
        }
    });
    let told = arrived(&rig, &endpoint).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        told[0]["event"],
        json!({"current": "Rosa Louise Parks", "previous": "Rosa Parks"})
    );
}
