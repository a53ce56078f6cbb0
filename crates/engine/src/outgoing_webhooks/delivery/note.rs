//! What came of a try, in one transaction under the endpoint's lease.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use notify::standard::{Outcome, Verdict};
use store::Tx;
use store::leases::{self, Lease};
use store::outgoing_events::{self, OutgoingEvent, OutgoingState, Try};
use store::outgoing_webhooks::{self, OutgoingWebhook};

use super::pace::{self, KEEP_TRYING};
use super::{Step, problem};
use crate::alerts;
use crate::engine::Engine;
use crate::error::Result;

/// Who switches off an endpoint that says that it is gone, in the audit log.
const ACTOR: &str = "delivery";
/// Why an endpoint that says that it is gone is off.
const GONE: &str = "The receiver answered that it is gone (410), so it was switched off. What waits for it is kept; if it is back, switch it on again.";

/// What a try is noted with.
struct Noting<'a> {
    engine: &'a Engine,
    tx: Tx,
    webhook: &'a OutgoingWebhook,
    event: &'a OutgoingEvent,
    status: Option<i64>,
    /// Why it failed; empty if it did not.
    why: &'a str,
    now: Timestamp,
}

/// Notes what came of a try.
///
/// # Errors
/// [`store::Error::LeaseLost`] if somebody else is at the endpoint now; nothing is noted then.
pub(super) async fn note(
    engine: &Engine,
    lease: &Lease,
    webhook: &OutgoingWebhook,
    event: &OutgoingEvent,
    outcome: &Outcome,
) -> Result<Step> {
    let told = problem(&outcome.verdict);
    if let Some(sentence) = &told {
        tracing::warn!(
            webhook = webhook.id,
            event = event.id,
            "an event could not be sent: {sentence}"
        );
    }
    let mut tx = engine.store.begin().await?;
    leases::confirm(&mut tx, lease).await?;
    let mut noting = Noting {
        engine,
        tx,
        webhook,
        event,
        status: outcome.status.map(i64::from),
        why: told.as_deref().unwrap_or_default(),
        now: engine.now(),
    };
    let step = match &outcome.verdict {
        Verdict::Taken => noting.arrived().await?,
        Verdict::Gone => noting.gone().await?,
        Verdict::Unavailable { wait, .. } => noting.unavailable(*wait).await?,
        Verdict::Refused { .. } => noting.refused().await?,
    };
    engine.reached("outgoing event: before what came of it is committed");
    noting.tx.commit().await?;
    Ok(step)
}

impl Noting<'_> {
    async fn event_is(&mut self, state: OutgoingState, next_at: Timestamp) -> Result<()> {
        let tried = Try {
            status: self.status,
            problem: Some(self.why).filter(|why| !why.is_empty()),
            state,
            next_at,
        };
        Ok(outgoing_events::note_try(&mut self.tx, &self.event.id, tried, self.now).await?)
    }

    async fn arrived(&mut self) -> Result<Step> {
        self.event_is(OutgoingState::Delivered, self.now).await?;
        outgoing_webhooks::delivered(&mut self.tx, &self.webhook.id, self.now).await?;
        Ok(Step::Arrived)
    }

    /// The endpoint is there no more: it is switched off, and what waits for it is kept.
    async fn gone(&mut self) -> Result<Step> {
        self.event_is(OutgoingState::Waiting, self.now).await?;
        let act = self.engine.act(ACTOR);
        if outgoing_webhooks::switch_off(&mut self.tx, &self.webhook.id, GONE, act).await? {
            self.alert(alerts::WEBHOOK_OFF, GONE).await?;
        }
        Ok(Step::Nothing)
    }

    /// Nothing is sent to the endpoint for a while; what waits for it keeps its order.
    async fn unavailable(&mut self, wait: Option<Duration>) -> Result<Step> {
        self.event_is(OutgoingState::Waiting, self.now).await?;
        let (id, now) = (&self.webhook.id, self.now);
        let failures = self.webhook.failures + 1;
        let until = pace::again(now, failures, wait, &*self.engine.dice);
        outgoing_webhooks::put_off(&mut self.tx, id, self.why, Some(until)).await?;
        // Everything whose time is over by the next try, so that a backlog does not end one by one.
        let over = earlier(until, KEEP_TRYING);
        let given_up = outgoing_events::give_up_old(&mut self.tx, id, over, self.why, now).await?;
        if given_up > 0 {
            self.tell_given_up().await?;
        }
        Ok(Step::Nothing)
    }

    /// The event is put off by itself, or given up; the next one may go.
    async fn refused(&mut self) -> Result<Step> {
        let tries = self.event.attempts + 1;
        let next_at = pace::again(self.now, tries, None, &*self.engine.dice);
        outgoing_webhooks::put_off(&mut self.tx, &self.webhook.id, self.why, None).await?;
        if self.event.tried_since < earlier(next_at, KEEP_TRYING) {
            self.event_is(OutgoingState::GivenUp, next_at).await?;
            self.tell_given_up().await?;
        } else {
            self.event_is(OutgoingState::Waiting, next_at).await?;
        }
        Ok(Step::Failed)
    }

    /// Tells people that something was given up: once until something arrives again.
    async fn tell_given_up(&mut self) -> Result<()> {
        if !outgoing_webhooks::note_gave_up(&mut self.tx, &self.webhook.id).await? {
            return Ok(());
        }
        let what = format!(
            "events were given up after three days. {} Under Settings, Webhooks, they can be sent again for a month.",
            self.why
        );
        self.alert(alerts::WEBHOOK_GAVE_UP, &what).await
    }

    async fn alert(&mut self, kind: &str, what: &str) -> Result<()> {
        let name = &self.webhook.draft.name;
        let sentence = format!("Outgoing webhook {name}: {what}");
        alerts::webhook_trouble(self.engine, &mut self.tx, kind, name, &sentence).await
    }
}

fn earlier(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.saturating_sub(by).unwrap_or(Timestamp::MIN)
}
