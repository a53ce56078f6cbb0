use std::time::Duration;

use simulator::{Config, NewComment, NewTicket, TicketChange, UserChange};

use crate::rig::{Reply, Rig, START, config, empty};

const TICKETS: &str = "/api/v2/incremental/tickets/cursor.json";

fn ticket(subject: &str) -> NewTicket {
    NewTicket {
        subject: Some(subject.to_owned()),
        comment: NewComment::public("Where is it?"),
        ..NewTicket::default()
    }
}

/// An empty account with `count` tickets made in one second, ten minutes ago.
async fn burst(count: usize) -> Rig {
    let rig = Rig::start(empty()).await;
    rig.simulator.edit(|account| {
        for number in 0..count {
            account
                .add_ticket(ticket(&format!("ticket {number}")))
                .unwrap();
        }
    });
    rig.wait_minutes(10);
    rig
}

async fn read_all(rig: &Rig, start: &str) -> (Vec<i64>, Reply) {
    let mut ids = Vec::new();
    let mut page = rig.get(start).await;
    loop {
        ids.extend(page.ids("tickets"));
        let body = page.json();
        if body["end_of_stream"] == true {
            return (ids, page);
        }
        page = rig.get(body["after_url"].as_str().unwrap()).await;
    }
}

#[tokio::test]
async fn a_cursor_export_shows_every_ticket_once_in_order_of_its_timestamp() {
    let rig = Rig::start(config()).await;
    let (ids, _) = read_all(&rig, &format!("{TICKETS}?start_time=0&per_page=7")).await;
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=100).collect::<Vec<i64>>());
    let order = rig.simulator.read(|account| {
        ids.iter()
            .map(|id| (account.ticket(*id).unwrap().generated_timestamp, *id))
            .collect::<Vec<_>>()
    });
    assert!(order.is_sorted());
}

#[tokio::test]
async fn a_cursor_is_the_timestamp_and_id_of_the_last_row() {
    use base64::Engine;
    let rig = burst(2).await;
    let page = rig
        .get(&format!("{TICKETS}?start_time=0&per_page=1"))
        .await
        .json();
    let cursor = page["after_cursor"].as_str().unwrap();
    let plain = base64::engine::general_purpose::STANDARD
        .decode(cursor)
        .unwrap();
    assert_eq!(String::from_utf8(plain).unwrap(), format!("{START}.0||1|"));
    assert_eq!(page["before_url"], serde_json::Value::Null);
    let url = page["after_url"].as_str().unwrap();
    assert!(
        url.ends_with("&per_page=1") && url.contains("tickets/cursor.json?cursor="),
        "{url}"
    );
}

#[tokio::test]
async fn at_the_end_of_the_stream_the_cursor_is_kept_and_shows_later_changes_only() {
    let rig = burst(3).await;
    let (_, last) = read_all(&rig, &format!("{TICKETS}?start_time=0")).await;
    let cursor = last.json()["after_cursor"].as_str().unwrap().to_owned();
    let again = rig.get(&format!("{TICKETS}?cursor={cursor}")).await;
    assert_eq!(again.ids("tickets"), Vec::<i64>::new());
    assert_eq!(again.json()["after_cursor"], cursor);
    assert_eq!(again.json()["end_of_stream"], true);
    rig.simulator.edit(|account| account.solve(2).unwrap());
    rig.wait_minutes(2);
    let later = rig.get(&format!("{TICKETS}?cursor={cursor}")).await;
    assert_eq!(later.ids("tickets"), [2]);
}

#[tokio::test]
async fn a_start_time_may_have_a_decimal_point() {
    let rig = burst(2).await;
    let whole = rig.get(&format!("{TICKETS}?start_time={START}")).await;
    let decimal = rig.get(&format!("{TICKETS}?start_time={START}.0")).await;
    assert_eq!((decimal.status, decimal.ids("tickets").len()), (200, 2));
    assert_eq!(decimal.ids("tickets"), whole.ids("tickets"));
    for nonsense in ["1.0e3", "soon", "1.5.2", ".5"] {
        let refused = rig.get(&format!("{TICKETS}?start_time={nonsense}")).await;
        assert_eq!(refused.status, 400, "{nonsense}");
    }
}

