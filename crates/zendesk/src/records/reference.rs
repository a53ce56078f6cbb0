//! The short lists that tickets and users refer to: fields, groups, brands, statuses, organisations.

use serde::Deserialize;

use super::Mirrored;
use super::scalar::{flag, id, text};

/// One entry of a reference list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Zendesk's id.
    pub id: i64,
    /// What people call it: `name`, `title` of a field, `agent_label` of a custom status.
    pub name: String,
    /// The key of a user field.
    pub key: Option<String>,
    /// The type of a field, the status category of a custom status.
    pub kind: Option<String>,
    /// False once it is switched off or deleted.
    pub active: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReferenceWire {
    #[serde(deserialize_with = "id")]
    id: Option<i64>,
    #[serde(deserialize_with = "text")]
    name: Option<String>,
    #[serde(deserialize_with = "text")]
    title: Option<String>,
    #[serde(deserialize_with = "text")]
    agent_label: Option<String>,
    #[serde(deserialize_with = "text")]
    key: Option<String>,
    #[serde(rename = "type", deserialize_with = "text")]
    kind: Option<String>,
    #[serde(deserialize_with = "text")]
    status_category: Option<String>,
    #[serde(deserialize_with = "flag")]
    active: Option<bool>,
    #[serde(deserialize_with = "flag")]
    deleted: Option<bool>,
    #[serde(deserialize_with = "text")]
    deleted_at: Option<String>,
}

impl Mirrored for Reference {
    const NOUN: &'static str = "Reference";
    type Wire<'a> = ReferenceWire;

    fn from_wire(wire: ReferenceWire) -> Result<Self, &'static str> {
        let deleted = wire.deleted.unwrap_or(false) || wire.deleted_at.is_some();
        Ok(Self {
            id: wire.id.ok_or("id")?,
            name: wire
                .name
                .or(wire.title)
                .or(wire.agent_label)
                .unwrap_or_default(),
            key: wire.key,
            kind: wire.kind.or(wire.status_category),
            active: wire.active.unwrap_or(true) && !deleted,
        })
    }

    fn id(&self) -> i64 {
        self.id
    }
}
