//! A test alert: sent at once by one way out, and told about at once. It is no row of the list.

use std::pin::pin;

use futures_util::future::{Either, select};
use notify::mail::{Letter, Mailer};
use notify::webhook::Caller;
use serde_json::json;

use super::Channel;
use super::delivery::LONGEST_TRY;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// The kind of a test alert in a webhook's body.
const KIND: &str = "test";

/// Sends a test alert by one way out.
///
/// # Errors
/// [`Error::Refused`] with what became of it, or if the way out is not configured.
pub async fn test(engine: &Engine, channel: Channel, actor: &str) -> Result<()> {
    let outcome = match select(pin!(send(engine, channel)), engine.clock.beat(LONGEST_TRY)).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => Err(Error::Refused(
            "The other side did not answer in time.".to_owned(),
        )),
    };
    let told = match &outcome {
        Ok(()) => "it went out",
        Err(_) => "it failed",
    };
    let mut tx = engine.store.begin().await?;
    let act = engine.act(actor);
    store::audit::note(&mut tx, act, "alert.test", channel.as_str(), told).await?;
    tx.commit().await?;
    outcome
}

async fn send(engine: &Engine, channel: Channel) -> Result<()> {
    let channels = &engine.settings.alerts;
    let (id, at) = (engine.new_id(), engine.now());
    let refused = |error: notify::Error| Error::Refused(error.to_string());
    match (channel, &channels.mail, &channels.webhook) {
        (Channel::Mail, Some(settings), _) => {
            let letter = Letter {
                id: &id,
                at,
                subject: "Deskbridge: test alert",
                text: "This is a test. Alerts of your Deskbridge arrive here.\n",
            };
            let mailer = Mailer::new(settings).map_err(refused)?;
            mailer.send(&letter).await.map_err(refused)
        }
        (Channel::Webhook, _, Some(settings)) => {
            let body = json!({
                "id": id,
                "kind": KIND,
                "created_at": at,
                "title": "Test alert",
                "trouble": null,
                "workflow": null,
            });
            let caller = Caller::new(settings).map_err(refused)?;
            let body = body.to_string().into_bytes();
            caller.post(&id, at, body).await.map_err(refused)
        }
        (Channel::Mail, None, _) | (Channel::Webhook, _, None) => Err(Error::Refused(
            "This way out is not set up in config.toml, so nothing was sent.".to_owned(),
        )),
    }
}
