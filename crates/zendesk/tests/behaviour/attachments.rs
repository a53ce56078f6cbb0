//! Files up and down over real sockets.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::stream;
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use zendesk::{Address, Client, Downloaded, Error, FileContent};

use crate::served::{Answer, Asked, Served, api_token, client_of, loopback, manual_clock, options};

const PIECE: usize = 64 * 1024;

fn uploaded(size: usize) -> Answer {
    let body = format!(
        r#"{{"upload":{{"token":"t0ken","expires_at":"2026-11-25T12:00:00Z","attachments":[],
        "attachment":{{"id":24667021,"file_name":"a b.gif","content_url":"https://x/attachments/token/abc/","content_type":"image/gif","size":{size},"inline":false}}}}}}"#
    );
    Answer::json(201, body)
}

/// Bytes without a pattern that a lost or doubled piece could hide in.
fn bytes(count: usize) -> Vec<u8> {
    let seed = Sha256::digest(b"seed");
    (0..count)
        .map(|at| seed[at % 31] ^ u8::try_from(at / 251 % 256).unwrap())
        .collect()
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

async fn fetch(client: &Client, link: &str, limit: u64) -> (Vec<u8>, Result<Downloaded, Error>) {
    let mut got = Vec::new();
    let found = client
        .download(link, limit, &mut |piece| {
            got.extend_from_slice(piece);
            Ok(())
        })
        .await;
    (got, found)
}

fn link(served: &Served) -> String {
    format!(
        "http://{}/attachments/token/abc/?name=a.gif",
        served.address
    )
}

/// A host that keeps the file, and an account that redirects there.
async fn kept(answer: Answer) -> (Served, Served) {
    let keeper = Served::start([answer]).await;
    let target = format!("http://{}/attachment/1/abc?token=jwt", keeper.address);
    let html = Answer::new(302, "text/html", "<html>redirected</html>").header("Location", &target);
    (Served::start([html]).await, keeper)
}

#[tokio::test]
async fn a_file_is_uploaded_byte_by_byte_with_its_name_type_and_length() {
    let content = bytes(3 * PIECE + 17);
    let served = Served::start([uploaded(content.len())]).await;
    let file = FileContent::of_bytes(content.clone());
    let upload = client_of(&served)
        .upload("a b&c.gif", "image/gif", &file)
        .await
        .unwrap();
    assert_eq!(upload.token, "t0ken");
    assert_eq!(upload.attachment.id, 24_667_021);
    assert!(!format!("{upload:?}").contains("t0ken"));
    let asked = &served.asked()[0];
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("POST", "/api/v2/uploads?filename=a+b%26c.gif")
    );
    assert_eq!(asked.headers["content-type"], "image/gif");
    assert_eq!(asked.headers["content-length"], content.len().to_string());
    assert_eq!(hash(&asked.bytes), hash(&content));
}

#[tokio::test]
async fn a_file_on_disk_is_uploaded_and_an_empty_one_too() {
    let folder = tempfile::tempdir().unwrap();
    for size in [0, 1, PIECE, 2 * PIECE + 5] {
        let path = folder.path().join(format!("file-{size}"));
        std::fs::write(&path, bytes(size)).unwrap();
        let served = Served::start([uploaded(size)]).await;
        let file = FileContent::of_file(&path, u64::try_from(size).unwrap());
        client_of(&served)
            .upload("f", "text/plain", &file)
            .await
            .unwrap();
        assert_eq!(served.asked()[0].bytes, bytes(size));
    }
}

