//! Signed webhooks: one POST of JSON to an address of the installation's own choosing.
//!
//! The signature is made as Zendesk makes those that come in to us: base64 of HMAC-SHA256, by a secret that
//! both sides know, over the moment as the header has it and then the raw body. No redirect is followed,
//! no proxy is used, and the address that was judged is the one that is called
//! (security-and-operations.md 1, SSRF).

mod resolver;

use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use url::{Host, Url};

use crate::error::Error;
use resolver::{Judging, Lookup, RefusedAddress, refusal, system_lookup};

/// When the request was signed, RFC 3339 in UTC.
pub const TIMESTAMP_HEADER: &str = "x-deskbridge-signature-timestamp";
/// The signature.
pub const SIGNATURE_HEADER: &str = "x-deskbridge-signature";
/// What is told, the same for each repetition.
pub const ID_HEADER: &str = "x-deskbridge-id";
/// The longest that a receiver may take.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// Who is called.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// The address: https, or http too where private addresses are allowed.
    pub url: String,
    /// What requests are signed with.
    pub secret: SecretString,
    /// Whether it may be an address of this machine or of a private network.
    pub allow_private: bool,
}

/// Calls one receiver.
pub struct Caller {
    client: reqwest::Client,
    url: Url,
    secret: SecretString,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller")
            .field("host", &self.host())
            .finish_non_exhaustive()
    }
}

impl Caller {
    /// Makes one; connects to nothing yet.
    ///
    /// # Errors
    /// [`Error::Setup`] with the setting that cannot work.
    pub fn new(settings: &WebhookSettings) -> Result<Self, Error> {
        Self::with_lookup(settings, system_lookup())
    }

    /// As [`Caller::new`], with names looked up by `lookup`.
    fn with_lookup(settings: &WebhookSettings, lookup: Lookup) -> Result<Self, Error> {
        let url = Url::parse(settings.url.trim())
            .ok()
            .filter(Url::has_host)
            .ok_or_else(|| {
                setup("alerts.webhook.url cannot be read; write it as https://example.com/path.")
            })?;
        if settings.secret.expose_secret().is_empty() {
            return Err(setup(
                "alerts.webhook.secret is empty; choose a long random text, and give it to the receiver too.",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(setup(
                "alerts.webhook.url holds a name or password; leave them out, the signature proves who calls.",
            ));
        }
        let plain = match url.scheme() {
            "https" => false,
            "http" if settings.allow_private => true,
            _ => {
                return Err(setup(
                    "alerts.webhook.url must begin with https://; http:// is for private addresses, with alerts.webhook.allow_private = true.",
                ));
            }
        };
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(Host::Domain(_)) | None => None,
        };
        if let Some(why) = literal.and_then(|ip| refusal(ip, settings.allow_private)) {
            return Err(Error::Setup(format!(
                "alerts.webhook.url leads to {why}, which is not called. Use a public address, or set alerts.webhook.allow_private for one of your own network."
            )));
        }
        drop(rustls::crypto::ring::default_provider().install_default());
        #[expect(
            clippy::disallowed_methods,
            reason = "builds a client with the same rules: no proxy, no redirect, judged address"
        )]
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(TIMEOUT)
            .timeout(TIMEOUT)
            .http1_only()
            .retry(reqwest::retry::never())
            .https_only(!plain)
            .user_agent(concat!("deskbridge/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Judging::new(lookup, settings.allow_private));
        if plain {
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|_| {
            setup(
                "TLS could not be set up for the webhook; is the package ca-certificates installed?",
            )
        })?;
        Ok(Self {
            client,
            url,
            secret: settings.secret.clone(),
        })
    }

    /// Posts one body of JSON, signed at `at`. Any 2xx is success; the answer's body is not read.
    ///
    /// # Errors
    /// [`Error::Refused`] if the receiver does not take it or may not be called, [`Error::Unavailable`] if
    /// it cannot be reached or has no time.
    pub async fn post(&self, id: &str, at: Timestamp, body: Vec<u8>) -> Result<(), Error> {
        let moment = at.to_string();
        let signature = sign(&self.secret, &moment, &body);
        let answer = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header(ID_HEADER, id)
            .header(TIMESTAMP_HEADER, moment)
            .header(SIGNATURE_HEADER, signature)
            .body(body)
            .send()
            .await
            .map_err(|error| self.trouble(&error))?;
        let (status, host) = (answer.status(), self.host());
        if status.is_success() {
            return Ok(());
        }
        if status.is_redirection() {
            return Err(Error::Refused(format!(
                "The webhook's receiver {host} sends us elsewhere ({}), and no redirect is followed. Set alerts.webhook.url to where it leads.",
                status.as_u16()
            )));
        }
        if status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429) {
            return Err(Error::Unavailable(format!(
                "The webhook's receiver {host} does not take the alert now ({}). It is sent again later.",
                status.as_u16()
            )));
        }
        Err(Error::Refused(format!(
            "The webhook's receiver {host} refuses the alert with {}. Look at alerts.webhook.url, and whether both sides have the same secret.",
            status.as_u16()
        )))
    }

    fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    fn trouble(&self, error: &reqwest::Error) -> Error {
        let host = self.host();
        let mut next = error.source();
        while let Some(current) = next {
            if let Some(RefusedAddress { why }) = current.downcast_ref() {
                return Error::Refused(format!(
                    "The webhook's receiver {host} leads to {why}, which is not called. Use a public address, or set alerts.webhook.allow_private for one of your own network."
                ));
            }
            if let Some(rustls::Error::InvalidCertificate(_)) = current
                .downcast_ref::<std::io::Error>()
                .and_then(std::io::Error::get_ref)
                .and_then(|inner| inner.downcast_ref())
            {
                return Error::Refused(format!(
                    "The certificate of the webhook's receiver {host} is not trusted. Look at alerts.webhook.url."
                ));
            }
            next = current.source();
        }
        Error::Unavailable(format!(
            "The webhook's receiver {host} cannot be reached, or did not answer in {} seconds. It is called again later.",
            TIMEOUT.as_secs()
        ))
    }
}

/// The signature of a body: base64 of HMAC-SHA256 by `secret` over `moment` and then `body`.
pub fn sign(secret: &SecretString, moment: &str, body: &[u8]) -> String {
    // A key of any length is good for HMAC, so the error cannot happen; it would be believed by nobody.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return String::new();
    };
    mac.update(moment.as_bytes());
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

fn setup(sentence: &str) -> Error {
    Error::Setup(sentence.to_owned())
}

#[cfg(test)]
mod tests;
