//! Secrets and personal data stay where they belong.

use std::path::Path;

use crate::desk::{Desk, PASSWORD, zendesk, zendesk_in_time};

const CANARY: &str = "canary-5b1f9c1e77";

fn holds(path: &Path, needle: &str) -> bool {
    if path.is_dir() {
        let mut entries = std::fs::read_dir(path).unwrap();
        return entries.any(|entry| holds(&entry.unwrap().path(), needle));
    }
    let bytes = std::fs::read(path).unwrap();
    bytes
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

#[tokio::test]
async fn a_secret_is_neither_stored_in_clear_nor_printed_nor_logged() {
    let zendesk = zendesk_in_time(|config| config.api_token = CANARY.to_owned()).await;
    let mut desk = Desk::bare();
    desk.set("ZENDESK_TOKEN", CANARY);
    let mut heard = String::new();
    let url = zendesk.url();
    let add = crate::desk::add_arguments(&url);
    for command in [
        &crate::desk::INIT[..],
        &add,
        &["integration", "activate", "main"],
        &["sync", "main"],
        &["sync", "main", "--json"],
        &["integration", "show", "main", "--json"],
        &["credential", "list", "--json"],
        &["doctor"],
        &["keys", "rotate"],
        &["case", "show", "1"],
    ] {
        let mut command = command.to_vec();
        command.push("-vvv");
        let ran = desk.run(&command).await;
        assert_eq!(ran.status, Some(0), "{command:?}: {ran:?}");
        heard.push_str(&ran.out);
        heard.push_str(&ran.err);
    }
    assert!(
        heard.contains("TRACE") || heard.contains("DEBUG"),
        "the log is on"
    );
    for secret in [CANARY, PASSWORD] {
        assert!(!heard.contains(secret), "{secret} was printed");
        assert!(!holds(desk.data(), secret), "{secret} is stored in clear");
    }
    let key = std::fs::read_to_string(desk.data().join("key")).unwrap();
    assert!(!heard.contains(key.trim()));
}

#[tokio::test]
async fn the_log_names_no_customer() {
    let zendesk = zendesk(|_| {}).await;
    let desk = Desk::bare();
    desk.set_up(&zendesk.url()).await;
    let ran = desk.run(&["sync", "main", "--json", "-vvv"]).await;
    assert!(ran.err.contains("DEBUG"), "{}", ran.err);
    let people: Vec<(String, Option<String>)> = zendesk.read(|account| {
        let users = account.users();
        users
            .map(|user| {
                (
                    user.name.to_string(),
                    user.email.as_deref().map(str::to_owned),
                )
            })
            .collect()
    });
    for (name, email) in people {
        assert!(!ran.err.contains(&name), "{name} is in the log");
        if let Some(email) = email {
            assert!(!ran.err.contains(&email), "{email} is in the log");
        }
    }
}
