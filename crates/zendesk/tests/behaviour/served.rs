//! A server on a socket that gives prepared answers, whole or broken, and keeps what it was asked.
//! Written by hand, byte by byte, since most of what it must do no HTTP library would.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clock::{Clock, ManualClock};
use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use zendesk::{Address, AddressPolicy, Client, LocalGovernor, Options, SignIn};

/// Where the test clocks start: 22 Nov 2026, noon.
pub(crate) const NOON: &str = "2026-11-22T12:00:00Z";

/// One request as it arrived.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// Header names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body, as text where it is.
    pub(crate) body: String,
    /// The body, byte by byte.
    pub(crate) bytes: Vec<u8>,
}

/// One prepared answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    fate: Fate,
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    /// Sent as it is.
    Whole,
    /// Announced whole, cut off after so many bytes.
    Cut(usize),
    /// The connection closes without a byte.
    Hangup,
    /// Nothing is ever sent.
    Silence,
    /// The body never ends, though its length was announced.
    Endless,
    /// The body never ends, and nothing was announced.
    Unannounced,
}

impl Answer {
    pub(crate) fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".into(), kind.into())],
            body: body.into(),
            fate: Fate::Whole,
        }
    }
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, "application/json; charset=utf-8", body)
    }
    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::new(status, "text/plain; charset=UTF-8", body)
    }
    pub(crate) fn html(status: u16) -> Self {
        Self::new(
            status,
            "text/html",
            "<!DOCTYPE html><html><body>We'll be back</body></html>",
        )
    }
    pub(crate) fn hangup() -> Self {
        Self::json(200, "").with(Fate::Hangup)
    }
    pub(crate) fn silence() -> Self {
        Self::json(200, "").with(Fate::Silence)
    }
    pub(crate) fn endless() -> Self {
        Self::json(200, "").with(Fate::Endless)
    }
    pub(crate) fn unannounced() -> Self {
        Self::json(200, "").with(Fate::Unannounced)
    }
    pub(crate) fn cut(self, bytes: usize) -> Self {
        self.with(Fate::Cut(bytes))
    }
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
    fn with(mut self, fate: Fate) -> Self {
        self.fate = fate;
        self
    }
}

type Handler = dyn Fn(&Asked) -> Answer + Send + Sync;

/// The server. It stops when dropped.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Served {
    /// Gives the answers in order; the last one for ever.
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let queue: Mutex<VecDeque<Answer>> = Mutex::new(answers.into_iter().collect());
        Self::by(move |_| {
            let mut queue = queue.lock().unwrap();
            match queue.len() {
                0 | 1 => queue.front().unwrap().clone(),
                _ => queue.pop_front().unwrap(),
            }
        })
        .await
    }

    /// Gives what `handler` says.
    pub(crate) async fn by(handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        let handler: Arc<Handler> = Arc::new(handler);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(talk(stream, log.clone(), handler.clone()));
            }
        });
        Self {
            address,
            asked,
            task,
        }
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.path).collect()
    }

    /// The account that lives here.
    pub(crate) fn account(&self) -> Address {
        Address::parse(&format!("http://{}", self.address), &loopback()).unwrap()
    }
}

/// Talks until the peer leaves or an answer says otherwise; errors mean that the peer has left.
async fn talk(stream: TcpStream, log: Arc<Mutex<Vec<Asked>>>, handler: Arc<Handler>) {
    let mut stream = BufReader::new(stream);
    while let Some(asked) = hear(&mut stream).await {
        let answer = handler(&asked);
        log.lock().unwrap().push(asked);
        let mut head = format!("HTTP/1.1 {} Said\r\n", answer.status);
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = match answer.fate {
            Fate::Endless => 1_000_000_000,
            Fate::Whole | Fate::Cut(_) | Fate::Hangup | Fate::Silence | Fate::Unannounced => {
                answer.body.len()
            }
        };
        if answer.status != 204 && !matches!(answer.fate, Fate::Unannounced) {
            head.push_str(&format!("Content-Length: {length}\r\n"));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        match answer.fate {
            Fate::Whole => bytes.extend(&answer.body),
            Fate::Cut(at) => bytes.extend(&answer.body[..at]),
            Fate::Hangup => return,
            Fate::Silence => std::future::pending().await,
            Fate::Endless | Fate::Unannounced => {}
        }
        if stream.get_mut().write_all(&bytes).await.is_err() {
            return;
        }
        match answer.fate {
            Fate::Cut(_) => return,
            Fate::Endless | Fate::Unannounced => {
                while stream.get_mut().write_all(&[b' '; 4096]).await.is_ok() {}
            }
            Fate::Whole | Fate::Hangup | Fate::Silence => {}
        }
    }
}

async fn hear(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut asked = Asked::default();
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|n| *n > 0)?;
    let mut words = line.split(' ');
    asked.method = words.next()?.to_owned();
    asked.path = words.next()?.to_owned();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        asked
            .headers
            .insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = asked
        .headers
        .get("content-length")
        .map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    asked.body = String::from_utf8_lossy(&body).into_owned();
    asked.bytes = body;
    Some(asked)
}

pub(crate) fn loopback() -> AddressPolicy {
    AddressPolicy {
        allow_loopback: true,
        extra_hosts: Vec::new(),
    }
}

/// A clock that a wait moves on at once.
pub(crate) fn manual_clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(NOON.parse::<Timestamp>().unwrap()))
}

pub(crate) fn options(clock: Arc<dyn Clock>) -> Options {
    let mut options = Options::new(Arc::new(LocalGovernor::new(clock.clone(), 100)), clock);
    options.timeout = Duration::from_secs(20);
    options
}

pub(crate) fn api_token() -> SignIn {
    SignIn::ApiToken {
        email: "agent@example.com".into(),
        token: "s3cret-token".into(),
    }
}

/// A client of the served account, by API token, on a clock of its own.
pub(crate) fn client_of(served: &Served) -> Client {
    Client::new(served.account(), api_token(), options(manual_clock())).unwrap()
}
