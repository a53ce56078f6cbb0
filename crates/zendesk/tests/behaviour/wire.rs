//! Sign-in headers, repeats, redirects, broken and oversized answers, over real sockets.

use std::time::Duration;

use zendesk::{Client, Error, Fix, Position, Trouble, When};

use crate::served::{Answer, Served, api_token, client_of, loopback, manual_clock, options};

const ME: &str =
    r#"{"user":{"id":7,"name":"Ada Test","email":"ada@example.com","role":"admin","active":true}}"#;

#[tokio::test]
async fn an_api_token_is_sent_as_basic_credentials_of_email_and_token() {
    let served = Served::start([Answer::json(200, ME)]).await;
    let client = client_of(&served);
    let me = client.me().await.unwrap();
    assert_eq!((me.id, me.is_admin()), (7, true));
    assert_eq!(me.subdomain, served.address.to_string());
    let asked = served.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].path, "/api/v2/users/me");
    assert_eq!(asked[0].method, "GET");
    // base64 of agent@example.com/token:s3cret-token
    let basic = "Basic YWdlbnRAZXhhbXBsZS5jb20vdG9rZW46czNjcmV0LXRva2Vu";
    assert_eq!(asked[0].headers["authorization"], basic);
    assert!(asked[0].headers["accept-encoding"].contains("gzip"));
    assert_eq!(client.requests(), 1);
}

#[tokio::test]
async fn a_path_prefix_of_the_address_is_kept() {
    let served = Served::start([Answer::json(200, ME)]).await;
    let text = format!("http://{}/prefix/", served.address);
    let address = zendesk::Address::parse(&text, &loopback()).unwrap();
    let client = Client::new(address, api_token(), options(manual_clock())).unwrap();
    client.me().await.unwrap();
    assert_eq!(served.paths(), ["/prefix/api/v2/users/me"]);
}

#[tokio::test]
async fn a_null_id_means_not_signed_in_even_with_200() {
    let anonymous = r#"{"user":{"id":null,"name":"Anonymous user","email":"invalid@example.com"}}"#;
    let served = Served::start([Answer::json(200, anonymous)]).await;
    let error = client_of(&served).me().await.unwrap_err();
    assert!(
        matches!(error, Error::NotSignedIn { status: 200, .. }),
        "{error:?}"
    );
    assert_eq!(error.when(), When::AfterFix(Fix::SignIn));
    assert_eq!(served.asked().len(), 1, "repeating does not help");
}

#[tokio::test]
async fn a_wrong_api_token_is_not_repeated() {
    let served = Served::start([Answer::json(
        401,
        r#"{"error":"Couldn't authenticate you"}"#,
    )])
    .await;
    let error = client_of(&served).me().await.unwrap_err();
    assert!(
        matches!(error, Error::NotSignedIn { status: 401, .. }),
        "{error:?}"
    );
    assert_eq!(served.asked().len(), 1);
}

#[tokio::test]
async fn the_servers_time_is_that_of_its_last_answer() {
    let answer = Answer::json(200, ME).header("Date", "Wed, 30 Dec 2015 01:34:18 GMT");
    let served = Served::start([answer]).await;
    let client = client_of(&served);
    assert_eq!(client.server_time(), None);
    client.me().await.unwrap();
    assert_eq!(
        client.server_time().unwrap().to_string(),
        "2015-12-30T01:34:18Z"
    );
}

