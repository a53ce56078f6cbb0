use reqwest::Method;
use serde_json::{Value, json};
use simulator::{NewComment, NewTicket, NewUser, Status};

use crate::rig::{Rig, empty};

const TICKET: &str = "/api/v2/tickets/1.json";

/// An account with one new ticket of a customer.
async fn one() -> Rig {
    let rig = Rig::start(empty()).await;
    rig.simulator.edit(|account| {
        let ann = account
            .add_user(NewUser::end_user("Ann", "ann@example.org"))
            .unwrap();
        let new = NewTicket {
            subject: Some("Lamp".to_owned()),
            comment: NewComment::public("It is broken"),
            requester_id: Some(ann),
            ..NewTicket::default()
        };
        account.add_ticket(new).unwrap();
    });
    rig.wait_minutes(5);
    rig
}

async fn put(rig: &Rig, ticket: Value) -> crate::rig::Reply {
    rig.put(TICKET, &json!({"ticket": ticket})).await
}

#[tokio::test]
async fn a_ticket_is_made_with_its_first_comment_and_audit() {
    let rig = Rig::start(empty()).await;
    let made = rig
        .post(
            "/api/v2/tickets.json",
            &json!({"ticket": {
                "subject": "Hello",
                "comment": {"body": "First", "public": false},
                "requester": {"name": "Bo", "email": "Bo@Example.org"},
                "priority": "high", "tags": ["A", "b c"], "nonsense": 1
            }}),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(made.header("location").ends_with("/api/v2/tickets/1.json"));
    assert!(
        made.header("x-zendesk-api-warn")
            .contains("ticket.nonsense")
    );
    let body = made.json();
    assert_eq!(body["ticket"]["status"], "new");
    assert_eq!(body["ticket"]["description"], "First");
    assert_eq!(body["ticket"]["is_public"], false);
    assert_eq!(body["ticket"]["tags"], json!(["a", "b", "c"]));
    assert_eq!(body["ticket"]["via"]["channel"], "api");
    let events = body["audit"]["events"].as_array().unwrap();
    assert_eq!(events[0]["type"], "Comment");
    assert_eq!(
        events[1],
        json!({"id": events[1]["id"], "type": "Create", "field_name": "subject", "value": "Hello"})
    );
    let requester = rig
        .simulator
        .read(|account| account.user_by_email("bo@example.org").unwrap().id);
    assert_eq!(body["ticket"]["requester_id"], requester);
}

#[tokio::test]
async fn description_still_works_as_the_first_comment_and_nothing_at_all_does_not() {
    let rig = Rig::start(empty()).await;
    let made = rig
        .post(
            "/api/v2/tickets",
            &json!({"ticket": {"subject": "x", "description": "test"}}),
        )
        .await;
    assert_eq!(
        (made.status, made.json()["ticket"]["description"].as_str()),
        (201, Some("test"))
    );
    let refused = rig
        .post("/api/v2/tickets", &json!({"ticket": {"subject": "x"}}))
        .await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.json()["details"]["base"][0]["error"], "BlankValue");
}

#[tokio::test]
async fn an_idempotency_key_makes_one_ticket_and_replays_its_answer() {
    let rig = Rig::start(empty()).await;
    let send = |subject: &'static str| {
        let request = rig
            .request(Method::POST, "/api/v2/tickets.json")
            .basic_auth("agent@example.com/token", Some("token"))
            .header("idempotency-key", "case-1:1")
            .body(json!({"ticket": {"subject": subject, "comment": {"body": "x"}}}).to_string());
        rig.send(request)
    };
    let first = send("one").await.unwrap();
    assert_eq!(
        (first.status, first.header("x-idempotency-lookup")),
        (201, "miss")
    );
    let again = send("one").await.unwrap();
    assert_eq!(
        (again.status, again.header("x-idempotency-lookup")),
        (201, "hit")
    );
    assert_eq!(first.text, again.text);
    let other = send("two").await.unwrap();
    assert_eq!(
        (other.status, other.json()["error"].as_str()),
        (400, Some("IdempotentRequestError"))
    );
    assert_eq!(rig.simulator.read(|account| account.tickets().count()), 1);
    rig.wait_minutes(121);
    assert_eq!(
        send("two").await.unwrap().header("x-idempotency-lookup"),
        "miss"
    );
}

