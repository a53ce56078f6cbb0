//! One request and its whole answer, whatever that is: for finding out how an account behaves.
//!
//! All other calls read what they expect and make an [`Error`] of the rest. Here the answer is what is
//! looked at, so a refusal is no error. The way is the same: the governor is asked, the answer's limits
//! are told to it, and nothing is sent twice.

use ::http::{HeaderMap, HeaderValue, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::Client;
use crate::error::Error;
use crate::error::body::{About, classify};
use crate::governor::{Bucket, date};
use crate::http::{Outgoing, Payload};

/// Headers whose values say how the account behaves and nothing about anybody: limits, times, lookups.
const TOLD: &[&str] = &[
    "cache-control",
    "content-type",
    "date",
    "rate-limit",
    "rate-limit-remaining",
    "rate-limit-reset",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "retry-after",
    "x-idempotency-lookup",
    "x-rate-limit",
    "x-rate-limit-remaining",
    "x-zendesk-api-warn",
];

/// The limits that have names of their own begin so (zendesk-api.md 2).
const NAMED_LIMITS: [&str; 2] = ["zendesk-ratelimit-", "zendesk-rate-limit-"];

/// What is done at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Makes.
    Post,
    /// Changes.
    Put,
    /// Deletes.
    Delete,
}

impl Verb {
    /// As it stands in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }

    fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Delete => Method::DELETE,
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// The user that the client signs in as.
    Ourselves,
    /// Nobody: no credentials at all.
    Nobody,
    /// Somebody whom no account knows, with an API token that is none.
    WrongToken,
}

/// A request.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What errors call it.
    pub call: &'static str,
    /// The limit it counts on.
    pub bucket: Bucket,
    /// What is done.
    pub verb: Verb,
    /// Below `/api/v2/`, with the query.
    pub path: &'a str,
    /// JSON.
    pub body: Option<&'a str>,
    /// Sent as `Idempotency-Key`.
    pub idempotency_key: Option<&'a str>,
    /// Who asks.
    pub asker: Asker,
}

/// An answer.
#[derive(Clone)]
pub struct Exchanged {
    /// Its status.
    pub status: u16,
    /// Its headers by name, in small letters; the values only of those that tell nothing about anybody.
    pub headers: Vec<(String, Option<String>)>,
    /// Its body.
    pub body: Vec<u8>,
    /// When the request went out, on our clock.
    pub sent: Timestamp,
    /// When the answer was read, on our clock.
    pub answered: Timestamp,
    /// Zendesk's time in the answer (`Date`), to the second.
    pub date: Option<Timestamp>,
}

impl std::fmt::Debug for Exchanged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchanged")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Sends one request, once, and hands back what came, refusals too.
    ///
    /// # Errors
    /// [`Error::Limited`] for a 429, of which the governor has been told; without a whole answer what
    /// [`Client::update_ticket`] would say. [`Error::is_outcome_unknown`] as ever.
    pub async fn exchange(&self, question: Question<'_>) -> Result<Exchanged, Error> {
        let inner = &*self.inner;
        let about = About {
            bucket: question.bucket,
            ..About::call(question.call)
        };
        let url = format!("{}/api/v2/{}", inner.address.base(), question.path);
        let mut renewed = false;
        loop {
            self.admit(about.bucket).await?;
            let (authorization, tokens) = match question.asker {
                Asker::Ourselves => {
                    let (authorization, tokens) = inner.authorization().await?;
                    (Some(authorization), tokens)
                }
                Asker::Nobody => (None, None),
                Asker::WrongToken => (Some(nobodys()?), None),
            };
            let sent = inner.options.clock.now();
            let reply = inner
                .send(Outgoing {
                    call: about.call,
                    method: question.verb.method(),
                    url: &url,
                    authorization,
                    payload: match question.body {
                        Some(body) => Payload::Json(body.as_bytes().to_vec()),
                        None => Payload::Nothing,
                    },
                    idempotency_key: question.idempotency_key,
                })
                .await?;
            let answered = inner.options.clock.now();
            let seen = inner.observe(&about, &reply, &mut self.waits()).await;
            if reply.status == 401
                && !renewed
                && let Some(refused) = &tokens
            {
                renewed = true;
                inner.renew(refused).await?;
                continue;
            }
            if reply.status == 429 {
                let error = classify(&about, &reply, seen.retry_after);
                let Error::Limited { after, .. } = error else {
                    return Err(error);
                };
                return Err(Error::Limited {
                    bucket: seen.closes(about.bucket),
                    after,
                });
            }
            return Ok(Exchanged {
                status: reply.status,
                headers: told(&reply.headers),
                date: date(&reply.headers),
                body: reply.body,
                sent,
                answered,
            });
        }
    }
}

/// The sign-in of somebody whom no account knows. The address is nobody's (RFC 2606), so that no
/// person's failed sign-ins are counted.
fn nobodys() -> Result<HeaderValue, Error> {
    let pair = STANDARD.encode("nobody@deskbridge.invalid/token:none");
    crate::sign_in::secret_header(&format!("Basic {pair}"))
}

fn told(headers: &HeaderMap) -> Vec<(String, Option<String>)> {
    let is_told = |name: &str| {
        TOLD.contains(&name) || NAMED_LIMITS.iter().any(|start| name.starts_with(start))
    };
    let mut all: Vec<(String, Option<String>)> = headers
        .iter()
        .map(|(name, value)| {
            let value = value.to_str().ok().filter(|_| is_told(name.as_str()));
            (name.as_str().to_owned(), value.map(str::to_owned))
        })
        .collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_and_unknown_headers_are_named_without_their_values() {
        let mut headers = HeaderMap::new();
        headers.insert("set-cookie", HeaderValue::from_static("session=secret"));
        headers.insert("retry-after", HeaderValue::from_static("7"));
        headers.insert(
            "zendesk-ratelimit-tickets-update",
            HeaderValue::from_static("total=100"),
        );
        headers.insert("x-new", HeaderValue::from_static("company"));
        let told = told(&headers);
        assert_eq!(
            told,
            [
                ("retry-after".to_owned(), Some("7".to_owned())),
                ("set-cookie".to_owned(), None),
                ("x-new".to_owned(), None),
                (
                    "zendesk-ratelimit-tickets-update".to_owned(),
                    Some("total=100".to_owned())
                ),
            ]
        );
    }
}
