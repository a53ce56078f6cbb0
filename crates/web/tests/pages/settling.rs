//! What of a case is parked, what was changed on both sides, and its history.

use domain::case::CaseField;
use domain::comment::TicketComment;
use domain::outbox::{Kind, Line, Operation, Parked, Payload};
use domain::ticket::Ticket;
use serde_json::json;
use store::cases::Case;
use store::comments::CaseComment;
use store::conflicts::{self, Conflict, Subject};
use store::history::{self, Event};
use store::outbox;

use crate::house::{House, on_both};

/// A case with ticket 701. Returns the integration and the case.
async fn furnish(house: &House) -> (String, Case) {
    let integration = house.integration("main").await;
    let case = house.case(9, "Printer on fire").await;
    let ticket = Ticket {
        id: 701,
        ..Ticket::default()
    };
    house.ticket(&integration, &case, &ticket, &json!({})).await;
    (integration, case)
}

/// Parks a change of the case.
async fn park(
    house: &House,
    integration: &str,
    case: &Case,
    kind: Kind,
    payload: Payload,
    seq: i64,
) {
    let line = Line {
        id: &case.id,
        operations: &[],
        last_seq: seq,
    };
    let mut operation = Operation::new(house.id(), &line, kind, payload, house.now());
    operation.park(Parked::TicketClosed);
    let mut tx = house.engine.store.begin().await.unwrap();
    let put = outbox::put(&mut tx, integration, "test", &[operation], house.now()).await;
    put.unwrap();
    tx.commit().await.unwrap();
}

fn conflict(house: &House, case: &Case, field: &str, crm: &str, zendesk: &str) -> Conflict {
    Conflict {
        id: house.id(),
        subject: Subject::Case(case.id.clone()),
        remote_id: 701,
        field: field.to_owned(),
        agreed: None,
        crm: Some(crm.to_owned()),
        zendesk: Some(zendesk.to_owned()),
        winner: "zendesk",
        rule: "remote wins",
    }
}

async fn record(house: &House, integration: &str, conflict: Conflict) {
    let mut tx = house.engine.store.begin().await.unwrap();
    let done = conflicts::record(&mut tx, integration, None, &[conflict], house.now()).await;
    done.unwrap();
    tx.commit().await.unwrap();
}

async fn append(house: &House, case: &Case, run: Option<&str>, body: serde_json::Value) {
    let event = Event {
        case_id: case.id.clone(),
        side: if run.is_some() { "zendesk" } else { "crm" },
        actor: if run.is_some() {
            "pull"
        } else {
            "ada@example.com"
        }
        .to_owned(),
        run_id: run.map(str::to_owned),
        body: body.to_string(),
        before: json!({ "state": { "subject": "Printer" } }).to_string(),
    };
    let mut tx = house.engine.store.begin().await.unwrap();
    history::append(&mut tx, &[event], house.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_is_parked_is_told_above_the_case_and_at_its_comment() {
    on_both(async |house: House| {
        let (integration, case) = furnish(&house).await;
        let note = CaseComment {
            id: house.id(),
            case_id: case.id.clone(),
            message: "Too late.".to_owned(),
            public: false,
            is_description: false,
            contact_id: None,
            user_id: Some(house.ada.id.clone()),
            created_at: house.now(),
        };
        let mut tx = house.engine.store.begin().await.unwrap();
        let put = store::comments::put(&mut tx, std::slice::from_ref(&note), house.now()).await;
        put.unwrap();
        tx.commit().await.unwrap();
        let heard = TicketComment {
            id: 1,
            ticket_id: 701,
            body: "In time.".to_owned(),
            ..TicketComment::default()
        };
        house.comment(&integration, &case, &heard).await;
        let mut payload = Payload {
            comment: Some(note.id),
            ..Payload::default()
        };
        park(
            &house,
            &integration,
            &case,
            Kind::Comment,
            payload.clone(),
            0,
        )
        .await;
        payload.comment = None;
        payload
            .parked
            .insert(CaseField::Status, Some("open".to_owned()));
        payload.parked.insert(CaseField::AssignedTo, None);
        park(&house, &integration, &case, Kind::Fields, payload, 1).await;

        let page = house.browser().await.get("/cases/9").await;
        let text = page.text();
        for told in [
            "Comment: not sent to Zendesk. The ticket is closed in Zendesk",
            "Status, Assigned to: not sent to Zendesk. The ticket is closed in Zendesk",
        ] {
            assert!(text.contains(told), "{told} is missing in {text}");
        }
        let marked: Vec<bool> = page
            .body
            .split("<article")
            .skip(1)
            .map(|article| article.split("</article>").next().unwrap())
            .filter(|article| article.contains("Not sent to Zendesk"))
            .map(|article| article.contains("Too late."))
            .collect();
        assert_eq!(marked, [true], "only the comment that is parked");
    })
    .await;
}

#[tokio::test]
async fn a_conflict_shows_both_values_in_the_words_of_their_side() {
    on_both(async |house: House| {
        let (integration, case) = furnish(&house).await;
        let user = (13, "Grace in Zendesk", "grace@navy.example", "agent");
        house.zendesk_user(&integration, user, None).await;
        let script = "<script>alert('x')</script>";
        for (field, crm, zendesk) in [
            ("subject", script, "Said there"),
            ("status", "in_progress", "hold"),
            ("assigned_to", house.ada.id.as_str(), "13"),
        ] {
            let met = conflict(&house, &case, field, crm, zendesk);
            record(&house, &integration, met).await;
        }
        let page = house.browser().await.get("/cases/9").await;
        let text = page.text();
        for told in [
            "3 fields changed on both sides at once",
            "Status : Zendesk&#39;s value stands remote wins Here In progress Zendesk hold",
            "Here Ada Lovelace Zendesk Grace in Zendesk",
            "Zendesk Said there",
        ] {
            assert!(text.contains(told), "{told} is missing in {text}");
        }
        assert!(!page.has_foreign_script(), "{}", page.body);
    })
    .await;
}

#[tokio::test]
async fn the_history_tells_side_run_and_conflict_and_is_paged() {
    on_both(async |house: House| {
        let (_, case) = furnish(&house).await;
        let changed = |n: i64| json!({"changes": [{"field": "subject", "from": "x", "to": format!("Subject {n}")}], "conflicts": []});
        for n in 1..=100 {
            append(&house, &case, None, changed(n)).await;
        }
        let both = json!({"changes": [], "conflicts": ["priority"]});
        append(&house, &case, Some("run-7"), both).await;
        let mut browser = house.browser().await;
        let page = browser.get("/cases/9").await;
        let text = page.text();
        for told in [
            "Changed on both sides; the case kept its value in Zendesk, brought by pull, run run-7",
            "Priority changed on both sides",
            "Changed here by ada@example.com",
            "Subject 100",
        ] {
            assert!(text.contains(told), "{told} is missing in {text}");
        }
        assert!(!page.has("Subject 1<"), "the oldest are on the next page");
        let (_, rest) = page.body.split_once("?history_before=").unwrap();
        let before = rest.split('#').next().unwrap();
        let older = browser.get(&format!("/cases/9?history_before={before}")).await;
        assert!(older.has("Subject 1<") && !older.has("Subject 100<"));
        assert!(older.text().contains("State before the first change"));
        assert!(!older.has("?history_before="), "it leads no further");
    })
    .await;
}
