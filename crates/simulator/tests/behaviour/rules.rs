//! What Zendesk does by itself: triggers right after an update, the automation that closes, merges.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{
    Action, Channel, Condition, Config, NewComment, NewTicket, Priority, Status, TicketChange,
    Trigger,
};

use crate::rig::{Rig, START, empty};

async fn with_tickets(config: Config, count: usize) -> Rig {
    let rig = Rig::start(config).await;
    rig.simulator.edit(|account| {
        for number in 0..count {
            let new = NewTicket {
                subject: Some(format!("Number {}", number + 1)),
                comment: NewComment::public("x"),
                ..NewTicket::default()
            };
            account.add_ticket(new).unwrap();
        }
    });
    rig.wait_minutes(5);
    rig
}

fn reopens() -> Trigger {
    Trigger::new("Reopen", vec![Action::Status(Status::Open)])
        .when(Condition::Updated)
        .when(Condition::FieldIs {
            field: "status".to_owned(),
            value: json!("pending"),
        })
}

async fn put(rig: &Rig, ticket: Value) -> Value {
    let reply = rig
        .put("/api/v2/tickets/1.json", &json!({"ticket": ticket}))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn a_trigger_changes_a_ticket_within_the_audit_of_the_update() {
    let rig = with_tickets(empty(), 1).await;
    let trigger = rig.simulator.edit(|account| account.add_trigger(reopens()));
    let reply = put(
        &rig,
        json!({"status": "pending", "metadata": {"deskbridge_op": "1"}}),
    )
    .await;
    assert_eq!(reply["ticket"]["status"], "open");
    let changes: Vec<Value> = reply["audit"]["events"].as_array().unwrap().clone();
    let ours = changes
        .iter()
        .find(|event| event["field_name"] == "status")
        .unwrap();
    assert_eq!((&ours["value"], ours.get("via")), (&json!("pending"), None));
    let theirs = changes
        .iter()
        .find(|event| event["field_name"] == "status" && event.get("via").is_some())
        .unwrap();
    assert_eq!(theirs["value"], "open");
    assert_eq!(theirs["previous_value"], "pending");
    assert_eq!(
        theirs["via"],
        json!({"channel": "rule", "source": {
            "from": {"deleted": false, "title": "Reopen", "id": trigger, "revision_id": 1},
            "rel": "trigger"
        }})
    );
    assert_eq!(reply["audit"]["via"]["channel"], "api");
    let ids: Vec<i64> = changes
        .iter()
        .map(|event| event["id"].as_i64().unwrap())
        .collect();
    let next = put(&rig, json!({"subject": "later"})).await["audit"]["id"].as_i64();
    assert!(ids.is_sorted() && ids.last() < next.as_ref());
}

#[tokio::test]
async fn a_triggers_child_events_name_the_rule() {
    let rig = with_tickets(empty(), 1).await;
    let trigger = rig.simulator.edit(|account| account.add_trigger(reopens()));
    put(&rig, json!({"status": "pending"})).await;
    rig.wait_minutes(2);
    let events = rig
        .get("/api/v2/incremental/ticket_events.json?start_time=0")
        .await
        .rows("ticket_events");
    let children = events[1]["child_events"].as_array().unwrap();
    let status: Vec<(&Value, &Value, &Value)> = children
        .iter()
        .filter(|child| child.get("status").is_some())
        .map(|child| (&child["status"], &child["via"], &child["via_reference_id"]))
        .collect();
    assert_eq!(
        status,
        [
            (&json!("pending"), &json!("Web service"), &Value::Null),
            (&json!("open"), &json!("Rule"), &json!(trigger)),
        ]
    );
}

#[tokio::test]
async fn a_trigger_writes_an_audit_of_its_own_where_the_switch_says_so() {
    let mut config = empty();
    config.switches.triggers_in_own_audit = true;
    let rig = with_tickets(config, 1).await;
    rig.simulator.edit(|account| account.add_trigger(reopens()));
    let reply = put(&rig, json!({"status": "pending"})).await;
    assert_eq!(reply["ticket"]["status"], "open");
    let audits = rig.get("/api/v2/tickets/1/audits").await.rows("audits");
    assert_eq!(audits.len(), 3);
    assert_eq!(audits[1]["id"], reply["audit"]["id"]);
    assert_eq!(audits[2]["author_id"], -1);
    assert_eq!(audits[2]["via"]["source"]["rel"], "trigger");
    assert_eq!(audits[2]["created_at"], audits[1]["created_at"]);
}

#[tokio::test]
async fn a_trigger_runs_once_for_each_update_and_never_on_its_own_change() {
    let rig = with_tickets(empty(), 1).await;
    let every = Trigger::new(
        "Note",
        vec![Action::Comment(NewComment::private("seen {{ticket.id}}"))],
    );
    let raised =
        Trigger::new("Raise", vec![Action::Priority(Priority::High)]).when(Condition::FieldIs {
            field: "tags".to_owned(),
            value: json!("vip"),
        });
    let tagged =
        Trigger::new("Tag", vec![Action::AddTags(vec!["vip".to_owned()])]).when(Condition::Updated);
    rig.simulator.edit(|account| {
        for trigger in [every, raised, tagged] {
            account.add_trigger(trigger);
        }
    });
    let reply = put(&rig, json!({"subject": "other"})).await;
    // The second one did not hold until the third had run.
    assert_eq!(reply["ticket"]["priority"], "high");
    let notes: Vec<(i64, String)> = rig.simulator.read(|account| {
        account
            .comments_of(1)
            .skip(1)
            .map(|(audit, comment)| (audit.author_id, comment.body.to_string()))
            .collect()
    });
    assert_eq!(notes, [(-1, "seen 1".to_owned())]);
    // An update that changes nothing is no update.
    put(&rig, json!({"subject": "other"})).await;
    assert_eq!(
        rig.simulator.read(|account| account.comments_of(1).count()),
        2
    );
}

#[tokio::test]
async fn triggers_tell_creation_from_updates_and_public_comments_from_notes() {
    let rig = with_tickets(empty(), 1).await;
    let tag = |tag: &str| Action::AddTags(vec![tag.to_owned()]);
    rig.simulator.edit(|account| {
        account.add_trigger(Trigger::new("a", vec![tag("made")]).when(Condition::Created));
        let public = Condition::CommentPublic(true);
        account.add_trigger(Trigger::new("b", vec![tag("answered")]).when(public));
        let changed = Condition::FieldChanged("subject".to_owned());
        account.add_trigger(Trigger::new("c", vec![tag("renamed")]).when(changed));
    });
    let made = rig
        .post(
            "/api/v2/tickets",
            &json!({"ticket": {"comment": {"body": "x", "public": false}}}),
        )
        .await;
    assert_eq!(made.json()["ticket"]["tags"], json!(["made"]));
    let tags = put(&rig, json!({"comment": {"body": "x", "public": false}})).await;
    assert_eq!(tags["ticket"]["tags"], json!([]));
    let tags = put(
        &rig,
        json!({"comment": {"body": "x", "public": true}, "subject": "y"}),
    )
    .await;
    assert_eq!(tags["ticket"]["tags"], json!(["answered", "renamed"]));
    // What people do in Zendesk's own pages is for the test to say in full: no trigger runs.
    rig.simulator.edit(|account| {
        let change = TicketChange {
            subject: Some(Some("z".to_owned())),
            tags: Some(Vec::new()),
            ..TicketChange::default()
        };
        account.update_ticket(1, change).unwrap();
    });
    assert!(
        rig.simulator
            .read(|account| account.ticket(1).unwrap().tags.is_empty())
    );
}

#[tokio::test]
async fn triggers_are_added_and_cleared_by_the_control_route() {
    let rig = with_tickets(empty(), 1).await;
    let control = |action: &'static str, body: Value| {
        let request = rig
            .request(Method::POST, &format!("/_control/{action}"))
            .header("x-simulator-control", "yes")
            .body(body.to_string());
        rig.send(request)
    };
    let trigger = json!({
        "title": "Hold", "conditions": ["updated", {"field_is": {"field": "status", "value": "new"}}],
        "actions": [{"status": "hold"}, {"assignee_id": null}, {"add_tags": ["held"]}]
    });
    assert_eq!(control("triggers/add", trigger).await.unwrap().status, 200);
    let mistake = json!({"title": "x", "actions": [{"explode": 1}]});
    let refused = control("triggers/add", mistake).await.unwrap();
    assert_eq!(refused.status, 422);
    let ticket = put(&rig, json!({"subject": "y"})).await["ticket"].clone();
    assert_eq!(
        (&ticket["status"], &ticket["tags"]),
        (&json!("hold"), &json!(["held"]))
    );
    control("triggers/clear", json!({})).await.unwrap();
    put(&rig, json!({"subject": "z", "status": "open"})).await;
    let status = rig
        .simulator
        .read(|account| account.ticket(1).unwrap().status);
    assert_eq!(status, Status::Open);
}

