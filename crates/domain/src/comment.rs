//! A comment of a Zendesk ticket, as our mirror holds it.

use jiff::Timestamp;

use crate::value::quiet_debug;

/// One comment as Zendesk sent it (zendesk-api.md 3.8).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct TicketComment {
    /// Zendesk's id: the id of the audit event that made it.
    pub id: i64,
    /// The ticket it belongs to; the asking context wins over what the record says.
    pub ticket_id: i64,
    /// The Zendesk user shown as author.
    pub author_id: Option<i64>,
    /// Plain text.
    pub body: String,
    /// Whether the requester sees it. Never widened by us.
    pub public: bool,
    /// When it was written.
    pub created_at: Option<Timestamp>,
    /// Whether it is the ticket's first comment, which is also the description.
    pub is_description: bool,
    /// The audit it came in.
    pub audit_id: Option<i64>,
    /// The surviving ticket, if this is the comment Zendesk leaves when it merges a ticket away.
    pub merged_into: Option<i64>,
    /// File names of its attachments.
    pub attachments: Vec<String>,
}

quiet_debug!(TicketComment {
    shown: [
        id,
        ticket_id,
        author_id,
        public,
        created_at,
        is_description,
        audit_id,
        merged_into
    ],
    hidden: [body, attachments]
});

/// Whether the customer may see a comment that is public or not here, and public or not in Zendesk:
/// only if both sides say so. Visibility never widens (I-08).
pub const fn visible(here: bool, there: bool) -> bool {
    here && there
}