#[tokio::test]
async fn a_media_type_that_cannot_be_sent_becomes_that_of_any_bytes() {
    for odd in ["", "image/gif\r\nX-Evil: 1", "\u{7f}"] {
        let served = Served::start([uploaded(3)]).await;
        let file = FileContent::of_bytes(*b"abc");
        client_of(&served).upload("f", odd, &file).await.unwrap();
        let headers = &served.asked()[0].headers;
        assert_eq!(headers["content-type"], "application/octet-stream");
        assert_eq!(headers.get("x-evil"), None);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_or_has_changed_its_length_is_our_own_trouble() {
    let none = FileContent::of_file("/nonexistent/file", 10);
    let short = FileContent::of_stream(10, || stream::iter([Ok(vec![1; 4])]));
    let long = FileContent::of_stream(10, || stream::iter([Ok(vec![1; 4]), Ok(vec![1; 40])]));
    let broken = FileContent::of_stream(10, || {
        stream::iter([Ok(vec![1; 4]), Err(io::Error::from(io::ErrorKind::Other))])
    });
    for (file, words) in [
        (none, "could not be read"),
        (short, "shorter"),
        (long, "longer"),
        (broken, "could not be read"),
    ] {
        let served = Served::start([uploaded(10)]).await;
        let error = client_of(&served)
            .upload("f", "text/plain", &file)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Store(_)), "{error:?}");
        assert!(error.sentence().contains(words), "{error}");
    }
}

#[tokio::test]
async fn an_upload_of_another_size_in_zendesk_is_no_success() {
    let served = Served::start([uploaded(9)]).await;
    let file = FileContent::of_bytes(bytes(10));
    let error = client_of(&served)
        .upload("f", "text/plain", &file)
        .await
        .unwrap_err();
    assert!(error.is_outcome_unknown(), "{error:?}");
}

/// A slow receiver holds the reading back, so that no more than some pieces are in memory.
#[tokio::test]
async fn a_large_upload_is_never_whole_in_memory() {
    const PIECES: usize = 800;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let taken = Arc::new(AtomicUsize::new(0));
    let count = taken.clone();
    let length = u64::try_from(PIECES * PIECE).unwrap();
    let file = FileContent::of_stream(length, move || {
        let count = count.clone();
        stream::iter((0..PIECES).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(vec![0; PIECE])
        }))
    });
    let address = Address::parse(&address, &loopback()).unwrap();
    let client = Client::new(address, api_token(), options(manual_clock())).unwrap();
    let receiver = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 1024];
        stream.read_exact(&mut head).await.unwrap();
        // Nothing more is read, and the connection stays open.
        std::future::pending::<()>().await;
    });
    let upload = client.upload("f", "text/plain", &file);
    let ended = tokio::time::timeout(Duration::from_millis(300), upload).await;
    assert!(ended.is_err(), "it waits for its receiver");
    receiver.abort();
    let taken = taken.load(Ordering::Relaxed);
    assert!(
        (1..PIECES / 2).contains(&taken),
        "{taken} of {PIECES} pieces were read"
    );
}

#[tokio::test]
async fn a_download_follows_one_redirect_without_our_sign_in() {
    let content = bytes(300_000);
    let (account, keeper) = kept(Answer::new(200, "image/gif", content.clone())).await;
    let client = client_of(&account);
    let (got, found) = fetch(&client, &link(&account), 1_000_000).await;
    let found = found.unwrap();
    assert_eq!(got, content);
    assert_eq!((found.bytes, found.sha256), (300_000, hash(&content)));
    assert_eq!(found.sha256_hex().len(), 64);
    let asked = account.asked();
    assert!(asked[0].headers["authorization"].starts_with("Basic "));
    assert_eq!(asked[0].path, "/attachments/token/abc/?name=a.gif");
    let asked = keeper.asked();
    assert_eq!(asked[0].path, "/attachment/1/abc?token=jwt");
    for header in ["authorization", "cookie", "referer"] {
        assert_eq!(asked[0].headers.get(header), None);
    }
    assert_eq!(asked[0].headers["accept-encoding"], "identity");
    assert_eq!(client.requests(), 2);
}

#[tokio::test]
async fn a_download_without_a_redirect_is_taken_as_it_comes() {
    let served = Served::start([Answer::new(200, "text/plain", "hello")]).await;
    let (got, found) = fetch(&client_of(&served), &link(&served), 5).await;
    assert_eq!(got, b"hello");
    let hex = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert_eq!(found.unwrap().sha256_hex(), hex);
}

#[tokio::test]
async fn a_second_redirect_is_not_followed() {
    let third = Served::start([Answer::text(200, "secret")]).await;
    let target = format!("http://{}/", third.address);
    let (account, keeper) = kept(Answer::text(302, "").header("Location", &target)).await;
    let (got, found) = fetch(&client_of(&account), &link(&account), 100).await;
    assert!(matches!(found, Err(Error::Redirected { .. })), "{found:?}");
    assert!(got.is_empty());
    assert_eq!(keeper.asked().len(), 1);
    assert_eq!(third.asked().len(), 0);
}

