//! Faults that leave a client in doubt about what became of its request.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Config, Fault, NewComment, NewTicket};

use crate::rig::{Rig, empty};

async fn with_ticket(config: Config) -> Rig {
    let rig = Rig::start(config).await;
    rig.simulator.edit(|account| {
        let new = NewTicket {
            subject: Some("Lamp".to_owned()),
            comment: NewComment::public("It is broken"),
            ..NewTicket::default()
        };
        account.add_ticket(new).unwrap();
    });
    rig.wait_minutes(5);
    rig
}

fn fault(rig: &Rig, text: &str) {
    rig.simulator.add_fault(Fault::parse(text).unwrap());
}

fn put(rig: &Rig, ticket: &Value) -> reqwest::RequestBuilder {
    rig.request(Method::PUT, "/api/v2/tickets/1.json")
        .basic_auth("agent@example.com/token", Some("token"))
        .body(json!({"ticket": ticket}).to_string())
}

fn subject(rig: &Rig) -> String {
    rig.simulator.read(|account| {
        account
            .ticket(1)
            .unwrap()
            .subject
            .clone()
            .unwrap()
            .to_string()
    })
}

#[tokio::test]
async fn a_late_request_is_carried_out_after_its_client_has_gone() {
    let rig = with_ticket(empty()).await;
    fault(&rig, "late=5000:method=PUT:times=1");
    let sent = rig.send(put(&rig, &json!({"subject": "late"}))).await;
    assert!(sent.is_err());
    rig.simulator.advance(Duration::from_secs(4));
    assert_eq!(subject(&rig), "Lamp");
    let meanwhile = rig.send(put(&rig, &json!({"subject": "meanwhile"}))).await;
    assert_eq!(meanwhile.unwrap().status, 200);
    rig.simulator.advance(Duration::from_secs(1));
    assert_eq!(subject(&rig), "late");
    rig.simulator.read(|account| {
        let times: Vec<i64> = account.audits_of(1).map(|audit| audit.created_at).collect();
        assert_eq!(times[2] - times[1], 1);
    });
    assert_eq!(rig.simulator.writes_by_route()["PUT tickets/{id}"], 2);
}

#[tokio::test]
async fn a_late_request_is_judged_by_what_it_then_finds() {
    let rig = with_ticket(empty()).await;
    fault(&rig, "late=1000:method=PUT:times=1");
    let stamp = rig.get("/api/v2/tickets/1").await.json()["ticket"]["updated_at"].clone();
    let careful = json!({"subject": "late", "safe_update": true, "updated_stamp": stamp});
    assert!(rig.send(put(&rig, &careful)).await.is_err());
    let next = rig.send(put(&rig, &json!({"subject": "meanwhile"}))).await;
    assert_eq!(next.unwrap().status, 200);
    rig.simulator.advance(Duration::from_secs(2));
    assert_eq!(subject(&rig), "meanwhile");
}

