//! Integrations and their runs over the API.

use serde_json::{Value, json};
use store::runs::{self, Counters, Level, RunState, Tally};
use store::users::UserRole;

use crate::api_cases::{is, refusal, told};
use crate::browser::Answer;
use crate::house::{House, on_both};

const WRITE: &[&str] = &["integrations:write"];

/// What a new integration needs, at this address.
fn new(url: &str) -> Value {
    json!({
        "name": "Support", "url": url, "interval_seconds": 120, "budget_share": 40,
        "sign_in": {"kind": "api_token", "email": "agent@example.com", "token": "planted-secret"},
    })
}

#[tokio::test]
async fn an_integration_is_made_once_and_its_secret_never_comes_out() {
    on_both(async |house: House| {
        let token = house.token_of(UserRole::Operator, WRITE).await;
        let path = "/api/v1/integrations";
        let key = [("Idempotency-Key", "support")];
        let body = new("acme.zendesk.com");
        let first = house.call(&token, "POST", path, &key, &body).await;
        let again = house.call(&token, "POST", path, &key, &body).await;
        let made = told(&first, 201);
        assert_eq!(made, told(&again, 201));
        assert_eq!(made["settings"]["url"], "https://acme.zendesk.com");
        assert_eq!(
            made["settings"]["maps"]["status"]["from_zendesk"]["pending"],
            "in_progress"
        );
        assert_eq!(
            (&made["active"], &made["settings"]["two_way"]),
            (&json!(false), &json!(false))
        );
        assert_eq!(
            (&made["sign_in"]["is_own"], &made["sign_in"]["email"]),
            (&json!(true), &json!("agent@example.com"))
        );
        assert_eq!(made["owner"]["name"], "The operator");
        let taken = house.write(&token, "POST", path, &body).await;
        assert_eq!(refusal(&taken), is(409, "conflict", ""));
        let all = house.read(&token, path).await;
        assert_eq!(told(&all, 200)["items"].as_array().unwrap().len(), 1);
        for answer in [
            &first,
            &again,
            &all,
            &house.read(&token, first.header("location")).await,
        ] {
            assert!(!answer.has("planted-secret"), "{}", answer.body);
        }
        let reader = &mut *house.engine.store.read().await.unwrap();
        assert_eq!(store::credentials::list(reader).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_field_that_cannot_be_is_named_and_nothing_is_made() {
    on_both(async |house: House| {
        let token = house.token_of(UserRole::Operator, WRITE).await;
        let path = "/api/v1/integrations";
        for (field, value, told) in [
            ("name", json!("ab"), "name"),
            ("url", json!("http://evil.example"), "url"),
            ("interval_seconds", json!(5), "interval_seconds"),
            ("interval_seconds", json!(-1), "interval_seconds"),
            ("budget_share", json!(400), "budget_share"),
            ("owner", json!("nobody"), "owner"),
            ("priority", json!("both"), "priority"),
            (
                "maps",
                json!({"status": {"from_zendesk": {"new": "gone"}}}),
                "maps.status.from_zendesk.new",
            ),
            (
                "sign_in",
                json!({"kind": "api_token", "email": "nobody", "token": "t"}),
                "sign_in.email",
            ),
            (
                "sign_in",
                json!({"kind": "oauth_client", "client_id": "c"}),
                "sign_in.client_secret",
            ),
            ("sign_in", json!({"kind": "stored"}), "sign_in.credential"),
        ] {
            let mut body = new("acme.zendesk.com");
            body[field] = value;
            let answer = house.write(&token, "POST", path, &body).await;
            assert_eq!(
                refusal(&answer),
                is(422, "invalid", told),
                "{}",
                answer.body
            );
            assert!(!answer.has("planted-secret"));
        }
        let mut more = new("acme.zendesk.com");
        more["active"] = json!(true);
        let answer = house.write(&token, "POST", path, &more).await;
        assert_eq!(answer.status, 422);
        assert!(answer.has("unknown field `active`"), "{}", answer.body);
        let list = house.write(&token, "POST", path, &json!([])).await;
        assert_eq!(refusal(&list), is(422, "invalid", "."));
        let mut bare = new("acme.zendesk.com");
        bare.as_object_mut().unwrap().remove("sign_in");
        let answer = house.write(&token, "POST", path, &bare).await;
        assert_eq!(refusal(&answer), is(409, "conflict", ""));
        assert_eq!(
            told(&house.read(&token, path).await, 200)["items"],
            json!([])
        );
    })
    .await;
}

#[tokio::test]
async fn an_edit_changes_what_is_given_and_overwrites_nobody() {
    on_both(async |house: House| {
        let token = house.token_of(UserRole::Operator, WRITE).await;
        let body = new("acme.zendesk.com");
        let made = house.write(&token, "POST", "/api/v1/integrations", &body).await;
        let path = made.header("location").to_owned();
        let change = json!({
            "name": "Renamed", "two_way": true, "priority": "local", "default_email": "d@example.com",
            "maps": {"status": {"from_zendesk": {"solved": "resolved"}}, "priority": {"to_zendesk": {"high": "urgent"}}},
        });
        let blind = house.write(&token, "PATCH", &path, &change).await;
        assert_eq!(refusal(&blind), is(428, "if_match_required", ""));
        let matching = [("If-Match", made.header("etag"))];
        let done = house.call(&token, "PATCH", &path, &matching, &change).await;
        let settings = told(&done, 200)["settings"].clone();
        assert_eq!((&settings["name"], &settings["two_way"]), (&json!("Renamed"), &json!(true)));
        assert_eq!((&settings["interval_seconds"], &settings["priority"]), (&json!(120), &json!("local")));
        assert_eq!(settings["maps"]["status"]["from_zendesk"]["solved"], "resolved");
        assert_eq!(settings["maps"]["priority"]["to_zendesk"]["high"], "urgent");
        let late = house.call(&token, "PATCH", &path, &matching, &json!({"name": "Late"})).await;
        assert_eq!(refusal(&late), is(412, "stale", ""));

        // A new token of the same kind is kept in the same credential, and changes nothing that is shown.
        let matching = [("If-Match", done.header("etag"))];
        let secret = json!({"sign_in": {"kind": "api_token", "token": "another-secret"}, "default_email": null});
        let done = told(&house.call(&token, "PATCH", &path, &matching, &secret).await, 200);
        assert_eq!(done["sign_in"]["email"], "agent@example.com");
        assert_eq!(done["settings"]["default_email"], Value::Null);
        let credential = done["sign_in"]["credential"].as_str().unwrap();
        let reader = &mut *house.engine.store.read().await.unwrap();
        let kept = store::credentials::secret(reader, &house.engine.keyring, credential).await;
        assert_eq!(secrecy::ExposeSecret::expose_secret(&kept.unwrap()), "another-secret");
    })
    .await;
}

#[tokio::test]
async fn only_who_manages_an_integration_changes_or_runs_it() {
    on_both(async |house: House| {
        let id = house.integration("main").await;
        let token = house.token_of(UserRole::Agent, WRITE).await;
        let path = format!("/api/v1/integrations/{id}");
        assert_eq!(house.read(&token, &path).await.status, 200);
        let change = json!({"name": "Mine"});
        for (method, deed) in [
            ("PATCH", ""),
            ("DELETE", ""),
            ("GET", "/loss"),
            ("GET", "/backlog"),
            ("POST", "/backlog/send"),
            ("GET", "/webhook"),
            ("POST", "/webhook/rotate"),
            ("DELETE", "/webhook"),
            ("POST", "/activate"),
            ("POST", "/deactivate"),
            ("POST", "/sync"),
        ] {
            let answer = house
                .write(&token, method, &format!("{path}{deed}"), &change)
                .await;
            assert_eq!(
                refusal(&answer),
                is(403, "forbidden", ""),
                "{method} {deed}"
            );
        }
        let add = house
            .write(
                &token,
                "POST",
                "/api/v1/integrations",
                &new("acme.zendesk.com"),
            )
            .await;
        assert_eq!(refusal(&add), is(403, "forbidden", ""));
        let reader = house
            .token_of(UserRole::Operator, &["integrations:read"])
            .await;
        let sync = house
            .write(&reader, "POST", &format!("{path}/sync"), &Value::Null)
            .await;
        assert_eq!(refusal(&sync), is(403, "insufficient_scope", ""));
        assert_eq!(
            house.read(&token, "/api/v1/integrations/%00").await.status,
            404
        );
    })
    .await;
}

/// Does something with an integration.
async fn post(house: &House, token: &str, path: &str, deed: &str) -> Answer {
    let path = format!("{path}/{deed}");
    house.write(token, "POST", &path, &Value::Null).await
}

#[tokio::test]
async fn an_integration_is_activated_synchronised_and_its_run_followed() {
    on_both(async |house: House| {
        let simulator = simulator::start(simulator::Config::default())
            .await
            .unwrap();
        let email = simulator.read(|account| {
            let admins = account
                .users()
                .filter(|user| user.role == simulator::Role::Admin);
            admins
                .filter_map(|user| user.email.as_ref())
                .next()
                .unwrap()
                .to_string()
        });
        let token = house.token_of(UserRole::Operator, WRITE).await;
        let body = new(&simulator.url());
        let made = house
            .write(&token, "POST", "/api/v1/integrations", &body)
            .await;
        let path = made.header("location").to_owned();
        let inactive = post(&house, &token, &path, "sync").await;
        assert_eq!(refusal(&inactive), is(409, "conflict", ""));
        assert!(
            inactive.has("This integration is inactive"),
            "{}",
            inactive.body
        );
        let wrong = post(&house, &token, &path, "activate").await;
        assert_eq!(refusal(&wrong), is(409, "conflict", ""));
        let matching = [("If-Match", made.header("etag"))];
        let right = json!({"sign_in": {"kind": "api_token", "email": email, "token": "token"}});
        told(
            &house.call(&token, "PATCH", &path, &matching, &right).await,
            200,
        );

        let active = post(&house, &token, &path, "activate").await;
        let run = told(&active, 202)["run"].as_str().unwrap().to_owned();
        assert_eq!(active.header("location"), format!("/api/v1/runs/{run}"));
        assert_eq!(
            told(&post(&house, &token, &path, "sync").await, 202),
            json!({"run": run, "joined": true})
        );
        engine::worker::run_due_jobs(&house.engine).await.unwrap();
        let read = told(&house.read(&token, active.header("location")).await, 200);
        assert_eq!(read["run"]["state"], "completed");
        assert_eq!(read["run"]["counters"]["tickets"]["read"], 100);
        assert_eq!(read["integration"]["name"], "Support");
        let all = told(&house.read(&token, &format!("{path}/runs")).await, 200);
        assert_eq!(all["items"][0], read["run"]);
        let loss = told(&house.read(&token, &format!("{path}/loss")).await, 200);
        assert_eq!(loss, json!({"pending": 0, "tickets": 100}));
        let backlog = told(&house.read(&token, &format!("{path}/backlog")).await, 200);
        assert_eq!(backlog["cases"], 0);
        assert_eq!(
            refusal(&post(&house, &token, &path, "backlog/send").await),
            is(409, "conflict", "")
        );
        assert_eq!(
            told(&post(&house, &token, &path, "deactivate").await, 200)["active"],
            false
        );
        assert_eq!(
            house
                .write(&token, "DELETE", &path, &Value::Null)
                .await
                .status,
            204
        );
        assert_eq!(
            refusal(&house.read(&token, &path).await),
            is(404, "not_found", "")
        );
    })
    .await;
}

#[tokio::test]
async fn a_deletion_that_loses_changes_asks_for_a_word() {
    on_both(async |house: House| {
        let id = house.integration("main").await;
        house.activate(&id, true).await;
        house.case(1, "Printer").await;
        let token = house
            .token_of(UserRole::Operator, &["integrations:write", "cases:write"])
            .await;
        told(
            &house
                .write(&token, "POST", "/api/v1/cases/1/publish", &json!({}))
                .await,
            202,
        );
        let path = format!("/api/v1/integrations/{id}");
        let loss = told(&house.read(&token, &format!("{path}/loss")).await, 200);
        assert_eq!(loss["pending"], 1);
        let careful = house.write(&token, "DELETE", &path, &Value::Null).await;
        assert_eq!(refusal(&careful), is(409, "conflict", ""));
        let bad = house
            .write(
                &token,
                "DELETE",
                &format!("{path}?confirm=perhaps"),
                &Value::Null,
            )
            .await;
        assert_eq!(refusal(&bad), is(400, "invalid_query", ""));
        let sure = house
            .write(
                &token,
                "DELETE",
                &format!("{path}?confirm=true"),
                &Value::Null,
            )
            .await;
        assert_eq!(sure.status, 204);
        assert_eq!(
            told(&house.read(&token, "/api/v1/cases/1").await, 200)["subject"],
            "Printer"
        );
    })
    .await;
}

/// A run that has begun, a minute after the one before it.
async fn begin(house: &House, integration: &str) -> String {
    house.clock.advance(std::time::Duration::from_secs(60));
    let engine = &house.engine;
    let (now, dice) = (engine.now(), &*engine.dice);
    let mut tx = engine.store.begin().await.unwrap();
    let opened = runs::open_or_join(&mut tx, integration, "pull", "ada@example.com", now, dice);
    let (run, _) = opened.await.unwrap();
    let counters = Counters {
        tickets: Tally {
            read: 500,
            ..Tally::default()
        },
        ..Counters::default()
    };
    let begun = runs::progress(&mut tx, &run, "tickets", &counters, now).await;
    begun.unwrap();
    tx.commit().await.unwrap();
    run
}

/// Runs of an integration: so many that are over, and one that goes on and has told something. Returns it.
async fn furnish(house: &House, integration: &str, over: usize) -> String {
    for _ in 0..over {
        let run = begin(house, integration).await;
        let mut tx = house.engine.store.begin().await.unwrap();
        let (state, counters) = (RunState::Completed, Counters::default());
        let ended = runs::end(&mut tx, &run, state, None, &counters, house.now()).await;
        ended.unwrap();
        tx.commit().await.unwrap();
    }
    let run = begin(house, integration).await;
    let lines = [
        (Level::Info, "Begun".to_owned()),
        (Level::Warning, "Call bob@example.com".to_owned()),
        (Level::Info, "Going on".to_owned()),
    ];
    let mut tx = house.engine.store.begin().await.unwrap();
    let told = runs::log(&mut tx, &run, 1, &lines, house.now()).await;
    told.unwrap();
    tx.commit().await.unwrap();
    run
}

#[tokio::test]
async fn runs_are_listed_page_by_page_and_one_is_read_with_its_log_and_stopped() {
    on_both(async |house: House| {
        let id = house.integration("main").await;
        let run = furnish(&house, &id, 4).await;
        let token = house.token_of(UserRole::Operator, WRITE).await;
        let list = format!("/api/v1/integrations/{id}/runs?limit=2");
        let (mut path, mut ids) = (list.clone(), Vec::new());
        loop {
            let page = told(&house.read(&token, &path).await, 200);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 2);
            ids.extend(
                items
                    .iter()
                    .map(|run| run["id"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next"].as_str() else {
                break;
            };
            path = format!("{list}&cursor={next}");
        }
        assert_eq!(ids.len(), 5);
        assert_eq!(ids[0], run);
        assert!(ids.is_sorted_by(|one, next| one > next), "{ids:?}");
        let gone = house.read(&token, &format!("{list}&cursor=gone")).await;
        assert_eq!(refusal(&gone), is(400, "invalid_query", ""));

        house.clock.advance(std::time::Duration::from_secs(10));
        let path = format!("/api/v1/runs/{run}");
        let read = told(&house.read(&token, &path).await, 200);
        assert_eq!(
            (&read["run"]["state"], &read["run"]["stage"]),
            (&json!("running"), &json!("tickets"))
        );
        assert_eq!(
            (&read["stage_number"], &read["stages"]),
            (&json!(2), &json!(5))
        );
        assert_eq!(
            (&read["records"], &read["records_per_second"]),
            (&json!(500), &json!(50.0))
        );
        assert_eq!(read["log"].as_array().unwrap().len(), 3);
        let page = told(
            &house
                .read(&token, &format!("{path}/log?limit=1&cursor=1"))
                .await,
            200,
        );
        assert_eq!(page["items"][0]["line"], "Call bob@example.com");
        assert_eq!(page["next"], "2");
        let page = told(
            &house
                .read(&token, &format!("{path}/log?problems=true"))
                .await,
            200,
        );
        assert_eq!(page["items"].as_array().unwrap().len(), 1);

        house.restrict_agent().await;
        let agent = house.token_of(UserRole::Agent, WRITE).await;
        for masked in [
            path.clone(),
            format!("{path}/log"),
            format!("/api/v1/integrations/{id}"),
        ] {
            let answer = house.read(&agent, &masked).await;
            assert_eq!(answer.status, 200, "{masked}");
            assert!(!answer.has("@example.com"), "{masked}: {}", answer.body);
        }
        let stop = format!("{path}/stop");
        let refused = house.write(&agent, "POST", &stop, &Value::Null).await;
        assert_eq!(refusal(&refused), is(403, "forbidden", ""));
        let stopped = told(&house.write(&token, "POST", &stop, &Value::Null).await, 202);
        assert_eq!(stopped["stop_requested"], true);
        let missing = house.read(&token, "/api/v1/runs/nothing").await;
        assert_eq!(refusal(&missing), is(404, "not_found", ""));
    })
    .await;
}
