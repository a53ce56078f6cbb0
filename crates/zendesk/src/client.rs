//! The client: one account, signed in, sending requests that wait, repeat and give up as they must.

mod exchange;
mod fetch;
mod write;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use ::http::{HeaderValue, Method};
use backon::{BackoffBuilder, ExponentialBuilder};
use clock::Clock;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::address::Address;
use crate::error::Error;
use crate::error::body::{About, classify};
use crate::governor::{Asking, Bucket, Governor, RateSeen, Urgency, date};
use crate::http::{Http, Outgoing, Payload, Reply, system_lookup};
use crate::sign_in::{Code, Exchange, OAuth, Session, SignIn, TOKENS, TokenKeeper, Tokens};

pub use exchange::{Asker, Exchanged, Question, Verb};
pub(crate) use write::{Body, Write};

/// The wait after a 429 that names none, doubled at each further one (zendesk-api.md 2: the
/// official client's default).
const LIMITED_PAUSE: Duration = Duration::from_secs(10);
/// The longest single such wait.
const LIMITED_PAUSE_CAP: Duration = Duration::from_secs(5 * 60);
/// Stands for "no `Date` seen yet".
const NO_DATE: i64 = i64::MIN;

/// What a client needs beside an address and a sign-in.
#[derive(Clone)]
pub struct Options {
    /// The account's governor, shared by everyone who works on the account.
    pub governor: Arc<dyn Governor>,
    /// The clock that all waits and expiries run on. (The timeout of a single request runs on the
    /// machine's, as it guards a real socket.)
    pub clock: Arc<dyn Clock>,
    /// Where OAuth tokens are kept. Needed for [`SignIn::OAuthTokens`].
    pub tokens: Option<Arc<dyn TokenKeeper>>,
    /// The longest that one request with its answer may take.
    pub timeout: Duration,
    /// The largest answer read, in bytes, unpacked.
    pub max_body: usize,
    /// How often a request without a usable answer is repeated.
    pub retries: u32,
    /// The longest that one call may spend waiting for limits and between repeats.
    pub patience: Duration,
}

impl Options {
    /// The defaults: 60 s a request, 64 MB an answer, 4 repeats, 15 minutes of waiting (I-24).
    pub fn new(governor: Arc<dyn Governor>, clock: Arc<dyn Clock>) -> Self {
        Self {
            governor,
            clock,
            tokens: None,
            timeout: Duration::from_secs(60),
            max_body: 64_000_000,
            retries: 4,
            patience: Duration::from_secs(15 * 60),
        }
    }
}

/// A client of one Zendesk account. Cloning it is cheap; clones share everything but how pressing
/// their requests are.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    urgency: Urgency,
    longest_wait: Option<Duration>,
}

