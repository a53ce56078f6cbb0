//! What people do with endpoints: add, edit, roll the secret, remove, and have something sent again.

use std::time::Duration;

use jiff::SignedDuration;
use notify::standard::{self, Unfit};
use secrecy::SecretString;
use store::outgoing_events;
use store::outgoing_webhooks::{self, OutgoingWebhook, OutgoingWebhookDraft};
use store::{audit, users};

use super::EventKind;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 100;
/// The longest address, in characters.
pub const LONGEST_URL: usize = 2_000;
/// The most endpoints: each event is a row for each of them.
pub const MOST: usize = 50;
/// How long the secret before the present one signs too.
pub const PREVIOUS_HOLDS: Duration = Duration::from_secs(24 * 60 * 60);

/// Something wrong with what somebody typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field: `name`, `url`, `kinds` or `owner_id`.
    pub field: &'static str,
    /// What is wrong, and what to do.
    pub sentence: String,
}

/// An endpoint that was made, with the secret that is shown once.
#[derive(Debug)]
pub struct Added {
    /// It.
    pub webhook: OutgoingWebhook,
    /// What signs.
    pub secret: SecretString,
}

/// Looks whether an endpoint can be as somebody typed it. Returns what is wrong, field by field.
///
/// # Errors
/// As the database says.
pub async fn check(engine: &Engine, draft: &OutgoingWebhookDraft) -> Result<Vec<Wrong>> {
    let mut reader = engine.store.read().await?;
    let mut wrongs = wrongs(engine, draft);
    if users::find(&mut reader, &draft.owner_id).await?.is_none() {
        wrongs.push(Wrong {
            field: "owner_id",
            sentence:
                "There is no such user to own the webhook. Name somebody who can sign in here."
                    .to_owned(),
        });
    }
    Ok(wrongs)
}

/// What is wrong with what somebody typed itself.
fn wrongs(engine: &Engine, draft: &OutgoingWebhookDraft) -> Vec<Wrong> {
    let mut wrongs = Vec::new();
    let mut wrong = |field, sentence: String| wrongs.push(Wrong { field, sentence });
    if !(1..=LONGEST_NAME).contains(&draft.name.trim().chars().count()) {
        wrong(
            "name",
            format!("Name the receiver in 1 to {LONGEST_NAME} characters."),
        );
    }
    let allow_private = engine.settings.outgoing_webhooks.allow_private;
    if draft.url.chars().count() > LONGEST_URL {
        wrong(
            "url",
            format!("An address has at most {LONGEST_URL} characters."),
        );
    } else if let Err(unfit) = standard::judge(&draft.url, allow_private) {
        wrong("url", sentence(unfit));
    }
    let unknown = |word: &&String| EventKind::parse(word).is_none();
    if let Some(word) = draft.kinds.iter().find(unknown) {
        wrong(
            "kinds",
            format!("There is no event {word:?}. Choose among those that are listed."),
        );
    } else if draft.kinds.is_empty() {
        wrong(
            "kinds",
            "Choose at least one event that the receiver is told of.".to_owned(),
        );
    }
    wrongs
}

/// What is wrong with an address.
pub(super) fn sentence(unfit: Unfit) -> String {
    match unfit {
        Unfit::Unreadable => "This is no address. Write it as https://example.com/path.".to_owned(),
        Unfit::SignsIn => {
            "Leave name and password out of the address: the signature proves who calls.".to_owned()
        }
        Unfit::NotHttps => {
            "The address must begin with https://. Receivers in your own network may have http:// once outgoing_webhooks.allow_private is set in config.toml.".to_owned()
        }
        Unfit::Inside(why) => format!(
            "The address leads to {why}, which is not called. Use a public address, or set outgoing_webhooks.allow_private in config.toml for receivers in your own network."
        ),
        Unfit::NoTls => {
            "TLS could not be set up on this machine; is the package ca-certificates installed?".to_owned()
        }
    }
}

/// A draft as it is kept: without blanks around it, each kind once and in our order.
fn tidy(draft: &OutgoingWebhookDraft) -> OutgoingWebhookDraft {
    let wanted = |kind: &EventKind| draft.kinds.iter().any(|word| word == kind.as_str());
    OutgoingWebhookDraft {
        name: draft.name.trim().to_owned(),
        url: draft.url.trim().to_owned(),
        kinds: EventKind::ALL
            .into_iter()
            .filter(wanted)
            .map(|kind| kind.as_str().to_owned())
            .collect(),
        active: draft.active,
        owner_id: draft.owner_id.clone(),
    }
}

/// Refuses what [`check`] finds.
async fn refuse(engine: &Engine, draft: &OutgoingWebhookDraft) -> Result<()> {
    match check(engine, draft).await?.into_iter().next() {
        Some(wrong) => Err(Error::Refused(wrong.sentence)),
        None => Ok(()),
    }
}

