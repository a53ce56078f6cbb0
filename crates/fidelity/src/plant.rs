//! Wrong answers, planted between the simulator and its clients: a comparison that does not notice
//! them is worth nothing.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::openapi::Exchange;

/// One wrong answer.
#[derive(Debug, Clone, Copy)]
pub struct Plant {
    /// The method of the requests whose answers are altered.
    pub method: &'static str,
    /// Their route, as the simulator calls it.
    pub pattern: &'static str,
    /// What is wrong, in words.
    pub what: &'static str,
    /// Does it to the status and the body.
    pub alter: fn(&mut u16, &mut Value),
}

/// A wrong answer on each of ten routes.
pub static PLANTS: [Plant; 10] = [
    Plant {
        method: "GET",
        pattern: "users/{id}",
        what: "the email is missing",
        alter: |_, body| remove(body, "user", "email"),
    },
    Plant {
        method: "GET",
        pattern: "users",
        what: "the ids are texts",
        alter: |_, body| {
            rows(body, "users", |row| {
                row["id"] = Value::from(row["id"].to_string());
            });
        },
    },
    Plant {
        method: "GET",
        pattern: "users/show_many",
        what: "the rows come the other way round",
        alter: |_, body| {
            if let Some(rows) = body["users"].as_array_mut() {
                rows.reverse();
            }
        },
    },
    Plant {
        method: "PUT",
        pattern: "users/{id}",
        what: "tags stay as they were",
        alter: |_, body| body["user"]["tags"] = serde_json::json!(["before"]),
    },
    Plant {
        method: "DELETE",
        pattern: "tickets/{id}",
        what: "200 in place of 204",
        alter: |status, _| {
            if *status == 204 {
                *status = 200;
            }
        },
    },
    Plant {
        method: "GET",
        pattern: "incremental/tickets/cursor",
        what: "the cursor is that of another place",
        alter: |_, body| body["after_cursor"] = Value::from("MTY5NTA1MjY2My4wfHwxfA=="),
    },
    Plant {
        method: "GET",
        pattern: "incremental/users",
        what: "the end of the stream is said too early",
        alter: |_, body| {
            let ends = body["end_of_stream"] == true;
            body["end_of_stream"] = Value::from(!ends);
        },
    },
    Plant {
        method: "POST",
        pattern: "tickets",
        what: "the audit tells of another ticket",
        alter: |_, body| body["audit"]["ticket_id"] = Value::from(1),
    },
    Plant {
        method: "GET",
        pattern: "job_statuses/{id}",
        what: "the number of rows is a text",
        alter: |_, body| body["job_status"]["total"] = Value::from("many"),
    },
    Plant {
        method: "GET",
        pattern: "tickets/{id}/comments",
        what: "who may read a comment is null",
        alter: |_, body| rows(body, "comments", |row| row["public"] = Value::Null),
    },
];

fn remove(body: &mut Value, record: &str, key: &str) {
    if let Some(record) = body.get_mut(record).and_then(Value::as_object_mut) {
        record.remove(key);
    }
}

fn rows(body: &mut Value, name: &str, alter: impl Fn(&mut Value)) {
    let rows = body.get_mut(name).and_then(Value::as_array_mut);
    rows.into_iter().flatten().for_each(alter);
}

impl Plant {
    fn means(&self, method: &str, path: &str) -> bool {
        let path = path.strip_prefix("/api/v2/").unwrap_or(path);
        let path = path.trim_end_matches(".json");
        let wanted: Vec<&str> = self.pattern.split('/').collect();
        let asked: Vec<&str> = path.split('/').collect();
        let id = |part: &str| part.starts_with("V3-") || part.parse::<i64>().is_ok();
        self.method == method
            && wanted.len() == asked.len()
            && wanted
                .iter()
                .zip(&asked)
                .all(|(one, other)| one == other || one.starts_with('{') && id(other))
    }
}

/// What a proxy has seen, altered answers and all.
pub type Log = Arc<Mutex<Vec<Exchange>>>;

#[derive(Debug)]
struct Proxy {
    plant: Plant,
    target: String,
    client: reqwest::Client,
    log: Log,
}

/// A proxy before a simulator that alters answers. It stops when it is dropped.
#[derive(Debug)]
pub struct Planted {
    /// Scheme and address for clients.
    pub url: String,
    task: JoinHandle<()>,
}

impl Drop for Planted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Planted {
    /// Begins to stand before the simulator at `target`.
    ///
    /// # Errors
    /// No free port.
    #[expect(
        clippy::disallowed_methods,
        reason = "against loopback none of the product's rules for clients are needed"
    )]
    pub async fn start(plant: Plant, target: &str, log: Log) -> std::io::Result<Self> {
        // Another part of this process may have installed it first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(std::io::Error::other)?;
        let proxy = Arc::new(Proxy {
            plant,
            target: target.to_owned(),
            client,
            log,
        });
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let service = Router::new().fallback(forward).with_state(proxy);
        let task = tokio::spawn(async move {
            // It ends with the run, and says so to nobody.
            let _ = axum::serve(listener, service).await;
        });
        Ok(Self { url, task })
    }
}

async fn forward(State(proxy): State<Arc<Proxy>>, request: Request<Body>) -> Response<Body> {
    match pass(&proxy, request).await {
        Ok(response) => response,
        Err(why) => {
            let mut response = Response::new(Body::from(why));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        }
    }
}

async fn pass(proxy: &Proxy, request: Request<Body>) -> Result<Response<Body>, String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .map_err(|error| told(&error))?;
    let place = parts
        .uri
        .path_and_query()
        .map_or("/", |place| place.as_str());
    let sent = read(&body);
    let answered = proxy
        .client
        .request(parts.method.clone(), format!("{}{place}", proxy.target))
        .headers(parts.headers.clone())
        .body(body)
        .send()
        .await
        .map_err(|error| told(&error))?;
    let mut status = answered.status().as_u16();
    let headers = answered.headers().clone();
    let bytes = answered.bytes().await.map_err(|error| told(&error))?;
    let means = proxy.plant.means(parts.method.as_str(), parts.uri.path());
    let mut bytes = bytes;
    if means {
        let mut body = read(&bytes);
        (proxy.plant.alter)(&mut status, &mut body);
        if !body.is_null() {
            bytes = Bytes::from(body.to_string());
        }
        note(proxy, &parts, sent, status, body);
    }
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::from_u16(status).map_err(|error| told(&error))?;
    let kept =
        |name: &HeaderName| name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING;
    let kept: Vec<(HeaderName, HeaderValue)> = headers
        .iter()
        .filter(|(name, _)| kept(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    response.headers_mut().extend(kept);
    Ok(response)
}

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

fn note(proxy: &Proxy, parts: &axum::http::request::Parts, sent: Value, status: u16, body: Value) {
    let path = parts.uri.path().trim_start_matches("/api/v2/");
    let query = parts.uri.query().unwrap_or_default();
    let exchange = Exchange {
        method: parts.method.to_string(),
        path: path.trim_end_matches(".json").to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        agent: String::new(),
        request: sent,
        status,
        answer: body,
        spoiled: false,
    };
    let mut log = proxy.log.lock().unwrap_or_else(PoisonError::into_inner);
    log.push(exchange);
}
