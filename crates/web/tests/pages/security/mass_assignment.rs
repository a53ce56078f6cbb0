//! Mass assignment (security-and-operations.md 1): a field that a form does not ask for changes nothing,
//! whatever it is called inside.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use store::users::UserRole;
use world::World;

use super::client::Request;
use super::forms::{self, Form};
use super::furniture::{self, Seeds};
use crate::house::{House, on_both};

/// Stands in every value that is not asked for.
const MARK: &str = "zqassigned";

/// What records have inside, and no form but a few asks for.
const INSIDE: [&str; 14] = [
    "id",
    "role",
    "owner_id",
    "version",
    "disabled",
    "disabled_at",
    "restrict_pii",
    "password_hash",
    "created_at",
    "deleted_at",
    "active",
    "admin_only",
    "credential_id",
    "secret",
];

const SEEDS: Seeds = Seeds {
    text: |place| format!("The {place}"),
    name: |place| format!("Person {place}"),
    email: |place| format!("p{place}@customer.example"),
    phone: |_| "+1 206 555 0142".to_owned(),
    value: |place| format!("Value {place}"),
};

/// Everything the database has, as it lies on disk.
fn stored(world: &World) -> Vec<u8> {
    let files = std::fs::read_dir(world.database().folder()).unwrap();
    let files = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    files.collect::<Vec<_>>().concat()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

/// Who there is, with their roles and rights.
async fn people(world: &World) -> String {
    let mut reader = world.store().read().await.unwrap();
    let members = store::users::members(&mut reader).await.unwrap();
    let told: Vec<String> = members
        .iter()
        .map(|one| {
            let user = &one.user;
            format!(
                "{} {} {} {}",
                user.id,
                user.role.as_str(),
                user.restrict_pii,
                one.disabled_at.is_some()
            )
        })
        .collect();
    told.join("\n")
}

/// The form's address with what names a record left out.
fn kind(form: &Form) -> String {
    let parts = form.action.split('/').map(|part| {
        let is_id = part.len() > 15 || part.parse::<i64>().is_ok();
        if is_id { "*" } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_that_a_form_does_not_have_is_refused_or_ignored_and_never_stored() {
    let folder = tempfile::tempdir().unwrap();
    furniture::small(&folder)
        .once(async |world| {
            let site = Box::pin(furniture::furnish(world, &SEEDS)).await;
            let mut pages = forms::walk(site.at, &site.admin).await;
            // A form that only those see who are not signed in.
            let login = Request::get("/login").send(site.at).await;
            pages.insert("/login".to_owned(), login);
            let mut found: BTreeMap<String, Form> = BTreeMap::new();
            for form in pages.values().flat_map(|page| forms::forms(&page.body)) {
                found.entry(kind(&form)).or_insert(form);
            }
            // It ends the session that all of this needs.
            found.remove("/logout");
            let before = people(world).await;
            let (mut refused, mut bare) = (0, 0);
            for (kind, form) in &found {
                let has_fields = !form.fields.is_empty();
                for name in INSIDE {
                    if form.fields.iter().any(|field| field.name == name) {
                        continue;
                    }
                    let request = form.request(&form.with(&[(name, MARK)]));
                    let reply = request.by_person(&site.admin).send(site.at).await;
                    if has_fields {
                        // Not for what it lacks: what is not asked for is refused before that is looked at.
                        let is_refused = reply.body.contains("something that cannot be read")
                            || reply.body.contains("a field that is not asked for");
                        assert!(is_refused, "{kind} takes {name}: {}", reply.status);
                        refused += 1;
                    } else {
                        assert!(reply.status < 500, "{kind} with {name}: {}", reply.status);
                        bare += 1;
                    }
                }
            }
            println!(
                "{} forms: {refused} refused, {bare} without a field",
                found.len()
            );
            assert!(
                found.len() > 35 && refused > 200 && bare > 50,
                "{:?}",
                found.keys()
            );
            assert_eq!(people(world).await, before);
            let stored = stored(world);
            assert!(
                holds(&stored, "Person row"),
                "the database is looked through"
            );
            assert!(!holds(&stored, MARK), "{MARK} was stored");
        })
        .await;
}

#[tokio::test]
async fn a_member_that_an_operation_does_not_name_is_refused() {
    on_both(async |house: House| {
        let token = house.token_of(UserRole::Administrator, &["users"]).await;
        let body = |name: &str| {
            let mut body = json!({"email": "eve@example.com", "name": "Eve", "role": "agent", "password": "four rhyming words"});
            body[name] = json!(MARK);
            body
        };
        let id = house.id_of(UserRole::Agent).await;
        let path = format!("/api/v1/users/{id}");
        let read = house.call(&token, "GET", &path, &[], &Value::Null).await;
        let tag = [("If-Match", read.header("etag"))];
        for name in INSIDE {
            let one_of_its_own = ["role", "disabled", "restrict_pii"].contains(&name);
            if one_of_its_own {
                continue;
            }
            let made = house.call(&token, "POST", "/api/v1/users", &[], &body(name)).await;
            assert_eq!(made.status, 422, "{name}: {}", made.body);
            let edit = json!({ (name): MARK });
            let edited = house.call(&token, "PATCH", &path, &tag, &edit).await;
            assert_eq!(edited.status, 422, "{name}: {}", edited.body);
        }
        let after = house.call(&token, "GET", &path, &[], &Value::Null).await;
        assert_eq!(after.body, read.body);
    })
    .await;
}

/// The parts of the document that a schema is made of, itself among them.
fn within<'a>(document: &'a Value, schema: &'a Value, seen: &mut BTreeMap<&'a str, &'a Value>) {
    match schema {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str);
            if let Some(name) = name.and_then(|name| name.rsplit('/').next()) {
                let schema = &document["components"]["schemas"][name];
                if seen.insert(name, schema).is_none() {
                    within(document, schema, seen);
                }
            }
            members.values().for_each(|one| within(document, one, seen));
        }
        Value::Array(all) => all.iter().for_each(|one| within(document, one, seen)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_body_that_an_operation_takes_is_closed_to_what_it_does_not_name_in_all_its_parts() {
    let document: Value = serde_json::from_str(&web::openapi().unwrap()).unwrap();
    let mut bodies = BTreeMap::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            assert!(body.is_null() || body["$ref"].is_string(), "{body}");
            within(&document, body, &mut bodies);
        }
    }
    let records = bodies
        .iter()
        .filter(|(_, one)| one["properties"].is_object());
    let records: Vec<_> = records.collect();
    for (name, schema) in &records {
        assert_eq!(schema["additionalProperties"], false, "{name}: {schema}");
    }
    assert!(records.len() > 20, "{:?}", bodies.keys());
}
