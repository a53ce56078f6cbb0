//! Both ways by command: what people type, and what is in Zendesk after the next sync.

use std::time::Duration;

use serde_json::Value;
use simulator::{NewComment, Simulator, Status, TicketChange};

use crate::desk::{ADMIN, Desk, add_arguments, zendesk};

/// A case with its ticket.
pub(crate) struct Pair {
    pub(crate) number: String,
    pub(crate) ticket: i64,
}

/// An installation that syncs both ways, pulled once, and one of its open cases.
pub(crate) async fn two_way(desk: &Desk, simulator: &Simulator) -> Pair {
    one_way(desk, simulator).await;
    desk.ok(&["integration", "edit", "main", "--two-way"]).await;
    pair(desk).await
}

/// An installation that syncs one way, pulled once.
pub(crate) async fn one_way(desk: &Desk, simulator: &Simulator) {
    simulator.advance(Duration::from_secs(120));
    desk.set_up(&simulator.url()).await;
    desk.ok(&["sync", "main"]).await;
}

/// An open case with a ticket.
pub(crate) async fn pair(desk: &Desk) -> Pair {
    let page = desk.json(&["case", "list", "--json"]).await;
    let cases = page["cases"].as_array().unwrap();
    let open = |case: &&Value| case["status"] == "open" && case["ticket"].is_i64();
    let case = cases.iter().find(open).unwrap();
    Pair {
        number: case["number"].to_string(),
        ticket: case["ticket"].as_i64().unwrap(),
    }
}

/// The ticket's subject and status.
pub(crate) fn there(simulator: &Simulator, ticket: i64) -> (String, Status) {
    simulator.read(|account| {
        let ticket = account.ticket(ticket).unwrap();
        let subject = ticket.subject.as_ref().map(ToString::to_string);
        (subject.unwrap_or_default(), ticket.status)
    })
}

/// The texts of a ticket's comments and whether the customer sees them, oldest first.
pub(crate) fn said_there(simulator: &Simulator, ticket: i64) -> Vec<(String, bool)> {
    simulator.read(|account| {
        account
            .comments_of(ticket)
            .map(|(_, comment)| (comment.body.to_string(), comment.public))
            .collect()
    })
}

/// Somebody gives the ticket another subject in Zendesk.
pub(crate) fn rename_there(simulator: &Simulator, ticket: i64, subject: &str) {
    let change = TicketChange {
        subject: Some(Some(subject.to_owned())),
        ..TicketChange::default()
    };
    let changed = simulator.edit(|account| account.update_ticket(ticket, change));
    changed.unwrap();
}

#[tokio::test]
async fn an_edit_is_told_by_the_dry_run_and_sent_by_the_run_after_it() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        let Pair { number, ticket } = two_way(desk, &simulator).await;
        let why = desk.json(&["case", "why", &number, "--json"]).await;
        assert_eq!(why["in_sync"], true, "{why}");

        let edit = [
            "case",
            "edit",
            &number,
            "--subject",
            "Smoke, no fire",
            "--status",
            "in-progress",
        ];
        let told = desk.ok(&edit).await;
        assert!(
            told.contains(&format!("Case {number} is as you said.")),
            "{told}"
        );
        assert!(told.contains("Edits are not in Zendesk yet"), "{told}");
        let why = desk.json(&["case", "why", &number, "--json"]).await;
        assert_eq!(why["in_sync"], false, "{why}");
        assert_eq!(why["case"].to_string(), number);

        let would = desk.json(&["sync", "main", "--dry-run", "--json"]).await;
        let sendings: Vec<&str> = would["sendings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|sending| sending.as_str().unwrap())
            .collect();
        assert_eq!(sendings.len(), 2, "{sendings:?}");
        assert!(sendings[0].contains("“Smoke, no fire”"), "{sendings:?}");
        assert!(sendings[1].contains("status of ticket"), "{sendings:?}");
        assert_ne!(there(&simulator, ticket).0, "Smoke, no fire");

        let told = desk.ok(&["sync", "main"]).await;
        assert!(told.contains("1 delivered to Zendesk, 0 parked"), "{told}");
        let expected = ("Smoke, no fire".to_owned(), Status::Pending);
        assert_eq!(there(&simulator, ticket), expected);
        let said = desk.ok(&["case", "why", &number]).await;
        assert_eq!(
            said.trim(),
            format!("The case and ticket {ticket} are in step.")
        );

        let shown = desk.ok(&["case", "show", &number]).await;
        let whose = format!("Changed, here by {ADMIN}");
        assert!(shown.contains(&whose), "{shown}");
        assert!(shown.contains("Status from Open to In progress"), "{shown}");
        let again = desk.json(&["sync", "main", "--json"]).await;
        assert_eq!(
            (&again["delivered"], &again["parked"]),
            (&0.into(), &0.into())
        );
    })
    .await;
}

