//! `doctor --live`: nothing without consent, a report that can be sent, nothing left behind.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use simulator::{Config, Fault, Simulator, Switches};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::desk::{CREDENTIAL, Desk, destination_arguments, in_time, terminate, zendesk};

/// A Zendesk whose exports show everything at once, so that nobody waits for the minute.
async fn quick(change: impl FnOnce(&mut Config)) -> Simulator {
    zendesk(|config| {
        config.switches.leave_out_newest_minute = false;
        config.job = Duration::from_millis(20);
        change(config);
    })
    .await
}

/// Living tickets and users that a check has made.
fn left_in(zendesk: &Simulator) -> usize {
    zendesk.read(|account| {
        let is_ours = |id: Option<&str>| id.is_some_and(|id| id.starts_with("deskbridge-live"));
        let tickets = account
            .tickets()
            .filter(|ticket| is_ours(ticket.external_id.as_deref()) && ticket.deleted_at.is_none());
        let users = account
            .users()
            .filter(|user| user.active && is_ours(user.external_id.as_deref()));
        tickets.count() + users.count()
    })
}

/// Waits until a request of this kind has come in.
async fn reached(zendesk: &Simulator, route: &str, count: u64) {
    in_time(async {
        while zendesk.requests_by_route().get(route).copied() < Some(count) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn without_consent_nothing_is_sent_and_what_would_be_is_said() {
    let zendesk = quick(|_| {}).await;
    let desk = Desk::bare();
    desk.init().await;
    desk.add(&zendesk.url()).await;
    let before = zendesk.requests();
    let file = desk.data().join("report.json");
    let path = file.to_str().unwrap();
    let check = ["doctor", "--live", "main", "--report", path];
    let said = desk.refused(2, &check).await;
    for words in [
        "--yes",
        "create one user",
        "one ticket",
        "deskbridge-live-check",
        "delete both",
        "At most 40 requests",
        "triggers",
    ] {
        assert!(said.contains(words), "{words} is not in: {said}");
    }
    assert!(!file.exists());
    let said = desk
        .refused(2, &["doctor", "--live", "nobody", "--yes"])
        .await;
    assert!(said.contains("no integration and no destination"), "{said}");
    // The flags of a check mean nothing without it.
    desk.refused(2, &["doctor", "--yes"]).await;
    let nowhere = desk.data().join("no/folder/report.json");
    let nowhere = [
        "doctor",
        "--live",
        "main",
        "--yes",
        "--report",
        nowhere.to_str().unwrap(),
    ];
    let said = desk.refused(1, &nowhere).await;
    assert!(said.contains("cannot be written"), "{said}");
    assert_eq!(zendesk.requests(), before);
}

#[tokio::test]
async fn a_check_of_an_integration_prints_a_table_and_writes_a_report() {
    let zendesk = quick(|config| {
        config.api_token = "c4nary-t0ken".to_owned();
        // All is as expected in one position only; the engine's tests look at each of the others.
        config.switches = Switches {
            leave_out_newest_minute: false,
            ..Switches::default()
        };
    })
    .await;
    let mut desk = Desk::bare();
    desk.set("ZENDESK_TOKEN", "c4nary-t0ken");
    desk.init().await;
    desk.add(&zendesk.url()).await;
    let file = desk.data().join("report.json");
    let path = file.to_str().unwrap();
    let out = desk
        .ok(&["doctor", "--live", "main", "--yes", "--report", path])
        .await;
    assert!(out.starts_with("PROBE"), "{out}");
    for words in [
        "two safe updates at once",
        "one passes, the other is 409",
        "tickets and 1 users of this check",
        "All is as expected.",
        "report.json",
    ] {
        assert!(out.contains(words), "{words} is not in: {out}");
    }
    assert_eq!(left_in(&zendesk), 0);
    let written = std::fs::read_to_string(&file).unwrap();
    for secret in ["c4nary-t0ken", "agent@example.com", "127.0.0.1"] {
        assert!(!written.contains(secret), "{secret} is in the report");
    }
    let report: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(report["schema"], "deskbridge-live-check/1");
    assert_eq!(report["deskbridge"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["outcome"], "as_expected");
    assert_eq!(report["account"], Value::Null);
    assert_eq!(report["left_behind"], Value::Array(Vec::new()));
    assert_eq!(report["findings"].as_array().unwrap().len(), 19);
    let exchanges = report["exchanges"].as_array().unwrap();
    assert_eq!(exchanges.len() as u64, report["requests"].as_u64().unwrap());
    // docs/live-check.md names every key.
    let page = include_str!("../../../../docs/live-check.md");
    let exchange = exchanges[0].as_object().unwrap();
    let finding = report["findings"][0].as_object().unwrap();
    let cleaned = report["cleaned"].as_object().unwrap();
    for map in [report.as_object().unwrap(), exchange, finding, cleaned] {
        for key in map.keys() {
            assert!(
                page.contains(&format!("`{key}`")),
                "{key} is not in the page"
            );
        }
    }
    for finding in report["findings"].as_array().unwrap() {
        let probe = finding["probe"].as_str().unwrap();
        assert!(
            page.contains(&format!("`{probe}`")),
            "{probe} is not in the page"
        );
    }
}

#[tokio::test]
async fn what_differs_at_a_destination_has_a_status_of_its_own() {
    let zendesk = quick(|config| config.switches.bulk_user_import = false).await;
    let desk = Desk::bare();
    desk.init().await;
    desk.ok(&CREDENTIAL).await;
    let url = zendesk.url();
    desk.ok(&destination_arguments("support", &url)).await;
    let check = [
        "doctor",
        "--live",
        "support",
        "--yes",
        "--json",
        "--name-account",
    ];
    let ran = desk.run(&check).await;
    assert_eq!(ran.status, Some(3), "{ran:?}");
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["outcome"], "differs");
    let account = report["account"].as_str().unwrap();
    assert!(account.starts_with("127.0.0.1:"), "{account}");
    let findings = report["findings"].as_array().unwrap();
    let bulk = findings.iter().find(|one| one["probe"] == "bulk_rows");
    assert_eq!(bulk.unwrap()["verdict"], "setting");
    assert_eq!(left_in(&zendesk), 0);
}

#[tokio::test]
async fn a_check_that_is_killed_is_cleaned_up_after_and_one_that_is_ended_cleans_up_itself() {
    let zendesk = quick(|_| {}).await;
    let desk = Desk::bare();
    desk.init().await;
    desk.add(&zendesk.url()).await;
    let check = ["doctor", "--live", "main", "--yes", "--json"];
    let mut killed = desk.command(&check).spawn().unwrap();
    reached(&zendesk, "PUT tickets/{id}", 1).await;
    killed.kill().await.unwrap();
    assert_eq!(left_in(&zendesk), 2);
    let ended = desk.command(&check).spawn().unwrap();
    reached(&zendesk, "POST tickets", 4).await;
    terminate(&ended).await;
    let ended = in_time(ended.wait_with_output()).await.unwrap();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(report["outcome"], "unfinished");
    assert_eq!(report["cleaned"]["earlier"], 2);
    assert_eq!(report["left_behind"], Value::Array(Vec::new()));
    assert_eq!(left_in(&zendesk), 0);
}

#[tokio::test]
async fn at_a_terminal_a_person_is_asked() {
    let version = Command::new("script").arg("--version").output().await;
    if !version.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("util-linux")) {
        eprintln!("skipped: at_a_terminal_a_person_is_asked needs script of util-linux");
        return;
    }
    let zendesk = quick(|_| {}).await;
    let desk = Desk::bare();
    desk.init().await;
    desk.add(&zendesk.url()).await;
    // With an account that answers nobody, the first question of a check is also its last.
    zendesk.add_fault(Fault::parse("revoke-token").unwrap());
    let before = zendesk.requests();
    let binary = env!("CARGO_BIN_EXE_deskbridge");
    let line = format!("'{binary}' doctor --live main");
    for (answer, sent) in [("no\n", 0), ("yes\n", 1)] {
        let arguments = ["--quiet", "--return", "--command", &line, "/dev/null"];
        let mut child = desk
            .program("script", &arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(answer.as_bytes()).await.unwrap();
        let ran = in_time(child.wait_with_output()).await.unwrap();
        let seen = String::from_utf8(ran.stdout).unwrap();
        assert_eq!(ran.status.code(), Some(1), "{seen}");
        assert!(seen.contains("create one user"), "{seen}");
        assert!(seen.contains("Type yes to go on:"), "{seen}");
        assert_eq!(
            seen.contains("Nothing was sent to Zendesk."),
            sent == 0,
            "{seen}"
        );
        assert_eq!(zendesk.requests() - before, sent);
        drop(input);
    }
}
