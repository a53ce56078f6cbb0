//! The account's webhooks over real sockets.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use zendesk::webhooks::TICKET_EVENTS;

use crate::served::{Answer, Asked, Served, client_of};

const HOOK: &str = r#"{"id":"01HANAHF77W3MWXQGFPKBA5WNH","name":"Deskbridge","status":"active","subscriptions":["zen:event-type:ticket.created"],
    "created_at":"2026-11-22T12:00:00.932902574Z","created_by":"6130907993114","endpoint":"https://bridge.example.com/in/s3cret","http_method":"POST","request_format":"json"}"#;
const ID: &str = "01HANAHF77W3MWXQGFPKBA5WNH";

#[tokio::test]
async fn a_webhook_is_made_for_the_events_of_tickets() {
    let served = Served::start([Answer::json(201, format!(r#"{{"webhook":{HOOK}}}"#))]).await;
    let endpoint = "https://bridge.example.com/in/s3cret";
    let made = client_of(&served)
        .create_webhook("Deskbridge", endpoint, TICKET_EVENTS)
        .await
        .unwrap();
    assert_eq!((made.id.as_str(), made.endpoint.as_str()), (ID, endpoint));
    assert!(made.is_active());
    assert!(!format!("{made:?}").contains("s3cret"));
    let asked = served.asked();
    assert_eq!(
        (asked[0].method.as_str(), asked[0].path.as_str()),
        ("POST", "/api/v2/webhooks")
    );
    let sent: Value = serde_json::from_str(&asked[0].body).unwrap();
    let expected = json!({"webhook": {"name": "Deskbridge", "endpoint": endpoint, "http_method": "POST",
        "request_format": "json", "status": "active", "subscriptions": TICKET_EVENTS}});
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn webhooks_are_listed_over_all_pages() {
    let served = Served::by(|asked: &Asked| {
        let first = !asked.path.contains("after");
        let meta = if first {
            r#"{"has_more":true,"after_cursor":"abc"}"#
        } else {
            r#"{"has_more":false}"#
        };
        Answer::json(200, format!(r#"{{"meta":{meta},"webhooks":[{HOOK}]}}"#))
    })
    .await;
    let found = client_of(&served).webhooks().await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].subscriptions, ["zen:event-type:ticket.created"]);
}

#[tokio::test]
async fn a_webhook_that_is_gone_is_none_and_removing_it_again_is_no_error() {
    let gone =
        r#"{"errors":[{"code":"WebhookNotFound","title":"Webhook not found","detail":"x"}]}"#;
    let served = Served::start([
        Answer::json(200, format!(r#"{{"webhook":{HOOK}}}"#)),
        Answer::json(204, ""),
        Answer::json(404, gone),
    ])
    .await;
    let client = client_of(&served);
    assert_eq!(client.webhook(ID).await.unwrap().unwrap().id, ID);
    client.delete_webhook(ID).await.unwrap();
    client.delete_webhook(ID).await.unwrap();
    assert_eq!(client.webhook(ID).await.unwrap(), None);
    let asked = served.asked();
    assert_eq!(
        (asked[1].method.as_str(), asked[1].path.as_str()),
        ("DELETE", "/api/v2/webhooks/01HANAHF77W3MWXQGFPKBA5WNH")
    );
}

#[tokio::test]
async fn a_signing_secret_is_read_and_renewed_and_never_shown() {
    let secret =
        |word: &str| format!(r#"{{"signing_secret":{{"algorithm":"SHA256","secret":"{word}"}}}}"#);
    let served = Served::start([
        Answer::json(200, secret("o1d-secret")),
        Answer::json(201, secret("n3w-secret")),
    ])
    .await;
    let client = client_of(&served);
    let old = client.signing_secret(ID).await.unwrap();
    let new = client.reset_signing_secret(ID).await.unwrap();
    assert_eq!(
        (old.expose_secret(), new.expose_secret()),
        ("o1d-secret", "n3w-secret")
    );
    let shown = format!("{old:?}{new:?}");
    assert!(!shown.contains("o1d") && !shown.contains("n3w"), "{shown}");
    let methods: Vec<String> = served
        .asked()
        .into_iter()
        .map(|asked| asked.method)
        .collect();
    assert_eq!(methods, ["GET", "POST"]);
    assert!(
        served
            .paths()
            .iter()
            .all(|path| path.ends_with("/signing_secret"))
    );
}
