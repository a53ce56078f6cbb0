//! The webhook in Zendesk: made, mended, given another secret, removed.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use store::integrations::Integration;
use store::webhooks as kept;
use zendesk::webhooks::TICKET_EVENTS;
use zendesk::{AddressPolicy, Client, Webhook};

use crate::connection::client_of;
use crate::engine::Engine;
use crate::error::{Error, Result, deleted_meanwhile};

/// How long the previous secret stays good once there is a new one.
pub const PREVIOUS_LASTS: SignedDuration = SignedDuration::from_hours(24);

/// The longest address of an installation, in characters: a host's name has 253 at most.
pub const LONGEST_ADDRESS: usize = 300;

/// The events of users worth a hint: what moves a contact's fields, or who somebody is. Left out is
/// `created`: nobody's ticket names a new user yet, and an import of users would be a flood.
const USER_EVENTS: &[&str] = &[
    "zen:event-type:user.active_changed",
    "zen:event-type:user.deleted",
    "zen:event-type:user.identity_changed",
    "zen:event-type:user.identity_created",
    "zen:event-type:user.identity_deleted",
    "zen:event-type:user.merged",
    "zen:event-type:user.name_changed",
    "zen:event-type:user.role_changed",
];

/// What an installation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// There was none of ours; one was made in Zendesk.
    Made,
    /// There was one of ours, and something about it was wrong.
    Mended,
    /// There was one of ours, and all of it was right.
    None,
}

/// The webhook as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Where Zendesk sends its events.
    pub endpoint: String,
    /// What had to be done.
    pub change: Change,
}

/// Makes the webhook of an integration in Zendesk, with its subscriptions to events of tickets and of
/// users, and keeps the secret that Zendesk signs with, sealed. `public_url` is the address at which
/// Zendesk reaches this installation. One of ours that is there already is found again and mended, so
/// this is safe to repeat.
///
/// # Errors
/// [`Error::Field`] for an address that Zendesk could not or should not call; what Zendesk says.
pub async fn install(
    engine: &Engine,
    integration: &Integration,
    public_url: &str,
    actor: &str,
) -> Result<Installed> {
    let endpoint = endpoint_of(public_url, &integration.id, &engine.settings.addresses)?;
    let installing = set_up(engine, integration, endpoint, actor);
    installing.await.map_err(Error::for_asker)
}

/// Makes or mends the webhook that calls `endpoint`.
async fn set_up(
    engine: &Engine,
    integration: &Integration,
    endpoint: String,
    actor: &str,
) -> Result<Installed> {
    let client = client_of(engine, integration).await?;
    let known = kept::find(&mut *engine.store.read().await?, &integration.id).await?;
    let remote_id = known.as_ref().and_then(|known| known.remote_id.as_deref());
    let ours = ours(&client, integration, remote_id).await?;
    let right = ours.iter().find(|webhook| is_right(webhook, &endpoint));
    let (webhook, made) = match right {
        Some(webhook) => (webhook.clone(), false),
        None => (create(&client, integration, &endpoint).await?, true),
    };
    let secret = client.signing_secret(&webhook.id).await?;
    let is_same = known.is_some_and(|known| {
        known.remote_id.as_ref() == Some(&webhook.id) && known.endpoint == endpoint
    });
    let noted = keep(
        engine,
        integration,
        &webhook.id,
        &endpoint,
        &secret,
        is_same,
        actor,
    )
    .await?;
    // Only now: until here the former one still did its work.
    let former: Vec<&Webhook> = ours.iter().filter(|other| other.id != webhook.id).collect();
    for other in &former {
        client.delete_webhook(&other.id).await?;
    }
    let change = if made && ours.is_empty() {
        Change::Made
    } else if made || noted || !former.is_empty() {
        Change::Mended
    } else {
        Change::None
    };
    Ok(Installed { endpoint, change })
}

