//! The other sides of alerts: a mail server and a webhook's receiver on this machine, which remember what
//! they got and can be told to refuse.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What came in, and how the next is answered.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    came: Vec<String>,
    refuses: bool,
    unknown: Option<&'static str>,
}

impl Heard {
    fn lock(&self) -> std::sync::MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that came, refused or not.
    pub(crate) fn all(&self) -> Vec<String> {
        self.lock().came.clone()
    }

    /// From now on it takes nothing, or everything.
    pub(crate) fn refuse(&self, refuses: bool) {
        self.lock().refuses = refuses;
    }

    /// From now on it knows this recipient not, or everybody.
    pub(crate) fn know_not(&self, recipient: Option<&'static str>) {
        self.lock().unknown = recipient;
    }

    fn knows(&self, line: &str) -> bool {
        let unknown = self.lock().unknown;
        !(line.starts_with("RCPT") && unknown.is_some_and(|address| line.contains(address)))
    }

    /// Keeps what came. Returns whether it is taken.
    fn keep(&self, text: String) -> bool {
        let mut told = self.lock();
        told.came.push(text);
        !told.refuses
    }
}

/// Listens at a free port, and gives whoever comes a conversation of their own.
async fn listen<C>(conversation: fn(TcpStream, Heard) -> C) -> (u16, Heard)
where
    C: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let keeper = heard.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(conversation(socket, keeper.clone()));
        }
    });
    (port, heard)
}

/// A mail server that keeps letters, from DATA to the dot.
pub(crate) async fn mail_server() -> (u16, Heard) {
    listen(converse).await
}

async fn converse(mut socket: TcpStream, heard: Heard) -> std::io::Result<()> {
    let (from, mut to) = socket.split();
    let mut from = BufReader::new(from);
    to.write_all(b"220 ready\r\n").await?;
    let mut letter = None::<String>;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let answer = match &mut letter {
            Some(text) if line != ".\r\n" => {
                text.push_str(&line);
                continue;
            }
            Some(text) => {
                let taken = heard.keep(std::mem::take(text));
                letter = None;
                if taken { "250 taken" } else { "451 not now" }
            }
            None if line.starts_with("DATA") => {
                letter = Some(String::new());
                "354 go on"
            }
            None if line.starts_with("QUIT") => "221 bye",
            None if !heard.knows(&line) => "550 nobody of that name",
            None => "250 well",
        };
        to.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

/// A receiver of webhooks that keeps whole requests.
pub(crate) async fn webhook_receiver() -> (u16, Heard) {
    listen(take).await
}

async fn take(mut socket: TcpStream, heard: Heard) -> std::io::Result<()> {
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
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        if body.len() < length {
            continue;
        }
        let status = if heard.keep(text.into_owned()) {
            "204 No Content"
        } else {
            "503 Service Unavailable"
        };
        let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\n\r\n");
        socket.write_all(answer.as_bytes()).await?;
        return socket.shutdown().await;
    }
}
