//! Paths, uploads and object stores.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;

use audience::{
    Allowed, BucketKey, BucketSource, Class, Error, FileSource, Form, Limits, Source, Spool,
    UploadSource, fingerprint,
};
use futures_util::stream;
use secrecy::SecretString;

use crate::table::read;

fn file(path: PathBuf, allowed: Allowed) -> Source {
    Source::File(FileSource {
        path,
        allowed,
        form: Form::default(),
    })
}

#[tokio::test]
async fn a_path_outside_the_import_folders_is_refused_and_a_missing_file_is_missing() {
    let home = tempfile::tempdir().unwrap();
    let imports = home.path().join("imports");
    std::fs::create_dir(&imports).unwrap();
    std::fs::write(imports.join("in.csv"), "a,b\n1,2\n").unwrap();
    std::fs::write(home.path().join("out.csv"), "a,b\n1,2\n").unwrap();
    let under = Allowed::Under(vec![imports.clone()]);
    let limits = Limits::default();
    let inside = read(file(imports.join("in.csv"), under.clone()), &limits).await;
    assert_eq!(inside.unwrap().shown(), ["1|2"]);
    let outside = read(file(home.path().join("out.csv"), under.clone()), &limits).await;
    assert_eq!(
        outside.unwrap_err().to_string(),
        "out.csv is not read: it does not lie under one of the import folders. Move the file there, or have its folder added to the import folders in the configuration."
    );
    let gone = read(file(imports.join("gone.csv"), under), &limits)
        .await
        .unwrap_err();
    assert_eq!(gone.class(), Class::Missing);
    let anywhere = read(
        file(home.path().join("out.csv"), Allowed::Anywhere),
        &limits,
    )
    .await;
    assert!(anywhere.is_ok());
}

#[tokio::test]
async fn a_fingerprint_changes_with_the_file_and_is_that_of_a_whole_reading() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("people.csv");
    let limits = Limits::default();
    std::fs::write(&path, "a,b\n1,2\n").unwrap();
    let source = || file(path.clone(), Allowed::Anywhere);
    let first = fingerprint(&source(), &limits).await.unwrap();
    let table = read(source(), &limits).await.unwrap();
    assert_eq!(table.reader.fingerprint(), first);
    assert!(first.is_some());
    std::fs::write(&path, "a,b\n1,3\n").unwrap();
    assert_ne!(fingerprint(&source(), &limits).await.unwrap(), first);
}

#[tokio::test]
async fn a_folder_a_pipe_and_a_device_are_refused_and_not_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let pipe = home.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    let mut paths = vec![home.path().to_owned(), PathBuf::from("/dev/zero")];
    if made.is_ok_and(|status| status.success()) {
        paths.push(pipe);
    }
    for path in paths {
        let error = read(file(path.clone(), Allowed::Anywhere), &Limits::default())
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{path:?}: {error}");
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_no_upload() {
    let limits = Limits {
        silence: std::time::Duration::from_millis(50),
        ..Limits::default()
    };
    let spool = || Spool::new("people.csv", &std::env::temp_dir(), &limits).unwrap();
    let pieces = || {
        [
            Ok(bytes::Bytes::from_static(b"a,b\n")),
            Err("connection reset"),
        ]
    };
    let error = spool().take(stream::iter(pieces())).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it stopped coming (connection reset)"),
        "{error}"
    );
    let silent = spool()
        .take(stream::pending::<Result<bytes::Bytes, String>>())
        .await;
    assert_eq!(silent.unwrap_err().class(), Class::Unavailable);
}

#[tokio::test]
async fn an_upload_can_be_read_twice_at_the_same_time() {
    let spooled = crate::table::spool("people.csv", b"a,b\n1,2\n").await;
    let source = || {
        Source::Upload(UploadSource {
            spooled: spooled.clone(),
            form: Form::default(),
        })
    };
    let limits = Limits::default();
    let (one, other) = tokio::join!(read(source(), &limits), read(source(), &limits));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.shown(), other.shown());
    assert_eq!(one.reader.fingerprint(), Some(spooled.fingerprint()));
}

