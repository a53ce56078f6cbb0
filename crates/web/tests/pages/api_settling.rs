//! Over the API: tickets that are asked for, what is parked, conflicts, and what of it who sees no personal
//! data gets.

use domain::ticket::Ticket;
use serde_json::{Value, json};
use store::users::UserRole;

use crate::api_cases::{WRITE, is, refusal, told};
use crate::house::{House, on_both};

#[tokio::test]
async fn a_case_is_published_and_what_is_parked_of_it_is_tried_again_or_given_up() {
    on_both(async |house: House| {
        let token = house.token_of(UserRole::Agent, WRITE).await;
        let case = house.case(1, "Printer").await;
        let publish = "/api/v1/cases/1/publish";
        let nowhere = house.write(&token, "POST", publish, &json!({})).await;
        assert_eq!(refusal(&nowhere), is(409, "conflict", ""));
        let integration = house.integration("main").await;
        house.activate(&integration, true).await;
        let ticket = told(&house.read(&token, "/api/v1/cases/1/ticket").await, 200);
        assert_eq!(ticket["may_publish_to"][0]["id"], json!(integration));
        assert_eq!(
            (&ticket["ticket"], &ticket["asked"]),
            (&Value::Null, &Value::Null)
        );

        let asked = house
            .write(
                &token,
                "POST",
                publish,
                &json!({"integration": integration}),
            )
            .await;
        assert_eq!(
            told(&asked, 202),
            json!({"integration": "main", "already": false})
        );
        assert_eq!(asked.header("location"), "/api/v1/cases/1/ticket");
        let again = house.write(&token, "POST", publish, &json!({})).await;
        assert_eq!(told(&again, 202)["already"], true);
        let ticket = told(&house.read(&token, "/api/v1/cases/1/ticket").await, 200);
        assert_eq!(ticket["asked"]["stage"], "waiting");
        let follow = house
            .write(&token, "POST", "/api/v1/cases/1/follow-up", &Value::Null)
            .await;
        assert_eq!(refusal(&follow), is(409, "conflict", ""));

        let parked = house.park(&integration, &case).await;
        let ticket = told(&house.read(&token, "/api/v1/cases/1/ticket").await, 200);
        assert_eq!(ticket["asked"]["parked"], json!(parked));
        assert_eq!(ticket["sync"]["in_sync"], false);
        let all = told(
            &house
                .read(&token, &format!("/api/v1/parked?integration={integration}"))
                .await,
            200,
        );
        assert_eq!(all["items"][0]["kind"], "publish");
        assert!(
            all["items"][0]["reason"]
                .as_str()
                .unwrap()
                .contains("no, call")
        );
        let one = format!("/api/v1/parked/{parked}");
        assert_eq!(told(&house.read(&token, &one).await, 200), all["items"][0]);
        let retried = house
            .write(&token, "POST", &format!("{one}/retry"), &Value::Null)
            .await;
        assert_eq!(told(&retried, 202)["retried"], 1);
        assert_eq!(retried.header("location"), "/api/v1/cases/1/ticket");
        assert_eq!(
            refusal(&house.read(&token, &one).await),
            is(404, "not_found", "")
        );

        house.park(&integration, &case).await;
        let retried = house
            .write(&token, "POST", "/api/v1/parked/retry", &json!({}))
            .await;
        assert_eq!(told(&retried, 202)["retried"], 1);
        let parked = house.park(&integration, &case).await;
        let give_up = format!("/api/v1/parked/{parked}/give-up");
        assert_eq!(
            house
                .write(&token, "POST", &give_up, &Value::Null)
                .await
                .status,
            204
        );
        let again = house.write(&token, "POST", &give_up, &Value::Null).await;
        assert_eq!(refusal(&again), is(404, "not_found", ""));
        let none = house
            .write(&token, "POST", "/api/v1/cases/1/give-up", &Value::Null)
            .await;
        assert_eq!(told(&none, 200)["given_up"], 0);
    })
    .await;
}

