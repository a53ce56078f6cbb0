//! A test event: sent at once, to an endpoint that is on or off, and told about at once. It is no row of the
//! list.

use store::audit;
use store::outgoing_webhooks::{self, OutgoingWebhook};

use super::{delivery, message};
use crate::engine::Engine;
use crate::error::Result;

/// What became of a test event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// Whether the endpoint took it.
    pub arrived: bool,
    /// The HTTP status of its answer, if there was one.
    pub status: Option<u16>,
    /// What is to be said about it.
    pub sentence: String,
}

/// Sends a test event.
///
/// # Errors
/// As the database says; an endpoint that does not take it is no error.
pub async fn test(engine: &Engine, webhook: &OutgoingWebhook, actor: &str) -> Result<Tested> {
    let (id, now) = (engine.new_id(), engine.now());
    let mut reader = engine.store.read().await?;
    let secrets =
        outgoing_webhooks::secrets(&mut reader, &engine.keyring, &webhook.id, now).await?;
    drop(reader);
    let body = message::of_test(&id, now);
    let outcome = delivery::post(engine, webhook, &id, &secrets, body).await;
    let sentence = delivery::problem(&outcome.verdict);
    let tested = Tested {
        arrived: sentence.is_none(),
        status: outcome.status,
        sentence: sentence.unwrap_or_else(|| "The receiver took the test event.".to_owned()),
    };
    let told = if tested.arrived {
        "it arrived"
    } else {
        "it failed"
    };
    let mut tx = engine.store.begin().await?;
    let (act, name) = (engine.act(actor), &webhook.draft.name);
    audit::note(&mut tx, act, "outgoing_webhook.test", name, told).await?;
    tx.commit().await?;
    Ok(tested)
}
