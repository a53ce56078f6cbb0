//! Conflicts side by side.

use crate::house::{House, on_both};

#[tokio::test]
async fn a_conflict_is_shown_side_by_side_and_the_value_that_lost_is_restored() {
    on_both(async |house: House| {
        let integration = house.integration("main").await;
        let case = house.case(1, "Zendesk says so").await;
        let id = house.conflict(&integration, &case, "We say so").await;
        let mut browser = house.browser().await;
        let list = browser.get("/conflicts").await.text();
        assert!(list.contains("Case #1 We say so Zendesk says so"), "{list}");
        let page = browser.get(&format!("/conflicts/{id}")).await;
        let told = "Agreed before Printer Here We say so Zendesk stands now Zendesk says so";
        assert!(page.text().contains(told), "{}", page.text());
        assert!(
            browser
                .get("/cases/1")
                .await
                .has(&format!("/conflicts/{id}/restore"))
        );
        let path = format!("/conflicts/{id}/restore");
        let answer = browser.post(&path, "back=record").await;
        assert_eq!(
            answer.header("location"),
            "/cases/1?done=restored",
            "{}",
            answer.text()
        );
        let page = browser.get("/cases/1").await;
        assert!(page.has("We say so</bdi></h1>") && !page.has(&path));
        assert_eq!(browser.post(&path, "").await.status, 409, "once is enough");
        assert!(
            browser
                .get("/conflicts")
                .await
                .text()
                .contains("No conflicts")
        );
        assert!(
            browser
                .get("/conflicts?show=restored")
                .await
                .text()
                .contains("We say so")
        );
        let page = browser.get(&format!("/conflicts/{id}")).await.text();
        assert!(page.contains("Here stands now We say so"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn conflicts_are_paged_newest_first() {
    on_both(async |house: House| {
        let integration = house.integration("main").await;
        let case = house.case(1, "Theirs").await;
        for n in 1..=60 {
            house
                .conflict(&integration, &case, &format!("Ours {n}."))
                .await;
            house.clock.advance(std::time::Duration::from_secs(1));
        }
        let mut browser = house.browser().await;
        let first = browser.get("/conflicts").await;
        assert!(first.has("Ours 60.") && first.has("Ours 11.") && !first.has("Ours 10."));
        let next = first.body.split("rel=\"next\" href=\"").nth(1).unwrap();
        let next = next.split('"').next().unwrap().replace("&amp;", "&");
        let second = browser.get(&next).await;
        assert!(second.has("Ours 10.") && second.has("Ours 1.") && !second.has("Ours 11."));
    })
    .await;
}
