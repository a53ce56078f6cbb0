//! The account's webhooks (zendesk-api.md 3.12): made, listed, removed, and their secrets.

use std::fmt;

use http::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::missing_is_none;
use crate::client::{Client, Write};
use crate::drafts::webhook_body;
use crate::error::Error;
use crate::error::body::About;
use crate::governor::Bucket;
use crate::records::{loose_text, read_body, read_one, text, texts};

/// An account has few; an endless list is an error.
const MOST_PAGES: usize = 20;

/// One webhook of the account.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id, a ULID.
    pub id: String,
    /// Its name, as people see it in Zendesk.
    pub name: String,
    /// The address it calls.
    pub endpoint: String,
    /// `active` or `inactive`.
    pub status: String,
    /// The event types it is sent for, or `conditional_ticket_events` for triggers.
    pub subscriptions: Vec<String>,
}

impl Webhook {
    /// Whether it is sent at all.
    pub fn is_active(&self) -> bool {
        self.status == "active"
    }
}

/// Without the address it calls, which may hold a secret.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("status", &self.status)
            .field("subscriptions", &self.subscriptions.len())
            .finish_non_exhaustive()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WebhookWire {
    #[serde(deserialize_with = "text")]
    id: Option<String>,
    #[serde(deserialize_with = "loose_text")]
    name: Option<String>,
    #[serde(deserialize_with = "loose_text")]
    endpoint: Option<String>,
    #[serde(deserialize_with = "loose_text")]
    status: Option<String>,
    #[serde(deserialize_with = "texts")]
    subscriptions: Vec<String>,
}

#[derive(Deserialize)]
struct SecretWire {
    secret: String,
}

impl Client {
    /// Makes a webhook that posts JSON to `endpoint` for each of the event types `subscriptions`
    /// (see [`TICKET_EVENTS`](crate::webhooks::TICKET_EVENTS)). Sent once; after an unknown
    /// outcome look for it by its endpoint among [`Client::webhooks`].
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn create_webhook(
        &self,
        name: &str,
        endpoint: &str,
        subscriptions: &[&str],
    ) -> Result<Webhook, Error> {
        let about = about("the new webhook");
        let body = webhook_body(name, endpoint, subscriptions);
        let write = Write::json(about, Method::POST, "webhooks", &body);
        self.write(write, |reply| {
            read_webhook(about.call, read_one(about.call, "webhook", &reply.body)?)
        })
        .await
    }

    /// All webhooks of the account.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, Error> {
        let about = about("the webhooks");
        self.list_by(about, "webhooks", "webhooks", MOST_PAGES, |raws| {
            raws.iter()
                .map(|raw| read_webhook(about.call, raw))
                .collect()
        })
        .await
    }

    /// One webhook; `None` if there is none with this id.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn webhook(&self, id: &str) -> Result<Option<Webhook>, Error> {
        let about = about("a webhook");
        let path = path_of(id, "");
        let found = self.get(about, &path, |body| {
            read_webhook(about.call, read_one(about.call, "webhook", body)?)
        });
        missing_is_none(found.await)
    }

    /// Removes a webhook; one that is gone already is no error.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn delete_webhook(&self, id: &str) -> Result<(), Error> {
        let path = path_of(id, "");
        let write = Write::bare(about("the removal of a webhook"), Method::DELETE, &path);
        let removed = self.write(write, |_| Ok(())).await;
        missing_is_none(removed).map(drop)
    }

    /// The secret that Zendesk signs the deliveries of a webhook with.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] if there is no such webhook.
    pub async fn signing_secret(&self, id: &str) -> Result<SecretString, Error> {
        let about = about("the signing secret of a webhook");
        self.get(about, &path_of(id, "/signing_secret"), |body| {
            read_secret(about.call, body)
        })
        .await
    }

    /// Has Zendesk make a new secret for a webhook. From then on it signs with the new one; what
    /// was signed with the old one may still be on its way. After an unknown outcome read the
    /// secret with [`Client::signing_secret`].
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::is_not_found`] if there is no such webhook.
    pub async fn reset_signing_secret(&self, id: &str) -> Result<SecretString, Error> {
        let about = about("the new signing secret of a webhook");
        let path = path_of(id, "/signing_secret");
        let write = Write::bare(about, Method::POST, &path);
        self.write(write, |reply| read_secret(about.call, &reply.body))
            .await
    }
}

fn about(call: &'static str) -> About {
    About {
        bucket: Bucket::Webhooks,
        ..About::call(call)
    }
}

fn path_of(id: &str, rest: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("webhooks/{id}{rest}")
}

fn read_webhook(call: &'static str, raw: &RawValue) -> Result<Webhook, Error> {
    let wire: WebhookWire = read_body(call, raw.get().as_bytes())?;
    Ok(Webhook {
        id: wire.id.ok_or_else(|| Error::WrongShape {
            call,
            path: "webhook.id".into(),
            what: "missing".into(),
        })?,
        name: wire.name.unwrap_or_default(),
        endpoint: wire.endpoint.unwrap_or_default(),
        status: wire.status.unwrap_or_default(),
        subscriptions: wire.subscriptions,
    })
}

fn read_secret(call: &'static str, body: &[u8]) -> Result<SecretString, Error> {
    let raw = read_one(call, "signing_secret", body)?;
    let wire: SecretWire = read_body(call, raw.get().as_bytes())?;
    Ok(wire.secret.into())
}
