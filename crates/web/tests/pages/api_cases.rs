//! Cases over the API.

use serde_json::{Value, json};
use store::users::{UserEdit, UserRole};

use crate::browser::Answer;
use crate::house::{House, on_both};

const READ: &[&str] = &["cases:read"];
pub(crate) const WRITE: &[&str] = &["cases:write"];

impl House {
    /// Reads something with a token.
    pub(crate) async fn read(&self, token: &str, path: &str) -> Answer {
        self.call(token, "GET", path, &[], &Value::Null).await
    }

    /// Sends something with a token, with nothing but a body.
    pub(crate) async fn write(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Answer {
        self.call(token, method, path, &[], body).await
    }

    /// Sees to it that the agent sees personal data masked.
    pub(crate) async fn restrict_agent(&self) {
        let id = self.id_of(UserRole::Agent).await;
        let edit = UserEdit {
            restrict_pii: Some(true),
            ..UserEdit::default()
        };
        engine::staff::edit(&self.engine, &id, edit, "test")
            .await
            .unwrap();
    }
}

/// The JSON of an answer that has this status.
pub(crate) fn told(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

/// The status of a refusal, its code and the field it is about.
pub(crate) fn refusal(answer: &Answer) -> (u16, String, String) {
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{}",
        answer.body
    );
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (
        answer.status,
        text(&body["code"]),
        text(&body["errors"][0]["field"]),
    )
}

/// What a refusal is to be.
pub(crate) fn is(status: u16, code: &str, field: &str) -> (u16, String, String) {
    (status, code.to_owned(), field.to_owned())
}

#[tokio::test]
async fn a_case_is_made_once_under_one_key_and_read_with_its_names() {
    on_both(async |house: House| {
        house.contact("Grace Hopper", "grace@navy.example").await;
        let token = house.token_of(UserRole::Agent, WRITE).await;
        let new = json!({"subject": "Printer on fire", "description": "It burns.", "priority": "high",
            "contact": "GRACE@navy.example", "assigned_to": house.ada.id});
        let key = [("Idempotency-Key", "case-1")];
        let first = house.call(&token, "POST", "/api/v1/cases", &key, &new).await;
        let again = house.call(&token, "POST", "/api/v1/cases", &key, &new).await;
        let case = told(&first, 201);
        assert_eq!(case, told(&again, 201));
        assert_eq!(first.header("location"), "/api/v1/cases/1");
        assert_eq!(case["contact"]["name"], "Grace Hopper");
        assert_eq!(case["assigned_to"]["name"], "Ada Lovelace");
        assert_eq!((case["status"].clone(), case["version"].clone()), (json!("open"), json!(1)));
        // A number is not lost by asking twice, and another case gets the next one.
        let plain = json!({"subject": "Second"});
        let second = house.write(&token, "POST", "/api/v1/cases", &plain).await;
        assert_eq!(told(&second, 201)["number"], 2);
        let all = told(&house.read(&token, "/api/v1/cases").await, 200);
        assert_eq!(all["items"].as_array().unwrap().len(), 2);

        let cases = "/api/v1/cases";
        for (body, field) in [
            (json!({"subject": " "}), "subject"),
            (json!({"subject": "x".repeat(256)}), "subject"),
            (json!({"subject": "a", "contact": "nobody@x.example"}), "contact"),
            (json!({"subject": "a", "priority": "urgent"}), "priority"),
            (json!(["subject"]), "."),
        ] {
            let answer = house.write(&token, "POST", cases, &body).await;
            assert_eq!(refusal(&answer), is(422, "invalid", field), "{body}");
        }
        let unknown = json!({"subject": "a", "assigned_to": "nobody"});
        let answer = house.write(&token, "POST", cases, &unknown).await;
        assert_eq!(refusal(&answer), is(409, "conflict", ""));
        let odd = json!({"subject": "a\u{0}b", "description": "\u{0}", "contact": ""});
        assert_eq!(told(&house.write(&token, "POST", cases, &odd).await, 201)["subject"], "a\u{fffd}b");
    })
    .await;
}

#[tokio::test]
async fn cases_are_listed_by_what_is_looked_for_page_by_page() {
    on_both(async |house: House| {
        for number in 1..=7 {
            let subject = if number % 2 == 0 {
                "Printer"
            } else {
                "Keyboard"
            };
            house.case(number, subject).await;
        }
        let token = house.token_of(UserRole::Agent, READ).await;
        let (mut path, mut numbers) = ("/api/v1/cases?limit=2".to_owned(), Vec::new());
        loop {
            let page = told(&house.read(&token, &path).await, 200);
            let items = page["items"].as_array().unwrap();
            numbers.extend(items.iter().map(|case| case["number"].as_i64().unwrap()));
            let Some(next) = page["next"].as_str() else {
                break;
            };
            path = format!("/api/v1/cases?limit=2&cursor={next}");
        }
        assert_eq!(numbers, [7, 6, 5, 4, 3, 2, 1]);

        let me = &house.ada.id;
        for (query, found) in [
            ("q=printer".to_owned(), 3),
            ("q=keyboard&status=in_progress&priority=high".to_owned(), 4),
            ("status=closed".to_owned(), 0),
            (format!("assigned={me}"), 7),
            ("assigned=nobody".to_owned(), 0),
            ("conflict=true".to_owned(), 0),
            ("parked=false".to_owned(), 7),
            ("integration=%00&contact=%27".to_owned(), 0),
        ] {
            let page = told(
                &house.read(&token, &format!("/api/v1/cases?{query}")).await,
                200,
            );
            assert_eq!(page["items"].as_array().unwrap().len(), found, "{query}");
        }
        for bad in [
            "status=lost",
            "conflict=maybe",
            "cursor=x",
            "cursor=99999999999999999999",
            "limit=1&limit=2",
        ] {
            let answer = house.read(&token, &format!("/api/v1/cases?{bad}")).await;
            assert_eq!(refusal(&answer), is(400, "invalid_query", ""), "{bad}");
        }
        for odd in ["0", "-1", "%00", "%ff", "99999999999999999999999", "a/b"] {
            let answer = house.read(&token, &format!("/api/v1/cases/{odd}")).await;
            assert!(
                (400..=404).contains(&answer.status),
                "{odd}: {}",
                answer.body
            );
        }
    })
    .await;
}

#[tokio::test]
async fn an_edit_of_a_case_overwrites_nothing_that_changed_meanwhile() {
    on_both(async |house: House| {
        let contact = house.contact("Grace Hopper", "grace@navy.example").await;
        house.case(1, "Printer").await;
        let token = house.token_of(UserRole::Agent, WRITE).await;
        let path = "/api/v1/cases/1";
        let read = house.read(&token, path).await;
        let etag = read.header("etag").to_owned();
        let matching = [("If-Match", etag.as_str())];
        let change = json!({"status": "resolved", "contact": contact, "assigned_to": null});
        let blind = house.write(&token, "PATCH", path, &change).await;
        assert_eq!(refusal(&blind), is(428, "if_match_required", ""));

        let done = house.call(&token, "PATCH", path, &matching, &change).await;
        let case = told(&done, 200);
        assert_eq!(
            (&case["status"], &case["subject"]),
            (&json!("resolved"), &json!("Printer"))
        );
        assert_eq!(case["contact"]["id"], json!(contact));
        assert_eq!(
            (&case["assigned_to"], &case["version"]),
            (&Value::Null, &json!(2))
        );
        let late = house.call(&token, "PATCH", path, &matching, &change).await;
        assert_eq!(refusal(&late), is(412, "stale", ""));

        // What somebody does on the page makes what a program read stale, too.
        let etag = done.header("etag").to_owned();
        let form = "version=2&subject=Wet&status=open&priority=low";
        assert_eq!(
            house
                .browser()
                .await
                .post("/cases/1/edit", form)
                .await
                .status,
            303
        );
        let matching = [("If-Match", etag.as_str())];
        let late = house
            .call(&token, "PATCH", path, &matching, &json!({"subject": "Dry"}))
            .await;
        assert_eq!(refusal(&late), is(412, "stale", ""));
        assert_eq!(told(&house.read(&token, path).await, 200)["subject"], "Wet");

        let now = house.read(&token, path).await.header("etag").to_owned();
        let matching = [("If-Match", now.as_str())];
        for (body, field) in [
            (json!({"subject": ""}), "subject"),
            (json!({"contact": "nobody"}), "contact"),
        ] {
            let answer = house.call(&token, "PATCH", path, &matching, &body).await;
            assert_eq!(refusal(&answer), is(422, "invalid", field), "{body}");
        }
    })
    .await;
}

#[tokio::test]
async fn comments_are_public_or_internal_and_stand_in_the_history() {
    on_both(async |house: House| {
        house.case(1, "Printer").await;
        let token = house.token_of(UserRole::Agent, WRITE).await;
        let path = "/api/v1/cases/1/comments";
        let key = [("Idempotency-Key", "said-1")];
        let said = json!({"text": "For us only."});
        let first = told(&house.call(&token, "POST", path, &key, &said).await, 201);
        let again = told(&house.call(&token, "POST", path, &key, &said).await, 201);
        assert_eq!(first, again);
        let public = json!({"text": "For all.", "public": true});
        told(&house.write(&token, "POST", path, &public).await, 201);
        let page = told(&house.read(&token, &format!("{path}?limit=1")).await, 200);
        assert_eq!(page["items"][0]["text"], "For us only.");
        assert_eq!(page["items"][0]["public"], false);
        assert_eq!(page["items"][0]["author"]["user"]["name"], "The agent");
        let next = page["next"].as_str().unwrap();
        let page = told(
            &house
                .read(&token, &format!("{path}?limit=1&cursor={next}"))
                .await,
            200,
        );
        assert_eq!(
            (&page["items"][0]["public"], &page["next"]),
            (&json!(true), &Value::Null)
        );
        let blank = house
            .write(&token, "POST", path, &json!({"text": " \n"}))
            .await;
        assert_eq!(refusal(&blank), is(422, "invalid", "text"));

        let history = "/api/v1/cases/1/history";
        let page = told(
            &house.read(&token, &format!("{history}?limit=1")).await,
            200,
        );
        assert_eq!(page["items"][0]["kind"], "comment_added");
        assert_eq!(page["items"][0]["actor"], "agent@example.com");
        let newest = page["items"][0]["seq"].as_i64().unwrap();
        let next = page["next"].as_str().unwrap();
        let path = format!("{history}?limit=9&cursor={next}");
        let page = told(&house.read(&token, &path).await, 200);
        let earlier = page["items"].as_array().unwrap();
        let said = |line: &&Value| line["kind"] == "comment_added";
        assert_eq!(earlier.iter().filter(said).count(), 1);
        assert!(
            earlier
                .iter()
                .all(|line| line["seq"].as_i64().unwrap() < newest)
        );
        assert_eq!(page["next"], Value::Null);
    })
    .await;
}

#[tokio::test]
async fn a_case_is_deleted_and_comes_back_and_a_deleted_one_is_not_edited() {
    on_both(async |house: House| {
        house.case(1, "Printer").await;
        let token = house.token_of(UserRole::Agent, WRITE).await;
        let path = "/api/v1/cases/1";
        assert_eq!(
            house
                .write(&token, "DELETE", path, &Value::Null)
                .await
                .status,
            204
        );
        let gone = house.read(&token, path).await;
        let case = told(&gone, 200);
        assert_eq!(case["notices"][0]["kind"], "case_deleted");
        assert!(case["deleted_at"].is_string());
        let matching = [("If-Match", gone.header("etag"))];
        let edit = house
            .call(&token, "PATCH", path, &matching, &json!({"status": "open"}))
            .await;
        assert_eq!(refusal(&edit), is(409, "conflict", ""));
        let said = house
            .write(
                &token,
                "POST",
                "/api/v1/cases/1/comments",
                &json!({"text": "x"}),
            )
            .await;
        assert_eq!(refusal(&said), is(409, "conflict", ""));
        let again = house.write(&token, "DELETE", path, &Value::Null).await;
        assert_eq!(refusal(&again), is(409, "conflict", ""));
        let back = house
            .write(&token, "POST", "/api/v1/cases/1/restore", &Value::Null)
            .await;
        assert_eq!(told(&back, 200)["deleted_at"], Value::Null);
        let again = house
            .write(&token, "POST", "/api/v1/cases/1/restore", &Value::Null)
            .await;
        assert_eq!(refusal(&again), is(409, "conflict", ""));
    })
    .await;
}
