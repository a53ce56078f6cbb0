//! A web server that takes one request and gives the answer it was told to.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) struct Receiver {
    pub(crate) port: u16,
    talk: JoinHandle<Request>,
}

/// What came in.
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Receiver {
    /// The request that came in.
    pub(crate) async fn heard(self) -> Request {
        self.talk.await.unwrap()
    }

    /// Whether anybody called.
    pub(crate) fn was_called(&self) -> bool {
        self.talk.is_finished()
    }
}

impl Request {
    /// The value of a header by its name in small letters.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .unwrap_or_default()
    }
}

/// A receiver that answers with this status and these headers.
pub(crate) async fn start(status: &str, headers: &[&str]) -> Receiver {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let answer =
        format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n{lines}\r\n");
    let talk = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        loop {
            let mut piece = [0; 4096];
            let read = socket.read(&mut piece).await.unwrap();
            bytes.extend_from_slice(&piece[..read]);
            let text = String::from_utf8_lossy(&bytes);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let mut request = Request {
                head: head.to_owned(),
                body: body.as_bytes().to_vec(),
            };
            let length: usize = request.header("content-length").parse().unwrap_or(0);
            if request.body.len() < length {
                continue;
            }
            socket.write_all(answer.as_bytes()).await.unwrap();
            socket.shutdown().await.unwrap();
            request.body.truncate(length);
            return request;
        }
    });
    Receiver { port, talk }
}
