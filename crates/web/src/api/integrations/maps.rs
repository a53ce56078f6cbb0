//! The maps of status and priority, as the document describes them. They are read and written as the
//! settings keep them; these types only say which words there are.
#![expect(dead_code, reason = "they are described, and never made")]

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::cases::{CaseState, CaseUrgency};

/// What status and priority of one side are on the other.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldMaps {
    /// Status.
    status: StatusMaps,
    /// Priority.
    priority: PriorityMaps,
}

/// Status, both ways.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StatusMaps {
    /// From a ticket to its case.
    from_zendesk: StatusOfCase,
    /// From a case to its ticket.
    to_zendesk: StatusOfTicket,
}

/// What each status of a ticket makes of its case.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StatusOfCase {
    /// For `new`.
    new: CaseState,
    /// For `open`.
    open: CaseState,
    /// For `pending`.
    pending: CaseState,
    /// For `hold`.
    hold: CaseState,
    /// For `solved`.
    solved: CaseState,
    /// For `closed`.
    closed: CaseState,
    /// For words of Zendesk that have no field here.
    other: BTreeMap<String, CaseState>,
}

/// A status that a ticket may be given.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TicketStatusWord {
    /// Open.
    Open,
    /// Pending.
    Pending,
    /// Hold; refused by accounts that have not switched it on.
    Hold,
    /// Solved.
    Solved,
}

/// What each status of a case makes of its ticket.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StatusOfTicket {
    /// For open.
    open: TicketStatusWord,
    /// For in progress.
    in_progress: TicketStatusWord,
    /// For resolved.
    resolved: TicketStatusWord,
    /// For closed.
    closed: TicketStatusWord,
}

/// Priority, both ways.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PriorityMaps {
    /// From a ticket to its case.
    from_zendesk: PriorityOfCase,
    /// From a case to its ticket.
    to_zendesk: PriorityOfTicket,
}

/// What each priority of a ticket makes of its case.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PriorityOfCase {
    /// For `low`.
    low: CaseUrgency,
    /// For `normal`.
    normal: CaseUrgency,
    /// For `high`.
    high: CaseUrgency,
    /// For `urgent`.
    urgent: CaseUrgency,
    /// For words of Zendesk that have no field here.
    other: BTreeMap<String, CaseUrgency>,
}

/// A priority of a ticket.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TicketPriorityWord {
    /// Low.
    Low,
    /// Normal.
    Normal,
    /// High.
    High,
    /// Urgent.
    Urgent,
}

/// What each priority of a case makes of its ticket.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PriorityOfTicket {
    /// For low.
    low: TicketPriorityWord,
    /// For normal.
    normal: TicketPriorityWord,
    /// For high.
    high: TicketPriorityWord,
}
