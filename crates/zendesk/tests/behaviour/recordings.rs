//! Every recorded users, tickets, comments and incremental answer is read through the client
//! itself, served from a socket: nothing fails, nothing is dropped, unknown fields are kept.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::served::{Answer, Served, client_of};
use serde_json::Value;
use zendesk::{Position, Record};

/// One recorded exchange: its file name, and the body as it came.
struct Recording {
    file: String,
    body: Value,
}

/// The recordings whose file names begin so; `None`, and a line that says so, without `../shared`.
fn recordings(beginning: &str) -> Option<Vec<Recording>> {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/zendesk/recordings");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: recordings of {beginning} needs ../shared");
        return None;
    };
    let mut found: Vec<Recording> = entries
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let file = path.file_name()?.to_str()?.to_owned();
            if !file.starts_with(beginning) || !file.ends_with(".json") {
                return None;
            }
            let exchange: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let body = exchange["response"]["body"].clone();
            Some(Recording { file, body })
        })
        .collect();
    found.sort_by(|a, b| a.file.cmp(&b.file));
    assert!(!found.is_empty(), "no recording begins with {beginning}");
    Some(found)
}

/// All records were read, as many as were sent, and each raw one equals what was sent.
fn check<T: std::fmt::Debug>(file: &str, sent: &Value, read: &[Record<T>]) -> usize {
    let sent = sent.as_array().unwrap();
    assert_eq!(
        sent.len(),
        read.len(),
        "{file}: as many records as were sent"
    );
    for (sent, read) in sent.iter().zip(read) {
        if let Err(bad) = &read.parsed {
            panic!("{file}: {bad}");
        }
        assert_eq!(read.id, sent["id"].as_i64(), "{file}");
        let raw: Value = serde_json::from_str(read.raw.get()).unwrap();
        assert_eq!(&raw, sent, "{file}: the raw record is the whole record");
    }
    sent.len()
}

async fn serve(body: &Value) -> Served {
    Served::start([Answer::json(200, body.to_string())]).await
}

#[tokio::test]
async fn every_recorded_page_of_users_is_read_whole() {
    let mut total = 0;
    for kind in [
        "incremental-users-cursor__get",
        "incremental-users__get",
        "users__get",
    ] {
        let Some(recordings) = recordings(kind) else {
            return;
        };
        for Recording { file, body } in recordings {
            let served = serve(&with_cursor(&body)).await;
            let page = client_of(&served)
                .incremental_users(&Position::Start(0), 1000)
                .await
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            total += check(&file, &body["users"], &page.records);
        }
    }
    assert!(total > 50, "only {total} users");
}

#[tokio::test]
async fn every_recorded_page_of_tickets_is_read_whole() {
    let mut total = 0;
    for kind in [
        "incremental-tickets-cursor__get",
        "incremental-tickets__get",
        "tickets__get",
        "users-id-tickets",
    ] {
        let Some(recordings) = recordings(kind) else {
            return;
        };
        for Recording { file, body } in recordings {
            let served = serve(&with_cursor(&body)).await;
            let page = client_of(&served)
                .incremental_tickets(&Position::Start(0), 1000)
                .await
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            total += check(&file, &body["tickets"], &page.records);
            for record in page.records {
                let ticket = record.parsed.unwrap();
                let raw: Value = serde_json::from_str(record.raw.get()).unwrap();
                compare(&file, &raw, &ticket_fields(&ticket));
            }
        }
    }
    assert!(total > 100, "only {total} tickets");
}

#[tokio::test]
async fn the_end_and_the_cursor_of_recorded_exports_are_read() {
    let Some(recordings) = recordings("incremental-tickets-cursor__get") else {
        return;
    };
    for Recording { file, body } in recordings {
        let served = serve(&body).await;
        let page = client_of(&served)
            .incremental_tickets(&Position::Start(0), 1000)
            .await
            .unwrap();
        assert_eq!(
            page.end_of_stream,
            body["end_of_stream"].as_bool().unwrap(),
            "{file}"
        );
        let cursor = body["after_cursor"].as_str().unwrap().to_owned();
        assert_eq!(page.next, Some(Position::Cursor(cursor)), "{file}");
    }
}

#[tokio::test]
async fn every_recorded_show_many_is_read_whole() {
    let Some(users) = recordings("users-show_many__get") else {
        return;
    };
    for Recording { file, body } in users {
        let served = serve(&body).await;
        let read = client_of(&served).users_show_many(&[1]).await.unwrap();
        check(&file, &body["users"], &read);
        for record in read {
            let user = record.parsed.unwrap();
            let raw: Value = serde_json::from_str(record.raw.get()).unwrap();
            assert_eq!(user.name.as_deref(), raw["name"].as_str(), "{file}");
            assert_eq!(user.email.as_deref(), raw["email"].as_str(), "{file}");
            assert_eq!(Some(user.active), raw["active"].as_bool(), "{file}");
            assert_eq!(user.role.as_deref(), raw["role"].as_str(), "{file}");
        }
    }
    for Recording { file, body } in recordings("tickets-show_many__get").unwrap() {
        let served = serve(&body).await;
        let read = client_of(&served).tickets_show_many(&[1]).await.unwrap();
        check(&file, &body["tickets"], &read);
    }
}

