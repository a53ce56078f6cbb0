//! One request over the wire, and what is allowed on it.
//!
//! This is the only place that builds HTTP clients: no proxy, no redirect, no cookies, TLS by
//! rustls with ring, every connect to an address that was looked up and judged by us
//! ([`resolver`]), every body capped while it streams (security-and-operations.md 1, SSRF).

mod resolver;
mod transfer;

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use ::http::header::{self, HeaderMap, HeaderValue};
use ::http::{Method, StatusCode};

use crate::address::{Address, AddressError};
use crate::attachments::{FileContent, SourceFailed};
use crate::error::{Error, Trouble};
use resolver::{Pinned, RefusedAddress};

pub(crate) use resolver::{Lookup, system_lookup};
pub(crate) use transfer::{Fetched, Sink};

/// The longest wait for a connection; the whole request has its own, longer timeout.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The most that is read of the body of an error.
const ERROR_BODY_CAP: usize = 64 * 1024;

/// The slowest transfer of a file that is still waited for, in bytes a second; it comes on top of
/// what any request may take.
const SLOWEST: u64 = 64 * 1024;
/// Makes the creation of a ticket repeatable for two hours (zendesk-api.md 3.7).
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The wire to one account.
pub(crate) struct Http {
    client: reqwest::Client,
    pinned: Arc<Pinned>,
    loopback_ok: bool,
    timeout: Duration,
    max_body: usize,
}

/// What a request carries.
pub(crate) enum Payload<'a> {
    /// Nothing.
    Nothing,
    /// JSON.
    Json(Vec<u8>),
    /// A file, sent as it is read.
    File {
        content_type: &'a str,
        content: &'a FileContent,
    },
}

/// One request.
pub(crate) struct Outgoing<'a> {
    pub(crate) call: &'static str,
    pub(crate) method: Method,
    pub(crate) url: &'a str,
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) payload: Payload<'a>,
    pub(crate) idempotency_key: Option<&'a str>,
}

