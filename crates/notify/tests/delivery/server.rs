//! A mail server that takes one conversation, as RFC 5321 has it, and remembers every word.

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) struct Server {
    pub(crate) port: u16,
    talk: JoinHandle<String>,
}

impl Server {
    /// Everything that was said to it, once the other side has hung up.
    pub(crate) async fn heard(self) -> String {
        self.talk.await.unwrap()
    }
}

/// A server that answers a command that begins so with these words in place of its own.
pub(crate) async fn start(answers: &'static [(&'static str, &'static str)]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let talk = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let (from, mut to) = socket.split();
        let mut from = BufReader::new(from);
        to.write_all(b"220 ready\r\n").await.unwrap();
        let mut heard = String::new();
        let mut in_letter = false;
        loop {
            let mut line = String::new();
            match from.read_line(&mut line).await {
                Ok(0) | Err(_) => return heard,
                Ok(_) => heard.push_str(&line),
            }
            let own = if in_letter {
                if line != ".\r\n" {
                    continue;
                }
                in_letter = false;
                "250 taken"
            } else if line.starts_with("EHLO") {
                "250-localhost\r\n250 AUTH PLAIN LOGIN"
            } else if line.starts_with("AUTH") {
                "235 come in"
            } else if line.starts_with("DATA") {
                in_letter = true;
                "354 go on"
            } else if line.starts_with("QUIT") {
                "221 bye"
            } else {
                "250 well"
            };
            let set = answers.iter().find(|(start, _)| line.starts_with(start));
            let answer = set.map_or(own, |(_, answer)| answer);
            if to
                .write_all(format!("{answer}\r\n").as_bytes())
                .await
                .is_err()
            {
                return heard;
            }
        }
    });
    Server { port, talk }
}

/// A port at which nobody listens.
pub(crate) async fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}
