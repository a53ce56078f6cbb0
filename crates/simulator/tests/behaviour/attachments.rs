//! Files: uploaded, given to a comment, read from another host, redacted.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Config, Fault, NewComment, NewFile, NewTicket};

use crate::rig::{Reply, Rig, empty};

async fn with_ticket(config: Config) -> Rig {
    let rig = Rig::start(config).await;
    rig.simulator.edit(|account| {
        let new = NewTicket {
            comment: NewComment::public("It is broken"),
            ..NewTicket::default()
        };
        account.add_ticket(new).unwrap();
    });
    rig
}

async fn upload(rig: &Rig, query: &str, bytes: &[u8]) -> Reply {
    let request = rig
        .request(Method::POST, &format!("/api/v2/uploads.json?{query}"))
        .basic_auth("agent@example.com/token", Some("token"))
        .header("content-type", "text/csv")
        .body(bytes.to_vec());
    rig.send(request).await.unwrap()
}

async fn token(rig: &Rig, name: &str, bytes: &[u8]) -> String {
    let made = upload(rig, &format!("filename={name}"), bytes).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["upload"]["token"].as_str().unwrap().to_owned()
}

/// Adds a comment with uploads and answers the attachments of the last comment.
async fn comment(rig: &Rig, uploads: Value) -> Vec<Value> {
    let body = json!({"ticket": {"comment": {"body": "see file", "uploads": uploads}}});
    let reply = rig.put("/api/v2/tickets/1.json", &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let rows = rig.get("/api/v2/tickets/1/comments").await.rows("comments");
    rows.last().unwrap()["attachments"]
        .as_array()
        .unwrap()
        .clone()
}

/// The way to a content: its address on our host, then on the other one.
async fn lead(rig: &Rig, file: &Value) -> String {
    let address = file["content_url"].as_str().unwrap();
    let reply = rig.get(address).await;
    assert_eq!(reply.status, 302, "{}", reply.text);
    assert!(reply.text.contains("You are being <a href="));
    reply.header("location").to_owned()
}

#[tokio::test]
async fn an_upload_is_answered_as_recorded() {
    let rig = with_ticket(empty()).await;
    let made = upload(&rig, "filename=a%20b.csv", b"1;2").await;
    assert_eq!(made.status, 201, "{}", made.text);
    let upload = made.json()["upload"].clone();
    assert_eq!(upload["expires_at"], "2026-11-24T08:00:00Z");
    assert_eq!(upload["attachments"][0], upload["attachment"]);
    let file = &upload["attachment"];
    assert_eq!(file["file_name"], "a b.csv");
    assert_eq!(file["content_type"], "text/csv");
    assert_eq!(file["size"], 3);
    assert_eq!(file["malware_scan_result"], "not_scanned");
    assert!(
        file["content_url"]
            .as_str()
            .unwrap()
            .ends_with("/?name=a+b.csv")
    );
    assert_eq!(made.header("location"), file["url"]);
    let shown = rig.get(file["url"].as_str().unwrap()).await;
    assert_eq!(shown.json()["attachment"], *file);
    assert_eq!(self::upload(&rig, "", b"x").await.status, 400);
}

#[tokio::test]
async fn a_token_holds_several_files_and_dies_when_it_is_used() {
    let rig = with_ticket(empty()).await;
    let first = token(&rig, "a.txt", b"a").await;
    let more = upload(&rig, &format!("filename=b.txt&token={first}"), b"b").await;
    assert_eq!(more.json()["upload"]["token"], *first);
    assert_eq!(
        more.json()["upload"]["attachments"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let files = comment(&rig, json!(first)).await;
    let names: Vec<&Value> = files.iter().map(|file| &file["file_name"]).collect();
    assert_eq!(names, ["a.txt", "b.txt"]);
    // A token that is dead is passed over without an error.
    assert!(comment(&rig, json!([first])).await.is_empty());
    let gone = upload(&rig, &format!("filename=c.txt&token={first}"), b"c").await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn a_token_dies_after_three_days_or_when_it_is_deleted() {
    let rig = with_ticket(empty()).await;
    let (old, deleted) = (
        token(&rig, "a.txt", b"a").await,
        token(&rig, "b.txt", b"b").await,
    );
    let path = format!("/api/v2/uploads/{deleted}.json");
    assert_eq!(rig.call(Method::DELETE, &path).await.status, 204);
    assert_eq!(rig.call(Method::DELETE, &path).await.status, 404);
    rig.simulator.advance(Duration::from_secs(3 * 86_400));
    assert!(comment(&rig, json!([old, deleted])).await.is_empty());
    let mut config = empty();
    config.switches.refuse_unknown_uploads = true;
    let rig = with_ticket(config).await;
    let body = json!({"ticket": {"comment": {"body": "x", "uploads": ["dead"]}}});
    let refused = rig.put("/api/v2/tickets/1.json", &body).await;
    assert_eq!(refused.status, 422);
}

#[tokio::test]
async fn a_refused_update_leaves_the_token_alive() {
    let rig = with_ticket(empty()).await;
    let alive = token(&rig, "a.txt", b"a").await;
    let body = json!({"ticket": {
        "priority": "huge", "comment": {"body": "x", "uploads": [alive]}
    }});
    assert_eq!(rig.put("/api/v2/tickets/1.json", &body).await.status, 422);
    assert_eq!(comment(&rig, json!([alive])).await.len(), 1);
}

#[tokio::test]
async fn the_content_lies_on_another_host_and_takes_no_credentials() {
    let rig = with_ticket(empty()).await;
    let bytes: Vec<u8> = (0..=255).collect();
    let token = token(&rig, "a.bin", &bytes).await;
    let file = comment(&rig, json!([token])).await.remove(0);
    let address = lead(&rig, &file).await;
    assert!(address.starts_with(rig.simulator.content_url()));
    assert_ne!(rig.simulator.content_url(), rig.simulator.url());
    let with_credentials = rig.get(&address).await;
    assert_eq!(with_credentials.status, 400);
    let response = rig.request(Method::GET, &address).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], "text/csv");
    assert_eq!(response.bytes().await.unwrap(), bytes);
    let forged = address.replace("token=1", "token=2");
    let refused = rig.send(rig.request(Method::GET, &forged)).await.unwrap();
    assert_eq!(refused.status, 403);
    rig.wait_minutes(61);
    let late = rig.send(rig.request(Method::GET, &address)).await.unwrap();
    assert_eq!(late.status, 403);
    assert_eq!(rig.simulator.requests_by_route()["GET content"], 4);
}

#[tokio::test]
async fn the_way_to_a_content_is_open_unless_attachments_are_private() {
    for (private, status) in [(false, 302), (true, 403)] {
        let mut config = empty();
        config.switches.private_attachments = private;
        let rig = with_ticket(config).await;
        let token = token(&rig, "a.txt", b"a").await;
        let file = comment(&rig, json!([token])).await.remove(0);
        let address = file["content_url"].as_str().unwrap();
        let stranger = rig.send(rig.request(Method::GET, address)).await.unwrap();
        assert_eq!(stranger.status, status);
        assert_eq!(rig.get(address).await.status, 302);
    }
}

#[tokio::test]
async fn a_download_breaks_off_on_request() {
    let rig = with_ticket(empty()).await;
    let token = token(&rig, "a.txt", &[7; 1000]).await;
    let file = comment(&rig, json!([token])).await.remove(0);
    rig.simulator
        .add_fault(Fault::parse("truncate:route=content:times=1").unwrap());
    rig.simulator
        .add_fault(Fault::parse("status=503:route=content:after=1:times=1").unwrap());
    let address = lead(&rig, &file).await;
    let response = rig.request(Method::GET, &address).send().await.unwrap();
    assert!(response.bytes().await.is_err());
    let refused = rig.send(rig.request(Method::GET, &address)).await.unwrap();
    assert_eq!(refused.status, 503);
    let whole = rig.send(rig.request(Method::GET, &address)).await.unwrap();
    assert_eq!((whole.status, whole.text.len()), (200, 1000));
}

#[tokio::test]
async fn an_upload_that_is_too_large_is_refused() {
    let config = Config {
        largest_upload: 1000,
        ..empty()
    };
    let rig = with_ticket(config).await;
    assert_eq!(upload(&rig, "filename=a.txt", &[0; 1001]).await.status, 413);
    assert_eq!(upload(&rig, "filename=a.txt", &[0; 1000]).await.status, 201);
}

#[tokio::test]
async fn a_redacted_file_is_empty_and_has_another_name() {
    let rig = with_ticket(empty()).await;
    let token = token(&rig, "secret.txt", b"a secret").await;
    let file = comment(&rig, json!([token])).await.remove(0);
    let comments = rig.get("/api/v2/tickets/1/comments").await.ids("comments");
    let path = format!(
        "/api/v2/tickets/1/comments/{}/attachments/{}/redact.json",
        comments[1], file["id"]
    );
    let redacted = rig.put(&path, &json!({})).await;
    assert_eq!(redacted.status, 200, "{}", redacted.text);
    assert_eq!(redacted.json()["attachment"]["file_name"], "secret.txt");
    let rows = rig.get("/api/v2/tickets/1/comments").await.rows("comments");
    let left = &rows[1]["attachments"][0];
    assert_eq!(
        (&left["file_name"], &left["size"]),
        (&json!("redacted.txt"), &json!(0))
    );
    let address = lead(&rig, left).await;
    let read = rig.send(rig.request(Method::GET, &address)).await.unwrap();
    assert_eq!((read.status, read.text.as_str()), (200, ""));
    let elsewhere = path.replace("tickets/1/", "tickets/2/");
    assert_eq!(rig.put(&elsewhere, &json!({})).await.status, 404);
}

#[tokio::test]
async fn people_add_files_by_the_control_route_and_merges_copy_them() {
    let rig = with_ticket(empty()).await;
    let body = json!({"ticket_id": 1, "comment": {
        "body": "with bytes", "attachments": ["named.pdf"],
        "files": [{"file_name": "a.txt", "base64": "aGVsbG8="}]
    }});
    let request = rig
        .request(Method::POST, "/_control/tickets/comment")
        .header("x-simulator-control", "yes")
        .body(body.to_string());
    assert_eq!(rig.send(request).await.unwrap().status, 200);
    rig.simulator.edit(|account| {
        let new = NewTicket {
            comment: NewComment {
                files: vec![NewFile {
                    file_name: "b.txt".to_owned(),
                    content_type: None,
                    bytes: b"b".to_vec(),
                }],
                ..NewComment::public("x")
            },
            ..NewTicket::default()
        };
        account.add_ticket(new).unwrap();
        account.merge_tickets(1, 2).unwrap();
    });
    rig.simulator.read(|account| {
        let files: Vec<(String, Vec<u8>)> = account
            .comments_of(2)
            .flat_map(|(_, comment)| &comment.attachments)
            .map(|file| (file.file_name.clone(), file.bytes()))
            .collect();
        assert_eq!(files[0], ("b.txt".to_owned(), b"b".to_vec()));
        assert_eq!(files[1].0, "named.pdf");
        assert_eq!(files[2], ("a.txt".to_owned(), b"hello".to_vec()));
    });
}
