//! One governor per Zendesk account, in the database, shared by every process (reliability.md 8).

use std::time::Duration;

use futures_util::future::BoxFuture;
use store::budgets;
use zendesk::{Asking, Bucket, Budget, Governor, RateSeen, Urgency};

use crate::engine::Engine;

/// The longest a caller is held before the run says so and ends (I-24).
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

pub(super) struct AccountGovernor {
    engine: Engine,
    account: String,
    share: u8,
}

impl AccountGovernor {
    pub(super) fn new(engine: Engine, account: String, share: u8) -> Self {
        Self {
            engine,
            account,
            share,
        }
    }

    fn parse(&self, kept: Option<&str>) -> Budget {
        // A state that an older version kept is not worth a failed run: start counting afresh.
        let mut budget = kept
            .and_then(|kept| serde_json::from_str(kept).ok())
            .unwrap_or_else(|| Budget::new(self.share));
        budget.set_share(self.share);
        budget
    }

    async fn try_admit(&self, asking: Asking) -> store::Result<Result<(), Duration>> {
        // An account that has never named a limit costs no write. Only the sweep is counted even
        // then.
        if asking.urgency != Urgency::Sweep
            && budgets::load(&mut *self.engine.store.read().await?, &self.account)
                .await?
                .is_none()
        {
            return Ok(Ok(()));
        }
        let mut tx = self.engine.store.begin().await?;
        let kept = budgets::lock(&mut tx, &self.account).await?;
        let mut budget = self.parse(kept.as_deref());
        let now = self.engine.now();
        if let Err(wait) = budget.admit(now, asking.bucket, asking.urgency) {
            return Ok(Err(wait));
        }
        self.keep(&mut tx, &budget, kept.as_deref()).await?;
        tx.commit().await?;
        Ok(Ok(()))
    }

    async fn try_observe(&self, bucket: Bucket, seen: &RateSeen) -> store::Result<()> {
        if seen.limit.is_none()
            && seen.remaining.is_none()
            && seen.named.is_empty()
            && seen.retry_after.is_none()
        {
            return Ok(());
        }
        let mut tx = self.engine.store.begin().await?;
        let kept = budgets::lock(&mut tx, &self.account).await?;
        let mut budget = self.parse(kept.as_deref());
        // A refusal that says when to come again, and not when its minute ends, has said both: else the
        // account would stay closed for a whole minute more.
        let mut seen = seen.clone();
        if seen.status == 429 && seen.resets_in.is_none() {
            seen.resets_in = seen.retry_after;
        }
        budget.observe(self.engine.now(), bucket, &seen);
        self.keep(&mut tx, &budget, kept.as_deref()).await?;
        tx.commit().await
    }

    async fn keep(
        &self,
        tx: &mut store::Tx,
        budget: &Budget,
        kept: Option<&str>,
    ) -> store::Result<()> {
        let state = serde_json::to_string(budget)
            .map_err(|error| store::Error::Damaged(error.to_string()))?;
        if kept == Some(state.as_str()) {
            return Ok(());
        }
        budgets::store(tx, &self.account, &state, self.engine.now()).await
    }
}

impl Governor for AccountGovernor {
    fn admit(&self, asking: Asking) -> BoxFuture<'_, Result<(), zendesk::Error>> {
        Box::pin(async move {
            let mut waited = Duration::ZERO;
            loop {
                let asked = self
                    .try_admit(asking)
                    .await
                    .map_err(|error| zendesk::Error::Store(error.to_string()))?;
                let Err(wait) = asked else { return Ok(()) };
                waited = waited.saturating_add(wait);
                if asking.is_too_long(waited, LONGEST_WAIT) {
                    return Err(zendesk::Error::Limited {
                        bucket: asking.bucket,
                        after: Some(wait),
                    });
                }
                tracing::info!(
                    account = self.account,
                    seconds = wait.as_secs(),
                    "waiting for Zendesk's limit on {}",
                    asking.bucket.label()
                );
                self.engine.clock.sleep(wait).await;
            }
        })
    }

    fn observe<'a>(&'a self, bucket: Bucket, seen: &'a RateSeen) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            // What an answer said of limits is worth keeping, and not worth losing the answer for.
            if let Err(error) = self.try_observe(bucket, seen).await {
                tracing::warn!(
                    account = self.account,
                    "the limits of the account could not be kept: {error}"
                );
            }
        })
    }
}
