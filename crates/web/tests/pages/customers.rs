//! Contacts and accounts.

use crate::house::{House, on_both};

#[tokio::test]
async fn contacts_are_listed_searched_and_edited() {
    on_both(async |house: House| {
        let grace = house.contact("Grace Hopper", "grace@navy.example").await;
        house.contact("Alan Turing", "alan@park.example").await;
        let mut case = house.case(5, "Printer on fire").await;
        case.fields.contact = Some(grace.clone());
        house.put_case(&case).await;
        let mut browser = house.browser().await;
        let all = browser.get("/contacts").await.text();
        assert!(all.contains("Grace Hopper grace@navy.example") && all.contains("Alan Turing"));
        for query in ["hop", "GRACE", "navy.example", "grace%40navy"] {
            let page = browser.get(&format!("/contacts?q={query}")).await;
            assert!(
                page.has("Grace Hopper") && !page.has("Alan Turing"),
                "{query}"
            );
        }
        let address = format!("/contacts/{grace}");
        let page = browser.get(&address).await.text();
        for told in [
            "#5 Printer on fire",
            "nobody in Zendesk yet",
            "Nobody has changed this contact",
        ] {
            assert!(page.contains(told), "{told} is missing in {page}");
        }
        let edit = format!("{address}/edit");
        assert!(browser.get(&edit).await.has("value=\"Grace Hopper\""));
        let answer = browser
            .post(
                &edit,
                "name=Grace+Murray+Hopper&email=grace%40yale.example&phone=",
            )
            .await;
        assert_eq!(
            answer.header("location"),
            format!("{address}?done=saved"),
            "{}",
            answer.text()
        );
        let page = browser.get(&address).await.text();
        assert!(page.contains("Grace Murray Hopper") && page.contains("grace@yale.example"));
        assert!(
            page.contains("Edited: name, email by ada@example.com"),
            "{page}"
        );
        assert!(
            browser
                .get("/contacts?q=yale")
                .await
                .has("Grace Murray Hopper")
        );
        assert!(
            browser
                .get("/contacts?q=navy")
                .await
                .text()
                .contains("No contact fits")
        );
        for (form, said) in [
            ("name=+&email=", "A contact needs a name"),
            ("name=G&email=nothing", "no email address"),
        ] {
            let answer = browser.post(&edit, form).await;
            assert_eq!(answer.status, 422);
            assert!(answer.text().contains(said), "{}", answer.text());
        }
    })
    .await;
}

#[tokio::test]
async fn contacts_are_paged_and_none_is_left_out() {
    on_both(async |house: House| {
        for n in 0..60 {
            house
                .contact(&format!("Person Number{n}"), &format!("p{n}@x.example"))
                .await;
            house.clock.advance(std::time::Duration::from_millis(1));
        }
        let mut browser = house.browser().await;
        for query in ["", "?q=person"] {
            let first = browser.get(&format!("/contacts{query}")).await;
            assert!(first.has("Number59<") && first.has("Number10<") && !first.has("Number9<"));
            let next = first.body.split("rel=\"next\" href=\"").nth(1).unwrap();
            let next = next.split('"').next().unwrap().replace("&#38;", "&");
            let second = browser.get(&next).await;
            assert!(second.has("Number9<") && second.has("Number0<") && !second.has("Number10<"));
        }
    })
    .await;
}

#[tokio::test]
async fn an_account_is_made_renamed_and_has_contacts() {
    on_both(async |house: House| {
        let grace = house.contact("Grace Hopper", "grace@navy.example").await;
        let mut browser = house.browser().await;
        assert!(
            browser
                .get("/accounts")
                .await
                .text()
                .contains("No accounts yet")
        );
        let answer = browser.post("/accounts", "name=Acme+Toys").await;
        let place = answer.header("location").to_owned();
        let address = place.strip_suffix("?done=made").unwrap();
        assert_eq!(browser.post("/accounts", "name=+").await.status, 422);
        assert!(browser.get("/accounts?q=toy").await.has("Acme Toys"));
        assert!(!browser.get("/accounts?q=boy").await.has("Acme Toys"));

        let joins = format!("{address}/contacts");
        let wrong = browser.post(&joins, "contact=nobody%40x.example").await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.has("id=\"contact-wrong\"") && wrong.has("nobody@x.example"));
        let answer = browser.post(&joins, "contact=grace%40navy.example").await;
        assert_eq!(answer.header("location"), format!("{address}?done=joined"));
        assert!(browser.get(address).await.has("Grace Hopper"));
        assert!(
            browser
                .get(&format!("/contacts/{grace}"))
                .await
                .has("Acme Toys")
        );
        let edit = format!("{address}/edit");
        let answer = browser.post(&edit, "name=Acme+Games").await;
        assert_eq!(answer.header("location"), format!("{address}?done=saved"));
        assert!(browser.get(address).await.has("Acme Games"));
        let answer = browser.post(&format!("{joins}/{grace}/remove"), "").await;
        assert_eq!(answer.header("location"), format!("{address}?done=left"));
        assert!(!browser.get(address).await.has("Grace Hopper"));
        let again = browser.post(&format!("{joins}/{grace}/remove"), "").await;
        assert_eq!(again.status, 409);
    })
    .await;
}
