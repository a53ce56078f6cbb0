//! Queries, orchestrations, alerts and promotion, by the command lines that scripts rely on.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{BodyForm, Fault, FaultKind, Simulator};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::desk::{Desk, in_time, people, terminate, zendesk};

const PEOPLE: &str =
    "external_id,name,email\nc1,Kim Lee,kim@customer.example\nc2,Ada May,ada@customer.example\n";

/// A desk with a sandbox destination, and an import folder with two customers.
async fn sandbox(desk: &Desk) -> Simulator {
    std::fs::write(desk.imports().join("people.csv"), PEOPLE).unwrap();
    desk.destination("trial", &["--environment", "sandbox"])
        .await
}

#[tokio::test]
async fn a_query_is_looked_at_and_activated_before_it_feeds_an_orchestration() {
    Desk::each(async |desk| {
        let zendesk = sandbox(desk).await;
        desk.ok(&["query", "add", "people", "--file", "people.csv"])
            .await;
        let seen = desk.json(&["query", "preview", "people", "--json"]).await;
        assert_eq!(
            seen["columns"][0],
            json!({"name": "external_id", "kind": "text"})
        );
        assert_eq!(seen["rows"][1]["cells"]["name"], "Ada May");
        assert_eq!(seen["complete"], true);
        desk.ok(&[
            "orchestration",
            "add",
            "nightly",
            "--query",
            "people",
            "--to",
            "trial",
            "--cron",
            "0 6 * * *",
            "--time-zone",
            "Europe/Berlin",
        ])
        .await;
        let run = ["orchestration", "run", "nightly", "--json"];
        let said = desk.refused(1, &run).await;
        assert!(said.contains("query activate people"), "{said}");
        let said = desk
            .refused(1, &["orchestration", "activate", "nightly"])
            .await;
        assert!(said.contains("draft"), "{said}");
        desk.ok(&["query", "activate", "people"]).await;
        let result = desk.json(&run).await;
        assert_eq!(result["rows"]["created"], 2, "{result}");
        assert_eq!(zendesk.sends().users_created, 2);
        desk.ok(&["orchestration", "activate", "nightly"]).await;
        let listed = desk.json(&["orchestration", "list", "--json"]).await;
        let one = &listed["orchestrations"][0];
        assert_eq!(one["mode"], "cron");
        assert_eq!(one["time_zone"], "Europe/Berlin");
        assert_eq!(one["active"], true);
        for (command, user) in [
            (["query", "delete", "people"], "orchestration nightly"),
            (["destination", "delete", "trial"], "orchestration nightly"),
        ] {
            let said = desk.refused(1, &command).await;
            assert!(said.contains(user), "{said}");
        }
        desk.ok(&["orchestration", "delete", "nightly"]).await;
        desk.ok(&["query", "delete", "people"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_file_outside_the_import_folders_is_not_read() {
    let desk = Desk::bare();
    let _zendesk = sandbox(&desk).await;
    std::fs::write(desk.data().join("secret.csv"), PEOPLE).unwrap();
    let outside = desk.data().join("secret.csv");
    for path in ["../secret.csv", outside.to_str().unwrap()] {
        let add = ["query", "add", "outside", "--file", path];
        desk.ok(&add).await;
        for look in ["preview", "activate"] {
            let said = desk.refused(1, &["query", look, "outside"]).await;
            assert!(said.contains("import folder"), "{said}");
        }
        desk.ok(&["query", "delete", "outside"]).await;
    }
    std::fs::write(desk.data().join("config.toml"), "").unwrap();
    let said = desk
        .refused(1, &["query", "add", "any", "--file", "people.csv"])
        .await;
    assert!(said.contains("import_folders"), "{said}");
}

#[tokio::test]
async fn another_source_makes_a_query_a_draft_again() {
    let desk = Desk::bare();
    let _zendesk = sandbox(&desk).await;
    desk.ok(&["query", "add", "people", "--file", "people.csv"])
        .await;
    desk.ok(&["query", "activate", "people"]).await;
    desk.ok(&["query", "edit", "people", "--description", "Everybody"])
        .await;
    let active = async || {
        let listed = desk.json(&["query", "list", "--json"]).await;
        listed["queries"][0]["active"].clone()
    };
    assert_eq!(active().await, true);
    desk.ok(&["query", "edit", "people", "--contacts", "--with-email"])
        .await;
    assert_eq!(active().await, false);
    let seen = desk.json(&["query", "preview", "people", "--json"]).await;
    assert_eq!(seen["rows"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn orchestrations_do_not_follow_each_other_in_a_circle() {
    let desk = Desk::bare();
    let _zendesk = sandbox(&desk).await;
    desk.ok(&["query", "add", "people", "--file", "people.csv"])
        .await;
    for (name, after) in [("one", None), ("two", Some("one")), ("three", Some("two"))] {
        let mut command = vec![
            "orchestration",
            "add",
            name,
            "--query",
            "people",
            "--to",
            "trial",
        ];
        if let Some(after) = after {
            command.extend(["--after", after]);
        }
        desk.ok(&command).await;
    }
    let said = desk
        .refused(2, &["orchestration", "schedule", "one", "--after", "three"])
        .await;
    assert!(said.contains("after itself"), "{said}");
    let said = desk.refused(1, &["orchestration", "delete", "one"]).await;
    assert!(said.contains("orchestration two"), "{said}");
    let said = desk
        .refused(2, &["orchestration", "schedule", "one", "--cron", "daily"])
        .await;
    assert!(said.contains("0 6 * * *"), "{said}");
}

#[tokio::test]
async fn a_sandbox_is_promoted_only_after_a_clean_test() {
    let desk = Desk::bare();
    let _zendesk = sandbox(&desk).await;
    let live = zendesk(|config| config.switches.bulk_user_import = true).await;
    desk.ok(&["query", "add", "people", "--file", "people.csv"])
        .await;
    desk.ok(&["query", "activate", "people"]).await;
    let add = [
        "orchestration",
        "add",
        "nightly",
        "--query",
        "people",
        "--to",
        "trial",
        "--on-leave",
        "suspend",
        "--alert-to",
        "lena@example.com",
    ];
    desk.ok(&add).await;
    let edit = ["orchestration", "edit", "nightly", "--alert-to", "lena"];
    let said = desk.refused(2, &edit).await;
    assert!(said.contains("\"lena\" is no address"), "{said}");
    let promote = [
        "destination",
        "promote",
        "trial",
        "--credential",
        "zd",
        "--as",
        "support",
        "--url",
        &live.url(),
    ];
    let said = desk.refused(1, &promote).await;
    assert!(said.contains("Nothing was sent to the sandbox"), "{said}");
    desk.ok(&["orchestration", "run", "nightly", "--test", "10"])
        .await;
    desk.ok(&promote).await;
    let listed = desk.json(&["destination", "list", "--json"]).await;
    let made = &listed["destinations"][0];
    assert_eq!(made["name"], "support");
    assert_eq!(made["environment"], "production");
    let listed = desk.json(&["orchestration", "list", "--json"]).await;
    let copy = &listed["orchestrations"][1];
    assert_eq!(copy["name"], "nightly support");
    assert_eq!(copy["destination"], "support");
    assert_eq!(copy["active"], false);
    assert_eq!(copy["settings"]["on_leave"], "suspend");
    assert_eq!(copy["settings"]["alert_to"][0], "lena@example.com");
    let again = desk
        .refused(
            2,
            &[
                "destination",
                "promote",
                "support",
                "--credential",
                "zd",
                "--as",
                "more",
                "--url",
                &live.url(),
            ],
        )
        .await;
    assert!(again.contains("Only a sandbox"), "{again}");
}

#[tokio::test]
async fn a_failed_workflow_is_told_once_and_seen_once() {
    let desk = Desk::bare();
    let _zendesk = sandbox(&desk).await;
    let send = ["send", "/nowhere/people.csv", "--to", "trial", "--json"];
    desk.refused(1, &send).await;
    let alerts = desk.json(&["alert", "list", "--json"]).await;
    assert_eq!(alerts["unseen"], 1, "{alerts}");
    assert_eq!(alerts["alerts"][0]["kind"], "workflow_failed");
    assert!(alerts["alerts"][0]["workflow"].is_string());
    let seen = desk.json(&["alert", "seen", "--all", "--json"]).await;
    assert_eq!(seen["seen"], 1);
    let unseen = desk.json(&["alert", "list", "--unseen", "--json"]).await;
    assert_eq!(unseen["alerts"], Value::Array(Vec::new()));
    desk.refused(2, &["alert", "seen"]).await;
}

#[tokio::test]
async fn asked_to_end_a_send_stops_with_its_open_jobs_seen_through_and_goes_on_later() {
    let desk = Desk::bare();
    let zendesk = sandbox(&desk).await;
    zendesk.set_job_time(Duration::from_secs(2));
    let file = desk.file("many.csv", people(1_000));
    let send = ["send", &file, "--to", "trial"];
    let mut child = desk.command(&send).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = String::new();
    // Once something is on its way, the process is asked to end.
    while zendesk.sends().users_created == 0
        && let Some(line) = in_time(lines.next_line()).await.unwrap()
    {
        said.push_str(&line);
        if line.starts_with("send:") && line.contains("job") {
            break;
        }
    }
    terminate(&child).await;
    while let Some(line) = in_time(lines.next_line()).await.unwrap() {
        said.push_str(&line);
    }
    let status = in_time(child.wait()).await.unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("was stopped"), "{said}");
    let listed = desk.json(&["workflow", "list", "--json"]).await;
    let workflow = &listed["workflows"][0];
    assert_eq!(workflow["state"], "stopped", "{workflow}");
    zendesk.set_job_time(Duration::from_millis(20));
    let id = workflow["id"].as_str().unwrap();
    let result = desk.json(&["workflow", "retry", id, "--json"]).await;
    assert_eq!(result["state"], "completed", "{result}");
    assert_eq!(zendesk.sends().users_created, 1_000);
    assert!(zendesk.sends().created_again.is_empty());
}

#[tokio::test]
async fn a_send_whose_process_was_killed_is_gone_on_with_and_creates_nobody_twice() {
    let mut desk = Desk::bare();
    let zendesk = sandbox(&desk).await;
    let file = desk.file("many.csv", people(300));
    let steps = desk.data().join("steps");
    desk.set("DESKBRIDGE_TEST_CHECKPOINTS", steps.to_str().unwrap());
    let send = ["send", &file, "--to", "trial", "--json"];
    desk.set("DESKBRIDGE_TEST_KILL_AT", "7");
    let ran = desk.run(&send).await;
    assert_eq!(ran.status, None, "it was killed: {ran:?}");
    let reached = std::fs::read_to_string(&steps).unwrap();
    assert!(reached.lines().count() >= 7, "{reached}");
    desk.unset("DESKBRIDGE_TEST_KILL_AT");
    let listed = desk.json(&["workflow", "list", "--json"]).await;
    let workflow = &listed["workflows"][0];
    assert_eq!(workflow["state"], "running", "{workflow}");
    let id = workflow["id"].as_str().unwrap();
    let result = desk.json(&["workflow", "retry", id, "--json"]).await;
    assert_eq!(result["workflow"], id);
    assert_eq!(result["state"], "completed");
    assert_eq!(result["rows"]["created"], 300, "{result}");
    let sends = zendesk.sends();
    assert_eq!(sends.users_created, 300);
    assert!(sends.created_again.is_empty());
}

#[tokio::test]
async fn doctor_looks_at_destinations_and_import_folders() {
    let mut desk = Desk::bare();
    let _zendesk = sandbox(&desk).await;
    let grade_of = |findings: &Value, check: &str| {
        findings["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|finding| finding["check"] == check)
            .map(|finding| finding["grade"].clone())
    };
    let findings = desk.json(&["doctor", "--json"]).await;
    assert_eq!(
        grade_of(&findings, "destination trial"),
        Some(json!("ok")),
        "{findings}"
    );
    assert_eq!(grade_of(&findings, "import folder"), Some(json!("ok")));
    std::fs::remove_dir_all(desk.data().join("imports")).unwrap();
    desk.set("ZENDESK_TOKEN", "revoked-token");
    let edit = desk
        .run(&[
            "credential",
            "edit",
            "zd",
            "--api-token-env",
            "ZENDESK_TOKEN",
        ])
        .await;
    assert_eq!(edit.status, Some(0), "{edit:?}");
    assert!(
        edit.err.contains("warning: destination trial"),
        "{}",
        edit.err
    );
    let ran = desk.run(&["doctor", "--json"]).await;
    assert_eq!(ran.status, Some(1), "{ran:?}");
    let findings: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        grade_of(&findings, "destination trial"),
        Some(json!("error"))
    );
    assert_eq!(grade_of(&findings, "import folder"), Some(json!("warning")));
}

#[tokio::test]
async fn an_orchestration_is_not_sent_twice_at_one_time_and_in_full_when_asked() {
    let desk = Desk::bare();
    let zendesk = sandbox(&desk).await;
    desk.ok(&["query", "add", "people", "--file", "people.csv"])
        .await;
    desk.ok(&["query", "activate", "people"]).await;
    desk.ok(&[
        "orchestration",
        "add",
        "all",
        "--query",
        "people",
        "--to",
        "trial",
    ])
    .await;
    // Zendesk is away, so the first run waits and is not over.
    let away = FaultKind::Status {
        status: 503,
        form: BodyForm::Text,
        retry_after: None,
    };
    zendesk.add_fault(Fault::new(away).on("users/create_or_update_many"));
    let run = ["orchestration", "run", "all", "--json"];
    let mut first = desk.command(&run).spawn().unwrap();
    let workflow = in_time(async {
        loop {
            let all = desk.json(&["workflow", "list", "--json"]).await;
            if let Some(id) = all["workflows"][0]["id"].as_str() {
                break id.to_owned();
            }
        }
    })
    .await;
    let said = desk.refused(1, &run).await;
    assert!(
        said.contains(&format!("is at work already, as workflow {workflow}")),
        "{said}"
    );
    first.kill().await.unwrap();
    let said = desk.refused(1, &run).await;
    assert!(
        said.contains(&format!("workflow retry {workflow}")),
        "{said}"
    );
    zendesk.clear_faults();
    let gone_on = desk.json(&["workflow", "retry", &workflow, "--json"]).await;
    assert_eq!(gone_on["rows"]["created"], 2, "{gone_on}");
    let again = desk.json(&run).await;
    assert_eq!(again["rows"]["unchanged"], 2, "{again}");
    let full = desk.json(&[&run[..], &["--full"]].concat()).await;
    assert_eq!(full["rows"]["updated"], 2, "{full}");
    assert!(zendesk.sends().created_again.is_empty());
}
