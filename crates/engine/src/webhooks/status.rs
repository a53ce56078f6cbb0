//! How a webhook does.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use store::integrations::Integration;
use store::runs::{self, Run, RunState};
use store::{Connection, inbox, webhooks};

use super::counts::Counts;
use crate::connection::client_of;
use crate::engine::Engine;
use crate::error::Result;

/// How many runs are looked at for changes that no delivery told of.
const RUNS: i64 = 50;
/// A run that came so soon after a delivery may have been quicker than the next one.
const GRACE: SignedDuration = SignedDuration::from_mins(5);
/// How long whoever looks at a webhook waits for what Zendesk says of it.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// The webhook of an integration, and what came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Where Zendesk sends its events.
    pub endpoint: String,
    /// Zendesk's id of it.
    pub remote_id: Option<String>,
    /// When it was set up.
    pub created_at: Timestamp,
    /// When Zendesk last sent something, to the minute.
    pub last_seen_at: Option<Timestamp>,
    /// Until when the previous secret is good too, while it is exchanged.
    pub previous_until: Option<Timestamp>,
    /// Deliveries, up to the last minute.
    pub counts: Counts,
    /// Records that wait to be looked at.
    pub waiting: i64,
    /// Since when the oldest of them has waited.
    pub oldest_waiting_at: Option<Timestamp>,
    /// That changes came in by polling only, as a sentence.
    pub silence: Option<String>,
}

/// How the webhook of an integration does; `None` if it has none.
///
/// # Errors
/// As the database says.
pub async fn status(engine: &Engine, integration: &Integration) -> Result<Option<Status>> {
    let connection = &mut *engine.store.read().await?;
    let id = &integration.id;
    let Some(webhook) = webhooks::find(connection, id).await? else {
        return Ok(None);
    };
    let open = inbox::open_counts(connection, id).await?;
    let silent_since = webhook.last_seen_at.unwrap_or(webhook.created_at);
    let now = engine.now();
    Ok(Some(Status {
        endpoint: webhook.endpoint,
        remote_id: webhook.remote_id,
        created_at: webhook.created_at,
        last_seen_at: webhook.last_seen_at,
        previous_until: webhook.previous_until.filter(|until| *until > now),
        counts: Counts::load(connection, id).await?,
        waiting: open.waiting,
        oldest_waiting_at: open.oldest_at,
        silence: silence(connection, integration, silent_since).await?,
    }))
}

async fn silence(
    connection: &mut Connection,
    integration: &Integration,
    since: Timestamp,
) -> Result<Option<String>> {
    let brought = runs::latest(connection, &integration.id, RUNS)
        .await?
        .iter()
        .filter(|run| run.created_at.duration_since(since) > GRACE)
        .filter(|run| found_changes(run))
        .count();
    Ok((brought > 0).then(|| {
        format!(
            "Zendesk has sent nothing since {since}, although {brought} {} since then found changes of tickets. Nothing is lost, it only comes later. Check that Zendesk reaches the address, then mend it on the webhook's page or with `deskbridge webhook install {}`.",
            if brought == 1 { "run" } else { "runs" },
            integration.settings.name
        )
    }))
}

fn found_changes(run: &Run) -> bool {
    let tickets = &run.counters.tickets;
    run.state == RunState::Completed
        && tickets.created + tickets.updated + run.counters.comments.created > 0
}

/// What Zendesk says of the webhook: `active`, `inactive` or `missing`; one request.
///
/// # Errors
/// What Zendesk says.
pub async fn in_zendesk(
    engine: &Engine,
    integration: &Integration,
    remote_id: &str,
) -> Result<String> {
    let client = client_of(engine, integration).await?;
    let found = client.webhook(remote_id).await?;
    Ok(found.map_or_else(|| "missing".to_owned(), |webhook| webhook.status))
}

/// What is known of how Zendesk has a webhook just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Zendesk's word for it: `active`, `inactive` or `missing`.
    Known(String),
    /// Why it is not known, as a sentence.
    Unknown(String),
}

/// Asks Zendesk how it has the webhook, for somebody who waits for it: at most five seconds, whatever
/// Zendesk does.
pub async fn standing(engine: &Engine, integration: &Integration, status: &Status) -> Standing {
    let Some(remote_id) = &status.remote_id else {
        return Standing::Unknown(
            "Deskbridge did not make it, so it does not know which one of Zendesk's it is."
                .to_owned(),
        );
    };
    let asking = pin!(in_zendesk(engine, integration, remote_id));
    match select(asking, engine.clock.beat(LONGEST_LOOK)).await {
        Either::Left((Ok(word), _)) => Standing::Known(word),
        Either::Left((Err(error), _)) => Standing::Unknown(error.for_asker().to_string()),
        Either::Right(_) => Standing::Unknown(format!(
            "Zendesk did not answer within {} seconds. Look again in a moment.",
            LONGEST_LOOK.as_secs()
        )),
    }
}
