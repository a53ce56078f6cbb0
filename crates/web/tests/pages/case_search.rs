//! The list of cases by what is looked for, and views of it.

use domain::case::{CasePriority, CaseStatus};
use domain::ticket::Ticket;
use serde_json::json;
use store::users::UserRole;

use crate::browser::{Answer, Browser};
use crate::house::{House, on_both};

fn numbers(page: &Answer) -> Vec<i64> {
    page.body
        .split("data-label=\"Case\">#")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().parse().unwrap())
        .collect()
}

async fn found(browser: &mut Browser, query: &str) -> Vec<i64> {
    let page = browser.get(&format!("/cases?{query}")).await;
    assert_eq!(page.status, 200, "{query}: {}", page.text());
    numbers(&page)
}

/// Four cases: two for Grace, one closed, one of low priority that nobody has.
async fn furnish(house: &House) -> String {
    let integration = house.integration("main").await;
    let grace = house.contact("Grace Hopper", "grace@navy.example").await;
    for (number, subject) in [
        (11, "Printer on fire"),
        (12, "The printers are slow"),
        (13, "Invoice 2026-77"),
        (14, "Fire drill"),
    ] {
        let mut case = house.case(number, subject).await;
        match number {
            11 => case.fields.contact = Some(grace.clone()),
            12 => case.fields.status = CaseStatus::Closed,
            13 => {
                case.fields.contact = Some(grace.clone());
                case.fields.assigned_to = None;
                case.fields.priority = CasePriority::Low;
            }
            _ => {}
        }
        house.put_case(&case).await;
        if number == 12 {
            let ticket = Ticket {
                id: 98_765,
                ..Ticket::default()
            };
            house.ticket(&integration, &case, &ticket, &json!({})).await;
        }
        if number == 14 {
            house.conflict(&integration, &case, "Water drill").await;
        }
    }
    integration
}

#[tokio::test]
async fn cases_are_found_by_words_numbers_and_people() {
    on_both(async |house: House| {
        let integration = furnish(&house).await;
        let ada = house.ada.id.clone();
        let mut browser = house.browser().await;
        for (query, expected) in [
            ("q=printer", vec![12, 11]),
            ("q=fire+PRINT", vec![11]),
            ("q=fire", vec![14, 11]),
            ("q=rinter", vec![]),
            ("q=98765", vec![12]),
            ("q=%2313", vec![13]),
            ("q=2026", vec![13]),
            ("q=hopper", vec![13, 11]),
            ("q=grace%40navy", vec![13, 11]),
            ("q=hopper&priority=low", vec![13]),
            ("status=closed", vec![12]),
            ("status=in_progress", vec![14, 13, 11]),
            ("priority=low", vec![13]),
            ("priority=high", vec![14, 12, 11]),
            ("assigned=nobody", vec![13]),
            ("assigned=me", vec![14, 12, 11]),
            ("assigned=anybody", vec![14, 12, 11]),
            ("assigned=me&status=in_progress", vec![14, 11]),
            ("assigned=nobody&status=in_progress", vec![13]),
            ("conflict=yes", vec![14]),
            ("parked=yes", vec![]),
            ("status=nonsense", vec![14, 13, 12, 11]),
        ] {
            assert_eq!(found(&mut browser, query).await, expected, "{query}");
        }
        let by_id = format!("integration={integration}");
        assert_eq!(found(&mut browser, &by_id).await, [12]);
        let by_user = format!("assigned={ada}");
        assert_eq!(found(&mut browser, &by_user).await, [14, 12, 11]);
        let none = browser.get("/cases?q=elephant").await.text();
        assert!(none.contains("No case fits"), "{none}");
    })
    .await;
}

