//! Conflicts and parked changes by command: seen, restored, tried again, given up.

use std::time::Duration;

use crate::desk::{ADMIN, Desk, zendesk};
use crate::two_way::{Pair, rename_there, there, two_way};

#[tokio::test]
async fn a_conflict_is_listed_with_both_values_and_the_one_that_lost_is_restored() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        let Pair { number, ticket } = two_way(desk, &simulator).await;
        let before = there(&simulator, ticket).0;
        let none = desk.json(&["conflict", "list", "--json"]).await;
        assert_eq!(none["conflicts"].as_array().unwrap().len(), 0);
        rename_there(&simulator, ticket, "Said there");
        desk.ok(&["case", "edit", &number, "--subject", "Said here"])
            .await;
        desk.ok(&["sync", "main"]).await;
        assert_eq!(there(&simulator, ticket).0, "Said there");

        let list = [
            "conflict",
            "list",
            "--case",
            &number,
            "--integration",
            "main",
            "--json",
        ];
        let page = desk.json(&list).await;
        let conflict = page["conflicts"][0].clone();
        assert!(page["conflicts"].as_array().unwrap().len() == 1 && page["next"].is_null());
        for (key, value) in [
            ("field", "subject"),
            ("label", "Subject"),
            ("agreed", before.as_str()),
            ("crm", "Said here"),
            ("zendesk", "Said there"),
            ("winner", "zendesk"),
            ("rule", "remote wins"),
            ("integration", "main"),
        ] {
            assert_eq!(conflict[key], value, "{key} of {conflict}");
        }
        assert_eq!(conflict["case_number"].to_string(), number);
        let table = desk.ok(&["conflict", "list"]).await;
        assert!(
            table.contains("Said here") && table.contains("Said there"),
            "{table}"
        );
        let shown = desk.ok(&["case", "show", &number]).await;
        let told =
            "Subject: here Said here, in Zendesk Said there; Zendesk's value stands (remote wins";
        assert!(shown.contains(told), "{shown}");
        assert!(
            shown.contains("to Said there, changed on both sides"),
            "{shown}"
        );

        let id = conflict["id"].as_str().unwrap();
        let one = desk.json(&["conflict", "show", id, "--json"]).await;
        assert_eq!(one["changed_here"]["actor"], ADMIN, "{one}");
        assert!(one["settled"]["at"] == one["at"] && one["restored"].is_null());
        let one = desk.ok(&["conflict", "show", id]).await;
        for told in [
            &format!("Subject of case {number}, changed on both sides"),
            &format!("Agreed before  {before}"),
            &format!("Said here ({ADMIN} at "),
            &format!("Said there (ticket {ticket};"),
            "Rule           remote wins",
            "Zendesk's value stands",
            &format!("no; `deskbridge conflict restore {id}`"),
        ] {
            assert!(one.contains(told), "{told} is missing in {one}");
        }
        let restore = ["conflict", "restore", id, "--as", ADMIN];
        let told = desk.ok(&restore).await;
        assert!(told.contains("has the other value again"), "{told}");
        desk.ok(&["sync", "main"]).await;
        assert_eq!(there(&simulator, ticket).0, "Said here");
        let page = desk.json(&list).await;
        assert_eq!(page["conflicts"].as_array().unwrap().len(), 1);
        assert!(page["conflicts"][0]["restored_at"].is_string(), "{page}");
        let one = desk.ok(&["conflict", "show", id]).await;
        assert!(one.contains(&format!(" by {ADMIN}\n")), "{one}");
        assert!(one.contains("the one from here was restored"), "{one}");
        let shown = desk.ok(&["case", "show", &number]).await;
        let told = format!("Subject: the value that lost a conflict was restored, here by {ADMIN}");
        assert!(shown.contains(&told), "{shown}");
        let said = desk.refused(1, &restore).await;
        assert!(said.contains("restored before"), "{said}");
        for command in ["restore", "show"] {
            let said = desk.refused(1, &["conflict", command, "nonsense"]).await;
            assert!(said.contains("conflict list"), "{said}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_list_of_conflicts_goes_on_where_it_ended() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        let Pair { number, ticket } = two_way(desk, &simulator).await;
        for turn in ["first", "second"] {
            rename_there(&simulator, ticket, &format!("{turn} there"));
            desk.ok(&["case", "edit", &number, "--subject", turn]).await;
            desk.ok(&["sync", "main"]).await;
        }
        let list = ["conflict", "list", "--limit", "1", "--json"];
        let page = desk.json(&list).await;
        assert_eq!(page["conflicts"][0]["crm"], "second");
        let next = page["next"].as_str().unwrap();
        let more: Vec<&str> = list.into_iter().chain(["--after", next]).collect();
        let page = desk.json(&more).await;
        assert_eq!(page["conflicts"][0]["crm"], "first");
        assert!(page["next"].is_null(), "{page}");
    })
    .await;
}

