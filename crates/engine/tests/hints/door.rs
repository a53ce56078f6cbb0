//! A door on a socket: what the simulator sends goes through the gate, and is kept for replaying.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use engine::Engine;
use engine::webhooks::{self, Answer, Delivery, Gate, Installed};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;
use world::{ADMIN_EMAIL, World};
use zendesk::webhooks::{INVOCATION_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};

/// A request as it came, or as somebody made it up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) integration: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// A body that is signed with this secret at this moment.
    pub(crate) fn signed(
        integration: &str,
        invocation: &str,
        body: &str,
        secret: &str,
        at: Timestamp,
    ) -> Self {
        let mut request = Self {
            integration: integration.to_owned(),
            headers: HashMap::new(),
            body: body.as_bytes().to_vec(),
        };
        request.set(INVOCATION_HEADER, invocation);
        request.sign(secret, at);
        request
    }

    /// Signs it anew.
    pub(crate) fn sign(&mut self, secret: &str, at: Timestamp) {
        let moment = at.to_string();
        let text = [moment.as_bytes(), &self.body].concat();
        self.set(SIGNATURE_HEADER, &base64(&hmac(secret.as_bytes(), &text)));
        self.set(TIMESTAMP_HEADER, &moment);
    }

    pub(crate) fn set(&mut self, header: &str, value: &str) {
        self.headers.insert(header.to_owned(), value.to_owned());
    }

    /// Puts it through the gate, as the page does.
    pub(crate) async fn put_through(&self, gate: &Gate, engine: &Engine) -> Answer {
        let header = |name: &str| self.headers.get(name).map_or("", String::as_str);
        let delivery = Delivery::new(header, &self.body);
        let taken = gate.take(engine, &self.integration, delivery);
        taken.await.unwrap()
    }
}

/// What came in.
#[derive(Default)]
struct Book {
    requests: Vec<Request>,
    answers: Vec<Answer>,
}

#[derive(Clone)]
struct Porter {
    engine: Engine,
    gate: Arc<Gate>,
    book: Arc<Mutex<Book>>,
}

/// The door.
pub(crate) struct Door {
    porter: Porter,
    url: String,
    task: JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Door {
    /// Opens it, and has the webhook of the world's integration made for it.
    pub(crate) async fn open(world: &World) -> Self {
        let door = Self::unknown(world).await;
        door.install(world).await;
        door
    }

    /// Opens it, and tells nobody.
    pub(crate) async fn unknown(world: &World) -> Self {
        let porter = Porter {
            engine: world.engine().clone(),
            gate: Arc::default(),
            book: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new()
            .route("/hooks/zendesk/{integration}", post(receive))
            .with_state(porter.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { porter, url, task }
    }

    /// Has the webhook made, or mended.
    pub(crate) async fn install(&self, world: &World) -> Installed {
        let (engine, integration) = (world.engine(), world.integration().await);
        let installed = webhooks::install(engine, &integration, &self.url, ADMIN_EMAIL);
        Box::pin(installed).await.unwrap()
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What came in, in its order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.porter.book.lock().unwrap().requests.clone()
    }

    /// What was said to it.
    pub(crate) fn answers(&self) -> Vec<Answer> {
        self.porter.book.lock().unwrap().answers.clone()
    }

    /// Puts a request through the gate by hand.
    pub(crate) async fn put(&self, request: &Request) -> Answer {
        let Porter { gate, engine, .. } = &self.porter;
        request.put_through(gate, engine).await
    }

    /// Waits until so many deliveries have come in.
    pub(crate) async fn heard(&self, count: usize) {
        while self.answers().len() < count {
            tokio::task::yield_now().await;
        }
    }
}

async fn receive(
    State(porter): State<Porter>,
    Path(integration): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let headers = headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap();
        (name.as_str().to_owned(), value.to_owned())
    });
    let request = Request {
        integration,
        headers: headers.collect(),
        body: body.to_vec(),
    };
    let answer = request.put_through(&porter.gate, &porter.engine).await;
    let mut book = porter.book.lock().unwrap();
    book.requests.push(request);
    book.answers.push(answer);
    match answer {
        Answer::Noted | Answer::Repeated | Answer::Ignored => StatusCode::OK,
        Answer::Forged => StatusCode::UNAUTHORIZED,
        Answer::Unknown => StatusCode::NOT_FOUND,
    }
}

/// HMAC-SHA256 as RFC 2104 writes it, so that the signature here is nobody else's code.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let pad = |with: u8| block.map(|byte| byte ^ with).to_vec();
    let inner = Sha256::digest([pad(0x36), text.to_vec()].concat());
    Sha256::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place)) as usize & 63];
            text.push(if place > chunk.len() {
                '='
            } else {
                char::from(letter)
            });
        }
    }
    text
}
