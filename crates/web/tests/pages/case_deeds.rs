//! What people do to a case on its page.

use domain::ticket::Ticket;
use serde_json::json;

use crate::house::{House, on_both};

#[tokio::test]
async fn a_case_is_made_read_and_edited() {
    on_both(async |house: House| {
        house.contact("Grace Hopper", "grace@navy.example").await;
        let mut browser = house.browser().await;
        assert!(browser.get("/cases").await.has("href=\"/cases/new\""));
        assert!(browser.get("/cases/new").await.text().contains("New case"));
        let form = format!(
            "subject=Printer+on+fire&description=It+burns.&priority=high&contact=GRACE%40navy.example&assigned_to={}",
            house.ada.id
        );
        let answer = browser.post("/cases", &form).await;
        assert_eq!(answer.header("location"), "/cases/1?done=made", "{}", answer.text());
        let text = browser.get("/cases/1?done=made").await.text();
        for told in ["The case was made.", "#1 Printer on fire", "Grace Hopper", "High priority"] {
            assert!(text.contains(told), "{told} is missing in {text}");
        }
        let form = browser.get("/cases/1/edit").await;
        assert!(form.has("value=\"grace@navy.example\"") && form.has("It burns.</textarea>"));
        let edit = "version=1&subject=Printer+wet&description=It+drips.&status=resolved&priority=low&contact=&assigned_to=";
        let answer = browser.post("/cases/1/edit", edit).await;
        assert_eq!(answer.header("location"), "/cases/1?done=saved", "{}", answer.text());
        let text = browser.get("/cases/1").await.text();
        for told in ["#1 Printer wet", "Resolved", "Low priority", "It drips."] {
            assert!(text.contains(told), "{told} is missing in {text}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_made_from_an_older_case_changes_nothing_and_keeps_what_was_typed() {
    on_both(async |house: House| {
        house.case(1, "Printer").await;
        let mut browser = house.browser().await;
        let one = "version=1&subject=First&status=open&priority=low";
        let other = "version=1&subject=Second&status=open&priority=low";
        assert_eq!(browser.post("/cases/1/edit", one).await.status, 303);
        for _ in 0..2 {
            // Sending it once more does not help either.
            let answer = browser.post("/cases/1/edit", other).await;
            assert_eq!(answer.status, 422);
            assert!(answer.text().contains("was changed since you read it"));
            assert!(answer.has("value=\"Second\"") && answer.has("name=\"version\" value=\"1\""));
        }
        assert!(browser.get("/cases/1").await.has("First"));
    })
    .await;
}

#[tokio::test]
async fn a_refused_form_says_what_is_wrong_with_which_field() {
    on_both(async |house: House| {
        house.case(1, "Printer").await;
        let mut browser = house.browser().await;
        for (form, field) in [
            ("subject=+&priority=low", "subject"),
            ("subject=a&priority=urgent", "priority"),
            (
                "subject=a&priority=low&contact=nobody%40x.example",
                "contact",
            ),
        ] {
            let answer = browser.post("/cases", form).await;
            assert_eq!(answer.status, 422, "{form}");
            assert!(
                answer.has(&format!("id=\"{field}-wrong\"")),
                "{form}: {}",
                answer.body
            );
        }
        let extra = "subject=a&priority=low&owner=me";
        assert_eq!(browser.post("/cases", extra).await.status, 422);
        let bad = "version=1&subject=a&status=lost&priority=low";
        assert!(
            browser
                .post("/cases/1/edit", bad)
                .await
                .has("id=\"status-wrong\"")
        );
        assert_eq!(browser.get("/cases/77/edit").await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_comment_is_private_unless_it_is_ticked() {
    on_both(async |house: House| {
        house.case(1, "Printer").await;
        let mut browser = house.browser().await;
        for (text, public) in [("For us only.\r\nSecond line.", ""), ("For all.", "yes")] {
            let answer = browser.comment(1, text, public).await;
            assert_eq!(answer.header("location"), "/cases/1?done=said#comments");
        }
        let page = browser.get("/cases/1").await;
        assert!(page.has("For us only.\nSecond line."));
        let articles: Vec<&str> = page.body.split("<article").skip(1).collect();
        assert_eq!(articles.len(), 2);
        assert!(articles[0].contains("Private note") && articles[1].contains(">Public<"));
        let blank = browser.comment(1, " ", "yes").await;
        assert_eq!(blank.status, 422);
        assert!(blank.has("id=\"text-wrong\"") && blank.has("value=\"yes\" checked"));
    })
    .await;
}

#[tokio::test]
async fn a_case_is_deleted_after_a_page_that_says_what_that_means_and_comes_back() {
    on_both(async |house: House| {
        house.case(1, "Printer").await;
        let mut browser = house.browser().await;
        browser.comment(1, "Hello", "").await;
        let asked = browser.get("/cases/1/delete").await.text();
        assert!(
            asked.contains("1 comment.") && asked.contains("nothing happens in Zendesk"),
            "{asked}"
        );
        let answer = browser.post("/cases/1/delete", "").await;
        assert_eq!(answer.header("location"), "/cases/1?done=deleted");
        let page = browser.get("/cases/1").await;
        assert!(page.text().contains("This case was deleted here."));
        assert!(page.has("/cases/1/restore") && !page.has("/cases/1/edit"));
        assert!(!browser.get("/cases").await.has("Printer"));
        assert_eq!(browser.post("/cases/1/delete", "").await.status, 409);
        let answer = browser.post("/cases/1/restore", "").await;
        assert_eq!(answer.header("location"), "/cases/1?done=back");
        assert!(browser.get("/cases").await.has("Printer"));
    })
    .await;
}

const PUBLISH: &str = "Publish to Zendesk";

#[tokio::test]
async fn publish_shows_only_while_an_active_two_way_integration_could_take_the_case() {
    on_both(async |house: House| {
        house.case(1, "Printer").await;
        let mut browser = house.browser().await;
        assert!(
            !browser.get("/cases/1").await.has(PUBLISH),
            "no integration"
        );
        let main = house.integration("main").await;
        assert!(
            !browser.get("/cases/1").await.has(PUBLISH),
            "an inactive one"
        );
        house.activate(&main, false).await;
        assert!(!browser.get("/cases/1").await.has(PUBLISH), "one-way");
        house.activate(&main, true).await;
        let page = browser.get("/cases/1").await;
        assert!(page.has(PUBLISH) && !page.has("<select id=\"integration\""));
        let second = house.integration("second").await;
        house.activate(&second, true).await;
        let page = browser.get("/cases/1").await;
        assert!(page.has(PUBLISH) && page.has("<select id=\"integration\""));
        // Several, and none named.
        assert_eq!(browser.post("/cases/1/publish", "").await.status, 409);
        let form = format!("integration={second}");
        for _ in 0..2 {
            // Asking twice is asking once.
            let answer = browser.post("/cases/1/publish", &form).await;
            assert_eq!(answer.status, 303, "{}", answer.text());
        }
        let page = browser.get("/cases/1").await;
        assert!(!page.has(PUBLISH) && page.text().contains("Waiting to be sent."));
        assert!(page.has("hx-get=\"/cases/1/ticket\""));
        let part = browser.get("/cases/1/ticket").await;
        assert!(
            part.has("id=\"ticket-part\"") && !part.has("<html"),
            "{}",
            part.body
        );
    })
    .await;
}

#[tokio::test]
async fn a_ticket_that_could_not_be_made_says_why_and_is_tried_again_or_given_up() {
    on_both(async |house: House| {
        let case = house.case(1, "Printer").await;
        let main = house.integration("main").await;
        house.activate(&main, true).await;
        let mut browser = house.browser().await;
        browser.post("/cases/1/publish", "").await;
        let id = house.park(&main, &case).await;
        let page = browser.get("/cases/1").await;
        assert!(
            page.text()
                .contains("The ticket was not made. Zendesk refused it"),
            "{}",
            page.text()
        );
        assert!(!page.has("hx-get"), "it does not go on by itself");
        let retried = browser.post(&format!("/parked/{id}/retry"), "from=1").await;
        assert_eq!(retried.header("location"), "/cases/1?done=retried");
        assert!(
            browser
                .get("/cases/1")
                .await
                .text()
                .contains("Waiting to be sent.")
        );
        let id = house.park(&main, &case).await;
        let list = browser.get("/parked").await.text();
        assert!(
            list.contains("New ticket Case #1 Zendesk refused it"),
            "{list}"
        );
        let asked = browser.get(&format!("/parked/{id}/give-up")).await.text();
        assert!(
            asked.contains("1 change will never be sent") && asked.contains("published again"),
            "{asked}"
        );
        let answer = browser.post(&format!("/parked/{id}/give-up"), "").await;
        assert_eq!(answer.header("location"), "/parked?done=given-up");
        assert!(
            browser
                .get("/parked")
                .await
                .text()
                .contains("Nothing is parked")
        );
        assert!(
            browser.get("/cases/1").await.has(PUBLISH),
            "it can be published again"
        );
        assert_eq!(
            browser.get(&format!("/parked/{id}/give-up")).await.status,
            404
        );
    })
    .await;
}

#[tokio::test]
async fn a_closed_ticket_offers_one_that_follows_it() {
    on_both(async |house: House| {
        let case = house.case(1, "Printer").await;
        let main = house.integration("main").await;
        house.activate(&main, true).await;
        let ticket = Ticket {
            id: 701,
            status: Some("closed".to_owned()),
            ..Ticket::default()
        };
        house.ticket(&main, &case, &ticket, &json!({})).await;
        let mut browser = house.browser().await;
        let page = browser.get("/cases/1").await;
        assert!(page.has("Create follow-up ticket"), "{}", page.text());
        assert!(!page.has(PUBLISH), "it has a ticket");
        let answer = browser.post("/cases/1/follow-up", "").await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let page = browser.get("/cases/1").await;
        assert!(
            page.text().contains("Follow-up ticket main"),
            "{}",
            page.text()
        );
        assert!(!page.has("Create follow-up ticket"));
    })
    .await;
}

#[tokio::test]
async fn with_many_colleagues_one_is_named_instead_of_chosen() {
    on_both(async |house: House| {
        for n in 0..101 {
            let (email, name) = (format!("p{n}@example.com"), format!("Person {}", n / 2));
            house.user(&email, &name).await;
        }
        let mut ada = house.browser().await;
        let page = ada.get("/cases/new").await;
        assert!(
            page.has("by email or by name") && !page.has("Person 7"),
            "{}",
            page.body
        );
        let form = |assigned: &str| {
            format!("subject=Printer&description=&priority=high&contact=&assigned_to={assigned}")
        };
        for (typed, said) in [
            ("Person+7", "Several people are called Person 7"),
            (
                "nobody%40example.com",
                "Nobody here has the name or the email",
            ),
        ] {
            let refused = ada.post("/cases", &form(typed)).await;
            assert_eq!(refused.status, 422);
            assert!(refused.text().contains(said), "{}", refused.text());
        }
        // The last has a name for itself.
        let made = ada.post("/cases", &form("Person+50")).await;
        let path = made
            .header("location")
            .split('?')
            .next()
            .unwrap()
            .to_owned();
        assert!(ada.get(&path).await.text().contains("Person 50"));
        let edit = ada.get(&format!("{path}/edit")).await;
        assert!(edit.has("value=\"p100@example.com\""), "{}", edit.body);
        for (asked, there) in [
            ("P100%40example.com", true),
            ("Person+50", true),
            ("p1%40example.com", false),
            ("me", false),
            ("anybody", true),
        ] {
            let list = ada.get(&format!("/cases?assigned={asked}")).await;
            assert_eq!(
                list.text().contains("Printer"),
                there,
                "{asked}: {}",
                list.text()
            );
        }
        let list = ada.get("/cases?assigned=Person+7").await;
        assert!(list.text().contains("Several people are called Person 7"));
        assert!(list.body.len() < 20_000, "{}", list.body.len());
    })
    .await;
}