#[tokio::test]
async fn what_a_closed_ticket_refused_is_listed_tried_again_and_given_up() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        let Pair { number, ticket } = two_way(desk, &simulator).await;
        assert_eq!(desk.ok(&["parked", "list"]).await, "");
        let before = there(&simulator, ticket).0;
        simulator.edit(|account| account.solve(ticket)).unwrap();
        simulator.edit(|account| account.close(ticket)).unwrap();
        simulator.advance(Duration::from_secs(120));
        desk.ok(&["sync", "main"]).await;
        desk.ok(&["case", "edit", &number, "--subject", "Too late"])
            .await;
        desk.ok(&["case", "comment", &number, "Too late as well."])
            .await;
        let would = desk.json(&["sync", "main", "--dry-run", "--json"]).await;
        assert_eq!(would["sendings"], serde_json::json!([]));
        let told = would["parked"].to_string();
        let sentence =
            format!("Case {number}: Subject would not be sent, but parked. The ticket is closed");
        assert!(told.contains(&sentence), "{would}");
        assert_eq!(would["parked"].as_array().unwrap().len(), 2, "{would}");
        desk.ok(&["sync", "main"]).await;
        let would = desk.json(&["sync", "main", "--dry-run", "--json"]).await;
        assert_eq!(would["parked"], serde_json::json!([]), "parked already");

        let list = [
            "parked",
            "list",
            "--case",
            &number,
            "--integration",
            "main",
            "--json",
        ];
        let page = desk.json(&list).await;
        let parked = page["parked"].as_array().unwrap().clone();
        assert_eq!(parked.len(), 2, "{page}");
        for change in &parked {
            let reason = change["reason"].as_str().unwrap();
            assert!(
                reason.contains("The ticket is closed in Zendesk"),
                "{reason}"
            );
            assert_eq!(change["case_number"].to_string(), number);
        }
        let of_kind = |kind: &str| {
            let found = parked.iter().find(|change| change["kind"] == kind);
            found.unwrap().clone()
        };
        let (fields, comment) = (of_kind("fields"), of_kind("comment"));
        assert_eq!(fields["what"], "Subject", "{fields}");
        let table = desk.ok(&["parked", "list"]).await;
        assert!(
            table.contains("Subject") && table.contains("follow-up ticket"),
            "{table}"
        );
        let shown = desk.ok(&["case", "show", &number]).await;
        assert!(shown.contains("! Subject: not sent to Zendesk."), "{shown}");
        assert!(shown.contains("private, not sent to Zendesk"), "{shown}");
        let why = desk.json(&["case", "why", &number, "--json"]).await;
        assert_eq!(why["details"].as_array().unwrap().len(), 2, "{why}");

        // Nothing has changed for them, so they come to the same end.
        let told = desk.json(&["parked", "retry", "--all", "--json"]).await;
        assert_eq!(told["retried"], 2);
        desk.ok(&["sync", "main"]).await;
        assert_eq!(
            desk.json(&list).await["parked"].as_array().unwrap().len(),
            2
        );

        let id = fields["id"].as_str().unwrap();
        desk.ok(&["parked", "discard", id]).await;
        let case = desk.json(&["case", "show", &number, "--json"]).await;
        assert_eq!(case["subject"], before, "as both sides last agreed");
        let said = desk.refused(1, &["parked", "discard", id]).await;
        assert!(said.contains("parked list"), "{said}");
        let said = desk.refused(1, &["parked", "retry", id]).await;
        assert!(said.contains("parked list"), "{said}");
        let id = comment["id"].as_str().unwrap();
        desk.ok(&["parked", "retry", id]).await;
        assert_eq!(
            desk.json(&["case", "discard", &number, "--json"]).await["discarded"],
            0
        );
        desk.ok(&["sync", "main"]).await;
        assert_eq!(
            desk.json(&["case", "discard", &number, "--json"]).await["discarded"],
            1
        );
        assert_eq!(desk.ok(&["parked", "list"]).await, "");
        let why = desk.json(&["case", "show", &number, "--json"]).await;
        assert!(
            why.to_string().contains("Too late as well."),
            "it stays on the case"
        );
    })
    .await;
}

