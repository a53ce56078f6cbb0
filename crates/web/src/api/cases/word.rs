//! The words of cases, as programs read and write them.

use domain::case::{CasePriority, CaseSource, CaseStatus};
use engine::case_view::{HistoryKind, NoticeKind, ParkedKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A choice with the words of one of ours, which is no schema itself.
macro_rules! words {
    ($(#[$about:meta])* $name:ident is $ours:ident { $($(#[$what:meta])* $word:ident),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name {
            $($(#[$what])* $word),+
        }

        impl From<$ours> for $name {
            fn from(word: $ours) -> Self {
                match word {
                    $($ours::$word => Self::$word),+
                }
            }
        }

        impl From<$name> for $ours {
            fn from(word: $name) -> Self {
                match word {
                    $($name::$word => Self::$word),+
                }
            }
        }
    };
}

pub(crate) use words;

words! {
    /// Where a case stands.
    CaseState is CaseStatus {
        /// Nobody has finished or paused it.
        Open,
        /// Being worked on, or waiting for the customer.
        InProgress,
        /// Answered; may come back.
        Resolved,
        /// Done.
        Closed,
    }
}

words! {
    /// How urgent a case is.
    CaseUrgency is CasePriority {
        /// Low.
        Low,
        /// Normal.
        Normal,
        /// High; Zendesk's urgent is this too.
        High,
    }
}

words! {
    /// How a case came in.
    CaseOrigin is CaseSource {
        /// By a web form.
        Web,
        /// By mail.
        Email,
        /// By telephone.
        Phone,
        /// Any other way, and every case that is made here.
        Other,
    }
}

words! {
    /// What a reader must know before all else.
    CaseNoticeKind is NoticeKind {
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
}

words! {
    /// What a parked change does.
    ParkedChange is ParkedKind {
        /// Makes the ticket of a case.
        Publish,
        /// Makes a ticket that follows a closed one.
        FollowUp,
        /// Adds a comment.
        Comment,
        /// Brings the ticket's fields up to the case's.
        Fields,
        /// Brings an end user up to a contact.
        Person,
        /// Brings a file of a comment to where it is not yet.
        File,
    }
}

words! {
    /// What an entry of a case's history tells of.
    CaseEvent is HistoryKind {
        /// The case was made here.
        Created,
        /// The state of the case before its first change.
        Beginning,
        /// Fields changed.
        Changed,
        /// Both sides had changed the same fields, and the case's values stand.
        Conflict,
        /// It was deleted here.
        Deleted,
        /// It came back after it was deleted here.
        Restored,
        /// Somebody asked for a ticket.
        TicketAsked,
        /// Somebody asked for a ticket that follows the closed one.
        FollowUpAsked,
        /// It has a ticket that it had not before.
        TicketMade,
        /// What was parked was put back into its line.
        Retried,
        /// What was parked was given up.
        Discarded,
        /// What had piled up while two-way sync was off was put into its line.
        PiledUpSent,
        /// A comment was written here.
        CommentAdded,
        /// The value that lost a conflict was given back.
        ConflictRestored,
        /// A comment was made private in Zendesk.
        CommentMadePrivate,
        /// Text of a comment was taken out in Zendesk.
        CommentRedacted,
        /// It was erased for somebody's privacy, or a newer version wrote it.
        Untold,
    }
}
