//! A Zendesk ticket as our mirror holds it, in Zendesk's own words.

use jiff::Timestamp;

use crate::value::quiet_debug;
use crate::word::words;

/// One ticket as Zendesk last sent it (zendesk-api.md 3.7). Words are raw: an unknown status is kept
/// as it came. Fields that have no place here live on in the record's raw JSON.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Ticket {
    /// Zendesk's id, the ticket number a person sees.
    pub id: i64,
    /// The API address of the ticket.
    pub url: Option<String>,
    /// Free text another system put there; ours reads `deskbridge:<integration>:<case id>`.
    pub external_id: Option<String>,
    /// The subject; `null` is possible for tickets made by the API.
    pub subject: Option<String>,
    /// The text of the first comment.
    pub description: Option<String>,
    /// Raw status word, see [`TicketStatus`].
    pub status: Option<String>,
    /// Raw priority word, see [`TicketPriority`].
    pub priority: Option<String>,
    /// Raw type word (`type` in the API), see [`TicketKind`].
    pub kind: Option<String>,
    /// The support address the ticket was sent to.
    pub recipient: Option<String>,
    /// Zendesk user the ticket is for.
    pub requester_id: Option<i64>,
    /// Zendesk user who entered it.
    pub submitter_id: Option<i64>,
    /// Zendesk agent it is assigned to.
    pub assignee_id: Option<i64>,
    /// The problem ticket this incident belongs to.
    pub problem_id: Option<i64>,
    /// Zendesk group.
    pub group_id: Option<i64>,
    /// Zendesk organisation.
    pub organization_id: Option<i64>,
    /// Zendesk brand.
    pub brand_id: Option<i64>,
    /// Custom status; `status` is then its category.
    pub custom_status_id: Option<i64>,
    /// Users in copy.
    pub collaborator_ids: Vec<i64>,
    /// Tags, lower case.
    pub tags: Vec<String>,
    /// `via.channel`: how the ticket came in.
    pub channel: Option<String>,
    /// `via.source.from.ticket_id` when `via.source.rel` is `follow_up`: the closed ticket this follows.
    pub followup_source_id: Option<i64>,
    /// When it was created in Zendesk.
    pub created_at: Option<Timestamp>,
    /// When it was last updated in Zendesk; system updates do not move it.
    pub updated_at: Option<Timestamp>,
    /// Seconds since 1970 of the last change of any kind: what exports are ordered by.
    pub generated_timestamp: Option<i64>,
}

quiet_debug!(Ticket {
    shown: [
        id,
        status,
        priority,
        kind,
        requester_id,
        submitter_id,
        assignee_id,
        problem_id,
        group_id,
        organization_id,
        brand_id,
        custom_status_id,
        collaborator_ids,
        channel,
        followup_source_id,
        created_at,
        updated_at,
        generated_timestamp,
    ],
    hidden: [url, external_id, subject, description, recipient, tags]
});

words! {
    /// Zendesk's ticket statuses (zendesk-api.md 4.1). With custom statuses these are the categories.
    pub enum TicketStatus {
        /// Not yet touched; once left it cannot come back, so it is never written.
        New = "new",
        /// Being worked on.
        Open = "open",
        /// Waiting for the requester.
        Pending = "pending",
        /// Waiting for a third party; only on accounts that switched it on.
        Hold = "hold",
        /// Done, may be re-opened.
        Solved = "solved",
        /// Done and immutable.
        Closed = "closed",
        /// Deleted; exports still show it until about 30 days after it is scrubbed.
        Deleted = "deleted",
    }
}

words! {
    /// Zendesk's ticket priorities. None at all is possible too, but never again once one was set.
    pub enum TicketPriority {
        /// Low.
        Low = "low",
        /// Normal.
        Normal = "normal",
        /// High.
        High = "high",
        /// Urgent, a shade the case does not have.
        Urgent = "urgent",
    }
}

words! {
    /// Zendesk's ticket types.
    pub enum TicketKind {
        /// A problem, which incidents point to.
        Problem = "problem",
        /// An incident of a problem.
        Incident = "incident",
        /// A question.
        Question = "question",
        /// A task, the only type with a due date.
        Task = "task",
    }
}

/// What can still be done with a ticket (ticket-sync.md 3, special states). Read off the ticket each
/// time, never stored on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Life {
    /// Can be read and written. Also the answer for an unknown status word.
    Alive,
    /// Status `closed`: every later write is refused by Zendesk.
    Closed,
    /// Status `deleted`: to be marked, never carried to the case.
    Deleted,
    /// Deleted and then emptied by Zendesk: nothing of it is true any more.
    Scrubbed,
}

/// What Zendesk writes over the subject of a scrubbed ticket (zendesk-api.md 3.9, recorded).
const SCRUBBED_SUBJECT: &str = "SCRUBBED";
/// What Zendesk writes over the description of a scrubbed ticket.
const SCRUBBED_DESCRIPTION: &str = "X";
/// The tag Zendesk puts on a ticket that was merged into another.
const MERGED_TAG: &str = "closed_by_merge";

impl Ticket {
    /// What can still be done with it.
    ///
    /// Scrubbed needs the two placeholder texts *and* a status of `deleted` (as recorded) or none:
    /// a customer who happens to write those very words has still written a ticket.
    pub fn life(&self) -> Life {
        let status = self.status.as_deref().map(TicketStatus::parse);
        let gone = matches!(status, None | Some(Some(TicketStatus::Deleted)));
        let emptied = self.subject.as_deref() == Some(SCRUBBED_SUBJECT)
            && self.description.as_deref() == Some(SCRUBBED_DESCRIPTION);
        if gone && emptied {
            return Life::Scrubbed;
        }
        match status.flatten() {
            Some(TicketStatus::Deleted) => Life::Deleted,
            Some(TicketStatus::Closed) => Life::Closed,
            Some(
                TicketStatus::New
                | TicketStatus::Open
                | TicketStatus::Pending
                | TicketStatus::Hold
                | TicketStatus::Solved,
            )
            | None => Life::Alive,
        }
    }

    /// Whether it was merged into another ticket, told by Zendesk's own tag.
    pub fn is_merged(&self) -> bool {
        self.tags.iter().any(|tag| tag == MERGED_TAG)
    }
}

#[cfg(test)]
mod tests;
