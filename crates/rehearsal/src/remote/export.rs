//! Incremental exports (zendesk-api.md 3.9), with their minute of delay.

use domain::comment::TicketComment;

use super::{EXPORT_DELAY, Remote, RemoteComment, Snapshot, at};

/// A row of the tickets' export.
#[derive(Debug, Clone)]
pub struct TicketRow {
    /// Where the stream is after it.
    pub position: (i64, i64),
    /// The ticket as it is now.
    pub shown: Snapshot,
}

/// A row of the comments' export.
#[derive(Debug, Clone)]
pub struct CommentRow {
    /// Where the stream is after it.
    pub position: (i64, i64),
    /// The comment, as visible as it was from then on.
    pub comment: TicketComment,
    /// The marker of its update.
    pub op: Option<String>,
    /// Whether it was made then, and not merely made private.
    pub is_new: bool,
}

impl Remote {
    /// The next tickets after a position, at most `most`.
    pub fn export_tickets(&self, after: (i64, i64), most: usize) -> Vec<TicketRow> {
        let until = self.second() - EXPORT_DELAY;
        let mut rows: Vec<((i64, i64), usize)> = self
            .tickets
            .iter()
            .enumerate()
            .map(|(index, found)| {
                let changed = found.ticket.generated_timestamp.unwrap_or(0);
                ((changed, found.ticket.id), index)
            })
            .filter(|(position, _)| *position > after && position.0 <= until)
            .collect();
        rows.sort_unstable();
        rows.truncate(most);
        rows.into_iter()
            .map(|(position, index)| TicketRow {
                position,
                shown: self.snapshot(&self.tickets[index]),
            })
            .collect()
    }

    /// The next comments after a position, at most `most`.
    pub fn export_comments(&self, after: (i64, i64), most: usize) -> Vec<CommentRow> {
        let until = self.second() - EXPORT_DELAY;
        let first = self
            .events
            .partition_point(|event| (event.second, event.id) <= after);
        self.events[first..]
            .iter()
            .take_while(|event| event.second <= until)
            .take(most)
            .filter_map(|event| {
                let found = self.ticket(event.ticket)?;
                let mut comments = found.comments.iter();
                let known = comments.find(|known| known.id == event.comment)?;
                Some(CommentRow {
                    position: (event.second, event.id),
                    comment: TicketComment {
                        public: event.public,
                        ..as_shown(known, event.ticket)
                    },
                    op: known.op.clone(),
                    is_new: event.id == event.comment,
                })
            })
            .collect()
    }

    /// A ticket's comments, oldest first, with the marker of each one's update.
    pub fn comments(&self, ticket: i64) -> Vec<(TicketComment, Option<String>)> {
        self.ticket(ticket).map_or_else(Vec::new, |found| {
            let all = found.comments.iter();
            all.map(|known| (as_shown(known, ticket), known.op.clone()))
                .collect()
        })
    }
}

fn as_shown(known: &RemoteComment, ticket: i64) -> TicketComment {
    TicketComment {
        id: known.id,
        ticket_id: ticket,
        public: known.public,
        created_at: Some(at(known.at)),
        is_description: known.is_description,
        ..TicketComment::default()
    }
}
