//! Users (zendesk-api.md 3.4).

use domain::person::ZendeskUser;
use jiff::Timestamp;
use serde::Deserialize;

use super::Mirrored;
use super::scalar::{flag, id, text, time};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct UserWire {
    #[serde(deserialize_with = "id")]
    id: Option<i64>,
    #[serde(deserialize_with = "text")]
    url: Option<String>,
    #[serde(deserialize_with = "text")]
    external_id: Option<String>,
    #[serde(deserialize_with = "text")]
    name: Option<String>,
    #[serde(deserialize_with = "text")]
    email: Option<String>,
    #[serde(deserialize_with = "text")]
    phone: Option<String>,
    #[serde(deserialize_with = "text")]
    role: Option<String>,
    #[serde(deserialize_with = "flag")]
    active: Option<bool>,
    #[serde(deserialize_with = "flag")]
    suspended: Option<bool>,
    #[serde(deserialize_with = "id")]
    organization_id: Option<i64>,
    #[serde(deserialize_with = "time")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "time")]
    updated_at: Option<Timestamp>,
}

impl Mirrored for ZendeskUser {
    const NOUN: &'static str = "User";
    type Wire<'a> = UserWire;

    fn from_wire(wire: UserWire) -> Result<Self, &'static str> {
        Ok(Self {
            id: wire.id.ok_or("id")?,
            url: wire.url,
            external_id: wire.external_id,
            name: wire.name,
            email: wire.email,
            phone: wire.phone,
            role: wire.role,
            // Only a plain `false` says deleted; an answer without the key says nothing.
            active: wire.active.unwrap_or(true),
            suspended: wire.suspended.unwrap_or(false),
            organization_id: wire.organization_id,
            created_at: wire.created_at,
            updated_at: wire.updated_at,
        })
    }

    fn id(&self) -> i64 {
        self.id
    }
}
