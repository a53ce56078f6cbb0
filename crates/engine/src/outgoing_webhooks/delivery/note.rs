//! What came of a try, in one transaction under the endpoint's lease.

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
    let now = engine.now();
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
    let tried = Try {
        status: outcome.status.map(i64::from),
        problem: told.as_deref(),
        state: OutgoingState::Waiting,
        next_at: now,
    };
    let sentence = told.as_deref().unwrap_or_default();
    let step = match &outcome.verdict {
        Verdict::Taken => {
            let tried = Try {
                state: OutgoingState::Delivered,
                ..tried
            };
            outgoing_events::note_try(&mut tx, &event.id, tried, now).await?;
            outgoing_webhooks::delivered(&mut tx, &webhook.id, now).await?;
            Step::Arrived
        }
        Verdict::Gone => {
            outgoing_events::note_try(&mut tx, &event.id, tried, now).await?;
            switch_off(engine, &mut tx, webhook).await?;
            Step::Nothing
        }
        Verdict::Unavailable { wait, .. } => {
            outgoing_events::note_try(&mut tx, &event.id, tried, now).await?;
            let until = pace::again(now, webhook.failures + 1, *wait, &*engine.dice);
            outgoing_webhooks::put_off(&mut tx, &webhook.id, sentence, Some(until)).await?;
            // Everything whose time is over by the next try, so that a backlog does not end one by one.
            let over = earlier(until, KEEP_TRYING);
            let given_up =
                outgoing_events::give_up_old(&mut tx, &webhook.id, over, sentence, now).await?;
            if given_up > 0 {
                tell_given_up(engine, &mut tx, webhook, sentence).await?;
            }
            Step::Nothing
        }
        Verdict::Refused { .. } => {
            let next_at = pace::again(now, event.attempts + 1, None, &*engine.dice);
            let gives_up = event.tried_since < earlier(next_at, KEEP_TRYING);
            let tried = Try {
                next_at,
                state: if gives_up {
                    OutgoingState::GivenUp
                } else {
                    OutgoingState::Waiting
                },
                ..tried
            };
            outgoing_events::note_try(&mut tx, &event.id, tried, now).await?;
            outgoing_webhooks::put_off(&mut tx, &webhook.id, sentence, None).await?;
            if gives_up {
                tell_given_up(engine, &mut tx, webhook, sentence).await?;
            }
            Step::Failed
        }
    };
    engine.reached("outgoing event: before what came of it is committed");
    tx.commit().await?;
    Ok(step)
}

fn earlier(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

async fn switch_off(engine: &Engine, tx: &mut Tx, webhook: &OutgoingWebhook) -> Result<()> {
    let reason = "The receiver answered that it is gone (410), so it was switched off. What waits for it is kept; if it is back, switch it on again.";
    if outgoing_webhooks::switch_off(tx, &webhook.id, reason, engine.act(ACTOR)).await? {
        let name = &webhook.draft.name;
        let sentence = format!("Outgoing webhook {name}: {reason}");
        alerts::webhook_trouble(engine, tx, alerts::WEBHOOK_OFF, name, &sentence).await?;
    }
    Ok(())
}

/// Tells people that something was given up: once until something arrives again.
async fn tell_given_up(
    engine: &Engine,
    tx: &mut Tx,
    webhook: &OutgoingWebhook,
    why: &str,
) -> Result<()> {
    if !outgoing_webhooks::note_gave_up(tx, &webhook.id).await? {
        return Ok(());
    }
    let name = &webhook.draft.name;
    let sentence = format!(
        "Outgoing webhook {name}: events were given up after three days. {why} Under Settings, Webhooks, they can be sent again for a month."
    );
    alerts::webhook_trouble(engine, tx, alerts::WEBHOOK_GAVE_UP, name, &sentence).await
}
