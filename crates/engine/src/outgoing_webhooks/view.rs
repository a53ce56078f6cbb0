//! Endpoints and what they were told, as pages, programs and the command line show them.

use store::outgoing_events::{self, OutgoingEvent, OutgoingState};
use store::outgoing_webhooks::{self, OutgoingWebhook};
use store::users;

use crate::engine::Engine;
use crate::error::{Error, Result};

/// An endpoint with what is beside it.
#[derive(Debug, Clone)]
pub struct Overview {
    /// It.
    pub webhook: OutgoingWebhook,
    /// How many events wait for it.
    pub waiting: i64,
    /// What its owner is called.
    pub owner: String,
}

/// All endpoints, by name.
///
/// # Errors
/// As the database says.
pub async fn list(engine: &Engine) -> Result<Vec<Overview>> {
    let mut reader = engine.store.read().await?;
    let waiting = outgoing_events::waiting(&mut reader).await?;
    let members = users::members(&mut reader).await?;
    let all = outgoing_webhooks::list(&mut reader).await?;
    let name_of = |id: &str| {
        let found = members.iter().find(|member| member.user.id == id);
        found.map_or_else(String::new, |member| member.user.name.clone())
    };
    Ok(all
        .into_iter()
        .map(|webhook| Overview {
            waiting: waiting.get(&webhook.id).copied().unwrap_or(0),
            owner: name_of(&webhook.draft.owner_id),
            webhook,
        })
        .collect())
}

/// A page of what an endpoint was or is to be told.
#[derive(Debug, Clone)]
pub struct EventPage {
    /// The events, newest first.
    pub events: Vec<OutgoingEvent>,
    /// Behind which event the next page begins; none on the last one.
    pub next: Option<String>,
}

/// What an endpoint was or is to be told, newest first, behind the event `after`; only in this state, if
/// one is given.
///
/// # Errors
/// [`Error::Refused`] if the event `after` is not there (any more).
pub async fn events(
    engine: &Engine,
    webhook: &OutgoingWebhook,
    state: Option<OutgoingState>,
    after: Option<&str>,
    limit: usize,
) -> Result<EventPage> {
    let mut reader = engine.store.read().await?;
    let id = &webhook.id;
    let before = match after {
        None => None,
        Some(after) => {
            let found = outgoing_events::find(&mut reader, id, after).await?;
            let found = found.ok_or_else(|| {
                Error::Refused(
                    "The event behind which this page begins is not kept any more. Begin with the first page."
                        .to_owned(),
                )
            })?;
            Some((found.at, found.id))
        }
    };
    let before = before.as_ref().map(|(at, id)| (*at, id.as_str()));
    let most = i64::try_from(limit).unwrap_or(i64::MAX - 1);
    let mut events =
        outgoing_events::page(&mut reader, id, state, before, most.saturating_add(1)).await?;
    let is_more = events.len() > limit;
    events.truncate(limit);
    let last = events.last().filter(|_| is_more);
    Ok(EventPage {
        next: last.map(|event| event.id.clone()),
        events,
    })
}