#[tokio::test]
async fn every_recorded_single_ticket_and_user_is_read() {
    let Some(tickets) = recordings("tickets-id__get__200") else {
        return;
    };
    for Recording { file, body } in tickets {
        let served = serve(&body).await;
        let read = client_of(&served).ticket(1).await.unwrap().unwrap();
        check(&file, &Value::Array(vec![body["ticket"].clone()]), &[read]);
    }
    for Recording { file, body } in recordings("users-id__get__200").unwrap() {
        let served = serve(&body).await;
        let read = client_of(&served).user(1).await.unwrap().unwrap();
        check(&file, &Value::Array(vec![body["user"].clone()]), &[read]);
    }
}

#[tokio::test]
async fn every_recorded_missing_record_is_none() {
    let Some(missing) = recordings("organizations-id__get__404") else {
        return;
    };
    for Recording { file, body } in missing {
        let served = Served::start([Answer::json(404, body.to_string())]).await;
        assert!(
            client_of(&served).ticket(1).await.unwrap().is_none(),
            "{file}"
        );
    }
}

#[tokio::test]
async fn every_recorded_list_of_comments_is_read_whole() {
    let Some(recordings) = recordings("tickets-id-comments__get") else {
        return;
    };
    for Recording { file, body } in recordings {
        let served = serve(&body).await;
        let read = client_of(&served).comments(7).await.unwrap();
        check(&file, &body["comments"], &read);
        for (place, record) in read.iter().enumerate() {
            let comment = record.parsed.as_ref().unwrap();
            let raw: Value = serde_json::from_str(record.raw.get()).unwrap();
            assert_eq!(comment.ticket_id, 7, "{file}");
            assert_eq!(comment.is_description, place == 0, "{file}");
            assert_eq!(comment.body, raw["body"].as_str().unwrap(), "{file}");
            assert_eq!(comment.public, raw["public"].as_bool().unwrap(), "{file}");
            let files = raw["attachments"].as_array().unwrap();
            assert_eq!(comment.attachments.len(), files.len(), "{file}");
        }
    }
}

#[tokio::test]
async fn every_recorded_audit_is_read_whole_newest_first() {
    for kind in ["tickets-id-audits__get", "ticket_audits__get"] {
        let Some(recordings) = recordings(kind) else {
            return;
        };
        for Recording { file, mut body } in recordings {
            // Recorded in the middle of a listing; here it is the whole of it.
            body["next_page"] = Value::Null;
            if body.get("meta").is_some() {
                body["meta"]["has_more"] = Value::Bool(false);
            }
            let served = serve(&body).await;
            let mut read = client_of(&served).audits(7).await.unwrap();
            read.reverse();
            check(&file, &body["audits"], &read);
            for record in &read {
                let event = record.parsed.as_ref().unwrap();
                let raw: Value = serde_json::from_str(record.raw.get()).unwrap();
                let of_kind = |word: &str| {
                    let events = raw["events"].as_array().unwrap();
                    events.iter().filter(|event| event["type"] == word).count()
                };
                assert_eq!(
                    event.comments.len(),
                    of_kind("Comment") + of_kind("VoiceComment"),
                    "{file}"
                );
                assert_eq!(event.creates, of_kind("Create") > 0, "{file}");
                assert_eq!(event.textless, Vec::<i64>::new(), "{file}");
            }
        }
    }
}

#[tokio::test]
async fn every_recorded_reference_list_is_read_whole() {
    let Some(fields) = recordings("user_fields__get") else {
        return;
    };
    for Recording { file, body } in fields {
        let served = serve(&body).await;
        let read = client_of(&served).user_fields().await.unwrap();
        check(&file, &body["user_fields"], &read);
        for record in read {
            let field = record.parsed.unwrap();
            assert!(
                !field.name.is_empty() && field.key.is_some() && field.kind.is_some(),
                "{file}"
            );
        }
    }
    for Recording { file, body } in recordings("ticket_fields__get").unwrap() {
        let served = serve(&body).await;
        check(
            &file,
            &body["ticket_fields"],
            &client_of(&served).ticket_fields().await.unwrap(),
        );
    }
    for Recording { file, body } in recordings("groups__get").unwrap() {
        let served = serve(&body).await;
        check(
            &file,
            &body["groups"],
            &client_of(&served).groups().await.unwrap(),
        );
    }
    for Recording { file, body } in recordings("incremental-organizations__get").unwrap() {
        let served = serve(&body).await;
        check(
            &file,
            &body["organizations"],
            &client_of(&served).organizations().await.unwrap(),
        );
    }
}