#[tokio::test]
async fn a_comment_and_field_changes_are_one_audit() {
    let rig = one().await;
    let reply = put(&rig, json!({"subject": "Desk lamp", "priority": "urgent", "comment": {"body": "On it", "public": false}})).await;
    assert_eq!(reply.status, 200);
    let audit = reply.json()["audit"].clone();
    let events: Vec<&str> = audit["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(events, ["Comment", "Change", "Change"]);
    assert_eq!(audit["events"][1]["previous_value"], "Lamp");
    assert_eq!(
        audit["author_id"],
        rig.simulator.read(|account| account.administrator())
    );
    assert_eq!(
        rig.simulator.read(|account| account.audits_of(1).count()),
        2
    );
}

#[tokio::test]
async fn a_new_description_is_ignored_and_an_equal_value_makes_no_event() {
    let rig = one().await;
    let before = rig.get(TICKET).await.json()["ticket"].clone();
    let reply = put(&rig, json!({"description": "other", "subject": "Lamp"})).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["ticket"], before);
    assert_eq!(
        rig.simulator.read(|account| account.audits_of(1).count()),
        1
    );
}

#[tokio::test]
async fn public_left_out_follows_the_first_comment() {
    let rig = one().await;
    put(&rig, json!({"comment": {"body": "as the first"}})).await;
    rig.simulator.edit(|account| {
        let first = account.comments_of(1).next().unwrap().0.comment_id();
        account.make_comment_private(first).unwrap();
    });
    put(&rig, json!({"comment": {"body": "again as the first"}})).await;
    let visible: Vec<bool> = rig.simulator.read(|account| {
        account
            .comments_of(1)
            .map(|(_, comment)| comment.public)
            .collect()
    });
    assert_eq!(visible, [false, true, false]);
}

#[tokio::test]
async fn html_is_kept_and_placeholders_vanish_unless_their_braces_are_encoded() {
    let rig = one().await;
    put(&rig, json!({"comment": {"html_body": "<p>No {{ticket.id}}{{secret}}, &#123;&#123;ticket.id&#125;&#125;</p>", "public": true}})).await;
    let comments = rig
        .get("/api/v2/tickets/1/comments.json")
        .await
        .rows("comments");
    assert_eq!(comments[1]["body"], "No 1, {{ticket.id}}");
    assert!(
        comments[1]["html_body"]
            .as_str()
            .unwrap()
            .starts_with("<div class=\"zd-comment\"")
    );
    let mut plain = empty();
    plain.switches.expand_placeholders = false;
    plain.tickets = 1;
    let rig = Rig::start(plain).await;
    rig.post(
        "/api/v2/tickets",
        &json!({"ticket": {"comment": {"body": "a {{ticket.id}}"}}}),
    )
    .await;
    assert_eq!(
        rig.get("/api/v2/tickets/2").await.json()["ticket"]["description"],
        "a {{ticket.id}}"
    );
}

#[tokio::test]
async fn safe_update_refuses_an_old_stamp() {
    let rig = one().await;
    let stamp = rig.get(TICKET).await.json()["ticket"]["updated_at"].clone();
    rig.simulator.edit(|account| {
        account
            .add_comment(1, NewComment::public("meanwhile"))
            .unwrap()
    });
    let refused = put(
        &rig,
        json!({"subject": "mine", "safe_update": true, "updated_stamp": stamp}),
    )
    .await;
    assert_eq!(
        (refused.status, refused.json()["error"].as_str()),
        (409, Some("UpdateConflict"))
    );
    let stamp = rig.get(TICKET).await.json()["ticket"]["updated_at"].clone();
    let accepted = put(
        &rig,
        json!({"subject": "mine", "safe_update": true, "updated_stamp": stamp}),
    )
    .await;
    assert_eq!(accepted.status, 200);
    assert_eq!(put(&rig, json!({"subject": "last wins"})).await.status, 200);
}

