//! Tickets as JSON.

use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Stamp, Url, Via};
use crate::account::Account;
use crate::account::ticket::Ticket;

/// A ticket as answers carry it.
pub(crate) struct TicketView<'a> {
    pub(crate) account: &'a Account,
    pub(crate) ticket: &'a Ticket,
    pub(crate) base: &'a str,
    /// Exports put `generated_timestamp` last (recorded), others after `updated_at`.
    pub(crate) export: bool,
    /// Whether `fields` repeats `custom_fields`: everywhere but in the list of all by cursor (recorded).
    pub(crate) repeats_fields: bool,
}

struct Fields<'a>(&'a Account, &'a Ticket);

#[derive(Serialize)]
struct Field<'a> {
    id: i64,
    value: &'a Value,
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(account, ticket) = self;
        let mut list = serializer.serialize_seq(None)?;
        for field in account.ticket_fields.iter().filter(|field| field.removable) {
            let value = ticket
                .custom_fields
                .iter()
                .find(|(id, _)| *id == field.id)
                .map_or(&Value::Null, |(_, value)| value);
            list.serialize_element(&Field {
                id: field.id,
                value,
            })?;
        }
        list.end()
    }
}

impl Serialize for TicketView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            account,
            ticket,
            base,
            export,
            repeats_fields,
        } = *self;
        let none: Option<i64> = None;
        let subject = ticket.subject.as_ref().map(crate::text::Text::read);
        let description = account
            .description_of(ticket)
            .map(|comment| comment.body.read());
        let fields = Fields(account, ticket);
        let url = Url {
            base,
            kind: "tickets",
            id: ticket.id,
        };
        let via = Via {
            account,
            channel: ticket.channel,
            author_id: ticket.requester_id,
            followup_source_id: ticket.followup_source_id,
        };
        let mut map = serializer.serialize_struct("ticket", 40)?;
        map.serialize_field("url", &url)?;
        map.serialize_field("id", &ticket.id)?;
        map.serialize_field("external_id", &ticket.external_id)?;
        map.serialize_field("via", &via)?;
        map.serialize_field("created_at", &Stamp(ticket.created_at))?;
        map.serialize_field("updated_at", &Stamp(ticket.updated_at))?;
        if !export {
            map.serialize_field("generated_timestamp", &ticket.generated_timestamp)?;
        }
        map.serialize_field("type", &ticket.kind)?;
        map.serialize_field("subject", &subject)?;
        // A ticket without a subject shows the start of its description (zendesk-api.md 4.2).
        map.serialize_field("raw_subject", &subject.as_ref().or(description.as_ref()))?;
        map.serialize_field("description", &description)?;
        map.serialize_field("priority", &ticket.priority)?;
        map.serialize_field("status", &ticket.status)?;
        map.serialize_field("recipient", &ticket.recipient)?;
        map.serialize_field("requester_id", &ticket.requester_id)?;
        map.serialize_field("submitter_id", &ticket.submitter_id)?;
        map.serialize_field("assignee_id", &ticket.assignee_id)?;
        map.serialize_field("organization_id", &ticket.organization_id)?;
        map.serialize_field("group_id", &ticket.group_id)?;
        map.serialize_field("collaborator_ids", &ticket.collaborator_ids)?;
        map.serialize_field("follower_ids", &[0_i64; 0])?;
        map.serialize_field("email_cc_ids", &ticket.collaborator_ids)?;
        map.serialize_field("forum_topic_id", &none)?;
        map.serialize_field("problem_id", &ticket.problem_id)?;
        map.serialize_field("has_incidents", &ticket.has_incidents)?;
        map.serialize_field("is_public", &ticket.is_public)?;
        map.serialize_field("due_at", &ticket.due_at.map(Stamp))?;
        map.serialize_field("tags", &ticket.tags)?;
        map.serialize_field("custom_fields", &fields)?;
        map.serialize_field("satisfaction_rating", &none)?;
        map.serialize_field("sharing_agreement_ids", &[0_i64; 0])?;
        map.serialize_field("custom_status_id", &ticket.custom_status_id)?;
        if repeats_fields {
            map.serialize_field("fields", &fields)?;
        }
        map.serialize_field("followup_ids", &ticket.followup_ids)?;
        map.serialize_field("ticket_form_id", &account.ticket_form_id)?;
        map.serialize_field("brand_id", &ticket.brand_id)?;
        map.serialize_field("allow_channelback", &false)?;
        map.serialize_field("allow_attachments", &true)?;
        map.serialize_field("from_messaging_channel", &false)?;
        if export {
            map.serialize_field("generated_timestamp", &ticket.generated_timestamp)?;
        }
        map.end()
    }
}
