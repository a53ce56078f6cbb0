use reqwest::Method;
use simulator::{AnonymousMe, Config, NewUser, UserChange};

use crate::rig::{Reply, Rig, empty};

async fn as_user(rig: &Rig, path: &str, name: &str, secret: &str) -> Reply {
    let request = rig
        .request(Method::GET, path)
        .basic_auth(name, Some(secret));
    rig.send(request).await.unwrap()
}

#[tokio::test]
async fn the_administrator_signs_in_with_email_and_token() {
    let rig = Rig::start(empty()).await;
    let me = rig.get("/api/v2/users/me.json").await;
    assert_eq!(me.status, 200);
    let user = &me.json()["user"];
    assert_eq!(user["email"], "agent@example.com");
    assert_eq!(user["role"], "admin");
    assert_eq!(
        user["id"],
        rig.simulator.read(|account| account.administrator())
    );
    assert!(user["id"].as_i64().unwrap() > 1_000_000_000_000);
}

#[tokio::test]
async fn a_wrong_token_is_not_signed_in_anywhere() {
    let rig = Rig::start(empty()).await;
    for (name, secret) in [
        ("agent@example.com/token", "wrong"),
        ("nobody@example.com/token", "token"),
    ] {
        for path in ["/api/v2/users/me", "/api/v2/tickets.json"] {
            let reply = as_user(&rig, path, name, secret).await;
            assert_eq!(reply.status, 401, "{name} {path}");
            assert_eq!(reply.json()["error"], "Couldn't authenticate you");
        }
    }
}

#[tokio::test]
async fn without_a_token_users_me_is_an_anonymous_200_and_all_else_a_401() {
    let rig = Rig::start(empty()).await;
    let nobody = rig
        .send(rig.request(Method::GET, "/api/v2/users/me.json"))
        .await
        .unwrap();
    assert_eq!(nobody.status, 200);
    assert_eq!(nobody.json()["user"]["id"], serde_json::Value::Null);
    let password = as_user(
        &rig,
        "/api/v2/users/me.json",
        "agent@example.com",
        "password",
    )
    .await;
    assert_eq!(password.json()["user"]["name"], "Anonymous user");
    let list = rig
        .send(rig.request(Method::GET, "/api/v2/users.json"))
        .await
        .unwrap();
    assert_eq!(list.status, 401);
}

#[tokio::test]
async fn the_switch_makes_users_me_anonymous_for_everybody_or_nobody() {
    let mut everybody = empty();
    everybody.switches.anonymous_me = AnonymousMe::Everybody;
    let rig = Rig::start(everybody).await;
    let reply = as_user(&rig, "/api/v2/users/me", "agent@example.com/token", "wrong").await;
    assert_eq!(
        (reply.status, &reply.json()["user"]["id"]),
        (200, &serde_json::Value::Null)
    );
    let mut nobody = empty();
    nobody.switches.anonymous_me = AnonymousMe::Nobody;
    let rig = Rig::start(nobody).await;
    let reply = rig
        .send(rig.request(Method::GET, "/api/v2/users/me"))
        .await
        .unwrap();
    assert_eq!(reply.status, 401);
}

#[tokio::test]
async fn any_agent_signs_in_with_the_token_but_not_for_exports() {
    let rig = Rig::start(empty()).await;
    let email = rig.simulator.read(|account| {
        let agent = account.users().nth(1).unwrap();
        agent.email.clone().unwrap()
    });
    let name = format!("{email}/token");
    let me = as_user(&rig, "/api/v2/users/me", &name, "token").await;
    assert_eq!(me.json()["user"]["email"], *email);
    let export = as_user(
        &rig,
        "/api/v2/incremental/users/cursor?start_time=0",
        &name,
        "token",
    )
    .await;
    assert_eq!(export.status, 403);
    assert_eq!(export.json()["error"]["title"], "Forbidden");
}

#[tokio::test]
async fn end_users_and_suspended_agents_are_refused() {
    let rig = Rig::start(empty()).await;
    rig.simulator.edit(|account| {
        account
            .add_user(NewUser::end_user("Ann", "ann@example.org"))
            .unwrap();
        let agent = account
            .add_user(NewUser::agent("Bob", "bob@example.org"))
            .unwrap();
        let change = UserChange {
            suspended: Some(true),
            ..UserChange::default()
        };
        account.update_user(agent, change).unwrap();
    });
    for name in ["ann@example.org/token", "bob@example.org/token"] {
        assert_eq!(
            as_user(&rig, "/api/v2/tickets", name, "token").await.status,
            401
        );
    }
}

#[tokio::test]
async fn a_token_of_ones_own_is_the_only_one_that_works() {
    let rig = Rig::start(Config {
        api_token: "s3cret".to_owned(),
        ..empty()
    })
    .await;
    assert_eq!(rig.get("/api/v2/users").await.status, 401);
    let reply = as_user(&rig, "/api/v2/users", "agent@example.com/token", "s3cret").await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn an_unknown_path_is_an_invalid_endpoint() {
    let rig = Rig::start(empty()).await;
    for path in [
        "/api/v2/nonsense.json",
        "/nonsense",
        "/api/v2/tickets/1/nonsense",
    ] {
        let reply = rig.get(path).await;
        assert_eq!(
            (reply.status, reply.json()["error"].as_str()),
            (404, Some("InvalidEndpoint"))
        );
    }
    let unknown = rig.get("/api/v2/tickets/4711.json").await;
    assert_eq!(
        (unknown.status, unknown.json()["error"].as_str()),
        (404, Some("RecordNotFound"))
    );
}