#[tokio::test]
async fn the_automation_closes_at_the_full_hour_what_was_solved_long_ago() {
    let config = Config {
        close_solved_after: Some(Duration::from_secs(96 * 3600)),
        ..empty()
    };
    let rig = with_tickets(config, 2).await;
    rig.simulator.edit(|account| account.solve(1).unwrap());
    rig.simulator.advance(Duration::from_secs(96 * 3600));
    let status = |id| {
        rig.simulator
            .read(|account| account.ticket(id).unwrap().status)
    };
    // Solved five minutes past the hour: the hour at which it is old enough is still to come.
    assert_eq!(status(1), Status::Solved);
    rig.simulator.advance(Duration::from_secs(10 * 3600));
    assert_eq!((status(1), status(2)), (Status::Closed, Status::New));
    rig.simulator.read(|account| {
        let audit = account.audits_of(1).last().unwrap();
        assert_eq!(audit.created_at, START + 97 * 3600);
        assert_eq!((audit.author_id, audit.channel), (-1, Channel::Rule));
        assert_eq!(audit.rule.as_ref().unwrap().rel, "automation");
        assert_eq!(account.ticket(1).unwrap().updated_at, START + 97 * 3600);
    });
}

#[tokio::test]
async fn nothing_is_closed_unless_the_automation_was_asked_for() {
    let rig = with_tickets(empty(), 1).await;
    rig.simulator.edit(|account| account.solve(1).unwrap());
    rig.simulator.advance(Duration::from_secs(40 * 86_400));
    let status = rig
        .simulator
        .read(|account| account.ticket(1).unwrap().status);
    assert_eq!(status, Status::Solved);
}

