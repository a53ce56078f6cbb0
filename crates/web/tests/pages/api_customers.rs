//! Contacts and accounts over the API.

use serde_json::{Value, json};
use store::users::UserRole;

use crate::api_cases::{WRITE, is, refusal, told};
use crate::house::{House, on_both};

#[tokio::test]
async fn a_contact_is_found_read_and_edited_as_read() {
    on_both(async |house: House| {
        let grace = house.contact("Grace Hopper", "grace@navy.example").await;
        for name in ["Ada Byron", "Alan Turing"] {
            house.contact(name, "same@x.example").await;
        }
        let token = house.token_of(UserRole::Agent, WRITE).await;
        let found = told(&house.read(&token, "/api/v1/contacts?q=hopp").await, 200);
        assert_eq!(found["items"][0]["email"], "grace@navy.example");
        let page = told(&house.read(&token, "/api/v1/contacts?limit=2").await, 200);
        let next = page["next"].as_str().unwrap();
        let rest = told(
            &house
                .read(&token, &format!("/api/v1/contacts?limit=2&cursor={next}"))
                .await,
            200,
        );
        assert_eq!(
            (rest["items"].as_array().unwrap().len(), &rest["next"]),
            (1, &Value::Null)
        );

        let path = format!("/api/v1/contacts/{grace}");
        let read = house.read(&token, &path).await;
        assert_eq!(told(&read, 200)["owner"]["name"], "Ada Lovelace");
        let matching = [("If-Match", read.header("etag"))];
        let change = json!({"phone": "+1 206 555 0100"});
        let blind = house.write(&token, "PATCH", &path, &change).await;
        assert_eq!(refusal(&blind), is(428, "if_match_required", ""));
        let done = told(
            &house.call(&token, "PATCH", &path, &matching, &change).await,
            200,
        );
        assert_eq!(
            (&done["phone"], &done["name"]),
            (&change["phone"], &json!("Grace Hopper"))
        );
        assert_eq!(done["history"][0]["detail"], "phone");
        let late = house
            .call(&token, "PATCH", &path, &matching, &json!({"phone": null}))
            .await;
        assert_eq!(refusal(&late), is(412, "stale", ""));
        let now = house.read(&token, &path).await;
        let matching = [("If-Match", now.header("etag"))];
        let blank = house
            .call(&token, "PATCH", &path, &matching, &json!({"name": " "}))
            .await;
        assert_eq!(refusal(&blank), is(422, "invalid", "name"));
        let bad = house
            .call(&token, "PATCH", &path, &matching, &json!({"email": "none"}))
            .await;
        assert_eq!(refusal(&bad), is(422, "invalid", "email"));
        let none = house
            .call(&token, "PATCH", &path, &matching, &json!({"phone": null}))
            .await;
        assert_eq!(told(&none, 200)["phone"], Value::Null);
        let missing = house.read(&token, "/api/v1/contacts/%00").await;
        assert_eq!(missing.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_contact_is_made_once_for_one_key_and_one_email() {
    on_both(async |house: House| {
        let token = house.token_of(UserRole::Agent, WRITE).await;
        let contacts = "/api/v1/contacts";
        let account = house
            .write(&token, "POST", "/api/v1/accounts", &json!({"name": "Acme"}))
            .await;
        let account = told(&account, 201)["id"].clone();
        let key = [("Idempotency-Key", "grace")];
        let new = json!({
            "name": "Grace Hopper",
            "email": "grace@navy.example",
            "phone": "+1 206 555 0100",
            "account": account,
        });
        let made = house.call(&token, "POST", contacts, &key, &new).await;
        let again = house.call(&token, "POST", contacts, &key, &new).await;
        assert_eq!(told(&made, 201), told(&again, 201));
        let body = told(&made, 201);
        for member in ["name", "email", "phone"] {
            assert_eq!(body[member], new[member]);
        }
        assert_eq!(body["account"]["id"], account);
        assert_eq!(body["owner"]["name"], "The agent");
        assert_eq!(body["history"][0]["what"], "Made", "{body}");
        let place = made.header("location");
        assert_eq!(
            *place,
            format!("{contacts}/{}", body["id"].as_str().unwrap())
        );
        let matching = [("If-Match", made.header("etag"))];
        let change = json!({"phone": null});
        let changed = house.call(&token, "PATCH", place, &matching, &change).await;
        assert_eq!(told(&changed, 200)["phone"], Value::Null);

        let other = json!({"name": "Another"});
        let reused = house.call(&token, "POST", contacts, &key, &other).await;
        assert_eq!(refusal(&reused), is(422, "idempotency_mismatch", ""));
        for (wrong, field) in [
            (json!({"name": " "}), "name"),
            (json!({"name": "A", "email": "none"}), "email"),
            (json!({"name": "A", "email": "GRACE@navy.example"}), "email"),
            (json!({"name": "A", "account": "nowhere"}), "account"),
            (json!({"name": "A•••"}), "name"),
        ] {
            let answer = house.write(&token, "POST", contacts, &wrong).await;
            assert_eq!(refusal(&answer), is(422, "invalid", field), "{wrong}");
            assert!(!answer.has("Hopper"), "{}", answer.body);
        }
        let owned = json!({"name": "A", "owner": "somebody"});
        let answer = house.write(&token, "POST", contacts, &owned).await;
        assert_eq!(answer.status, 422, "{}", answer.body);

        // Two at once, where there is no integration whose lock they could wait for.
        let new = json!({"name": "Alan Turing", "email": "alan@park.example"});
        let ask = || house.write(&token, "POST", contacts, &new);
        let (one, other) = tokio::join!(ask(), ask());
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422]);
        let page = told(&house.read(&token, contacts).await, 200);
        assert_eq!(page["items"].as_array().unwrap().len(), 2, "{page}");
    })
    .await;
}

#[tokio::test]
async fn an_account_is_made_once_renamed_as_read_and_has_contacts() {
    on_both(async |house: House| {
        let grace = house.contact("Grace Hopper", "grace@navy.example").await;
        let token = house.token_of(UserRole::Agent, WRITE).await;
        let accounts = "/api/v1/accounts";
        let key = [("Idempotency-Key", "acme")];
        let new = json!({"name": "Acme"});
        let made = house.call(&token, "POST", accounts, &key, &new).await;
        let again = house.call(&token, "POST", accounts, &key, &new).await;
        assert_eq!(told(&made, 201), told(&again, 201));
        let path = made.header("location").to_owned();
        let blank = house
            .write(&token, "POST", accounts, &json!({"name": " "}))
            .await;
        assert_eq!(refusal(&blank), is(422, "invalid", "name"));

        let matching = [("If-Match", made.header("etag"))];
        let done = house
            .call(
                &token,
                "PATCH",
                &path,
                &matching,
                &json!({"name": "Acme Ltd"}),
            )
            .await;
        assert_eq!(told(&done, 200)["name"], "Acme Ltd");
        let late = house
            .call(&token, "PATCH", &path, &matching, &json!({"name": "Late"}))
            .await;
        assert_eq!(refusal(&late), is(412, "stale", ""));
        let found = told(&house.read(&token, &format!("{accounts}?q=ltd")).await, 200);
        assert_eq!(found["items"].as_array().unwrap().len(), 1);

        let member = format!("{path}/contacts/{grace}");
        for _ in 0..2 {
            assert_eq!(
                house
                    .write(&token, "PUT", &member, &Value::Null)
                    .await
                    .status,
                204
            );
        }
        let members = told(&house.read(&token, &format!("{path}/contacts")).await, 200);
        assert_eq!(members["items"][0]["id"], json!(grace));
        let contact = told(
            &house
                .read(&token, &format!("/api/v1/contacts/{grace}"))
                .await,
            200,
        );
        assert_eq!(contact["account"]["name"], "Acme Ltd");
        assert_eq!(
            house
                .write(&token, "DELETE", &member, &Value::Null)
                .await
                .status,
            204
        );
        let again = house.write(&token, "DELETE", &member, &Value::Null).await;
        assert_eq!(refusal(&again), is(409, "conflict", ""));
        let nobody = house
            .write(
                &token,
                "PUT",
                &format!("{path}/contacts/nobody"),
                &Value::Null,
            )
            .await;
        assert_eq!(refusal(&nobody), is(404, "not_found", ""));
    })
    .await;
}
