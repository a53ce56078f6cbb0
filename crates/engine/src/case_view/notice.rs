//! What a reader of a case must know before all else (ticket-sync.md 3, *special states*), and what of
//! it is parked or was changed on both sides.

mod conflict;
mod parked;

use domain::ticket::Life;
use serde::Serialize;
use store::cases::Case;

pub use conflict::{ConflictDetail, ConflictPage, ConflictView, Did, conflicts, show as conflict};
pub(super) use conflict::{of_case as conflicts_of_case, readable};
pub(crate) use parked::what;
pub use parked::{ParkedKind, ParkedPage, ParkedView, parked, parked_one};
pub(super) use parked::{of_case as parked_of_case, what as what_is_parked};

use super::mirror::Mirror;

/// Which notice it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The case was deleted here.
    CaseDeleted,
    /// Its ticket is deleted in Zendesk.
    TicketDeleted,
    /// Its ticket was emptied in Zendesk.
    TicketScrubbed,
    /// Its ticket was merged into another one.
    TicketMerged,
    /// Its ticket is closed in Zendesk for good.
    TicketClosed,
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Which one.
    pub kind: NoticeKind,
    /// What happened and what follows, as a sentence.
    pub sentence: String,
    /// Another case it speaks of, by number.
    pub case_number: Option<i64>,
}

/// The notices of a case, the gravest first.
pub(super) fn notices(case: &Case, mirror: Option<&Mirror>) -> Vec<Notice> {
    let deleted_here = case.deleted_at.map(|_| Notice {
        kind: NoticeKind::CaseDeleted,
        sentence: "This case was deleted here. Changes of its ticket do not bring it back; it can be restored."
            .to_owned(),
        case_number: None,
    });
    let ticket = mirror.and_then(|mirror| {
        of_ticket(
            mirror.row.remote_id,
            mirror.life(),
            mirror.ticket().is_merged(),
            mirror.row.merged_into,
            mirror.row.merged_into.and_then(|id| mirror.case_of(id)),
        )
    });
    deleted_here.into_iter().chain(ticket).collect()
}

fn of_ticket(
    ticket: i64,
    life: Life,
    merged: bool,
    survivor: Option<i64>,
    survivor_case: Option<i64>,
) -> Option<Notice> {
    let notice = |kind, sentence| {
        Some(Notice {
            kind,
            sentence,
            case_number: None,
        })
    };
    match life {
        Life::Scrubbed => notice(
            NoticeKind::TicketScrubbed,
            format!(
                "Zendesk has erased the content of ticket #{ticket}. The case and its comments are kept as they were; nothing more comes from that ticket."
            ),
        ),
        Life::Deleted => notice(
            NoticeKind::TicketDeleted,
            format!(
                "Ticket #{ticket} is deleted in Zendesk. The case is kept; if the ticket is restored there, the two go on in step."
            ),
        ),
        // A merge always closes the ticket: words or tags on a living one are no merge.
        Life::Closed if merged || survivor.is_some() => Some(Notice {
            kind: NoticeKind::TicketMerged,
            sentence: match survivor {
                Some(survivor) => format!(
                    "Ticket #{ticket} was merged into ticket #{survivor}. The conversation goes on there."
                ),
                None => format!(
                    "Ticket #{ticket} was merged into another ticket. The conversation goes on there."
                ),
            },
            case_number: survivor_case,
        }),
        Life::Closed => notice(
            NoticeKind::TicketClosed,
            format!(
                "Ticket #{ticket} is closed in Zendesk and cannot be changed any more. To go on, write a follow-up ticket."
            ),
        ),
        Life::Alive => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(life: Life, merged: bool, survivor: Option<i64>) -> Option<NoticeKind> {
        of_ticket(5, life, merged, survivor, None).map(|notice| notice.kind)
    }

    #[test]
    fn every_special_state_of_a_ticket_has_its_notice() {
        assert_eq!(kind(Life::Alive, false, None), None);
        assert_eq!(
            kind(Life::Closed, false, None),
            Some(NoticeKind::TicketClosed)
        );
        assert_eq!(
            kind(Life::Deleted, false, None),
            Some(NoticeKind::TicketDeleted)
        );
        assert_eq!(
            kind(Life::Scrubbed, false, None),
            Some(NoticeKind::TicketScrubbed)
        );
    }

    #[test]
    fn a_merged_ticket_names_the_survivor_and_not_that_it_is_closed() {
        let notice = of_ticket(5, Life::Closed, true, Some(9), Some(3)).unwrap();
        assert_eq!(notice.kind, NoticeKind::TicketMerged);
        assert!(notice.sentence.contains("merged into ticket #9"));
        assert_eq!(notice.case_number, Some(3));
        assert_eq!(
            kind(Life::Closed, true, None),
            Some(NoticeKind::TicketMerged)
        );
        assert_eq!(
            kind(Life::Deleted, true, Some(9)),
            Some(NoticeKind::TicketDeleted)
        );
    }
}
