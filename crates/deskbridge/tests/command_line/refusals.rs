//! Bad input: each gets a sentence that says what happened and what to do, and its exit status.

use simulator::{Fault, FaultKind};

use crate::desk::{Desk, INIT, add_arguments, zendesk};

#[tokio::test]
async fn a_command_called_wrongly_ends_with_2() {
    let mut desk = Desk::bare();
    for command in [
        vec![],
        vec!["nonsense"],
        vec!["sync"],
        vec!["sync", "main", "--nonsense"],
        vec!["init", "--admin-email", "ada@example.com"],
        vec!["integration", "add", "main", "--url", "acme.zendesk.com"],
        vec![
            "integration",
            "add",
            "main",
            "--url",
            "acme.zendesk.com",
            "--api-email",
            "a@example.com",
        ],
        vec!["credential", "add", "acme", "--type", "other"],
        vec!["simulator", "--limits", "some"],
        vec!["simulator", "--fault", "nonsense"],
        vec!["case", "list", "--limit", "0"],
        vec!["integration", "edit", "main", "--interval", "soon"],
    ] {
        let ran = desk.run(&command).await;
        assert_eq!(ran.status, Some(2), "{command:?}: {ran:?}");
        assert!(
            !ran.err.is_empty() && ran.out.is_empty(),
            "{command:?}: {ran:?}"
        );
    }
    desk.unset("ADMIN_PASSWORD");
    let said = desk.refused(2, &INIT).await;
    assert!(
        said.contains("ADMIN_PASSWORD") && said.contains("not set"),
        "{said}"
    );
    desk.set("ADMIN_PASSWORD", "short");
    assert!(desk.refused(2, &INIT).await.contains("too short"));
    for help in [
        &["help"][..],
        &["--help"],
        &["help", "integration", "add"],
        &["--version"],
    ] {
        desk.ok(help).await;
    }
    assert!(desk.ok(&["help"]).await.starts_with("Try it now"));
    assert_eq!(
        std::fs::read_dir(desk.data()).unwrap().count(),
        0,
        "nothing was made"
    );
}

#[tokio::test]
async fn a_secret_given_in_place_of_a_variables_name_is_refused_and_not_repeated() {
    let desk = Desk::bare();
    let said = desk
        .refused(
            2,
            &[
                "integration",
                "add",
                "main",
                "--url",
                "acme.zendesk.com",
                "--api-email",
                "a@example.com",
                "--api-token-env",
                "s3cr3t/t0ken==",
            ],
        )
        .await;
    // Nothing is set up here, so that is said first; a desk that is set up says the other thing.
    assert!(!said.contains("s3cr3t"), "{said}");
    desk.init().await;
    let said = desk
        .refused(
            2,
            &[
                "integration",
                "add",
                "main",
                "--url",
                "acme.zendesk.com",
                "--api-email",
                "a@example.com",
                "--api-token-env",
                "s3cr3t/t0ken==",
            ],
        )
        .await;
    assert!(
        said.contains("the name of an environment variable"),
        "{said}"
    );
    assert!(!said.contains("s3cr3t"), "{said}");
}

#[tokio::test]
async fn where_nothing_is_set_up_every_command_says_how_to_begin() {
    let desk = Desk::bare();
    for command in [
        &["sync", "main"][..],
        &["case", "list"],
        &["integration", "list"],
        &["credential", "list"],
    ] {
        let said = desk.refused(1, command).await;
        assert!(said.contains("deskbridge init"), "{command:?}: {said}");
    }
}