#[tokio::test]
async fn a_closed_ticket_takes_no_change_and_can_be_followed_up() {
    let rig = one().await;
    assert_eq!(
        put(&rig, json!({"status": "closed", "tags": ["x"]}))
            .await
            .status,
        200
    );
    let refused = put(&rig, json!({"comment": {"body": "too late"}})).await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.json()["details"]["status"][0]["description"],
        "Status: closed prevents ticket update"
    );
    let made = rig
        .post(
            "/api/v2/tickets",
            &json!({"ticket": {"comment": {"body": "again"}, "via_followup_source_id": 1}}),
        )
        .await
        .json();
    assert_eq!(made["ticket"]["via"]["source"]["rel"], "follow_up");
    assert_eq!(made["ticket"]["via"]["source"]["from"]["ticket_id"], 1);
    assert_eq!(made["ticket"]["tags"], json!(["x"]));
    assert_eq!(
        rig.get(TICKET).await.json()["ticket"]["followup_ids"],
        json!([2])
    );
    let open = rig
        .post(
            "/api/v2/tickets",
            &json!({"ticket": {"comment": {"body": "x"}, "via_followup_source_id": 2}}),
        )
        .await;
    assert_eq!(open.status, 422);
}

#[tokio::test]
async fn solving_needs_an_assignee_and_every_required_field() {
    let rig = one().await;
    let field = rig.simulator.edit(|account| {
        let id = account
            .ticket_fields()
            .iter()
            .find(|field| field.title == "Reason")
            .unwrap()
            .id;
        account.require_field(id, true);
        id
    });
    let refused = put(&rig, json!({"status": "solved", "subject": "not changed"})).await;
    assert_eq!(refused.status, 422);
    let rows = refused.json()["details"]["base"].clone();
    assert_eq!(rows[0]["ticket_field_type"], "FieldAssignee");
    assert_eq!(
        (
            rows[1]["ticket_field_type"].as_str(),
            rows[1]["ticket_field_id"].as_i64()
        ),
        (Some("FieldTagger"), Some(field))
    );
    assert_eq!(rig.get(TICKET).await.json()["ticket"]["subject"], "Lamp");
    let admin = rig.simulator.read(|account| account.administrator());
    let solved = put(&rig, json!({"status": "solved", "assignee_id": admin, "custom_fields": [{"id": field, "value": "reason_other"}]})).await;
    assert_eq!(solved.json()["ticket"]["status"], "solved");
}

#[tokio::test]
async fn assigning_opens_a_new_ticket_and_moves_its_group() {
    let rig = one().await;
    let (agent, group) = rig.simulator.read(|account| {
        let agent = account.users().nth(1).unwrap();
        (agent.id, agent.default_group_id)
    });
    let ticket = put(&rig, json!({"assignee_id": agent})).await.json()["ticket"].clone();
    assert_eq!(ticket["status"], "open");
    assert_eq!(ticket["group_id"].as_i64(), group);
    let refused = put(&rig, json!({"status": "new"})).await;
    assert_eq!(refused.status, 422);
    let customer = rig
        .simulator
        .read(|account| account.user_by_email("ann@example.org").unwrap().id);
    assert_eq!(
        put(&rig, json!({"assignee_id": customer})).await.status,
        422
    );
}

