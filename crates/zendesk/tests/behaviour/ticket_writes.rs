//! Tickets made and changed over real sockets: sent once, whatever happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clock::Clock;
use serde_json::Value;
use tokio::net::TcpListener;
use zendesk::{
    Address, Bucket, Client, Created, Error, MemoryKeeper, NewComment, NewTicket, Requester,
    SignIn, TicketChange, Tokens, Trouble, Updated,
};

use crate::served::{Answer, Asked, Served, api_token, client_of, loopback, manual_clock, options};

const MADE: &str = r#"{"ticket":{"id":35,"external_id":"deskbridge:i:c","subject":"Hi","status":"open","updated_at":"2026-11-22T12:00:00Z"},
"audit":{"id":900,"ticket_id":35,"created_at":"2026-11-22T12:00:00Z","author_id":7,"metadata":{"system":{},"custom":{"deskbridge_op":"op-1"}},
"events":[{"id":901,"type":"Comment","author_id":7,"body":"Hello","public":true,"attachments":[],"audit_id":900},
{"id":902,"type":"Create","field_name":"status","value":"open"},
{"id":903,"type":"Create","field_name":"requester_id","value":20014192}]}}"#;
const CHANGED: &str = r#"{"ticket":{"id":35,"status":"solved","updated_at":"2026-11-22T12:00:05Z"},
"audit":{"id":910,"ticket_id":35,"created_at":"2026-11-22T12:00:05Z","author_id":7,"metadata":{"custom":{"deskbridge_op":"op-2"}},
"events":[{"id":911,"type":"Change","field_name":"status","value":"solved","previous_value":"open"}]}}"#;

fn new_ticket() -> NewTicket {
    NewTicket {
        subject: "Hi".into(),
        comment: NewComment {
            text: "Hello".into(),
            public: true,
            author_id: None,
            uploads: Vec::new(),
        },
        requester: Requester::Id(20014192),
        submitter_id: None,
        assignee_id: None,
        status: None,
        priority: None,
        external_id: "deskbridge:i:c".into(),
        followup_of: None,
        op: "op-1".into(),
    }
}

async fn create(served: &Served) -> Result<Created, Error> {
    let body = new_ticket().to_body();
    client_of(served).create_ticket(&body, "op-1").await
}

fn solved() -> String {
    TicketChange {
        status: Some("solved".into()),
        op: "op-2".into(),
        stamp: Some("2026-11-22T12:00:00Z".parse().unwrap()),
        ..TicketChange::default()
    }
    .to_body()
}

async fn change(served: &Served) -> Result<Updated, Error> {
    client_of(served).update_ticket(35, &solved()).await
}

#[tokio::test]
async fn a_made_ticket_comes_with_its_audit_and_the_ids_in_it() {
    let answer = Answer::json(201, MADE)
        .header("x-idempotency-lookup", "miss")
        .header("Date", "Sun, 22 Nov 2026 12:00:01 GMT");
    let served = Served::start([answer]).await;
    let created = create(&served).await.unwrap();
    assert_eq!(created.ticket.id, Some(35));
    assert_eq!(created.replayed, Some(false));
    assert_eq!(created.date.unwrap().to_string(), "2026-11-22T12:00:01Z");
    let audit = created.audit.unwrap();
    assert_eq!(audit.deskbridge_op.as_deref(), Some("op-1"));
    assert_eq!(audit.comments[0].0.id, 901);
    let changes: Vec<_> = audit
        .changes
        .iter()
        .map(|change| (change.field.as_str(), change.value.as_deref()))
        .collect();
    assert_eq!(
        changes,
        [("status", Some("open")), ("requester_id", Some("20014192"))]
    );
    let asked = served.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (asked[0].method.as_str(), asked[0].path.as_str()),
        ("POST", "/api/v2/tickets")
    );
    assert_eq!(asked[0].headers["idempotency-key"], "op-1");
    assert_eq!(asked[0].headers["content-type"], "application/json");
    assert_eq!(asked[0].body, new_ticket().to_body());
}

#[tokio::test]
async fn a_replayed_answer_says_so() {
    for (said, replayed) in [(Some("hit"), Some(true)), (None, None)] {
        let mut answer = Answer::json(201, MADE);
        if let Some(said) = said {
            answer = answer.header("X-Idempotency-Lookup", said);
        }
        let served = Served::start([answer]).await;
        assert_eq!(create(&served).await.unwrap().replayed, replayed);
    }
}

#[tokio::test]
async fn a_changed_ticket_comes_with_what_was_accepted() {
    let served = Served::start([Answer::json(200, CHANGED)]).await;
    let updated = change(&served).await.unwrap();
    let audit = updated.audit.unwrap();
    assert_eq!(audit.deskbridge_op.as_deref(), Some("op-2"));
    let change = &audit.changes[0];
    assert_eq!(
        (change.previous.as_deref(), change.value.as_deref()),
        (Some("open"), Some("solved"))
    );
    let asked = served.asked();
    assert_eq!(
        (asked[0].method.as_str(), asked[0].path.as_str()),
        ("PUT", "/api/v2/tickets/35")
    );
    let sent: Value = serde_json::from_str(&asked[0].body).unwrap();
    assert_eq!(sent["ticket"]["safe_update"], true);
    assert_eq!(sent["ticket"]["updated_stamp"], "2026-11-22T12:00:00Z");
    assert_eq!(asked[0].headers.get("idempotency-key"), None);
}

