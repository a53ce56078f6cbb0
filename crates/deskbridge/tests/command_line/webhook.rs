//! Webhooks and the sweep as scripts meet them.

use std::process::Stdio;

use simulator::{Delivery, Limits, NewComment, Simulator};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use crate::desk::{Desk, in_time, terminate, zendesk};

/// `deskbridge serve`, and the address it serves.
async fn serve(desk: &Desk) -> (Child, String) {
    let mut child = desk
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = in_time(lines.next_line()).await.unwrap().unwrap();
    let url = line.split(' ').next_back().unwrap().trim_end_matches('/');
    (child, url.to_owned())
}

/// The messages of the comments of a case.
async fn messages(desk: &Desk, number: &str) -> Vec<String> {
    let case = desk.json(&["case", "show", number, "--json"]).await;
    let comments = case["comments"].as_array().unwrap();
    comments
        .iter()
        .map(|comment| comment["message"].as_str().unwrap().to_owned())
        .collect()
}

fn first_ticket(zendesk: &Simulator) -> i64 {
    let first = zendesk.read(|account| account.tickets().next().map(|ticket| ticket.id));
    first.unwrap()
}

#[tokio::test]
async fn what_zendesk_tells_the_served_door_is_in_the_case_without_a_pull() {
    Desk::each(async |desk| {
        let zendesk = zendesk(|_| {}).await;
        desk.set_up(&zendesk.url()).await;
        desk.ok(&["sync", "main"]).await;
        // Polling alone would be too late for this test.
        desk.ok(&["integration", "edit", "main", "--interval", "86400"])
            .await;
        desk.ok(&["sync", "main"]).await;
        let (mut served, url) = serve(desk).await;
        let made = desk
            .ok(&["webhook", "install", "main", "--url", &url])
            .await;
        assert!(made.contains("was made in Zendesk"), "{made}");
        assert!(made.contains(&format!("{url}/hooks/zendesk/")), "{made}");
        let again = desk
            .ok(&["webhook", "install", "main", "--url", &url])
            .await;
        assert!(again.contains("is as it should be"), "{again}");

        let ticket = first_ticket(&zendesk);
        let comment = NewComment::public("It is out.");
        zendesk
            .edit(|account| account.add_comment(ticket, comment))
            .unwrap();
        in_time(zendesk.webhooks_settled()).await;
        let sent = zendesk.webhook_invocations();
        assert!(
            sent.iter().all(|one| one.outcome == Delivery::Success),
            "{sent:?}"
        );
        let list = desk.json(&["case", "list", "--json"]).await;
        let cases = list["cases"].as_array().unwrap();
        let case = cases.iter().find(|case| case["ticket"] == ticket).unwrap();
        let number = case["number"].to_string();
        in_time(async {
            // Each look is a process of its own, so this is no busy loop.
            let told = "It is out.".to_owned();
            while !messages(desk, &number).await.contains(&told) {}
        })
        .await;
        let status = desk.json(&["webhook", "status", "main", "--json"]).await;
        assert_eq!(status["in_zendesk"], "active");
        assert_eq!(status["webhook"]["counts"]["noted"], 1, "{status}");
        assert!(status["webhook"]["last_seen_at"].is_string());

        let rotated = desk.ok(&["webhook", "rotate", "main"]).await;
        assert!(rotated.contains("is good until"), "{rotated}");
        let removed = desk.ok(&["webhook", "remove", "main"]).await;
        assert!(removed.contains("was removed"), "{removed}");
        let status = desk.json(&["webhook", "status", "main", "--json"]).await;
        assert!(status["webhook"].is_null());
        terminate(&served).await;
        assert_eq!(in_time(served.wait()).await.unwrap().code(), Some(0));
    })
    .await;
}

#[tokio::test]
async fn a_webhook_needs_an_address_that_zendesk_may_call() {
    let zendesk = zendesk(|_| {}).await;
    let mut desk = Desk::bare();
    desk.set_up(&zendesk.url()).await;
    let said = desk.refused(1, &["webhook", "install", "main"]).await;
    assert!(said.contains("web.public_url"), "{said}");
    let plain = [
        "webhook",
        "install",
        "main",
        "--url",
        "http://desk.example.com",
    ];
    let said = desk.refused(1, &plain).await;
    assert!(said.contains("without encryption"), "{said}");
    let said = desk.refused(1, &["webhook", "rotate", "main"]).await;
    assert!(said.contains("deskbridge webhook install main"), "{said}");
    let said = desk.refused(1, &["webhook", "status", "nobody"]).await;
    assert!(said.contains("There are: main."), "{said}");
    // Loopback is for tests only, and only where they say so.
    desk.unset("DESKBRIDGE_ALLOW_LOOPBACK");
    let local = ["webhook", "install", "main", "--url", "http://127.0.0.1:1"];
    desk.refused(1, &local).await;
}

#[tokio::test]
async fn an_integration_tells_its_budget_and_is_verified_on_demand() {
    Desk::each(async |desk| {
        let zendesk = zendesk(|config| config.limits = Limits::Growth).await;
        desk.set_up(&zendesk.url()).await;
        let said = desk.refused(1, &["integration", "verify", "main"]).await;
        assert!(said.contains("deskbridge sync main"), "{said}");
        desk.ok(&["sync", "main"]).await;
        let round = desk
            .json(&["integration", "verify", "main", "--json"])
            .await;
        assert_eq!(
            (&round["verified"], &round["differences"]),
            (&8.into(), &0.into())
        );
        let shown = desk.json(&["integration", "show", "main", "--json"]).await;
        let health = &shown["health"];
        assert_eq!(health["budget"]["limit"], 400);
        assert_eq!(health["budget"]["share"], 50);
        assert!(health["budget"]["spent"].as_u64().unwrap() > 0, "{health}");
        assert_eq!(health["sweep"]["last"], round);
        assert!(health["sweep"]["oldest_verified_at"].is_string());
        assert!(health["webhook"].is_null());
        let lines = desk.ok(&["integration", "show", "main"]).await;
        for told in [
            "we may send (50 % of what others leave of 400)",
            "8 tickets verified, 0 differences",
            "none; changes come in by polling",
        ] {
            assert!(lines.contains(told), "{told} is missing in {lines}");
        }
    })
    .await;
}
