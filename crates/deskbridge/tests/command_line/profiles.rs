//! Sending customer profiles by the command lines that scripts rely on.

use serde_json::Value;

use crate::desk::{CREDENTIAL, Desk, destination_arguments, people, zendesk};

/// The outcomes of a result add up to the rows read.
pub(crate) fn adds_up(result: &Value) {
    let rows = &result["rows"];
    let sum: u64 = [
        "created",
        "updated",
        "unchanged",
        "rejected",
        "failed",
        "conflict",
        "skipped",
    ]
    .iter()
    .map(|outcome| rows[outcome].as_u64().unwrap())
    .sum();
    assert_eq!(rows["read"], sum, "{result}");
}

#[tokio::test]
async fn a_file_is_sent_and_sent_again_at_no_request_and_sent_in_full() {
    Desk::each(async |desk| {
        let zendesk = desk.destination("support", &[]).await;
        let file = desk.file("people.csv", people(120));
        let send = ["send", &file, "--to", "support", "--json"];
        let first = desk.json(&send).await;
        adds_up(&first);
        assert_eq!(first["state"], "completed");
        assert_eq!(first["rows"]["created"], 120);
        assert_eq!(first["jobs"], 2);
        for number in ["requests", "seconds", "users_per_second"] {
            assert!(first[number].is_number(), "{first}");
        }
        let again = desk.json(&send).await;
        adds_up(&again);
        assert_eq!(again["rows"]["unchanged"], 120);
        assert_eq!(again["jobs"], 0);
        let full = desk
            .json(&["send", &file, "--to", "support", "--json", "--full"])
            .await;
        adds_up(&full);
        assert_eq!(full["rows"]["updated"], 120);
        assert!(zendesk.sends().created_again.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_mapping_names_the_columns_and_a_mistake_in_it_stops_before_anything() {
    let desk = Desk::bare();
    let zendesk = desk.destination("support", &[]).await;
    let people = desk.file(
        "people.csv",
        "kunde,vorname,nachname,mail\n1,Kim,Lee,kim@customer.example\n",
    );
    let map = desk.file("map.toml",
        "[mapping.entries]\nexternal_id = { column = \"kunde\" }\nemail = { column = \"mail\" }\nname = { template = \"{{ vorname }} {{ nachname }}\" }\n",
    );
    let result = desk
        .json(&["send", &people, "--to", "support", "--json", "--map", &map])
        .await;
    assert_eq!(result["rows"]["created"], 1, "{result}");
    let name = zendesk.edit(|account| {
        account
            .user_by_external_id("1")
            .map(|user| user.name.clone())
    });
    assert_eq!(name.as_deref(), Some("Kim Lee"));
    let before = zendesk.requests();
    let wrong = desk.file("wrong.toml", "[mapping]\nby_nam = true\n");
    let said = desk
        .refused(2, &["send", &people, "--to", "support", "--map", &wrong])
        .await;
    assert!(said.contains("wrong.toml"), "{said}");
    assert!(said.contains("by_nam"), "{said}");
    assert_eq!(zendesk.requests(), before);
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_says_what_would_change() {
    let desk = Desk::bare();
    let zendesk = desk.destination("support", &[]).await;
    let file = desk.file("people.csv", people(12));
    let result = desk
        .json(&["send", &file, "--to", "support", "--json", "--dry-run"])
        .await;
    adds_up(&result);
    assert_eq!(result["rows"]["created"], 12);
    assert!(
        zendesk.writes_by_route().is_empty(),
        "{:?}",
        zendesk.writes_by_route()
    );
    let id = result["workflow"].as_str().unwrap();
    let rows = desk.json(&["workflow", "rows", id, "--json"]).await;
    assert_eq!(rows["rows"].as_array().unwrap().len(), 12);
    assert_eq!(rows["rows"][0]["cells"]["external_id"], "c1");
}

#[tokio::test]
async fn a_test_sends_its_rows_and_links_to_their_users() {
    let desk = Desk::bare();
    let zendesk = desk.destination("support", &[]).await;
    let file = desk.file("people.csv", people(30));
    let out = desk
        .ok(&["send", &file, "--to", "support", "--test", "10"])
        .await;
    let links = out
        .lines()
        .filter(|line| line.contains(&format!("{}/agent/users/", zendesk.url())))
        .count();
    assert_eq!(links, 10, "{out}");
    assert_eq!(zendesk.sends().users_created, 10);
    for wrong in ["9", "101"] {
        desk.refused(2, &["send", &file, "--to", "support", "--test", wrong])
            .await;
    }
}

#[tokio::test]
async fn a_destination_that_does_not_answer_well_is_not_stored() {
    let mut desk = Desk::bare();
    let zendesk = zendesk(|_| {}).await;
    desk.init().await;
    desk.set("ZENDESK_TOKEN", "wrong-token");
    desk.ok(&CREDENTIAL).await;
    let said = desk
        .refused(1, &destination_arguments("support", &zendesk.url()))
        .await;
    assert!(said.contains("Nothing was stored"), "{said}");
    assert!(!said.contains("wrong-token"), "{said}");
    let all = desk.json(&["destination", "list", "--json"]).await;
    assert_eq!(all["destinations"], Value::Array(Vec::new()));
    let tried = desk
        .run(&[
            "credential",
            "test",
            "zd",
            "--url",
            &zendesk.url(),
            "--json",
        ])
        .await;
    assert_eq!(tried.status, Some(1));
    assert!(tried.out.contains("\"ok\":false"), "{}", tried.out);
    desk.set("ZENDESK_TOKEN", crate::desk::TOKEN);
    desk.ok(&[
        "credential",
        "edit",
        "zd",
        "--api-token-env",
        "ZENDESK_TOKEN",
    ])
    .await;
    desk.ok(&destination_arguments("support", &zendesk.url()))
        .await;
    desk.ok(&["credential", "test", "zd"]).await;
    desk.ok(&["destination", "test", "support"]).await;
    let said = desk.refused(1, &["credential", "delete", "zd"]).await;
    assert!(said.contains("destination support"), "{said}");
}

#[tokio::test]
async fn a_failed_workflow_shows_what_to_do_and_resolve_completes_it() {
    let mut desk = Desk::bare();
    let zendesk = desk.destination("support", &[]).await;
    let people = desk.file("people.csv", people(5));
    desk.set("ZENDESK_TOKEN", "revoked-token");
    let edit = [
        "credential",
        "edit",
        "zd",
        "--api-token-env",
        "ZENDESK_TOKEN",
    ];
    desk.ok(&edit).await;
    let ran = desk
        .run(&["send", &people, "--to", "support", "--json"])
        .await;
    assert_eq!(ran.status, Some(1), "{ran:?}");
    assert!(ran.err.contains("Invalid credentials"), "{}", ran.err);
    let result: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(result["state"], "failed");
    let id = result["workflow"].as_str().unwrap();
    assert!(
        ran.err.contains(&format!("deskbridge workflow show {id}")),
        "{}",
        ran.err
    );
    let shown = desk.json(&["workflow", "show", id, "--json"]).await;
    assert_eq!(shown["problem"]["kind"], "invalid_credentials");
    assert!(
        !shown["problem"]["actions"][0]["steps"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let text = desk.ok(&["workflow", "show", id]).await;
    assert!(text.contains("1. ") && text.contains("2. "), "{text}");
    let still = desk.refused(1, &["workflow", "resolve", id]).await;
    assert!(!still.contains("revoked-token"), "{still}");
    desk.set("ZENDESK_TOKEN", crate::desk::TOKEN);
    desk.ok(&edit).await;
    let resolved = desk.json(&["workflow", "resolve", id, "--json"]).await;
    assert_eq!(resolved["workflow"], id);
    assert_eq!(resolved["rows"]["created"], 5);
    assert_eq!(zendesk.sends().users_created, 5);
    let listed = desk.json(&["workflow", "list", "--json"]).await;
    assert_eq!(listed["workflows"][0]["state"], "completed");
    assert_eq!(listed["workflows"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn bulk_import_that_is_off_is_gone_around_one_by_one() {
    let desk = Desk::bare();
    let zendesk = desk.destination("support", &[]).await;
    zendesk.switch(|switches| switches.bulk_user_import = false);
    let people = desk.file("people.csv", people(2));
    let ran = desk
        .run(&["send", &people, "--to", "support", "--json"])
        .await;
    assert_eq!(ran.status, Some(1), "{ran:?}");
    assert!(
        ran.err.contains("Bulk import is not enabled"),
        "{}",
        ran.err
    );
    let result: Value = serde_json::from_str(&ran.out).unwrap();
    let id = result["workflow"].as_str().unwrap();
    let resolved = desk
        .json(&[
            "workflow",
            "resolve",
            id,
            "--action",
            "send_one_by_one",
            "--json",
        ])
        .await;
    assert_eq!(resolved["rows"]["created"], 2, "{resolved}");
}

#[tokio::test]
async fn rejected_rows_come_as_a_file_without_formulas() {
    let desk = Desk::bare();
    let _zendesk = desk.destination("support", &[]).await;
    let people = desk.file("people.csv",
        "external_id,name,email\nc1,\"=cmd|' /C calc'!A0\",kim@customer.example\n\"=1+1\",,lee@customer.example\n",
    );
    let result = desk
        .json(&["send", &people, "--to", "support", "--json"])
        .await;
    adds_up(&result);
    assert_eq!(result["rows"]["rejected"], 1, "{result}");
    let id = result["workflow"].as_str().unwrap();
    let out = desk.data().join("rejected.csv");
    let path = out.to_str().unwrap();
    desk.ok(&[
        "workflow",
        "rows",
        id,
        "--outcome",
        "rejected",
        "--csv",
        path,
    ])
    .await;
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(
        text.starts_with("line,outcome,code,field,reason,zendesk_id,external_id,name,email\n"),
        "{text}"
    );
    assert!(text.contains("'=1+1"), "{text}");
    assert!(!text.contains(",=1+1"), "{text}");
    assert_eq!(text.lines().count(), 2, "{text}");
}

#[tokio::test]
async fn a_workflow_that_stopped_is_gone_on_with_or_begun_anew() {
    let desk = Desk::bare();
    let zendesk = desk.destination("support", &[]).await;
    let missing = desk.data().join("late.csv");
    let path = missing.to_str().unwrap();
    let ran = desk.run(&["send", path, "--to", "support", "--json"]).await;
    assert_eq!(ran.status, Some(1), "{ran:?}");
    assert!(ran.err.contains("Missing source file"), "{}", ran.err);
    let result: Value = serde_json::from_str(&ran.out).unwrap();
    let id = result["workflow"].as_str().unwrap();
    let said = desk.refused(1, &["workflow", "stop", id]).await;
    assert!(said.contains("failed already"), "{said}");
    std::fs::write(&missing, people(3)).unwrap();
    let retried = desk.json(&["workflow", "retry", id, "--json"]).await;
    assert_eq!(retried["rows"]["created"], 3);
    let restarted = desk.json(&["workflow", "restart", id, "--json"]).await;
    assert_ne!(restarted["workflow"], id);
    assert_eq!(restarted["rows"]["unchanged"], 3);
    assert_eq!(zendesk.sends().users_created, 3);
}
