//! Tickets (zendesk-api.md 3.7).

use domain::ticket::Ticket;
use jiff::Timestamp;
use serde::Deserialize;

use super::Mirrored;
use super::scalar::{id, ids, text, texts, time};
use super::via::{Via, via};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct TicketWire {
    #[serde(deserialize_with = "id")]
    id: Option<i64>,
    #[serde(deserialize_with = "text")]
    url: Option<String>,
    #[serde(deserialize_with = "text")]
    external_id: Option<String>,
    #[serde(deserialize_with = "text")]
    subject: Option<String>,
    #[serde(deserialize_with = "text")]
    description: Option<String>,
    #[serde(deserialize_with = "text")]
    status: Option<String>,
    #[serde(deserialize_with = "text")]
    priority: Option<String>,
    #[serde(rename = "type", deserialize_with = "text")]
    kind: Option<String>,
    #[serde(deserialize_with = "text")]
    recipient: Option<String>,
    #[serde(deserialize_with = "id")]
    requester_id: Option<i64>,
    #[serde(deserialize_with = "id")]
    submitter_id: Option<i64>,
    #[serde(deserialize_with = "id")]
    assignee_id: Option<i64>,
    #[serde(deserialize_with = "id")]
    problem_id: Option<i64>,
    #[serde(deserialize_with = "id")]
    group_id: Option<i64>,
    #[serde(deserialize_with = "id")]
    organization_id: Option<i64>,
    #[serde(deserialize_with = "id")]
    brand_id: Option<i64>,
    #[serde(deserialize_with = "id")]
    custom_status_id: Option<i64>,
    #[serde(deserialize_with = "ids")]
    collaborator_ids: Vec<i64>,
    #[serde(deserialize_with = "texts")]
    tags: Vec<String>,
    #[serde(deserialize_with = "via")]
    via: Via,
    #[serde(deserialize_with = "time")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "time")]
    updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "id")]
    generated_timestamp: Option<i64>,
}

impl Mirrored for Ticket {
    const NOUN: &'static str = "Ticket";
    type Wire<'a> = TicketWire;

    fn from_wire(wire: TicketWire) -> Result<Self, &'static str> {
        Ok(Self {
            id: wire.id.ok_or("id")?,
            url: wire.url,
            external_id: wire.external_id,
            subject: wire.subject,
            description: wire.description,
            status: wire.status,
            priority: wire.priority,
            kind: wire.kind,
            recipient: wire.recipient,
            requester_id: wire.requester_id,
            submitter_id: wire.submitter_id,
            assignee_id: wire.assignee_id,
            problem_id: wire.problem_id,
            group_id: wire.group_id,
            organization_id: wire.organization_id,
            brand_id: wire.brand_id,
            custom_status_id: wire.custom_status_id,
            collaborator_ids: wire.collaborator_ids,
            tags: wire.tags,
            followup_source_id: wire.via.followup_source(),
            channel: wire.via.channel,
            created_at: wire.created_at,
            updated_at: wire.updated_at,
            generated_timestamp: wire.generated_timestamp,
        })
    }

    fn id(&self) -> i64 {
        self.id
    }
}
