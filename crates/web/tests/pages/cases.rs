//! The list of cases, and one case with its ticket panel and comments.

use domain::comment::TicketComment;
use domain::ticket::Ticket;
use serde_json::json;
use store::cases::Case;

use crate::house::{House, on_both};

const SCRIPT: &str = "<script>alert('x')</script>";

/// The ticket of most tests: everybody on it, and something in every field.
async fn furnish(house: &House) -> (String, Case) {
    let integration = house.integration("main").await;
    house
        .user("steven@dreamworks.example", "Steven Spielberg")
        .await;
    let grace = house.contact("Grace Hopper", "grace@navy.example").await;
    for (user, contact) in [
        (
            (
                11,
                "DreamWorks Founder",
                "Steven@DreamWorks.example",
                "agent",
            ),
            None,
        ),
        (
            (12, "grace h", "grace@navy.example", "end-user"),
            Some(grace.as_str()),
        ),
        (
            (13, "Unknown Agent", "unknown@agents.example", "admin"),
            None,
        ),
    ] {
        house.zendesk_user(&integration, user, contact).await;
    }
    house
        .reference(&integration, "group", 21, "Second line")
        .await;
    house
        .reference(&integration, "brand", 22, "Acme Toys")
        .await;
    house
        .reference(&integration, "ticket_field", 31, "Contract")
        .await;
    let problem = house.case(8, "Everything is down").await;
    let ticket = Ticket {
        id: 700,
        ..Ticket::default()
    };
    house
        .ticket(&integration, &problem, &ticket, &json!({}))
        .await;

    let mut case = house.case(9, "Printer on fire").await;
    case.fields.contact = Some(grace);
    house.put_case(&case).await;
    let ticket = Ticket {
        id: 701,
        status: Some("hold".to_owned()),
        priority: Some("urgent".to_owned()),
        kind: Some("incident".to_owned()),
        recipient: Some("help@acme.example".to_owned()),
        submitter_id: Some(11),
        assignee_id: Some(13),
        requester_id: Some(12),
        problem_id: Some(700),
        ..Ticket::default()
    };
    let raw = json!({
        "collaborator_ids": [12, 11],
        "tags": ["vip", "hardware"],
        "group_id": 21,
        "brand_id": 22,
        "organization_id": 77,
        "custom_fields": [{"id": 31, "value": "gold"}, {"id": 32, "value": null}],
    });
    house.ticket(&integration, &case, &ticket, &raw).await;
    (integration, case)
}

/// The labels of the panel with their values, as a person reads them.
fn panel(page: &str) -> Vec<(String, String)> {
    let (_, panel) = page.split_once("id=\"ticket-panel\"").unwrap();
    let (panel, _) = panel.split_once("</section>").unwrap();
    // What stands between the marks, from the end of an opened one on.
    let text = |html: &str| {
        let parts = html.split('>').map(|part| part.split('<').next().unwrap());
        let text = parts.skip(1).collect::<Vec<_>>().join(" ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let lines = panel.split("<dt").skip(1).map(|line| {
        let (label, value) = line.split_once("<dd").unwrap();
        (text(label), text(value.split("</dd>").next().unwrap()))
    });
    lines.collect()
}

