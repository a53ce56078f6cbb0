//! Where OAuth tokens live between runs and between processes.
//!
//! Zendesk replaces the refresh token at each use and refuses the old one, so a token spent twice
//! locks the account out until a person connects it again. Hence the rule: *take the lock, read
//! again, use what somebody else has fetched meanwhile; else fetch, and save before unlocking.*

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The tokens of one connected account.
#[derive(Clone)]
pub struct Tokens {
    /// Sent with every request.
    pub access: SecretString,
    /// Spent to get the next pair; `client_credentials` gives none.
    pub refresh: Option<SecretString>,
    /// When the access token ends, if Zendesk said so.
    pub expires_at: Option<Timestamp>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("refresh", &self.refresh.is_some())
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl Tokens {
    /// Whether both hold the same access token.
    pub(crate) fn same_access(&self, other: &Self) -> bool {
        self.access.expose_secret() == other.access.expose_secret()
    }
}

/// The keeper failed: what happened, without secrets.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct KeeperError(pub String);

/// Keeps the tokens of one account. The engine implements it over the database.
pub trait TokenKeeper: Send + Sync {
    /// The tokens as last saved, without waiting for a lock.
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>, KeeperError>>;
    /// Waits for the lock, which keeps out every other process too. It must outlast one request
    /// with its timeout; a lock whose holder died must end by itself.
    fn lock(&self) -> BoxFuture<'_, Result<Box<dyn TokenLock>, KeeperError>>;
}

/// The lock, held. Dropping it without [`TokenLock::release`] lets it go too, if only in time.
pub trait TokenLock: Send {
    /// The tokens as last saved, by whomever.
    fn load(&mut self) -> BoxFuture<'_, Result<Option<Tokens>, KeeperError>>;
    /// Saves new tokens durably.
    fn save(&mut self, tokens: Tokens) -> BoxFuture<'_, Result<(), KeeperError>>;
    /// Lets the lock go.
    fn release(self: Box<Self>) -> BoxFuture<'static, Result<(), KeeperError>>;
}

/// Keeps tokens in this process only: for a client that can fetch its own, and for tests.
#[derive(Debug, Default)]
pub struct MemoryKeeper {
    kept: Arc<Mutex<Option<Tokens>>>,
}

impl MemoryKeeper {
    /// A keeper that starts with `tokens`.
    pub fn with(tokens: Tokens) -> Self {
        Self {
            kept: Arc::new(Mutex::new(Some(tokens))),
        }
    }
}

struct MemoryLock(OwnedMutexGuard<Option<Tokens>>);

impl TokenKeeper for MemoryKeeper {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>, KeeperError>> {
        Box::pin(async { Ok(self.kept.lock().await.clone()) })
    }

    fn lock(&self) -> BoxFuture<'_, Result<Box<dyn TokenLock>, KeeperError>> {
        Box::pin(async {
            let held = self.kept.clone().lock_owned().await;
            Ok(Box::new(MemoryLock(held)) as Box<dyn TokenLock>)
        })
    }
}

impl TokenLock for MemoryLock {
    fn load(&mut self) -> BoxFuture<'_, Result<Option<Tokens>, KeeperError>> {
        let tokens = self.0.clone();
        Box::pin(std::future::ready(Ok(tokens)))
    }

    fn save(&mut self, tokens: Tokens) -> BoxFuture<'_, Result<(), KeeperError>> {
        *self.0 = Some(tokens);
        Box::pin(std::future::ready(Ok(())))
    }

    fn release(self: Box<Self>) -> BoxFuture<'static, Result<(), KeeperError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
