//! Sends what endpoints are to be told: at least once, in order as far as nothing fails, for up to three days.
//!
//! Who sends to an endpoint holds its lease, so two processes never both do. What came of a try is noted under
//! that lease: a process that dies, or loses the lease, in between leaves an event that is sent again, with
//! the same id. An endpoint that is unavailable is left alone for a while, with all that waits for it in its
//! order; an event that it refuses is put off by itself, and the next one goes on. Each endpoint has a turn of
//! its own, so a slow one holds up no other.

mod note;
mod pace;

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{Either, join_all, select};
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use notify::standard::{Endpoint, Outcome, Verdict};
use secrecy::SecretString;
use store::leases::{self, Lease};
use store::outgoing_events::{self, OutgoingEvent};
use store::outgoing_webhooks::{self, OutgoingWebhook};

use super::{change, message};
use crate::engine::Engine;
use crate::error::{Error, Result};

pub use pace::KEEP_TRYING;

/// How long events are kept that arrived.
pub const KEEP_DELIVERED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long events are kept that were given up, so that they can be sent again.
pub const KEEP_GIVEN_UP: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long who looks for something to send waits before looking again.
const IDLE: Duration = Duration::from_millis(500);
/// How long a turn with one endpoint may go on, and its lease: longer by more than one try.
const TURN: SignedDuration = SignedDuration::from_secs(30);
const LEASE: Duration = Duration::from_secs(90);
/// How long a try may take as a whole.
const LONGEST_TRY: Duration = Duration::from_secs(20);

/// Sends for ever.
pub(crate) async fn serve(engine: Engine) {
    let mut turns = FuturesUnordered::new();
    let mut busy = BTreeSet::new();
    loop {
        for id in due(&engine).await {
            if busy.insert(id.clone()) {
                turns.push(turn_of(&engine, id));
            }
        }
        let pause = engine.clock.beat(IDLE);
        let pause = select(pause, Box::pin(engine.memory.rung()));
        if turns.is_empty() {
            pause.await;
        } else if let Either::Left((Some(id), _)) = select(turns.next(), pause).await {
            busy.remove(&id);
        }
    }
}

/// Sends everything that is due now. Returns how many events arrived.
///
/// # Errors
/// As the database says.
pub async fn deliver_due(engine: &Engine) -> Result<usize> {
    let mut reader = engine.store.read().await?;
    let due = outgoing_webhooks::due(&mut reader, engine.now()).await?;
    drop(reader);
    let turns = due.iter().map(|id| turn(engine, id));
    let mut arrived = 0;
    for done in join_all(turns).await {
        arrived += done?;
    }
    Ok(arrived)
}

/// Removes what is kept no longer.
///
/// # Errors
/// As the database says.
pub async fn tidy_up(engine: &Engine) -> Result<()> {
    let now = engine.now();
    let before = |age| now.saturating_sub(age).unwrap_or(now);
    let mut tx = engine.store.begin().await?;
    outgoing_events::sweep(&mut tx, before(KEEP_DELIVERED), before(KEEP_GIVEN_UP)).await?;
    Ok(tx.commit().await?)
}

async fn due(engine: &Engine) -> Vec<String> {
    let looking = async {
        let mut reader = engine.store.read().await?;
        outgoing_webhooks::due(&mut reader, engine.now()).await
    };
    looking.await.unwrap_or_else(|error| {
        tracing::error!("no outgoing webhook could be looked for: {error}");
        Vec::new()
    })
}

/// One turn that ends in any case; says of whom it was.
async fn turn_of(engine: &Engine, id: String) -> String {
    if let Err(error) = turn(engine, &id).await {
        tracing::error!("events could not be sent to an outgoing webhook: {error}");
        engine.clock.beat(IDLE).await;
    }
    id
}

/// What came of one step of a turn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// An event arrived.
    Arrived,
    /// An event was put off or given up; the next one may go.
    Failed,
    /// There is nothing to send now.
    Nothing,
}

