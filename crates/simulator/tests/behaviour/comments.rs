//! Comments as Zendesk treats them: HTML, markdown, placeholders, length, authors.

use serde_json::{Value, json};
use simulator::{Config, NewComment, NewTicket, NewUser};

use crate::rig::{Reply, Rig, empty};

async fn with_ticket(config: Config) -> (Rig, i64) {
    let rig = Rig::start(config).await;
    let ann = rig.simulator.edit(|account| {
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
        ann
    });
    rig.wait_minutes(5);
    (rig, ann)
}

async fn add(rig: &Rig, comment: Value) -> Reply {
    let body = json!({"ticket": {"comment": comment}});
    rig.put("/api/v2/tickets/1.json", &body).await
}

/// Adds a comment and reads it back from the list.
async fn added(rig: &Rig, comment: Value) -> Value {
    let reply = add(rig, comment).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let rows = rig.get("/api/v2/tickets/1/comments").await.rows("comments");
    rows.last().unwrap().clone()
}

#[tokio::test]
async fn html_is_read_as_a_reader_sees_it() {
    let (rig, _) = with_ticket(empty()).await;
    let html = "<p>Dear Bo,<br>1 &lt; 2 &amp;&nbsp;&nbsp;3</p>\n<p>  *not bold*  </p>";
    let comment = added(&rig, json!({"html_body": html, "public": true})).await;
    assert_eq!(comment["body"], "Dear Bo,\n1 < 2 &  3\n\n*not bold*");
    assert_eq!(comment["plain_body"], comment["body"]);
    assert_eq!(
        comment["html_body"],
        format!("<div class=\"zd-comment\" dir=\"auto\">{html}</div>")
    );
}

#[tokio::test]
async fn an_agents_text_is_markdown_and_a_customers_is_not() {
    let (rig, ann) = with_ticket(empty()).await;
    let text = "*soon*   <b>really</b>\n\n\n\nnow 1 < 2";
    let agents = added(&rig, json!({"body": text, "public": true})).await;
    assert_eq!(agents["body"], "*soon* really\n\nnow 1 < 2");
    assert_eq!(agents["plain_body"], "soon really\n\nnow 1 < 2");
    assert!(
        agents["html_body"]
            .as_str()
            .unwrap()
            .contains("<em>soon</em>")
    );
    let customers = added(
        &rig,
        json!({"body": text, "public": true, "author_id": ann}),
    )
    .await;
    assert_eq!(customers["body"], "*soon* really\n\nnow 1 < 2");
    assert_eq!(customers["plain_body"], customers["body"]);
    assert!(customers["html_body"].as_str().unwrap().contains("*soon*"));
}

#[tokio::test]
async fn placeholders_are_replaced_unless_their_braces_are_encoded() {
    let typed = "{{ticket.id}} {{ticket.requester.name}}{{ticket.secret}} {{open";
    let encoded = "&#123;&#123;ticket.id&#125;&#125; &lbrace;{ticket.id}}";
    let (rig, _) = with_ticket(empty()).await;
    for key in ["body", "html_body"] {
        let comment = added(&rig, json!({key: typed})).await;
        assert_eq!(comment["body"], "1 Ann {{open", "{key}");
    }
    let comment = added(&rig, json!({"html_body": encoded})).await;
    assert_eq!(comment["body"], "{{ticket.id}} {{ticket.id}}");
    let mut config = empty();
    config.switches.placeholders_in_encoded_braces = true;
    let (rig, _) = with_ticket(config).await;
    let comment = added(&rig, json!({"html_body": encoded})).await;
    assert_eq!(comment["body"], "1 1");
}

#[tokio::test]
async fn what_is_longer_than_64_kb_is_cut_without_an_error() {
    let (rig, _) = with_ticket(empty()).await;
    let long = format!("{}end", "é".repeat(40_000));
    for key in ["body", "html_body"] {
        let comment = added(&rig, json!({key: long, "public": false})).await;
        let body = comment["body"].as_str().unwrap();
        assert_eq!((body.len(), body.ends_with('é')), (65_536, true), "{key}");
    }
    // It is what was sent that counts, not what a reader sees of it.
    let escaped = "&amp;".repeat(20_000);
    let comment = added(&rig, json!({"html_body": escaped})).await;
    assert_eq!(comment["body"].as_str().unwrap().len(), 65_536 / 5 + 1);
    let whole = "x".repeat(65_536);
    let comment = added(&rig, json!({"html_body": whole})).await;
    assert_eq!(comment["body"].as_str().unwrap().len(), 65_536);
}

#[tokio::test]
async fn an_author_is_shown_and_the_caller_stays_the_updater() {
    let (rig, ann) = with_ticket(empty()).await;
    let reply = add(
        &rig,
        json!({"body": "said on the phone", "author_id": ann, "public": true}),
    )
    .await
    .json();
    let administrator = rig.simulator.read(simulator::Account::administrator);
    assert_eq!(reply["audit"]["author_id"], administrator);
    assert_eq!(reply["audit"]["events"][0]["author_id"], ann);
    let refused = add(&rig, json!({"body": "x", "author_id": 4711})).await;
    assert_eq!(refused.status, 422);
    assert!(refused.json()["details"]["author"].is_array());
    rig.simulator
        .edit(|account| account.delete_user(ann))
        .unwrap();
    let refused = add(&rig, json!({"body": "x", "author_id": ann})).await;
    assert_eq!(refused.status, 422);
}

#[tokio::test]
async fn a_private_comment_of_an_end_user_stays_private_and_is_flagged() {
    let (rig, ann) = with_ticket(empty()).await;
    let comment = added(
        &rig,
        json!({"body": "between us", "author_id": ann, "public": false}),
    )
    .await;
    assert_eq!(comment["public"], false);
    assert_eq!(comment["metadata"]["flags"], json!([17]));
    let plain = added(&rig, json!({"body": "a note", "public": false})).await;
    assert!(plain["metadata"].get("flags").is_none());
}

#[tokio::test]
async fn a_ticket_takes_no_more_comments_than_it_may_have() {
    let config = Config {
        most_comments: 3,
        ..empty()
    };
    let (rig, _) = with_ticket(config).await;
    for _ in 0..2 {
        assert_eq!(add(&rig, json!({"body": "x"})).await.status, 200);
    }
    let refused = add(&rig, json!({"body": "x"})).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("limit of 3 comments"));
    let change = json!({"ticket": {"subject": "still changes"}});
    let reply = rig.put("/api/v2/tickets/1.json", &change).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn a_closed_ticket_takes_no_comment() {
    let (rig, _) = with_ticket(empty()).await;
    rig.simulator.edit(|account| account.close(1)).unwrap();
    let refused = add(&rig, json!({"body": "too late"})).await;
    assert_eq!(refused.status, 422);
    assert!(refused.json()["details"]["status"].is_array());
}