#[tokio::test]
async fn the_history_of_a_case_tells_which_run_brought_a_change() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        let Pair { number, ticket } = two_way(desk, &simulator).await;
        rename_there(&simulator, ticket, "Said there");
        simulator.advance(Duration::from_secs(120));
        let run = desk.json(&["sync", "main", "--json"]).await;
        let case = desk.json(&["case", "show", &number, "--json"]).await;
        let last = &case["history"][0];
        assert_eq!(last["side"], "zendesk", "{last}");
        assert_eq!(
            (&last["actor"], &last["run"]),
            (&"pull".into(), &run["run"])
        );
        let shown = desk.ok(&["case", "show", &number]).await;
        let told = format!(
            "Changed, in Zendesk, brought by pull, run {}",
            run["run"].as_str().unwrap()
        );
        assert!(shown.contains(&told), "{shown}");
        let rest = desk
            .ok(&["case", "show", &number, "--history-before", "2"])
            .await;
        assert!(
            rest.contains("State before the first change, noted at that change"),
            "{rest}"
        );
        assert!(!rest.contains(&told), "{rest}");
    })
    .await;
}

#[tokio::test]
async fn a_comment_is_private_unless_it_is_said_to_be_public() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        let Pair { number, ticket } = two_way(desk, &simulator).await;
        let before = said_there(&simulator, ticket).len();
        let told = desk.ok(&["case", "comment", &number, "Only for us."]).await;
        assert_eq!(
            told.trim(),
            format!("Added a private note to case {number}.")
        );
        let report = desk.data().join("report.txt");
        std::fs::write(&report, "All is well.").unwrap();
        let public = [
            "case",
            "comment",
            &number,
            "-- See the report.",
            "--public",
            "--attach",
            report.to_str().unwrap(),
            "--as",
            ADMIN,
        ];
        let told = desk.ok(&public).await;
        assert!(told.contains("a public comment with 1 file"), "{told}");
        let told = desk.json(&["sync", "main", "--json"]).await;
        assert_eq!(told["delivered"], 2, "{told}");
        let expected = [
            ("Only for us.".to_owned(), false),
            ("-- See the report.".to_owned(), true),
        ];
        assert_eq!(said_there(&simulator, ticket)[before..], expected);
        desk.ok(&["sync", "main"]).await;
        assert_eq!(said_there(&simulator, ticket).len(), before + 2);
    })
    .await;
}

#[tokio::test]
async fn a_case_made_here_is_published_once_however_often_it_is_asked_for() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        let Pair { number, .. } = two_way(desk, &simulator).await;
        let known = desk.json(&["case", "show", &number, "--json"]).await;
        let contact = known["contact"]["id"].as_str().unwrap();
        let create = [
            "case",
            "create",
            "--subject",
            "Printer on fire",
            "--description",
            "Third floor.",
            "--priority",
            "high",
            "--contact",
            contact,
            "--assigned-to",
            ADMIN,
            "--json",
        ];
        let made = desk.json(&create).await;
        let case = made["case"].to_string();
        assert_eq!(made["sync"]["in_sync"], false);
        let why = desk.ok(&["case", "why", &case]).await;
        assert!(why.contains("has no ticket"), "{why}");
        desk.ok(&["case", "comment", &case, "Call the fire brigade."])
            .await;

        let before = simulator.read(|account| account.tickets().count());
        let publish = ["case", "publish", &case, "--json"];
        let asked = desk.json(&publish).await;
        assert_eq!(
            (&asked["integration"], &asked["already"]),
            (&"main".into(), &false.into())
        );
        assert_eq!(desk.json(&publish).await["already"], true);
        let would = desk.ok(&["sync", "main", "--dry-run"]).await;
        assert!(
            would.contains("would become a ticket with the subject “Printer on fire”"),
            "{would}"
        );
        desk.ok(&["sync", "main"]).await;
        assert_eq!(
            simulator.read(|account| account.tickets().count()),
            before + 1
        );
        let shown = desk.json(&["case", "show", &case, "--json"]).await;
        let ticket = shown["ticket"]["number"].as_i64().unwrap();
        let expected = [
            ("Third floor.".to_owned(), true),
            ("Call the fire brigade.".to_owned(), false),
        ];
        assert_eq!(said_there(&simulator, ticket), expected);
        let said = desk.refused(1, &publish).await;
        assert!(said.contains("has a ticket already"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn a_follow_up_takes_what_the_closed_ticket_did_not() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        let Pair { number, ticket } = two_way(desk, &simulator).await;
        let said = desk.refused(1, &["case", "follow-up", &number]).await;
        assert!(said.contains("is not closed"), "{said}");
        simulator.edit(|account| account.solve(ticket)).unwrap();
        simulator.edit(|account| account.close(ticket)).unwrap();
        simulator.advance(Duration::from_secs(120));
        desk.ok(&["sync", "main"]).await;
        desk.ok(&["case", "comment", &number, "One thing more.", "--public"])
            .await;
        desk.ok(&["sync", "main"]).await;
        let asked = desk.json(&["case", "follow-up", &number, "--json"]).await;
        assert_eq!(asked["already"], false, "{asked}");
        desk.ok(&["sync", "main"]).await;
        let case = desk.json(&["case", "show", &number, "--json"]).await;
        let next = case["ticket"]["number"].as_i64().unwrap();
        assert_ne!(next, ticket);
        let said = said_there(&simulator, next);
        assert!(
            said.contains(&("One thing more.".to_owned(), true)),
            "{said:?}"
        );
        assert_eq!(case["parked"].as_array().unwrap().len(), 0, "{case}");
    })
    .await;
}