#[tokio::test]
async fn the_start_time_is_inclusive() {
    let rig = burst(1).await;
    let at = rig.get(&format!("{TICKETS}?start_time={START}")).await;
    assert_eq!(at.ids("tickets"), [1]);
    let after = rig
        .get(&format!("{TICKETS}?start_time={}", START + 1))
        .await;
    assert_eq!(after.ids("tickets"), Vec::<i64>::new());
}

#[tokio::test]
async fn a_page_by_time_goes_on_through_the_second_of_its_last_record() {
    let rig = burst(7).await;
    let page = rig
        .get("/api/v2/incremental/tickets.json?start_time=0&per_page=1")
        .await;
    assert_eq!(page.ids("tickets").len(), 7);
    assert_eq!(page.json()["count"], 7);
}

#[tokio::test]
async fn a_page_of_one_second_ends_a_second_later_if_more_follows() {
    let rig = burst(3).await;
    rig.simulator
        .edit(|account| account.add_ticket(ticket("later")).unwrap());
    rig.wait_minutes(10);
    let page = rig
        .get("/api/v2/incremental/tickets.json?per_page=1&start_time=0")
        .await
        .json();
    assert_eq!(page["end_of_stream"], false);
    assert_eq!(page["end_time"], START + 1);
    let next = page["next_page"].as_str().unwrap();
    assert!(next.ends_with(&format!(
        "/api/v2/incremental/tickets.json?per_page=1&start_time={}",
        START + 1
    )));
}

#[tokio::test]
async fn a_page_of_several_seconds_ends_with_its_last_and_the_next_page_repeats_it() {
    let rig = Rig::start(empty()).await;
    for _ in 0..4 {
        rig.simulator
            .edit(|account| account.add_ticket(ticket("one a second")).unwrap());
        rig.simulator.advance(Duration::from_secs(1));
    }
    rig.wait_minutes(10);
    let page = rig
        .get("/api/v2/incremental/tickets.json?start_time=0&per_page=2")
        .await;
    assert_eq!(page.ids("tickets"), [1, 2]);
    assert_eq!(page.json()["end_time"], START + 1);
    let next = rig.get(page.json()["next_page"].as_str().unwrap()).await;
    assert_eq!(next.ids("tickets"), [2, 3]);
}

#[tokio::test]
async fn the_last_page_by_time_returns_its_last_record_for_ever() {
    let rig = burst(2).await;
    let mut page = rig
        .get("/api/v2/incremental/tickets.json?start_time=0")
        .await;
    for _ in 0..3 {
        let body = page.json();
        assert_eq!(body["end_of_stream"], true);
        assert_eq!(body["end_time"], START);
        assert_eq!(page.ids("tickets"), [1, 2]);
        page = rig.get(body["next_page"].as_str().unwrap()).await;
    }
}

#[tokio::test]
async fn the_newest_minute_is_left_out_of_tickets_and_events_but_not_of_users() {
    let rig = Rig::start(empty()).await;
    rig.simulator.edit(|account| {
        account.add_ticket(ticket("fresh")).unwrap();
        let admin = account.administrator();
        let change = UserChange {
            notes: Some(Some("new".to_owned())),
            ..UserChange::default()
        };
        account.update_user(admin, change).unwrap();
    });
    rig.simulator.advance(Duration::from_secs(59));
    assert!(
        rig.get(&format!("{TICKETS}?start_time=0"))
            .await
            .ids("tickets")
            .is_empty()
    );
    assert!(
        rig.get("/api/v2/incremental/ticket_events.json?start_time=0")
            .await
            .ids("ticket_events")
            .is_empty()
    );
    let users = rig
        .get("/api/v2/incremental/users/cursor.json?start_time=0")
        .await;
    assert_eq!(users.ids("users").len(), 3);
    assert_eq!(users.rows("users")[2]["notes"], "new");
    rig.simulator.advance(Duration::from_secs(1));
    assert_eq!(
        rig.get(&format!("{TICKETS}?start_time=0"))
            .await
            .ids("tickets"),
        [1]
    );
}

#[tokio::test]
async fn a_start_time_of_the_last_minute_is_refused_for_tickets() {
    let rig = burst(1).await;
    let now = rig.simulator.now();
    let refused = rig.get(&format!("{TICKETS}?start_time={}", now - 59)).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error"], "StartTimeTooRecent");
    assert_eq!(
        rig.get(&format!("{TICKETS}?start_time={}", now - 60))
            .await
            .status,
        200
    );
    let users = format!("/api/v2/incremental/users.json?start_time={}", now - 11);
    assert_eq!(rig.get(&users).await.status, 200);
}

