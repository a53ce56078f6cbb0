//! What Zendesk sends us by itself (zendesk-api.md 3.12): which events to ask for, how a delivery
//! proves where it comes from, and what it says. All of it is pure; the calls that make and remove
//! webhooks are [`Client::create_webhook`](crate::Client::create_webhook) and its neighbours.
//!
//! A delivery is a hint and nothing more: the record it names is fetched and merged
//! (reliability.md 7), so order, repeats and losses do no harm.

mod event;
mod signature;

pub use event::{BadEvent, Subject, WebhookEvent, parse_event};
pub use signature::{TEST_SECRET, Unverified, WINDOW, verify};

/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "x-zendesk-webhook-signature";
/// The header with the moment of the signature, a part of what is signed.
pub const TIMESTAMP_HEADER: &str = "x-zendesk-webhook-signature-timestamp";
/// The header with the id of the delivery, which a repeat of it carries again.
pub const INVOCATION_HEADER: &str = "x-zendesk-webhook-invocation-id";
/// The header with the id of the webhook.
pub const WEBHOOK_HEADER: &str = "x-zendesk-webhook-id";

/// The events worth a hint: whatever moves a field, a comment or the life of a ticket that a case
/// or its panel shows. Left out are those that no case shows, and `undeleted`, which no source
/// confirms: one unknown word would have Zendesk refuse the whole webhook.
pub const TICKET_EVENTS: &[&str] = &[
    "zen:event-type:ticket.agent_assignment_changed",
    "zen:event-type:ticket.attachment_redacted_from_comment",
    "zen:event-type:ticket.brand_changed",
    "zen:event-type:ticket.comment_added",
    "zen:event-type:ticket.comment_made_private",
    "zen:event-type:ticket.comment_redacted",
    "zen:event-type:ticket.created",
    "zen:event-type:ticket.custom_field_changed",
    "zen:event-type:ticket.custom_status_changed",
    "zen:event-type:ticket.description_changed",
    "zen:event-type:ticket.email_ccs_changed",
    "zen:event-type:ticket.external_id_changed",
    "zen:event-type:ticket.followers_changed",
    "zen:event-type:ticket.group_assignment_changed",
    "zen:event-type:ticket.marked_as_spam",
    "zen:event-type:ticket.merged",
    "zen:event-type:ticket.organization_changed",
    "zen:event-type:ticket.permanently_deleted",
    "zen:event-type:ticket.priority_changed",
    "zen:event-type:ticket.problem_link_changed",
    "zen:event-type:ticket.requester_changed",
    "zen:event-type:ticket.soft_deleted",
    "zen:event-type:ticket.status_changed",
    "zen:event-type:ticket.subject_changed",
    "zen:event-type:ticket.submitter_changed",
    "zen:event-type:ticket.tags_changed",
    "zen:event-type:ticket.type_changed",
];
