//! What was done to a case, as its history keeps it.

use domain::case::CaseField;
use domain::desk::Desk;
use domain::outbox::{Kind, Operation, State};
use serde::{Deserialize, Serialize};
use store::history::Event;

/// Something that was done to a case beside changing its fields. Texts and names are not repeated here:
/// who may not see a comment any more must not find it in the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Deed {
    /// It was made here.
    Created,
    /// It was deleted here.
    Deleted,
    /// It came back after it was deleted.
    Restored,
    /// A ticket was asked for.
    AskedForTicket {
        /// In which integration, by name.
        integration: String,
    },
    /// A ticket was asked for that follows its closed one.
    AskedForFollowUp {
        /// In which integration, by name.
        integration: String,
        /// The closed ticket.
        ticket: i64,
    },
    /// It has a ticket that it had not before.
    TicketMade {
        /// The ticket.
        ticket: i64,
        /// The ticket that it follows.
        follows: Option<i64>,
    },
    /// What was parked was put back into its line.
    Retried {
        /// What.
        what: Vec<Undelivered>,
    },
    /// What was parked was given up.
    Discarded {
        /// What.
        what: Vec<Undelivered>,
    },
    /// What had piled up while two-way sync was off was put into its line.
    SentPiledUp,
    /// A comment was written here.
    Commented {
        /// The comment's id.
        comment: String,
        /// Whether the customer may see it.
        public: bool,
        /// How many files it has.
        files: usize,
    },
    /// The value that lost a conflict was given back.
    ConflictRestored {
        /// The conflict's id.
        conflict: String,
        /// The word of its field.
        field: String,
    },
}

/// A change that was not delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// Its id.
    pub id: String,
    /// What it was to do.
    pub kind: Kind,
    /// The fields that it was to send.
    pub fields: Vec<CaseField>,
    /// The comment that it was to send.
    pub comment: Option<String>,
}

impl Undelivered {
    fn of(operation: &Operation) -> Self {
        Self {
            id: operation.op_id.clone(),
            kind: operation.kind,
            fields: operation.payload.parked.keys().copied().collect(),
            comment: operation.payload.comment.clone(),
        }
    }
}

/// What of a case is parked: all of it, or the operation `only`.
pub(super) fn parked(desk: &Desk, only: Option<&str>) -> Vec<Undelivered> {
    desk.operations
        .iter()
        .filter(|operation| operation.state == State::Parked)
        .filter(|operation| only.is_none_or(|op_id| operation.op_id == op_id))
        .map(Undelivered::of)
        .collect()
}

/// The entry of a deed that goes through no decision of the core.
pub(super) fn entry(case: &store::cases::Case, deed: &Deed, actor: &str) -> Event {
    let mut body = serde_json::json!({ "deed": deed, "changes": [], "conflicts": [] });
    let mut before = serde_json::json!({ "state": crate::desk::state(case) }).to_string();
    if *deed == Deed::Created {
        // Nothing was before: the entry itself tells what the case began with.
        body["state"] = crate::desk::state(case);
        before.clear();
    }
    Event {
        case_id: case.id.clone(),
        side: "crm",
        actor: actor.to_owned(),
        run_id: None,
        body: body.to_string(),
        before,
    }
}
