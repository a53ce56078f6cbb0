//! Our answers beside recorded ones: the same keys in the same order.

use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::rig::{Rig, config};

/// A recording, or a line that says why the test is skipped.
#[expect(clippy::print_stdout, reason = "a skipped test says so in one line")]
fn recording(name: &str) -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/zendesk/recordings")
        .join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(_) => {
            println!("skipped: the comparison with {name} needs ../shared");
            None
        }
    }
}

/// An object with its keys in the order they were written.
struct Pairs(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Pairs;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

impl Pairs {
    fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap()
    }

    fn get(&self, key: &str) -> &str {
        let pair = self.0.iter().find(|(name, _)| name == key);
        pair.unwrap_or_else(|| panic!("no {key}")).1.get()
    }

    fn keys(&self, but: &[&str]) -> Vec<&str> {
        let keys = self.0.iter().map(|(key, _)| key.as_str());
        keys.filter(|key| !but.contains(key)).collect()
    }
}

/// The first row of an array, or the object itself.
fn first(text: &str) -> Pairs {
    match serde_json::from_str::<Vec<Box<RawValue>>>(text) {
        Ok(rows) => Pairs::read(rows[0].get()),
        Err(_) => Pairs::read(text),
    }
}

/// Compares the keys of a body and of its first row with a recording, order included. `differing`
/// are keys that came or went between the recording and the accounts of today.
async fn check(name: &str, path: &str, list: &str, differing: &[&str]) {
    let Some(text) = recording(name) else { return };
    let recorded = Pairs::read(&text);
    let recorded = Pairs::read(recorded.get("response"));
    let recorded = Pairs::read(recorded.get("body"));
    let rig = Rig::start(config()).await;
    let ours = Pairs::read(&rig.get(path).await.text);
    assert_eq!(ours.keys(&[]), recorded.keys(&[]), "{path}");
    let (ours, recorded) = (first(ours.get(list)), first(recorded.get(list)));
    assert_eq!(ours.keys(differing), recorded.keys(differing), "{path}");
}

#[tokio::test]
async fn exported_tickets_have_the_recorded_keys() {
    check(
        "incremental-tickets-cursor__get__200__02.json",
        "/api/v2/incremental/tickets/cursor.json?start_time=0",
        "tickets",
        &[],
    )
    .await;
    check(
        "incremental-tickets__get__200__01.json",
        "/api/v2/incremental/tickets.json?start_time=0",
        "tickets",
        &[],
    )
    .await;
}

#[tokio::test]
async fn exported_users_have_the_recorded_keys() {
    check(
        "incremental-users-cursor__get__200__01.json",
        "/api/v2/incremental/users/cursor.json?start_time=0",
        "users",
        // The recording begins with a deleted user; ours is there.
        &["permanently_deleted"],
    )
    .await;
    check(
        "incremental-users__get__200__01.json",
        "/api/v2/incremental/users.json?start_time=0",
        "users",
        // The recording begins with a deleted user; ours is there.
        &["permanently_deleted"],
    )
    .await;
}

#[tokio::test]
async fn exported_organizations_have_the_recorded_keys() {
    check(
        "incremental-organizations__get__200__01.json",
        "/api/v2/incremental/organizations?start_time=1",
        "organizations",
        &[],
    )
    .await;
}

#[tokio::test]
async fn listed_tickets_and_users_have_the_recorded_keys() {
    check(
        "tickets__get__200__03.json",
        "/api/v2/tickets.json",
        "tickets",
        &["generated_timestamp"],
    )
    .await;
    check(
        "users__get__200__01.json",
        "/api/v2/users.json?page[size]=1",
        "users",
        &[],
    )
    .await;
    check(
        "tickets-show_many__get__200__01.json",
        "/api/v2/tickets/show_many.json?ids=1,2",
        "tickets",
        &["generated_timestamp"],
    )
    .await;
    check(
        "groups__get__200__01.json",
        "/api/v2/groups.json?page[size]=100",
        "groups",
        &[],
    )
    .await;
}

#[tokio::test]
async fn comments_have_the_recorded_keys() {
    check(
        "tickets-id-comments__get__200__02.json",
        "/api/v2/tickets/1/comments",
        "comments",
        &[],
    )
    .await;
}

#[tokio::test]
async fn users_me_has_the_recorded_keys() {
    check(
        "users-me__get__200__02.json",
        "/api/v2/users/me",
        "user",
        // The recording is of 2015.
        &[
            "iana_time_zone",
            "shared_phone_number",
            "role_type",
            "default_group_id",
            "report_csv",
            "chat_only",
        ],
    )
    .await;
}

#[tokio::test]
async fn identities_have_the_recorded_keys() {
    let rig = Rig::start(config()).await;
    let id = rig.simulator.read(simulator::Account::administrator);
    let path = format!("/api/v2/users/{id}/identities.json");
    check(
        "users-id-identities__get__200__01.json",
        &path,
        "identities",
        &[],
    )
    .await;
}

#[tokio::test]
async fn jobs_have_the_recorded_keys() {
    let Some(text) = recording("job_statuses-job__get__200__10.json") else {
        return;
    };
    let recorded = Pairs::read(&text);
    let recorded = Pairs::read(recorded.get("response"));
    let recorded = Pairs::read(Pairs::read(recorded.get("body")).get("job_status"));
    let rig = Rig::start(config()).await;
    let users = serde_json::json!({"users": [{"name": "x"}]});
    let job = Pairs::read(
        &rig.post("/api/v2/users/create_many.json", &users)
            .await
            .text,
    );
    assert_eq!(
        Pairs::read(job.get("job_status")).keys(&[]),
        recorded.keys(&[])
    );
}

