use std::time::Duration;

use simulator::{Config, StartError, TlsFiles};

use crate::rig::{Rig, config, empty};

#[tokio::test]
async fn a_path_prefix_is_in_every_link_and_not_required() {
    let rig = Rig::start(Config {
        path_prefix: Some("/zendesk".to_owned()),
        ..config()
    })
    .await;
    assert!(rig.simulator.url().ends_with("/zendesk"));
    let page = rig
        .get("/api/v2/incremental/tickets/cursor?start_time=0&per_page=3")
        .await
        .json();
    let next = page["after_url"].as_str().unwrap();
    assert!(
        next.starts_with(&format!("{}/api/v2/", rig.simulator.url())),
        "{next}"
    );
    assert_eq!(rig.get(next).await.status, 200);
    let bare = format!("http://{}/api/v2/users/me", rig.simulator.address());
    assert_eq!(rig.get(&bare).await.status, 200);
    let wrong = simulator::start(Config {
        path_prefix: Some("zendesk".to_owned()),
        ..empty()
    })
    .await;
    assert!(matches!(wrong, Err(StartError::Prefix(_))));
}

#[tokio::test]
async fn two_simulators_cannot_share_an_address() {
    let rig = Rig::start(empty()).await;
    let second = simulator::start(Config {
        listen: rig.simulator.address(),
        ..empty()
    })
    .await;
    let error = second.unwrap_err().to_string();
    assert!(error.contains("choose another address"), "{error}");
}

#[tokio::test]
async fn a_stopped_simulator_answers_no_more_and_frees_its_address() {
    let rig = Rig::start(empty()).await;
    assert_eq!(rig.get("/api/v2/users/me").await.status, 200);
    let (address, url) = (rig.simulator.address(), rig.simulator.url());
    rig.simulator.stop().await;
    assert!(
        rig.client
            .get(format!("{url}/api/v2/users/me"))
            .send()
            .await
            .is_err()
    );
    let again = simulator::start(Config {
        listen: address,
        ..empty()
    })
    .await
    .unwrap();
    assert_eq!(again.address(), address);
}

#[tokio::test]
async fn tls_is_served_with_the_certificate_given() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let files = TlsFiles {
        cert: folder.path().join("cert.pem"),
        key: folder.path().join("key.pem"),
    };
    std::fs::write(&files.cert, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    let rig = Rig::start(Config {
        tls: Some(files.clone()),
        ..empty()
    })
    .await;
    assert!(rig.simulator.url().starts_with("https://127.0.0.1:"));
    let client = crate::rig::client_trusting(made.cert.pem().as_bytes());
    let url = format!(
        "https://localhost:{}/api/v2/tickets.json",
        rig.simulator.address().port()
    );
    let reply = client
        .get(&url)
        .basic_auth("agent@example.com/token", Some("token"))
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status().as_u16(), 200);
    std::fs::write(&files.key, "no key").unwrap();
    let error = simulator::start(Config {
        tls: Some(files),
        ..empty()
    })
    .await
    .unwrap_err()
    .to_string();
    assert!(error.contains("key.pem"), "{error}");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "latency is real time")]
async fn every_answer_waits_for_the_latency() {
    let rig = Rig::start(Config {
        latency: Duration::from_millis(60),
        ..empty()
    })
    .await;
    let began = std::time::Instant::now();
    rig.get("/api/v2/users/me").await;
    assert!(began.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn a_clock_that_is_not_still_runs_by_itself() {
    let rig = Rig::start(Config {
        still_clock: false,
        start: Some(1_000_000_000),
        ..empty()
    })
    .await;
    let now = rig.simulator.now();
    assert!((1_000_000_000..1_000_000_060).contains(&now));
    rig.simulator.advance(Duration::from_secs(3_600));
    assert!(rig.simulator.now() >= now + 3_600);
}

#[tokio::test]
async fn a_refusal_and_an_answer_without_a_body_are_not_to_be_kept() {
    let rig = Rig::start(config()).await;
    let kept = rig.get("/api/v2/tickets/1").await;
    assert_eq!(
        kept.header("cache-control"),
        "max-age=0, private, must-revalidate"
    );
    let unknown = rig.get("/api/v2/tickets/4711").await;
    assert_eq!(unknown.header("cache-control"), "no-cache");
    let deleted = rig.call(reqwest::Method::DELETE, "/api/v2/tickets/1").await;
    assert_eq!(
        (deleted.status, deleted.header("cache-control")),
        (204, "no-cache")
    );
}
