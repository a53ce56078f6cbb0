//! How Zendesk's words become a case's words, and back (ticket-sync.md 3 and 4).
//!
//! The maps of status and priority can be edited per integration; their `Default` is the tables of
//! the specification. A map that loses something (urgent → high) is harmless, since each side is only
//! ever compared with its own half of what was agreed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::case::{CasePriority, CaseSource, CaseStatus};
use crate::ticket::{TicketPriority, TicketStatus};
use crate::value::{Hide, Value, not_blank};
use crate::word::words;

/// What a value of one side is in the other side's words.
#[derive(Clone, PartialEq, Eq)]
pub enum Translation {
    /// It is this there (which may be nothing).
    To(Value),
    /// It has no counterpart there: leave the other side as it is.
    Keep,
    /// Nobody has said what this word means there. The field waits, and the run says so.
    Unknown(String),
}

impl Translation {
    /// It is this text there.
    pub fn text(text: impl Into<String>) -> Self {
        Self::To(Some(text.into()))
    }

    /// Whether it says exactly this value. `Keep` and `Unknown` say nothing.
    pub fn says(&self, value: &Value) -> bool {
        match self {
            Self::To(said) => said == value,
            Self::Keep | Self::Unknown(_) => false,
        }
    }
}

impl std::fmt::Debug for Translation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::To(value) => f.debug_tuple("To").field(&value.hidden()).finish(),
            Self::Keep => f.write_str("Keep"),
            Self::Unknown(word) => f.debug_tuple("Unknown").field(&word.hidden()).finish(),
        }
    }
}

/// Both editable maps of an integration, as its settings store them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Maps {
    /// Status, both ways.
    pub status: StatusMap,
    /// Priority, both ways.
    pub priority: PriorityMap,
}

words! {
    /// The statuses a ticket may be given by us. `new` cannot come back (ticket-sync.md 4), and
    /// `closed` would be final for good, so neither can even be put into a map.
    pub enum WritableStatus {
        /// Open.
        Open = "open",
        /// Pending.
        Pending = "pending",
        /// Hold; refused by accounts that have not switched it on.
        Hold = "hold",
        /// Solved.
        Solved = "solved",
    }
}

/// The status map, both ways.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatusMap {
    /// Ticket status → case status.
    pub from_zendesk: StatusFromZendesk,
    /// Case status → ticket status.
    pub to_zendesk: StatusToZendesk,
}

/// What each ticket status makes of a case (ticket-sync.md 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatusFromZendesk {
    /// For `new`: open.
    pub new: CaseStatus,
    /// For `open`: open.
    pub open: CaseStatus,
    /// For `pending`: in progress.
    pub pending: CaseStatus,
    /// For `hold`: open.
    pub hold: CaseStatus,
    /// For `solved`: closed.
    pub solved: CaseStatus,
    /// For `closed`: closed.
    pub closed: CaseStatus,
    /// For words Zendesk may send that Deskbridge does not know yet: this is where an unknown status
    /// gets its meaning without a new release. Words that have a field above are not looked up here.
    pub other: BTreeMap<String, CaseStatus>,
}

impl Default for StatusFromZendesk {
    fn default() -> Self {
        Self {
            new: CaseStatus::Open,
            open: CaseStatus::Open,
            pending: CaseStatus::InProgress,
            hold: CaseStatus::Open,
            solved: CaseStatus::Closed,
            closed: CaseStatus::Closed,
            other: BTreeMap::new(),
        }
    }
}

/// What each case status makes of a ticket (ticket-sync.md 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatusToZendesk {
    /// For open: `open`.
    pub open: WritableStatus,
    /// For in progress: `pending`.
    pub in_progress: WritableStatus,
    /// For resolved: `solved`.
    pub resolved: WritableStatus,
    /// For closed: `solved`.
    pub closed: WritableStatus,
}

impl Default for StatusToZendesk {
    fn default() -> Self {
        Self {
            open: WritableStatus::Open,
            in_progress: WritableStatus::Pending,
            resolved: WritableStatus::Solved,
            closed: WritableStatus::Solved,
        }
    }
}

impl StatusMap {
    /// The case status for a ticket status; none for `deleted`, which says nothing about the work.
    pub const fn to_case(&self, status: TicketStatus) -> Option<CaseStatus> {
        match status {
            TicketStatus::New => Some(self.from_zendesk.new),
            TicketStatus::Open => Some(self.from_zendesk.open),
            TicketStatus::Pending => Some(self.from_zendesk.pending),
            TicketStatus::Hold => Some(self.from_zendesk.hold),
            TicketStatus::Solved => Some(self.from_zendesk.solved),
            TicketStatus::Closed => Some(self.from_zendesk.closed),
            TicketStatus::Deleted => None,
        }
    }

    /// The ticket status for a case status.
    pub const fn to_ticket(&self, status: CaseStatus) -> WritableStatus {
        match status {
            CaseStatus::Open => self.to_zendesk.open,
            CaseStatus::InProgress => self.to_zendesk.in_progress,
            CaseStatus::Resolved => self.to_zendesk.resolved,
            CaseStatus::Closed => self.to_zendesk.closed,
        }
    }
}

