use std::time::Duration;

use serde_json::json;
use simulator::{Config, HeaderEra, Limits, NewUser};

use crate::rig::{Rig, config, empty};

fn limited(limits: Limits) -> Config {
    Config { limits, ..config() }
}

#[tokio::test]
async fn without_limits_there_are_no_headers_and_no_refusals() {
    let rig = Rig::start(empty()).await;
    for _ in 0..250 {
        let reply = rig.get("/api/v2/users/me").await;
        assert_eq!((reply.status, reply.header("x-rate-limit")), (200, ""));
    }
}

#[tokio::test]
async fn the_account_limit_counts_down_and_then_refuses_until_the_minute_is_over() {
    let rig = Rig::start(limited(Limits::Team)).await;
    let first = rig.get("/api/v2/users/me").await;
    assert_eq!(first.header("x-rate-limit"), "200");
    assert_eq!(first.header("ratelimit-remaining"), "199");
    assert_eq!(first.header("ratelimit-reset"), "60");
    rig.simulator.advance(Duration::from_secs(13));
    for _ in 0..199 {
        assert_eq!(rig.get("/api/v2/users/me").await.status, 200);
    }
    let refused = rig.get("/api/v2/users/me").await;
    assert_eq!(refused.status, 429);
    assert_eq!(
        refused.text,
        "Number of allowed API requests per minute exceeded"
    );
    assert!(refused.header("content-type").starts_with("text/plain"));
    assert_eq!(refused.header("retry-after"), "47");
    rig.simulator.advance(Duration::from_secs(47));
    assert_eq!(rig.get("/api/v2/users/me").await.status, 200);
}

#[tokio::test]
async fn all_exports_share_ten_requests_a_minute() {
    let rig = Rig::start(limited(Limits::Enterprise)).await;
    for place in 0..10 {
        let path = [
            "tickets/cursor",
            "users/cursor",
            "ticket_events",
            "organizations",
        ][place % 4];
        let reply = rig
            .get(&format!("/api/v2/incremental/{path}.json?start_time=0"))
            .await;
        assert_eq!(reply.status, 200);
        let left = format!("total=10; remaining={}; resets=60", 9 - place);
        assert_eq!(reply.header("zendesk-ratelimit-incremental-exports"), left);
    }
    let refused = rig.get("/api/v2/incremental/users.json?start_time=0").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
    assert_eq!(refused.json()["error"], "APIRateLimitExceeded");
    assert_eq!(rig.get("/api/v2/users/me").await.status, 200);
}

#[tokio::test]
async fn each_header_era_has_its_own_names() {
    for (headers, present, absent) in [
        (
            HeaderEra::Classic,
            "x-rate-limit-remaining",
            "ratelimit-limit",
        ),
        (
            HeaderEra::Late2023,
            "zendesk-rate-limit-incremental-exports",
            "ratelimit-limit",
        ),
        (
            HeaderEra::Late2023,
            "rate-limit-reset",
            "zendesk-ratelimit-incremental-exports",
        ),
        (HeaderEra::Current, "ratelimit-reset", "rate-limit-reset"),
    ] {
        let rig = Rig::start(Config {
            headers,
            ..limited(Limits::Growth)
        })
        .await;
        let reply = rig
            .get("/api/v2/incremental/users/cursor?start_time=0")
            .await;
        assert_ne!(reply.header(present), "", "{headers:?}");
        assert_eq!(reply.header(absent), "", "{headers:?}");
    }
}

#[tokio::test]
async fn a_user_is_written_once_a_second_and_five_times_a_minute() {
    let rig = Rig::start(limited(Limits::Enterprise)).await;
    let id = rig.simulator.edit(|account| {
        account
            .add_user(NewUser::end_user("A", "a@example.org"))
            .unwrap()
    });
    let path = format!("/api/v2/users/{id}.json");
    let mut number = 0;
    let mut write = async || {
        number += 1;
        rig.put(&path, &json!({"user": {"notes": number.to_string()}}))
            .await
    };
    assert_eq!(write().await.status, 200);
    let hasty = write().await;
    assert_eq!((hasty.status, hasty.header("retry-after")), (429, "1"));
    for _ in 0..4 {
        rig.simulator.advance(Duration::from_secs(1));
        assert_eq!(write().await.status, 200);
    }
    rig.simulator.advance(Duration::from_secs(1));
    let refused = write().await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("content-type"), "text/plain; charset=UTF-8");
    assert_eq!(
        refused.text,
        "You have exceeded the rate limit for updating a single unique user. user email:  id:  external_id: "
    );
    // The account's counter still went down (recorded).
    assert_eq!(refused.header("x-rate-limit-remaining"), "693");
}

#[tokio::test]
async fn a_ticket_is_updated_thirty_times_in_ten_minutes() {
    let rig = Rig::start(limited(Limits::Enterprise)).await;
    let write = async |number: u32| {
        let body = json!({"ticket": {"comment": {"body": number.to_string(), "public": false}}});
        rig.put("/api/v2/tickets/100.json", &body).await
    };
    rig.simulator.edit(|account| {
        let change = simulator::TicketChange {
            status: Some(simulator::Status::Open),
            ..Default::default()
        };
        account.update_ticket(100, change).unwrap();
    });
    for number in 0..30 {
        assert_eq!(write(number).await.status, 200);
    }
    let refused = write(30).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, "600")
    );
    assert_eq!(
        refused.header("zendesk-ratelimit-per-ticket-updates"),
        "total=30; remaining=0; resets=600"
    );
    rig.wait_minutes(10);
    assert_eq!(write(31).await.status, 200);
}