struct Inner {
    address: Address,
    http: Http,
    session: Session,
    options: Options,
    requests: AtomicU64,
    server_seconds: AtomicI64,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("address", &self.inner.address.to_string())
            .field("requests", &self.requests())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client for `address`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Setup`] for sign-in details that cannot work, or without TLS.
    pub fn new(address: Address, sign_in: SignIn, options: Options) -> Result<Self, Error> {
        let http = Http::new(&address, system_lookup(), options.timeout, options.max_body)?;
        Ok(Self {
            inner: Arc::new(Inner {
                session: Session::new(sign_in, options.tokens.clone())?,
                address,
                http,
                options,
                requests: AtomicU64::new(0),
                server_seconds: AtomicI64::new(NO_DATE),
            }),
            urgency: Urgency::Pull,
            longest_wait: None,
        })
    }

    /// The same client, whose requests are this pressing (reliability.md 8). Without it they are
    /// [`Urgency::Pull`].
    pub fn with(&self, urgency: Urgency) -> Self {
        Self {
            urgency,
            ..self.clone()
        }
    }

    /// The same client, for a caller who cannot be held: where the governor would hold a request
    /// for longer than `longest_wait`, the call ends in [`Error::Limited`] at once. Its waits
    /// between repeats are bounded by the same time.
    pub fn impatient(&self, longest_wait: Duration) -> Self {
        Self {
            longest_wait: Some(longest_wait),
            ..self.clone()
        }
    }

    /// Redeems the code that somebody's consent brought, and keeps the tokens it is worth.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`] if Zendesk refuses the code; [`Error::Setup`] if the client signs in by
    /// an API token.
    pub async fn redeem(&self, code: &Code) -> Result<(), Error> {
        match &self.inner.session {
            Session::Basic(_) => Err(Error::Setup("an API token needs nobody's consent".into())),
            Session::OAuth(oauth) => {
                let now = self.inner.options.clock.now();
                oauth.redeem(&*self.inner, now, code).await
            }
        }
    }

    /// The account's address.
    pub fn address(&self) -> &Address {
        &self.inner.address
    }

    /// HTTP requests sent so far by this client and its clones, repeats and token requests too.
    pub fn requests(&self) -> u64 {
        self.inner.requests.load(Ordering::Relaxed)
    }

    /// Zendesk's own time as of its last answer (`Date`), to the second.
    pub fn server_time(&self) -> Option<Timestamp> {
        match self.inner.server_seconds.load(Ordering::Relaxed) {
            NO_DATE => None,
            seconds => Timestamp::from_second(seconds).ok(),
        }
    }

    /// Reads `path` (below `/api/v2/`, with its query) through `read`. Repeats it while that can
    /// help: without a whole answer, on 5xx, on an answer that `read` finds broken, on 429 once
    /// the governor lets it, and once after renewing OAuth tokens on a 401.
    ///
    /// # Errors
    /// The last [`Error`], after the repeats and the patience allowed.
    pub(crate) async fn get<T>(
        &self,
        about: About,
        path: &str,
        read: impl Fn(&[u8]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.get_reply(about, path, |reply| read(&reply.body)).await
    }

    /// As [`Client::get`], for what also needs the headers of the answer.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) async fn get_reply<T>(
        &self,
        about: About,
        path: &str,
        read: impl Fn(&Reply) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let inner = &*self.inner;
        let url = format!("{}/api/v2/{path}", inner.address.base());
        let mut waits = self.waits();
        let mut renewed = false;
        let mut bucket = about.bucket;
        loop {
            self.admit(bucket).await?;
            let (authorization, tokens) = inner.authorization().await?;
            let sent = inner.send(Outgoing {
                call: about.call,
                method: Method::GET,
                url: &url,
                authorization: Some(authorization),
                payload: Payload::Nothing,
                idempotency_key: None,
            });
            let reply = match sent.await {
                Ok(reply) => reply,
                Err(error) => {
                    inner.pause(&mut waits, error).await?;
                    continue;
                }
            };
            let seen = inner.observe(&about, &reply, &mut waits).await;
            let error = match reply.status {
                200..=299 => match read(&reply) {
                    Ok(found) => return Ok(found),
                    Err(error) => error,
                },
                _ => classify(&about, &reply, seen.retry_after),
            };
            if let Error::NotSignedIn { .. } = error
                && let (false, Some(refused)) = (renewed, &tokens)
            {
                renewed = true;
                inner.renew(refused).await?;
            } else if let Error::Limited { after, .. } = error {
                // The governor has been told; asking it again is the wait. Should another limiter
                // have answered than we thought we were asking, its bucket is the closed one.
                bucket = seen.limiter.unwrap_or(bucket);
                let error = Error::Limited {
                    bucket: seen.closes(bucket),
                    after,
                };
                waits.limited(after, error)?;
                if let (true, Some(after)) = (seen.one_record, after) {
                    // No governor holds what is about one record only.
                    inner.options.clock.sleep(after).await;
                }
            } else {
                inner.pause(&mut waits, error).await?;
            }
        }
    }

    /// Waits until the governor lets a request on `bucket` go.
    async fn admit(&self, bucket: Bucket) -> Result<(), Error> {
        let asking = Asking {
            bucket,
            urgency: self.urgency,
            patience: self.longest_wait,
        };
        self.inner.options.governor.admit(asking).await
    }

    fn waits(&self) -> Waits {
        let options = &self.inner.options;
        let patience = self
            .longest_wait
            .map_or(options.patience, |longest| longest.min(options.patience));
        Waits::new(options.retries, patience)
    }
}

impl Inner {
    async fn authorization(&self) -> Result<(HeaderValue, Option<Tokens>), Error> {
        match &self.session {
            Session::Basic(header) => Ok((header.clone(), None)),
            Session::OAuth(oauth) => {
                let tokens = oauth.tokens(self, self.options.clock.now()).await?;
                Ok((OAuth::header(&tokens)?, Some(tokens)))
            }
        }
    }

    async fn renew(&self, refused: &Tokens) -> Result<(), Error> {
        match &self.session {
            Session::Basic(_) => Ok(()),
            Session::OAuth(oauth) => {
                let now = self.options.clock.now();
                oauth.renew(self, now, Some(refused)).await.map(drop)
            }
        }
    }

