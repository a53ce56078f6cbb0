//! Nobody who is to see no personal data sees any of a customer's on the pages of cases.

use domain::comment::TicketComment;
use domain::ticket::Ticket;
use serde_json::json;
use store::users::{UserEdit, UserRole};

use crate::house::{House, on_both};

/// Things of customers that must not reach such a person.
const SECRETS: [&str; 5] = ["Hopper", "grace@", "navy.example", "555 0100", "5550100"];

#[tokio::test]
async fn who_may_not_see_personal_data_sees_none_on_any_page_and_cannot_look_for_it() {
    on_both(async |house: House| {
        let integration = house.integration("main").await;
        house.activate(&integration, true).await;
        let grace = house.contact("Grace Hopper", "grace@navy.example").await;
        let user = (12, "Grace B. Hopper", "grace@navy.example", "end-user");
        house.zendesk_user(&integration, user, Some(&grace)).await;
        let mut case = house.case(9, "Call grace@navy.example").await;
        case.fields.contact = Some(grace.clone());
        case.fields.description = "Her number is +1 206 555 0100.".to_owned();
        house.put_case(&case).await;
        let ticket = Ticket {
            id: 701,
            requester_id: Some(12),
            recipient: Some("grace@navy.example".to_owned()),
            ..Ticket::default()
        };
        let raw = json!({"collaborator_ids": [12], "tags": ["grace@navy.example"], "custom_fields": [{"id": 1, "value": "Hopper"}]});
        house.ticket(&integration, &case, &ticket, &raw).await;
        let comment = TicketComment {
            id: 1,
            ticket_id: 701,
            author_id: Some(12),
            body: "Mail grace@navy.example or call +1 206 555 0100".to_owned(),
            ..TicketComment::default()
        };
        house.comment(&integration, &case, &comment).await;
        let conflict = house.conflict(&integration, &case, "Ask grace@navy.example").await;
        // A change that Zendesk refused, with a number in its words.
        let mut ada = house.browser().await;
        let second = house.case(10, "Second").await;
        ada.post("/cases/10/publish", "").await;
        let parked = house.park(&integration, &second).await;
        let account = ada.post("/accounts", "name=Acme").await;
        let account = account.header("location").split('?').next().unwrap().to_owned();
        ada.post(&format!("{account}/contacts"), "contact=grace%40navy.example").await;

        let id = house.id_of(UserRole::Agent).await;
        let edit = UserEdit {
            restrict_pii: Some(true),
            ..UserEdit::default()
        };
        engine::staff::edit(&house.engine, &id, edit, "test").await.unwrap();
        let mut agent = house.browser_of(UserRole::Agent).await;
        for page in [
            "/cases".to_owned(),
            format!("/cases?contact={grace}"),
            "/cases/9".to_owned(),
            "/cases/9/edit".to_owned(),
            "/cases/9/delete".to_owned(),
            "/cases/9/ticket".to_owned(),
            "/cases/9/give-up".to_owned(),
            "/cases/10".to_owned(),
            "/conflicts".to_owned(),
            format!("/conflicts/{conflict}"),
            "/parked".to_owned(),
            format!("/parked/{parked}/give-up"),
            "/contacts".to_owned(),
            "/contacts/new".to_owned(),
            format!("/contacts/{grace}"),
            format!("/contacts/{grace}/edit"),
            "/accounts".to_owned(),
            account.clone(),
        ] {
            let answer = agent.get(&page).await;
            assert_eq!(answer.status, 200, "{page}");
            for secret in SECRETS {
                assert!(!answer.has(secret), "{page} shows {secret}: {}", answer.text());
            }
        }
        assert!(!agent.get("/cases?q=hopper").await.has("/cases/9\""));
        assert!(agent.get("/contacts?q=zzz").await.has(&grace), "nothing is looked for");

        // What is masked comes back masked, and leaves what is stored as it is.
        let page = agent.get("/cases/9/edit").await;
        let version = page.body.split("name=\"version\" value=\"").nth(1).unwrap();
        let version = version.split('"').next().unwrap();
        let form = format!(
            "version={version}&subject=Call+g%E2%80%A2%E2%80%A2%E2%80%A2%40n%E2%80%A2%E2%80%A2%E2%80%A2.example&description=Her+number+is+%E2%80%A2%E2%80%A2%E2%80%A200.&status=open&priority=low&contact=&assigned_to="
        );
        let answer = agent.post("/cases/9/edit", &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let page = ada.get("/cases/9").await;
        assert!(page.has("Call grace@navy.example") && page.has("555 0100"), "{}", page.text());
        assert!(page.has("Grace Hopper"), "the contact stays");
        let changed = form.replace("Call+", "Mail+");
        let answer = agent.post("/cases/9/edit", &changed).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains("masked for you"), "{}", answer.text());
        let form = "name=G%E2%80%A2%E2%80%A2%E2%80%A2+H%E2%80%A2%E2%80%A2%E2%80%A2&email=g%E2%80%A2%E2%80%A2%E2%80%A2%40n%E2%80%A2%E2%80%A2%E2%80%A2.example&phone=12345678";
        let answer = agent.post(&format!("/contacts/{grace}/edit"), form).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let page = ada.get(&format!("/contacts/{grace}")).await;
        assert!(page.has("Grace Hopper") && page.has("grace@navy.example") && page.has("12345678"));

        // Who makes a contact with an email that is somebody's learns that it is, and not whose.
        for (email, status) in [("grace%40navy.example", 422), ("grace%40navy", 303)] {
            let answer = agent.post("/contacts", &format!("name=Somebody&email={email}")).await;
            assert_eq!(answer.status, status, "{email}: {}", answer.text());
            for secret in ["Hopper", "G•••", &grace] {
                assert!(!answer.has(secret), "{secret}: {}", answer.text());
            }
        }
    })
    .await;
}
