//! What a client that writes in both directions relies on: keys, stamps, markers, order.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Fault, NewComment, NewTicket};

use crate::rig::{Reply, Rig, empty};

async fn with_tickets(count: usize) -> Rig {
    let rig = Rig::start(empty()).await;
    rig.simulator.edit(|account| {
        for number in 0..count {
            let new = NewTicket {
                subject: Some(format!("Number {number}")),
                comment: NewComment::public("x"),
                external_id: Some(format!("case-{}", number % 2)),
                ..NewTicket::default()
            };
            account.add_ticket(new).unwrap();
        }
    });
    rig.wait_minutes(5);
    rig
}

fn new_ticket(rig: &Rig, key: &str) -> reqwest::RequestBuilder {
    rig.request(Method::POST, "/api/v2/tickets.json")
        .basic_auth("agent@example.com/token", Some("token"))
        .header("idempotency-key", key)
        .body(json!({"ticket": {"subject": "x", "comment": {"body": "x"}}}).to_string())
}

#[tokio::test]
async fn tickets_are_found_by_their_whole_external_id_and_deleted_ones_are_not() {
    let rig = with_tickets(5).await;
    let found = |id: &'static str| {
        let path = format!("/api/v2/tickets.json?external_id={id}");
        let rig = &rig;
        async move { rig.get(&path).await.ids("tickets") }
    };
    assert_eq!(found("case-0").await, [1, 3, 5]);
    rig.simulator
        .edit(|account| account.delete_ticket(3))
        .unwrap();
    assert_eq!(found("case-0").await, [1, 5]);
    assert!(found("case-").await.is_empty());
    assert!(found("CASE-0").await.is_empty());
}

#[tokio::test]
async fn audits_are_read_from_either_end_and_name_their_people() {
    let rig = with_tickets(1).await;
    for number in 0..6 {
        rig.simulator.edit(|account| {
            account
                .add_comment(1, NewComment::public(format!("comment {number}")))
                .unwrap()
        });
    }
    let all = rig.get("/api/v2/tickets/1/audits.json").await;
    assert_eq!(all.json()["count"], 7);
    let ids = all.ids("audits");
    let last = rig
        .get("/api/v2/tickets/1/audits.json?per_page=3&page=3&include=users")
        .await;
    assert_eq!(last.ids("audits"), ids[6..]);
    let administrator = rig.simulator.read(simulator::Account::administrator);
    assert_eq!(last.ids("users"), [administrator]);
    let first = rig.get("/api/v2/tickets/1/audits.json?page[size]=5").await;
    let next = first.json()["links"]["next"].as_str().unwrap().to_owned();
    let rest = rig.get(&next).await;
    assert_eq!(rest.ids("audits"), ids[5..]);
    let back = rest.json()["links"]["prev"].as_str().unwrap().to_owned();
    assert_eq!(rig.get(&back).await.ids("audits"), ids[..5]);
    // The documents give no order for audits, so none is understood.
    let asked = rig
        .get("/api/v2/tickets/1/audits.json?sort_order=desc&sort=-created_at")
        .await;
    assert_eq!(asked.ids("audits"), ids);
}

#[tokio::test]
async fn comments_take_the_order_that_their_kind_of_page_has() {
    let rig = with_tickets(1).await;
    rig.simulator.edit(|account| {
        account
            .add_comment(1, NewComment::public("second"))
            .unwrap()
    });
    let first = |query: &'static str| {
        let rig = &rig;
        async move {
            let path = format!("/api/v2/tickets/1/comments.json?{query}");
            rig.get(&path).await.rows("comments")[0]["body"].clone()
        }
    };
    assert_eq!(first("sort_order=desc").await, "second");
    assert_eq!(first("sort=-created_at").await, "x");
    assert_eq!(first("page[size]=1&sort=-created_at").await, "second");
    assert_eq!(first("page[size]=1&sort_order=desc").await, "x");
}