/// The priority map, both ways.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PriorityMap {
    /// Ticket priority → case priority.
    pub from_zendesk: PriorityFromZendesk,
    /// Case priority → ticket priority.
    pub to_zendesk: PriorityToZendesk,
}

/// What each ticket priority makes of a case (ticket-sync.md 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PriorityFromZendesk {
    /// For `low`: low.
    pub low: CasePriority,
    /// For `normal`: normal.
    pub normal: CasePriority,
    /// For `high`: high.
    pub high: CasePriority,
    /// For `urgent`: high.
    pub urgent: CasePriority,
    /// For words Zendesk may send that Deskbridge does not know yet, as in [`StatusFromZendesk`].
    pub other: BTreeMap<String, CasePriority>,
}

impl Default for PriorityFromZendesk {
    fn default() -> Self {
        Self {
            low: CasePriority::Low,
            normal: CasePriority::Normal,
            high: CasePriority::High,
            urgent: CasePriority::High,
            other: BTreeMap::new(),
        }
    }
}

/// What each case priority makes of a ticket (ticket-sync.md 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PriorityToZendesk {
    /// For low: `low`.
    pub low: TicketPriority,
    /// For normal: `normal`.
    pub normal: TicketPriority,
    /// For high: `high`.
    pub high: TicketPriority,
}

impl Default for PriorityToZendesk {
    fn default() -> Self {
        Self {
            low: TicketPriority::Low,
            normal: TicketPriority::Normal,
            high: TicketPriority::High,
        }
    }
}

impl PriorityMap {
    /// The case priority for a ticket priority.
    pub const fn to_case(&self, priority: TicketPriority) -> CasePriority {
        match priority {
            TicketPriority::Low => self.from_zendesk.low,
            TicketPriority::Normal => self.from_zendesk.normal,
            TicketPriority::High => self.from_zendesk.high,
            TicketPriority::Urgent => self.from_zendesk.urgent,
        }
    }

    /// The ticket priority for a case priority.
    pub const fn to_ticket(&self, priority: CasePriority) -> TicketPriority {
        match priority {
            CasePriority::Low => self.to_zendesk.low,
            CasePriority::Normal => self.to_zendesk.normal,
            CasePriority::High => self.to_zendesk.high,
        }
    }
}

/// A raw ticket status in the case's words. None at all, and `deleted`, leave the case as it is.
pub fn status_to_case(raw: Option<&str>, maps: &Maps) -> Translation {
    let Some(word) = not_blank(raw) else {
        return Translation::Keep;
    };
    match TicketStatus::parse(word) {
        Some(status) => maps
            .status
            .to_case(status)
            .map_or(Translation::Keep, |status| {
                Translation::text(status.as_str())
            }),
        None => match maps.status.from_zendesk.other.get(word) {
            Some(status) => Translation::text(status.as_str()),
            None => Translation::Unknown(word.to_owned()),
        },
    }
}

/// A case status in Zendesk's words. It always has one, and never `new` or `closed`.
pub fn status_to_ticket(status: CaseStatus, maps: &Maps) -> Translation {
    Translation::text(maps.status.to_ticket(status).as_str())
}

/// A raw ticket priority in the case's words. None at all leaves the case as it is.
pub fn priority_to_case(raw: Option<&str>, maps: &Maps) -> Translation {
    let Some(word) = not_blank(raw) else {
        return Translation::Keep;
    };
    match TicketPriority::parse(word) {
        Some(priority) => Translation::text(maps.priority.to_case(priority).as_str()),
        None => match maps.priority.from_zendesk.other.get(word) {
            Some(priority) => Translation::text(priority.as_str()),
            None => Translation::Unknown(word.to_owned()),
        },
    }
}

/// A case priority in Zendesk's words. It always has one.
pub fn priority_to_ticket(priority: CasePriority, maps: &Maps) -> Translation {
    Translation::text(maps.priority.to_ticket(priority).as_str())
}

/// What a case shows for a ticket without a subject. Never written back.
pub const NO_SUBJECT: &str = "(no subject)";

/// A raw ticket subject in the case's words: as it is, or [`NO_SUBJECT`] if there is none.
pub fn subject_to_case(raw: Option<&str>) -> Translation {
    Translation::text(not_blank(raw).unwrap_or(NO_SUBJECT))
}

/// A case subject in Zendesk's words: as it is. [`NO_SUBJECT`] and a blank one have no counterpart.
pub fn subject_to_ticket(subject: &str) -> Translation {
    match not_blank(Some(subject)) {
        None | Some(NO_SUBJECT) => Translation::Keep,
        Some(subject) => Translation::text(subject),
    }
}

/// How a case came in, from the ticket's `via.channel` (ticket-sync.md 3). Channels that are neither
/// mail, telephone nor a web page (chat, api, rule, twitter, …) and those we do not know are *other*.
pub fn source_from_channel(channel: Option<&str>) -> CaseSource {
    match channel {
        Some("email") => CaseSource::Email,
        Some("voice" | "phone" | "phone_call_inbound" | "phone_call_outbound" | "voicemail") => {
            CaseSource::Phone
        }
        Some("web" | "web_form" | "web_widget" | "help_center") => CaseSource::Web,
        Some(_) | None => CaseSource::Other,
    }
}

#[cfg(test)]
mod tests;
