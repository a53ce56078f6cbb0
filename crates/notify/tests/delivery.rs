//! Mail and webhooks over real sockets of this machine: what the other side gets, and what its answers mean.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "delivery/receiver.rs"]
mod receiver;
#[path = "delivery/server.rs"]
mod server;

use jiff::Timestamp;
use notify::mail::{Letter, MailSettings, Mailer, Tls};
use notify::standard::{self, Endpoint, Verdict};
use notify::webhook::{Caller, ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, WebhookSettings};
use notify::{Error, When};

const LETTER: Letter<'static> = Letter {
    id: "a1",
    at: Timestamp::UNIX_EPOCH,
    subject: "Deskbridge: people.csv has failed",
    text: "Rows read: 50.\n.\nThe line above is a dot.\n",
};

fn mail(port: u16) -> MailSettings {
    MailSettings {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        user: String::new(),
        password: None,
        from: "Deskbridge <deskbridge@example.com>".to_owned(),
        to: vec!["ada@example.com".to_owned(), "bob@example.com".to_owned()],
    }
}

fn webhook(port: u16) -> WebhookSettings {
    WebhookSettings {
        url: format!("http://127.0.0.1:{port}/hooks/deskbridge"),
        secret: "quince".to_owned().into(),
        allow_private: true,
    }
}

#[tokio::test]
async fn one_letter_goes_to_everybody_word_for_word() {
    let server = server::start(&[]).await;
    let mailer = Mailer::new(&mail(server.port)).unwrap();
    mailer.send(&LETTER).await.unwrap();
    let said = server.heard().await;
    assert!(
        said.contains("MAIL FROM:<deskbridge@example.com>"),
        "{said}"
    );
    assert!(said.contains("RCPT TO:<ada@example.com>"), "{said}");
    assert!(said.contains("RCPT TO:<bob@example.com>"), "{said}");
    assert!(
        said.contains("Subject: Deskbridge: people.csv has failed"),
        "{said}"
    );
    assert!(said.contains("Message-ID: <a1@example.com>"), "{said}");
    // A dot on a line of its own would end the letter, so SMTP doubles it.
    assert!(
        said.contains("Rows read: 50.\r\n..\r\nThe line above is a dot."),
        "{said}"
    );
}

#[tokio::test]
async fn a_user_signs_in_before_anything_is_sent() {
    let server = server::start(&[]).await;
    let settings = MailSettings {
        user: "deskbridge".to_owned(),
        password: Some("quince".to_owned().into()),
        ..mail(server.port)
    };
    let mailer = Mailer::new(&settings).unwrap();
    mailer.send(&LETTER).await.unwrap();
    let said = server.heard().await;
    // base64 of "\0deskbridge\0quince".
    let signed_in = said.find("AUTH PLAIN AGRlc2ticmlkZ2UAcXVpbmNl").unwrap();
    assert!(signed_in < said.find("MAIL FROM").unwrap());
}

#[tokio::test]
async fn a_server_that_offers_no_tls_gets_no_password() {
    let server = server::start(&[]).await;
    let settings = MailSettings {
        tls: Tls::StartTls,
        user: "deskbridge".to_owned(),
        password: Some("quince".to_owned().into()),
        ..mail(server.port)
    };
    let refused = Mailer::new(&settings).unwrap().send(&LETTER).await;
    assert_eq!(refused.unwrap_err().when(), When::AfterFix);
    assert!(!server.heard().await.contains("AUTH"));
}

#[tokio::test]
async fn what_the_mail_server_refuses_is_told_by_its_number_and_without_addresses() {
    let full = server::start(&[("RCPT", "452 4.2.2 ada@example.com is full")]).await;
    let error = Mailer::new(&mail(full.port)).unwrap().send(&LETTER).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(error.to_string().contains("452"), "{error}");

    let unknown = server::start(&[("RCPT", "550 5.1.1 no ada@example.com here")]).await;
    let error = Mailer::new(&mail(unknown.port))
        .unwrap()
        .send(&LETTER)
        .await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
    assert!(error.to_string().contains("550"), "{error}");
    assert!(!error.to_string().contains("ada@"), "{error}");
}

#[tokio::test]
async fn a_mail_server_that_is_not_there_is_tried_again_later() {
    let port = server::closed_port().await;
    let error = Mailer::new(&mail(port)).unwrap().send(&LETTER).await;
    assert_eq!(error.unwrap_err().when(), When::Later);
}

