//! Real answers, recorded: every users, tickets, comments, audits and reference body is served again
//! as pages of the exports and pulled. Nothing fails, and the mirror holds all of it.
//!
//! The recordings are data of others under other licences; they are read where they lie.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, http::StatusCode};
use serde_json::{Value, json};
use sqlx::Row as _;
use world::World;

use crate::small;

/// A recorded exchange: its path, and the body as it came.
struct Recording {
    path: String,
    body: Value,
}

/// The successful recordings whose file names begin with one of `beginnings`, by name; none where
/// the folder is not there.
fn recordings(beginnings: &[&str]) -> Vec<Recording> {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/zendesk/recordings");
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let recorded = |file: &PathBuf| {
        let name = file.file_name()?.to_str()?;
        let wanted = beginnings
            .iter()
            .any(|beginning| name.starts_with(&format!("{beginning}__get__")));
        let good = name.contains("__200__") || name.contains("__body__");
        (wanted && good).then(|| std::fs::read(file).unwrap())
    };
    let exchange = |bytes: Vec<u8>| -> Recording {
        let exchange: Value = serde_json::from_slice(&bytes).unwrap();
        let path = exchange["request"]["path"].as_str().unwrap_or_default();
        Recording {
            path: path.to_owned(),
            body: exchange["response"]["body"].clone(),
        }
    };
    files.iter().filter_map(recorded).map(exchange).collect()
}

/// All records that the recordings hold under `many`, or as a single one under `one`, page by page.
fn pages(beginnings: &[&str], many: &str, one: &str) -> Vec<Vec<Value>> {
    recordings(beginnings)
        .into_iter()
        .map(|recording| match recording.body.get(many) {
            Some(records) => records.as_array().unwrap().clone(),
            None => vec![recording.body[one].clone()],
        })
        .filter(|page| !page.is_empty())
        .collect()
}

/// What the server answers from.
struct Account {
    users: Vec<Vec<Value>>,
    tickets: Vec<Vec<Value>>,
    events: Vec<Vec<Value>>,
    comments: BTreeMap<i64, Vec<Value>>,
    lists: HashMap<&'static str, Vec<Value>>,
}

impl Account {
    fn read() -> Self {
        let users = pages(
            &[
                "incremental-users-cursor",
                "incremental-users",
                "users",
                "users-show_many",
                "users-search",
                "users-id",
            ],
            "users",
            "user",
        );
        let tickets = pages(
            &[
                "incremental-tickets-cursor",
                "incremental-tickets",
                "tickets",
                "tickets-show_many",
                "tickets-recent",
                "tickets-id",
                "users-id-tickets-ccd",
                "users-id-tickets-requested",
                "views-id-tickets",
            ],
            "tickets",
            "ticket",
        );
        let mut comments: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
        for recording in recordings(&["tickets-id-comments"]) {
            let list = recording.body["comments"].as_array().unwrap().clone();
            let mut words = recording
                .path
                .split('/')
                .skip_while(|word| *word != "tickets");
            let mut ticket: i64 = words.nth(1).unwrap().parse().unwrap();
            // Tickets of several accounts have the same number, unless it was recorded twice.
            while let Some(other) = comments.get(&ticket)
                && other[0]["id"] != list[0]["id"]
            {
                ticket += 1_000_000;
            }
            comments.insert(ticket, list);
        }
        let mut events = pages(&["tickets-id-audits", "ticket_audits"], "audits", "audit");
        // An event that names a comment without its text has the ticket's own list read.
        let naming = comments.iter().enumerate().map(|(n, (ticket, list))| {
            json!({
                "id": 1_000 + n,
                "ticket_id": ticket,
                "child_events": [{ "event_type": "Comment", "id": list[0]["id"] }],
            })
        });
        events.push(naming.collect());
        let list = |beginning, key| pages(&[beginning], key, key).concat();
        Self {
            users,
            tickets,
            events,
            comments,
            lists: HashMap::from([
                ("groups", list("groups", "groups")),
                ("ticket_fields", list("ticket_fields", "ticket_fields")),
                (
                    "organizations",
                    [
                        list("incremental-organizations", "organizations"),
                        list("organizations", "organizations"),
                    ]
                    .concat(),
                ),
            ]),
        }
    }

