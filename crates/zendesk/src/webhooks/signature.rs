//! Whether a delivery comes from Zendesk (security-and-operations.md 1, row *Webhook in*).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// The secret that Zendesk signs its test deliveries with. It is public, so it proves nothing and
/// is never accepted, whoever configured it.
pub const TEST_SECRET: &str = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==";

/// How far the moment of a signature may be from our own clock, either way.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// Why a delivery is not believed. None of it is told to the sender; it is for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// There is no signature, or no moment beside it.
    #[error("the delivery carries no signature")]
    Missing,
    /// The signature is no base64 of 32 bytes, or the moment is no date.
    #[error("the delivery's signature or its moment cannot be read")]
    Malformed,
    /// Signed by Zendesk, but over five minutes ago: replayed, or a clock is wrong.
    #[error("the delivery was signed over five minutes ago; check this machine's clock")]
    TooOld,
    /// Signed by Zendesk, but over five minutes from now: a clock is wrong.
    #[error("the delivery was signed in the future; check this machine's clock")]
    TooNew,
    /// Signed with none of our secrets: forged, changed on the way, or the secret was reset.
    #[error(
        "the delivery is signed with no secret of ours; if Zendesk sent it, install the webhook again"
    )]
    NoMatch,
    /// Signed with [`TEST_SECRET`].
    #[error("the delivery is a test of Zendesk's, signed with the secret that everybody knows")]
    TestSecret,
}

/// Believes a delivery whose `signature` (`X-Zendesk-Webhook-Signature`) is the base64 of
/// HMAC-SHA256 over `timestamp` (`X-Zendesk-Webhook-Signature-Timestamp`, as it came) and then the
/// raw `body`, by one of our `secrets`, made within [`WINDOW`] of `now`. An absent header is the
/// empty text. Every secret is tried, in constant time, so that the answer's time tells nothing;
/// two at a time make a rotation. Empty secrets and the test secret never match.
///
/// # Errors
/// [`Unverified`], which says why.
pub fn verify(
    secrets: &[SecretString],
    timestamp: &str,
    signature: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Unverified> {
    if timestamp.is_empty() || signature.is_empty() {
        return Err(Unverified::Missing);
    }
    let given = STANDARD
        .decode(signature)
        .map_err(|_| Unverified::Malformed)?;
    let signed_at: Timestamp = timestamp.parse().map_err(|_| Unverified::Malformed)?;
    if given.len() != 32 {
        return Err(Unverified::Malformed);
    }
    let by = |secret: &str| signed_by(secret, timestamp, body, &given);
    let mut matches = Choice::from(0);
    for secret in secrets {
        let secret = secret.expose_secret();
        let usable = !secret.is_empty() && secret != TEST_SECRET;
        matches |= by(secret) & Choice::from(u8::from(usable));
    }
    if !bool::from(matches) {
        return Err(if bool::from(by(TEST_SECRET)) {
            Unverified::TestSecret
        } else {
            Unverified::NoMatch
        });
    }
    let age = now.duration_since(signed_at);
    if age > WINDOW {
        Err(Unverified::TooOld)
    } else if age < -WINDOW {
        Err(Unverified::TooNew)
    } else {
        Ok(())
    }
}

fn signed_by(secret: &str, timestamp: &str, body: &[u8], given: &[u8]) -> Choice {
    // A key of any length is good for HMAC, so the error cannot happen; it would match nothing.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return Choice::from(0);
    };
    mac.update(timestamp.as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().as_slice().ct_eq(given)
}

#[cfg(test)]
mod tests;