#[tokio::test]
async fn words_that_zendesk_does_not_know_are_refused_and_a_priority_is_never_reset() {
    let rig = one().await;
    assert_eq!(
        put(&rig, json!({"priority": "huge"})).await.json()["details"]["priority"][0]["error"],
        "InvalidValue"
    );
    assert_eq!(put(&rig, json!({"priority": "low"})).await.status, 200);
    let refused = put(&rig, json!({"priority": null})).await;
    assert_eq!(
        refused.json()["details"]["priority"][0]["description"],
        "Priority: cannot be reset"
    );
    assert_eq!(
        put(&rig, json!({"type": null, "subject": null}))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn tags_are_added_and_removed() {
    let rig = one().await;
    put(&rig, json!({"tags": ["one", "two"]})).await;
    let ticket = put(
        &rig,
        json!({"additional_tags": ["three"], "remove_tags": ["one"]}),
    )
    .await
    .json();
    assert_eq!(ticket["ticket"]["tags"], json!(["two", "three"]));
}

#[tokio::test]
async fn a_deleted_ticket_is_unknown_until_it_is_restored() {
    let rig = one().await;
    assert_eq!(rig.call(Method::DELETE, TICKET).await.status, 204);
    assert_eq!(rig.get(TICKET).await.status, 404);
    assert_eq!(put(&rig, json!({"subject": "x"})).await.status, 404);
    assert_eq!(
        rig.get("/api/v2/deleted_tickets.json")
            .await
            .ids("deleted_tickets"),
        [1]
    );
    let restored = rig
        .put("/api/v2/deleted_tickets/1/restore.json", &json!({}))
        .await;
    assert_eq!((restored.status, restored.text.as_str()), (200, "{}"));
    assert_eq!(rig.get(TICKET).await.json()["ticket"]["status"], "new");
    assert_eq!(
        rig.put("/api/v2/deleted_tickets/1/restore.json", &json!({}))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn comments_are_redacted_and_made_private() {
    let rig = one().await;
    let comment = rig.get("/api/v2/tickets/1/comments").await.ids("comments")[0];
    let path = format!("/api/v2/tickets/1/comments/{comment}");
    let redacted = rig
        .put(&format!("{path}/redact.json"), &json!({"text": "broken"}))
        .await;
    assert_eq!(redacted.json()["comment"]["body"], "It is ▇▇▇▇▇▇");
    assert_eq!(
        rig.put(&format!("{path}/make_private.json"), &json!({}))
            .await
            .status,
        200
    );
    assert_eq!(
        rig.get("/api/v2/tickets/1/comments").await.rows("comments")[0]["public"],
        false
    );
    assert_eq!(
        rig.put("/api/v2/tickets/1/comments/7/make_private", &json!({}))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_merged_ticket_is_closed_tagged_and_names_its_survivor() {
    let rig = one().await;
    rig.simulator.edit(|account| {
        let new = NewTicket {
            subject: Some("Survivor".to_owned()),
            comment: NewComment::public("x"),
            ..NewTicket::default()
        };
        account.add_ticket(new).unwrap();
        account.merge_tickets(1, 2).unwrap();
    });
    rig.simulator.read(|account| {
        let gone = account.ticket(1).unwrap();
        assert_eq!(gone.status, Status::Closed);
        assert!(gone.tags.iter().any(|tag| tag == "closed_by_merge"));
        let words = |id: i64| account.comments_of(id).last().unwrap().1.body.to_string();
        assert!(words(1).contains("merged into request #2 \"Survivor\""));
        assert!(words(2).contains("Request #1 \"Lamp\" was closed and merged into this request"));
    });
}

#[tokio::test]
async fn solving_a_problem_solves_its_incidents() {
    let rig = one().await;
    let admin = rig.simulator.read(|account| account.administrator());
    put(&rig, json!({"type": "problem", "assignee_id": admin})).await;
    rig.post(
        "/api/v2/tickets",
        &json!({"ticket": {"type": "incident", "problem_id": 1, "comment": {"body": "me too"}}}),
    )
    .await;
    assert_eq!(
        rig.get(TICKET).await.json()["ticket"]["has_incidents"],
        true
    );
    put(&rig, json!({"status": "solved"})).await;
    assert_eq!(
        rig.get("/api/v2/tickets/2").await.json()["ticket"]["status"],
        "solved"
    );
}

#[tokio::test]
async fn metadata_is_found_again_in_the_audit() {
    let rig = one().await;
    let reply = put(
        &rig,
        json!({"comment": {"body": "x"}, "metadata": {"operation": "case-7:1"}}),
    )
    .await;
    assert_eq!(
        reply.json()["audit"]["metadata"]["custom"]["operation"],
        "case-7:1"
    );
    let audits = rig
        .get("/api/v2/tickets/1/audits.json")
        .await
        .rows("audits");
    assert_eq!(audits[1]["metadata"]["custom"]["operation"], "case-7:1");
}