#[tokio::test]
async fn a_change_that_cannot_be_made_gets_a_sentence_and_changes_nothing() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        let Pair { number, .. } = two_way(desk, &simulator).await;
        let n = number.as_str();
        let before = desk.json(&["case", "show", n, "--json"]).await;
        for (status, words, command) in [
            (2, "--subject", &["case", "edit", n][..]),
            (
                2,
                "possible values",
                &["case", "edit", n, "--status", "done"],
            ),
            (2, "--subject", &["case", "create", "--description", "x"]),
            (2, "TEXT", &["case", "comment", n]),
            (2, "--all", &["parked", "retry"]),
            (2, "--all", &["parked", "retry", "x", "--all"]),
            (
                2,
                "--integration",
                &["parked", "retry", "x", "--integration", "main"],
            ),
            (2, "ID", &["conflict", "restore"]),
            (2, "--limit", &["conflict", "list", "--limit", "0"]),
            (
                1,
                "There is no case",
                &["case", "edit", "99999", "--subject", "x"],
            ),
            (1, "There is no case", &["case", "why", "99999"]),
            (1, "There is no case", &["case", "publish", "99999"]),
            (1, "There is no case", &["case", "comment", "99999", "x"]),
            (
                1,
                "There is no case",
                &["conflict", "list", "--case", "99999"],
            ),
            (
                1,
                "There is no case",
                &["parked", "list", "--case", "99999"],
            ),
            (
                1,
                "There is no integration",
                &["parked", "list", "--integration", "x"],
            ),
            (
                1,
                "There is no integration",
                &["integration", "backlog", "x"],
            ),
            (
                1,
                "no user",
                &["case", "edit", n, "--assigned-to", "x@y.example"],
            ),
            (
                1,
                "no contact",
                &["case", "edit", n, "--contact", "x@y.example"],
            ),
            (
                1,
                "no user",
                &["case", "edit", n, "--subject", "x", "--as", "x@y.example"],
            ),
            (
                1,
                "needs a subject",
                &["case", "edit", n, "--subject", "  "],
            ),
            (1, "needs a subject", &["case", "create", "--subject", ""]),
            (1, "needs a text", &["case", "comment", n, " "]),
            (1, "has a ticket already", &["case", "publish", n]),
            (1, "was not deleted", &["case", "restore", n]),
        ] {
            let said = desk.refused(status, command).await;
            assert!(said.contains(words), "{command:?}: {said}");
        }
        let after = desk.json(&["case", "show", n, "--json"]).await;
        assert_eq!(before, after);
    })
    .await;
}

#[tokio::test]
async fn with_two_accounts_a_case_is_published_where_it_is_said_to() {
    Desk::each(async |desk| {
        let (simulator, other) = (zendesk(|_| {}).await, zendesk(|_| {}).await);
        let made = async |desk: &Desk| {
            let create = ["case", "create", "--subject", "Printer on fire", "--json"];
            desk.json(&create).await["case"].to_string()
        };
        desk.init().await;
        let case = made(desk).await;
        let said = desk.refused(1, &["case", "publish", &case]).await;
        assert!(said.contains("nowhere to publish to"), "{said}");
        for (name, url) in [("main", simulator.url()), ("second", other.url())] {
            let mut add = crate::desk::add_arguments(&url).to_vec();
            add[2] = name;
            add.push("--two-way");
            desk.ok(&add).await;
            desk.ok(&["integration", "activate", name]).await;
        }
        let said = desk.refused(1, &["case", "publish", &case]).await;
        assert!(
            said.contains("main, second") && said.contains("--to"),
            "{said}"
        );
        let said = desk
            .refused(1, &["case", "publish", &case, "--to", "third"])
            .await;
        assert!(said.contains("third"), "{said}");
        let told = desk.ok(&["case", "publish", &case, "--to", "second"]).await;
        assert!(told.contains("is to get a ticket in second"), "{told}");
        let before = simulator.read(|account| account.tickets().count());
        desk.ok(&["sync", "main"]).await;
        desk.ok(&["sync", "second"]).await;
        let tickets =
            |simulator: &simulator::Simulator| simulator.read(|account| account.tickets().count());
        assert_eq!((tickets(&simulator), tickets(&other)), (before, before + 1));
    })
    .await;
}