    async fn serve(self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/api/v2/users/me", get(me))
            .route("/api/v2/incremental/{kind}/cursor", get(cursor_export))
            .route("/api/v2/incremental/ticket_events", get(events))
            .route("/api/v2/incremental/organizations", get(organizations))
            .route("/api/v2/tickets/{id}/comments", get(comments))
            .route("/api/v2/{kind}/show_many", get(show_many))
            .route("/api/v2/{kind}", get(list))
            .with_state(Arc::new(self));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        url
    }

    fn pages_of(&self, kind: &str) -> &[Vec<Value>] {
        match kind {
            "users" => &self.users,
            "tickets" => &self.tickets,
            other => panic!("no export of {other}"),
        }
    }
}

type Shared = State<Arc<Account>>;
type Asked = Query<HashMap<String, String>>;

async fn me() -> Json<Value> {
    Json(json!({ "user": { "id": 1, "role": "admin", "email": "agent@example.com" } }))
}

async fn cursor_export(
    State(account): Shared,
    Path(kind): Path<String>,
    Query(asked): Asked,
) -> Json<Value> {
    let pages = account.pages_of(&kind);
    let number: usize = asked
        .get("cursor")
        .map_or(0, |cursor| cursor.parse().unwrap());
    let page = pages.get(number).cloned().unwrap_or_default();
    let next = (number + 1).min(pages.len()).to_string();
    Json(json!({ kind: page, "after_cursor": next, "end_of_stream": number + 1 >= pages.len() }))
}

async fn events(State(account): Shared, Query(asked): Asked) -> Json<Value> {
    let start: usize = asked["start_time"].parse().unwrap();
    let page = account.events.get(start).cloned().unwrap_or_default();
    let end = start + 1 >= account.events.len();
    Json(json!({ "ticket_events": page, "end_time": start + 1, "end_of_stream": end }))
}

async fn organizations(State(account): Shared) -> Json<Value> {
    let all = &account.lists["organizations"];
    Json(json!({ "organizations": all, "end_time": 1, "end_of_stream": true }))
}

async fn comments(
    State(account): Shared,
    Path(id): Path<i64>,
) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    match account.comments.get(&id) {
        Some(list) => Ok(Json(json!({ "comments": list, "next_page": null }))),
        None => Err((
            StatusCode::NOT_FOUND,
            Json(json!({ "error": "RecordNotFound", "description": "Not found" })),
        )),
    }
}

async fn show_many(
    State(account): Shared,
    Path(kind): Path<String>,
    Query(asked): Asked,
) -> Json<Value> {
    let wanted: BTreeSet<i64> = asked["ids"]
        .split(',')
        .map(|id| id.parse().unwrap())
        .collect();
    let all = account.pages_of(&kind).iter().flatten();
    let found: Vec<&Value> = all
        .filter(|record| wanted.contains(&id_of(record)))
        .collect();
    Json(json!({ kind: found, "next_page": null }))
}

async fn list(State(account): Shared, Path(kind): Path<String>) -> Json<Value> {
    let records = account
        .lists
        .get(kind.as_str())
        .cloned()
        .unwrap_or_default();
    Json(json!({ kind: records, "next_page": null }))
}

fn id_of(record: &Value) -> i64 {
    record["id"].as_i64().unwrap()
}

/// The newest form of each record; of two as new, the one that came later.
fn newest(pages: &[Vec<Value>]) -> BTreeMap<i64, Value> {
    let mut newest: BTreeMap<i64, Value> = BTreeMap::new();
    let at = |record: &Value| {
        let text = record["updated_at"].as_str()?;
        Some(text.parse::<jiff::Timestamp>().unwrap())
    };
    for record in pages.iter().flatten() {
        let id = id_of(record);
        if newest.get(&id).is_none_or(|old| at(old) <= at(record)) {
            newest.insert(id, record.clone());
        }
    }
    newest
}

