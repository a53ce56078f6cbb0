use serde_json::{Value, json};

use super::*;

fn comment(public: bool) -> NewComment {
    NewComment {
        text: "Hello {{name}}".into(),
        public,
        author_id: None,
        uploads: Vec::new(),
    }
}

fn read(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

fn new_ticket() -> NewTicket {
    NewTicket {
        subject: "Where is my order?".into(),
        comment: comment(true),
        requester: Requester::Inline {
            name: "Ada Lovelace".into(),
            email: Some("ada@example.com".into()),
        },
        submitter_id: None,
        assignee_id: Some(7),
        status: Some("open".into()),
        priority: Some("low".into()),
        external_id: "deskbridge:i1:c2".into(),
        followup_of: None,
        op: "op-1".into(),
    }
}

#[test]
fn a_new_ticket_carries_requester_key_and_marker() {
    assert_eq!(
        read(&new_ticket().to_body()),
        json!({"ticket": {
            "subject": "Where is my order?",
            "comment": {"html_body": "Hello &#123;&#123;name&#125;&#125;", "public": true},
            "requester": {"name": "Ada Lovelace", "email": "ada@example.com"},
            "assignee_id": 7,
            "status": "open",
            "priority": "low",
            "external_id": "deskbridge:i1:c2",
            "metadata": {"deskbridge_op": "op-1"},
        }})
    );
}

#[test]
fn a_follow_up_names_the_closed_ticket_and_a_known_requester_goes_by_id() {
    let ticket = NewTicket {
        requester: Requester::Id(9),
        submitter_id: Some(9),
        followup_of: Some(35),
        ..new_ticket()
    };
    let body = read(&ticket.to_body());
    assert_eq!(body["ticket"]["requester_id"], 9);
    assert_eq!(body["ticket"]["submitter_id"], 9);
    assert_eq!(body["ticket"]["via_followup_source_id"], 35);
    assert_eq!(body["ticket"].get("requester"), None);
}

/// Repeats with one idempotency key need one body, byte by byte.
#[test]
fn the_same_ticket_has_the_same_body() {
    assert_eq!(new_ticket().to_body(), new_ticket().to_body());
}

#[test]
fn a_change_sends_what_changed_and_nothing_else() {
    let change = TicketChange {
        status: Some("pending".into()),
        op: "op-2".into(),
        stamp: Some("2026-11-22T12:00:00.987Z".parse().unwrap()),
        ..TicketChange::default()
    };
    assert_eq!(
        read(&change.to_body()),
        json!({"ticket": {
            "status": "pending",
            "metadata": {"deskbridge_op": "op-2"},
            "safe_update": true,
            "updated_stamp": "2026-11-22T12:00:00Z",
        }})
    );
    assert!(!change.is_empty());
    assert!(TicketChange::default().is_empty());
}

#[test]
fn without_a_stamp_no_safe_update_is_asked_for() {
    let change = TicketChange {
        subject: Some("New".into()),
        op: "op".into(),
        ..TicketChange::default()
    };
    let body = read(&change.to_body());
    assert_eq!(body["ticket"].get("safe_update"), None);
    assert_eq!(body["ticket"].get("updated_stamp"), None);
}

#[test]
fn an_assignee_is_taken_away_by_null_and_left_alone_by_silence() {
    let taken = TicketChange {
        assignee_id: Some(None),
        ..TicketChange::default()
    };
    assert_eq!(read(&taken.to_body())["ticket"]["assignee_id"], Value::Null);
    assert!(taken.to_body().contains("\"assignee_id\":null"));
    assert!(!TicketChange::default().to_body().contains("assignee_id"));
}

#[test]
fn a_comment_always_says_whether_it_is_public() {
    for public in [true, false] {
        let change = TicketChange {
            comment: Some(NewComment {
                author_id: Some(5),
                uploads: vec!["tok".into()],
                ..comment(public)
            }),
            ..TicketChange::default()
        };
        let body = read(&change.to_body());
        let comment = &body["ticket"]["comment"];
        assert_eq!(comment["public"], public);
        assert_eq!(comment["author_id"], 5);
        assert_eq!(comment["uploads"], json!(["tok"]));
    }
}

#[test]
fn drafts_show_no_text_and_no_names_in_debug() {
    let ticket = new_ticket();
    let change = TicketChange {
        subject: Some("Where is my order?".into()),
        requester: Some(ticket.requester.clone()),
        comment: Some(comment(true)),
        ..TicketChange::default()
    };
    let shown = format!("{ticket:?} {change:?} {:?}", ticket.requester);
    for secret in ["Ada", "ada@", "Hello", "order"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
