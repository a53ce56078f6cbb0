//! What somebody did to a case, in the words of its page.

use super::HistoryKind;
use crate::actions::{Deed, Undelivered};
use crate::case_view::notice::what_is_parked;

/// Which kind of entry tells of a deed.
pub(super) const fn kind(deed: &Deed) -> HistoryKind {
    match deed {
        Deed::Created => HistoryKind::Created,
        Deed::Deleted => HistoryKind::Deleted,
        Deed::Restored => HistoryKind::Restored,
        Deed::AskedForTicket { .. } => HistoryKind::TicketAsked,
        Deed::AskedForFollowUp { .. } => HistoryKind::FollowUpAsked,
        Deed::TicketMade { .. } => HistoryKind::TicketMade,
        Deed::Retried { .. } => HistoryKind::Retried,
        Deed::Discarded { .. } => HistoryKind::Discarded,
        Deed::SentPiledUp => HistoryKind::PiledUpSent,
        Deed::Commented { .. } => HistoryKind::CommentAdded,
        Deed::ConflictRestored { .. } => HistoryKind::ConflictRestored,
    }
}

/// What a person reads of it.
pub(super) fn what(deed: &Deed) -> String {
    match deed {
        Deed::Created => "The case was made".to_owned(),
        Deed::Deleted => "The case was deleted here; its ticket is left as it is".to_owned(),
        Deed::Restored => "The case was restored".to_owned(),
        Deed::AskedForTicket { integration } => format!("A ticket in {integration} was asked for"),
        Deed::AskedForFollowUp {
            integration,
            ticket,
        } => format!("A ticket in {integration} that follows ticket {ticket} was asked for"),
        Deed::TicketMade {
            ticket,
            follows: None,
        } => format!("Ticket {ticket} was made in Zendesk"),
        Deed::TicketMade {
            ticket,
            follows: Some(former),
        } => format!("Ticket {ticket} was made in Zendesk; it follows ticket {former}"),
        Deed::Retried { what } => format!("Not delivered before, to be sent again: {}", list(what)),
        Deed::Discarded { what } => format!("Given up, and not sent to Zendesk: {}", list(what)),
        Deed::SentPiledUp => {
            "To be sent to Zendesk: what was changed here while nothing was sent".to_owned()
        }
        Deed::Commented { public, files, .. } => {
            let what = if *public {
                "A public comment was added"
            } else {
                "A private note was added"
            };
            match files {
                0 => what.to_owned(),
                1 => format!("{what}, with 1 file"),
                many => format!("{what}, with {many} files"),
            }
        }
        Deed::ConflictRestored { field, .. } => {
            let label = domain::case::CaseField::parse(field).map_or(field.as_str(), |f| f.label());
            format!("{label}: the value that lost a conflict was restored")
        }
    }
}

fn list(what: &[Undelivered]) -> String {
    let told: Vec<String> = what
        .iter()
        .map(|one| what_is_parked(one.kind, &one.fields, None))
        .collect();
    told.join("; ")
}

#[cfg(test)]
mod tests {
    use domain::case::CaseField;
    use domain::outbox::Kind;

    use super::*;

    fn undelivered(kind: Kind, fields: &[CaseField]) -> Undelivered {
        Undelivered {
            id: "o".to_owned(),
            kind,
            fields: fields.to_vec(),
            comment: None,
        }
    }

    #[test]
    fn what_was_given_up_is_named() {
        let what_is = vec![
            undelivered(Kind::Fields, &[CaseField::Status, CaseField::AssignedTo]),
            undelivered(Kind::Comment, &[]),
        ];
        let deed = Deed::Discarded { what: what_is };
        assert_eq!(
            what(&deed),
            "Given up, and not sent to Zendesk: Status, Assigned to; Comment"
        );
    }

    #[test]
    fn a_comment_says_who_may_see_it_and_how_many_files_it_has() {
        let told = |public, files| {
            what(&Deed::Commented {
                comment: "c".to_owned(),
                public,
                files,
            })
        };
        assert_eq!(told(true, 0), "A public comment was added");
        assert_eq!(told(false, 1), "A private note was added, with 1 file");
        assert_eq!(told(false, 3), "A private note was added, with 3 files");
    }
}
