//! One pause for a whole account whose sign-in is refused.
//!
//! Without it each operation would meet the refusal by itself. The pause is kept in the database, for all
//! processes; once it is over, whoever comes first tries, and a success lets everything go that waited for
//! the sign-in.

use domain::outbox::{Operation, Parked, State};
use jiff::SignedDuration;
use store::integrations;
use store::outbox::{self, SignInPause};

use crate::connection::client_of;
use crate::engine::Engine;
use crate::error::Result;

/// How long nothing is sent after a refusal.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// Begins, lengthens or ends the pause of an account by how an attempt has left its operation.
///
/// # Errors
/// As the database says.
pub(super) async fn judge(
    engine: &Engine,
    integration: &str,
    attempted: &Operation,
    state: State,
) -> Result<()> {
    let mut reader = engine.store.read().await?;
    let standing = outbox::sign_in_pause(&mut reader, integration).await?;
    let entry = outbox::find(&mut reader, &attempted.op_id).await?;
    let found = integrations::find(&mut reader, integration).await?;
    drop(reader);
    let reason = entry.and_then(|entry| entry.operation.reason);
    let now = engine.now();
    match (state, reason, found) {
        (State::Waiting, Some(Parked::SignIn { fix }), Some(found)) => {
            // It may be one ticket that we are not let see.
            let refused = match client_of(engine, &found).await {
                Ok(client) => matches!(client.me().await, Err(zendesk::Error::NotSignedIn { .. })),
                Err(_) => true,
            };
            if !refused {
                return Ok(());
            }
            engine.memory.forget_client(integration);
            let pause = SignInPause {
                until: now.saturating_add(PAUSE).unwrap_or(now),
                fix,
            };
            let mut tx = engine.store.begin().await?;
            outbox::pause_for_sign_in(&mut tx, integration, &pause, now).await?;
            Ok(tx.commit().await?)
        }
        (State::Done | State::Parked, _, Some(_)) if standing.is_some() => {
            let mut tx = engine.store.begin().await?;
            outbox::end_sign_in_pause(&mut tx, integration, now).await?;
            tx.commit().await?;
            engine.memory.ring();
            Ok(())
        }
        (
            State::Waiting | State::Claimed | State::Done | State::Parked | State::Discarded,
            _,
            _,
        ) => Ok(()),
    }
}