#[tokio::test]
async fn names_that_do_not_exist_are_answered_with_those_that_do() {
    Desk::each(async |desk| {
        desk.init().await;
        let said = desk.refused(1, &["sync", "nope"]).await;
        assert!(said.contains("integration add"), "{said}");
        desk.add("https://acme.zendesk.com").await;
        for command in [
            &["sync", "nope"][..],
            &["integration", "show", "nope"],
            &["integration", "activate", "nope"],
            &["integration", "delete", "nope", "--yes"],
        ] {
            let said = desk.refused(1, command).await;
            assert!(said.contains("There are: main"), "{command:?}: {said}");
        }
        let said = desk.refused(1, &["case", "show", "1"]).await;
        assert!(said.contains("There is no case"), "{said}");
        let said = desk.refused(1, &["credential", "delete", "nope"]).await;
        assert!(said.contains("There are: main"), "{said}");
        let said = desk
            .refused(1, &add_arguments("https://other.zendesk.com"))
            .await;
        assert!(said.contains("exists already"), "{said}");
        let said = desk
            .refused(
                1,
                &["integration", "edit", "main", "--owner", "no@example.com"],
            )
            .await;
        assert!(said.contains("no user with the email"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_not_zendesks_is_refused() {
    let mut desk = Desk::bare();
    desk.init().await;
    for (url, part) in [
        ("ftp://acme.zendesk.com", "https"),
        ("http://acme.zendesk.com", "https"),
        ("https://example.com", "not a Zendesk address"),
        ("https://10.0.0.1", "not a Zendesk address"),
        (
            "https://acme.zendesk.com.example.com",
            "not a Zendesk address",
        ),
        ("https://user:pw@acme.zendesk.com", "user name or password"),
        ("", "not a web address"),
    ] {
        let said = desk.refused(1, &add_arguments(url)).await;
        assert!(said.contains(part), "{url}: {said}");
        assert!(!said.contains("pw@"), "{said}");
    }
    desk.unset("DESKBRIDGE_ALLOW_LOOPBACK");
    let said = desk
        .refused(1, &add_arguments("http://127.0.0.1:8099"))
        .await;
    assert!(said.contains("DESKBRIDGE_ALLOW_LOOPBACK=1"), "{said}");
}

#[tokio::test]
async fn an_account_that_does_not_answer_properly_is_not_activated() {
    let zendesk = zendesk(|_| {}).await;
    let mut desk = Desk::bare();
    desk.set("ZENDESK_TOKEN", "wrong");
    desk.init().await;
    desk.add(&zendesk.url()).await;
    let said = desk.refused(1, &["integration", "activate", "main"]).await;
    assert!(said.contains("does not accept the sign-in"), "{said}");
    let said = desk.refused(1, &["sync", "main"]).await;
    assert!(said.contains("inactive"), "{said}");
    desk.set("ZENDESK_TOKEN", crate::desk::TOKEN);
    desk.ok(&[
        "integration",
        "edit",
        "main",
        "--api-token-env",
        "ZENDESK_TOKEN",
    ])
    .await;
    let kind = FaultKind::Redirect {
        to: "https://elsewhere.example.com/".to_owned(),
    };
    zendesk.add_fault(Fault::new(kind));
    let said = desk.refused(1, &["integration", "activate", "main"]).await;
    assert!(said.contains("redirect to elsewhere.example.com"), "{said}");
    zendesk.clear_faults();
    desk.ok(&["integration", "activate", "main"]).await;
}

#[tokio::test]
async fn an_account_that_answers_with_a_web_page_ends_the_run_with_a_sentence() {
    let zendesk = zendesk(|_| {}).await;
    let desk = Desk::bare();
    desk.set_up(&zendesk.url()).await;
    zendesk.add_fault(Fault::new(FaultKind::Html).on("incremental/tickets/cursor"));
    let ran = desk.run(&["sync", "main", "--json"]).await;
    assert_eq!(ran.status, Some(1), "{ran:?}");
    let summary: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(summary["state"], "failed");
    assert!(
        ran.err.contains("a web page instead of data"),
        "{}",
        ran.err
    );
    assert_eq!(summary["users"]["created"], 6, "what was read before stays");
    zendesk.clear_faults();
    let summary = desk.json(&["sync", "main", "--json"]).await;
    assert_eq!(summary["cases"]["created"], 8);
    assert_eq!(summary["users"]["created"], 0);
}

#[tokio::test]
async fn a_used_integration_stays_with_its_account() {
    let zendesk = zendesk(|_| {}).await;
    let desk = Desk::bare();
    desk.set_up(&zendesk.url()).await;
    let said = desk
        .refused(
            1,
            &[
                "integration",
                "edit",
                "main",
                "--url",
                "https://other.zendesk.com",
            ],
        )
        .await;
    assert!(said.contains("belongs to the account"), "{said}");
}

#[tokio::test]
async fn a_credential_in_use_is_not_deleted() {
    Desk::each(async |desk| {
        desk.init().await;
        desk.ok(&[
            "credential",
            "add",
            "shared",
            "--type",
            "zendesk",
            "--api-email",
            "agent@example.com",
            "--api-token-env",
            "ZENDESK_TOKEN",
        ])
        .await;
        desk.ok(&[
            "integration",
            "add",
            "acme",
            "--url",
            "acme.zendesk.com",
            "--credential",
            "shared",
        ])
        .await;
        let said = desk.refused(1, &["credential", "delete", "shared"]).await;
        assert!(said.contains("is used by: integration acme"), "{said}");
        desk.ok(&["integration", "delete", "acme", "--yes"]).await;
        desk.ok(&["credential", "delete", "shared"]).await;
        let said = desk
            .refused(
                1,
                &[
                    "integration",
                    "add",
                    "acme",
                    "--url",
                    "acme.zendesk.com",
                    "--credential",
                    "shared",
                ],
            )
            .await;
        assert!(said.contains("no credential named"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn a_configuration_that_cannot_be_meant_is_refused_with_its_line() {
    let desk = Desk::bare();
    let file = desk.data().join("config.toml");
    std::fs::write(&file, "[zendesk]\n\npagesize = 10\n").unwrap();
    let said = desk.refused(1, &["case", "list"]).await;
    assert!(
        said.contains("line 3") && said.contains("page_size"),
        "{said}"
    );
    std::fs::write(&file, "[attachments]\nlargest_mb = 0\n").unwrap();
    let said = desk.refused(1, &["case", "list"]).await;
    assert!(
        said.contains("attachments.largest_mb is 0; it must be from 1 to 1024"),
        "{said}"
    );
    std::fs::write(&file, "[zendesk\n").unwrap();
    let said = desk.refused(1, &["case", "list"]).await;
    assert!(said.contains("not valid TOML"), "{said}");
    let said = desk
        .refused(1, &["case", "list", "--config", "/nowhere/config.toml"])
        .await;
    assert!(said.contains("cannot be read"), "{said}");
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_named_without_its_password() {
    let mut desk = Desk::bare();
    desk.init().await;
    desk.set(
        "DESKBRIDGE_DATABASE_URL",
        "postgres://me:hunter2@127.0.0.1:1/desk",
    );
    let said = desk.refused(1, &["case", "list"]).await;
    assert!(
        said.contains("127.0.0.1:1/desk") && !said.contains("hunter2"),
        "{said}"
    );
    desk.set("DESKBRIDGE_DATABASE_URL", "mysql://db/desk");
    let said = desk.refused(1, &["case", "list"]).await;
    assert!(said.contains("postgres://"), "{said}");
    desk.unset("DESKBRIDGE_DATABASE_URL");
    std::fs::write(desk.data().join("deskbridge.db"), "x".repeat(5000)).unwrap();
    let said = desk.refused(1, &["case", "list"]).await;
    assert!(said.contains("deskbridge.db"), "{said}");
}