#[tokio::test]
async fn a_late_request_comes_by_itself_on_a_clock_that_runs() {
    let config = Config {
        still_clock: false,
        ..empty()
    };
    let rig = with_ticket(config).await;
    fault(&rig, "late=30:method=PUT:times=1");
    assert!(
        rig.send(put(&rig, &json!({"subject": "late"})))
            .await
            .is_err()
    );
    while subject(&rig) != "late" {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_request_is_carried_out_and_then_answered_with_a_refusal() {
    let rig = with_ticket(empty()).await;
    fault(&rig, "apply-then=502:form=html:method=PUT:times=1");
    fault(
        &rig,
        "apply-then=429:retry-after=9:method=PUT:after=1:times=1",
    );
    let reply = rig
        .send(put(&rig, &json!({"subject": "one"})))
        .await
        .unwrap();
    assert_eq!(reply.status, 502);
    assert!(reply.text.contains("<html>"));
    assert_eq!(subject(&rig), "one");
    let reply = rig
        .send(put(&rig, &json!({"subject": "two"})))
        .await
        .unwrap();
    assert_eq!((reply.status, reply.header("retry-after")), (429, "9"));
    assert_eq!(subject(&rig), "two");
}

#[tokio::test]
async fn a_request_that_zendesk_refuses_anyway_keeps_its_refusal() {
    let rig = with_ticket(empty()).await;
    fault(&rig, "apply-then=500:method=PUT:times=1");
    let refused = rig
        .send(put(&rig, &json!({"priority": "huge"})))
        .await
        .unwrap();
    assert_eq!(refused.status, 422);
}

#[tokio::test]
async fn a_success_without_effect_shows_the_ticket_as_it_is() {
    let rig = with_ticket(empty()).await;
    fault(&rig, "ok-without-effect:method=PUT:times=1");
    let before = rig.get("/api/v2/tickets/1").await.json()["ticket"].clone();
    let change = json!({"subject": "lost", "comment": {"body": "lost"}});
    let reply = rig.send(put(&rig, &change)).await.unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json(), json!({"ticket": before, "audit": null}));
    assert_eq!(rig.simulator.count_audits(), 1);
    let reply = rig.send(put(&rig, &change)).await.unwrap();
    assert_eq!(reply.json()["ticket"]["subject"], "lost");
}

#[tokio::test]
async fn a_storm_lasts_for_its_time_on_the_simulators_clock() {
    let rig = with_ticket(empty()).await;
    fault(&rig, "too-many:retry-after=5:for=600:after=1");
    let me = || async { rig.get("/api/v2/users/me").await.status };
    assert_eq!(me().await, 200);
    assert_eq!(me().await, 429);
    rig.simulator.advance(Duration::from_secs(599));
    assert_eq!(me().await, 429);
    rig.simulator.advance(Duration::from_secs(1));
    assert_eq!(me().await, 200);
}

#[tokio::test]
async fn a_marker_shows_late_where_the_switch_says_so() {
    let mut config = empty();
    config.switches.marker_delay = 30;
    let rig = with_ticket(config).await;
    let change = json!({"comment": {"body": "x"}, "metadata": {"deskbridge_op": "7"}});
    let reply = rig.send(put(&rig, &change)).await.unwrap().json();
    assert_eq!(reply["audit"]["metadata"]["custom"]["deskbridge_op"], "7");
    let marker = || async {
        let audits = rig.get("/api/v2/tickets/1/audits").await.rows("audits");
        let comments = rig.get("/api/v2/tickets/1/comments").await.rows("comments");
        (
            audits[1]["metadata"]["custom"].clone(),
            comments[1]["metadata"]["custom"].clone(),
        )
    };
    rig.simulator.advance(Duration::from_secs(29));
    assert_eq!(marker().await, (json!({}), json!({})));
    rig.simulator.advance(Duration::from_secs(1));
    let seen = json!({"deskbridge_op": "7"});
    assert_eq!(marker().await, (seen.clone(), seen));
}

#[tokio::test]
async fn what_zendesk_holds_and_what_was_sent_to_it_is_counted() {
    let rig = with_ticket(empty()).await;
    for _ in 0..2 {
        rig.send(put(&rig, &json!({"comment": {"body": "again"}})))
            .await
            .unwrap();
    }
    rig.get("/api/v2/tickets/1").await;
    let simulator = &rig.simulator;
    assert_eq!(
        (
            simulator.count_tickets(),
            simulator.count_comments(),
            simulator.count_audits()
        ),
        (1, 3, 3)
    );
    let audits = simulator.audits_of(1);
    let words: Vec<String> = audits
        .iter()
        .filter_map(simulator::Audit::comment)
        .map(|comment| comment.body.to_string())
        .collect();
    assert_eq!(words, ["It is broken", "again", "again"]);
    let writes = simulator.writes_by_route();
    assert_eq!(writes.len(), 1);
    assert_eq!(writes["PUT tickets/{id}"], 2);
    simulator.edit(|account| account.delete_ticket(1)).unwrap();
    assert_eq!(simulator.count_tickets(), 0);
}

#[tokio::test]
async fn of_two_safe_updates_in_one_second_one_passes_unless_they_race() {
    for races in [false, true] {
        let mut config = empty();
        config.switches.safe_updates_race = races;
        let rig = with_ticket(config).await;
        let stamp = rig.get("/api/v2/tickets/1").await.json()["ticket"]["updated_at"].clone();
        let change =
            |word: &str| json!({"subject": word, "safe_update": true, "updated_stamp": stamp});
        let mut statuses = Vec::new();
        for word in ["one", "two"] {
            let reply = rig.send(put(&rig, &change(word))).await.unwrap();
            statuses.push(reply.status);
        }
        let second = if races { 200 } else { 409 };
        assert_eq!(statuses, [200, second]);
        rig.simulator.advance(Duration::from_secs(1));
        let late = rig.send(put(&rig, &change("three"))).await.unwrap();
        assert_eq!(late.status, 409, "an old stamp is refused all the same");
    }
}

#[tokio::test]
async fn the_date_of_an_answer_may_be_ahead_of_the_records() {
    let mut config = empty();
    config.switches.date_ahead = 3;
    let rig = with_ticket(config).await;
    let reply = rig.send(put(&rig, &json!({"subject": "x"}))).await.unwrap();
    let date = jiff::fmt::rfc2822::parse(reply.header("date")).unwrap();
    let updated = reply.json()["ticket"]["updated_at"].clone();
    let updated: jiff::Timestamp = updated.as_str().unwrap().parse().unwrap();
    assert_eq!(date.timestamp().as_second() - updated.as_second(), 3);
}

#[tokio::test]
async fn metadata_that_is_too_long_is_refused_or_dropped() {
    for dropped in [false, true] {
        let mut config = empty();
        config.switches.most_metadata = 30;
        config.switches.drop_long_metadata = dropped;
        let rig = with_ticket(config).await;
        for (length, fits) in [(24, true), (25, false)] {
            let metadata = json!({"a": "x".repeat(length - 2)});
            assert_eq!(metadata.to_string().len(), length + 6);
            let change = json!({"subject": format!("s{length}"), "metadata": metadata});
            let reply = rig.send(put(&rig, &change)).await.unwrap();
            if fits || dropped {
                assert_eq!(reply.status, 200);
                let kept = &reply.json()["audit"]["metadata"]["custom"];
                assert_eq!(*kept == metadata, fits, "{kept}");
            } else {
                assert_eq!(reply.status, 422);
                assert!(reply.json()["details"]["metadata"].is_array());
            }
        }
    }
}
