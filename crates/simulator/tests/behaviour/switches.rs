//! Where sources disagree about Zendesk, each switch shows both readings.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Config, Limits, NewTicket, NewUser, Switches, TwoMatches};

use crate::rig::{Rig, START, config, empty};

/// Simulators on the same data: as by default, and with the switch moved.
async fn both(config: Config, moved: impl FnOnce(&mut Switches)) -> [Rig; 2] {
    let plain = Rig::start(config.clone()).await;
    let other = Rig::start(config).await;
    other.simulator.switch(moved);
    [plain, other]
}

async fn statuses(rigs: &[Rig; 2], path: &str) -> [u16; 2] {
    [
        rigs[0].get(path).await.status,
        rigs[1].get(path).await.status,
    ]
}

/// The path of a new ticket.
fn ticket(rig: &Rig) -> String {
    let made = |account: &mut simulator::Account| account.add_ticket(NewTicket::default());
    format!("/api/v2/tickets/{}", rig.simulator.edit(made).unwrap())
}

/// A job of bulk upserts, done.
async fn upsert(rig: &Rig, users: Value) -> Value {
    let path = "/api/v2/users/create_or_update_many";
    let queued = rig.post(path, &json!({"users": users})).await.json();
    rig.simulator.advance(Duration::from_secs(5));
    let id = queued["job_status"]["id"].as_str().unwrap().to_owned();
    let shown = rig.get(&format!("/api/v2/job_statuses/{id}")).await.json();
    shown["job_status"].clone()
}

#[tokio::test]
async fn a_bad_bearer_token_is_refused_in_words_of_oauth_or_plainly() {
    for (plainly, error) in [
        (false, "invalid_token"),
        (true, "Couldn't authenticate you"),
    ] {
        let mut config = config();
        config.switches.bad_bearer_is_plain = plainly;
        let rig = Rig::start(config).await;
        let request = rig.request(Method::GET, "/api/v2/tickets");
        let refused = rig.send(request.bearer_auth("dead")).await.unwrap();
        assert_eq!(
            (refused.status, &refused.json()["error"]),
            (401, &json!(error))
        );
    }
}

#[tokio::test]
async fn the_account_limit_refuses_in_plain_text_or_in_json() {
    let limited = Config {
        limits: Limits::Team,
        ..config()
    };
    let rigs = both(limited, |switches| switches.limits_say_json = true).await;
    let mut kinds = Vec::new();
    for rig in &rigs {
        for _ in 0..200 {
            rig.get("/api/v2/users/me").await;
        }
        let refused = rig.get("/api/v2/users/me").await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
        kinds.push(refused.header("content-type").starts_with("text/plain"));
    }
    assert_eq!(kinds, [true, false]);
}

#[tokio::test]
async fn ids_of_jobs_and_rows_of_made_users_have_the_recorded_or_the_documented_form() {
    let rigs = both(empty(), |switches| {
        switches.bare_job_ids = true;
        switches.made_rows_have_index = true;
    })
    .await;
    let mut forms = Vec::new();
    for rig in &rigs {
        let job = upsert(rig, json!([{"name": "Kim", "external_id": "1"}])).await;
        let id = job["id"].as_str().unwrap();
        forms.push((
            id.starts_with("V3-"),
            id.len(),
            job["results"][0]["index"].clone(),
        ));
    }
    assert_eq!(forms, [(true, 35, Value::Null), (false, 32, json!(0))]);
}

#[tokio::test]
async fn the_last_page_leads_on_or_not() {
    let rigs = both(empty(), |switches| switches.last_page_leads_on = false).await;
    for (rig, leads_on) in rigs.iter().zip([true, false]) {
        for _ in 0..3 {
            ticket(rig);
        }
        let first = rig.get("/api/v2/tickets?page[size]=2").await.json();
        assert!(first["links"]["next"].is_string() && first["meta"]["has_more"] == json!(true));
        let next = first["links"]["next"].as_str().unwrap();
        let last = rig.get(next).await.json();
        assert_eq!(last["tickets"].as_array().unwrap().len(), 1);
        assert_eq!(last["meta"]["has_more"], json!(false));
        assert_eq!(last["links"]["next"].is_string(), leads_on);
        assert_eq!(last["meta"]["after_cursor"].is_string(), leads_on);
    }
}