/// Keeps what is known of the webhook, if it differs from what was. Returns whether it did.
async fn keep(
    engine: &Engine,
    integration: &Integration,
    remote_id: &str,
    endpoint: &str,
    secret: &SecretString,
    is_same: bool,
    actor: &str,
) -> Result<bool> {
    let (id, keyring) = (&integration.id, &engine.keyring);
    let act = engine.act(actor);
    let mut tx = engine.store.begin().await?;
    let present = kept::secrets(&mut tx, keyring, id, act.now).await?;
    let is_known = present
        .first()
        .is_some_and(|present| present.expose_secret() == secret.expose_secret());
    if is_same && is_known {
        return Ok(false);
    }
    if is_same {
        // Somebody had Zendesk make another secret: what was signed before is still on its way.
        kept::rotate(&mut tx, keyring, id, secret, lasts_until(act.now), act).await?;
    } else {
        let put = kept::put(&mut tx, keyring, id, Some(remote_id), endpoint, secret, act);
        put.await.map_err(deleted_meanwhile)?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Has Zendesk sign with another secret. Returns until when the former one is good too.
///
/// # Errors
/// [`Error::Refused`] if there is no webhook; what Zendesk says.
pub async fn rotate(engine: &Engine, integration: &Integration, actor: &str) -> Result<Timestamp> {
    let exchanging = exchange(engine, integration, actor);
    exchanging.await.map_err(Error::for_asker)
}

async fn exchange(engine: &Engine, integration: &Integration, actor: &str) -> Result<Timestamp> {
    let mut reader = engine.store.read().await?;
    let known = kept::find(&mut reader, &integration.id).await?;
    let present =
        kept::secrets(&mut reader, &engine.keyring, &integration.id, engine.now()).await?;
    drop(reader);
    let (Some(remote_id), Some(present)) =
        (known.and_then(|known| known.remote_id), present.first())
    else {
        return Err(none_here(integration));
    };
    let client = client_of(engine, integration).await?;
    let secret = match client.reset_signing_secret(&remote_id).await {
        Ok(secret) => secret,
        Err(error) if error.is_not_found() => return Err(gone_there(integration)),
        // It may have been done without our hearing of it.
        Err(error) => match client.signing_secret(&remote_id).await {
            Ok(secret) if secret.expose_secret() != present.expose_secret() => secret,
            Ok(_) | Err(_) => return Err(error.into()),
        },
    };
    engine.reached("webhook: after Zendesk has another secret");
    let act = engine.act(actor);
    let until = lasts_until(act.now);
    let mut tx = engine.store.begin().await?;
    kept::rotate(
        &mut tx,
        &engine.keyring,
        &integration.id,
        &secret,
        until,
        act,
    )
    .await?;
    tx.commit().await?;
    Ok(until)
}

/// Removes the webhook, in Zendesk first. False if there was none, neither there nor here.
///
/// # Errors
/// What Zendesk says; then it is still known here, so that it can be removed later.
pub async fn remove(engine: &Engine, integration: &Integration, actor: &str) -> Result<bool> {
    let removing = take_down(engine, integration, actor);
    removing.await.map_err(Error::for_asker)
}

async fn take_down(engine: &Engine, integration: &Integration, actor: &str) -> Result<bool> {
    let known = kept::find(&mut *engine.store.read().await?, &integration.id).await?;
    let remote_id = known.as_ref().and_then(|known| known.remote_id.as_deref());
    let client = client_of(engine, integration).await?;
    let ours = ours(&client, integration, remote_id).await?;
    for webhook in &ours {
        client.delete_webhook(&webhook.id).await?;
    }
    let mut tx = engine.store.begin().await?;
    let removed = kept::remove(&mut tx, &integration.id, engine.act(actor)).await?;
    tx.commit().await?;
    Ok(removed || !ours.is_empty())
}

/// The webhooks in Zendesk that are this integration's: the one made last time first, then whatever
/// else calls the same door, left over from a call whose answer was lost or from another address.
async fn ours(
    client: &Client,
    integration: &Integration,
    remote_id: Option<&str>,
) -> Result<Vec<Webhook>> {
    let door = door_of(&integration.id);
    let mut ours = client.webhooks().await?;
    ours.retain(|webhook| webhook.endpoint.ends_with(&door) || Some(&*webhook.id) == remote_id);
    ours.sort_by_key(|webhook| Some(&*webhook.id) != remote_id);
    Ok(ours)
}

/// Makes it. Where the outcome is unknown it is looked for, and not made twice.
async fn create(client: &Client, integration: &Integration, endpoint: &str) -> Result<Webhook> {
    let name = format!("Deskbridge: {}", integration.settings.name);
    let wanted: Vec<&str> = wanted().collect();
    match client.create_webhook(&name, endpoint, &wanted).await {
        Ok(webhook) => Ok(webhook),
        Err(error) => {
            let there = client.webhooks().await.unwrap_or_default();
            let found = there
                .into_iter()
                .find(|webhook| is_right(webhook, endpoint));
            found.ok_or(Error::Zendesk(error))
        }
    }
}

fn wanted() -> impl Iterator<Item = &'static str> {
    TICKET_EVENTS.iter().chain(USER_EVENTS).copied()
}

fn is_right(webhook: &Webhook, endpoint: &str) -> bool {
    let has = |event: &str| webhook.subscriptions.iter().any(|there| there == event);
    webhook.is_active() && webhook.endpoint == endpoint && wanted().all(has)
}

fn lasts_until(now: Timestamp) -> Timestamp {
    now.saturating_add(PREVIOUS_LASTS).unwrap_or(now)
}

/// Where deliveries for an integration come in.
fn door_of(integration: &str) -> String {
    format!("/hooks/zendesk/{integration}")
}

/// The address that Zendesk is to call.
fn endpoint_of(public_url: &str, integration: &str, addresses: &AddressPolicy) -> Result<String> {
    let refuse = |sentence: String| {
        Err(Error::Field {
            field: "url",
            sentence,
        })
    };
    let url = public_url.trim().trim_end_matches('/');
    if url.is_empty() {
        return refuse(
            "Zendesk needs an address at which it reaches this installation, and none is set. Give one, such as https://desk.example.com (`--url` on the command line), or set web.public_url in the configuration."
                .to_owned(),
        );
    }
    let bad = || {
        refuse(format!(
            "{url:?} is not the address of a site. Write it as a browser shows it, without a path: https://desk.example.com."
        ))
    };
    let Some((scheme, site)) = url.split_once("://") else {
        return bad();
    };
    let is_site = !site.is_empty()
        && url.len() <= LONGEST_ADDRESS
        && site
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    if !is_site {
        return bad();
    }
    match scheme {
        "https" => {}
        "http" if addresses.allow_loopback && is_loopback(site) => {}
        "http" => {
            return refuse(format!(
                "Zendesk would send customers' data to {url} without encryption. Give an address that begins with https://."
            ));
        }
        _ => return bad(),
    }
    Ok(format!("{scheme}://{site}{}", door_of(integration)))
}

fn is_loopback(site: &str) -> bool {
    let host = match site.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) | None => site,
    };
    matches!(host, "127.0.0.1" | "[::1]" | "localhost")
}

