//! A comment comes in: which case comment is it?

use super::{Desk, Mapped, Written};
use crate::comment::{TicketComment, visible};
use crate::guard::Guards;
use crate::outbox::{Kind, Line};

/// What is known of the update that made a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// Its audit was not looked at.
    Unchecked,
    /// It bears no marker of ours.
    Foreign,
    /// It bears this operation's marker.
    Ours(String),
}

/// Which case comment an incoming comment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// This one, which we wrote and sent by the operation.
    Ours {
        /// The case comment.
        comment: String,
        /// The operation, if it was told by its marker.
        op_id: Option<String>,
    },
    /// Somebody else's: a new one.
    New,
    /// One of ours may be on its way, so its audit must be looked at first.
    Wait,
}

/// Places a comment that Zendesk has and that no case comment is known to be. `description` is the
/// case's own description while Zendesk's comment of it is not known.
pub fn place(
    comment: &TicketComment,
    marker: &Marker,
    line: Line<'_>,
    description: Option<&str>,
    guards: Guards,
) -> Place {
    let ours = |comment: &str, op_id: Option<&str>| Place::Ours {
        comment: comment.to_owned(),
        op_id: op_id.map(str::to_owned),
    };
    if let Some(description) = description
        && comment.is_description
    {
        return ours(description, None);
    }
    match marker {
        _ if !guards.marker => Place::New,
        Marker::Ours(op_id) => {
            let sent = line.operations.iter().find(|o| o.op_id == *op_id);
            let sent = sent.and_then(|operation| match operation.kind {
                Kind::Comment => operation.payload.comment.as_deref(),
                Kind::Publish => {
                    let draft = operation.payload.draft.as_ref();
                    draft.map(|draft| draft.comment.as_str())
                }
                // A follow-up begins with the description once more, which is the first ticket's
                // comment already: here it is one of its own.
                Kind::FollowUp | Kind::Fields | Kind::Person => None,
            });
            sent.map_or(Place::New, |sent| ours(sent, Some(op_id)))
        }
        Marker::Foreign => Place::New,
        Marker::Unchecked if line.awaits_comments() => Place::Wait,
        Marker::Unchecked => Place::New,
    }
}

impl Desk {
    /// [`place`], for a comment of this case's ticket. A comment of ours is known by its marker also
    /// when its operation is forgotten, since it was sent under its own id.
    pub fn place(
        &self,
        comment: &TicketComment,
        marker: &Marker,
        description: Option<&str>,
        guards: Guards,
    ) -> Place {
        if let Marker::Ours(op_id) = marker
            && guards.marker
            && self.comments.iter().any(|known| known.id == *op_id)
        {
            return Place::Ours {
                comment: op_id.clone(),
                op_id: Some(op_id.clone()),
            };
        }
        // The first comment of a follow-up is one of its own.
        let follows = self.predecessors > 0
            && self.link.as_ref().map(|link| link.ticket) == Some(comment.ticket_id);
        let description = description.filter(|_| !follows);
        let placed = place(comment, marker, self.line(), description, guards);
        // Of a comment of ours that Zendesk has not got, as far as we know, the sending may be what
        // was forgotten.
        match (placed, marker) {
            (Place::New, Marker::Unchecked) if self.has_unsent_comments() && guards.marker => {
                Place::Wait
            }
            (placed, _) => placed,
        }
    }

    /// Zendesk shows this comment of the case's as public, or as private: what is private on either side
    /// stays so here (I-08). True if that hid it.
    pub fn hear_visibility(&mut self, remote: i64, public: bool) -> bool {
        let mut comments = self.comments.iter_mut();
        let Some(known) = comments.find(|known| known.remote == Some(remote)) else {
            return false;
        };
        let before = known.public;
        known.public = visible(before, public);
        before && !known.public
    }

    /// Notes which comment of the linked ticket a case comment is. It never becomes another one.
    pub fn map(&mut self, comment: &str, remote: i64, op_id: Option<&str>, written: &mut Written) {
        let known = self.comments.iter_mut().find(|known| known.id == comment);
        if let (Some(known), Some(link)) = (known, &self.link)
            && known.remote.is_none()
        {
            known.remote = Some(remote);
            written.mapped.push(Mapped {
                comment: comment.to_owned(),
                ticket: link.ticket,
                remote,
                op_id: op_id.map(str::to_owned),
            });
        }
    }
}
