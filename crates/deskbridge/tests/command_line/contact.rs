//! Contacts by command: listed, shown, made, edited.

use std::time::Duration;

use crate::desk::{Desk, zendesk};

#[tokio::test]
async fn a_contact_is_listed_shown_and_edited_and_reaches_zendesk() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        simulator.advance(Duration::from_secs(120));
        desk.set_up(&simulator.url()).await;
        desk.ok(&["integration", "edit", "main", "--two-way"]).await;
        desk.ok(&["sync", "main"]).await;
        let page = desk
            .json(&["contact", "list", "--limit", "1", "--json"])
            .await;
        let newest = page["contacts"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(page["next"], newest, "{page}");
        let rest = ["contact", "list", "--before", &newest, "--json"];
        let rest = desk.json(&rest).await;
        assert!(!rest["contacts"].to_string().contains(&newest), "{rest}");
        let all = desk.json(&["contact", "list", "--json"]).await;
        let all = all["contacts"].as_array().unwrap().clone();
        let mut found = None;
        for contact in &all {
            let id = contact["id"].as_str().unwrap();
            let shown = desk.json(&["contact", "show", id, "--json"]).await;
            if shown["zendesk"][0]["role"] == "end-user" && shown["email"].is_string() {
                found = Some(shown);
                break;
            }
        }
        let found = found.unwrap();
        assert_eq!(found["in_sync"], true, "{found}");
        let email = found["email"].as_str().unwrap();
        let user = found["zendesk"][0]["user"].as_i64().unwrap();

        let edit = ["contact", "edit", email, "--phone", "+13135550100"];
        let told = desk.ok(&edit).await;
        assert!(told.contains("is as you said."), "{told}");
        assert!(told.contains("not up to date in Zendesk yet"), "{told}");
        desk.ok(&["sync", "main"]).await;
        let there = simulator.read(|account| {
            let user = account.user(user).unwrap();
            user.phone.as_deref().map(str::to_owned)
        });
        assert_eq!(there.as_deref(), Some("+13135550100"));
        let shown = desk.ok(&["contact", "show", email]).await;
        assert!(shown.contains("+13135550100"), "{shown}");
        assert!(shown.contains("are in step"), "{shown}");

        let said = desk.refused(2, &["contact", "edit", email]).await;
        assert!(said.contains("--phone"), "{said}");
        let said = desk
            .refused(1, &["contact", "show", "nobody@x.example"])
            .await;
        assert!(said.contains("There is no contact"), "{said}");
        let said = desk
            .refused(1, &["contact", "edit", email, "--email", ""])
            .await;
        assert!(said.contains("cannot be left without an email"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn a_contact_is_made_once_for_an_email_and_a_case_takes_it() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        desk.set_up(&simulator.url()).await;
        let create = ["contact", "create", "--name"];
        let rosa = [
            &create[..],
            &["Rosa Parks", "--email", "rosa@home.example", "--phone", "-"],
        ]
        .concat();
        let told = desk.ok(&rosa).await;
        assert!(told.contains("Contact Rosa Parks was made."), "{told}");
        assert!(told.contains("nobody in Zendesk yet"), "{told}");
        let shown = desk
            .json(&["contact", "show", "ROSA@home.example", "--json"])
            .await;
        assert_eq!(shown["name"], "Rosa Parks", "{shown}");
        assert_eq!(shown["phone"], "-", "{shown}");

        let said = desk.refused(1, &rosa).await;
        assert!(said.contains("rosa@home.example"), "{said}");
        assert!(said.contains("exists already"), "{said}");
        let said = desk.refused(1, &[&create[..], &[" "]].concat()).await;
        assert!(said.contains("cannot be blank"), "{said}");
        let email = [&create[..], &["Alan", "--email", "alan"]].concat();
        let said = desk.refused(1, &email).await;
        assert!(said.contains("no email address"), "{said}");
        let said = desk
            .refused(2, &["contact", "create", "--email", "a@x.example"])
            .await;
        assert!(said.contains("--name"), "{said}");
        let stranger = [&create[..], &["Alan", "--as", "stranger@x.example"]].concat();
        let said = desk.refused(1, &stranger).await;
        assert!(said.contains("There is no user"), "{said}");
        // None of these was made, and one without an email is.
        let made = desk
            .json(&[&create[..], &["Alan", "--json"]].concat())
            .await;
        assert_eq!(made["name"], "Alan", "{made}");
        let page = desk.json(&["contact", "list", "--json"]).await;
        assert_eq!(page["contacts"].as_array().unwrap().len(), 2, "{page}");
        let case = ["case", "create", "--subject", "Printer on fire"];
        let case = [&case[..], &["--contact", "rosa@home.example", "--json"]].concat();
        assert!(desk.json(&case).await["case"].is_i64());
    })
    .await;
}