#[tokio::test]
async fn a_marker_comes_back_in_the_answer_in_audits_and_in_ticket_events() {
    let rig = with_tickets(1).await;
    let change = json!({"ticket": {
        "subject": "Other", "comment": {"body": "with it", "public": false},
        "metadata": {"deskbridge_op": "0a1b"}
    }});
    let reply = rig.put("/api/v2/tickets/1.json", &change).await.json();
    let events = reply["audit"]["events"].as_array().unwrap();
    let kinds: Vec<&str> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["Comment", "Change"]);
    let marker = |audit: &Value| audit["metadata"]["custom"]["deskbridge_op"].clone();
    assert_eq!(marker(&reply["audit"]), "0a1b");
    let audits = rig
        .get("/api/v2/tickets/1/audits.json")
        .await
        .rows("audits");
    assert_eq!((audits.len(), marker(&audits[1])), (2, json!("0a1b")));
    rig.wait_minutes(2);
    let events = rig
        .get("/api/v2/incremental/ticket_events.json?start_time=0")
        .await
        .rows("ticket_events");
    assert_eq!((events.len(), marker(&events[1])), (2, json!("0a1b")));
}

#[tokio::test]
async fn an_edit_within_the_second_of_the_stamp_is_not_noticed() {
    let rig = with_tickets(1).await;
    let put = |subject: &'static str, stamp: Value| {
        let change = json!({"ticket": {
            "subject": subject, "safe_update": true, "updated_stamp": stamp
        }});
        let rig = &rig;
        async move { rig.put("/api/v2/tickets/1.json", &change).await }
    };
    rig.put(
        "/api/v2/tickets/1.json",
        &json!({"ticket": {"subject": "one"}}),
    )
    .await;
    let stamp = rig.get("/api/v2/tickets/1").await.json()["ticket"]["updated_at"].clone();
    rig.put(
        "/api/v2/tickets/1.json",
        &json!({"ticket": {"subject": "two"}}),
    )
    .await;
    assert_eq!(put("three", stamp.clone()).await.status, 200);
    rig.simulator.advance(Duration::from_secs(1));
    rig.put(
        "/api/v2/tickets/1.json",
        &json!({"ticket": {"subject": "four"}}),
    )
    .await;
    let refused = put("five", stamp).await;
    assert_eq!(refused.status, 409);
    assert_eq!(refused.json()["error"], "UpdateConflict");
    assert_eq!(put("six", Value::Null).await.status, 409);
}

#[tokio::test]
async fn a_key_whose_request_is_still_at_work_is_refused_and_free_again_afterwards() {
    let rig = with_tickets(0).await;
    let slow = "slow=1500:method=POST:route=tickets:times=1";
    rig.simulator.add_fault(Fault::parse(slow).unwrap());
    let send = |key: &'static str| rig.send(new_ticket(&rig, key));
    let second = async {
        while rig.simulator.requests() == 0 {
            tokio::task::yield_now().await;
        }
        (send("a").await.unwrap(), send("b").await.unwrap())
    };
    let (first, (refused, other)) = tokio::join!(send("a"), second);
    assert_eq!(
        (refused.status, refused.json()["error"].as_str()),
        (409, Some("IdempotentRequestInProgress"))
    );
    assert_eq!((first.unwrap().status, other.status), (201, 201));
    let again: Reply = send("a").await.unwrap();
    assert_eq!(again.header("x-idempotency-lookup"), "hit");
    assert_eq!(rig.simulator.read(|account| account.tickets().count()), 2);
}

#[tokio::test]
async fn a_requester_given_inline_is_found_or_made_on_an_update_too() {
    let rig = with_tickets(1).await;
    let put = |email: &'static str| {
        let change = json!({"ticket": {"requester": {"name": "Ann", "email": email}}});
        let rig = &rig;
        async move {
            rig.put("/api/v2/tickets/1.json", &change).await.json()["ticket"]["requester_id"]
                .clone()
        }
    };
    let made = put("ann@example.org").await;
    assert_eq!(put("ANN@example.org").await, made);
    let name = rig
        .simulator
        .read(|account| account.user(made.as_i64().unwrap()).unwrap().name.clone());
    assert_eq!(&*name, "Ann");
}
