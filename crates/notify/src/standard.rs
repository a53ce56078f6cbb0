//! Events for other systems, signed as the convention *Standard Webhooks* has it
//! (<https://www.standardwebhooks.com>), so that what others wrote can check them.
//!
//! A secret is `whsec_` and the base64 of the bytes that sign. What is signed is the id, the moment in whole
//! seconds and the raw body, with a dot between each. While a secret is exchanged there are two signatures,
//! with a blank between them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use crate::door::{self, Door, Silence, system_lookup};
pub use crate::door::{TIMEOUT, Unfit};

/// What is told, the same for each repetition.
pub const ID_HEADER: &str = "webhook-id";
/// When the request was signed, in whole seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";
/// How every secret begins.
pub const SECRET_PREFIX: &str = "whsec_";

/// What became of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The HTTP status of the answer, if there was one.
    pub status: Option<u16>,
    /// What it means.
    pub verdict: Verdict,
}

/// What an answer, or none, means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The endpoint took it.
    Taken,
    /// The endpoint says that it is there no more, and wants nothing again.
    Gone,
    /// The endpoint has no time or is not there now: nothing else would arrive either.
    Unavailable {
        /// Why, for a person.
        sentence: String,
        /// How long it asks us to wait, if it does.
        wait: Option<Duration>,
    },
    /// The endpoint does not take this one.
    Refused {
        /// Why, for a person.
        sentence: String,
    },
}

/// Looks whether an address may be called, without a look into the network.
///
/// # Errors
/// What is wrong with it.
pub fn judge(url: &str, allow_private: bool) -> Result<(), Unfit> {
    door::judge(url, allow_private).map(drop)
}

/// The text of a secret made of these random bytes.
pub fn secret(random: &[u8; 32]) -> SecretString {
    format!("{SECRET_PREFIX}{}", STANDARD.encode(random)).into()
}

/// Calls one endpoint.
pub struct Endpoint(Door);

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Endpoint").field(&self.0.host()).finish()
    }
}

impl Endpoint {
    /// Makes one; connects to nothing yet.
    ///
    /// # Errors
    /// What is wrong with its address.
    pub fn new(url: &str, allow_private: bool) -> Result<Self, Unfit> {
        Door::open(url, allow_private, system_lookup()).map(Self)
    }

    /// Posts one body of JSON, signed at `now` by each of these secrets. The answer's body is not read.
    pub async fn post(
        &self,
        id: &str,
        now: Timestamp,
        secrets: &[SecretString],
        body: Vec<u8>,
    ) -> Outcome {
        let moment = now.as_second().to_string();
        let signatures: Vec<String> = secrets
            .iter()
            .map(|secret| sign(secret, id, &moment, &body))
            .collect();
        let headers = [
            (ID_HEADER, id),
            (TIMESTAMP_HEADER, &moment),
            (SIGNATURE_HEADER, &signatures.join(" ")),
        ];
        match self.0.post(&headers, body).await {
            Ok(answer) => self.heard(&answer, now),
            Err(silence) => Outcome {
                status: None,
                verdict: self.not_heard(silence),
            },
        }
    }

    fn heard(&self, answer: &reqwest::Response, now: Timestamp) -> Outcome {
        let (status, host) = (answer.status(), self.0.host());
        let code = status.as_u16();
        let verdict = if status.is_success() {
            Verdict::Taken
        } else if code == 410 {
            Verdict::Gone
        } else if status.is_server_error() || matches!(code, 408 | 425 | 429) {
            let header = answer.headers().get("retry-after");
            Verdict::Unavailable {
                sentence: format!("{host} does not take it now ({code})."),
                wait: header
                    .and_then(|value| value.to_str().ok())
                    .and_then(|text| wait(text, now)),
            }
        } else if status.is_redirection() {
            Verdict::Refused {
                sentence: format!(
                    "{host} sends us elsewhere ({code}), and no redirect is followed. Set the address to where it leads."
                ),
            }
        } else {
            Verdict::Refused {
                sentence: format!(
                    "{host} refuses it with {code}. Look at the address, and whether the other side has this secret."
                ),
            }
        };
        Outcome {
            status: Some(code),
            verdict,
        }
    }

    fn not_heard(&self, silence: Silence) -> Verdict {
        let host = self.0.host();
        let sentence = match silence {
            Silence::Inside(why) => format!(
                "{host} leads to {why}, which is not called. Use a public address, or allow addresses of your own network in config.toml (outgoing_webhooks.allow_private)."
            ),
            Silence::Untrusted => format!("The certificate of {host} is not trusted."),
            Silence::Unreached => format!(
                "{host} cannot be reached, or did not answer in {} seconds.",
                TIMEOUT.as_secs()
            ),
        };
        Verdict::Unavailable {
            sentence,
            wait: None,
        }
    }
}

/// One signature: `v1,` and the base64 of HMAC-SHA256 over `id.moment.body`.
fn sign(secret: &SecretString, id: &str, moment: &str, body: &[u8]) -> String {
    let text = secret.expose_secret();
    let encoded = text.strip_prefix(SECRET_PREFIX).unwrap_or(text);
    // We made every secret; one that is damaged signs as what it is, and is believed by nobody.
    let key = STANDARD
        .decode(encoded)
        .unwrap_or_else(|_| encoded.as_bytes().to_vec());
    // A key of any length is good for HMAC, so the error cannot happen.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else {
        return String::new();
    };
    for part in [id.as_bytes(), b".", moment.as_bytes(), b".", body] {
        mac.update(part);
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// How long `Retry-After` asks to wait: whole seconds, or a moment.
fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(
        Duration::try_from(until.duration_since(now).max(SignedDuration::ZERO)).unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests;