#[tokio::test]
async fn a_redirect_to_any_other_host_is_not_followed() {
    for target in [
        "https://evil.example.com/",
        "http://p18.zdusercontent.com/",
        "https://169.254.169.254/",
        "http://10.0.0.1/",
        "/access/login?x=\u{7f}",
    ] {
        let answer = Answer::text(302, "").header("Location", target);
        let served = Served::start([answer]).await;
        let client = client_of(&served);
        let (_, found) = fetch(&client, &link(&served), 100).await;
        assert!(found.is_err(), "{target}");
        assert_eq!(client.requests(), 1, "{target}");
    }
}

#[tokio::test]
async fn a_link_to_another_host_is_never_called() {
    let served = Served::start([Answer::text(200, "x")]).await;
    let elsewhere = Served::start([Answer::text(200, "x")]).await;
    let client = client_of(&served);
    let (_, found) = fetch(&client, &link(&elsewhere), 100).await;
    assert!(matches!(found, Err(Error::Address(_))), "{found:?}");
    assert_eq!(elsewhere.asked().len() + served.asked().len(), 0);
}

#[tokio::test]
async fn a_file_over_the_limit_is_not_read_whether_announced_or_not() {
    for (answer, most) in [
        (Answer::text(200, "123456"), 0),
        (Answer::endless(), 0),
        (Answer::unannounced(), 100_000),
    ] {
        let (account, _keeper) = kept(answer).await;
        let limit = if most == 0 { 5 } else { most };
        let (got, found) = fetch(&client_of(&account), &link(&account), limit).await;
        assert!(matches!(found, Err(Error::TooLarge { .. })), "{found:?}");
        assert!(u64::try_from(got.len()).unwrap() <= most);
    }
}

#[tokio::test]
async fn a_file_that_stops_in_the_middle_is_no_file() {
    let (account, _keeper) = kept(Answer::text(200, "123456").cut(3)).await;
    let (_, found) = fetch(&client_of(&account), &link(&account), 100).await;
    assert!(matches!(found, Err(Error::Unavailable { .. })), "{found:?}");
}

#[tokio::test]
async fn a_sink_that_fails_ends_the_download() {
    let (account, _keeper) = kept(Answer::text(200, "123456")).await;
    let client = client_of(&account);
    let mut full = |_: &[u8]| Err(io::Error::from(io::ErrorKind::StorageFull));
    let error = client
        .download(&link(&account), 100, &mut full)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Store(_)), "{error:?}");
}

#[tokio::test]
async fn a_file_that_is_gone_and_one_that_is_forbidden_are_told_apart_from_a_lost_sign_in() {
    let gone = Answer::json(
        404,
        r#"{"error":"RecordNotFound","description":"Not found"}"#,
    );
    let served = Served::start([gone]).await;
    let (_, found) = fetch(&client_of(&served), &link(&served), 100).await;
    assert!(found.unwrap_err().is_not_found());
    for status in [401, 403] {
        let (account, _keeper) = kept(Answer::text(status, "expired")).await;
        let (_, found) = fetch(&client_of(&account), &link(&account), 100).await;
        assert!(matches!(found, Err(Error::Refused { .. })), "{found:?}");
    }
    let (account, _keeper) = kept(Answer::html(503)).await;
    let (_, found) = fetch(&client_of(&account), &link(&account), 100).await;
    assert!(matches!(found, Err(Error::Unavailable { .. })), "{found:?}");
}

#[tokio::test]
async fn a_download_counts_on_the_limits_of_the_account() {
    let served = Served::by(|asked: &Asked| {
        assert!(asked.path.starts_with("/attachments/"));
        Answer::text(429, "Number of allowed API requests per minute exceeded")
            .header("Retry-After", "30")
    })
    .await;
    let client = client_of(&served).impatient(Duration::from_secs(1));
    for _ in 0..2 {
        let (_, found) = fetch(&client, &link(&served), 100).await;
        assert!(matches!(found, Err(Error::Limited { .. })), "{found:?}");
    }
    assert_eq!(served.asked().len(), 1);
}
