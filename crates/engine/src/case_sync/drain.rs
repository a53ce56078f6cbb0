//! The second half of a run: what waits to be sent is sent, and what that stirs up is read.
//!
//! `deskbridge serve` has workers that do this all the time; a run does it for its own integration, so
//! that one `deskbridge sync` leaves both sides in step.

use jiff::SignedDuration;
use store::runs::{self, Counters};
use store::{inbox, outbox};

use domain::outbox::State;

use super::hints::heed;
use super::pull::Pull;
use super::push::push_next;
use crate::error::{Error, Result};

/// What is due within this time is waited for: a run that ends a second before an edit would be sent
/// is no use.
pub(super) const WORTH_WAITING: SignedDuration = SignedDuration::from_secs(5);
/// The most turns of one run; the rest is left to the next one.
const MOST_TURNS: u32 = 100_000;
const STAGE: &str = "push";

/// Sends and heeds until nothing is due any more.
pub(super) async fn drain(pull: &mut Pull<'_>) -> Result<()> {
    let engine = pull.engine;
    let integration = pull.integration.id.clone();
    for turn in 0..MOST_TURNS {
        let sent = match pull.integration.settings.two_way {
            true => Box::pin(push_next(engine, Some(&integration))).await?,
            false => None,
        };
        if let Some(pushed) = &sent {
            let met = &pushed.counters;
            if *met != Counters::default() {
                pull.count(|counters| {
                    counters.conflicts += met.conflicts;
                    counters.cases.created += met.cases.created;
                    counters.cases.updated += met.cases.updated;
                    counters.contacts.created += met.contacts.created;
                    counters.contacts.updated += met.contacts.updated;
                });
            }
        }
        match sent.map(|pushed| pushed.state) {
            Some(State::Done) => pull.count(|counters| counters.delivered += 1),
            Some(State::Parked) => pull.count(|counters| counters.parked += 1),
            Some(State::Waiting | State::Claimed | State::Discarded) => {}
            None => {
                let looked = match heed(engine, &pull.integration).await {
                    // The hints wait; what this run read is kept all the same.
                    Err(Error::Zendesk(error))
                        if !matches!(error, zendesk::Error::NotSignedIn { .. }) =>
                    {
                        pull.warn_later(format!(
                            "What changed in single tickets is read later. {error}"
                        ));
                        0
                    }
                    other => other?,
                };
                if looked == 0 && !wait(pull).await? {
                    break;
                }
            }
        }
        if turn % 50 == 49 {
            let page = pull.begin().await?;
            pull.commit(page, STAGE, None).await?;
        }
    }
    if pull.has_counted() || pull.has_to_warn() {
        let page = pull.begin().await?;
        pull.commit(page, STAGE, None).await?;
    }
    Ok(())
}

/// Waits for what is due soon. False if nothing is.
async fn wait(pull: &Pull<'_>) -> Result<bool> {
    let engine = pull.engine;
    let integration = pull.integration.id.as_str();
    let mut reader = engine.store.read().await?;
    let stopping = match pull.run_id() {
        Some(run) => runs::find(&mut reader, run)
            .await?
            .is_none_or(|run| run.stop_requested),
        None => false,
    };
    if stopping {
        return Err(Error::Stopped);
    }
    // While the sign-in is refused nothing is claimed, however due it is.
    let now = engine.now();
    let pause = outbox::sign_in_pause(&mut reader, integration).await?;
    let pause = pause.map(|pause| pause.until).filter(|until| *until > now);
    let sending = outbox::next_due(&mut reader, Some(integration)).await?;
    let sending = sending.map(|due| pause.map_or(due, |until| due.max(until)));
    let looking = inbox::next_due_of(&mut reader, integration).await?;
    drop(reader);
    let Some(due) = sending.into_iter().chain(looking).min() else {
        return Ok(false);
    };
    let wait = due.duration_since(now).max(SignedDuration::from_millis(10));
    if wait > WORTH_WAITING {
        return Ok(false);
    }
    engine.clock.sleep(wait.unsigned_abs()).await;
    Ok(true)
}
