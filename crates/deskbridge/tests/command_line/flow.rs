//! The forms that scripts rely on.

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::desk::{Desk, INIT, in_time, terminate, zendesk};

#[tokio::test]
async fn the_scripted_flow_brings_every_ticket_into_a_case() {
    Desk::each(async |desk| {
        let mut simulator = desk
            .command(&[
                "simulator",
                "--listen",
                "127.0.0.1:0",
                "--seed",
                "7",
                "--tickets",
                "30",
                "--users",
                "10",
                "--comments-per-ticket",
                "3",
                "--limits",
                "off",
                "--latency-ms",
                "1",
                "--job-ms",
                "5",
            ])
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(simulator.stdout.take().unwrap()).lines();
        let line = in_time(lines.next_line()).await.unwrap().unwrap();
        let url = line.split(' ').next_back().unwrap().to_owned();
        desk.init().await;
        desk.add(&url).await;
        desk.ok(&["integration", "activate", "main"]).await;

        let summary = desk.json(&["sync", "main", "--json"]).await;
        assert_eq!(summary["state"], "completed");
        assert_eq!(summary["users"]["created"], 10);
        assert_eq!(summary["tickets"]["created"], 30);
        assert_eq!(summary["comments"]["created"], 90);
        assert_eq!(summary["cases"]["created"], 30);
        assert!(summary["contacts"]["created"].as_u64().unwrap() > 0);
        let keys: Vec<&str> = summary
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        for key in [
            "run", "state", "users", "tickets", "comments", "cases", "contacts", "requests",
            "seconds", "warnings",
        ] {
            assert!(keys.contains(&key), "{key} is missing in {keys:?}");
        }
        for stream in ["users", "tickets", "comments"] {
            for key in ["read", "created", "updated", "unchanged"] {
                assert!(summary[stream][key].is_u64(), "{stream}.{key}");
            }
        }
        assert!(summary["warnings"].is_array() && summary["seconds"].is_number());

        let again = desk.json(&["sync", "main", "--json"]).await;
        assert_eq!(again["cases"]["created"], 0);
        assert!(again["requests"].as_u64().unwrap() <= 4, "{again}");

        let page = desk.json(&["case", "list", "--json", "--limit", "4"]).await;
        let cases = page["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 4);
        let rest = desk
            .json(&[
                "case",
                "list",
                "--json",
                "--limit",
                "100",
                "--before",
                &page["next"].to_string(),
            ])
            .await;
        assert_eq!(rest["cases"].as_array().unwrap().len(), 26);
        assert_eq!(rest["next"], Value::Null);

        let number = cases[0]["number"].to_string();
        let by_number = desk.json(&["case", "show", &number, "--json"]).await;
        assert_eq!(by_number["comments"].as_array().unwrap().len(), 3);
        assert_eq!(by_number["ticket"]["number"], cases[0]["ticket"]);
        let id = by_number["id"].as_str().unwrap();
        assert_eq!(desk.json(&["case", "show", id, "--json"]).await, by_number);

        terminate(&simulator).await;
        assert_eq!(in_time(simulator.wait()).await.unwrap().code(), Some(0));
    })
    .await;
}

#[tokio::test]
async fn for_people_the_same_commands_print_lines() {
    let zendesk = zendesk(|_| {}).await;
    let desk = Desk::bare();
    desk.set_up(&zendesk.url()).await;
    let ran = desk.run(&["sync", "main"]).await;
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.out.contains("8 new"), "{}", ran.out);
    assert!(ran.err.contains("users"), "a line of progress: {}", ran.err);
    let list = desk.ok(&["case", "list"]).await;
    assert_eq!(list.lines().count(), 9, "{list}");
    let shown = desk.ok(&["case", "show", "1"]).await;
    for label in [
        "Ticket Number",
        "Recipients Email",
        "Status",
        "Type",
        "Submitter",
        "Assignee",
        "Requester",
        "Priority",
        "Problem",
        "Collaborators",
    ] {
        assert!(shown.contains(label), "{label} in {shown}");
    }
    assert!(
        desk.ok(&["integration", "list"])
            .await
            .contains("completed")
    );
    assert!(
        desk.ok(&["integration", "show", "main"])
            .await
            .contains("Two-way")
    );
}

