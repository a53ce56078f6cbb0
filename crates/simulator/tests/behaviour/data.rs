use std::collections::{BTreeSet, HashSet};

use simulator::{Config, Detail, Event, Status};

use crate::rig::{Rig, START, config};

fn many() -> Config {
    Config {
        tickets: 3_000,
        users: 800,
        ..config()
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_account() {
    let (one, two) = (Rig::start(config()).await, Rig::start(config()).await);
    let other = Rig::start(Config {
        seed: 2,
        ..config()
    })
    .await;
    for path in [
        "/api/v2/incremental/tickets/cursor?start_time=0",
        "/api/v2/incremental/users/cursor?start_time=0",
        "/api/v2/incremental/ticket_events?start_time=0&include=comment_events",
    ] {
        let plain =
            |rig: &Rig, text: &str| text.replace(&rig.simulator.address().to_string(), "host");
        let first = plain(&one, &one.get(path).await.text);
        assert_eq!(first, plain(&two, &two.get(path).await.text));
        assert_ne!(first, plain(&other, &other.get(path).await.text));
    }
}

#[tokio::test]
async fn every_ticket_has_as_many_comments_as_asked_and_hardly_more_audits() {
    let rig = Rig::start(many()).await;
    rig.simulator.read(|account| {
        for ticket in account.tickets() {
            assert_eq!(account.comments_of(ticket.id).count(), 3);
        }
        let audits = account.audits().count();
        assert!(audits as f64 <= 1.05 * account.count_comments() as f64);
    });
}

#[tokio::test]
async fn all_statuses_but_deleted_occur_and_nothing_is_younger_than_an_hour() {
    let rig = Rig::start(many()).await;
    rig.simulator.read(|account| {
        let statuses: BTreeSet<Status> = account.tickets().map(|ticket| ticket.status).collect();
        assert_eq!(statuses.len(), 6, "{statuses:?}");
        assert!(!statuses.contains(&Status::Deleted));
        for ticket in account.tickets() {
            assert!(ticket.created_at >= START - 365 * 86_400);
            assert!(ticket.created_at <= ticket.updated_at);
            assert!(ticket.updated_at <= ticket.generated_timestamp);
            assert!(ticket.generated_timestamp <= START - 3_600);
            let requester = account.user(ticket.requester_id).unwrap();
            assert!(requester.created_at <= ticket.created_at);
            assert!(
                ticket
                    .problem_id
                    .is_none_or(|id| account.ticket(id).unwrap().has_incidents)
            );
            assert!(ticket.status != Status::New || ticket.assignee_id.is_none());
        }
        for user in account.users() {
            assert!(user.created_at <= user.updated_at && user.updated_at <= START - 3_600);
        }
        assert!(
            account
                .audits()
                .all(|audit| audit.created_at <= START - 3_600)
        );
    });
}

#[tokio::test]
async fn the_last_audit_leaves_the_ticket_with_the_status_it_has() {
    let rig = Rig::start(many()).await;
    rig.simulator.read(|account| {
        for ticket in account.tickets() {
            let mut status = "";
            for audit in account.audits_of(ticket.id) {
                for event in &audit.events {
                    if let Event::Created(creation) = event {
                        status = creation.status.as_str();
                    }
                    if let Event::Changed(change) = event
                        && change.field == "status"
                    {
                        assert_eq!(change.previous, Detail::Word(status));
                        if let Detail::Word(word) = change.value {
                            status = word;
                        }
                    }
                }
            }
            assert_eq!(status, ticket.status.as_str(), "ticket {}", ticket.id);
        }
    });
}

#[tokio::test]
async fn emails_are_unique_and_the_first_user_is_the_administrator() {
    let rig = Rig::start(many()).await;
    rig.simulator.read(|account| {
        let emails: Vec<&str> = account
            .users()
            .filter_map(|user| user.email.as_deref())
            .collect();
        assert_eq!(emails.iter().collect::<HashSet<_>>().len(), emails.len());
        assert_eq!(account.users().count(), 800);
        let first = account.users().next().unwrap();
        assert_eq!(
            (first.email.as_deref(), first.role),
            (Some("agent@example.com"), simulator::Role::Admin)
        );
        assert_eq!(
            account.users().filter(|user| user.role.is_staff()).count(),
            8
        );
        assert_eq!(account.organizations().count(), 40);
    });
}

#[tokio::test]
async fn there_are_problems_follow_ups_and_people_with_other_letters() {
    let rig = Rig::start(many()).await;
    rig.simulator.read(|account| {
        assert!(account.tickets().any(|ticket| ticket.problem_id.is_some()));
        let follow_up = account
            .tickets()
            .find(|ticket| ticket.followup_source_id.is_some())
            .unwrap();
        let source = account
            .ticket(follow_up.followup_source_id.unwrap())
            .unwrap();
        assert!(source.followup_ids.contains(&follow_up.id));
        assert_eq!(source.status, Status::Closed);
        assert!(account.users().any(|user| {
            user.name
                .chars()
                .any(|letter| ('\u{600}'..'\u{700}').contains(&letter))
        }));
        assert!(account.tickets().any(|ticket| ticket.priority.is_none()));
    });
}

/// Run in release: `cargo test --release -p simulator -- --ignored generation`.
#[tokio::test]
#[ignore = "measures; run it in release"]
#[expect(clippy::disallowed_methods, reason = "this one measures real time")]
async fn generation_of_two_hundred_thousand_tickets() {
    let began = std::time::Instant::now();
    let rig = Rig::start(Config {
        tickets: 200_000,
        users: 20_000,
        ..config()
    })
    .await;
    let made = began.elapsed();
    let comments = rig.simulator.read(|account| account.count_comments());
    assert_eq!(comments, 600_000);
    let began = std::time::Instant::now();
    let mut url = "/api/v2/incremental/tickets/cursor?start_time=0".to_owned();
    let mut pages = 0;
    loop {
        let page = rig.get(&url).await.json();
        pages += 1;
        if page["end_of_stream"] == true {
            break;
        }
        url = page["after_url"].as_str().unwrap().to_owned();
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or_default()
        .to_owned();
    println!(
        "made in {made:?}; {pages} pages read and parsed in {:?}; {memory}",
        began.elapsed()
    );
    let began = std::time::Instant::now();
    let page = rig
        .get("/api/v2/incremental/ticket_events?start_time=0&include=comment_events")
        .await;
    println!(
        "one page of events, {} bytes, in {:?}",
        page.text.len(),
        began.elapsed()
    );
    let began = std::time::Instant::now();
    let page = rig
        .get("/api/v2/incremental/tickets/cursor?start_time=0")
        .await;
    println!(
        "one page of tickets, {} bytes, in {:?}",
        page.text.len(),
        began.elapsed()
    );
}
