//! Adding, editing and removing outgoing webhooks, and rolling their secrets.

use anyhow::anyhow;
use engine::Engine;
use engine::outgoing_webhooks;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use store::outgoing_webhooks::{OutgoingWebhook, OutgoingWebhookDraft};

use super::Settings;
use crate::failure::usage;
use crate::installation::ACTOR;
use crate::output;

/// The id of the user of this email.
async fn owner_id(engine: &Engine, email: &str) -> anyhow::Result<String> {
    let connection = &mut *engine.store.read().await?;
    let found = store::users::by_email(connection, email).await?;
    let found = found.ok_or_else(|| {
        anyhow!("There is no user {email:?}. Name somebody who can sign in here.")
    })?;
    Ok(found.id)
}

pub(super) async fn add(
    engine: &Engine,
    name: String,
    settings: Settings,
    as_json: bool,
) -> anyhow::Result<()> {
    let (Some(url), Some(owner)) = (settings.url, settings.owner) else {
        return Err(usage(
            "A new webhook needs --url, where it takes events, and --owner, the user who answers for it.",
        ));
    };
    if settings.events.is_empty() {
        return Err(usage(
            "Say with --event what it is told of; it may be given several times.",
        ));
    }
    let draft = OutgoingWebhookDraft {
        name,
        url,
        kinds: settings.events,
        active: true,
        owner_id: owner_id(engine, &owner).await?,
    };
    let added = outgoing_webhooks::add(engine, None, &draft, ACTOR).await?;
    if as_json {
        return output::json(&json!({
            "id": added.webhook.id,
            "name": added.webhook.draft.name,
            "secret": added.secret.expose_secret(),
        }));
    }
    output::note(&format!(
        "The outgoing webhook {} was added. Give its secret to the receiver; it is shown this once:",
        added.webhook.draft.name
    ));
    output::line(added.secret.expose_secret());
    Ok(())
}

pub(super) async fn edit(
    engine: &Engine,
    found: &OutgoingWebhook,
    rename: Option<String>,
    settings: Settings,
    switch: Option<bool>,
) -> anyhow::Result<()> {
    let mut draft = found.draft.clone();
    if let Some(name) = rename {
        draft.name = name;
    }
    if let Some(url) = settings.url {
        draft.url = url;
    }
    if !settings.events.is_empty() {
        draft.kinds = settings.events;
    }
    if let Some(owner) = settings.owner {
        draft.owner_id = owner_id(engine, &owner).await?;
    }
    draft.active = switch.unwrap_or(draft.active);
    if draft == found.draft {
        output::line("Nothing was changed.");
        return Ok(());
    }
    match outgoing_webhooks::edit(engine, found, &draft, ACTOR).await? {
        Some(edited) => output::line(&format!(
            "The outgoing webhook {} was changed.",
            edited.draft.name
        )),
        None => {
            return Err(anyhow!(
                "Somebody else changed the outgoing webhook just now, so nothing was changed. Look at it and try again."
            ));
        }
    }
    Ok(())
}

pub(super) async fn roll(
    engine: &Engine,
    found: &OutgoingWebhook,
    as_json: bool,
) -> anyhow::Result<()> {
    let secret: SecretString = outgoing_webhooks::roll(engine, found, ACTOR).await?;
    if as_json {
        return output::json(&json!({ "secret": secret.expose_secret() }));
    }
    output::note(
        "Give the new secret to the receiver; it is shown this once. The one before signs too for 24 hours:",
    );
    output::line(secret.expose_secret());
    Ok(())
}

pub(super) async fn remove(engine: &Engine, found: &OutgoingWebhook) -> anyhow::Result<()> {
    if !outgoing_webhooks::remove(engine, found, ACTOR).await? {
        return Err(anyhow!(
            "Somebody else changed or removed the outgoing webhook just now. Look at it and try again."
        ));
    }
    output::line(&format!(
        "The outgoing webhook {} was removed, with everything that waited for it.",
        found.draft.name
    ));
    Ok(())
}
