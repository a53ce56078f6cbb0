//! Requests that change something in Zendesk: each is sent exactly once.
//!
//! Whoever sends one must know whether it was applied before sending it again (reliability.md 5
//! and 6), and only the caller can find that out, by reading. So nothing is repeated here: not a
//! timeout, not a broken connection, not a 5xx, not a 409. The one exception is a 401, after which
//! surely nothing was applied: it renews the OAuth tokens and sends once more.

use ::http::Method;

use super::Client;
use crate::attachments::FileContent;
use crate::error::Error;
use crate::error::body::{About, classify};
use crate::http::{Outgoing, Payload, Reply};

/// What such a request carries.
#[derive(Clone, Copy)]
pub(crate) enum Body<'a> {
    /// Nothing.
    Nothing,
    /// JSON.
    Json(&'a [u8]),
    /// A file, read anew each time it is sent.
    File {
        content_type: &'a str,
        content: &'a FileContent,
    },
}

impl<'a> Body<'a> {
    fn payload(self) -> Payload<'a> {
        match self {
            Self::Nothing => Payload::Nothing,
            Self::Json(text) => Payload::Json(text.to_vec()),
            Self::File {
                content_type,
                content,
            } => Payload::File {
                content_type,
                content,
            },
        }
    }
}

/// One request that changes something.
pub(crate) struct Write<'a> {
    /// What it is about, and the limit it counts on.
    pub(crate) about: About,
    /// How.
    pub(crate) method: Method,
    /// The path below `/api/v2/`, with its query.
    pub(crate) path: &'a str,
    /// What it carries.
    pub(crate) body: Body<'a>,
    /// Sent as `Idempotency-Key`, which only the creation of tickets knows.
    pub(crate) idempotency_key: Option<&'a str>,
}

impl<'a> Write<'a> {
    /// A request with a JSON body.
    pub(crate) fn json(about: About, method: Method, path: &'a str, body: &'a str) -> Self {
        Self::rendered(about, method, path, body.as_bytes())
    }

    /// A request with a JSON body that its caller has rendered.
    pub(crate) fn rendered(about: About, method: Method, path: &'a str, body: &'a [u8]) -> Self {
        Self {
            about,
            method,
            path,
            body: Body::Json(body),
            idempotency_key: None,
        }
    }

    /// A request without a body.
    pub(crate) fn bare(about: About, method: Method, path: &'a str) -> Self {
        Self {
            about,
            method,
            path,
            body: Body::Nothing,
            idempotency_key: None,
        }
    }
}

impl Client {
    /// Sends `write` once and reads its answer through `read`.
    ///
    /// # Errors
    /// Any [`Error`]. [`Error::is_outcome_unknown`] says whether Zendesk may have acted all the
    /// same. A 429 is [`Error::Limited`] at once; the governor has been told of it.
    pub(crate) async fn write<T>(
        &self,
        write: Write<'_>,
        read: impl FnOnce(&Reply) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let inner = &*self.inner;
        let about = write.about;
        let url = format!("{}/api/v2/{}", inner.address.base(), write.path);
        let mut renewed = false;
        loop {
            self.admit(about.bucket).await?;
            let (authorization, tokens) = inner.authorization().await?;
            let reply = inner
                .send(Outgoing {
                    call: about.call,
                    method: write.method.clone(),
                    url: &url,
                    authorization: Some(authorization),
                    payload: write.body.payload(),
                    idempotency_key: write.idempotency_key,
                })
                .await?;
            let seen = inner.observe(&about, &reply, &mut self.waits()).await;
            if (200..=299).contains(&reply.status) {
                return read(&reply);
            }
            match (classify(&about, &reply, seen.retry_after), &tokens) {
                (Error::NotSignedIn { .. }, Some(refused)) if !renewed => {
                    renewed = true;
                    inner.renew(refused).await?;
                }
                (Error::Limited { after, .. }, _) => {
                    return Err(Error::Limited {
                        bucket: seen.closes(about.bucket),
                        after,
                    });
                }
                (error, _) => return Err(error),
            }
        }
    }
}
