//! An endpoint for webhooks on this machine: it keeps what comes and answers what it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// `ticket.status_changed` and the like.
    pub(crate) fn kind(&self) -> String {
        let body = self.json();
        let kind = body["type"].as_str().unwrap();
        kind.trim_start_matches("zen:event-type:").to_owned()
    }

    /// Whether it was signed with a secret.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(
            self.header("x-zendesk-webhook-signature-timestamp")
                .as_bytes(),
        );
        mac.update(self.body.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes()) == self.header("x-zendesk-webhook-signature")
    }
}

#[derive(Debug, Default)]
struct Book {
    received: Vec<Received>,
    /// Status and `Retry-After` of the next answers; 200 when there are none.
    answers: VecDeque<(u16, Option<u64>)>,
    silent: bool,
}

pub(crate) struct Endpoint {
    book: Arc<Mutex<Book>>,
    url: String,
    task: JoinHandle<()>,
}

impl Endpoint {
    pub(crate) async fn start() -> Self {
        let book = Arc::new(Mutex::new(Book::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let app = Router::new().fallback(receive).with_state(book.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { book, url, task }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.book.lock().unwrap().received.clone()
    }

    /// The kinds of the events that came, in the order they came.
    pub(crate) fn kinds(&self) -> Vec<String> {
        self.received().iter().map(Received::kind).collect()
    }

    pub(crate) fn answer_with(&self, answers: &[(u16, Option<u64>)]) {
        self.book.lock().unwrap().answers.extend(answers);
    }

    /// From now on it takes requests and never answers.
    pub(crate) fn fall_silent(&self) {
        self.book.lock().unwrap().silent = true;
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn receive(
    State(book): State<Arc<Mutex<Book>>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap) {
    let (status, retry_after, silent) = {
        let mut book = book.lock().unwrap();
        book.received.push(Received {
            method,
            headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        });
        let (status, retry_after) = book.answers.pop_front().unwrap_or((200, None));
        (status, retry_after, book.silent)
    };
    if silent {
        std::future::pending::<()>().await;
    }
    let mut headers = HeaderMap::new();
    if let Some(seconds) = retry_after {
        headers.insert("retry-after", seconds.into());
    }
    (StatusCode::from_u16(status).unwrap(), headers)
}