#[tokio::test]
async fn a_redirect_is_an_error_that_names_the_host_and_is_not_followed() {
    let elsewhere = Served::start([Answer::json(200, ME)]).await;
    let target = format!(
        "http://localhost:{}/api/v2/users/me",
        elsewhere.address.port()
    );
    let served = Served::start([Answer::json(302, "").header("Location", &target)]).await;
    let error = client_of(&served).me().await.unwrap_err();
    assert!(
        matches!(&error, Error::Redirected { to: Some(host) } if host == "localhost"),
        "{error:?}"
    );
    assert!(error.sentence().contains("localhost"));
    assert!(
        elsewhere.asked().is_empty(),
        "the sign-in went nowhere else"
    );
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_is_tried_again() {
    let served = Served::start([Answer::hangup(), Answer::hangup(), Answer::json(200, ME)]).await;
    let client = client_of(&served);
    client.me().await.unwrap();
    assert_eq!(client.requests(), 3);
}

#[tokio::test]
async fn a_truncated_body_is_tried_again() {
    let served = Served::start([Answer::json(200, ME).cut(20), Answer::json(200, ME)]).await;
    assert_eq!(client_of(&served).me().await.unwrap().id, 7);
}

#[tokio::test]
async fn a_body_whose_json_stops_in_the_middle_is_tried_again() {
    let served = Served::start([Answer::json(200, &ME[..30]), Answer::json(200, ME)]).await;
    assert_eq!(client_of(&served).me().await.unwrap().id, 7);
}

#[tokio::test]
async fn a_truncated_body_that_stays_so_ends_as_unavailable_after_four_repeats() {
    let served = Served::start([Answer::json(200, ME).cut(20)]).await;
    let client = client_of(&served);
    let error = client.me().await.unwrap_err();
    let trouble = Trouble::CutOff;
    assert!(
        matches!(error, Error::Unavailable { trouble: t, .. } if t == trouble),
        "{error:?}"
    );
    assert_eq!(error.when(), When::Later { after: None });
    assert_eq!(client.requests(), 5);
}

#[tokio::test]
async fn a_web_page_with_200_is_tried_again_and_then_named() {
    let served = Served::start([Answer::html(200)]).await;
    let client = client_of(&served);
    let error = client.me().await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::NotJson {
                what: "a web page",
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.sentence().contains("a web page"));
    assert_eq!(client.requests(), 5);
}

#[tokio::test]
async fn a_refused_connection_is_unavailable() {
    let served = Served::start([Answer::json(200, ME)]).await;
    let address = served.account();
    drop(served);
    let client = Client::new(address, api_token(), options(manual_clock())).unwrap();
    // The listener goes with its task, which ends at the next turn of the runtime.
    tokio::task::yield_now().await;
    let error = client.me().await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Unavailable {
                trouble: Trouble::Connect,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn silence_ends_at_the_timeout() {
    let served = Served::start([Answer::silence()]).await;
    let mut options = options(manual_clock());
    options.timeout = Duration::from_millis(50);
    options.retries = 1;
    let client = Client::new(served.account(), api_token(), options).unwrap();
    let error = client.me().await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Unavailable {
                trouble: Trouble::Timeout,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(client.requests(), 2);
}

#[tokio::test]
async fn server_errors_are_tried_again_with_growing_pauses() {
    let broken = Answer::html(502);
    let served = Served::start([
        broken.clone(),
        broken.clone(),
        broken,
        Answer::json(200, ME),
    ])
    .await;
    let clock = manual_clock();
    let client = Client::new(served.account(), api_token(), options(clock.clone())).unwrap();
    let before = clock::Clock::now(&clock);
    client.me().await.unwrap();
    let waited = clock::Clock::now(&clock).duration_since(before);
    assert_eq!(waited.as_millis(), 500 + 1000 + 2000);
}

#[tokio::test]
async fn server_errors_that_stay_end_as_unavailable_with_the_status() {
    let served = Served::start([Answer::json(500, "{}")]).await;
    let error = client_of(&served).me().await.unwrap_err();
    assert_eq!(error.status(), Some(500));
    assert!(matches!(
        error,
        Error::Unavailable {
            trouble: Trouble::Status(500),
            ..
        }
    ));
}

#[tokio::test]
async fn an_oversized_body_is_not_read_whether_announced_or_not() {
    for answer in [Answer::json(200, vec![b' '; 3_000_000]), Answer::endless()] {
        let served = Served::start([answer]).await;
        let mut options = options(manual_clock());
        options.max_body = 1_000_000;
        let client = Client::new(served.account(), api_token(), options).unwrap();
        let error = client.me().await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::TooLarge {
                    limit: 1_000_000,
                    ..
                }
            ),
            "{error:?}"
        );
        assert_eq!(client.requests(), 1);
    }
}

#[tokio::test]
async fn a_refused_cursor_is_told_apart_from_a_refused_start() {
    let refusal = Answer::json(
        422,
        r#"{"error":"InvalidValue","description":"Invalid cursor"}"#,
    );
    let served = Served::start([refusal]).await;
    let client = client_of(&served);
    let cursor = Position::Cursor("bm9uc2Vuc2U=".into());
    let error = client.incremental_users(&cursor, 1000).await.unwrap_err();
    assert!(matches!(error, Error::CursorRefused { .. }), "{error:?}");
    assert_eq!(error.when(), When::AfterFix(Fix::Position));
    let error = client
        .incremental_users(&Position::Start(0), 1000)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn exports_ask_for_their_position_and_page_size() {
    let page = r#"{"tickets":[],"after_url":null,"after_cursor":"abc=","end_of_stream":true}"#;
    let served = Served::start([Answer::json(200, page)]).await;
    let client = client_of(&served);
    let first = client
        .incremental_tickets(&Position::Start(0), 5000)
        .await
        .unwrap();
    let next = first.next.unwrap();
    assert_eq!(next, Position::Cursor("abc=".into()));
    client.incremental_tickets(&next, 0).await.unwrap();
    assert_eq!(
        served.paths(),
        [
            "/api/v2/incremental/tickets/cursor?start_time=0&per_page=1000",
            "/api/v2/incremental/tickets/cursor?cursor=abc%3D&per_page=1",
        ]
    );
}

#[tokio::test]
async fn an_export_that_stands_still_is_an_error_and_not_an_endless_loop() {
    let page = r#"{"tickets":[{"id":1}],"after_cursor":"abc=","end_of_stream":false}"#;
    let served = Served::start([Answer::json(200, page)]).await;
    let cursor = Position::Cursor("abc=".into());
    let error = client_of(&served)
        .incremental_tickets(&cursor, 1000)
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::Endless { .. }), "{error:?}");
}

#[tokio::test]
async fn an_export_without_its_records_is_an_error_and_not_an_empty_page() {
    for body in [
        "{}",
        r#"{"end_of_stream":true,"after_cursor":"x"}"#,
        r#"{"tickets":null,"end_of_stream":true}"#,
    ] {
        let served = Served::start([Answer::json(200, body)]).await;
        let read = client_of(&served)
            .incremental_tickets(&Position::Start(0), 1000)
            .await;
        assert!(matches!(read, Err(Error::WrongShape { .. })), "{body}");
    }
}

#[tokio::test]
async fn nothing_that_is_secret_or_personal_shows_in_debug_or_errors() {
    let body = r#"{"error":"RecordInvalid","description":"Record validation errors","details":{"email":[{"description":"Email: canary@example.com is already being used","error":"DuplicateValue"}]}}"#;
    let served = Served::start([Answer::json(422, body)]).await;
    let client = client_of(&served);
    let error = client.me().await.unwrap_err();
    let me = r#"{"user":{"id":7,"name":"canary","email":"canary@example.com"}}"#;
    let other = Served::start([Answer::json(200, me)]).await;
    let me = client_of(&other).me().await.unwrap();
    let seen = format!("{client:?} {:?} {error:?} {error} {me:?}", api_token());
    for secret in ["s3cret-token", "canary", "czNjcmV0", "agent@example.com"] {
        assert!(!seen.contains(secret), "{secret} in {seen}");
    }
    assert!(
        error
            .refusal()
            .unwrap()
            .text()
            .contains("canary@example.com")
    );
}

/// Bytes from their hex digits.
fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[tokio::test]
async fn a_packed_answer_is_unpacked() {
    // {"user":{"id":7}}
    let packed =
        bytes("1f8b08000000000002ffab562a2d4e2d52b2aa56ca4c51b232afad050065346fa411000000");
    let served =
        Served::start([Answer::json(200, packed).header("Content-Encoding", "gzip")]).await;
    assert_eq!(client_of(&served).me().await.unwrap().id, 7);
}

#[tokio::test]
async fn a_packed_answer_that_is_cut_off_is_tried_again() {
    let packed =
        bytes("1f8b08000000000002ffab562a2d4e2d52b2aa56ca4c51b232afad050065346fa411000000");
    let cut = Answer::json(200, &packed[..20]).header("Content-Encoding", "gzip");
    let served = Served::start([cut, Answer::json(200, ME)]).await;
    let client = client_of(&served);
    client.me().await.unwrap();
    assert_eq!(client.requests(), 2);
}

#[tokio::test]
async fn a_small_answer_that_unpacks_to_a_huge_one_is_not_read() {
    // 100,000 blanks.
    let packed = bytes(
        "1f8b08000000000002ffedc13101000000c2a02aeb9fd21a1e4001000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000af062df079caa0860100",
    );
    assert!(packed.len() < 300);
    let served =
        Served::start([Answer::json(200, packed).header("Content-Encoding", "gzip")]).await;
    let mut options = options(manual_clock());
    options.max_body = 50_000;
    let client = Client::new(served.account(), api_token(), options).unwrap();
    let error = client.me().await.unwrap_err();
    assert!(
        matches!(error, Error::TooLarge { limit: 50_000, .. }),
        "{error:?}"
    );
}

/// Serves TLS with a certificate that no authority knows, until the test ends.
fn untrusted_server() -> std::net::SocketAddr {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let config = std::sync::Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut tls = rustls::ServerConnection::new(config.clone()).unwrap();
            // The client leaves in the middle, which is what the test is about.
            drop(tls.complete_io(&mut stream));
        }
    });
    address
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_once_with_what_to_do() {
    let text = format!("https://localhost:{}", untrusted_server().port());
    let address = zendesk::Address::parse(&text, &loopback()).unwrap();
    let client = Client::new(address, api_token(), options(manual_clock())).unwrap();
    let error = client.me().await.unwrap_err();
    assert!(
        matches!(&error, Error::Certificate { host } if host == "localhost"),
        "{error:?}"
    );
    assert_eq!(error.when(), When::AfterFix(Fix::Certificate));
    assert_eq!(client.requests(), 1);
}
