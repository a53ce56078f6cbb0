//! Our own case: the fields that are kept in step with a ticket.

use jiff::Timestamp;

use crate::value::{Value, quiet_debug};
use crate::word::words;

words! {
    /// The states of a case.
    pub enum CaseStatus {
        /// Nobody has finished or paused it.
        Open = "open",
        /// Being worked on, or waiting for the customer.
        InProgress = "in_progress",
        /// Answered; may come back.
        Resolved = "resolved",
        /// Done.
        Closed = "closed",
    }
}

impl CaseStatus {
    /// What a person reads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::InProgress => "In progress",
            Self::Resolved => "Resolved",
            Self::Closed => "Closed",
        }
    }

    /// Whether work on the case has ended, so that it has a closing time.
    pub const fn is_done(self) -> bool {
        match self {
            Self::Open | Self::InProgress => false,
            Self::Resolved | Self::Closed => true,
        }
    }
}

words! {
    /// The priorities of a case.
    pub enum CasePriority {
        /// Low.
        Low = "low",
        /// Normal, what a new case has if Zendesk says nothing.
        Normal = "normal",
        /// High; Zendesk's urgent is this too.
        High = "high",
    }
}

impl CasePriority {
    /// What a person reads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Normal => "Normal",
            Self::High => "High",
        }
    }
}

words! {
    /// How a case came in.
    pub enum CaseSource {
        /// By email.
        Email = "email",
        /// By telephone.
        Phone = "phone",
        /// By a web page.
        Web = "web",
        /// Any other way.
        Other = "other",
    }
}

impl CaseSource {
    /// What a person reads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Email => "Email",
            Self::Phone => "Phone",
            Self::Web => "Web",
            Self::Other => "Other",
        }
    }
}

words! {
    /// The fields of a case that are kept in step with a ticket; the keys of a link's agreed pairs.
    pub enum CaseField {
        /// Subject.
        Subject = "subject",
        /// Description; comes from Zendesk and never goes back.
        Description = "description",
        /// Status.
        Status = "status",
        /// Priority.
        Priority = "priority",
        /// The user it is assigned to; Zendesk's half is the assignee's id.
        AssignedTo = "assigned_to",
        /// The customer it is for; Zendesk's half is the requester's id.
        Contact = "contact",
    }
}

impl CaseField {
    /// What a person reads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Subject => "Subject",
            Self::Description => "Description",
            Self::Status => "Status",
            Self::Priority => "Priority",
            Self::AssignedTo => "Assigned to",
            Self::Contact => "Contact",
        }
    }
}

/// The values of a case that the sync reads and writes.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseFields {
    /// Subject, never empty.
    pub subject: String,
    /// Plain text, may be empty.
    pub description: String,
    /// Status.
    pub status: CaseStatus,
    /// Priority.
    pub priority: CasePriority,
    /// Id of the user it is assigned to, if any.
    pub assigned_to: Value,
    /// Id of the contact it is for, if any.
    pub contact: Value,
    /// When it was resolved or closed; none while it is open.
    pub closed_at: Option<Timestamp>,
}

quiet_debug!(CaseFields {
    shown: [status, priority, assigned_to, contact, closed_at],
    hidden: [subject, description]
});