fn none_here(integration: &Integration) -> Error {
    Error::Refused(format!(
        "Integration {0} has no webhook. Install one on its page, or with `deskbridge webhook install {0}`.",
        integration.settings.name
    ))
}

fn gone_there(integration: &Integration) -> Error {
    Error::Refused(format!(
        "Somebody removed the webhook of integration {0} in Zendesk. Mend it on its page, or with `deskbridge webhook install {0}`.",
        integration.settings.name
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(url: &str, allow_loopback: bool) -> Result<String, String> {
        let addresses = AddressPolicy {
            allow_loopback,
            extra_hosts: Vec::new(),
        };
        endpoint_of(url, "abc", &addresses).map_err(|error| error.to_string())
    }

    #[test]
    fn zendesk_calls_only_over_tls() {
        assert_eq!(
            said("https://desk.example.com/", false).unwrap(),
            "https://desk.example.com/hooks/zendesk/abc"
        );
        for url in [
            "http://desk.example.com",
            "http://127.0.0.1.evil.example:80",
        ] {
            assert!(said(url, true).unwrap_err().contains("https://"), "{url}");
        }
    }

    #[test]
    fn this_machine_may_be_called_without_tls_where_tests_allow_it() {
        let local = "http://127.0.0.1:8080";
        assert!(said(local, true).is_ok() && said("http://[::1]:8080", true).is_ok());
        assert!(
            said(local, false)
                .unwrap_err()
                .contains("without encryption")
        );
    }

    #[test]
    fn an_address_that_is_none_is_refused_with_its_form() {
        for url in [
            "desk.example.com",
            "https://a/b",
            "ftp://a",
            "https://",
            "https://u@h",
            &format!("https://{}", "a".repeat(LONGEST_ADDRESS)),
        ] {
            let said = said(url, true).unwrap_err();
            assert!(said.contains("https://desk.example.com"), "{url}: {said}");
        }
        assert!(said(" ", true).unwrap_err().contains("web.public_url"));
    }
}
