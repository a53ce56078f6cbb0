//! The webhook of an integration, looked after by a program.

use std::net::SocketAddr;

use serde_json::{Value, json};
use simulator::Fault;
use store::users::UserRole;

use crate::api_cases::{is, refusal, told};
use crate::browser::{Answer, Browser};
use crate::integration_webhooks::{Site, called, deeds, email, happens, secret, small};

/// A program of somebody's, with a token made on the page.
pub(crate) struct Program {
    at: SocketAddr,
    token: String,
}

impl Program {
    pub(crate) async fn of(site: &Site, browser: &mut Browser) -> Self {
        let form = "name=hooks&days=30&scope=integrations%3Awrite";
        let page = browser.post("/tokens", form).await;
        let (_, rest) = page.body.split_once("<code>deskbridge_").unwrap();
        let (token, _) = rest.split_once('<').unwrap();
        Self {
            at: site.at,
            token: format!("deskbridge_{token}"),
        }
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![("Authorization", bearer.as_str())];
        let mut text = String::new();
        if !body.is_null() {
            headers.push(("Content-Type", "application/json"));
            text = body.to_string();
        }
        let path = format!("/api/v1{path}");
        Browser::at(self.at)
            .send(method, &path, &headers, &text)
            .await
    }
}

#[tokio::test]
async fn a_program_does_the_same_over_the_api() {
    small()
        .each(async |world| {
            world.sync_well().await;
            let site = Site::open(world).await;
            let mut ada = site.somebody(world, UserRole::Operator, false).await;
            let program = Program::of(&site, &mut ada).await;
            let (path, none) = (site.page(), Value::Null);
            let rotate = format!("{path}/rotate");
            let empty = json!({"webhook": null, "in_zendesk": null, "in_zendesk_problem": null});
            assert_eq!(told(&program.call("GET", &path, &none).await, 200), empty);
            let early = program.call("POST", &rotate, &none).await;
            assert_eq!(refusal(&early), is(409, "conflict", ""));
            let early = program.call("DELETE", &path, &none).await;
            assert_eq!(refusal(&early), is(404, "not_found", ""));
            for (body, field) in [
                (json!({"url": "http://desk.example.com"}), "url"),
                (json!({"url": ""}), "url"),
                (json!({"address": "https://desk.example.com"}), "address"),
            ] {
                let answer = program.call("PUT", &path, &body).await;
                assert_eq!(refusal(&answer), is(422, "invalid", field), "{body}");
            }
            let lacking = Fault::parse("status=403:route=webhooks").unwrap();
            world.zendesk().add_fault(lacking);
            let answer = program.call("PUT", &path, &json!({})).await;
            assert_eq!(refusal(&answer), is(409, "conflict", ""));
            world.zendesk().clear_faults();
            assert_eq!(called(world).await, [""; 0]);

            // Without an address it is that of the configuration.
            let endpoint = format!("{}/hooks/zendesk/{}", site.url, site.id);
            let made = told(&program.call("PUT", &path, &json!({})).await, 200);
            assert_eq!(made, json!({"endpoint": endpoint, "change": "made"}));
            assert_eq!(called(world).await, [endpoint.as_str()]);
            let same = json!({"url": site.url});
            let again = told(&program.call("PUT", &path, &same).await, 200);
            assert_eq!(again["change"], "none");
            let elsewhere = json!({"url": "https://desk.example.com/"});
            let moved = told(&program.call("PUT", &path, &elsewhere).await, 200);
            assert_eq!(moved["change"], "mended");
            let other = format!("https://desk.example.com/hooks/zendesk/{}", site.id);
            assert_eq!(called(world).await, [other.as_str()]);
            told(&program.call("PUT", &path, &same).await, 200);

            happens(world).await;
            let read = told(&program.call("GET", &path, &none).await, 200);
            let webhook = &read["webhook"];
            assert_eq!(
                (&read["in_zendesk"], &webhook["endpoint"]),
                (&json!("active"), &json!(endpoint))
            );
            let counts = json!({"noted": 1, "repeated": 0, "ignored": 0, "rejected": 0});
            assert_eq!(
                (&webhook["counts"], &webhook["waiting"]),
                (&counts, &json!(1))
            );
            assert!(webhook["last_seen_at"].is_string() && webhook["previous_until"].is_null());

            let former = secret(world).await;
            let rotated = program.call("POST", &rotate, &none).await;
            let until = told(&rotated, 200)["previous_until"].clone();
            assert!(
                until.as_str().unwrap().starts_with("2026-11-23T"),
                "{until}"
            );
            let present = secret(world).await;
            assert_ne!(present, former);
            let read = program.call("GET", &path, &none).await;
            assert_eq!(told(&read, 200)["webhook"]["previous_until"], until);
            for answer in [&rotated, &read] {
                assert!(
                    !answer.has(&present) && !answer.has(&former),
                    "{}",
                    answer.body
                );
            }
            let down = Fault::parse("unavailable:route=webhooks/*").unwrap();
            world.zendesk().add_fault(down);
            let read = told(&program.call("GET", &path, &none).await, 200);
            let problem = read["in_zendesk_problem"].as_str().unwrap();
            assert!(problem.starts_with("Zendesk did not answer"), "{problem}");
            assert!(read["in_zendesk"].is_null() && read["webhook"].is_object());
            let kept = program.call("DELETE", &path, &none).await;
            assert_eq!(refusal(&kept), is(409, "conflict", ""));
            world.zendesk().clear_faults();

            let removed = program.call("DELETE", &path, &none).await;
            assert_eq!(removed.status, 204, "{}", removed.body);
            assert_eq!(called(world).await, [""; 0]);
            assert_eq!(told(&program.call("GET", &path, &none).await, 200), empty);
            let deeds = deeds(world, &email(UserRole::Operator)).await;
            let set = "webhook.set";
            assert_eq!(deeds, ["webhook.remove", "webhook.rotate", set, set, set]);
        })
        .await;
}