#[tokio::test]
async fn a_conflict_is_read_side_by_side_and_the_value_that_lost_restored() {
    on_both(async |house: House| {
        let integration = house.integration("main").await;
        let case = house.case(9, "Printer wet").await;
        let ticket = Ticket {
            id: 701,
            ..Ticket::default()
        };
        house.ticket(&integration, &case, &ticket, &json!({})).await;
        let id = house.conflict(&integration, &case, "Printer on fire").await;
        house.conflict(&integration, &case, "Older").await;
        let token = house.token_of(UserRole::Agent, WRITE).await;
        let page = told(&house.read(&token, "/api/v1/conflicts?limit=1").await, 200);
        let next = page["next"].as_str().unwrap();
        let rest = told(
            &house
                .read(&token, &format!("/api/v1/conflicts?cursor={next}"))
                .await,
            200,
        );
        assert_eq!(rest["items"].as_array().unwrap().len(), 1);
        let gone = house.read(&token, "/api/v1/conflicts?cursor=gone").await;
        assert_eq!(refusal(&gone), is(400, "invalid_query", ""));
        let bad = house
            .read(&token, "/api/v1/conflicts?integration=%00")
            .await;
        assert_eq!(refusal(&bad), is(400, "invalid_query", ""));

        let path = format!("/api/v1/conflicts/{id}");
        let read = told(&house.read(&token, &path).await, 200);
        let conflict = &read["conflict"];
        let sides = (&conflict["agreed"], &conflict["crm"], &conflict["zendesk"]);
        assert_eq!(
            sides,
            (
                &json!("Printer"),
                &json!("Printer on fire"),
                &json!("Printer wet")
            )
        );
        assert_eq!(conflict["winner"], "zendesk");
        let restore = format!("{path}/restore");
        let restored = told(
            &house.write(&token, "POST", &restore, &Value::Null).await,
            200,
        );
        assert!(restored["conflict"]["restored_at"].is_string());
        assert_eq!(restored["restored"]["actor"], "agent@example.com");
        let case = told(&house.read(&token, "/api/v1/cases/9").await, 200);
        assert_eq!(case["subject"], "Printer on fire");
        assert_eq!(case["conflicts_total"], 2);
        let again = house.write(&token, "POST", &restore, &Value::Null).await;
        assert_eq!(refusal(&again), is(409, "conflict", ""));
        for (state, found) in [("open", 1), ("restored", 1), ("all", 2)] {
            let page = house
                .read(&token, &format!("/api/v1/conflicts?state={state}"))
                .await;
            assert_eq!(
                told(&page, 200)["items"].as_array().unwrap().len(),
                found,
                "{state}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_program_of_somebody_who_sees_no_personal_data_gets_none_and_loses_none() {
    on_both(async |house: House| {
        let integration = house.integration("main").await;
        house.activate(&integration, true).await;
        let grace = house.contact("Grace Hopper", "grace@navy.example").await;
        let mut case = house.case(9, "Call grace@navy.example").await;
        case.fields.contact = Some(grace.clone());
        case.fields.description = "Her number is +1 206 555 0100.".to_owned();
        house.put_case(&case).await;
        let ticket = Ticket {
            id: 701,
            recipient: Some("grace@navy.example".to_owned()),
            ..Ticket::default()
        };
        let raw = json!({"tags": ["grace@navy.example"], "custom_fields": [{"id": 1, "value": "Hopper"}]});
        house.ticket(&integration, &case, &ticket, &raw).await;
        let conflict = house.conflict(&integration, &case, "Ask grace@navy.example").await;
        let second = house.case(10, "Second").await;
        let ada = house.token_of(UserRole::Administrator, WRITE).await;
        let said = json!({"text": "Mail grace@navy.example"});
        house.write(&ada, "POST", "/api/v1/cases/9/comments", &said).await;
        house.write(&ada, "POST", "/api/v1/cases/10/publish", &json!({})).await;
        let parked = house.park(&integration, &second).await;
        let account = house.write(&ada, "POST", "/api/v1/accounts", &json!({"name": "Acme"})).await;
        let account = account.header("location").to_owned();
        house.write(&ada, "PUT", &format!("{account}/contacts/{grace}"), &Value::Null).await;

        house.restrict_agent().await;
        let token = house.token_of(UserRole::Agent, WRITE).await;
        for path in [
            "/api/v1/cases".to_owned(),
            "/api/v1/cases/9".to_owned(),
            "/api/v1/cases/9/comments".to_owned(),
            "/api/v1/cases/9/history".to_owned(),
            "/api/v1/cases/9/ticket".to_owned(),
            "/api/v1/cases/10/ticket".to_owned(),
            "/api/v1/conflicts".to_owned(),
            format!("/api/v1/conflicts/{conflict}"),
            "/api/v1/parked".to_owned(),
            format!("/api/v1/parked/{parked}"),
            "/api/v1/contacts".to_owned(),
            format!("/api/v1/contacts/{grace}"),
            format!("{account}/contacts"),
        ] {
            let answer = house.read(&token, &path).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            for secret in ["Hopper", "grace@", "navy.example", "555 0100", "5550100"] {
                assert!(!answer.has(secret), "{path} shows {secret}: {}", answer.body);
            }
        }
        let sought = told(&house.read(&token, "/api/v1/cases?q=hopper").await, 200);
        assert_eq!(sought["items"], json!([]));
        let sought = house.read(&token, "/api/v1/contacts?q=hopper").await;
        assert_eq!(refusal(&sought), is(400, "invalid_query", ""));

        // What is masked comes back masked, and leaves what is stored as it is.
        let read = house.read(&token, "/api/v1/cases/9").await;
        let shown = told(&read, 200);
        let matching = [("If-Match", read.header("etag"))];
        let same = json!({"subject": shown["subject"], "description": shown["description"], "priority": "low"});
        told(&house.call(&token, "PATCH", "/api/v1/cases/9", &matching, &same).await, 200);
        let whole = house.read(&ada, "/api/v1/cases/9").await;
        assert!(whole.has("Call grace@navy.example") && whole.has("555 0100"), "{}", whole.body);
        let read = house.read(&token, "/api/v1/cases/9").await;
        let matching = [("If-Match", read.header("etag"))];
        let lossy = json!({"subject": "Mail g•••@n•••.example"});
        let answer = house.call(&token, "PATCH", "/api/v1/cases/9", &matching, &lossy).await;
        assert_eq!(refusal(&answer), is(422, "invalid", "subject"));
        let path = format!("/api/v1/contacts/{grace}");
        let read = house.read(&token, &path).await;
        let shown = told(&read, 200);
        let matching = [("If-Match", read.header("etag"))];
        let change = json!({"name": shown["name"], "email": shown["email"], "phone": "12345678"});
        told(&house.call(&token, "PATCH", &path, &matching, &change).await, 200);
        let whole = told(&house.read(&ada, &path).await, 200);
        let kept = (&whole["name"], &whole["email"], &whole["phone"]);
        assert_eq!(kept, (&json!("Grace Hopper"), &json!("grace@navy.example"), &json!("12345678")));
    })
    .await;
}