/// A store that answers each request with the next of `answers`, and tells what it was asked.
fn store(answers: Vec<&'static str>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = String::new();
            for line in BufReader::new(&stream).lines() {
                let line = line.unwrap();
                if line.is_empty() {
                    break;
                }
                request.push_str(&line);
                request.push('\n');
            }
            asked.push(request);
            stream.write_all(answer.as_bytes()).unwrap();
        }
        asked
    });
    (address, serving)
}

fn bucket(endpoint: &str) -> BucketSource {
    BucketSource {
        endpoint: Some(endpoint.to_owned()),
        allow_plain_http: true,
        region: "us-east-1".to_owned(),
        bucket: "exports".to_owned(),
        key: "daily/people.csv".to_owned(),
        access: BucketKey::Secret {
            id: SecretString::from("AKID"),
            secret: SecretString::from("hunter2"),
            session: None,
        },
        folder: std::env::temp_dir(),
        form: Form::default(),
    }
}

const OBJECT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nETag: \"1\"\r\nLast-Modified: Sun, 22 Nov 2026 07:38:00 GMT\r\nConnection: close\r\n\r\na,b\n1,2\n";

#[tokio::test]
async fn an_object_is_fetched_with_a_signature_and_without_the_secret() {
    let (address, serving) = store(vec![OBJECT]);
    let source = bucket(&address);
    assert!(!format!("{source:?}").contains("hunter2"));
    let table = read(Source::Bucket(source), &Limits::default())
        .await
        .unwrap();
    assert_eq!(table.shown(), ["1|2"]);
    assert_eq!(table.reader.name(), "people.csv");
    let asked = serving.join().unwrap().concat();
    assert!(
        asked.starts_with("GET /exports/daily/people.csv HTTP/1.1"),
        "{asked}"
    );
    assert!(
        asked.contains("AWS4-HMAC-SHA256 Credential=AKID/"),
        "{asked}"
    );
    assert!(!asked.contains("hunter2"));
}

#[tokio::test]
async fn a_store_that_says_no_or_sends_elsewhere_ends_in_a_sentence() {
    for (answer, class) in [
        (
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            Class::Missing,
        ),
        (
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            Class::Refused,
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/secret\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            Class::Unavailable,
        ),
    ] {
        let (address, serving) = store(vec![answer]);
        let limits = Limits {
            silence: std::time::Duration::from_secs(5),
            ..Limits::default()
        };
        let error = read(Source::Bucket(bucket(&address)), &limits)
            .await
            .unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        assert!(!error.to_string().contains("hunter2"));
        serving.join().unwrap();
    }
}

#[tokio::test]
async fn an_object_that_is_too_large_is_not_fetched() {
    let (address, serving) = store(vec![
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nETag: \"1\"\r\nLast-Modified: Sun, 22 Nov 2026 07:38:00 GMT\r\nConnection: close\r\n\r\na,b\n",
    ]);
    let error = read(Source::Bucket(bucket(&address)), &Limits::default())
        .await
        .unwrap_err();
    assert_eq!(error.class(), Class::TooMuch);
    serving.join().unwrap();
}

#[tokio::test]
async fn addresses_that_must_not_be_called_are_not() {
    for endpoint in [
        "http://169.254.169.254/latest",
        "https://[fe80::1]/",
        "https://[fd00:ec2::254]/",
        "https://[::ffff:169.254.169.254]/",
        "http://metadata.google.internal",
        "ftp://store.example.com",
        "https://key:hunter2@store.example.com",
        "no address",
    ] {
        let error = read(Source::Bucket(bucket(endpoint)), &Limits::default())
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::Refused { .. }),
            "{endpoint}: {error}"
        );
        assert!(!error.to_string().contains("hunter2"));
    }
    let plain = BucketSource {
        allow_plain_http: false,
        ..bucket("http://store.example.com")
    };
    let error = read(Source::Bucket(plain), &Limits::default())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("without TLS"), "{error}");
}