/// Adds an endpoint, and makes its secret. Asked for twice under the same `id`, one endpoint is made, and
/// both get its secret.
///
/// # Errors
/// [`Error::Refused`] with what is wrong; [`store::Error::Exists`] if the name is taken.
pub async fn add(
    engine: &Engine,
    id: Option<String>,
    draft: &OutgoingWebhookDraft,
    actor: &str,
) -> Result<Added> {
    if let Some(id) = &id
        && let Some(made) = made_before(engine, id).await?
    {
        return Ok(made);
    }
    refuse(engine, draft).await?;
    let keyring = &engine.keyring;
    let mut tx = engine.store.begin().await?;
    if outgoing_webhooks::list(&mut tx).await?.len() >= MOST {
        return Err(Error::Refused(format!(
            "There are {MOST} outgoing webhooks, and more are not kept. Remove one that nobody needs."
        )));
    }
    let secret = new_secret(engine);
    let id = id.unwrap_or_else(|| engine.new_id());
    let (draft, act) = (tidy(draft), engine.act(actor));
    let webhook = outgoing_webhooks::add(&mut tx, keyring, &id, &draft, &secret, act).await?;
    tx.commit().await?;
    Ok(Added { webhook, secret })
}

/// The endpoint that was made under this id, if one was.
async fn made_before(engine: &Engine, id: &str) -> Result<Option<Added>> {
    let mut reader = engine.store.read().await?;
    let found = outgoing_webhooks::find(&mut reader, id).await?;
    let Some(webhook) = found.filter(|webhook| webhook.id == id) else {
        return Ok(None);
    };
    let (keyring, now) = (&engine.keyring, engine.now());
    let secrets = outgoing_webhooks::secrets(&mut reader, keyring, id, now).await?;
    let secret = secrets.into_iter().next();
    Ok(secret.map(|secret| Added { webhook, secret }))
}

fn new_secret(engine: &Engine) -> SecretString {
    let mut random = [0; 32];
    engine.dice.fill(&mut random);
    standard::secret(&random)
}

/// Edits an endpoint as it was read; nothing if somebody edited or removed it since.
///
/// # Errors
/// [`Error::Refused`] with what is wrong; [`store::Error::Exists`] if the name is taken.
pub async fn edit(
    engine: &Engine,
    read: &OutgoingWebhook,
    draft: &OutgoingWebhookDraft,
    actor: &str,
) -> Result<Option<OutgoingWebhook>> {
    refuse(engine, draft).await?;
    let mut tx = engine.store.begin().await?;
    let edited = outgoing_webhooks::edit(&mut tx, read, &tidy(draft), engine.act(actor)).await;
    match edited {
        Ok(webhook) => {
            tx.commit().await?;
            engine.memory.ring();
            Ok(Some(webhook))
        }
        Err(store::Error::LeaseLost) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Gives an endpoint a new secret, which is shown once. The one before signs too for [`PREVIOUS_HOLDS`].
///
/// # Errors
/// As the database says.
pub async fn roll(engine: &Engine, webhook: &OutgoingWebhook, actor: &str) -> Result<SecretString> {
    let now = engine.now();
    let holds = SignedDuration::try_from(PREVIOUS_HOLDS).unwrap_or_default();
    let until = now.saturating_add(holds).unwrap_or(now);
    let secret = new_secret(engine);
    let (keyring, act) = (&engine.keyring, engine.act(actor));
    let mut tx = engine.store.begin().await?;
    outgoing_webhooks::roll(&mut tx, keyring, webhook, &secret, until, act).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Removes an endpoint as it was read, with everything that it was to be told. Says whether it was still so.
///
/// # Errors
/// As the database says.
pub async fn remove(engine: &Engine, webhook: &OutgoingWebhook, actor: &str) -> Result<bool> {
    let mut tx = engine.store.begin().await?;
    let removed = outgoing_webhooks::remove(&mut tx, webhook, engine.act(actor)).await?;
    tx.commit().await?;
    Ok(removed)
}

/// Has an event sent again now, with the same id, whatever became of it. Says whether there is one.
///
/// # Errors
/// [`Error::Refused`] if the endpoint is off; as the database says.
pub async fn send_again(
    engine: &Engine,
    webhook: &OutgoingWebhook,
    event: &str,
    actor: &str,
) -> Result<bool> {
    if !webhook.draft.active {
        return Err(Error::Refused(
            "The webhook is off, so nothing is sent to it. Switch it on first.".to_owned(),
        ));
    }
    let mut tx = engine.store.begin().await?;
    if !outgoing_events::send_again(&mut tx, &webhook.id, event, engine.now()).await? {
        return Ok(false);
    }
    outgoing_webhooks::try_now(&mut tx, &webhook.id).await?;
    let (act, name) = (engine.act(actor), &webhook.draft.name);
    audit::note(&mut tx, act, "outgoing_webhook.send_again", name, event).await?;
    tx.commit().await?;
    engine.memory.ring();
    Ok(true)
}
