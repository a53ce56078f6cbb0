//! A file fetched with our sign-in, and handed on in pieces.

use std::sync::atomic::Ordering;

use url::Url;

use super::Client;
use crate::attachments::Downloaded;
use crate::error::body::{About, classify};
use crate::error::{Error, Refusal, Trouble};
use crate::governor::date;
use crate::http::{Fetched, Reply, Sink};

impl Client {
    /// Fetches the file at `url`, on the account's own host. Asked once: the pieces handed on
    /// cannot be taken back. Only a 401 renews the OAuth tokens and asks once more.
    ///
    /// # Errors
    /// Any [`Error`]; see [`Client::download`].
    pub(crate) async fn fetch(
        &self,
        about: About,
        url: &Url,
        limit: u64,
        sink: Sink<'_>,
    ) -> Result<Downloaded, Error> {
        let inner = &*self.inner;
        let call = about.call;
        let mut renewed = false;
        loop {
            self.admit(about.bucket).await?;
            let (authorization, tokens) = inner.authorization().await?;
            inner.requests.fetch_add(1, Ordering::Relaxed);
            let found = inner
                .http
                .fetch(call, url.clone(), Some(authorization), limit);
            match found.await? {
                Fetched::Bytes(response) => {
                    return inner.http.pour(call, response, limit, sink).await;
                }
                Fetched::Elsewhere(target) => {
                    inner.requests.fetch_add(1, Ordering::Relaxed);
                    return match inner.http.fetch(call, target, None, limit).await? {
                        Fetched::Bytes(response) => {
                            inner.http.pour(call, response, limit, sink).await
                        }
                        Fetched::Refused(reply) => Err(refused_link(&about, &reply)),
                        Fetched::Elsewhere(target) => Err(Error::Redirected {
                            to: target.host_str().map(str::to_owned),
                        }),
                    };
                }
                Fetched::Refused(reply) => {
                    if let Some(date) = date(&reply.headers) {
                        inner
                            .server_seconds
                            .store(date.as_second(), Ordering::Relaxed);
                    }
                    let seen = inner.observe(&about, &reply, &mut self.waits()).await;
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
    }
}

/// What the host that keeps the files refuses says nothing of our sign-in, which it never saw, nor
/// of the account's limits.
fn refused_link(about: &About, reply: &Reply) -> Error {
    let call = about.call;
    let refusal = Box::new(Refusal::read(reply.status, &reply.body));
    match reply.status {
        404 | 410 => Error::NotFound { call, refusal },
        429 | 500.. => Error::Unavailable {
            call,
            trouble: Trouble::Status(reply.status),
            after: None,
        },
        _ => Error::Refused { call, refusal },
    }
}
