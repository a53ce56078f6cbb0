//! A site whose files may be small only, and a client that sends and reads bytes.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clock::{Clock as _, Dice as _, SeededDice, SystemClock};
use engine::attachments::Limits;
use serde_json::Value;
use store::users::UserRole;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use web::Options;

use crate::house::House;

/// The largest file here, in bytes: more than a piece.
pub(crate) const LARGEST: u64 = 300_000;
pub(crate) const PAGE: &str = "/cases/1/comments";
pub(crate) const CALL: &str = "/api/v1/cases/1/comments/upload";

/// A part of a form: name, file name if it is a file, content.
pub(crate) type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

/// A house with a case, whose files may have [`LARGEST`] bytes and come by a folder that is looked at.
pub(crate) struct Desk {
    pub(crate) house: House,
    pub(crate) at: SocketAddr,
    pub(crate) folder: TempDir,
    pub(crate) cookie: String,
    pub(crate) token: String,
}

/// What came back, to the byte.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn location(&self) -> &str {
        let mut lines = self.head.lines();
        lines
            .find_map(|line| line.strip_prefix("location: "))
            .unwrap_or_default()
    }

    /// The code of a problem, and the field it is about.
    pub(crate) fn problem(&self) -> (u16, String, String) {
        let body = self.json();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (
            self.status,
            word(&body["code"]),
            word(&body["errors"][0]["field"]),
        )
    }
}

pub(crate) fn is(status: u16, code: &str, field: &str) -> (u16, String, String) {
    (status, code.to_owned(), field.to_owned())
}

/// So many bytes without a pattern, the same each time.
pub(crate) fn bytes(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    SeededDice::new(count as u64).fill(&mut bytes);
    bytes
}

/// The body of a form.
pub(crate) fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    body
}

impl Desk {
    pub(crate) async fn of(house: House) -> Self {
        house.case(1, "Printer").await;
        let folder = tempfile::tempdir().unwrap();
        let mut engine = house.engine.clone();
        let settings = Arc::make_mut(&mut engine.settings);
        settings.files = Limits { largest: LARGEST };
        settings.sources.scratch = folder.path().to_owned();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let app = web::app(engine, Options::new(None, "1.2.3").unwrap());
        tokio::spawn(web::serve(listener, app, std::future::pending()));
        let cookie = house.browser_of(UserRole::Agent).await;
        let cookie = cookie.cookie().unwrap().to_owned();
        let scopes = ["cases:read", "cases:write"];
        let token = house.token_of(UserRole::Agent, &scopes).await;
        Self {
            house,
            at,
            folder,
            cookie,
            token,
        }
    }

    /// The lines before a body of `length` bytes, from a page of ours and by a program alike.
    pub(crate) fn head(&self, path: &str, length: usize, more: &str) -> String {
        let at = self.at;
        format!(
            "POST {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\nContent-Length: {length}\r\n\
             Content-Type: multipart/form-data; boundary=b\r\nOrigin: http://{at}\r\n\
             Cookie: deskbridge_session={}\r\nAuthorization: Bearer {}\r\n{more}\r\n",
            self.cookie, self.token
        )
    }

    pub(crate) async fn ask(&self, head: &str, body: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        // Whoever is refused in the middle of a request may find the connection gone.
        drop(stream.write_all(body).await);
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let body = answer.split_off(end.unwrap() + 4);
        let head = String::from_utf8(answer).unwrap();
        Reply {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head,
            body,
        }
    }

    pub(crate) async fn send(&self, path: &str, parts: &[Part<'_>]) -> Reply {
        let body = form(parts);
        self.ask(&self.head(path, body.len(), ""), &body).await
    }

    pub(crate) async fn send_under(&self, key: &str, parts: &[Part<'_>]) -> Reply {
        let body = form(parts);
        let key = format!("Idempotency-Key: {key}\r\n");
        self.ask(&self.head(CALL, body.len(), &key), &body).await
    }

    /// Reads a page, or what a program is told.
    pub(crate) async fn read(&self, path: &str) -> Reply {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
             Cookie: deskbridge_session={}\r\nAuthorization: Bearer {}\r\n\r\n",
            self.at, self.cookie, self.token
        );
        self.ask(&head, b"").await
    }

    /// The comments of the case, as a program is told them.
    pub(crate) async fn comments(&self) -> Vec<Value> {
        let page = self.read("/api/v1/cases/1/comments").await.json();
        page["items"].as_array().unwrap().clone()
    }

    /// The names and bytes of a comment's files, by name.
    pub(crate) async fn files(&self, comment: &Value) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        for file in comment["files"].as_array().unwrap() {
            let path = format!("/attachments/{}", file["id"].as_str().unwrap());
            let saved = self.read(&path).await;
            assert_eq!(saved.status, 200, "{}", saved.text());
            found.push((file["name"].as_str().unwrap().to_owned(), saved.body));
        }
        found.sort();
        found
    }

    pub(crate) async fn dump(&self) -> String {
        let mut reader = self.house.engine.store.read().await.unwrap();
        store::dump::read(&mut reader).await.unwrap()
    }

    /// How many files are being kept aside: they have no names, but whoever holds one has it open.
    pub(crate) fn kept_aside(&self) -> usize {
        held_in(self.folder.path())
    }

    pub(crate) async fn until_kept_aside(&self, count: usize) {
        for _ in 0..500 {
            if self.kept_aside() == count {
                return;
            }
            SystemClock.sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(self.kept_aside(), count, "files are kept aside");
    }
}

fn held_in(folder: &Path) -> usize {
    let named = std::fs::read_dir(folder).unwrap().count();
    let Ok(open) = std::fs::read_dir("/proc/self/fd") else {
        return named;
    };
    let open = open.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    named + open.filter(|file| file.starts_with(folder)).count()
}