#[tokio::test]
async fn what_is_gone_is_unknown_or_shown() {
    let rigs = both(empty(), |switches| {
        switches.deleted_tickets_show = true;
        switches.gone_users_are_unknown = true;
    })
    .await;
    let mut paths = Vec::new();
    for rig in &rigs {
        let (ticket, user) = rig.simulator.edit(|account| {
            let ticket = account.add_ticket(NewTicket::default()).unwrap();
            account.delete_ticket(ticket).unwrap();
            let user = account
                .add_user(NewUser {
                    name: "Kim".to_owned(),
                    ..NewUser::default()
                })
                .unwrap();
            account.delete_user(user).unwrap();
            (ticket, user)
        });
        paths = vec![
            format!("/api/v2/tickets/{ticket}"),
            format!("/api/v2/users/{user}"),
        ];
    }
    assert_eq!(statuses(&rigs, &paths[0]).await, [404, 200]);
    assert_eq!(statuses(&rigs, &paths[1]).await, [200, 404]);
    let shown = rigs[1].get(&paths[0]).await.json();
    assert_eq!(shown["ticket"]["status"], json!("deleted"));
}

#[tokio::test]
async fn an_update_that_changes_nothing_shows_or_not() {
    let rigs = both(empty(), |switches| switches.idle_updates_show = true).await;
    for (rig, shows) in rigs.iter().zip([false, true]) {
        let path = ticket(rig);
        rig.wait_minutes(1);
        let before = rig.get(&path).await.json()["ticket"].clone();
        let same = json!({"ticket": {"priority": before["priority"]}});
        assert_eq!(rig.put(&path, &same).await.status, 200);
        let after = rig.get(&path).await.json()["ticket"].clone();
        assert_eq!(after["updated_at"] != before["updated_at"], shows);
        let audits = rig.get(&format!("{path}/audits")).await.rows("audits");
        assert_eq!(audits.len(), if shows { 2 } else { 1 });
    }
}

#[tokio::test]
async fn a_start_that_is_too_recent_is_refused_with_400_or_422() {
    let rigs = both(config(), |switches| switches.recent_start_is_422 = true).await;
    let path = format!("/api/v2/incremental/tickets/cursor?start_time={START}");
    assert_eq!(statuses(&rigs, &path).await, [400, 422]);
}

#[tokio::test]
async fn ticket_events_have_the_metadata_of_callers_or_none() {
    let rigs = both(empty(), |switches| switches.events_have_metadata = false).await;
    for (rig, has) in rigs.iter().zip([true, false]) {
        let path = ticket(rig);
        let change = json!({"ticket": {"comment": {"body": "Hello"}, "metadata": {"by": "us"}}});
        assert_eq!(rig.put(&path, &change).await.status, 200);
        rig.wait_minutes(5);
        let events = format!(
            "/api/v2/incremental/ticket_events?start_time={}",
            START - 10
        );
        let events = rig.get(&events).await.rows("ticket_events");
        let last = events.last().unwrap();
        assert_eq!(
            last["metadata"]["custom"]["by"] == json!("us"),
            has,
            "{last}"
        );
        let audits = rig.get(&format!("{path}/audits")).await.rows("audits");
        assert_eq!(
            audits.last().unwrap()["metadata"]["custom"]["by"],
            json!("us")
        );
    }
}

