//! A dry run: what would be sent, found out on a copy of the database and never sent.

use domain::push::Sending;
use jiff::SignedDuration;
use store::integrations::Integration;
use store::outbox;
use zendesk::Client;

use super::Push;
use crate::case_sync::pull::Pull;
use crate::engine::Engine;
use crate::error::Result;

/// What waits for so long in the copy counts as due, too.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);
/// The most operations that are told.
const TOLD: usize = 10_000;

/// What one operation would send.
#[derive(Debug, Clone)]
pub(crate) struct Foreseen {
    /// The case.
    pub(crate) case: String,
    /// What.
    pub(crate) sending: Sending,
}

/// Goes through everything that waits for `integration` in `copy`, up to the moment where it would be
/// sent. Tickets are read for real.
///
/// # Errors
/// As the database says.
pub(crate) async fn foresee(
    copy: &Engine,
    integration: &Integration,
    client: &Client,
) -> Result<Vec<Foreseen>> {
    let mut told = Vec::new();
    while told.len() < TOLD {
        let now = copy.now();
        let ahead = now.saturating_add(AHEAD).unwrap_or(now);
        let claimed = outbox::claim(
            &copy.store,
            Some(&integration.id),
            &copy.settings.holder,
            ahead,
            copy.settings.lease,
        );
        let Some(claimed) = claimed.await? else {
            break;
        };
        let pull = Pull::quietly(copy, integration.clone(), client.clone()).await?;
        let case = claimed.operation.line.clone();
        let mut push = Push {
            pull,
            operation: claimed.operation,
            record: None,
            foreseen: Some(Vec::new()),
        };
        push.drive().await?;
        let sendings = push.foreseen.unwrap_or_default();
        told.extend(sendings.into_iter().map(|sending| Foreseen {
            case: case.clone(),
            sending,
        }));
    }
    Ok(told)
}