#[tokio::test]
async fn setting_up_twice_changes_nothing_unless_asked() {
    Desk::each(async |desk| {
        let first = desk.ok(&INIT).await;
        assert!(
            first.contains("Made the key") && first.contains("Made the administrator"),
            "{first}"
        );
        let key = std::fs::read(desk.data().join("key")).unwrap();
        desk.set("ADMIN_PASSWORD", "another-password");
        let second = desk.ok(&INIT).await;
        assert!(second.contains("left as it is"), "{second}");
        assert_eq!(std::fs::read(desk.data().join("key")).unwrap(), key);
        let mut reset = INIT.to_vec();
        reset.push("--reset-password");
        assert!(desk.ok(&reset).await.contains("new password"));
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_says_what_a_run_would_do_and_does_nothing() {
    Desk::each(async |desk| {
        let zendesk = zendesk(|_| {}).await;
        desk.set_up(&zendesk.url()).await;
        let would = desk.json(&["sync", "main", "--dry-run", "--json"]).await;
        assert_eq!(would["cases"]["created"], 8);
        assert_eq!(
            desk.json(&["case", "list", "--json"]).await["cases"],
            serde_json::json!([])
        );
        let did = desk.json(&["sync", "main", "--json"]).await;
        assert_eq!(did["cases"], would["cases"]);
        assert_eq!(did["tickets"], would["tickets"]);
    })
    .await;
}

#[tokio::test]
async fn an_oauth_client_signs_in_as_well_and_may_be_a_stored_credential() {
    Desk::each(async |desk| {
        let zendesk = zendesk(|_| {}).await;
        let url = zendesk.url();
        desk.init().await;
        desk.set("OAUTH_SECRET", "secret");
        let oauth = [
            "--oauth-client-id",
            "deskbridge",
            "--oauth-client-secret-env",
            "OAUTH_SECRET",
        ];
        let mut add = vec!["integration", "add", "main", "--url", &url];
        add.extend(oauth);
        desk.ok(&add).await;
        desk.ok(&["integration", "activate", "main"]).await;
        assert_eq!(
            desk.json(&["sync", "main", "--json"]).await["cases"]["created"],
            8
        );

        let mut stored = vec!["credential", "add", "shared", "--type", "zendesk"];
        stored.extend(oauth);
        desk.ok(&stored).await;
        desk.ok(&["integration", "edit", "main", "--credential", "shared"])
            .await;
        let listed = desk.json(&["credential", "list", "--json"]).await;
        let listed = listed["credentials"].as_array().unwrap();
        assert_eq!(
            listed.len(),
            1,
            "the one made for main is not needed any more: {listed:?}"
        );
        assert_eq!(listed[0]["used_by"], 1);
        assert_eq!(
            desk.json(&["sync", "main", "--json"]).await["state"],
            "completed"
        );
    })
    .await;
}

#[tokio::test]
async fn settings_are_changed_shown_and_written_to_the_audit_log_in_words() {
    Desk::each(async |desk| {
        desk.init().await;
        desk.add("https://acme.zendesk.com").await;
        let said = desk
            .ok(&[
                "integration",
                "edit",
                "main",
                "--two-way",
                "--priority",
                "local",
                "--interval",
                "5m",
                "--contacts",
                "all",
                "--unassigned",
                "owner",
                "--match-emails",
                "primary-then-secondary",
                "--budget-share",
                "20",
                "--default-user-email",
                "",
                "--name",
                "renamed",
            ])
            .await;
        assert!(said.contains("interval from 60 s to 300 s"), "{said}");
        let shown = desk
            .json(&["integration", "show", "renamed", "--json"])
            .await;
        for (key, value) in [
            ("two_way", Value::from(true)),
            ("priority", "local".into()),
            ("interval_seconds", 300.into()),
            ("contacts", "all".into()),
            ("unassigned", "assign to the owner".into()),
            ("email_match", "primary, then secondary".into()),
            ("budget_share", 20.into()),
            ("default_user_email", Value::Null),
        ] {
            assert_eq!(shown[key], value, "{key}");
        }
        desk.ok(&["integration", "delete", "renamed", "--yes"])
            .await;
        let left = desk.json(&["credential", "list", "--json"]).await;
        assert_eq!(
            left["credentials"],
            serde_json::json!([]),
            "its own credential goes with it"
        );
    })
    .await;
}

#[tokio::test]
async fn deleting_an_integration_leaves_its_cases() {
    Desk::each(async |desk| {
        let zendesk = zendesk(|_| {}).await;
        desk.set_up(&zendesk.url()).await;
        desk.ok(&["sync", "main", "--json"]).await;
        desk.ok(&["integration", "deactivate", "main"]).await;
        assert!(
            desk.refused(1, &["sync", "main"])
                .await
                .contains("inactive")
        );
        desk.ok(&["integration", "delete", "main"]).await;
        let cases = desk.json(&["case", "list", "--json"]).await;
        assert_eq!(cases["cases"].as_array().unwrap().len(), 8);
    })
    .await;
}