#[tokio::test]
async fn a_strict_account_refuses_recent_starts_for_users_too() {
    let mut strict = empty();
    strict.switches.refuse_recent_start_for_users = true;
    let rig = Rig::start(strict).await;
    let users = format!("/api/v2/incremental/users.json?start_time={}", START - 11);
    assert_eq!(rig.get(&users).await.json()["error"], "StartTimeTooRecent");
}

#[tokio::test]
async fn wrong_starts_and_cursors_are_refused() {
    let rig = burst(1).await;
    for query in ["start_time=yesterday", "", "cursor=rubbish", "cursor=MTIz"] {
        let refused = rig.get(&format!("{TICKETS}?{query}")).await;
        assert_eq!(refused.status, 400, "{query}");
        assert!(refused.json()["error"].is_string());
    }
}

#[tokio::test]
async fn a_system_update_moves_a_ticket_in_the_export_without_changing_updated_at() {
    let rig = burst(2).await;
    rig.simulator
        .edit(|account| account.system_touch(1).unwrap());
    rig.wait_minutes(5);
    let page = rig.get(&format!("{TICKETS}?start_time=0")).await;
    assert_eq!(page.ids("tickets"), [2, 1]);
    let touched = &page.rows("tickets")[1];
    assert_eq!(touched["generated_timestamp"], START + 600);
    assert_eq!(touched["updated_at"], "2026-11-21T08:00:00Z");
}

#[tokio::test]
async fn a_deleted_ticket_is_exported_as_deleted_and_thirty_days_later_as_scrubbed() {
    let rig = burst(2).await;
    rig.simulator
        .edit(|account| account.delete_ticket(1).unwrap());
    rig.wait_minutes(5);
    let page = rig.get(&format!("{TICKETS}?start_time=0")).await;
    assert_eq!(page.ids("tickets"), [2, 1]);
    let deleted = &page.rows("tickets")[1];
    assert_eq!(deleted["status"], "deleted");
    assert_eq!(deleted["subject"], "ticket 0");
    let without = rig
        .get(&format!("{TICKETS}?start_time=0&exclude_deleted=true"))
        .await;
    assert_eq!(without.ids("tickets"), [2]);
    assert_eq!(rig.get("/api/v2/tickets/1.json").await.status, 404);

    rig.simulator.advance(Duration::from_secs(30 * 86_400));
    rig.wait_minutes(5);
    let scrubbed = rig
        .get(&format!("{TICKETS}?start_time=0"))
        .await
        .rows("tickets")[1]
        .clone();
    assert_eq!(scrubbed["status"], "deleted");
    assert_eq!(scrubbed["subject"], "SCRUBBED");
    assert_eq!(scrubbed["raw_subject"], "SCRUBBED");
    assert_eq!(scrubbed["description"], "X");
    assert_eq!(scrubbed["assignee_id"], serde_json::Value::Null);
    assert_eq!(scrubbed["updated_at"], deleted["updated_at"]);
    assert!(scrubbed["generated_timestamp"].as_i64() > deleted["generated_timestamp"].as_i64());
}

#[tokio::test]
async fn a_deleted_user_is_exported_as_inactive() {
    let rig = Rig::start(config()).await;
    let user = rig
        .simulator
        .read(|account| account.users().next_back().unwrap().id);
    rig.simulator
        .edit(|account| account.delete_user(user).unwrap());
    let page = rig.get("/api/v2/incremental/users.json?start_time=0").await;
    let last = page.rows("users").pop().unwrap();
    assert_eq!(last["id"], user);
    assert_eq!(last["active"], false);
    assert_eq!(last["email"], serde_json::Value::Null);
    assert_eq!(last["permanently_deleted"], false);
    let living = &page.rows("users")[0];
    assert!(living.get("permanently_deleted").is_none(), "{living}");
}