#[tokio::test]
async fn the_automation_is_started_by_the_control_route() {
    let rig = with_tickets(empty(), 1).await;
    rig.simulator.edit(|account| account.solve(1).unwrap());
    let request = rig
        .request(Method::POST, "/_control/automations/close_solved")
        .header("x-simulator-control", "yes")
        .body(json!({"hours": 1}).to_string());
    assert_eq!(rig.send(request).await.unwrap().status, 200);
    rig.simulator.advance(Duration::from_secs(2 * 3600));
    let status = rig
        .simulator
        .read(|account| account.ticket(1).unwrap().status);
    assert_eq!(status, Status::Closed);
}

#[tokio::test]
async fn tickets_are_merged_by_a_job() {
    let rig = with_tickets(empty(), 4).await;
    rig.simulator.edit(|account| account.close(3)).unwrap();
    let merge = json!({
        "ids": [1, 2, 3, 99], "target_comment": "Same lamp", "target_comment_is_public": true
    });
    let reply = rig.post("/api/v2/tickets/4/merge.json", &merge).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let job = reply.json()["job_status"].clone();
    assert_eq!(job["status"], "queued");
    let status = |id| {
        rig.simulator
            .read(|account| account.ticket(id).unwrap().status)
    };
    assert_eq!(status(1), Status::New);
    rig.simulator.advance(Duration::from_secs(5));
    let path = format!("/api/v2/job_statuses/{}.json", job["id"].as_str().unwrap());
    let done = rig.get(&path).await.json()["job_status"].clone();
    let mut rows = done["results"].as_array().unwrap().clone();
    rows.sort_by_key(|row| row["id"].as_i64());
    assert_eq!(
        rows.iter()
            .map(|row| row.get("error").is_some())
            .collect::<Vec<_>>(),
        [false, false, true, true]
    );
    assert_eq!((status(1), status(2)), (Status::Closed, Status::Closed));
    rig.simulator.read(|account| {
        let gone = account.ticket(1).unwrap();
        assert!(gone.tags.iter().any(|tag| tag == "closed_by_merge"));
        let (_, last) = account.comments_of(1).last().unwrap();
        let words = last.body.to_string();
        assert!(
            words.contains("merged into request #4 \"Number 4\""),
            "{words}"
        );
        assert!(!last.public);
        let (_, kept) = account.comments_of(4).last().unwrap();
        assert_eq!(
            (kept.body.to_string().as_str(), kept.public),
            ("Same lamp", true)
        );
    });
    let unknown = rig.post("/api/v2/tickets/77/merge", &merge).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_merge_comment_is_private_when_either_ticket_is() {
    let rig = with_tickets(empty(), 1).await;
    rig.simulator.edit(|account| {
        let new = NewTicket {
            comment: NewComment::private("x"),
            ..NewTicket::default()
        };
        account.add_ticket(new).unwrap();
    });
    let merge =
        json!({"ids": [2], "target_comment_is_public": true, "source_comment_is_public": true});
    rig.post("/api/v2/tickets/1/merge.json", &merge).await;
    rig.simulator.advance(Duration::from_secs(5));
    rig.simulator.read(|account| {
        for id in [1, 2] {
            assert!(!account.comments_of(id).last().unwrap().1.public);
        }
    });
}
