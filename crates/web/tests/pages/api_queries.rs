//! Queries and orchestrations over the API: made, changed as they were read, refused by field.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use store::users::UserRole;

use crate::api::json_of;
use crate::api_sends::{ORCHESTRATIONS, Program, QUERIES, refused};
use crate::sends::{PEOPLE, destination, quiet, serve};

/// How many files lie in a folder and those below it.
fn files_in(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let below = entries.map(|entry| match entry.unwrap().path() {
        path if path.is_dir() => files_in(&path),
        _ => 1,
    });
    below.sum()
}

#[tokio::test]
async fn one_key_makes_one_query_of_a_file_and_what_becomes_none_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_owned();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let program = Program::of(world, at, UserRole::Analyst, false).await;
            let files = || files_in(&place);
            let upload = format!("{QUERIES}/upload");
            let large = "a,b\n".repeat(5_000);
            for (file, said) in [(large.as_str(), "larger than"), ("", "empty")] {
                let answer = program.upload(&upload, &[], file).await;
                refused(&answer, 409, "conflict", said);
            }
            assert_eq!(files(), 0);
            let key = [("Idempotency-Key", "u-1")];
            let first = program.upload(&upload, &key, PEOPLE).await;
            assert_eq!(first.status, 201, "{}", first.body);
            let again = program.upload(&upload, &key, PEOPLE).await;
            assert_eq!(json_of(&first), json_of(&again));
            let other = program.upload(&upload, &key, "id\n1\n").await;
            refused(&other, 422, "idempotency_mismatch", "");
            let taken = program.upload(&upload, &[], PEOPLE).await;
            refused(&taken, 409, "conflict", "exists already");
            assert_eq!(files(), 1, "one file for one query");
            let path = first.header("location").to_owned();
            assert_eq!(
                json_of(&first)["source"],
                json!({"kind": "upload", "file_name": "people.csv"})
            );

            let replace = format!("{path}/upload");
            let blind = program.upload(&replace, &[], PEOPLE).await;
            refused(&blind, 428, "if_match_required", "");
            let matching = [("If-Match", first.header("etag"))];
            world.pass(Duration::from_secs(1));
            let replaced = program
                .upload(&replace, &matching, "id,email\n1,a@b.example\n")
                .await;
            assert_eq!(replaced.status, 200, "{}", replaced.body);
            assert_eq!(files(), 1);
            let late = program.call("DELETE", &path, &matching, &Value::Null).await;
            refused(&late, 412, "stale", "");
            let plain = program.post(&upload, &json!({})).await;
            assert!((400..=422).contains(&plain.status), "{}", plain.body);
            let gone = program.change("DELETE", &path, &Value::Null).await;
            assert_eq!(gone.status, 204, "{}", gone.body);
            assert_eq!((files(), program.get(&path).await.status), (0, 404));
        })
        .await;
}

#[tokio::test]
async fn queries_and_orchestrations_are_changed_as_they_were_read_and_refused_by_field() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |_| {}).await;
            let program = Program::of(world, at, UserRole::Operator, false).await;
            let ours = json!({"name": "ours", "source": {"kind": "contacts", "with_email": true}});
            let key = [("Idempotency-Key", "q-1")];
            let made = program.call("POST", QUERIES, &key, &ours).await;
            assert_eq!(made.status, 201, "{}", made.body);
            let again = program.call("POST", QUERIES, &key, &ours).await;
            assert_eq!(json_of(&made), json_of(&again));
            let query = made.header("location").to_owned();
            let change = json!({"source": {"kind": "contacts", "email_ends_with": "@b.example"}});
            let done = program.change("PATCH", &query, &change).await;
            assert_eq!(json_of(&done)["source"]["email_ends_with"], "@b.example", "{}", done.body);
            let matching = [("If-Match", made.header("etag"))];
            refused(&program.call("PATCH", &query, &matching, &change).await, 412, "stale", "");
            for (source, field) in [
                (json!({"kind": "file", "path": ""}), "source.path"),
                (json!({"kind": "object", "bucket": "", "key": "k", "region": "r"}), "source.bucket"),
                (json!({"kind": "sql", "credential_id": "1", "statement": ""}), "source.statement"),
                (json!({"kind": "contacts", "changed_since": "soon"}), "source.changed_since"),
                (json!({"kind": "upload"}), "source.kind"),
                (json!({"kind": "moon"}), "source"),
                (json!({"kind": "contacts", "odd": 1}), "source"),
                (json!(null), "source"),
            ] {
                let body = json!({"name": "x\u{0}", "source": source});
                let answer = program.post(QUERIES, &body).await;
                assert_eq!(answer.status, 422, "{body}: {}", answer.body);
                let told = json_of(&answer)["errors"][0]["field"].clone();
                assert!(told.as_str().unwrap().starts_with(field), "{body}: {}", answer.body);
            }
            let draft = json!({"name": "early", "query_id": json_of(&made)["id"], "destination_id": to.id,
                "settings": {"mode": "cron", "cron": "0 6 * * *", "time_zone": "Europe/Berlin", "warn_below": 5, "leavers_percent": 2.5}});
            let key = [("Idempotency-Key", "o-1")];
            let early = program.call("POST", ORCHESTRATIONS, &key, &draft).await;
            assert_eq!(early.status, 201, "{}", early.body);
            let twice = program.call("POST", ORCHESTRATIONS, &key, &draft).await;
            assert_eq!(json_of(&early), json_of(&twice), "{}", twice.body);
            assert_eq!(json_of(&early)["settings"]["leavers_percent"], 2.5);
            assert_eq!(json_of(&early)["next"].as_array().unwrap().len(), 3);
            let path = early.header("location").to_owned();
            let off = program.post(&format!("{path}/activate"), &Value::Null).await;
            refused(&off, 409, "conflict", "is a draft");
            let change = json!({"settings": {"warn_below": null, "deadline_hours": 12}});
            let done = json_of(&program.change("PATCH", &path, &change).await);
            assert_eq!((done["settings"]["warn_below"].clone(), done["settings"]["deadline_hours"].clone()), (Value::Null, json!(12)));
            assert_eq!(done["settings"]["cron"], "0 6 * * *");
            for (settings, field) in [
                (json!({"leavers_percent": 2.55}), "settings.leavers_percent"),
                (json!({"leavers_percent": 1e300}), "settings.leavers_percent"),
                (json!({"deadline_hours": 0}), "settings.deadline_hours"),
                (json!({"region": "Moon"}), "settings.region"),
                (json!({"on_leave": "vanish"}), "settings.on_leave"),
                (json!({"mode": "after"}), "settings.after_id"),
                (json!({"warn_below": -1}), "settings.warn_below"),
            ] {
                let answer = program.change("PATCH", &path, &json!({"settings": settings})).await;
                refused(&answer, 422, "invalid", "");
                assert_eq!(json_of(&answer)["errors"][0]["field"], field, "{}", answer.body);
            }
            let never = json!({"settings": {"cron": "at six"}});
            refused(&program.change("PATCH", &path, &never).await, 409, "conflict", "cannot be read");
            refused(&program.change("DELETE", &query, &Value::Null).await, 409, "conflict", "orchestration early");
            assert_eq!(program.change("DELETE", &path, &Value::Null).await.status, 204);
            assert_eq!(program.change("DELETE", &query, &Value::Null).await.status, 204);
        })
        .await;
}
