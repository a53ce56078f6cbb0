//! A file fetched in pieces: from the account's host, or by one redirect from where Zendesk keeps
//! files.

use std::io;

use ::http::header::{self, HeaderValue};
use sha2::{Digest, Sha256};
use url::Url;

use super::{Http, Reply, broken_off, redirect_of, target_of};
use crate::attachments::{Downloaded, may_hold_content};
use crate::error::Error;

/// Takes the pieces of a file as they come.
pub(crate) type Sink<'a> = &'a mut (dyn FnMut(&[u8]) -> io::Result<()> + Send);

/// What became of the request for a file.
pub(crate) enum Fetched {
    /// The bytes come with this answer; nothing of them is read yet.
    Bytes(reqwest::Response),
    /// They lie there.
    Elsewhere(Url),
    /// Zendesk said no.
    Refused(Reply),
}

impl Http {
    /// Asks for a file of at most `limit` bytes at `url`. With `authorization` it is the account's
    /// own host that is asked, which may answer with a redirect.
    ///
    /// # Errors
    /// As [`Http::send`]; [`Error::Redirected`] for a redirect to a host that keeps no files, and
    /// for any second one.
    pub(crate) async fn fetch(
        &self,
        call: &'static str,
        url: Url,
        authorization: Option<HeaderValue>,
        limit: u64,
    ) -> Result<Fetched, Error> {
        let first = authorization.is_some();
        let mut request = self
            .client
            .get(url)
            .timeout(self.time_for(limit))
            // The bytes are wanted as they are, so that their number and hash are the file's.
            .header(header::ACCEPT_ENCODING, "identity");
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let response = request
            .send()
            .await
            .map_err(|error| self.trouble(call, &error))?;
        if let Some(refused) = redirect_of(&response) {
            return match target_of(&response) {
                Some(target) if first && may_hold_content(&target, self.loopback_ok) => {
                    Ok(Fetched::Elsewhere(target))
                }
                Some(_) | None => Err(refused),
            };
        }
        if response.status().is_success() {
            Ok(Fetched::Bytes(response))
        } else {
            self.read(call, response).await.map(Fetched::Refused)
        }
    }

    /// Hands the bytes of an answer to `sink`, at most `limit` of them.
    ///
    /// # Errors
    /// [`Error::TooLarge`], before the piece that is too much is handed on; [`Error::Unavailable`]
    /// if they stop too early; [`Error::Store`] if the sink fails. What was handed on by then is
    /// worth nothing.
    pub(crate) async fn pour(
        &self,
        call: &'static str,
        mut response: reqwest::Response,
        limit: u64,
        sink: Sink<'_>,
    ) -> Result<Downloaded, Error> {
        let too_large = || Error::TooLarge {
            call,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
        };
        if response
            .content_length()
            .is_some_and(|length| length > limit)
        {
            return Err(too_large());
        }
        let mut hash = Sha256::new();
        let mut bytes = 0_u64;
        loop {
            let piece = match response.chunk().await {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(error) => return Err(broken_off(call, &error)),
            };
            bytes = bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if bytes > limit {
                return Err(too_large());
            }
            hash.update(&piece);
            sink(&piece).map_err(|error| {
                let kind = error.kind();
                Error::Store(format!("the file that came could not be kept ({kind})"))
            })?;
        }
        Ok(Downloaded {
            bytes,
            sha256: hash.finalize().into(),
        })
    }
}
