//! A simulator and a client that talks to it.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;
use simulator::{Config, Simulator};

/// When the clocks of tests start: 2026-11-21T08:00:00Z.
pub(crate) const START: i64 = 1_795_248_000;

/// A small account on a clock that stands still.
pub(crate) fn config() -> Config {
    Config {
        start: Some(START),
        still_clock: true,
        ..Config::default()
    }
}

/// The same without any tickets.
pub(crate) fn empty() -> Config {
    Config {
        tickets: 0,
        users: 3,
        ..config()
    }
}

/// A simulator with a client.
pub(crate) struct Rig {
    pub(crate) simulator: Simulator,
    pub(crate) client: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The rows under `name`.
    pub(crate) fn rows(&self, name: &str) -> Vec<Value> {
        self.json()[name].as_array().cloned().unwrap_or_default()
    }

    /// The ids of the rows under `name`.
    pub(crate) fn ids(&self, name: &str) -> Vec<i64> {
        self.rows(name)
            .iter()
            .map(|row| row["id"].as_i64().unwrap())
            .collect()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test against loopback needs none of the product's rules for clients"
)]
fn builder() -> reqwest::ClientBuilder {
    // Another test may have installed it first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
}

pub(crate) fn client() -> reqwest::Client {
    builder().build().unwrap()
}

/// A client that trusts one more certificate (PEM).
pub(crate) fn client_trusting(certificate: &[u8]) -> reqwest::Client {
    let certificate = reqwest::Certificate::from_pem(certificate).unwrap();
    builder().tls_certs_merge([certificate]).build().unwrap()
}

impl Rig {
    pub(crate) async fn start(config: Config) -> Self {
        Self {
            simulator: simulator::start(config).await.unwrap(),
            client: client(),
        }
    }

    /// Minutes later.
    pub(crate) fn wait_minutes(&self, minutes: u64) {
        self.simulator.advance(Duration::from_secs(60 * minutes));
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.simulator.url())
        };
        self.client.request(method, url)
    }

    pub(crate) async fn send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<Reply, reqwest::Error> {
        let response = request.send().await?;
        Ok(Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await?,
        })
    }

    /// A signed-in request without a body.
    pub(crate) async fn call(&self, method: Method, path: &str) -> Reply {
        let request = self
            .request(method, path)
            .basic_auth("agent@example.com/token", Some("token"));
        self.send(request).await.unwrap()
    }

    /// A signed-in GET; `path` is below the account's URL, or a whole URL from an answer.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path).await
    }

    /// A signed-in request with a JSON body.
    pub(crate) async fn send_json(&self, method: Method, path: &str, body: &Value) -> Reply {
        let request = self
            .request(method, path)
            .basic_auth("agent@example.com/token", Some("token"))
            .header("content-type", "application/json")
            .body(body.to_string());
        self.send(request).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send_json(Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send_json(Method::PUT, path, body).await
    }
}