#[tokio::test]
async fn an_edited_subject_is_found_by_its_new_words_only() {
    on_both(async |house: House| {
        house.case(1, "Printer on fire").await;
        let mut browser = house.browser().await;
        let form = "version=1&subject=Scanner+on+ice&status=open&priority=low";
        let answer = browser.post("/cases/1/edit", form).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert_eq!(found(&mut browser, "q=scanner").await, [1]);
        assert_eq!(found(&mut browser, "q=printer").await, [0; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_filtered_list_is_paged_both_ways_and_leaves_nothing_out() {
    on_both(async |house: House| {
        for number in 1..=130 {
            let mut case = house.case(number, &format!("Subject {number}")).await;
            if number % 10 == 0 {
                case.fields.status = CaseStatus::Open;
                house.put_case(&case).await;
            }
        }
        let mut browser = house.browser().await;
        let all: Vec<i64> = (1..=130).rev().collect();
        let rest: Vec<i64> = all.iter().copied().filter(|n| n % 10 != 0).collect();
        for (query, expected) in [
            ("", &all),
            ("q=subject", &all),
            ("status=in_progress", &rest),
        ] {
            let mut address = format!("/cases?{query}");
            let mut seen = Vec::new();
            let mut pages = Vec::new();
            while !address.is_empty() {
                let page = browser.get(&address).await;
                pages.push(numbers(&page));
                seen.extend(numbers(&page));
                address = link(&page, "next");
                if address.is_empty() {
                    // And back again.
                    let mut back = link(&page, "prev");
                    for known in pages.iter().rev().skip(1) {
                        let page = browser.get(&back).await;
                        assert_eq!(&numbers(&page), known, "{back}");
                        back = link(&page, "prev");
                    }
                    assert_eq!(back, "", "the first page leads no further");
                }
            }
            assert_eq!(&seen, expected, "{query}");
        }
    })
    .await;
}

fn link(page: &Answer, rel: &str) -> String {
    let found = page.body.split(&format!("rel=\"{rel}\" href=\"")).nth(1);
    let address = found.map_or("", |rest| rest.split('"').next().unwrap());
    address.replace("&#38;", "&").replace("&amp;", "&")
}

#[tokio::test]
async fn a_view_is_saved_shown_to_those_it_is_for_and_deleted_by_its_owner() {
    on_both(async |house: House| {
        furnish(&house).await;
        let mut ada = house.browser().await;
        for form in [
            "name=Mine&q=fire+drill&assigned=me",
            "name=Everybodys&shared=yes&status=closed",
        ] {
            let answer = ada.post("/cases/views", form).await;
            assert!(
                answer.header("location").ends_with("done=kept"),
                "{}",
                answer.text()
            );
        }
        let again = ada.post("/cases/views", "name=Mine&status=open").await;
        assert_eq!(again.status, 422);
        assert!(again.text().contains("exists already"), "{}", again.text());
        assert_eq!(
            ada.post("/cases/views", "name=+&status=open").await.status,
            422
        );

        let page = ada.get("/cases").await;
        assert!(
            page.has("/cases?q=fire%20drill&#38;assigned=me"),
            "{}",
            page.body
        );
        assert_eq!(found(&mut ada, "q=fire%20drill&assigned=me").await, [14]);
        let mut agent = house.browser_of(UserRole::Agent).await;
        let page = agent.get("/cases").await;
        assert!(page.has("Everybodys") && !page.has(">Mine<"));
        assert!(
            !page.has("/cases/views/"),
            "it is not the agent's to delete"
        );

        let page = ada.get("/cases").await.body;
        let ids: Vec<&str> = page
            .split("/cases/views/")
            .skip(1)
            .map(|rest| rest.split('/').next().unwrap())
            .collect();
        assert_eq!(ids.len(), 2);
        for id in ids {
            let path = format!("/cases/views/{id}/delete");
            assert_eq!(agent.post(&path, "").await.status, 409);
            assert_eq!(
                ada.post(&path, "").await.header("location"),
                "/cases?done=forgotten"
            );
        }
        assert!(!ada.get("/cases").await.has("Everybodys"));
    })
    .await;
}