#[tokio::test]
async fn a_made_ticket_and_its_audit_have_the_recorded_keys() {
    let Some(text) = recording("tickets__post__201__06.json") else {
        return;
    };
    let recorded = Pairs::read(&text);
    let recorded = Pairs::read(recorded.get("response"));
    let recorded = Pairs::read(recorded.get("body"));
    let rig = Rig::start(config()).await;
    let ticket = serde_json::json!({"ticket": {"subject": "test", "description": "test"}});
    let made = Pairs::read(&rig.post("/api/v2/tickets.json", &ticket).await.text);
    assert_eq!(made.keys(&[]), recorded.keys(&[]));
    let audit = |body: &Pairs| Pairs::read(body.get("audit")).keys(&[]).join(",");
    assert_eq!(audit(&made), audit(&recorded));
    let events = |body: &Pairs| -> Vec<String> {
        let audit = Pairs::read(body.get("audit"));
        let events: Vec<serde_json::Value> = serde_json::from_str(audit.get("events")).unwrap();
        let name = |event: &serde_json::Value| event["field_name"].as_str().map(str::to_owned);
        events.iter().filter_map(name).collect()
    };
    // Ours has no organization: the administrator belongs to none.
    let mut wanted = events(&recorded);
    wanted.retain(|field| field != "organization_id");
    assert_eq!(events(&made), wanted);
}

/// The body of a recorded response.
fn body(name: &str) -> Option<Pairs> {
    let text = recording(name)?;
    let recorded = Pairs::read(&text);
    let recorded = Pairs::read(recorded.get("response"));
    Some(Pairs::read(recorded.get("body")))
}

#[tokio::test]
async fn webhooks_have_the_recorded_keys() {
    let (Some(made), Some(shown)) = (
        body("webhooks__post__201__03.json"),
        body("webhooks-ulid__get__200__01.json"),
    ) else {
        return;
    };
    let rig = Rig::start(config()).await;
    let hook = serde_json::json!({"webhook": {
        "name": "Example", "description": "Description", "endpoint": "https://example.com",
        "http_method": "GET", "request_format": "json", "status": "active",
        "subscriptions": ["conditional_ticket_events"],
        "authentication": {
            "type": "basic_auth", "add_position": "header",
            "data": {"username": "john_smith", "password": "secret"}
        }
    }});
    let ours = Pairs::read(&rig.post("/api/v2/webhooks", &hook).await.text);
    let (ours, made) = (first(ours.get("webhook")), first(made.get("webhook")));
    assert_eq!(ours.keys(&[]), made.keys(&[]));
    let id = ours.get("id").trim_matches('"');
    let path = format!("/api/v2/webhooks/{id}");
    let ours = Pairs::read(&rig.get(&path).await.text);
    let (ours, shown) = (first(ours.get("webhook")), first(shown.get("webhook")));
    assert_eq!(ours.keys(&[]), shown.keys(&[]));
}

#[tokio::test]
async fn uploads_and_files_have_the_recorded_keys() {
    let (Some(made), Some(redacted)) = (
        body("uploads__post__201__03.json"),
        body("tickets-id-comments-id-attachments-id-redact__put__200__01.json"),
    ) else {
        return;
    };
    let rig = Rig::start(config()).await;
    let upload = rig
        .post(
            "/api/v2/uploads.json?filename=a.json",
            &serde_json::json!({}),
        )
        .await;
    let ours = Pairs::read(&upload.text);
    let ours = Pairs::read(ours.get("upload"));
    assert_eq!(ours.keys(&[]), Pairs::read(made.get("upload")).keys(&[]));
    assert_eq!(
        first(ours.get("attachment")).keys(&[]),
        first(redacted.get("attachment")).keys(&[])
    );
}

#[tokio::test]
async fn a_triggers_change_has_the_recorded_keys() {
    let (Some(changed), Some(notified)) = (
        body("tickets-id-audits-id__get__body__01.json"),
        body("tickets__post__body__01.json"),
    ) else {
        return;
    };
    let rig = Rig::start(config()).await;
    rig.simulator.edit(|account| {
        let action = simulator::Action::AddTags(vec!["seen".to_owned()]);
        account.add_trigger(simulator::Trigger::new("Tag", vec![action]));
    });
    let ticket = serde_json::json!({"ticket": {"subject": "test", "comment": {"body": "x"}}});
    let ours = rig.post("/api/v2/tickets.json", &ticket).await.json();
    let last = |audit: &serde_json::Value| {
        let events = audit["events"].as_array().unwrap();
        events.last().unwrap().clone()
    };
    let recorded = |body: &Pairs| -> serde_json::Value {
        last(&serde_json::from_str(body.get("audit")).unwrap())
    };
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let (ours, changed, notified) = (
        last(&ours["audit"]),
        recorded(&changed),
        recorded(&notified),
    );
    assert_eq!(keys(&ours), keys(&changed));
    assert_eq!(keys(&ours["via"]), keys(&notified["via"]));
    let source = |event: &serde_json::Value| keys(&event["via"]["source"]["from"]);
    assert_eq!(source(&ours), source(&notified));
}
