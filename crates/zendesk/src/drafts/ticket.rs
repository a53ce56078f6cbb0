//! Tickets that are to be made or changed (zendesk-api.md 3.7).

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::comment::{CommentBody, NewComment};
use super::to_json;

/// Who asks: a user that Zendesk has, or one that it finds by email or makes.
#[derive(Clone, PartialEq, Eq)]
pub enum Requester {
    /// This user.
    Id(i64),
    /// The user with this email, or a new one. What Zendesk knows of an existing one stays.
    Inline {
        /// The name of a new one.
        name: String,
        /// The email it is found by; without one, a new user is made each time.
        email: Option<String>,
    },
}

impl fmt::Debug for Requester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => f.debug_tuple("Id").field(id).finish(),
            Self::Inline { email, .. } => f
                .debug_struct("Inline")
                .field("email", &email.is_some())
                .finish_non_exhaustive(),
        }
    }
}

/// A ticket that is to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewTicket {
    /// Its subject.
    pub subject: String,
    /// Its first comment, which is also its description.
    pub comment: NewComment,
    /// Who asks.
    pub requester: Requester,
    /// Who submits it: the requester or an agent. `None` leaves it to Zendesk.
    pub submitter_id: Option<i64>,
    /// The agent who works on it.
    pub assignee_id: Option<i64>,
    /// `open`, `pending`, ...; `None` leaves it to Zendesk.
    pub status: Option<String>,
    /// `low`, `normal`, ...; `None` leaves it to Zendesk.
    pub priority: Option<String>,
    /// Our own key of it, by which it is found again (reliability.md 6).
    pub external_id: String,
    /// The closed ticket that it follows up.
    pub followup_of: Option<i64>,
    /// The marker of our operation (reliability.md 5).
    pub op: String,
}

/// A change of a ticket: only what is `Some` is sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TicketChange {
    /// A new subject.
    pub subject: Option<String>,
    /// A new status; never `new`.
    pub status: Option<String>,
    /// A new priority; it cannot be taken away.
    pub priority: Option<String>,
    /// A new assignee, or none.
    pub assignee_id: Option<Option<i64>>,
    /// A new requester that Zendesk has.
    pub requester_id: Option<i64>,
    /// A new requester that it may have to make; wins over `requester_id`.
    pub requester: Option<Requester>,
    /// A comment.
    pub comment: Option<NewComment>,
    /// The marker of our operation (reliability.md 5).
    pub op: String,
    /// The `updated_at` of the ticket as last read, for a safe update: Zendesk refuses the change
    /// with 409 if the ticket is newer, to the second. `None` sends it whatever is there.
    pub stamp: Option<Timestamp>,
}

impl NewTicket {
    /// The body of the request, frozen.
    pub fn to_body(&self) -> String {
        let (requester_id, requester) = wire_requester(&self.requester);
        to_json(&Enveloped {
            ticket: TicketBody {
                subject: Some(&self.subject),
                comment: Some(self.comment.wire()),
                requester_id,
                requester,
                submitter_id: self.submitter_id,
                assignee_id: self.assignee_id.map(Some),
                status: self.status.as_deref(),
                priority: self.priority.as_deref(),
                external_id: Some(&self.external_id),
                via_followup_source_id: self.followup_of,
                metadata: Metadata {
                    deskbridge_op: &self.op,
                },
                safe_update: None,
                updated_stamp: None,
            },
        })
    }
}

impl TicketChange {
    /// The body of the request, frozen.
    pub fn to_body(&self) -> String {
        let (requester_id, requester) = match &self.requester {
            Some(requester) => wire_requester(requester),
            None => (self.requester_id, None),
        };
        to_json(&Enveloped {
            ticket: TicketBody {
                subject: self.subject.as_deref(),
                comment: self.comment.as_ref().map(NewComment::wire),
                requester_id,
                requester,
                submitter_id: None,
                assignee_id: self.assignee_id,
                status: self.status.as_deref(),
                priority: self.priority.as_deref(),
                external_id: None,
                via_followup_source_id: None,
                metadata: Metadata {
                    deskbridge_op: &self.op,
                },
                safe_update: self.stamp.map(|_| true),
                updated_stamp: self
                    .stamp
                    .map(|stamp| stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            },
        })
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        let Self {
            subject,
            status,
            priority,
            assignee_id,
            requester_id,
            requester,
            comment,
            op: _,
            stamp: _,
        } = self;
        subject.is_none()
            && status.is_none()
            && priority.is_none()
            && assignee_id.is_none()
            && requester_id.is_none()
            && requester.is_none()
            && comment.is_none()
    }
}

impl fmt::Debug for NewTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewTicket")
            .field("external_id", &self.external_id)
            .field("op", &self.op)
            .field("requester", &self.requester)
            .field("comment", &self.comment)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TicketChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketChange")
            .field("op", &self.op)
            .field("status", &self.status)
            .field("priority", &self.priority)
            .field("assignee_id", &self.assignee_id)
            .field("subject", &self.subject.is_some())
            .field("comment", &self.comment)
            .field("stamp", &self.stamp)
            .finish_non_exhaustive()
    }
}

fn wire_requester(requester: &Requester) -> (Option<i64>, Option<RequesterBody<'_>>) {
    match requester {
        Requester::Id(id) => (Some(*id), None),
        Requester::Inline { name, email } => {
            let email = email.as_deref();
            (None, Some(RequesterBody { name, email }))
        }
    }
}

#[derive(Serialize)]
struct Enveloped<'a> {
    ticket: TicketBody<'a>,
}

#[derive(Serialize)]
struct TicketBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<CommentBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requester_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requester: Option<RequesterBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    submitter_id: Option<i64>,
    /// Null takes the assignee away.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_id: Option<Option<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    via_followup_source_id: Option<i64>,
    /// Ends up in the audit, under `metadata.custom`.
    metadata: Metadata<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    safe_update: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_stamp: Option<String>,
}

#[derive(Serialize)]
struct RequesterBody<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    deskbridge_op: &'a str,
}

#[cfg(test)]
mod tests;
