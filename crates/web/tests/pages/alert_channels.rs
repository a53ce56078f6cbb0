//! Where alerts go, and whether they arrive.

use std::sync::Arc;

use engine::alerts::{Channels, MailSettings, Tls, WebhookSettings};
use engine::{Engine, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use web::Options;

use crate::browser::Browser;
use crate::house::{EMAIL, House, PASSWORD, on_both};

/// A browser of Ada's at the same house with these ways out.
async fn with(house: &House, channels: Channels) -> Browser {
    let settings = Settings {
        alerts: channels,
        ..(*house.engine.settings).clone()
    };
    let engine = Engine {
        settings: Arc::new(settings),
        ..house.engine.clone()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = web::app(engine, Options::new(None, "1").unwrap());
    tokio::spawn(web::serve(listener, app, std::future::pending()));
    let mut browser = Browser::at(address);
    assert_eq!(browser.sign_in(EMAIL, PASSWORD).await.status, 303);
    browser
}

fn webhook(url: String) -> Channels {
    Channels {
        webhook: Some(WebhookSettings {
            url,
            secret: "h00ksecret".to_owned().into(),
            allow_private: true,
        }),
        ..Channels::default()
    }
}

#[tokio::test]
async fn without_any_way_out_the_page_shows_how_to_set_one_up() {
    on_both(async |house: House| {
        let mut ada = house.browser().await;
        let page = ada.get("/alert-channels").await;
        assert!(page.has("[alerts.mail]") && page.has("[alerts.webhook]"));
        let answer = ada.post("/alert-channels/test", "channel=mail").await;
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains("not set up in config.toml"));
    })
    .await;
}

#[tokio::test]
async fn ways_out_are_shown_without_their_secrets() {
    on_both(async |house: House| {
        let channels = Channels {
            mail: Some(MailSettings {
                host: "mail.example.com".to_owned(),
                port: 587,
                tls: Tls::StartTls,
                user: "deskbridge".to_owned(),
                password: Some("ma1lsecret".to_owned().into()),
                from: "desk@example.com".to_owned(),
                to: vec!["ops@example.com".to_owned()],
            }),
            ..webhook("https://hooks.example.com/T0/pathsecret".to_owned())
        };
        let page = with(&house, channels).await.get("/alert-channels").await;
        for told in [
            "mail.example.com, port 587",
            "ops@example.com",
            "https://hooks.example.com/…",
        ] {
            assert!(page.text().contains(told), "{told}: {}", page.text());
        }
        for secret in ["ma1lsecret", "h00ksecret", "pathsecret"] {
            assert!(!page.has(secret), "{secret}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_test_alert_is_sent_at_once_and_its_fate_is_told() {
    on_both(async |house: House| {
        let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", receiver.local_addr().unwrap());
        let received = tokio::spawn(async move {
            let (mut socket, _) = receiver.accept().await.unwrap();
            let mut bytes = vec![0; 4096];
            let mut text = String::new();
            while !text.contains("Test alert") {
                let read = socket.read(&mut bytes).await.unwrap();
                text.push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
            let answer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
            socket.write_all(answer.as_bytes()).await.unwrap();
            text
        });
        let mut ada = with(&house, webhook(url)).await;
        let answer = ada.post("/alert-channels/test", "channel=webhook").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.text().contains("The receiver took the test alert."));
        assert!(received.await.unwrap().contains("x-deskbridge-signature"));
        // Nobody listens there any more.
        let answer = ada.post("/alert-channels/test", "channel=webhook").await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.text().contains("The test alert did not go out."));
    })
    .await;
}