#[tokio::test]
async fn what_piled_up_while_nothing_was_sent_is_counted_first_and_sent_if_told() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        one_way(desk, &simulator).await;
        let Pair { number, ticket } = pair(desk).await;
        let backlog = ["integration", "backlog", "main"];
        assert_eq!(desk.ok(&backlog).await.trim(), "Nothing has piled up.");
        desk.ok(&["case", "edit", &number, "--subject", "Only here"])
            .await;
        desk.ok(&["case", "comment", &number, "Nobody heard it."])
            .await;
        desk.ok(&["sync", "main"]).await;
        let why = desk.ok(&["case", "why", &number]).await;
        assert!(why.contains("two-way sync is off"), "{why}");
        let push = ["integration", "backlog", "main", "--push"];
        let said = desk.refused(1, &push).await;
        assert!(said.contains("switch two-way sync on first"), "{said}");

        desk.ok(&["integration", "edit", "main", "--two-way"]).await;
        desk.ok(&["sync", "main"]).await;
        assert_ne!(
            there(&simulator, ticket).0,
            "Only here",
            "nobody asked for it"
        );
        let told = desk
            .json(&["integration", "backlog", "main", "--json"])
            .await;
        let expected = serde_json::json!({"cases": 1, "fields": 1, "comments": 1, "pushed": false});
        assert_eq!(told, expected);
        let told = desk.ok(&push).await;
        assert!(
            told.contains("On the way to Zendesk: 1 field and 1 comment of 1 case."),
            "{told}"
        );
        desk.ok(&["sync", "main"]).await;
        assert_eq!(there(&simulator, ticket).0, "Only here");
        let last = said_there(&simulator, ticket).pop().unwrap();
        assert_eq!(last, ("Nobody heard it.".to_owned(), false));
        assert_eq!(desk.ok(&backlog).await.trim(), "Nothing has piled up.");
    })
    .await;
}

#[tokio::test]
async fn a_deleted_case_stays_away_and_catches_up_once_it_is_restored() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        let Pair { number, ticket } = two_way(desk, &simulator).await;
        let told = desk
            .json(&["case", "delete", &number, "--as", ADMIN, "--json"])
            .await;
        assert_eq!(told["case"].to_string(), number);
        assert_eq!(told["sync"]["in_sync"], false, "{told}");
        let said = desk
            .refused(1, &["case", "edit", &number, "--subject", "x"])
            .await;
        assert!(said.contains("Restore it first"), "{said}");
        rename_there(&simulator, ticket, "Changed meanwhile");
        let comment = NewComment::public("Anybody there?");
        simulator
            .edit(|account| account.add_comment(ticket, comment))
            .unwrap();
        simulator.advance(Duration::from_secs(120));
        desk.ok(&["sync", "main"]).await;
        let page = desk.json(&["case", "list", "--json"]).await;
        let listed = page["cases"].as_array().unwrap();
        assert!(
            listed
                .iter()
                .all(|case| case["number"].as_i64() != number.parse().ok())
        );
        let told = desk.ok(&["case", "restore", &number]).await;
        assert!(told.contains(&format!("Case {number} is back.")), "{told}");
        let shown = desk.ok(&["case", "show", &number]).await;
        for told in [
            format!("The case was restored, here by {ADMIN}"),
            format!("The case was deleted here; its ticket is left as it is, here by {ADMIN}"),
        ] {
            assert!(shown.contains(&told), "{told} is missing in {shown}");
        }
        desk.ok(&["sync", "main"]).await;
        let case = desk.json(&["case", "show", &number, "--json"]).await;
        assert_eq!(case["subject"], "Changed meanwhile");
        assert!(case.to_string().contains("Anybody there?"), "{case}");
        let said = desk.refused(1, &["case", "restore", &number]).await;
        assert!(said.contains("was not deleted"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn an_account_that_was_deleted_and_is_added_again_has_its_cases_again() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        one_way(desk, &simulator).await;
        let before = desk.json(&["case", "list", "--json"]).await;
        desk.ok(&["integration", "delete", "main", "--yes"]).await;
        simulator.advance(Duration::from_secs(120));
        let told = desk.ok(&add_arguments(&simulator.url())).await;
        let sentence = "tickets have the cases again that they had then";
        assert!(told.contains(sentence), "{told}");
        desk.ok(&["integration", "activate", "main"]).await;
        desk.ok(&["sync", "main"]).await;
        let now = desk.json(&["case", "list", "--json"]).await;
        assert_eq!(before, now);
    })
    .await;
}
