//! Outgoing webhooks by command: added, listed, changed, tried, rolled, removed, and what they are told.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::desk::{ADMIN, Desk, in_time};

/// A receiver that answers everything so; returns its address, and the heads of what comes.
async fn receiver(answer: &'static str) -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/deskbridge", listener.local_addr().unwrap());
    let (came, heads) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut read = vec![0; 64 * 1024];
            let mut length = 0;
            // The body comes with the head or right behind it.
            while let Ok(Ok(more)) = tokio::time::timeout(
                Duration::from_millis(200),
                socket.read(read.get_mut(length..).unwrap_or_default()),
            )
            .await
            {
                length += more;
                if more == 0 {
                    break;
                }
            }
            read.truncate(length);
            let text = String::from_utf8_lossy(&read).to_lowercase();
            drop(came.send(text));
            let answer =
                format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            drop(socket.write_all(answer.as_bytes()).await);
        }
    });
    (url, heads)
}

/// A desk whose receivers may be in its own network.
async fn open(desk: &Desk) {
    desk.init().await;
    let config = "[outgoing_webhooks]\nallow_private = true\n";
    std::fs::write(desk.data().join("config.toml"), config).unwrap();
}

async fn listed(desk: &Desk) -> Vec<Value> {
    let told = desk.json(&["outgoing-webhook", "list", "--json"]).await;
    told["outgoing_webhooks"].as_array().unwrap().clone()
}

/// `outgoing-webhook` with these arguments.
fn asks<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["outgoing-webhook"], arguments].concat()
}

fn add<'a>(name: &'a str, url: &'a str, events: &[&'a str]) -> Vec<&'a str> {
    let mut all = asks(&["add", name, "--url", url, "--owner", ADMIN]);
    for event in events {
        all.extend(["--event", event]);
    }
    all
}

