//! The REST API over sockets.

use axum::http::Method;
use serde_json::{Value, json};
use store::users::UserRole;
use web::{Right, Scope, may};

use crate::browser::Answer;
use crate::house::{House, on_both};

impl House {
    /// A token of somebody of this role, made on the page as they would make it.
    pub(crate) async fn token_of(&self, role: UserRole, scopes: &[&str]) -> String {
        let mut browser = self.browser_of(role).await;
        let ticked: Vec<String> = scopes
            .iter()
            .map(|scope| format!("&scope={scope}"))
            .collect();
        let form = format!("name=test{}&days=30", ticked.concat());
        let page = browser.post("/tokens", &form).await;
        let (_, rest) = page.body.split_once("<code>deskbridge_").unwrap();
        let (token, _) = rest.split_once('<').unwrap();
        format!("deskbridge_{token}")
    }

    /// Calls the API with a token; `body` is JSON, null for none.
    pub(crate) async fn call(
        &self,
        token: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        let text = if body.is_null() {
            String::new()
        } else {
            all.push(("Content-Type", "application/json"));
            body.to_string()
        };
        self.stranger().send(method, path, &all, &text).await
    }
}

pub(crate) fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test]
async fn a_call_without_a_token_that_holds_is_refused_with_a_problem() {
    on_both(async |house: House| {
        let token = house.token_of(UserRole::Administrator, &["users"]).await;
        let mut broken = token.clone();
        broken.replace_range(20..21, if &token[20..21] == "a" { "b" } else { "a" });
        for bad in ["", "deskbridge_", "nothing", &broken] {
            let answer = house
                .call(bad, "GET", "/api/v1/users", &[], &Value::Null)
                .await;
            assert_eq!(answer.status, 401, "{bad}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert_eq!(json_of(&answer)["code"], "unauthorized");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
        }
        // A session is no token: no site can call in somebody's name.
        let answer = house.browser().await.get("/api/v1/users").await;
        assert_eq!(answer.status, 401);
        assert_eq!(
            house
                .call(&token, "GET", "/api/v1/users", &[], &Value::Null)
                .await
                .status,
            200
        );
    })
    .await;
}

#[tokio::test]
async fn every_operation_asks_for_its_scope_and_for_the_role_of_the_tokens_owner() {
    on_both(async |house: House| {
        for role in UserRole::ALL {
            for scope in Scope::ALL {
                let token = house.token_of(role, &[scope.as_str()]).await;
                for route in web::operations() {
                    if route.right == Right::Open {
                        continue;
                    }
                    let path = route.path.replace("{id}", "999999");
                    let path = path.replace("{contact}", "999999");
                    let method = route.method.as_str();
                    let body = if route.method == Method::GET {
                        Value::Null
                    } else {
                        json!({})
                    };
                    let answer = house.call(&token, method, &path, &[], &body).await;
                    let cell = format!(
                        "{method} {path} as {} for {}",
                        role.as_str(),
                        scope.as_str()
                    );
                    assert!(answer.status < 500, "{cell}: {}", answer.body);
                    let code = match answer.status {
                        403 => json_of(&answer)["code"].as_str().unwrap().to_owned(),
                        _ => String::new(),
                    };
                    if !scope.covers(route.right) {
                        assert_eq!(code, "insufficient_scope", "{cell}");
                    } else if !may(role, route.right) {
                        assert_eq!(code, "forbidden", "{cell}");
                    } else {
                        assert_ne!(answer.status, 403, "{cell}");
                        assert_ne!(answer.status, 401, "{cell}");
                    }
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_edit_asks_for_what_was_read_and_overwrites_nobody() {
    on_both(async |house: House| {
        let token = house.token_of(UserRole::Administrator, &["users"]).await;
        let id = house.id_of(UserRole::Agent).await;
        let path = format!("/api/v1/users/{id}");
        let read = house.call(&token, "GET", &path, &[], &Value::Null).await;
        assert_eq!(json_of(&read)["role"], "agent");
        let etag = read.header("etag").to_owned();
        let change = json!({"name": "Amir"});

        let blind = house.call(&token, "PATCH", &path, &[], &change).await;
        assert_eq!(
            (blind.status, json_of(&blind)["code"].clone()),
            (428, json!("if_match_required"))
        );
        let matching = [("If-Match", etag.as_str())];
        let done = house.call(&token, "PATCH", &path, &matching, &change).await;
        assert_eq!(
            (done.status, json_of(&done)["name"].clone()),
            (200, json!("Amir"))
        );
        assert_ne!(done.header("etag"), etag);
        let late = house
            .call(&token, "PATCH", &path, &matching, &json!({"name": "Late"}))
            .await;
        assert_eq!(
            (late.status, json_of(&late)["code"].clone()),
            (412, json!("stale"))
        );
        let now = house.call(&token, "GET", &path, &[], &Value::Null).await;
        assert_eq!(json_of(&now)["name"], "Amir");
    })
    .await;
}

#[tokio::test]
async fn a_creation_sent_twice_under_one_key_makes_one_record() {
    on_both(async |house: House| {
        let token = house.token_of(UserRole::Administrator, &["users"]).await;
        let new = json!({"email": "g@example.com", "name": "Grace", "role": "agent", "password": "four rhyming words"});
        let key = [("Idempotency-Key", "k-1")];
        let first = house.call(&token, "POST", "/api/v1/users", &key, &new).await;
        assert_eq!(first.status, 201, "{}", first.body);
        let again = house.call(&token, "POST", "/api/v1/users", &key, &new).await;
        assert_eq!(again.status, 201, "{}", again.body);
        assert_eq!(json_of(&first), json_of(&again));
        assert_eq!(first.header("location"), again.header("location"));

        let mut other = new.clone();
        other["email"] = json!("h@example.com");
        let refused = house.call(&token, "POST", "/api/v1/users", &key, &other).await;
        assert_eq!((refused.status, json_of(&refused)["code"].clone()), (422, json!("idempotency_mismatch")));
        // Without a key the same email is simply taken.
        let taken = house.call(&token, "POST", "/api/v1/users", &[], &new).await;
        assert_eq!((taken.status, json_of(&taken)["code"].clone()), (409, json!("conflict")));
        let all = house.call(&token, "GET", "/api/v1/users", &[], &Value::Null).await;
        let graces = all.body.matches("\"Grace\"").count();
        assert_eq!(graces, 1, "{}", all.body);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_by_field_and_as_json() {
    on_both(async |house: House| {
        let token = house.token_of(UserRole::Administrator, &["users"]).await;
        let users = "/api/v1/users";
        let unknown = json!({"email": "g@example.com", "name": "G", "role": "agent", "password": "four rhyming words", "id": "1"});
        let answer = house.call(&token, "POST", users, &[], &unknown).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("unknown field `id`"), "{}", answer.body);
        let role = json!({"email": "g@example.com", "name": "G", "role": "queen", "password": "x"});
        let answer = house.call(&token, "POST", users, &[], &role).await;
        assert_eq!(json_of(&answer)["errors"][0]["field"], "role", "{}", answer.body);

        let plain = [("Content-Type", "text/plain")];
        let answer = house.call(&token, "POST", users, &plain, &Value::Null).await;
        assert_eq!((answer.status, json_of(&answer)["code"].clone()), (415, json!("unsupported_media_type")));
        let answer = house.call(&token, "GET", "/api/v1/nowhere", &[], &Value::Null).await;
        assert_eq!((answer.status, json_of(&answer)["code"].clone()), (404, json!("not_found")));
        let answer = house.call(&token, "DELETE", users, &[], &Value::Null).await;
        assert_eq!((answer.status, json_of(&answer)["code"].clone()), (405, json!("method_not_allowed")));
        assert!(answer.header("allow").contains("POST"), "{}", answer.header("allow"));
    })
    .await;
}

#[tokio::test]
async fn a_token_is_shown_once_and_ends_when_its_owner_says_so_or_is_disabled() {
    on_both(async |house: House| {
        let token = house.token_of(UserRole::Operator, &["cases:read"]).await;
        let me = |token: String| {
            let house = &house;
            async move {
                house
                    .call(&token, "GET", "/api/v1/me", &[], &Value::Null)
                    .await
            }
        };
        let answer = json_of(&me(token.clone()).await);
        assert_eq!(answer["user"]["email"], "operator@example.com");
        assert_eq!(answer["scopes"], json!(["cases:read"]));

        let mut owner = house.browser_of(UserRole::Operator).await;
        let page = owner.get("/tokens").await;
        assert!(!page.has(&token), "it is shown twice");
        assert!(page.has(&token[token.len() - 4..]), "its end is shown");
        let (_, rest) = page.body.split_once("/tokens/").unwrap();
        let (id, _) = rest.split_once("/end").unwrap();
        let path = format!("/tokens/{id}/end");
        assert_eq!(
            house.browser().await.post(&path, "").await.status,
            404,
            "another's"
        );
        assert_eq!(owner.post(&path, "").await.status, 303);
        assert_eq!(me(token).await.status, 401);

        let token = house.token_of(UserRole::Operator, &["cases:read"]).await;
        let id = house.id_of(UserRole::Operator).await;
        let form = "name=Oda&role=operator&disabled=yes";
        let mut ada = house.browser().await;
        assert_eq!(
            ada.post(&format!("/users/{id}/edit"), form).await.status,
            303
        );
        assert_eq!(me(token.clone()).await.status, 401);
        house
            .clock
            .advance(std::time::Duration::from_secs(31 * 86_400));
        assert_eq!(me(token).await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn a_list_is_read_page_by_page_and_tells_everything_once() {
    on_both(async |house: House| {
        let token = house.token_of(UserRole::Administrator, &["settings"]).await;
        for _ in 0..7 {
            house.browser_of(UserRole::Administrator).await;
        }
        let (mut path, mut ids) = ("/api/v1/audit?limit=3&action=login".to_owned(), Vec::new());
        loop {
            let answer = house.call(&token, "GET", &path, &[], &Value::Null).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let page = json_of(&answer);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 3);
            ids.extend(
                items
                    .iter()
                    .map(|item| item["id"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next"].as_str() else {
                break;
            };
            path = format!("/api/v1/audit?limit=3&action=login&cursor={next}");
        }
        assert_eq!(ids.len(), 8);
        assert!(ids.is_sorted_by(|one, next| one > next), "{ids:?}");
        for bad in ["limit=many", "limit=-1", "cursor=%00"] {
            let path = format!("/api/v1/audit?{bad}");
            let answer = house.call(&token, "GET", &path, &[], &Value::Null).await;
            assert_eq!(
                (answer.status, json_of(&answer)["code"].clone()),
                (400, json!("invalid_query")),
                "{bad}"
            );
        }
    })
    .await;
}

#[test]
fn the_checked_in_document_is_what_the_routes_say() {
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");
    let made = web::openapi().unwrap();
    if std::env::var_os("DESKBRIDGE_WRITE_OPENAPI").is_some() {
        std::fs::write(place, &made).unwrap();
    }
    let kept = std::fs::read_to_string(place).unwrap_or_default();
    assert!(
        kept == made,
        "openapi.json is not up to date: run `DESKBRIDGE_WRITE_OPENAPI=1 cargo test -p web --test pages the_checked_in_document`"
    );
}

#[tokio::test]
async fn the_document_is_open_and_the_page_about_it_names_every_operation() {
    on_both(async |house: House| {
        let answer = house.stranger().get("/api/v1/openapi.json").await;
        assert_eq!(answer.status, 200);
        assert_eq!(json_of(&answer)["openapi"], "3.1.0");
        let page = house.browser().await.get("/api-reference").await;
        for route in web::operations() {
            let line = format!("<b>{}</b> {}", route.method, route.path);
            assert!(page.has(&line), "{line} is missing");
        }
    })
    .await;
}
