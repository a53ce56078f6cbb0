//! What becomes of the records in an answer: one that is odd never stops the others.

use serde_json::Value;
use zendesk::Position;

use crate::served::{Answer, Served, client_of};

async fn tickets(body: &str) -> Vec<zendesk::Record<domain::ticket::Ticket>> {
    let body = format!(r#"{{"tickets":[{body}],"after_cursor":"c","end_of_stream":true}}"#);
    let served = Served::start([Answer::json(200, body)]).await;
    let page = client_of(&served)
        .incremental_tickets(&Position::Start(0), 1000)
        .await;
    page.unwrap().records
}

async fn events(body: &str) -> Vec<zendesk::Record<zendesk::TicketEvent>> {
    let body = format!(r#"{{"ticket_events":[{body}],"end_time":50,"end_of_stream":true}}"#);
    let served = Served::start([Answer::json(200, body)]).await;
    client_of(&served)
        .incremental_ticket_events(0)
        .await
        .unwrap()
        .events
}

#[tokio::test]
async fn one_bad_record_never_stops_the_others_and_is_named() {
    let read = tickets(
        r#"{"id":1},{"id":2,"requester_id":{"canary":1},"x":1},{"subject":"no id"},17,{"id":4}"#,
    )
    .await;
    let good: Vec<bool> = read.iter().map(|record| record.parsed.is_ok()).collect();
    assert_eq!(good, [true, false, false, false, true]);
    assert_eq!(read[1].id, Some(2));
    let bad = read[1].parsed.as_ref().unwrap_err();
    assert_eq!(bad.path, "requester_id");
    let sentence = bad.to_string();
    assert!(
        sentence.starts_with("Ticket 2 (number 2 in its answer) cannot be read"),
        "{sentence}"
    );
    assert_eq!(read[2].parsed.as_ref().unwrap_err().path, "id");
    assert_eq!(
        read[1].raw.get(),
        r#"{"id":2,"requester_id":{"canary":1},"x":1}"#
    );
}

#[tokio::test]
async fn a_complaint_about_a_record_does_not_quote_its_values() {
    let read = tickets(r#"{"id":1,"requester_id":"canary \"x\" canary"}"#).await;
    let bad = read[0].parsed.as_ref().unwrap_err();
    assert!(
        !format!("{bad} {bad:?} {:?}", read[0]).contains("canary"),
        "{bad}"
    );
    assert!(bad.what.contains("expected an id"), "{bad}");
}

#[tokio::test]
async fn ids_may_be_text_and_values_null() {
    let read = tickets(r#"{"id":"12","requester_id":"","assignee_id":null,"group_id":"34","tags":null,"collaborator_ids":["5",null,6],"via":null,"external_id":99,"created_at":null,"generated_timestamp":"77"}"#).await;
    let ticket = read[0].parsed.as_ref().unwrap();
    assert_eq!(
        (ticket.id, ticket.requester_id, ticket.group_id),
        (12, None, Some(34))
    );
    assert_eq!(ticket.collaborator_ids, [5, 6]);
    assert_eq!(ticket.external_id.as_deref(), Some("99"));
    assert_eq!(ticket.generated_timestamp, Some(77));
}

#[tokio::test]
async fn unknown_words_long_subjects_emoji_and_right_to_left_text_pass_unchanged() {
    let long = "x".repeat(10_000);
    let body = format!(
        r#"{{"id":1,"status":"frozen","priority":"🔥","type":"riddle","subject":"{long}","description":"שלום 👩‍👩‍👧 \u0627","new_key":{{"a":[1]}}}}"#
    );
    let read = tickets(&body).await;
    let ticket = read[0].parsed.as_ref().unwrap();
    assert_eq!(ticket.status.as_deref(), Some("frozen"));
    assert_eq!(ticket.priority.as_deref(), Some("🔥"));
    assert_eq!(ticket.subject.as_deref(), Some(long.as_str()));
    assert_eq!(ticket.description.as_deref(), Some("שלום 👩‍👩‍👧 ا"));
    assert_eq!(read[0].raw.get(), body);
}

#[tokio::test]
async fn a_follow_up_names_the_ticket_it_follows() {
    let read = tickets(r#"{"id":1,"via":{"channel":"web","source":{"from":{"ticket_id":44,"subject":"s"},"to":{},"rel":"follow_up"}}},{"id":2,"via":{"channel":"web","source":{"from":{"ticket_id":44},"to":{},"rel":"problem"}}}"#).await;
    let sources: Vec<_> = read
        .iter()
        .map(|r| r.parsed.as_ref().unwrap().followup_source_id)
        .collect();
    assert_eq!(sources, [Some(44), None]);
    assert_eq!(
        read[0].parsed.as_ref().unwrap().channel.as_deref(),
        Some("web")
    );
}

#[tokio::test]
async fn a_creating_event_of_the_export_gives_the_description_and_the_first_status() {
    let read = events(r#"{"id":10,"ticket_id":3,"timestamp":1700000000,"created_at":"2023-11-14T22:13:20Z","updater_id":8,"via":"Web form","system":{"client":"x"},"metadata":{},"event_type":"Audit","child_events":[
        {"id":11,"via":"Web form","via_reference_id":null,"type":"Comment","event_type":"Comment","comment_present":true,"comment_public":true,"author_id":9,"body":"Hello","html_body":"<p>Hello</p>","public":true,"attachments":[{"file_name":"a.txt"}],"audit_id":10},
        {"id":12,"via":"Web form","status":"new","event_type":"Create"},
        {"id":13,"via":"Web form","type":"problem","event_type":"Create"},
        {"id":14,"via":"Web form","tags":["a"],"event_type":"Create"}]}"#).await;
    let event = read[0].parsed.as_ref().unwrap();
    assert!(event.creates);
    assert_eq!(event.status_changes, [(None, "new".to_owned())]);
    let (comment, raw) = &event.comments[0];
    assert_eq!(
        (comment.id, comment.ticket_id, comment.author_id),
        (11, 3, Some(9))
    );
    assert!(comment.public && comment.is_description);
    assert_eq!(comment.body, "Hello");
    assert_eq!(comment.attachments, ["a.txt"]);
    assert_eq!(comment.created_at.unwrap().as_second(), 1_700_000_000);
    assert_eq!(
        serde_json::from_str::<Value>(raw.get()).unwrap()["html_body"],
        "<p>Hello</p>"
    );
}

#[tokio::test]
async fn an_updating_event_gives_status_visibility_redaction_and_our_marker() {
    let read = events(r#"{"id":"20","ticket_id":3,"updater_id":8,"created_at":"2023-11-14T22:13:20Z","metadata":{"custom":{"deskbridge_op":"op-1"},"system":{}},"child_events":[
        {"id":21,"event_type":"Change","status":"solved","previous_value":"open"},
        {"id":22,"event_type":"Change","priority":"high","previous_value":null},
        {"id":23,"event_type":"CommentPrivacyChange","comment_id":11,"public":false},
        {"id":24,"event_type":"CommentRedactionEvent","comment_id":12},
        {"id":25,"event_type":"Comment","body":"note","public":false},
        {"id":26,"event_type":"Comment","comment_present":true,"comment_public":false},
        {"id":27,"event_type":"Sparkle","public":"perhaps"},
        {"id":28,"event_type":"Comment","public":"perhaps","body":"x"},
        null, 5]}"#).await;
    let event = read[0].parsed.as_ref().unwrap();
    assert_eq!((event.id, event.creates), (20, false));
    assert_eq!(event.deskbridge_op.as_deref(), Some("op-1"));
    assert_eq!(
        event.status_changes,
        [(Some("open".to_owned()), "solved".to_owned())]
    );
    assert_eq!(event.privacy_changes, [(11, false)]);
    assert_eq!(event.redacted, [12]);
    let (note, _) = &event.comments[0];
    assert_eq!(
        (note.author_id, note.public, note.is_description),
        (Some(8), false, false)
    );
    assert_eq!(event.comments.len(), 1);
    assert_eq!(
        event.textless,
        [26, 28],
        "comments without readable text are named, to be fetched"
    );
}

#[tokio::test]
async fn a_comment_that_does_not_say_it_is_public_is_private() {
    let served = Served::start([Answer::json(
        200,
        r#"{"comments":[{"id":1,"body":"x"},{"id":2,"body":"y","public":null}]}"#,
    )])
    .await;
    for record in client_of(&served).comments(3).await.unwrap() {
        assert!(!record.parsed.unwrap().public);
    }
}

#[tokio::test]
async fn the_note_of_a_merge_names_the_survivor_and_a_customers_hash_does_not() {
    let body = r##"{"comments":[
        {"id":1,"body":"This request was closed and merged into request #77 \"Printer\".","public":false},
        {"id":2,"body":"Diese Anfrage wurde mit #78 zusammengeführt","via":{"channel":"system","source":{"rel":"merge","from":{},"to":{}}}},
        {"id":3,"body":"see my order #79"},
        {"id":4,"body":"merged","via":{"channel":"system","source":{"rel":"merge","from":{},"to":{"ticket_id":80}}}}]}"##;
    let served = Served::start([Answer::json(200, body)]).await;
    let read = client_of(&served).comments(3).await.unwrap();
    let into: Vec<_> = read
        .iter()
        .map(|r| r.parsed.as_ref().unwrap().merged_into)
        .collect();
    assert_eq!(into, [Some(77), Some(78), None, Some(80)]);
}

#[tokio::test]
async fn organisations_are_read_to_the_end_of_their_stream_each_once_as_it_is_now() {
    let served = Served::by(|asked| {
        let body = if asked.path.ends_with("start_time=0") {
            r#"{"organizations":[{"id":1,"name":"Old"},{"id":2,"name":"Two"}],"end_time":100,"end_of_stream":false}"#
        } else {
            r#"{"organizations":[{"id":1,"name":"New"},{"id":3,"name":"Gone","deleted_at":"2024-01-01T00:00:00Z"}],"end_time":120,"end_of_stream":true}"#
        };
        Answer::json(200, body)
    })
    .await;
    let (read, next) = client_of(&served).organizations_since(0).await.unwrap();
    let names: Vec<_> = read
        .iter()
        .map(|r| r.parsed.as_ref().unwrap())
        .map(|o| (o.name.as_str(), o.active))
        .collect();
    assert_eq!(names, [("New", true), ("Two", true), ("Gone", false)]);
    assert_eq!(next, 120);
}

#[tokio::test]
async fn a_job_without_rows_says_whether_it_succeeded_and_a_forgotten_one_is_none() {
    let done = r#"{"job_status":{"id":"V3-1","total":null,"progress":null,"status":"completed","message":"Completed at x","results":{"success":true}}}"#;
    let served = Served::start([Answer::json(200, done)]).await;
    let job = client_of(&served)
        .job_status("V3-1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((job.success, job.status.is_final()), (Some(true), true));
    let gone = Served::start([Answer::json(
        404,
        r#"{"error":"RecordNotFound","description":"Not found"}"#,
    )])
    .await;
    assert_eq!(client_of(&gone).job_status("a/../b").await.unwrap(), None);
    assert_eq!(gone.paths(), ["/api/v2/job_statuses/a%2F..%2Fb"]);
}