#[tokio::test]
async fn a_200_that_changed_nothing_has_no_audit() {
    for audit in ["", r#","audit":null"#] {
        let body = format!(r#"{{"ticket":{{"id":35,"status":"open"}}{audit}}}"#);
        let served = Served::start([Answer::json(200, body)]).await;
        assert!(change(&served).await.unwrap().audit.is_none());
    }
}

/// F02, F04, F05, F06, F07, F08, F13: each leaves open whether Zendesk acted, so nothing is sent
/// again, and the error says so.
#[tokio::test]
async fn a_write_of_unknown_outcome_is_sent_once_and_says_that_it_is_unknown() {
    let answers = [
        Answer::hangup(),
        Answer::json(200, CHANGED).cut(40),
        Answer::json(200, &CHANGED[..40]),
        Answer::json(200, "[]"),
        Answer::json(200, "{}"),
        Answer::json(200, r#"{"ticket":{"id":36}}"#),
        Answer::json(200, r#"{"ticket":{"id":35},"audit":{"id":"x"}}"#),
        Answer::json(200, ""),
        Answer::html(200),
        Answer::html(500),
        Answer::html(502),
        Answer::html(503).header("Retry-After", "9"),
        Answer::html(504),
        Answer::json(302, "").header("Location", "https://elsewhere.zendesk.com/"),
    ];
    for answer in answers {
        let served = Served::start([answer.clone(), Answer::json(200, CHANGED)]).await;
        let error = change(&served).await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{answer:?}: {error:?}");
        assert_eq!(served.asked().len(), 1, "{answer:?}");
        let served = Served::start([answer.clone(), Answer::json(201, MADE)]).await;
        if let Err(error) = create(&served).await {
            assert!(error.is_outcome_unknown(), "{answer:?}: {error:?}");
        }
        assert_eq!(served.asked().len(), 1, "{answer:?}");
    }
}

#[tokio::test]
async fn a_write_without_an_answer_in_time_is_unknown() {
    let served = Served::start([Answer::silence()]).await;
    let mut options = options(manual_clock());
    options.timeout = Duration::from_millis(50);
    let client = Client::new(served.account(), api_token(), options).unwrap();
    let error = client.update_ticket(35, &solved()).await.unwrap_err();
    let timeout = Trouble::Timeout;
    assert!(matches!(error, Error::Unavailable { trouble, .. } if trouble == timeout));
    assert!(error.is_outcome_unknown());
    assert_eq!(served.asked().len(), 1);
}

#[tokio::test]
async fn a_refused_write_is_sent_once_and_known_to_have_done_nothing() {
    let conflict = r#"{"description":"Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try again.","error":"UpdateConflict"}"#;
    let answers = [
        Answer::json(409, conflict),
        Answer::json(
            409,
            r#"{"error":"DatabaseConflict","description":"Database collision"}"#,
        ),
        Answer::text(409, "Requester creation collision - please try again"),
        Answer::json(
            422,
            r#"{"error":"RecordInvalid","details":{"status":[{"description":"closed prevents ticket update"}]}}"#,
        ),
        Answer::json(
            404,
            r#"{"error":"RecordNotFound","description":"Not found"}"#,
        ),
        Answer::json(
            403,
            r#"{"error":"Forbidden","description":"You are missing the following required scopes: write"}"#,
        ),
        Answer::json(401, r#"{"error":"Couldn't authenticate you"}"#),
    ];
    for answer in answers {
        let served = Served::start([answer.clone(), Answer::json(200, CHANGED)]).await;
        let error = change(&served).await.unwrap_err();
        assert!(!error.is_outcome_unknown(), "{answer:?}: {error:?}");
        assert_eq!(served.asked().len(), 1, "{answer:?}");
    }
}

#[tokio::test]
async fn a_write_that_found_nobody_is_known_to_have_done_nothing() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let address = Address::parse(&address, &loopback()).unwrap();
    let client = Client::new(address, api_token(), options(manual_clock())).unwrap();
    let error = client.update_ticket(35, &solved()).await.unwrap_err();
    assert!(!error.is_outcome_unknown(), "{error:?}");
    assert_eq!(client.requests(), 1);
}

#[tokio::test]
async fn a_429_is_given_back_at_once_and_the_governor_knows_it() {
    let clock = manual_clock();
    let limited = Answer::text(429, "Too many")
        .header("Retry-After", "30")
        .header(
            "zendesk-ratelimit-tickets-update",
            "total=100; remaining=0; resets=30",
        );
    let served = Served::start([limited, Answer::json(200, CHANGED)]).await;
    let client = Client::new(served.account(), api_token(), options(clock.clone())).unwrap();
    let before = clock.now();
    let error = client.update_ticket(35, &solved()).await.unwrap_err();
    assert!(
        matches!(error, Error::Limited { bucket: Bucket::TicketUpdates, after: Some(wait) }
            if wait == Duration::from_secs(30)),
        "{error:?}"
    );
    assert!(!error.is_outcome_unknown());
    assert_eq!(clock.now(), before, "the caller is not held");
    assert_eq!(served.asked().len(), 1);
    client.update_ticket(35, &solved()).await.unwrap();
    assert_eq!(clock.now().duration_since(before).as_secs(), 30);
}

#[tokio::test]
async fn a_ticket_that_was_changed_too_often_is_put_off_alone() {
    let body = r#"{"error":"APIRateLimitExceeded","description":"Number of allowed updates to this ticket exceeded"}"#;
    let limited = Answer::json(429, body)
        .header("Retry-After", "540")
        .header("X-Rate-Limit", "700")
        .header("X-Rate-Limit-Remaining", "600")
        .header(
            "zendesk-ratelimit-tickets-update",
            "total=100; remaining=60; resets=30",
        )
        .header(
            "zendesk-ratelimit-per-ticket-updates",
            "total=30; remaining=0; resets=540",
        );
    let other = CHANGED.replace(r#""id":35"#, r#""id":36"#);
    let served = Served::start([limited, Answer::json(200, other)]).await;
    let client = client_of(&served).impatient(Duration::ZERO);
    let error = client.update_ticket(35, &solved()).await.unwrap_err();
    assert!(
        matches!(error, Error::Limited { bucket: Bucket::TicketUpdates, after: Some(wait) }
            if wait == Duration::from_secs(540)),
        "{error:?}"
    );
    client.update_ticket(36, &solved()).await.unwrap();
}

#[tokio::test]
async fn a_401_renews_the_tokens_and_sends_once_more_with_the_same_body() {
    let revoked = Arc::new(AtomicBool::new(true));
    let served = Served::by(move |asked: &Asked| {
        if asked.path == "/oauth/tokens" {
            revoked.store(false, Ordering::Relaxed);
            return Answer::json(200, r#"{"access_token":"new","refresh_token":"r2"}"#);
        }
        if revoked.load(Ordering::Relaxed) {
            return Answer::json(401, r#"{"error":"invalid_token"}"#);
        }
        Answer::json(201, MADE)
    })
    .await;
    let mut options = options(manual_clock());
    options.tokens = Some(Arc::new(MemoryKeeper::with(Tokens {
        access: "old".into(),
        refresh: Some("r1".into()),
        expires_at: None,
    })));
    let sign_in = SignIn::OAuthTokens {
        client_id: "deskbridge".into(),
        client_secret: None,
    };
    let client = Client::new(served.account(), sign_in, options).unwrap();
    let body = new_ticket().to_body();
    client.create_ticket(&body, "op-1").await.unwrap();
    let asked = served.asked();
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(
        paths,
        ["/api/v2/tickets", "/oauth/tokens", "/api/v2/tickets"]
    );
    assert_eq!(asked[0].body, asked[2].body);
    assert_eq!(
        asked[0].headers["idempotency-key"],
        asked[2].headers["idempotency-key"]
    );
    assert_eq!(asked[2].headers["authorization"], "Bearer new");
}

#[tokio::test]
async fn a_ticket_comes_with_the_date_of_its_answer() {
    let found = Answer::json(200, r#"{"ticket":{"id":35}}"#)
        .header("Date", "Sun, 22 Nov 2026 12:00:09 GMT");
    let gone = Answer::json(
        404,
        r#"{"error":"RecordNotFound","description":"Not found"}"#,
    )
    .header("Date", "Sun, 22 Nov 2026 12:00:10 GMT");
    let served = Served::start([found, gone]).await;
    let client = client_of(&served);
    let (ticket, date) = client.ticket_with_date(35).await.unwrap();
    assert_eq!(ticket.unwrap().id, Some(35));
    assert_eq!(date.unwrap().to_string(), "2026-11-22T12:00:09Z");
    let (ticket, date) = client.ticket_with_date(35).await.unwrap();
    assert!(ticket.is_none());
    assert_eq!(date.unwrap().to_string(), "2026-11-22T12:00:10Z");
}

#[tokio::test]
async fn only_tickets_with_exactly_the_external_id_are_given() {
    let page = r#"{"tickets":[{"id":1,"external_id":"deskbridge:i:c"},{"id":2,"external_id":"DESKBRIDGE:i:c"},
        {"id":3,"external_id":null},{"id":4,"external_id":"deskbridge:i:c"}],"next_page":null,"count":4}"#;
    let served = Served::start([Answer::json(200, page)]).await;
    let found = client_of(&served)
        .tickets_with_external_id("deskbridge:i:c")
        .await
        .unwrap();
    let ids: Vec<_> = found.iter().map(|record| record.id).collect();
    assert_eq!(ids, [Some(1), Some(4)]);
    assert_eq!(
        served.paths(),
        ["/api/v2/tickets?external_id=deskbridge%3Ai%3Ac"]
    );
}
