//! Credentials and destinations over the API.

use serde_json::{Value, json};
use simulator::Simulator;
use store::users::{UserEdit, UserRole};

use crate::api::json_of;
use crate::browser::Answer;
use crate::credentials::zendesk;
use crate::house::{House, on_both};

const CREDENTIALS: &str = "/api/v1/credentials";
const DESTINATIONS: &str = "/api/v1/destinations";

fn token_credential(name: &str, secret: &str) -> Value {
    json!({"name": name, "type": "api_token", "email": "agent@example.com", "secret": secret})
}

/// Adds something; returns its id and its ETag.
async fn add(house: &House, token: &str, place: &str, body: &Value) -> (String, String) {
    let answer = house.call(token, "POST", place, &[], body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let id = json_of(&answer)["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), format!("{place}/{id}"));
    (id, answer.header("etag").to_owned())
}

fn refused(answer: &Answer, status: u16, code: &str, sentence: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    let problem = json_of(answer);
    assert_eq!(problem["code"], code, "{problem}");
    assert!(answer.body.contains(sentence), "{problem}");
}

fn destination(credential: &str, name: &str, zendesk: &Simulator) -> Value {
    json!({"name": name, "credential_id": credential, "account": zendesk.url(), "environment": "sandbox"})
}

#[tokio::test]
async fn a_secret_goes_in_and_never_comes_out() {
    on_both(async |house: House| {
        let token = house
            .token_of(UserRole::Operator, &["destinations:write"])
            .await;
        let zendesk = zendesk().await;
        let mut new = token_credential("acme", "n0token");
        new["account"] = json!(zendesk.url());
        let answer = house.call(&token, "POST", CREDENTIALS, &[], &new).await;
        refused(&answer, 409, "conflict", "Nothing was saved.");
        assert!(!answer.body.contains("n0token"), "{}", answer.body);
        new["secret"] = json!("token");
        let (id, etag) = add(&house, &token, CREDENTIALS, &new).await;
        let path = format!("{CREDENTIALS}/{id}");
        let read = house.call(&token, "GET", &path, &[], &Value::Null).await;
        let record = json_of(&read);
        assert_eq!(
            (record["type"].clone(), record["email"].clone()),
            (json!("api_token"), json!("agent@example.com"))
        );
        assert_eq!(read.header("etag"), etag);
        assert!(record.get("secret").is_none(), "{record}");

        // What is not given stays, the secret too: it still signs in.
        let matching = [("If-Match", etag.as_str())];
        let change = json!({"description": "for Acme"});
        let done = house.call(&token, "PATCH", &path, &matching, &change).await;
        assert_eq!(done.status, 200, "{}", done.body);
        assert_eq!(json_of(&done)["description"], "for Acme");
        let late = house.call(&token, "PATCH", &path, &matching, &change).await;
        refused(&late, 412, "stale", "nothing was changed");
        let (used, _) = add(
            &house,
            &token,
            DESTINATIONS,
            &destination(&id, "live", &zendesk),
        )
        .await;
        let test = house
            .call(&token, "POST", &format!("{path}/test"), &[], &Value::Null)
            .await;
        assert_eq!(json_of(&test)["trials"][0]["works"], true, "{}", test.body);
        let now = house.call(&token, "GET", &path, &[], &Value::Null).await;
        assert_eq!(json_of(&now)["uses"], json!(["destination live"]));
        let etag = now.header("etag").to_owned();
        let gone = house
            .call(
                &token,
                "DELETE",
                &path,
                &[("If-Match", &etag)],
                &Value::Null,
            )
            .await;
        refused(&gone, 409, "conflict", "is used by: destination live");
        let place = format!("{DESTINATIONS}/{used}");
        let read = house.call(&token, "GET", &place, &[], &Value::Null).await;
        let matching = [("If-Match", read.header("etag"))];
        let gone = house
            .call(&token, "DELETE", &place, &matching, &Value::Null)
            .await;
        assert_eq!(gone.status, 204, "{}", gone.body);
        zendesk.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_missing_is_told_by_its_field_and_odd_input_breaks_nothing() {
    on_both(async |house: House| {
        let token = house
            .token_of(UserRole::Administrator, &["destinations:write"])
            .await;
        for (body, field) in [
            (
                json!({"name": "a", "type": "api_token", "secret": "x"}),
                "email",
            ),
            (token_credential("a", ""), "secret"),
            (token_credential("", "x"), "name"),
            (
                json!({"name": "a", "type": "object_store", "secret": "x"}),
                "access_key_id",
            ),
            (
                json!({"name": "a", "type": "oauth_client", "secret": "x"}),
                "client_id",
            ),
            (
                json!({"name": "a", "type": "oauth_tokens", "secret": "x"}),
                "type",
            ),
            (
                json!({"name": 7, "type": "database", "secret": "x"}),
                "name",
            ),
        ] {
            let answer = house.call(&token, "POST", CREDENTIALS, &[], &body).await;
            refused(&answer, 422, "invalid", "");
            assert_eq!(
                json_of(&answer)["errors"][0]["field"],
                field,
                "{}",
                answer.body
            );
        }
        let mut odd = token_credential("nul\u{0}\u{7}", "x\u{0}");
        odd["account"] = json!("\u{0}//");
        let answer = house.call(&token, "POST", CREDENTIALS, &[], &odd).await;
        assert_eq!(
            json_of(&answer)["errors"][0]["field"],
            "account",
            "{}",
            answer.body
        );
        for body in [
            json!([]),
            json!("x"),
            json!({"name": {}}),
            json!({"users_per_second": 1e300}),
        ] {
            for place in [CREDENTIALS, DESTINATIONS, "/api/v1/credential-requests"] {
                let answer = house.call(&token, "POST", place, &[], &body).await;
                assert_eq!(answer.status, 422, "{place} {body}: {}", answer.body);
            }
        }
        for id in ["%00", "%FF", "..%2F", &"9".repeat(65)] {
            for place in [CREDENTIALS, DESTINATIONS] {
                let path = format!("{place}/{id}");
                let answer = house.call(&token, "GET", &path, &[], &Value::Null).await;
                assert!(
                    (400..=404).contains(&answer.status),
                    "{path}: {}",
                    answer.status
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn credentials_are_listed_page_by_page_and_masked_for_whom_they_must_be() {
    on_both(async |house: House| {
        let token = house
            .token_of(UserRole::Operator, &["destinations:write"])
            .await;
        for name in ["zeta", "alpha", "mu"] {
            add(&house, &token, CREDENTIALS, &token_credential(name, "x")).await;
        }
        let (mut path, mut names) = (format!("{CREDENTIALS}?limit=2"), Vec::new());
        loop {
            let answer = house.call(&token, "GET", &path, &[], &Value::Null).await;
            let page = json_of(&answer);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 2);
            names.extend(items.iter().map(|item| item["name"].clone()));
            let Some(next) = page["next"].as_str() else {
                break;
            };
            path = format!("{CREDENTIALS}?limit=2&cursor={next}");
        }
        names.sort_by_key(ToString::to_string);
        assert_eq!(names, ["alpha", "mu", "zeta"]);
        let id = house.id_of(UserRole::Operator).await;
        let edit = UserEdit {
            restrict_pii: Some(true),
            ..UserEdit::default()
        };
        engine::staff::edit(&house.engine, &id, edit, "test")
            .await
            .unwrap();
        let answer = house
            .call(&token, "GET", CREDENTIALS, &[], &Value::Null)
            .await;
        assert!(
            !answer.body.contains("agent@example.com"),
            "{}",
            answer.body
        );
        assert_eq!(json_of(&answer)["items"][0]["email"], "a•••@e•••.com");
        // Who sees it masked and changes something else leaves it as it is.
        let id = json_of(&answer)["items"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("{CREDENTIALS}/{id}");
        let read = house.call(&token, "GET", &path, &[], &Value::Null).await;
        let change = json!({"email": "a•••@e•••.com", "description": "seen masked"});
        let matching = [("If-Match", read.header("etag"))];
        let done = house.call(&token, "PATCH", &path, &matching, &change).await;
        assert_eq!(done.status, 200, "{}", done.body);
        let reader = &mut *house.engine.store.read().await.unwrap();
        let stored = store::credentials::find(reader, &id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(stored.email.as_deref(), Some("agent@example.com"));
        assert_eq!(stored.description, "seen masked");
    })
    .await;
}

#[tokio::test]
async fn a_request_for_a_credential_is_made_answered_and_withdrawn() {
    on_both(async |house: House| {
        let token = house
            .token_of(UserRole::Operator, &["destinations:write"])
            .await;
        let requests = "/api/v1/credential-requests";
        let new = json!({"name": "theirs", "type": "database", "description": "the warehouse"});
        let made = house.call(&token, "POST", requests, &[], &new).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let made = json_of(&made);
        let link = made["link"].as_str().unwrap();
        let page = house.stranger().get(link).await;
        assert!(page.text().contains("the warehouse"), "{}", page.text());
        let again = house.call(&token, "POST", requests, &[], &new).await;
        refused(&again, 409, "conflict", "exists already");
        let all = house.call(&token, "GET", requests, &[], &Value::Null).await;
        assert_eq!(json_of(&all)["items"][0]["name"], "theirs");
        assert!(!all.body.contains(link), "the link is shown once");
        let path = format!("{requests}/{}", made["request"]["id"].as_str().unwrap());
        let gone = house.call(&token, "DELETE", &path, &[], &Value::Null).await;
        assert_eq!(gone.status, 204, "{}", gone.body);
        assert_eq!(house.stranger().get(link).await.status, 404);
        let twice = house.call(&token, "DELETE", &path, &[], &Value::Null).await;
        refused(
            &twice,
            404,
            "not_found",
            "was used, withdrawn or has expired",
        );
    })
    .await;
}

#[tokio::test]
async fn a_destination_that_does_not_let_us_in_is_not_stored_and_one_key_makes_one() {
    on_both(async |house: House| {
        let token = house
            .token_of(UserRole::Operator, &["destinations:write"])
            .await;
        let zendesk = zendesk().await;
        let (wrong, _) = add(
            &house,
            &token,
            CREDENTIALS,
            &token_credential("wrong", "n0"),
        )
        .await;
        let (right, _) = add(
            &house,
            &token,
            CREDENTIALS,
            &token_credential("right", "token"),
        )
        .await;
        let body = destination(&wrong, "live", &zendesk);
        let answer = house.call(&token, "POST", DESTINATIONS, &[], &body).await;
        refused(&answer, 409, "conflict", "Nothing was stored.");
        let unknown = destination("999", "live", &zendesk);
        let answer = house
            .call(&token, "POST", DESTINATIONS, &[], &unknown)
            .await;
        assert_eq!(
            json_of(&answer)["errors"][0]["field"],
            "credential_id",
            "{}",
            answer.body
        );
        let all = house
            .call(&token, "GET", DESTINATIONS, &[], &Value::Null)
            .await;
        assert_eq!(json_of(&all)["items"], json!([]));

        let body = destination(&right, "live", &zendesk);
        let key = [("Idempotency-Key", "d-1")];
        let first = house.call(&token, "POST", DESTINATIONS, &key, &body).await;
        assert_eq!(first.status, 201, "{}", first.body);
        let again = house.call(&token, "POST", DESTINATIONS, &key, &body).await;
        assert_eq!(json_of(&first), json_of(&again), "{}", again.body);
        assert_eq!(json_of(&first)["users_per_second"], 100);
        let all = house
            .call(&token, "GET", DESTINATIONS, &[], &Value::Null)
            .await;
        assert_eq!(json_of(&all)["items"].as_array().unwrap().len(), 1);

        let path = first.header("location").to_owned();
        let matching = [("If-Match", first.header("etag"))];
        let change =
            json!({"users_per_second": 0, "admin_only": true, "allowed_attributes": ["role"]});
        let done = house.call(&token, "PATCH", &path, &matching, &change).await;
        assert_eq!(done.status, 200, "{}", done.body);
        let now = json_of(&done);
        assert_eq!(
            (now["users_per_second"].clone(), now["name"].clone()),
            (json!(0), json!("live"))
        );
        let late = house.call(&token, "PATCH", &path, &matching, &change).await;
        refused(&late, 412, "stale", "");
        for (bad, field) in [
            (json!({"users_per_second": 20_000}), "users_per_second"),
            (
                json!({"allowed_attributes": ["name"]}),
                "allowed_attributes",
            ),
            (json!({"credential_id": "0"}), "credential_id"),
        ] {
            let matching = [("If-Match", done.header("etag"))];
            let answer = house.call(&token, "PATCH", &path, &matching, &bad).await;
            assert_eq!(
                json_of(&answer)["errors"][0]["field"],
                field,
                "{}",
                answer.body
            );
        }
        let matching = [("If-Match", done.header("etag"))];
        let bad = json!({"credential_id": wrong});
        let answer = house.call(&token, "PATCH", &path, &matching, &bad).await;
        refused(&answer, 409, "conflict", "Nothing was changed.");
        let test = house
            .call(&token, "POST", &format!("{path}/test"), &[], &Value::Null)
            .await;
        assert_eq!(json_of(&test)["works"], true, "{}", test.body);
        let to = json!({"name": "real", "credential_id": right, "account": "company"});
        let promoted = house
            .call(&token, "POST", &format!("{path}/promote"), &[], &to)
            .await;
        refused(
            &promoted,
            409,
            "conflict",
            "Nothing was sent to the sandbox live yet.",
        );
        zendesk.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_destination_is_shown_to_whom_it_is_open_and_changed_by_whom_it_may_be() {
    on_both(async |house: House| {
        let operator = house
            .token_of(UserRole::Operator, &["destinations:write"])
            .await;
        let zendesk = zendesk().await;
        let (credential, _) = add(
            &house,
            &operator,
            CREDENTIALS,
            &token_credential("acme", "token"),
        )
        .await;
        let mut closed = destination(&credential, "closed", &zendesk);
        closed["admin_only"] = json!(true);
        let (closed, etag) = add(&house, &operator, DESTINATIONS, &closed).await;
        let open = destination(&credential, "open", &zendesk);
        add(&house, &operator, DESTINATIONS, &open).await;
        let analyst = house
            .token_of(UserRole::Analyst, &["sends:read", "destinations:write"])
            .await;
        let all = house
            .call(&analyst, "GET", DESTINATIONS, &[], &Value::Null)
            .await;
        let names: Vec<Value> = json_of(&all)["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].clone())
            .collect();
        assert_eq!(names, ["open"]);
        let path = format!("{DESTINATIONS}/{closed}");
        let answer = house.call(&analyst, "GET", &path, &[], &Value::Null).await;
        refused(
            &answer,
            403,
            "forbidden",
            "Only administrators and operators may send to closed",
        );
        let matching = [("If-Match", etag.as_str())];
        let answer = house
            .call(
                &analyst,
                "PATCH",
                &path,
                &matching,
                &json!({"admin_only": false}),
            )
            .await;
        refused(&answer, 403, "forbidden", "The role of the token's owner");
        zendesk.stop().await;
    })
    .await;
}
