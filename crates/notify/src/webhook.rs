//! Signed webhooks: one POST of JSON to an address of the installation's own choosing.
//!
//! The signature is made as Zendesk makes those that come in to us: base64 of HMAC-SHA256, by a secret that
//! both sides know, over the moment as the header has it and then the raw body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

pub use crate::door::TIMEOUT;
use crate::door::{Door, Lookup, Silence, Unfit, system_lookup};
use crate::error::Error;

/// When the request was signed, RFC 3339 in UTC.
pub const TIMESTAMP_HEADER: &str = "x-deskbridge-signature-timestamp";
/// The signature.
pub const SIGNATURE_HEADER: &str = "x-deskbridge-signature";
/// What is told, the same for each repetition.
pub const ID_HEADER: &str = "x-deskbridge-id";

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
    door: Door,
    secret: SecretString,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller")
            .field("host", &self.door.host())
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
        let door = Door::open(&settings.url, settings.allow_private, lookup).map_err(unfit)?;
        if settings.secret.expose_secret().is_empty() {
            return Err(setup(
                "alerts.webhook.secret is empty; choose a long random text, and give it to the receiver too.",
            ));
        }
        Ok(Self {
            door,
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
        let headers = [
            (ID_HEADER, id),
            (TIMESTAMP_HEADER, &moment),
            (SIGNATURE_HEADER, &signature),
        ];
        let answer = self.door.post(&headers, body).await;
        let (answer, host) = (
            answer.map_err(|silence| self.trouble(&silence))?,
            self.door.host(),
        );
        let status = answer.status();
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

    fn trouble(&self, silence: &Silence) -> Error {
        let host = self.door.host();
        match silence {
            Silence::Inside(why) => Error::Refused(format!(
                "The webhook's receiver {host} leads to {why}, which is not called. Use a public address, or set alerts.webhook.allow_private for one of your own network."
            )),
            Silence::Untrusted => Error::Refused(format!(
                "The certificate of the webhook's receiver {host} is not trusted. Look at alerts.webhook.url."
            )),
            Silence::Unreached => Error::Unavailable(format!(
                "The webhook's receiver {host} cannot be reached, or did not answer in {} seconds. It is called again later.",
                TIMEOUT.as_secs()
            )),
        }
    }
}

/// What is wrong with the configured address.
fn unfit(unfit: Unfit) -> Error {
    match unfit {
        Unfit::Unreadable => {
            setup("alerts.webhook.url cannot be read; write it as https://example.com/path.")
        }
        Unfit::SignsIn => setup(
            "alerts.webhook.url holds a name or password; leave them out, the signature proves who calls.",
        ),
        Unfit::NotHttps => setup(
            "alerts.webhook.url must begin with https://; http:// is for private addresses, with alerts.webhook.allow_private = true.",
        ),
        Unfit::Inside(why) => Error::Setup(format!(
            "alerts.webhook.url leads to {why}, which is not called. Use a public address, or set alerts.webhook.allow_private for one of your own network."
        )),
        Unfit::NoTls => setup(
            "TLS could not be set up for the webhook; is the package ca-certificates installed?",
        ),
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
