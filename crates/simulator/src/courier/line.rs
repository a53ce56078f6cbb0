//! One request to an endpoint on this machine. Nothing leaves the machine: an endpoint elsewhere is
//! refused before anything is sent.

use std::fmt;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Method, Request, header};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use url::{Host, Url};

use crate::answer::Errand;
use crate::clock;

/// The most that is read of an answer, in bytes.
const MOST_READ: usize = 64 * 1024;

/// What an endpoint answered.
pub(super) struct Response {
    pub(super) status: u16,
    /// `Retry-After` in seconds.
    pub(super) retry_after: Option<i64>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// Why there was no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// It took too long.
    Timeout,
    /// No connection, or it broke.
    Unreachable(String),
    /// The endpoint is not on this machine, or not plain HTTP.
    Elsewhere(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => formatter.write_str("timeout"),
            Self::Unreachable(reason) => write!(formatter, "no answer: {reason}"),
            Self::Elsewhere(endpoint) => write!(
                formatter,
                "the simulator delivers by plain HTTP to this machine only, and not to {endpoint}"
            ),
        }
    }
}

/// Sends one request and reads the answer. Redirects are not followed.
pub(super) async fn send(
    errand: &Errand,
    headers: &[(String, String)],
    timeout: Duration,
) -> Result<Response, Failure> {
    let request = make(errand, headers)?;
    match clock::within(timeout, exchange(request)).await {
        Some(answered) => answered,
        None => Err(Failure::Timeout),
    }
}

fn make(errand: &Errand, headers: &[(String, String)]) -> Result<Request<Body>, Failure> {
    let elsewhere = || Failure::Elsewhere(errand.endpoint.clone());
    let mut url = Url::parse(&errand.endpoint).map_err(|_| elsewhere())?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // The name is not looked up: it means this machine.
        Some(Host::Domain("localhost")) => url.set_host(Some("127.0.0.1")).is_ok(),
        Some(Host::Domain(_)) | None => false,
    };
    if !is_here || url.scheme() != "http" {
        return Err(elsewhere());
    }
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let method = Method::from_bytes(errand.method.as_bytes()).unwrap_or(Method::POST);
    let body = if method == Method::GET {
        Body::empty()
    } else {
        Body::from(errand.body.clone())
    };
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = url.as_str().parse().map_err(|_| elsewhere())?;
    if let Ok(host) = HeaderValue::from_str(&format!("{host}{port}")) {
        request.headers_mut().insert(header::HOST, host);
    }
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            request.headers_mut().insert(name, value);
        }
    }
    Ok(request)
}

async fn exchange(request: Request<Body>) -> Result<Response, Failure> {
    let broken = |error: &dyn fmt::Display| Failure::Unreachable(error.to_string());
    // A client for each request: an endpoint may have been restarted in between.
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .build_http::<Body>();
    let response = client
        .request(request)
        .await
        .map_err(|error| broken(&error))?;
    let (parts, body) = response.into_parts();
    let body = to_bytes(Body::new(body), MOST_READ)
        .await
        .map_err(|error| broken(&error))?;
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    Ok(Response {
        status: parts.status.as_u16(),
        retry_after: parts
            .headers
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|seconds| seconds.trim().parse().ok()),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}
