//! The audit log: leafed through, filtered, downloaded.

use crate::house::{House, on_both};

async fn note(house: &House, actor: &str, action: &str, subject: &str) {
    let engine = &house.engine;
    let mut tx = engine.store.begin().await.unwrap();
    let act = engine.act(actor);
    let noted = store::audit::note(&mut tx, act, action, subject, "a, \"b\"").await;
    noted.unwrap();
    tx.commit().await.unwrap();
    house.clock.advance(std::time::Duration::from_millis(5));
}

#[tokio::test]
async fn the_newest_entries_come_first_fifty_to_a_page() {
    on_both(async |house: House| {
        for n in 0..60 {
            note(
                &house,
                "grace@example.com",
                "query.edit",
                &format!("query {n}"),
            )
            .await;
        }
        let mut ada = house.browser().await;
        let page = ada.get("/audit?action=query.edit").await;
        let at = |word: &str| page.text().find(word);
        assert!(at("query 59 ") < at("query 58 ") && at("query 10 ").is_some());
        assert_eq!(at("query 9 "), None);
        let (_, rest) = page.body.split_once("rel=\"next\" href=\"").unwrap();
        let (next, _) = rest.split_once('"').unwrap();
        let next = ada.get(&next.replace("&#38;", "&")).await;
        assert!(next.text().contains("query 9 ") && next.text().contains("query 0 "));
        assert!(!next.text().contains("query 10 "));
        assert!(next.text().contains("These are the oldest entries."));
    })
    .await;
}

#[tokio::test]
async fn entries_are_found_by_who_did_what_to_which() {
    on_both(async |house: House| {
        note(&house, "grace@example.com", "query.edit", "people").await;
        note(&house, "grace@example.com", "query.delete", "people").await;
        note(&house, "command line", "query.edit", "orders").await;
        let mut ada = house.browser().await;
        for (filter, found) in [
            ("actor=grace%40example.com", 2),
            ("action=query.edit", 2),
            ("subject=people", 2),
            ("actor=grace%40example.com&action=query.edit", 1),
            ("actor=nobody", 0),
        ] {
            let page = ada.get(&format!("/audit?{filter}")).await;
            let rows = page.body.matches("data-label=\"Detail\"").count();
            assert_eq!(rows, found, "{filter}: {}", page.text());
        }
        let none = ada.get("/audit?actor=nobody").await;
        assert!(none.text().contains("Nothing was done that fits"));
    })
    .await;
}

#[tokio::test]
async fn the_download_holds_every_entry_and_no_formula() {
    on_both(async |house: House| {
        note(&house, "grace@example.com", "query.edit", "=1+1").await;
        for n in 0..1_005 {
            note(&house, "command line", "query.add", &format!("query {n}")).await;
        }
        let mut ada = house.browser().await;
        let raw = ada.get("/audit.csv?action=query.edit").await;
        assert!(raw.header("content-type").starts_with("text/csv"));
        assert!(raw.header("content-disposition").contains("audit-log.csv"));
        assert!(
            raw.has("id,at,actor,action,subject,detail\r\n"),
            "{}",
            raw.body
        );
        assert!(
            raw.has(",grace@example.com,query.edit,'=1+1,\"a, \"\"b\"\"\"\r\n"),
            "{}",
            raw.body
        );
        let all = ada.get("/audit.csv").await;
        assert_eq!(all.body.matches(",query.add,").count(), 1_005);
    })
    .await;
}
