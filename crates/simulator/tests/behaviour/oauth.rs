use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Reply, Rig, empty};

async fn ask(rig: &Rig, body: Value) -> Reply {
    let request = rig
        .request(Method::POST, "/oauth/tokens")
        .header("content-type", "application/json")
        .body(body.to_string());
    rig.send(request).await.unwrap()
}

async fn credentials(rig: &Rig, scope: &str) -> Value {
    let reply = ask(rig, json!({
        "grant_type": "client_credentials", "client_id": "deskbridge", "client_secret": "secret", "scope": scope
    }))
    .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

async fn refresh(rig: &Rig, token: &Value) -> Reply {
    ask(rig, json!({"grant_type": "refresh_token", "client_id": "deskbridge", "client_secret": "secret", "refresh_token": token})).await
}

async fn get(rig: &Rig, token: &Value, path: &str) -> Reply {
    let request = rig
        .request(Method::GET, path)
        .bearer_auth(token.as_str().unwrap());
    rig.send(request).await.unwrap()
}

#[tokio::test]
async fn client_credentials_sign_in_as_the_administrator() {
    let rig = Rig::start(empty()).await;
    let tokens = credentials(&rig, "read write").await;
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&json!("bearer"), &json!(1_800))
    );
    let me = get(&rig, &tokens["access_token"], "/api/v2/users/me").await;
    assert_eq!(me.json()["user"]["email"], "agent@example.com");
}

#[tokio::test]
async fn a_form_is_understood_like_json_and_a_wrong_secret_is_not() {
    let rig = Rig::start(empty()).await;
    let send = |secret: &'static str| {
        let request = rig
            .request(Method::POST, "/oauth/tokens")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("grant_type=client_credentials&client_id=deskbridge&client_secret={secret}&scope=read"));
        rig.send(request)
    };
    assert_eq!(send("secret").await.unwrap().status, 200);
    let refused = send("guess").await.unwrap();
    assert_eq!(
        (refused.status, refused.json()["error"].as_str()),
        (401, Some("invalid_client"))
    );
}

#[tokio::test]
async fn refresh_tokens_rotate_and_the_old_one_is_refused() {
    let rig = Rig::start(empty()).await;
    let first = credentials(&rig, "read").await;
    let second = refresh(&rig, &first["refresh_token"]).await;
    assert_eq!(second.status, 200);
    let second = second.json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let again = refresh(&rig, &first["refresh_token"]).await;
    assert_eq!(
        (again.status, again.json()["error"].as_str()),
        (400, Some("invalid_grant"))
    );
    // The old access token died with it; the successor keeps working.
    assert_eq!(
        get(&rig, &first["access_token"], "/api/v2/tickets")
            .await
            .status,
        401
    );
    assert_eq!(
        get(&rig, &second["access_token"], "/api/v2/tickets")
            .await
            .status,
        200
    );
    assert_eq!(refresh(&rig, &second["refresh_token"]).await.status, 200);
}

#[tokio::test]
async fn access_tokens_expire_and_refresh_tokens_later() {
    let rig = Rig::start(empty()).await;
    let tokens = credentials(&rig, "read").await;
    rig.simulator.advance(Duration::from_secs(1_800));
    let refused = get(&rig, &tokens["access_token"], "/api/v2/tickets").await;
    assert_eq!(
        (refused.status, refused.json()["error"].as_str()),
        (401, Some("invalid_token"))
    );
    let fresh = refresh(&rig, &tokens["refresh_token"]).await.json();
    rig.simulator.advance(Duration::from_secs(30 * 86_400));
    assert_eq!(refresh(&rig, &fresh["refresh_token"]).await.status, 400);
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let rig = Rig::start(empty()).await;
    let tokens = credentials(&rig, "tickets:read").await;
    assert_eq!(
        get(&rig, &tokens["access_token"], "/api/v2/tickets")
            .await
            .status,
        200
    );
    assert_eq!(
        get(
            &rig,
            &tokens["access_token"],
            "/api/v2/incremental/tickets/cursor?start_time=0"
        )
        .await
        .status,
        200
    );
    let refused = get(&rig, &tokens["access_token"], "/api/v2/groups").await;
    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.json()["description"],
        "You are missing the following required scopes: groups:read, read"
    );
}

#[tokio::test]
async fn a_test_can_hand_out_tokens_as_the_sign_in_page_would() {
    let rig = Rig::start(empty()).await;
    let (access, token) = rig.simulator.issue_tokens(&["read"]);
    assert_eq!(get(&rig, &json!(access), "/api/v2/users").await.status, 200);
    assert_eq!(refresh(&rig, &json!(token)).await.status, 200);
}