/// Sends one endpoint what is due, for a while. Returns how many events arrived.
async fn turn(engine: &Engine, id: &str) -> Result<usize> {
    let begun = engine.now();
    let holder = &engine.settings.holder;
    let Some(lease) = outgoing_webhooks::take(&engine.store, id, holder, begun, LEASE).await?
    else {
        return Ok(0);
    };
    engine.reached("outgoing event: after its endpoint is taken");
    let mut arrived = 0;
    while engine.now().duration_since(begun) < TURN {
        match step(engine, &lease, id).await {
            Ok(Step::Arrived) => arrived += 1,
            Ok(Step::Failed) => {}
            Ok(Step::Nothing) => break,
            // Somebody else is at it now, and sends again what was not noted.
            Err(Error::Store(store::Error::LeaseLost)) => {
                tracing::warn!("an outgoing webhook was taken over by another worker");
                return Ok(arrived);
            }
            Err(error) => return Err(error),
        }
    }
    let mut tx = engine.store.begin().await?;
    leases::give_back(&mut tx, &lease).await?;
    tx.commit().await?;
    Ok(arrived)
}

async fn step(engine: &Engine, lease: &Lease, id: &str) -> Result<Step> {
    let now = engine.now();
    let Some((webhook, event, secrets)) = next(engine, id, now).await? else {
        return Ok(Step::Nothing);
    };
    let pages = engine.settings.alerts.pages.as_deref();
    let body = message::of_event(&event, pages);
    engine.reached("outgoing event: before it is sent");
    let outcome = post(engine, &webhook, &event.id, &secrets, body).await;
    engine.reached("outgoing event: after it is sent");
    let step = note::note(engine, lease, &webhook, &event, &outcome).await?;
    engine.reached("outgoing event: after it is noted");
    Ok(step)
}

/// What an endpoint is to be told now, if it may be told anything.
async fn next(
    engine: &Engine,
    id: &str,
    now: Timestamp,
) -> Result<Option<(OutgoingWebhook, OutgoingEvent, Vec<SecretString>)>> {
    let mut reader = engine.store.read().await?;
    let found = outgoing_webhooks::find(&mut reader, id).await?;
    let is_ready = |webhook: &OutgoingWebhook| {
        webhook.draft.active && webhook.paused_until.is_none_or(|until| until <= now)
    };
    let Some(webhook) = found.filter(is_ready) else {
        return Ok(None);
    };
    let Some(event) = outgoing_events::next(&mut reader, id, now).await? else {
        return Ok(None);
    };
    let secrets = outgoing_webhooks::secrets(&mut reader, &engine.keyring, id, now).await?;
    Ok(Some((webhook, event, secrets)))
}

/// Posts one body to an endpoint, within a time that is bounded as a whole.
pub(super) async fn post(
    engine: &Engine,
    webhook: &OutgoingWebhook,
    id: &str,
    secrets: &[SecretString],
    body: String,
) -> Outcome {
    let allow_private = engine.settings.outgoing_webhooks.allow_private;
    let endpoint = match Endpoint::new(&webhook.draft.url, allow_private) {
        Ok(endpoint) => endpoint,
        // What config.toml allows may have changed since it was added.
        Err(unfit) => return unavailable(change::sentence(unfit)),
    };
    let posting = endpoint.post(id, engine.now(), secrets, body.into_bytes());
    match select(pin!(posting), engine.clock.beat(LONGEST_TRY)).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => unavailable("The receiver did not answer in time.".to_owned()),
    }
}

fn unavailable(sentence: String) -> Outcome {
    Outcome {
        status: None,
        verdict: Verdict::Unavailable {
            sentence,
            wait: None,
        },
    }
}

/// What is wrong, if the event did not arrive.
pub(super) fn problem(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Taken => None,
        Verdict::Gone => {
            Some("The receiver answers that it is gone (410), and wants nothing more.".to_owned())
        }
        Verdict::Unavailable { sentence, .. } | Verdict::Refused { sentence } => {
            Some(sentence.clone())
        }
    }
}
