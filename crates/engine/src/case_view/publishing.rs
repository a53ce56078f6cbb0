//! How far the ticket that somebody asked for has come (ticket-sync.md 5).

use domain::outbox::{Kind, Operation, State};
use jiff::Timestamp;
use serde::Serialize;
use store::desks;

use crate::engine::Engine;
use crate::error::Result;

/// Zendesk takes so many updates of a ticket in ten minutes.
const IN_TEN_MINUTES: usize = 30;

/// A ticket that was asked for, or whose comments are still being sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketWish {
    /// In which integration, by name.
    pub integration: Option<String>,
    /// Whether it follows a closed ticket.
    pub follows: bool,
    /// How far it has come.
    pub progress: Progress,
}

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// The ticket is not made yet. If it has to wait for something a person should know, why.
    Waiting {
        /// What it waits for.
        why: Option<String>,
        /// When it is tried next, if that is not at once.
        next: Option<Timestamp>,
    },
    /// The ticket is there; its comments follow.
    Comments {
        /// Its number.
        ticket: i64,
        /// Comments that are in Zendesk.
        sent: usize,
        /// Comments in all.
        total: usize,
        /// About how many minutes the rest takes at most, if they are more than go at once.
        minutes: Option<usize>,
    },
    /// It could not be made.
    Failed {
        /// The parked change: what a retry names.
        id: String,
        /// Why, and what to do.
        reason: String,
    },
}

impl TicketWish {
    /// Whether it goes on by itself, so that looking again is worth it.
    pub fn goes_on(&self) -> bool {
        !matches!(self.progress, Progress::Failed { .. })
    }
}

/// How far the ticket of a case (by id) has come, if one is being made or its first comments are sent.
///
/// # Errors
/// As the store says.
pub async fn publishing(engine: &Engine, case: &str) -> Result<Option<TicketWish>> {
    let connection = &mut *engine.store.read().await?;
    let Some(held) = desks::read(connection, case).await? else {
        return Ok(None);
    };
    let integration = match &held.integration_id {
        Some(id) => store::integrations::find(connection, id).await?,
        None => None,
    };
    let now = engine.now();
    let desk = &held.desk;
    let makes = desk.operations.iter().find(|operation| {
        operation.kind.makes_ticket()
            && (operation.state.is_open() || operation.state == State::Parked)
    });
    let progress = match (makes, &desk.link) {
        (Some(operation), _) => of_making(operation, now),
        (None, Some(link)) => {
            let waiting = desk
                .operations
                .iter()
                .filter(|operation| operation.kind == Kind::Comment && operation.state.is_open());
            let left = waiting.count();
            if left == 0 {
                return Ok(None);
            }
            let total = desk.comments.len();
            Progress::Comments {
                ticket: link.ticket,
                sent: total.saturating_sub(left),
                total,
                minutes: (left > IN_TEN_MINUTES).then(|| left / IN_TEN_MINUTES * 10),
            }
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(TicketWish {
        integration: integration.map(|found| found.settings.name),
        follows: makes.is_some_and(|operation| operation.kind == Kind::FollowUp),
        progress,
    }))
}

fn of_making(operation: &Operation, now: Timestamp) -> Progress {
    let reason = operation.reason.as_ref().map(ToString::to_string);
    if operation.state == State::Parked {
        return Progress::Failed {
            id: operation.op_id.clone(),
            reason: reason.unwrap_or_else(|| "No reason was kept. Retry it.".to_owned()),
        };
    }
    Progress::Waiting {
        why: reason,
        next: Some(operation.not_before).filter(|next| *next > now),
    }
}