#[tokio::test]
async fn next_page_of_users_keeps_the_form_of_the_request() {
    let rig = Rig::start(config()).await;
    let bare = rig
        .get("/api/v2/incremental/users?start_time=0&per_page=5")
        .await
        .json();
    assert!(
        bare["next_page"]
            .as_str()
            .unwrap()
            .contains("/incremental/users?per_page=5")
    );
    let tickets = rig
        .get("/api/v2/incremental/tickets?start_time=0")
        .await
        .json();
    assert!(
        tickets["next_page"]
            .as_str()
            .unwrap()
            .contains("/incremental/tickets.json?")
    );
    let organizations = rig
        .get("/api/v2/incremental/organizations?start_time=0")
        .await
        .json();
    assert!(
        organizations["next_page"]
            .as_str()
            .unwrap()
            .contains("/incremental/organizations.json?")
    );
}

#[tokio::test]
async fn ticket_events_carry_comments_only_when_asked() {
    let rig = burst(1).await;
    let plain = rig
        .get("/api/v2/incremental/ticket_events.json?start_time=0")
        .await;
    let child = plain.rows("ticket_events")[0]["child_events"][0].clone();
    assert_eq!(child["event_type"], "Comment");
    assert_eq!(child["comment_public"], true);
    assert!(child.get("body").is_none());
    let full = rig
        .get("/api/v2/incremental/ticket_events.json?start_time=0&include=comment_events")
        .await;
    let event = full.rows("ticket_events")[0].clone();
    assert_eq!(event["event_type"], "Audit");
    assert_eq!(event["ticket_id"], 1);
    assert_eq!(event["timestamp"], START);
    let child = &event["child_events"][0];
    assert_eq!(child["type"], "Comment");
    assert_eq!(child["body"], "Where is it?");
    assert_eq!(child["public"], true);
    assert_eq!(child["author_id"], event["updater_id"]);
    let fields: Vec<_> = event["child_events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|child| child["event_type"] == "Create")
        .collect();
    assert!(fields.iter().any(|child| child["status"] == "new"));
    assert!(fields.iter().any(|child| child["subject"] == "ticket 0"));
}

#[tokio::test]
async fn ticket_events_tell_changes_privacy_and_redaction() {
    let rig = burst(1).await;
    let comment = rig.simulator.edit(|account| {
        let change = TicketChange {
            status: Some(simulator::Status::Pending),
            comment: Some(NewComment::public("My card is 4111")),
            ..TicketChange::default()
        };
        account.update_ticket(1, change).unwrap();
        let comment = account.comments_of(1).last().unwrap().0.comment_id();
        account.redact_comment(comment, Some("4111")).unwrap();
        account.make_comment_private(comment).unwrap();
        comment
    });
    rig.wait_minutes(5);
    let events = rig
        .get("/api/v2/incremental/ticket_events.json?start_time=0&include=comment_events")
        .await
        .rows("ticket_events");
    assert_eq!(events.len(), 4);
    let changed = &events[1]["child_events"];
    assert_eq!(changed[0]["body"], "My card is ▇▇▇▇");
    assert_eq!(changed[0]["public"], false);
    assert_eq!(changed[0]["id"], comment);
    assert_eq!(changed[1]["status"], "pending");
    assert_eq!(changed[1]["previous_value"], "new");
    assert_eq!(
        events[2]["child_events"][0]["event_type"],
        "CommentRedactionEvent"
    );
    assert_eq!(events[2]["child_events"][0]["comment_id"], comment);
    assert_eq!(
        events[3]["child_events"][0]["event_type"],
        "CommentPrivacyChange"
    );
}

#[tokio::test]
async fn an_export_of_nothing_ends_at_once() {
    let rig = Rig::start(empty()).await;
    let page = rig.get(&format!("{TICKETS}?start_time=0")).await.json();
    assert_eq!(page["end_of_stream"], true);
    assert_eq!(page["after_cursor"], serde_json::Value::Null);
    let page = rig
        .get("/api/v2/incremental/tickets.json?start_time=0")
        .await
        .json();
    assert_eq!(
        (page["count"].as_i64(), page["end_of_stream"].as_bool()),
        (Some(0), Some(true))
    );
    assert_eq!(page["end_time"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_page_holds_a_thousand_at_most() {
    let rig = Rig::start(Config {
        tickets: 1_100,
        ..config()
    })
    .await;
    let page = rig
        .get(&format!("{TICKETS}?start_time=0&per_page=5000"))
        .await;
    assert_eq!(page.ids("tickets").len(), 1_000);
    assert_eq!(page.json()["end_of_stream"], false);
}
