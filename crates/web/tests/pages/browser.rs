//! A browser of few words: one request a connection, cookies kept, everything in sight.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Whoever looks at the pages.
pub(crate) struct Browser {
    address: SocketAddr,
    cookie: Option<String>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// A header's value, "" if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// Whether the page holds this.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    /// Whether the page holds a script that is none of our files.
    pub(crate) fn has_foreign_script(&self) -> bool {
        let ours = r#"<script src="/assets/"#;
        self.body.matches("<script").count() != self.body.matches(ours).count()
    }

    /// The page as a person reads it: without marks, blanks single.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut in_mark = false;
        for c in self.body.chars() {
            match c {
                '<' => in_mark = true,
                '>' => {
                    in_mark = false;
                    text.push(' ');
                }
                c if !in_mark => text.push(c),
                _ => {}
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Browser {
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self {
            address,
            cookie: None,
        }
    }

    /// The session token it keeps.
    pub(crate) fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// Puts a session token in by hand.
    pub(crate) fn set_cookie(&mut self, token: &str) {
        self.cookie = Some(token.to_owned());
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// Sends a form from one of our own pages.
    pub(crate) async fn post(&mut self, path: &str, form: &str) -> Answer {
        let origin = format!("http://{}", self.address);
        self.post_from(&origin, path, form).await
    }

    /// Sends a form from a page of `origin`.
    pub(crate) async fn post_from(&mut self, origin: &str, path: &str, form: &str) -> Answer {
        let headers = [
            ("Origin", origin),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        self.send("POST", path, &headers, form).await
    }

    /// Says something on a case, as its page would send it where no file is chosen; `public` is "" without
    /// the tick.
    pub(crate) async fn comment(&mut self, case: i64, text: &str, public: &str) -> Answer {
        let part = "--b\r\nContent-Disposition: form-data; name=";
        let tick = match public {
            "" => String::new(),
            word => format!("{part}\"public\"\r\n\r\n{word}\r\n"),
        };
        let body = format!(
            "{part}\"text\"\r\n\r\n{text}\r\n{tick}{part}\"file\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--b--\r\n"
        );
        let origin = format!("http://{}", self.address);
        let headers = [
            ("Origin", origin.as_str()),
            ("Content-Type", "multipart/form-data; boundary=b"),
        ];
        let path = format!("/cases/{case}/comments");
        self.send("POST", &path, &headers, &body).await
    }

    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let form = format!("email={email}&password={password}");
        self.post("/login", &form).await
    }

    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(token) = &self.cookie {
            request.push_str(&format!("Cookie: deskbridge_session={token}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(body);
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        // What is compressed is no text, and only its head is looked at.
        let answer = read(&String::from_utf8_lossy(&bytes));
        let cookie = answer.header("set-cookie");
        if let Some(rest) = cookie.strip_prefix("deskbridge_session=") {
            let token = rest.split(';').next().unwrap();
            self.cookie = (!token.is_empty()).then(|| token.to_owned());
        }
        answer
    }
}

fn read(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    Answer {
        status: status.parse().unwrap(),
        headers: lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        body: body.to_owned(),
    }
}
