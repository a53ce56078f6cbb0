//! Keeping a claim while an attempt is made, and giving it back after one that failed in the middle.

use std::pin::pin;

use domain::outbox::{Operation, pause_after};
use futures_util::future::{Either, select};
use jiff::SignedDuration;
use store::outbox;

use super::Pushed;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// Gives the claim back of an attempt that failed in the middle, so that the operation need not wait for
/// its lease to end: at once if the database answers, else once it does again. What the attempt noted
/// before it sent anything is kept, so the next one looks for that first, as after a crash.
pub(super) async fn give_back(engine: &Engine, operation: &Operation) {
    let after = |pause| {
        let now = engine.now();
        now.saturating_add(pause).unwrap_or(now)
    };
    let lease = SignedDuration::try_from(engine.settings.lease).unwrap_or(SignedDuration::MAX);
    let ends = after(lease);
    for tries in 1.. {
        // What cannot be carried out at all (a row that cannot be read) must not come first each time.
        let not_before = after(pause_after(operation.attempts));
        let given = async {
            let mut tx = engine.store.begin().await?;
            outbox::give_back(&mut tx, operation, not_before).await?;
            tx.commit().await
        };
        match given.await {
            Ok(()) => return,
            Err(error) if error.when() == store::When::Later && engine.now() < ends => {
                let pause = pause_after(tries).unsigned_abs();
                engine.clock.sleep(pause).await;
            }
            Err(error) => {
                tracing::warn!(
                    "a claim could not be given back, so its change waits until the claim ends: {error}"
                );
                return;
            }
        }
    }
}

/// Works while the claim is kept alive beside it.
pub(super) async fn keep_claim(
    engine: &Engine,
    operation: &Operation,
    work: impl Future<Output = Result<Pushed>>,
) -> Result<Pushed> {
    let beat = async {
        loop {
            engine.clock.beat(engine.settings.lease / 3).await;
            match renew(engine, operation).await {
                Ok(()) => {}
                Err(error @ Error::Store(store::Error::LeaseLost)) => return error,
                Err(error) => tracing::warn!("a claim could not be lengthened: {error}"),
            }
        }
    };
    match select(pin!(work), pin!(beat)).await {
        Either::Left((done, _)) => done,
        Either::Right((error, _)) => Err(error),
    }
}

/// Lengthens the claim, if it still stands.
pub(super) async fn renew(engine: &Engine, operation: &Operation) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    let (now, lease) = (engine.now(), engine.settings.lease);
    outbox::confirm(&mut tx, operation, now, lease).await?;
    Ok(tx.commit().await?)
}
