//! Outgoing webhooks in the browser and over the API.

use std::sync::Arc;

use engine::outgoing_webhooks::Rules;
use engine::{Engine, Settings};
use serde_json::{Value, json};
use store::users::UserRole;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use web::Options;

use crate::browser::{Answer, Browser};
use crate::house::{EMAIL, House, PASSWORD, on_both};

const URL: &str = "https%3A%2F%2Fhooks.example.com%2Fdeskbridge";
const API: &str = "/api/v1/outgoing-webhooks";

fn form(house: &House, name: &str) -> String {
    format!(
        "name={name}&url={URL}&kinds=case.created&kinds=run.failed&active=yes&owner_id={}",
        house.ada.id
    )
}

/// The secret that an answer shows.
fn secret(answer: &Answer) -> Option<String> {
    let (_, rest) = answer.body.split_once("whsec_")?;
    let end = rest.find(['<', '"'])?;
    Some(format!("whsec_{}", &rest[..end]))
}

/// The address of the endpoint of this name.
async fn place(house: &House, name: &str) -> String {
    let reader = &mut *house.engine.store.read().await.unwrap();
    let found = store::outgoing_webhooks::find(reader, name).await.unwrap();
    format!("/outgoing-webhooks/{}", found.unwrap().id)
}

/// A browser of Ada's at the same house, where receivers on this machine may be told.
async fn at_home(house: &House) -> Browser {
    let settings = Settings {
        outgoing_webhooks: Rules {
            allow_private: true,
        },
        ..(*house.engine.settings).clone()
    };
    let engine = Engine {
        settings: Arc::new(settings),
        ..house.engine.clone()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = web::app(engine, Options::new(None, "1").unwrap());
    tokio::spawn(web::serve(listener, app, std::future::pending()));
    let mut browser = Browser::at(address);
    assert_eq!(browser.sign_in(EMAIL, PASSWORD).await.status, 303);
    browser
}

#[tokio::test]
async fn a_webhook_is_added_shown_edited_and_deleted_and_its_secret_shown_once() {
    on_both(async |house: House| {
        let mut ada = house.browser().await;
        let empty = ada.get("/outgoing-webhooks").await;
        assert!(empty.text().contains("No webhook yet"), "{}", empty.text());
        assert!(ada.get("/outgoing-webhooks/new").await.has("case.created"));
        let added = ada.post("/outgoing-webhooks", &form(&house, "CRM")).await;
        assert_eq!(added.status, 200, "{}", added.text());
        let shown = secret(&added).unwrap();
        let place = place(&house, "CRM").await;
        for path in ["/outgoing-webhooks", &place, &format!("{place}/edit")] {
            let page = ada.get(path).await;
            assert_eq!(page.status, 200);
            assert!(page.has("CRM") && !page.has("whsec_"), "{path}");
        }
        let rolled = ada.post(&format!("{place}/roll"), "").await;
        assert!(
            rolled.text().contains("signs too for 24 hours"),
            "{}",
            rolled.text()
        );
        assert_ne!(secret(&rolled).unwrap(), shown);

        let edit = format!("{place}/edit");
        let renamed = format!("{}&version=1", form(&house, "Shop"));
        let saved = ada.post(&edit, &renamed).await;
        assert_eq!(saved.header("location"), format!("{place}?done=saved"));
        // Who had the form open before overwrites nothing unseen.
        let stale = ada
            .post(&edit, &format!("{}&version=1", form(&house, "Late")))
            .await;
        assert_eq!(stale.status, 422);
        assert!(stale.text().contains("Somebody else changed this webhook"));
        assert!(ada.get(&format!("{place}/delete")).await.has("Shop"));
        let deleted = ada.post(&format!("{place}/delete"), "").await;
        assert_eq!(
            deleted.header("location"),
            "/outgoing-webhooks?done=deleted"
        );
        assert_eq!(ada.get(&place).await.status, 404);
        let log = ada.get("/audit").await;
        for action in ["add", "roll", "edit", "remove"] {
            assert!(log.has(&format!("outgoing_webhook.{action}")), "{action}");
        }
        assert!(!log.has("whsec_") && !log.has("hooks.example.com"));
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_told_by_field() {
    on_both(async |house: House| {
        let mut ada = house.browser().await;
        let owner = &house.ada.id;
        for (form, told) in [
            (
                format!("name=&url={URL}&kinds=case.created&owner_id={owner}"),
                "Name the receiver",
            ),
            (
                format!("name=a&url=http%3A%2F%2Fexample.com&kinds=case.created&owner_id={owner}"),
                "must begin with https://",
            ),
            (
                format!("name=a&url=https%3A%2F%2F10.0.0.1&kinds=case.created&owner_id={owner}"),
                "a private network",
            ),
            (
                format!("name=a&url={URL}&owner_id={owner}"),
                "at least one event",
            ),
            (
                format!("name=a&url={URL}&kinds=case.eaten&owner_id={owner}"),
                "There is no event",
            ),
            (
                format!("name=a&url={URL}&kinds=case.created&owner_id=nobody"),
                "There is no such user",
            ),
        ] {
            let answer = ada.post("/outgoing-webhooks", &form).await;
            assert_eq!(answer.status, 422, "{form}");
            assert!(answer.text().contains(told), "{told}: {}", answer.text());
        }
        ada.post("/outgoing-webhooks", &form(&house, "CRM")).await;
        let again = ada.post("/outgoing-webhooks", &form(&house, "CRM")).await;
        assert!(again.text().contains("named CRM"), "{}", again.text());
    })
    .await;
}

#[tokio::test]
async fn events_are_listed_tested_and_sent_again() {
    on_both(async |house: House| {
        let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = receiver.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = receiver.accept().await {
                let mut bytes = vec![0; 8192];
                drop(socket.read(&mut bytes).await);
                let answer = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n";
                drop(socket.write_all(answer).await);
            }
        });
        let mut ada = at_home(&house).await;
        let form = form(&house, "CRM").replace(URL, &format!("http%3A%2F%2F127.0.0.1%3A{port}"));
        assert_eq!(ada.post("/outgoing-webhooks", &form).await.status, 200);
        let place = place(&house, "CRM").await;
        let tested = ada.post(&format!("{place}/test"), "").await;
        assert!(
            tested.text().contains("did not arrive"),
            "{}",
            tested.text()
        );
        assert!(ada.get(&place).await.text().contains("Nothing to tell yet"));

        let mut tx = house.engine.store.begin().await.unwrap();
        let id = place.rsplit('/').next().unwrap();
        let events: Vec<_> = (0..51)
            .map(|number| store::outgoing_events::NewOutgoingEvent {
                id: format!("event{number:02}"),
                webhook_id: id,
                kind: "case.created",
                body: "{}",
            })
            .collect();
        let now = house.now();
        store::outgoing_events::add(&mut tx, &events, now)
            .await
            .unwrap();
        let tried = store::outgoing_events::Try {
            status: Some(400),
            problem: Some("It refuses it with 400."),
            state: store::outgoing_events::OutgoingState::GivenUp,
            next_at: now,
        };
        store::outgoing_events::note_try(&mut tx, "event50", tried, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let page = ada.get(&place).await;
        let text = page.text();
        assert!(
            text.contains("Given up") && text.contains("refuses it with 400"),
            "{text}"
        );
        assert!(page.has("event01/again") && !page.has("event00/again"));
        let older = ada.get(&format!("{place}?after=event01")).await;
        assert!(older.has("event00/again"));
        let again = ada.post(&format!("{place}/events/event50/again"), "").await;
        assert_eq!(again.header("location"), format!("{place}?done=again"));
        assert!(!ada.get(&place).await.text().contains("Given up"));
        let missing = ada.post(&format!("{place}/events/nothing/again"), "").await;
        assert_eq!(missing.status, 404);
    })
    .await;
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

fn new(name: &str) -> Value {
    json!({ "name": name, "url": "https://hooks.example.com/", "kinds": ["case.created"] })
}

#[tokio::test]
async fn a_program_makes_one_webhook_however_often_it_asks_and_edits_what_it_read() {
    on_both(async |house: House| {
        let token = house.token_of(UserRole::Operator, &["settings"]).await;
        let key = [("Idempotency-Key", "k1")];
        let made = house.call(&token, "POST", API, &key, &new("CRM")).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let body = json_of(&made);
        let id = body["webhook"]["id"].as_str().unwrap().to_owned();
        assert!(body["secret"].as_str().unwrap().starts_with("whsec_"));
        let again = house.call(&token, "POST", API, &key, &new("CRM")).await;
        assert_eq!(json_of(&again), body);
        let other = house.call(&token, "POST", API, &key, &new("Shop")).await;
        assert_eq!(json_of(&other)["code"], "idempotency_mismatch");
        let all = house.call(&token, "GET", API, &[], &Value::Null).await;
        assert_eq!(json_of(&all)["items"].as_array().unwrap().len(), 1);
        assert!(!all.body.contains("whsec_"));

        let path = format!("{API}/{id}");
        let read = house.call(&token, "GET", &path, &[], &Value::Null).await;
        assert_eq!(json_of(&read), body["webhook"]);
        let etag = read.header("etag").to_owned();
        assert_eq!(etag, made.header("etag"));
        let change = json!({ "active": false });
        let blind = house.call(&token, "PATCH", &path, &[], &change).await;
        assert_eq!(blind.status, 428);
        let matching = [("If-Match", etag.as_str())];
        let off = house.call(&token, "PATCH", &path, &matching, &change).await;
        assert_eq!(json_of(&off)["active"], false, "{}", off.body);
        for method in ["PATCH", "DELETE"] {
            let stale = house.call(&token, method, &path, &matching, &change).await;
            assert_eq!(stale.status, 412, "{method}");
        }
        let rolled = house
            .call(&token, "POST", &format!("{path}/roll"), &[], &Value::Null)
            .await;
        assert_eq!(json_of(&rolled)["previous_until"], "2026-11-23T09:00:00Z");
        let now = [("If-Match", off.header("etag"))];
        let gone = house
            .call(&token, "DELETE", &path, &now, &Value::Null)
            .await;
        assert_eq!(gone.status, 204, "{}", gone.body);
        let read = house.call(&token, "GET", &path, &[], &Value::Null).await;
        assert_eq!(read.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_program_leafs_through_events_and_odd_input_is_refused_by_field() {
    on_both(async |house: House| {
        let token = house.token_of(UserRole::Operator, &["settings"]).await;
        let call = async |method: &str, path: &str, body: &Value| {
            house.call(&token, method, path, &[], body).await
        };
        let made = call("POST", API, &new("CRM")).await;
        let id = json_of(&made)["webhook"]["id"].as_str().unwrap().to_owned();
        let mut tx = house.engine.store.begin().await.unwrap();
        let names = ["e1", "e2", "e3"];
        let events = names.map(|name| store::outgoing_events::NewOutgoingEvent {
            id: name.to_owned(),
            webhook_id: &id,
            kind: "case.created",
            body: "{}",
        });
        let now = house.now();
        store::outgoing_events::add(&mut tx, &events, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let path = format!("{API}/{id}/events");
        let page = json_of(&call("GET", &format!("{path}?limit=2"), &Value::Null).await);
        assert_eq!(page["items"][0]["id"], "e3");
        assert_eq!(page["items"][0]["state"], "waiting");
        assert_eq!(page["next"], "e2");
        let rest = call(
            "GET",
            &format!("{path}?cursor=e2&state=waiting"),
            &Value::Null,
        )
        .await;
        let rest = json_of(&rest);
        assert_eq!(
            (&rest["items"][0]["id"], &rest["next"]),
            (&json!("e1"), &Value::Null)
        );
        let given_up = call("GET", &format!("{path}?state=given_up"), &Value::Null).await;
        assert_eq!(json_of(&given_up)["items"], json!([]));
        for bad in ["cursor=gone", "cursor=%00", "state=eaten", "limit=x"] {
            let answer = call("GET", &format!("{path}?{bad}"), &Value::Null).await;
            assert_eq!(answer.status, 400, "{bad}: {}", answer.body);
        }
        let again = call("POST", &format!("{path}/e1/again"), &Value::Null).await;
        assert_eq!(again.status, 202);
        let none = call("POST", &format!("{path}/e9/again"), &Value::Null).await;
        assert_eq!(none.status, 404);
        for (field, value) in [
            ("name", json!("")),
            ("name", json!(7)),
            ("url", json!("http://example.com")),
            ("url", json!("https://10.0.0.1/")),
            ("url", json!("\0")),
            ("kinds", json!([])),
            ("owner_id", json!("nobody\0")),
            ("secret", json!("mine")),
        ] {
            let mut odd = new("Odd");
            odd[field] = value.clone();
            let answer = call("POST", API, &odd).await;
            assert_eq!(answer.status, 422, "{field} {value}: {}", answer.body);
            let told = json_of(&answer)["errors"].to_string();
            assert!(told.contains(field), "{field}: {told}");
        }
        let taken = call("POST", API, &new("CRM")).await;
        assert_eq!(taken.status, 409, "{}", taken.body);
        let weak = house.token_of(UserRole::Operator, &["cases:read"]).await;
        let refused = house.call(&weak, "GET", API, &[], &Value::Null).await;
        assert_eq!(json_of(&refused)["code"], "insufficient_scope");
        let analyst = house.token_of(UserRole::Analyst, &["settings"]).await;
        let refused = house.call(&analyst, "GET", API, &[], &Value::Null).await;
        assert_eq!(json_of(&refused)["code"], "forbidden");
    })
    .await;
}
