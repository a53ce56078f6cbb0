//! Which case comments the comments of a page are: ours that come back, or somebody else's.

use std::collections::HashMap;

use domain::case::{CaseFields, CasePriority, CaseStatus};
use domain::comment::TicketComment;
use domain::desk::{Desk, DeskComment, DeskLink, Marker, Place, Version};
use domain::guard::Guards;
use domain::merge::Mode;
use domain::outbox::Operation;
use domain::value::Agreed;
use store::comments as kept;
use store::{links, outbox};

use super::Arrived;
use crate::case_sync::pull::{Page, Pull};
use crate::error::Result;

/// The cases of a page as the core places comments on them: what waits to be sent, and their comments
/// that Zendesk is not known to have.
pub(super) struct Ours {
    desks: HashMap<String, Desk>,
    sends: bool,
}

/// Reads what may be ours among these comments. A page of a first pull costs queries that find nothing.
pub(super) async fn read(
    pull: &Pull<'_>,
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
    let mut unmapped = kept::unmapped_of(&mut page.tx, &named).await?;
    let mut lines = outbox::lines(&mut page.tx, &named).await?;
    // An operation that has ended is not in the line any more, and its marker still counts.
    for entry in outbox::by_ids(&mut page.tx, &op_ids).await?.into_values() {
        let operation = entry.operation;
        let (known, last_seq) = lines.entry(operation.line.clone()).or_default();
        *last_seq = operation.seq.max(*last_seq);
        if known.iter().all(|other| other.op_id != operation.op_id) {
            known.push(operation);
        }
    }
    named.retain(|case| unmapped.contains_key(case) || lines.contains_key(case));
    let followed = links::of_cases(&mut page.tx, &named).await?;
    let desks = named.into_iter().map(|case| {
        let line = lines.remove(&case).unwrap_or_default();
        let own = unmapped.remove(&case).unwrap_or_default();
        let (open, former) = followed.get(&case).copied().unwrap_or_default();
        (case.clone(), desk(case, line, own, open, former))
    });
    Ok(Ours {
        desks: desks.collect(),
        sends: pull.mode() != Mode::OneWay,
    })
}

/// A case as far as placing comments goes; its fields are not looked at.
fn desk(
    case: String,
    (operations, last_seq): (Vec<Operation>, i64),
    own: Vec<(String, bool)>,
    ticket: Option<i64>,
    predecessors: u32,
) -> Desk {
    Desk {
        case,
        fields: CaseFields {
            subject: String::new(),
            description: String::new(),
            status: CaseStatus::Open,
            priority: CasePriority::Normal,
            assigned_to: None,
            contact: None,
            closed_at: None,
        },
        deleted: false,
        link: ticket.map(|ticket| DeskLink {
            ticket,
            agreed: Agreed::default(),
            seen: Version::default(),
        }),
        predecessors,
        operations,
        last_seq,
        comments: own
            .into_iter()
            .map(|(id, is_description)| DeskComment {
                id,
                public: false,
                is_description,
                remote: None,
            })
            .collect(),
    }
}

impl Ours {
    /// Which case comment this one, of `case`, is. One that is taken is not given again.
    pub(super) fn place(&mut self, comment: &TicketComment, marker: &Marker, case: &str) -> Place {
        let Some(desk) = self.desks.get_mut(case) else {
            return Place::New;
        };
        let own = desk.comments.iter();
        let description = own
            .filter(|known| known.is_description && known.remote.is_none())
            .map(|known| known.id.clone())
            .next();
        // Where nothing is ever sent, a comment that was not sent says nothing.
        let marker = match marker {
            Marker::Unchecked if !self.sends && !desk.line().awaits_comments() => &Marker::Foreign,
            Marker::Unchecked | Marker::Foreign | Marker::Ours(_) => marker,
        };
        match desk.place(comment, marker, description.as_deref(), Guards::ALL) {
            Place::Ours { comment: id, op_id } => {
                let known = desk.comments.iter_mut().find(|known| known.id == id);
                match known.filter(|known| known.remote.is_none()) {
                    Some(known) => {
                        known.remote = Some(comment.id);
                        Place::Ours { comment: id, op_id }
                    }
                    // What is known as another comment of Zendesk already stays that one.
                    None => Place::New,
                }
            }
            other @ (Place::New | Place::Wait) => other,
        }
    }
}