#[tokio::test]
async fn the_panel_has_its_labels_in_order_with_zendesks_words_unmapped_and_its_people_mapped() {
    on_both(async |house: House| {
        furnish(&house).await;
        let page = house.browser().await.get("/cases/9").await;
        let told = panel(&page.body);
        let told: Vec<(&str, &str)> = told.iter().map(|(l, v)| (l.as_str(), v.as_str())).collect();
        assert_eq!(
            told,
            [
                ("Ticket Number", "701"),
                ("Recipients Email", "help@acme.example"),
                ("Status", "hold"),
                ("Type", "incident"),
                (
                    "Submitter",
                    "Steven Spielberg in Zendesk: DreamWorks Founder"
                ),
                ("Assignee", "Ada Lovelace in Zendesk: Unknown Agent"),
                ("Requester", "Grace Hopper in Zendesk: grace h"),
                ("Priority", "urgent"),
                ("Problem", "Ticket 700, case #8"),
                (
                    "Collaborators",
                    "Grace Hopper in Zendesk: grace h \
                     Steven Spielberg in Zendesk: DreamWorks Founder"
                ),
                ("Tags", "vip hardware"),
                ("Group", "Second line"),
                ("Organisation", "77"),
                ("Brand", "Acme Toys"),
                ("Custom status", "–"),
                ("Contract", "gold"),
            ]
        );
        assert!(page.has(r#"href="https://acme.zendesk.com/agent/tickets/701""#));
        assert!(page.has(r#"href="/cases/8""#));
    })
    .await;
}

#[tokio::test]
async fn the_people_of_the_panel_lead_to_pages_of_their_own() {
    on_both(async |house: House| {
        furnish(&house).await;
        let mut browser = house.browser().await;
        let page = browser.get("/cases/9").await.body;
        for (noun, name, email) in [
            ("contacts", "Grace Hopper", "grace@navy.example"),
            ("users", "Steven Spielberg", "steven@dreamworks.example"),
        ] {
            let marks = format!("\" dir=\"auto\">{name}</a>");
            let (before, _) = page.split_once(&marks).unwrap();
            let (_, address) = before.rsplit_once("href=\"").unwrap();
            assert!(address.starts_with(&format!("/{noun}/")), "{address}");
            let text = browser.get(address).await.text();
            assert!(text.contains(name) && text.contains(email), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn comments_stand_in_order_with_their_authors_and_a_private_one_is_marked_so() {
    on_both(async |house: House| {
        let (integration, case) = furnish(&house).await;
        let comment = |id, author, public, body: &str, minute| TicketComment {
            id,
            ticket_id: 701,
            author_id: Some(author),
            body: body.to_owned(),
            public,
            is_description: id == 1,
            created_at: Some(format!("2026-11-21T10:0{minute}:00Z").parse().unwrap()),
            ..TicketComment::default()
        };
        for comment in [
            comment(3, 13, false, "Call the fire brigade.", 5),
            comment(1, 12, true, "It burns.\n  Second line.", 0),
            comment(2, 11, true, "We look at it.", 3),
            comment(4, 99, true, "Who am I?", 6),
        ] {
            house.comment(&integration, &case, &comment).await;
        }
        let page = house.browser().await.get("/cases/9").await;
        let told: Vec<(bool, bool, bool)> = page
            .body
            .split("<article")
            .skip(1)
            .map(|article| article.split("</article>").next().unwrap())
            .map(|article| {
                (
                    article.contains("comment private"),
                    article.contains("Private note"),
                    article.contains(">Description<"),
                )
            })
            .collect();
        let public = (false, false, false);
        assert_eq!(
            told,
            [(false, false, true), public, (true, true, false), public]
        );
        let text = page.text();
        let expected = [
            "Comments 4",
            "Grace Hopper in Zendesk: grace h Description Public 21 Nov 2026, 10:00 It burns.",
            "Steven Spielberg in Zendesk: DreamWorks Founder Public 21 Nov 2026, 10:03 We look",
            "Ada Lovelace in Zendesk: Unknown Agent Private note 21 Nov 2026, 10:05 Call the",
            // Not read yet: who was noted when the comment came.
            "Ada Lovelace Public 21 Nov 2026, 10:06 Who am I?",
        ];
        let places: Vec<_> = expected.iter().map(|told| text.find(told)).collect();
        assert!(
            places.iter().all(Option::is_some) && places.is_sorted(),
            "{places:?} in {text}"
        );
        assert!(page.has("It burns.\n  Second line."), "kept as typed");
    })
    .await;
}

#[tokio::test]
async fn a_script_in_any_text_comes_out_as_text() {
    on_both(async |house: House| {
        let integration = house.integration(SCRIPT).await;
        let contact = house.contact(SCRIPT, "\"><script>@x.example").await;
        let user = (1, SCRIPT, "a@b.example", "end-user");
        house.zendesk_user(&integration, user, Some(&contact)).await;
        let mut case = house.case(1, SCRIPT).await;
        case.fields.description = SCRIPT.to_owned();
        case.fields.contact = Some(contact.clone());
        house.put_case(&case).await;
        let evil = || Some(SCRIPT.to_owned());
        let ticket = Ticket {
            id: 5,
            status: evil(),
            kind: evil(),
            priority: evil(),
            recipient: evil(),
            requester_id: Some(1),
            ..Ticket::default()
        };
        let raw = json!({"tags": [SCRIPT], "custom_fields": [{"id": 1, "value": SCRIPT}]});
        house.ticket(&integration, &case, &ticket, &raw).await;
        let comment = TicketComment {
            id: 1,
            ticket_id: 5,
            author_id: Some(1),
            body: SCRIPT.to_owned(),
            ..TicketComment::default()
        };
        house.comment(&integration, &case, &comment).await;
        let mut browser = house.browser().await;
        let contact = format!("/contacts/{contact}");
        for page in ["/cases", "/cases/1", "/integrations", &contact] {
            let answer = browser.get(page).await;
            assert_eq!(answer.status, 200, "{page}");
            assert!(!answer.has_foreign_script(), "{page}: {}", answer.body);
            assert!(answer.has("&#60;script"), "{page} shows the text");
        }
    })
    .await;
}

#[tokio::test]
async fn the_list_is_paged_by_number_and_leaves_no_case_out() {
    on_both(async |house: House| {
        for number in 1..=120 {
            house.case(number, &format!("Subject {number}")).await;
        }
        let mut browser = house.browser().await;
        let mut seen = Vec::new();
        let mut address = "/cases".to_owned();
        for size in [50, 50, 20] {
            let page = browser.get(&address).await.body;
            let numbers: Vec<i64> = page
                .split("data-label=\"Case\">#")
                .skip(1)
                .map(|rest| rest.split('<').next().unwrap().parse().unwrap())
                .collect();
            assert_eq!(numbers.len(), size, "{address}");
            seen.extend(numbers);
            let next = page.split("rel=\"next\" href=\"").nth(1);
            address = next
                .map_or("", |rest| rest.split('"').next().unwrap())
                .to_owned();
        }
        assert_eq!(address, "", "the last page leads no further");
        assert_eq!(seen, (1..=120).rev().collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn a_case_with_many_comments_shows_them_page_by_page() {
    on_both(async |house: House| {
        let (integration, case) = furnish(&house).await;
        for id in 1..=201 {
            let comment = TicketComment {
                id,
                ticket_id: 701,
                body: format!("Comment number {id}."),
                ..TicketComment::default()
            };
            house.comment(&integration, &case, &comment).await;
        }
        let mut browser = house.browser().await;
        let first = browser.get("/cases/9").await;
        assert!(first.has("Comment number 200.") && !first.has("Comment number 201."));
        assert!(first.has("/cases/9?comments_after=200#comments"));
        let second = browser.get("/cases/9?comments_after=200").await;
        assert!(second.has("Comment number 201.") && !second.has("Comment number 200."));
        assert!(second.text().contains("Comments 201"));
        assert!(second.has("Earlier comments"));
    })
    .await;
}

#[tokio::test]
async fn what_became_of_the_ticket_is_told_above_the_case() {
    on_both(async |house: House| {
        let (integration, case) = furnish(&house).await;
        let mut browser = house.browser().await;
        let deleted = Ticket {
            id: 701,
            status: Some("deleted".to_owned()),
            ..Ticket::default()
        };
        house
            .ticket(&integration, &case, &deleted, &json!({}))
            .await;
        let text = browser.get("/cases/9").await.text();
        let told = "Ticket #701 is deleted in Zendesk. The case is kept";
        assert!(text.contains(told), "{text}");

        let mut tx = house.engine.store.begin().await.unwrap();
        let merged = store::tickets::note_merged(&mut tx, &integration, &[(701, 700)]).await;
        merged.unwrap();
        tx.commit().await.unwrap();
        let closed = Ticket {
            status: Some("closed".to_owned()),
            followup_source_id: Some(700),
            ..deleted
        };
        let raw = json!({"tags": ["closed_by_merge"]});
        house.ticket(&integration, &case, &closed, &raw).await;
        let text = browser.get("/cases/9").await.text();
        for told in [
            "Ticket #701 was merged into ticket #700.",
            "Go to case #8",
            "Follows up Case #8",
        ] {
            assert!(text.contains(told), "{told} is missing in {text}");
        }
        let text = browser.get("/cases/8").await.text();
        assert!(text.contains("Followed up by Case #9"), "{text}");

        let now = house.now();
        let mut tx = house.engine.store.begin().await.unwrap();
        let deleted = store::cases::set_deleted(&mut tx, &case.id, Some(now), now).await;
        deleted.unwrap();
        tx.commit().await.unwrap();
        let text = browser.get("/cases/9").await.text();
        assert!(text.contains("This case was deleted here."), "{text}");
        assert!(!browser.get("/cases").await.has("Printer on fire"));
    })
    .await;
}

#[tokio::test]
async fn with_no_case_the_page_says_where_cases_come_from() {
    on_both(async |house: House| {
        let page = house.browser().await.get("/cases").await;
        let told = "Cases arrive with the first sync of an integration";
        assert!(page.text().contains(told));
    })
    .await;
}

#[tokio::test]
async fn a_description_that_is_no_comment_is_shown_by_itself() {
    on_both(async |house: House| {
        let mut case = house.case(1, "Printer").await;
        case.fields.description = "It burns.".to_owned();
        house.put_case(&case).await;
        let text = house.browser().await.get("/cases/1").await.text();
        let told = "Description It burns. Comments 0 Nothing has been said yet.";
        assert!(text.contains(told), "{text}");
        assert!(text.contains("This case has no ticket."));
    })
    .await;
}