#[tokio::test]
async fn every_recorded_job_status_is_read_with_all_its_rows() {
    let Some(jobs) = recordings("job_statuses-job__get__200") else {
        return;
    };
    for Recording { file, body } in jobs {
        let served = serve(&body).await;
        let job = client_of(&served)
            .job_status("V3-0")
            .await
            .unwrap()
            .unwrap();
        let raw = &body["job_status"];
        assert_eq!(job.id, raw["id"].as_str().unwrap(), "{file}");
        let rows = raw["results"].as_array().map_or(0, Vec::len);
        assert_eq!(job.rows.len(), rows, "{file}");
        let failed = raw["results"].as_array().into_iter().flatten();
        let failed = failed.filter(|row| row.get("error").is_some()).count();
        assert_eq!(
            job.rows.iter().filter(|row| row.failed()).count(),
            failed,
            "{file}"
        );
    }
}

#[tokio::test]
async fn every_recorded_me_with_an_id_is_signed_in_and_the_others_are_not() {
    let Some(mes) = recordings("users-me__get") else {
        return;
    };
    for Recording { file, body } in mes {
        let served = serve(&body).await;
        let me = client_of(&served).me().await;
        match body["user"]["id"].as_i64() {
            Some(id) => assert_eq!(me.unwrap().id, id, "{file}"),
            None => assert!(
                matches!(me, Err(zendesk::Error::NotSignedIn { status: 200, .. })),
                "{file}"
            ),
        }
    }
}

/// Recorded lists of other endpoints are read as an export page, which needs an end.
fn with_cursor(body: &Value) -> Value {
    let mut body = body.clone();
    body["end_of_stream"] = Value::Bool(true);
    body
}

/// The plain fields of a ticket that the mirror has a place for.
fn ticket_fields(ticket: &domain::ticket::Ticket) -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("id", Value::from(ticket.id)),
        ("url", Value::from(ticket.url.clone())),
        ("external_id", Value::from(ticket.external_id.clone())),
        ("subject", Value::from(ticket.subject.clone())),
        ("description", Value::from(ticket.description.clone())),
        ("status", Value::from(ticket.status.clone())),
        ("priority", Value::from(ticket.priority.clone())),
        ("type", Value::from(ticket.kind.clone())),
        ("recipient", Value::from(ticket.recipient.clone())),
        ("requester_id", Value::from(ticket.requester_id)),
        ("submitter_id", Value::from(ticket.submitter_id)),
        ("assignee_id", Value::from(ticket.assignee_id)),
        ("problem_id", Value::from(ticket.problem_id)),
        ("group_id", Value::from(ticket.group_id)),
        ("organization_id", Value::from(ticket.organization_id)),
        ("brand_id", Value::from(ticket.brand_id)),
        ("custom_status_id", Value::from(ticket.custom_status_id)),
        (
            "collaborator_ids",
            Value::from(ticket.collaborator_ids.clone()),
        ),
        ("tags", Value::from(ticket.tags.clone())),
        (
            "generated_timestamp",
            Value::from(ticket.generated_timestamp),
        ),
        (
            "created_at",
            Value::from(ticket.created_at.map(|at| at.to_string())),
        ),
        (
            "updated_at",
            Value::from(ticket.updated_at.map(|at| at.to_string())),
        ),
    ])
}

fn compare(file: &str, raw: &Value, read: &BTreeMap<&'static str, Value>) {
    for (key, read) in read {
        let sent = raw.get(*key).unwrap_or(&Value::Null);
        let nothing = sent.is_null() && read.as_array().is_none_or(Vec::is_empty);
        if !(nothing && (read.is_null() || read.is_array())) {
            assert_eq!(read, sent, "{file}: {key}");
        }
    }
}

#[tokio::test]
async fn every_recorded_answer_to_a_new_or_changed_ticket_is_read_with_its_audit() {
    let mut changes = 0;
    for kind in ["tickets__post", "tickets-id__put"] {
        let Some(recordings) = recordings(kind) else {
            return;
        };
        for Recording { file, body } in recordings {
            let served = serve(&body).await;
            let client = client_of(&served);
            let id = body["ticket"]["id"].as_i64().unwrap();
            let updated = client
                .update_ticket(id, "{}")
                .await
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            check(
                &file,
                &Value::from(vec![body["ticket"].clone()]),
                &[updated.ticket],
            );
            let created = client.create_ticket("{}", "key").await.unwrap();
            let audit = created.audit.map(|audit| audit.id);
            assert_eq!(audit, body["audit"]["id"].as_i64(), "{file}");
            let events = body["audit"]["events"].as_array();
            let named = events.into_iter().flatten();
            let named: Vec<&str> = named
                .filter_map(|event| event["field_name"].as_str())
                .collect();
            let audit = updated.audit.unwrap_or_default();
            let read: Vec<&str> = audit
                .changes
                .iter()
                .map(|change| change.field.as_str())
                .collect();
            assert_eq!(read, named, "{file}");
            changes += read.len();
        }
    }
    assert!(changes > 20, "only {changes} changes of fields");
}
