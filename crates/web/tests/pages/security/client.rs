//! A client that sends anything and never waits for long: one request a connection.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long an answer is read: a stream of events goes on as long as its run does.
const PATIENCE: Duration = Duration::from_secs(5);

/// A request to be sent as it is.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// What came back, to the letter.
pub(super) struct Reply {
    pub(super) status: u16,
    /// The lines before the body.
    pub(super) head: String,
    pub(super) body: String,
}

impl Request {
    pub(super) fn get(path: &str) -> Self {
        Self {
            method: "GET".to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// A form, as a page of ours would send it.
    pub(super) fn form(path: &str, fields: &[(String, String)]) -> Self {
        let coded: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", coded(name), coded(value)))
            .collect();
        Self {
            method: "POST".to_owned(),
            body: coded.join("&"),
            ..Self::get(path)
        }
        .with("Content-Type", "application/x-www-form-urlencoded")
        .with("Sec-Fetch-Site", "same-origin")
    }

    /// A form with files: name, file name if it is one, content.
    pub(super) fn parts(path: &str, parts: &[(&str, Option<&str>, &str)]) -> Self {
        let mut body = String::new();
        for (name, file, content) in parts {
            let file = file.map_or_else(String::new, |file| {
                let quoted = file
                    .replace('"', "%22")
                    .replace('\n', "%0A")
                    .replace('\r', "%0D");
                format!("; filename=\"{quoted}\"")
            });
            body.push_str(&format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
            ));
        }
        body.push_str("--b--\r\n");
        Self {
            method: "POST".to_owned(),
            body,
            ..Self::get(path)
        }
        .with("Content-Type", "multipart/form-data; boundary=b")
        .with("Sec-Fetch-Site", "same-origin")
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the session of somebody who is signed in.
    pub(super) fn by_person(self, session: &str) -> Self {
        self.with("Cookie", &format!("deskbridge_session={session}"))
    }

    /// With a token of the API.
    pub(super) fn by_program(self, token: &str) -> Self {
        self.with("Authorization", &format!("Bearer {token}"))
    }

    /// Sends it. What has not come after a while is left out.
    pub(super) async fn send(&self, at: SocketAddr) -> Reply {
        let headers: String = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let text = format!(
            "{} {} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{}",
            self.method,
            self.path,
            self.body.len(),
            self.body
        );
        let mut bytes = Vec::new();
        let mut stream = TcpStream::connect(at).await.unwrap();
        // Whoever is refused in the middle of a request may find the connection gone.
        drop(stream.write_all(text.as_bytes()).await);
        drop(tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let is_chunked = head
            .to_ascii_lowercase()
            .contains("\r\ntransfer-encoding: chunked");
        let body = match is_chunked {
            true => joined(body),
            false => body.to_owned(),
        };
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        Reply {
            status: status.unwrap_or(0),
            head: head.to_owned(),
            body,
        }
    }
}

/// A body that came in pieces, each behind its length (RFC 9112, 7.1), as far as it came.
fn joined(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((length, after)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length.trim(), 16).unwrap_or(0);
        let piece = after.get(..length).unwrap_or(after);
        if piece.is_empty() {
            break;
        }
        body.push_str(piece);
        rest = after.get(length + 2..).unwrap_or("");
    }
    body
}

impl Reply {
    /// A header's value, "" if it is not there.
    pub(super) fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().skip(1);
        lines
            .find_map(|line| {
                let (known, value) = line.split_once(':')?;
                known.eq_ignore_ascii_case(name).then(|| value.trim())
            })
            .unwrap_or_default()
    }

    /// Whether a browser runs nothing in it and guesses nothing about it, whatever it is.
    pub(super) fn is_guarded(&self) -> bool {
        let policy = self.header("content-security-policy");
        [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
        ]
        .iter()
        .all(|part| policy.contains(part))
            && self.header("x-content-type-options") == "nosniff"
    }

    pub(super) fn is_page(&self) -> bool {
        self.header("content-type").starts_with("text/html")
    }
}

/// A text as a form or an address carries it.
pub(super) fn coded(text: &str) -> String {
    crate::credentials::coded(text)
}
