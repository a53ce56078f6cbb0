//! Which case comments the comments of a page are: ours that come back, or somebody else's.

use std::collections::HashMap;

use domain::comment::TicketComment;
use domain::desk::{Marker, Place, place};
use domain::guard::Guards;
use domain::outbox::{Line, Operation};
use store::comments as kept;
use store::outbox;

use super::Arrived;
use crate::case_sync::pull::Page;
use crate::error::Result;

/// What waits to be sent for the cases of a page, and their comments that Zendesk is not known to have.
pub(super) struct Ours {
    lines: HashMap<String, (Vec<Operation>, i64)>,
    marked: Vec<Operation>,
    descriptions: HashMap<String, String>,
    unmapped: HashMap<String, Vec<String>>,
}

/// Reads what may be ours among these comments. A page of a first pull costs two queries that find
/// nothing.
pub(super) async fn read(
    page: &mut Page,
    arrived: &[&Arrived],
    cases: &HashMap<i64, String>,
) -> Result<Ours> {
    let mut named: Vec<String> = arrived
        .iter()
        .filter_map(|arrived| cases.get(&arrived.comment.ticket_id).cloned())
        .collect();
    named.sort_unstable();
    named.dedup();
    let op_ids: Vec<String> = arrived
        .iter()
        .filter_map(|arrived| match &arrived.marker {
            Marker::Ours(op_id) => Some(op_id.clone()),
            Marker::Unchecked | Marker::Foreign => None,
        })
        .collect();
    let unmapped = kept::unmapped_of(&mut page.tx, &named).await?;
    let descriptions = unmapped
        .iter()
        .filter_map(|(case, comments)| {
            let (description, _) = comments
                .iter()
                .find(|(_, is_description)| *is_description)?;
            Some((case.clone(), description.clone()))
        })
        .collect();
    Ok(Ours {
        lines: outbox::lines(&mut page.tx, &named).await?,
        marked: outbox::by_ids(&mut page.tx, &op_ids)
            .await?
            .into_values()
            .map(|entry| entry.operation)
            .collect(),
        descriptions,
        unmapped: unmapped
            .into_iter()
            .map(|(case, comments)| (case, comments.into_iter().map(|(id, _)| id).collect()))
            .collect(),
    })
}

impl Ours {
    /// Which case comment this one, of `case`, is. One that is taken is not given again.
    pub(super) fn place(&mut self, comment: &TicketComment, marker: &Marker, case: &str) -> Place {
        let (open, last_seq) = match self.lines.get(case) {
            Some((open, last_seq)) => (open.as_slice(), *last_seq),
            None => (&[][..], 0),
        };
        // An operation that has ended is not in the line any more, and its marker still counts.
        let marked = self
            .marked
            .iter()
            .filter(|operation| operation.line == case);
        let operations: Vec<Operation> = open.iter().chain(marked).cloned().collect();
        let line = Line {
            id: case,
            operations: &operations,
            last_seq,
        };
        let description = self.descriptions.get(case).map(String::as_str);
        match place(comment, marker, line, description, Guards::ALL) {
            // What is known as another comment of Zendesk already stays that one.
            Place::Ours { comment, op_id } => {
                let free = self.unmapped.get_mut(case);
                let at = free
                    .as_ref()
                    .and_then(|free| free.iter().position(|id| *id == comment));
                match free.zip(at) {
                    Some((free, at)) => {
                        free.swap_remove(at);
                        Place::Ours { comment, op_id }
                    }
                    None => Place::New,
                }
            }
            other @ (Place::New | Place::Wait) => other,
        }
    }
}
