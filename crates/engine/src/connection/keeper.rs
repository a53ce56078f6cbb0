//! Where an account's OAuth tokens live: sealed in the database, refreshed under a lease.

use std::time::Duration;

use futures_util::future::BoxFuture;
use store::credentials::{self, StoredTokens};
use store::leases::{self, Lease};
use zendesk::{KeeperError, TokenKeeper, TokenLock, Tokens};

use crate::engine::Engine;

/// Longer than one token request with its timeout and a clock's error.
const LEASE: Duration = Duration::from_secs(120);
/// How often the lock is asked for while somebody else refreshes.
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Clone)]
pub(super) struct CredentialKeeper {
    engine: Engine,
    credential: String,
}

impl CredentialKeeper {
    pub(super) fn new(engine: Engine, credential: String) -> Self {
        Self { engine, credential }
    }

    async fn read(&self) -> store::Result<Option<Tokens>> {
        let mut reader = self.engine.store.read().await?;
        let kept = credentials::tokens(&mut reader, &self.engine.keyring, &self.credential).await?;
        Ok(kept.map(|kept| Tokens {
            access: kept.access,
            refresh: kept.refresh,
            expires_at: kept.expires_at,
        }))
    }

    async fn take(&self) -> store::Result<Lease> {
        let name = format!("token/{}", self.credential);
        // The lease of a holder that died ends by itself, so this always comes to an end.
        loop {
            let Engine {
                store,
                settings,
                clock,
                ..
            } = &self.engine;
            if let Some(lease) =
                leases::take(store, &name, &settings.holder, self.engine.now(), LEASE).await?
            {
                return Ok(lease);
            }
            clock.sleep(PAUSE).await;
        }
    }
}

struct Held {
    keeper: CredentialKeeper,
    lease: Lease,
}

fn said(error: &store::Error) -> KeeperError {
    KeeperError(error.to_string())
}

impl TokenKeeper for CredentialKeeper {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>, KeeperError>> {
        Box::pin(async move { self.read().await.map_err(|error| said(&error)) })
    }

    fn lock(&self) -> BoxFuture<'_, Result<Box<dyn TokenLock>, KeeperError>> {
        Box::pin(async move {
            let lease = self.take().await.map_err(|error| said(&error))?;
            Ok(Box::new(Held {
                keeper: self.clone(),
                lease,
            }) as Box<dyn TokenLock>)
        })
    }
}

impl TokenLock for Held {
    fn load(&mut self) -> BoxFuture<'_, Result<Option<Tokens>, KeeperError>> {
        Box::pin(async move { self.keeper.read().await.map_err(|error| said(&error)) })
    }

    fn save(&mut self, tokens: Tokens) -> BoxFuture<'_, Result<(), KeeperError>> {
        Box::pin(async move {
            let Engine {
                store,
                keyring,
                dice,
                ..
            } = &self.keeper.engine;
            let kept = StoredTokens {
                access: tokens.access,
                refresh: tokens.refresh,
                expires_at: tokens.expires_at,
            };
            let save = async {
                let mut tx = store.begin().await?;
                leases::confirm(&mut tx, &self.lease).await?;
                credentials::keep_tokens(&mut tx, keyring, &self.keeper.credential, &kept, &**dice)
                    .await?;
                tx.commit().await
            };
            save.await.map_err(|error| said(&error))
        })
    }

    fn release(self: Box<Self>) -> BoxFuture<'static, Result<(), KeeperError>> {
        Box::pin(async move {
            let release = async {
                let mut tx = self.keeper.engine.store.begin().await?;
                leases::give_back(&mut tx, &self.lease).await?;
                tx.commit().await
            };
            release.await.map_err(|error| said(&error))
        })
    }
}
