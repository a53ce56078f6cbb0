//! A plain client for loopback, which knows nothing of what it sends.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::Value;

use crate::difference::Names;
use crate::recording::Recording;

/// What is sent with a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Nothing.
    None,
    /// JSON.
    Json(Value),
    /// Anything else: media type and length.
    Bytes(String, usize),
}

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// GET, POST and so on.
    pub method: String,
    /// The path, with a query that is not encoded yet.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// Whom it is signed in as; nobody without it.
    pub email: Option<String>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers, names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body: JSON, or a text as a JSON string.
    pub body: Value,
}

/// A client of one simulator.
#[derive(Debug, Clone)]
pub struct Client {
    client: reqwest::Client,
    url: String,
}

impl Request {
    /// A signed-in request with a JSON body.
    pub fn new(method: &str, path: impl Into<String>, email: &str, body: Value) -> Self {
        Self {
            method: method.to_owned(),
            path: path.into(),
            query: Vec::new(),
            body: if body.is_null() {
                Body::None
            } else {
                Body::Json(body)
            },
            email: Some(email.to_owned()),
        }
    }

    /// A recorded request.
    pub fn recorded(recording: &Recording, email: Option<String>) -> Self {
        let sent = &recording.request;
        Self {
            method: sent.method.clone(),
            path: sent.path.clone(),
            query: sent.query.clone(),
            body: if sent.body.is_null() || sent.body == "" {
                Body::None
            } else {
                Body::Json(sent.body.clone())
            },
            email,
        }
    }

    /// Puts our ids in place of the recorded ones, in the path and the query.
    pub fn rename(&mut self, names: &Names) {
        let part = |part: &str| {
            let (id, end) = match part.strip_suffix(".json") {
                Some(id) => (id, ".json"),
                None => (part, ""),
            };
            format!("{}{end}", names.ours(id))
        };
        self.path = self.path.split('/').map(part).collect::<Vec<_>>().join("/");
        for (_, value) in &mut self.query {
            let renamed: Vec<&str> = value.split(',').map(|id| names.ours(id)).collect();
            *value = renamed.join(",");
        }
    }
}

impl Client {
    /// A client for the simulator at `url`.
    ///
    /// # Errors
    /// No client can be made.
    #[expect(
        clippy::disallowed_methods,
        reason = "against loopback none of the product's rules for clients are needed"
    )]
    pub fn new(url: &str) -> Result<Self, reqwest::Error> {
        // Another part of this process may have installed it first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("fidelity")
            .build()?;
        Ok(Self {
            client,
            url: url.to_owned(),
        })
    }

    /// Sends a request.
    ///
    /// # Errors
    /// No answer.
    pub async fn send(&self, request: &Request) -> Result<Reply, reqwest::Error> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&request.query);
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{}{mark}{query}", self.url, request.path);
        let method = Method::from_bytes(request.method.as_bytes()).unwrap_or(Method::GET);
        let mut sent = self.client.request(method, url);
        if let Some(email) = &request.email {
            sent = sent.basic_auth(format!("{email}/token"), Some("token"));
        }
        match &request.body {
            Body::None => {}
            Body::Json(body) => {
                sent = sent
                    .header("content-type", "application/json")
                    .body(body.to_string());
            }
            Body::Bytes(kind, length) => {
                sent = sent
                    .header("content-type", kind.as_str())
                    .body(vec![b'x'; *length]);
            }
        }
        let response = sent.send().await?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_lowercase(), value)
            })
            .collect();
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Reply {
            status,
            headers,
            body,
        })
    }
}
