//! OAuth at work: holds the access token, and renews it once for everybody.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{Code, KeeperError, TokenKeeper, Tokens, secret_header};
use crate::error::body::{About, classify};
use crate::error::{Error, Refusal};
use crate::http::Reply;
use crate::records::{id, read_body};

/// What the request for tokens is called in sentences.
pub(crate) const CALL: &str = "the OAuth tokens";
/// A token that ends sooner than this is renewed before it is used.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);
/// Times that new tokens are offered to the keeper, since the old ones are worth nothing.
const SAVES: u32 = 3;

/// Sends a body to the token endpoint and brings the answer.
pub(crate) trait Exchange: Send + Sync {
    fn exchange(&self, body: Vec<u8>) -> BoxFuture<'_, Result<Reply, Error>>;
}

/// One client's OAuth sign-in.
pub(crate) struct OAuth {
    client_id: String,
    client_secret: Option<SecretString>,
    /// Whether the client fetches tokens by itself (`client_credentials`).
    by_itself: bool,
    keeper: Arc<dyn TokenKeeper>,
    held: Mutex<Option<Tokens>>,
    /// One renewal at a time in this process; the keeper's lock is for the others.
    renewing: tokio::sync::Mutex<()>,
}

#[derive(Serialize)]
struct Ask<'a> {
    grant_type: &'a str,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_verifier: Option<&'a str>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default, deserialize_with = "id")]
    expires_in: Option<i64>,
}

impl OAuth {
    pub(super) fn new(
        client_id: String,
        client_secret: Option<SecretString>,
        by_itself: bool,
        keeper: Arc<dyn TokenKeeper>,
    ) -> Result<Self, Error> {
        if client_id.trim().is_empty() {
            return Err(Error::Setup("the OAuth client id is missing".into()));
        }
        Ok(Self {
            client_id,
            client_secret,
            by_itself,
            keeper,
            held: Mutex::new(None),
            renewing: tokio::sync::Mutex::new(()),
        })
    }

    /// Tokens that are good as far as we know, renewed if need be.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`] if there are none to be had; errors of the exchange and the keeper.
    pub(crate) async fn tokens(
        &self,
        wire: &dyn Exchange,
        now: Timestamp,
    ) -> Result<Tokens, Error> {
        if let Some(tokens) = self.held().filter(|tokens| is_fresh(tokens, now)) {
            return Ok(tokens);
        }
        let kept = self.keeper.load().await.map_err(store)?;
        if let Some(tokens) = kept.filter(|tokens| is_fresh(tokens, now)) {
            return Ok(self.hold(tokens));
        }
        self.renew(wire, now, None).await
    }

    /// Fetches new tokens, unless somebody else has since `refused` was sent in vain.
    ///
    /// # Errors
    /// As [`OAuth::tokens`].
    pub(crate) async fn renew(
        &self,
        wire: &dyn Exchange,
        now: Timestamp,
        refused: Option<&Tokens>,
    ) -> Result<Tokens, Error> {
        let is_good = |tokens: &Tokens| {
            is_fresh(tokens, now) && refused.is_none_or(|refused| !refused.same_access(tokens))
        };
        let _one_at_a_time = self.renewing.lock().await;
        if let Some(tokens) = self.held().filter(is_good) {
            return Ok(tokens);
        }
        let mut lock = self.keeper.lock().await.map_err(store)?;
        let kept = lock.load().await.map_err(store)?;
        if let Some(tokens) = kept.clone().filter(is_good) {
            lock.release().await.map_err(store)?;
            return Ok(self.hold(tokens));
        }
        let renewed = match self.ask(wire, now, kept.as_ref()).await {
            Ok(tokens) => tokens,
            Err(error) => {
                // The first error says more than a lock that ends by itself anyway.
                drop(lock.release().await);
                return Err(error);
            }
        };
        // Held first: should saving fail, this process at least can go on.
        self.hold(renewed.clone());
        let mut saved = lock.save(renewed.clone()).await;
        for _ in 1..SAVES {
            if saved.is_ok() {
                break;
            }
            saved = lock.save(renewed.clone()).await;
        }
        if let Err(error) = saved {
            tracing::error!(%error, "new OAuth tokens could not be saved; connect the account again if this process ends");
        }
        lock.release().await.map_err(store)?;
        Ok(renewed)
    }