#[tokio::test]
async fn a_webhook_is_added_listed_changed_rolled_and_removed_and_a_secret_shown_once() {
    Desk::each(async |desk| {
        desk.init().await;
        let none = desk.run(&asks(&["list"])).await;
        assert!(
            none.err.contains("There are no outgoing webhooks."),
            "{none:?}"
        );
        let url = "https://crm.example.com/deskbridge";
        let made = desk
            .ok(&add("crm", url, &["case.created", "run.failed"]))
            .await;
        let secret = made.trim();
        assert!(
            secret.starts_with("whsec_"),
            "only the secret is printed: {made}"
        );
        let all = listed(desk).await;
        assert_eq!(all.len(), 1);
        assert_eq!(all[0]["name"], "crm");
        assert_eq!(all[0]["url"], url);
        assert_eq!(
            all[0]["events"],
            serde_json::json!(["case.created", "run.failed"])
        );
        assert_eq!(all[0]["active"], true);
        assert!(!all[0].to_string().contains(secret));
        let table = desk.ok(&asks(&["list"])).await;
        assert!(table.contains("crm") && table.contains("on"), "{table}");
        assert!(!table.contains(secret));

        let edit = asks(&[
            "edit",
            "crm",
            "--rename",
            "hub",
            "--event",
            "case.deleted",
            "--off",
        ]);
        let told = desk.ok(&edit).await;
        assert!(
            told.contains("The outgoing webhook hub was changed."),
            "{told}"
        );
        let told = desk.ok(&asks(&["edit", "hub", "--off"])).await;
        assert!(told.contains("Nothing was changed."), "{told}");
        let all = listed(desk).await;
        let now = (&all[0]["name"], &all[0]["events"], &all[0]["active"]);
        let wanted = (
            &"hub".into(),
            &serde_json::json!(["case.deleted"]),
            &false.into(),
        );
        assert_eq!(now, wanted);
        desk.ok(&asks(&["edit", "hub", "--on"])).await;
        assert_eq!(listed(desk).await[0]["active"], true);

        let rolled = desk.json(&asks(&["roll", "hub", "--json"])).await;
        let newer = rolled["secret"].as_str().unwrap();
        assert!(newer.starts_with("whsec_") && newer != secret);
        assert!(listed(desk).await[0]["previous_until"].is_string());
        let id = all[0]["id"].as_str().unwrap();
        let told = desk.ok(&asks(&["remove", id])).await;
        assert!(told.contains("hub was removed"), "{told}");
        assert!(listed(desk).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_no_webhook_can_be_is_refused_with_what_to_do() {
    Desk::each(async |desk| {
        desk.init().await;
        let url = "https://crm.example.com/deskbridge";
        for (status, arguments, words) in [
            (2, asks(&["add", "crm"]), "needs --url"),
            (2, add("crm", url, &[]), "Say with --event"),
            (2, add("crm", url, &["case.eaten"]), "case.created"),
            (2, asks(&["edit", "crm", "--on", "--off"]), "--off"),
            (
                1,
                add("crm", "http://127.0.0.1:9/", &["case.created"]),
                "https://",
            ),
            (
                1,
                add("crm", "https://a:b@crm.example.com/", &["case.created"]),
                "Leave name and password",
            ),
            (1, add(" ", url, &["case.created"]), "Name the receiver"),
            (
                1,
                asks(&["edit", "crm", "--on"]),
                "There is no outgoing-webhook named \"crm\"",
            ),
            (1, asks(&["roll", "crm"]), "deskbridge outgoing-webhook add"),
            (1, asks(&["remove", "crm"]), "There is no"),
            (1, asks(&["test", "crm"]), "There is no"),
            (1, asks(&["events", "crm"]), "There is no"),
        ] {
            let said = desk.refused(status, &arguments).await;
            assert!(said.contains(words), "{arguments:?}: {said}");
        }
        let stranger = asks(&[
            "add",
            "crm",
            "--url",
            url,
            "--owner",
            "stranger@x.example",
            "--event",
            "case.created",
        ]);
        let said = desk.refused(1, &stranger).await;
        assert!(said.contains("There is no user"), "{said}");
        assert!(listed(desk).await.is_empty());
        desk.ok(&add("crm", url, &["case.created"])).await;
        let said = desk.refused(1, &add("crm", url, &["case.created"])).await;
        assert!(said.contains("exists already"), "{said}");
        let said = desk.refused(1, &asks(&["remove", "crn"])).await;
        assert!(said.contains("There are: crm."), "{said}");
        assert_eq!(listed(desk).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_test_event_arrives_signed_or_the_command_says_why_not() {
    Desk::each(async |desk| {
        open(desk).await;
        let (url, mut heads) = receiver("204 No Content").await;
        desk.ok(&add("crm", &url, &["case.created"])).await;
        let told = desk.ok(&asks(&["test", "crm"])).await;
        assert!(told.contains("The receiver took the test event."), "{told}");
        let came = in_time(heads.recv()).await.unwrap();
        assert!(came.starts_with("post /deskbridge "), "{came}");
        assert!(came.contains("webhook-signature: v1,"), "{came}");
        let (url, _heads) = receiver("500 Internal Server Error").await;
        desk.ok(&asks(&["edit", "crm", "--url", &url])).await;
        let said = desk.refused(1, &asks(&["test", "crm"])).await;
        assert!(said.contains("The test event did not arrive."), "{said}");
        assert!(said.contains("500"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn what_a_webhook_is_to_be_told_is_listed_and_sent_again() {
    Desk::each(async |desk| {
        open(desk).await;
        let (url, _heads) = receiver("204 No Content").await;
        desk.ok(&add("crm", &url, &["case.created"])).await;
        let none = desk.run(&asks(&["events", "crm"])).await;
        assert!(none.err.contains("told nothing"), "{none:?}");
        for subject in ["One", "Two"] {
            desk.ok(&["case", "create", "--subject", subject]).await;
        }
        assert_eq!(listed(desk).await[0]["waiting"], 2);
        let page = desk
            .json(&asks(&["events", "crm", "--limit", "1", "--json"]))
            .await;
        let newest = page["events"][0]["id"].as_str().unwrap();
        assert_eq!(page["events"][0]["event"], "case.created", "{page}");
        let next = page["next"].as_str().unwrap();
        let rest = desk.ok(&asks(&["events", "crm", "--after", next])).await;
        assert!(
            rest.contains("case.created") && !rest.contains(newest),
            "{rest}"
        );
        let told = desk.ok(&asks(&["again", "crm", newest])).await;
        assert!(told.contains("sends it again now"), "{told}");
        let said = desk.refused(1, &asks(&["again", "crm", "nothing"])).await;
        assert!(said.contains("There is no event \"nothing\""), "{said}");
    })
    .await;
}
