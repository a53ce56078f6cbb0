//! The other side of an outgoing webhook: it keeps what it gets, and answers as it was told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// The longest that a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) text: String,
}

impl Request {
    /// The id that tells one event from another.
    pub(crate) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub(crate) fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

#[derive(Default)]
struct Told {
    came: Vec<Request>,
    /// How the next ones are answered; then with 204 again.
    answers: VecDeque<&'static str>,
    hangs: bool,
}

/// A receiver at a port of its own.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) port: u16,
    told: Arc<Mutex<Told>>,
    came: Arc<Notify>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            port: listener.local_addr().unwrap().port(),
            told: Arc::default(),
            came: Arc::default(),
        };
        let own = receiver.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(take(socket, own.clone()));
            }
        });
        receiver
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next requests are answered so: a status line, and headers behind `\r\n`.
    pub(crate) fn answer(&self, answers: &[&'static str]) {
        self.lock().answers.extend(answers);
    }

    /// From now on it takes requests and never answers.
    pub(crate) fn hang(&self) {
        self.lock().hangs = true;
    }

    /// Everything that came, taken or not.
    pub(crate) fn all(&self) -> Vec<Request> {
        self.lock().came.clone()
    }

    /// The ids of what came, each where it came first.
    pub(crate) fn ids(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for request in self.all() {
            if !ids.contains(&request.id().to_owned()) {
                ids.push(request.id().to_owned());
            }
        }
        ids
    }

    /// Waits until so many requests have come.
    pub(crate) async fn heard(&self, many: usize) {
        let waiting = async {
            loop {
                let more = self.came.notified();
                if self.all().len() >= many {
                    return;
                }
                more.await;
            }
        };
        let ended = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(ended.is_ok(), "only {} of {many} came", self.all().len());
    }

    /// Keeps what came. Returns how it is answered, if it is.
    fn keep(&self, request: Request) -> Option<String> {
        let answer = {
            let mut told = self.lock();
            told.came.push(request);
            let next = told.answers.pop_front().unwrap_or("204 No Content");
            (!told.hangs).then(|| next.to_owned())
        };
        self.came.notify_waiters();
        answer
    }
}

async fn take(mut socket: TcpStream, receiver: Receiver) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let read = socket.read(&mut piece).await?;
        if read == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let headers: BTreeMap<String, String> = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        if body.len() < headers["content-length"].parse().unwrap() {
            continue;
        }
        let request = Request {
            headers,
            text: body.to_owned(),
        };
        let Some(status) = receiver.keep(request) else {
            std::future::pending::<()>().await;
            return Ok(());
        };
        let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\n\r\n");
        socket.write_all(answer.as_bytes()).await?;
        return socket.shutdown().await;
    }
}