    /// Sends one request, counts it, and notes the server's time.
    async fn send(&self, outgoing: Outgoing<'_>) -> Result<Reply, Error> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let call = outgoing.call;
        let sent = self.http.send(outgoing).await;
        match &sent {
            Ok(reply) => {
                if let Some(date) = date(&reply.headers) {
                    self.server_seconds
                        .store(date.as_second(), Ordering::Relaxed);
                }
                tracing::debug!(
                    call,
                    status = reply.status,
                    bytes = reply.body.len(),
                    "answer"
                );
            }
            Err(error) => tracing::debug!(call, %error, "no answer"),
        }
        sent
    }

    /// Tells the governor what an answer said, with a wait of our own where a 429 names none.
    async fn observe(&self, about: &About, reply: &Reply, waits: &mut Waits) -> RateSeen {
        let now = self.options.clock.now();
        let mut seen = RateSeen::read(&reply.headers, reply.status, &reply.body, now);
        if seen.status == 429 && seen.retry_after.is_none() {
            seen.retry_after = Some(waits.next_limited());
        }
        if seen.status == 429 {
            tracing::warn!(
                call = about.call,
                seconds = seen.retry_after.map(|wait| wait.as_secs()),
                whole_account = seen.whole_account,
                "request limit reached"
            );
        }
        self.options.governor.observe(about.bucket, &seen).await;
        seen
    }

    /// Waits before a repeat, or gives `error` back when it is final or the repeats are used up.
    async fn pause(&self, waits: &mut Waits, error: Error) -> Result<(), Error> {
        let wait = waits.after(error)?;
        self.options.clock.sleep(wait).await;
        Ok(())
    }
}

impl Exchange for Inner {
    /// Token requests do not count on the API's limits, so no governor is asked. Repeating one
    /// whose answer was lost is all that can be done: if it was carried out, the refresh token is
    /// spent, and Zendesk will say so.
    fn exchange(&self, body: Vec<u8>) -> BoxFuture<'_, Result<Reply, Error>> {
        Box::pin(async move {
            let url = format!("{}/oauth/tokens", self.address.base());
            let about = About::call(TOKENS);
            let mut waits = Waits::new(self.options.retries, self.options.patience);
            loop {
                let sent = self.send(Outgoing {
                    call: TOKENS,
                    method: Method::POST,
                    url: &url,
                    authorization: None,
                    payload: Payload::Json(body.clone()),
                    idempotency_key: None,
                });
                let error = match sent.await {
                    Ok(reply) if reply.status == 429 || reply.status >= 500 => {
                        let now = self.options.clock.now();
                        let seen = RateSeen::read(&reply.headers, reply.status, &[], now);
                        classify(&about, &reply, seen.retry_after)
                    }
                    Ok(reply) => return Ok(reply),
                    Err(error) => error,
                };
                self.pause(&mut waits, error).await?;
            }
        })
    }
}

/// The repeats and waits of one call, each bounded.
struct Waits {
    pauses: backon::ExponentialBackoff,
    limited: Duration,
    left: Duration,
}

impl Waits {
    fn new(retries: u32, patience: Duration) -> Self {
        Self {
            pauses: ExponentialBuilder::new()
                .with_min_delay(Duration::from_millis(500))
                .with_max_delay(Duration::from_secs(30))
                .with_max_times(usize::try_from(retries).unwrap_or(usize::MAX))
                .build(),
            limited: LIMITED_PAUSE,
            left: patience,
        }
    }

    /// How long to wait before repeating after `error`; the error itself when it is final.
    fn after(&mut self, error: Error) -> Result<Duration, Error> {
        if !error.is_repeatable() {
            return Err(error);
        }
        let asked = error.wait();
        let Some(pause) = self.pauses.next() else {
            return Err(error);
        };
        let wait = asked.unwrap_or(pause).max(pause);
        self.spend(wait, error).map(|()| wait)
    }

    /// Counts a wait that the governor will hold.
    fn limited(&mut self, wait: Option<Duration>, error: Error) -> Result<(), Error> {
        self.spend(wait.unwrap_or(LIMITED_PAUSE), error)
    }

    /// The wait after a 429 that names none.
    fn next_limited(&mut self) -> Duration {
        let wait = self.limited;
        self.limited = (wait * 2).min(LIMITED_PAUSE_CAP);
        wait
    }

    fn spend(&mut self, wait: Duration, error: Error) -> Result<(), Error> {
        match self.left.checked_sub(wait) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(error),
        }
    }
}