#[tokio::test]
async fn new_again_is_refused_or_dropped_and_closing_accepted_or_refused() {
    let rigs = both(empty(), |switches| {
        switches.new_again_is_dropped = true;
        switches.only_rules_close = true;
    })
    .await;
    let mut seen = Vec::new();
    for rig in &rigs {
        let agent = rig.simulator.read(|account| account.administrator());
        let ticket = rig.simulator.edit(|account| {
            let ticket = account.add_ticket(NewTicket::default()).unwrap();
            account.solve(ticket).unwrap();
            ticket
        });
        let path = format!("/api/v2/tickets/{ticket}");
        let status = |status: &str| json!({"ticket": {"status": status, "assignee_id": agent}});
        let new = rig.put(&path, &status("new")).await;
        let closed = rig.put(&path, &status("closed")).await;
        let after = rig.get(&path).await.json()["ticket"]["status"].clone();
        seen.push((new.status, closed.status, after));
    }
    assert_eq!(
        seen,
        [(422, 200, json!("closed")), (200, 422, json!("solved"))]
    );
}

#[tokio::test]
async fn an_upsert_for_two_users_is_refused_or_goes_to_one_of_them() {
    for (wins, changed) in [
        (TwoMatches::Refused, None),
        (TwoMatches::Email, Some(1)),
        (TwoMatches::ExternalId, Some(0)),
    ] {
        let rig = Rig::start(empty()).await;
        rig.simulator.switch(|switches| switches.two_matches = wins);
        let made = upsert(
            &rig,
            json!([
                {"name": "Kim", "external_id": "1"},
                {"name": "Lee", "email": "lee@customer.example"},
            ]),
        )
        .await;
        assert_eq!(made["results"].as_array().unwrap().len(), 2);
        let one = json!([{"name": "Ann", "external_id": "1", "email": "lee@customer.example"}]);
        let row = upsert(&rig, one).await["results"][0].clone();
        let names = rig.simulator.read(|account| {
            let kim = account.user_by_external_id("1").unwrap();
            let lee = account.user_by_email("lee@customer.example").unwrap();
            assert_ne!(kim.id, lee.id);
            [kim.name.to_string(), lee.name.to_string()]
        });
        let expected = match changed {
            None => ["Kim", "Lee"],
            Some(0) => ["Ann", "Lee"],
            Some(_) => ["Kim", "Ann"],
        };
        assert_eq!(names, expected);
        assert_eq!(
            row["status"] == json!("Updated"),
            changed.is_some(),
            "{row}"
        );
    }
}

#[tokio::test]
async fn an_upload_lives_three_days_or_an_hour() {
    let rigs = both(empty(), |switches| switches.uploads_die_in_an_hour = true).await;
    let mut lives = Vec::new();
    for rig in &rigs {
        let request = rig
            .request(Method::POST, "/api/v2/uploads?filename=a.txt")
            .basic_auth("agent@example.com/token", Some("token"))
            .header("content-type", "text/plain")
            .body("hello");
        let made = rig.send(request).await.unwrap();
        let expires = made.json()["upload"]["expires_at"].clone();
        lives.push(expires.as_str().unwrap().to_owned());
    }
    assert_eq!(lives, ["2026-11-24T08:00:00Z", "2026-11-21T09:00:00Z"]);
}

#[tokio::test]
async fn a_phone_that_is_no_number_is_kept_or_dropped() {
    let rigs = both(empty(), |switches| switches.bad_phones_are_dropped = true).await;
    for (rig, kept) in rigs.iter().zip([json!("call me"), Value::Null]) {
        let user = json!({"user": {"name": "Kim", "phone": "call me"}});
        let made = rig.post("/api/v2/users", &user).await;
        assert_eq!(made.json()["user"]["phone"], kept);
        let user = json!({"user": {"name": "Lee", "phone": "+32 2 555 01 23"}});
        let made = rig.post("/api/v2/users", &user).await;
        assert_eq!(made.json()["user"]["phone"], json!("+32 2 555 01 23"));
    }
}