/// One answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Http {
    pub(crate) fn new(
        address: &Address,
        lookup: Lookup,
        timeout: Duration,
        max_body: usize,
    ) -> Result<Self, Error> {
        // reqwest takes the process's provider. A second call answers Err and changes nothing.
        drop(rustls::crypto::ring::default_provider().install_default());
        let pinned = Arc::new(Pinned::new(lookup, address.allows_loopback()));
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that builds HTTP clients"
        )]
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            .gzip(true)
            .http1_only()
            .retry(reqwest::retry::never())
            .https_only(address.is_secure())
            .user_agent(concat!("deskbridge/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(resolver::Shared(pinned.clone()));
        if !address.is_secure() {
            // Plain http goes to this machine only; without this a machine that has no list of
            // certificate authorities could not even run the demonstration.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| {
            let why = error.source().map_or_else(String::new, ToString::to_string);
            Error::Setup(format!(
                "TLS could not be set up; is the package ca-certificates installed? ({why})"
            ))
        })?;
        Ok(Self {
            client,
            pinned,
            loopback_ok: address.allows_loopback(),
            timeout,
            max_body,
        })
    }

    /// Sends one request and reads its whole answer.
    ///
    /// # Errors
    /// [`Error::Unavailable`] without a whole answer, [`Error::Redirected`] for any redirect,
    /// [`Error::TooLarge`], [`Error::Address`], [`Error::Certificate`]. A status of 4xx or 5xx is
    /// not an error here.
    pub(crate) async fn send(&self, outgoing: Outgoing<'_>) -> Result<Reply, Error> {
        let call = outgoing.call;
        let mut request = self
            .client
            .request(outgoing.method, outgoing.url)
            .header(header::ACCEPT, "application/json");
        if let Some(authorization) = outgoing.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if let Some(key) = outgoing.idempotency_key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        match outgoing.payload {
            Payload::Nothing => {}
            Payload::Json(body) => {
                request = request
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(body);
            }
            Payload::File {
                content_type,
                content,
            } => {
                request = request
                    .header(header::CONTENT_TYPE, content_type)
                    .timeout(self.time_for(content.length()))
                    .body(reqwest::Body::wrap(content.open()));
            }
        }
        let response = request
            .send()
            .await
            .map_err(|error| self.trouble(call, &error))?;
        if let Some(redirect) = redirect_of(&response) {
            return Err(redirect);
        }
        self.read(call, response).await
    }

    /// The longest that a request may take that carries `bytes` either way.
    fn time_for(&self, bytes: u64) -> Duration {
        self.timeout
            .saturating_add(Duration::from_secs(bytes / SLOWEST))
    }

    /// Reads a whole answer.
    async fn read(
        &self,
        call: &'static str,
        mut response: reqwest::Response,
    ) -> Result<Reply, Error> {
        let status = response.status();
        let good = status.is_success();
        let cap = if good { self.max_body } else { ERROR_BODY_CAP };
        let too_large = || Error::TooLarge {
            call,
            limit: self.max_body,
        };
        let announced = response
            .content_length()
            .and_then(|length| usize::try_from(length).ok())
            .unwrap_or(0);
        if good && announced > cap {
            return Err(too_large());
        }
        let mut body = Vec::with_capacity(announced.min(cap));
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > cap => {
                    if good {
                        return Err(too_large());
                    }
                    body.extend_from_slice(&chunk[..cap - body.len()]);
                    break;
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                // The status of an error is worth more than the rest of its body.
                Err(_) if !good => break,
                Err(error) => return Err(broken_off(call, &error)),
            }
        }
        let headers = std::mem::take(response.headers_mut());
        Ok(Reply {
            status: status.as_u16(),
            headers,
            body,
        })
    }

    /// What a failed send means. A failed connect also forgets the pinned addresses, so that an
    /// account that has moved is found again.
    fn trouble(&self, call: &'static str, error: &reqwest::Error) -> Error {
        let host = || {
            let host = error.url().and_then(url::Url::host_str);
            host.unwrap_or_default().to_owned()
        };
        if let Some(failed) = cause::<SourceFailed>(error) {
            return Error::Store(failed.to_string());
        }
        if let Some(refused) = cause::<RefusedAddress>(error) {
            return Error::Address(AddressError::Internal {
                host: host(),
                ip: refused.ip,
                why: refused.why,
            });
        }
        if let Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) =
            cause::<rustls::Error>(error)
        {
            return Error::Certificate { host: host() };
        }
        let trouble = if error.is_dns() {
            Trouble::Lookup
        } else if error.is_connect() {
            Trouble::Connect
        } else if error.is_timeout() {
            Trouble::Timeout
        } else {
            Trouble::CutOff
        };
        if matches!(trouble, Trouble::Lookup | Trouble::Connect) {
            self.pinned.forget();
        }
        Error::Unavailable {
            call,
            trouble,
            after: None,
        }
    }
}

/// An answer that stops in its body.
fn broken_off(call: &'static str, error: &reqwest::Error) -> Error {
    let trouble = if error.is_timeout() {
        Trouble::Timeout
    } else {
        Trouble::CutOff
    };
    Error::Unavailable {
        call,
        trouble,
        after: None,
    }
}

/// The error that any redirect is.
fn redirect_of(response: &reqwest::Response) -> Option<Error> {
    let status = response.status();
    (status.is_redirection() && status != StatusCode::NOT_MODIFIED).then(|| Error::Redirected {
        to: target_of(response).and_then(|target| target.host_str().map(str::to_owned)),
    })
}

/// The first error of type `T` among the causes, also inside an `io::Error`, whose own `source`
/// skips the error it carries.
fn cause<T: std::error::Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut next = error.source();
    while let Some(current) = next {
        if let Some(found) = current.downcast_ref::<T>() {
            return Some(found);
        }
        next = match current
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => current.source(),
        };
    }
    None
}

/// Where a redirect leads.
fn target_of(response: &reqwest::Response) -> Option<url::Url> {
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    response.url().join(location).ok()
}