#[tokio::test]
async fn a_webhook_carries_its_body_its_id_and_a_signature_that_can_be_checked() {
    let receiver = receiver::start("200 OK", &[]).await;
    let caller = Caller::new(&webhook(receiver.port)).unwrap();
    let body = br#"{"kind":"workflow_failed"}"#.to_vec();
    let at = "2026-11-22T12:00:00Z".parse().unwrap();
    caller.post("a1", at, body.clone()).await.unwrap();
    let request = receiver.heard().await;
    assert!(request.head.starts_with("POST /hooks/deskbridge HTTP/1.1"));
    assert_eq!(request.body, body);
    assert_eq!(request.header(ID_HEADER), "a1");
    assert_eq!(request.header(TIMESTAMP_HEADER), "2026-11-22T12:00:00Z");
    // Made with `openssl dgst -sha256 -hmac`, over the moment and the body.
    assert_eq!(
        request.header(SIGNATURE_HEADER),
        "Zekeut8wakdDn/oD1UJ/YF/6GkGBA3MJPFPfgsW+o7I="
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = receiver::start("200 OK", &[]).await;
    let location = format!("location: http://127.0.0.1:{}/", elsewhere.port);
    let receiver = receiver::start("307 Temporary Redirect", &[&location]).await;
    let caller = Caller::new(&webhook(receiver.port)).unwrap();
    let error = caller.post("a1", Timestamp::UNIX_EPOCH, Vec::new()).await;
    let error = error.unwrap_err();
    assert_eq!(error.when(), When::AfterFix);
    assert!(
        error.to_string().contains("no redirect is followed"),
        "{error}"
    );
    assert!(!elsewhere.was_called());
}

#[tokio::test]
async fn what_a_receiver_answers_says_whether_to_call_again() {
    for (status, when) in [
        ("503 Service Unavailable", When::Later),
        ("429 Too Many Requests", When::Later),
        ("401 Unauthorized", When::AfterFix),
        ("404 Not Found", When::AfterFix),
    ] {
        let receiver = receiver::start(status, &[]).await;
        let caller = Caller::new(&webhook(receiver.port)).unwrap();
        let error = caller.post("a1", Timestamp::UNIX_EPOCH, Vec::new()).await;
        assert_eq!(error.unwrap_err().when(), when, "{status}");
    }
    let port = server::closed_port().await;
    let caller = Caller::new(&webhook(port)).unwrap();
    let error = caller.post("a1", Timestamp::UNIX_EPOCH, Vec::new()).await;
    assert_eq!(error.unwrap_err().when(), When::Later);
}

async fn tell(port: u16, secrets: &[&str]) -> standard::Outcome {
    let url = format!("http://127.0.0.1:{port}/events");
    let secrets: Vec<_> = secrets.iter().map(|one| (*one).to_owned().into()).collect();
    let endpoint = Endpoint::new(&url, true).unwrap();
    let at = "2026-11-22T12:00:00.5Z".parse().unwrap();
    endpoint.post("e1", at, &secrets, b"{}".to_vec()).await
}

#[tokio::test]
async fn an_event_carries_a_signature_by_every_secret_that_is_good() {
    let receiver = receiver::start("204 No Content", &[]).await;
    let outcome = tell(receiver.port, &["whsec_cXVpbmNl", "whsec_cGVhcg=="]).await;
    assert_eq!(
        (outcome.status, outcome.verdict),
        (Some(204), Verdict::Taken)
    );
    let request = receiver.heard().await;
    assert_eq!(request.header(standard::ID_HEADER), "e1");
    assert_eq!(request.header(standard::TIMESTAMP_HEADER), "1795348800");
    // Made with Python's hmac over "e1.1795348800.{}" by b"quince" and b"pear".
    assert_eq!(
        request.header(standard::SIGNATURE_HEADER),
        "v1,C4OG04bLvgq5h1Z0iw3df57lqHnjBSiKbVPUyxyb7N8= v1,YWwUnzrEvuy4ufgY2jKD+mKvd0NcwIslMJ55TUrFfBc="
    );
}

#[tokio::test]
async fn what_an_endpoint_answers_to_an_event_says_how_to_go_on() {
    for (status, header) in [
        ("503 Service Unavailable", "retry-after: 7"),
        ("429 Too Many Requests", "retry-after: 7"),
        ("500 Internal Server Error", "retry-after: 7"),
    ] {
        let receiver = receiver::start(status, &[header]).await;
        let verdict = tell(receiver.port, &["whsec_cXVpbmNl"]).await.verdict;
        let Verdict::Unavailable { wait, sentence } = verdict else {
            panic!("{status}: {verdict:?}");
        };
        assert_eq!(wait, Some(std::time::Duration::from_secs(7)), "{sentence}");
    }
    for status in ["400 Bad Request", "404 Not Found", "307 Temporary Redirect"] {
        let receiver = receiver::start(status, &["location: http://127.0.0.1:9/"]).await;
        let verdict = tell(receiver.port, &["whsec_cXVpbmNl"]).await.verdict;
        assert!(matches!(verdict, Verdict::Refused { .. }), "{verdict:?}");
    }
    let receiver = receiver::start("410 Gone", &[]).await;
    let outcome = tell(receiver.port, &["whsec_cXVpbmNl"]).await;
    assert_eq!(
        (outcome.status, outcome.verdict),
        (Some(410), Verdict::Gone)
    );
    let nobody = tell(server::closed_port().await, &["whsec_cXVpbmNl"]).await;
    assert_eq!(nobody.status, None);
    assert!(matches!(nobody.verdict, Verdict::Unavailable { .. }));
}