    /// Redeems the code that somebody's consent brought, and keeps the tokens it is worth. They take
    /// the place of all that were kept before.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`] if Zendesk refuses the code; errors of the exchange and the keeper.
    pub(crate) async fn redeem(
        &self,
        wire: &dyn Exchange,
        now: Timestamp,
        code: &Code,
    ) -> Result<(), Error> {
        let _one_at_a_time = self.renewing.lock().await;
        let mut lock = self.keeper.lock().await.map_err(store)?;
        let ask = Ask {
            code: Some(code.code.expose_secret()),
            redirect_uri: Some(&code.redirect),
            code_verifier: Some(code.verifier.expose_secret()),
            ..self.ask_for("authorization_code")
        };
        let tokens = match self.send(wire, &ask).await {
            Ok(reply) => read_tokens(&reply, now, None),
            Err(error) => Err(error),
        };
        let saved = match tokens {
            Ok(tokens) => {
                self.hold(tokens.clone());
                lock.save(tokens).await.map_err(store)
            }
            Err(error) => Err(error),
        };
        let released = lock.release().await.map_err(store);
        saved.and(released)
    }

    /// The header that carries `tokens`.
    pub(crate) fn header(tokens: &Tokens) -> Result<HeaderValue, Error> {
        secret_header(&format!("Bearer {}", tokens.access.expose_secret()))
    }

    async fn ask(
        &self,
        wire: &dyn Exchange,
        now: Timestamp,
        kept: Option<&Tokens>,
    ) -> Result<Tokens, Error> {
        let refresh = kept.and_then(|tokens| tokens.refresh.as_ref());
        let reply = match refresh {
            Some(refresh) => {
                let ask = Ask {
                    refresh_token: Some(refresh.expose_secret()),
                    ..self.ask_for("refresh_token")
                };
                let reply = self.send(wire, &ask).await?;
                if self.by_itself && matches!(reply.status, 400 | 401) {
                    self.ask_by_itself(wire).await?
                } else {
                    reply
                }
            }
            None if self.by_itself => self.ask_by_itself(wire).await?,
            None => {
                return Err(Error::NotSignedIn {
                    status: 401,
                    why: "no OAuth tokens are kept for this account".into(),
                });
            }
        };
        read_tokens(&reply, now, refresh)
    }

    /// `client_credentials`. Writing is asked for too, since two-way needs it; a client that may
    /// only read is refused that and asked again for less (zendesk-api.md 1, `invalid_scope`).
    async fn ask_by_itself(&self, wire: &dyn Exchange) -> Result<Reply, Error> {
        let mut ask = self.ask_for("client_credentials");
        ask.scope = Some("read write");
        let reply = self.send(wire, &ask).await?;
        let too_much = reply.status == 400
            && Refusal::read(reply.status, &reply.body).code.as_deref() == Some("invalid_scope");
        if !too_much {
            return Ok(reply);
        }
        ask.scope = Some("read");
        self.send(wire, &ask).await
    }

    fn ask_for<'a>(&'a self, grant_type: &'a str) -> Ask<'a> {
        Ask {
            grant_type,
            client_id: &self.client_id,
            client_secret: self
                .client_secret
                .as_ref()
                .map(|secret| secret.expose_secret()),
            refresh_token: None,
            scope: None,
            code: None,
            redirect_uri: None,
            code_verifier: None,
        }
    }

    async fn send(&self, wire: &dyn Exchange, ask: &Ask<'_>) -> Result<Reply, Error> {
        let body = serde_json::to_vec(ask)
            .map_err(|_| Error::Setup("the OAuth details cannot be sent".into()))?;
        wire.exchange(body).await
    }

    fn held(&self) -> Option<Tokens> {
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn hold(&self, tokens: Tokens) -> Tokens {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some(tokens.clone());
        tokens
    }
}

fn is_fresh(tokens: &Tokens, now: Timestamp) -> bool {
    tokens
        .expires_at
        .is_none_or(|end| end.duration_since(now) > MARGIN)
}

/// `spent` stays in force where the answer names no successor.
fn read_tokens(
    reply: &Reply,
    now: Timestamp,
    spent: Option<&SecretString>,
) -> Result<Tokens, Error> {
    match reply.status {
        200..=299 => {}
        // Client and token errors alike: both want a person.
        400 | 401 | 403 => {
            let refusal = Refusal::read(reply.status, &reply.body);
            return Err(Error::NotSignedIn {
                status: reply.status,
                why: format!("OAuth: {}", refusal.code_words()),
            });
        }
        _ => return Err(classify(&About::call(CALL), reply, None)),
    }
    let answer: Answer = read_body(CALL, &reply.body)?;
    let life = answer.expires_in.filter(|seconds| *seconds > 0);
    Ok(Tokens {
        access: answer.access_token.into(),
        refresh: answer
            .refresh_token
            .map(SecretString::from)
            .or_else(|| spent.cloned()),
        expires_at: life
            .and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok()),
    })
}

fn store(error: KeeperError) -> Error {
    Error::Store(error.0)
}