/// The raw JSON that a table of the mirror holds, by id.
async fn mirrored(world: &World, query: &'static str) -> BTreeMap<i64, Value> {
    sqlx::query(query)
        .fetch_all(&mut *world.store().read().await.unwrap())
        .await
        .unwrap()
        .iter()
        .map(|row| {
            let raw: String = row.get("raw");
            (row.get("remote_id"), serde_json::from_str(&raw).unwrap())
        })
        .collect()
}

/// Without the number that system updates move, by which alone nothing is written again.
fn settled(mut record: Value) -> Value {
    if let Some(record) = record.as_object_mut() {
        record.remove("generated_timestamp");
    }
    record
}

#[track_caller]
fn assert_all(what: &str, sent: &BTreeMap<i64, Value>, kept: &BTreeMap<i64, Value>) {
    for (id, sent) in sent {
        let kept = kept
            .get(id)
            .unwrap_or_else(|| panic!("{what} {id} is lost"));
        assert_eq!(settled(sent.clone()), settled(kept.clone()), "{what} {id}");
    }
}

#[tokio::test]
async fn every_recorded_record_is_pulled_and_kept_whole() {
    if recordings(&["users"]).is_empty() {
        println!("skipped: every_recorded_record_is_pulled_and_kept_whole needs ../shared");
        return;
    }
    small()
        .inactive()
        .each(async |world| {
            let account = Account::read();
            let (users, tickets) = (newest(&account.users), newest(&account.tickets));
            let lists = account.comments.clone();
            let in_audits: Vec<Value> = account
                .events
                .iter()
                .flatten()
                .filter_map(|audit| audit.get("events")?.as_array().cloned())
                .flatten()
                .filter(|event| event["type"] == "Comment" && event["body"].is_string())
                .collect();
            assert!(users.len() > 300 && tickets.len() > 300 && in_audits.len() > 3);
            let url = account.serve().await;
            world.set(|settings| settings.url = url).await;
            let integration = world.integration().await;
            engine::integrations::activate(world.engine(), &integration, world::ADMIN_EMAIL)
                .await
                .unwrap();

            let run = world.sync_well().await;
            let warnings = world.warnings(&run).await;
            let unread = warnings.iter().find(|line| line.contains("cannot be read"));
            assert_eq!(unread, None);
            let mut reader = world.store().read().await.unwrap();
            let aside = store::unreadable::list(&mut reader, &integration.id, 10).await;
            assert_eq!(aside.unwrap(), Vec::new());
            drop(reader);

            let kept = mirrored(world, "SELECT remote_id, raw FROM zendesk_user").await;
            assert_all("user", &users, &kept);
            let kept = mirrored(world, "SELECT remote_id, raw FROM zendesk_ticket").await;
            assert_all("ticket", &tickets, &kept);
            for (id, ticket) in &tickets {
                let scrubbed = ticket["subject"] == "SCRUBBED" && ticket["description"] == "X";
                let case = world.find_case_of(*id).await;
                assert_eq!(case.is_none(), scrubbed, "the case of ticket {id}");
            }

            let kept = mirrored(world, "SELECT remote_id, raw FROM zendesk_comment").await;
            let listed: BTreeMap<i64, Value> = lists
                .values()
                .flatten()
                .map(|comment| (id_of(comment), comment.clone()))
                .collect();
            // A comment that a list tells as well is kept in the list's form.
            let audited: BTreeMap<i64, Value> = in_audits
                .into_iter()
                .map(|comment| (id_of(&comment), comment))
                .filter(|(id, _)| !listed.contains_key(id))
                .collect();
            assert_all("comment", &listed, &kept);
            assert_all("comment", &audited, &kept);
            for (ticket, list) in &lists {
                let Some(_) = world.find_case_of(*ticket).await else {
                    continue;
                };
                let shown: BTreeSet<i64> = world
                    .comments_of(*ticket)
                    .await
                    .iter()
                    .filter_map(|row| row.remote_id)
                    .collect();
                for comment in list {
                    assert!(shown.contains(&id_of(comment)), "on the case of {ticket}");
                }
            }
            // All of it once more costs nothing.
            let before = world.dump().await;
            world.sync_well().await;
            crate::assert_same(&before, &world.dump().await);
        })
        .await;
}
