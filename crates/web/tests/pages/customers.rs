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
async fn a_contact_is_made_by_hand_and_what_is_wrong_stands_next_to_its_field() {
    on_both(async |house: House| {
        let mut browser = house.browser().await;
        let list = browser.get("/contacts").await;
        assert!(list.text().contains("No contacts yet"), "{}", list.text());
        assert_eq!(
            list.body.matches("href=\"/contacts/new\"").count(),
            2,
            "above the list, and where there is none"
        );
        let page = browser.get("/contacts/new").await;
        assert!(page.has("action=\"/contacts\"") && page.has("Create contact"));
        let form = "name=Grace+Hopper&email=grace%40navy.example&phone=+%2B1+206+555+0100+";
        let answer = browser.post("/contacts", form).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let place = answer.header("location").to_owned();
        let address = place.strip_suffix("?done=made").unwrap();
        let page = browser.get(&place).await.text();
        for told in [
            "The contact was made.",
            "Grace Hopper",
            "grace@navy.example",
            "+1 206 555 0100",
            "Ada Lovelace",
            "nobody in Zendesk yet",
            "Made by ada@example.com",
        ] {
            assert!(page.contains(told), "{told} is missing in {page}");
        }
        assert!(browser.get("/contacts?q=hop").await.has(address));

        for (form, field, said) in [
            ("name=+&email=g%40x.example", "name", "cannot be blank"),
            ("name=G&email=nothing", "email", "no email address"),
            (
                "name=Second&email=GRACE%40navy.example&phone=7",
                "email",
                "exists already, so no second one was made",
            ),
            (
                "name=G%E2%80%A2%E2%80%A2%E2%80%A2&email=",
                "name",
                "This is masked",
            ),
            ("name=G&account=nowhere", "account", "no such account"),
        ] {
            let answer = browser.post("/contacts", form).await;
            assert_eq!(answer.status, 422, "{form}");
            let mark = format!("id=\"{field}-wrong\"");
            assert!(answer.has(&mark), "{form}: {}", answer.body);
            assert!(answer.text().contains(said), "{}", answer.text());
        }
        let answer = browser
            .post(
                "/contacts",
                "name=Second&email=grace%40navy.example&phone=7",
            )
            .await;
        assert!(
            answer.has("value=\"Second\"") && answer.has("value=\"7\""),
            "what was typed stays"
        );
        assert!(!browser.get("/contacts").await.has("Second"));
    })
    .await;
}

#[tokio::test]
async fn a_contact_is_made_for_an_account() {
    on_both(async |house: House| {
        let mut browser = house.browser().await;
        let answer = browser.post("/accounts", "name=Acme+Toys").await;
        let place = answer.header("location").to_owned();
        let address = place.strip_suffix("?done=made").unwrap();
        let id = address.strip_prefix("/accounts/").unwrap();
        let new = format!("/contacts/new?account={id}");
        assert!(browser.get(address).await.has(&new));
        let page = browser.get(&new).await;
        assert!(page.text().contains("Belongs to the account Acme Toys"));
        let hidden = format!("name=\"account\" value=\"{id}\"");
        assert!(page.has(&hidden), "{}", page.body);
        // It is still so after something was wrong.
        let wrong = format!("name=&account={id}");
        assert!(browser.post("/contacts", &wrong).await.has(&hidden));
        let form = format!("name=Grace+Hopper&account={id}");
        let answer = browser.post("/contacts", &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let page = browser.get(answer.header("location")).await;
        assert!(page.has(address) && page.text().contains("Acme Toys"));
        assert!(browser.get(address).await.has("Grace Hopper"));
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
