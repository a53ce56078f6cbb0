//! The sweep as people see it (ticket-sync.md 3): how old the oldest verification is, and what was
//! found. The work itself is in `case_sync`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::integrations::Integration;
use store::sweeps::{self, Round, SweepState};

use crate::case_sync;
use crate::engine::Engine;
use crate::error::Result;

/// How far the sweep of an integration has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SweepView {
    /// No linked ticket was verified longer ago than this; none before the first full round.
    pub oldest_verified_at: Option<Timestamp>,
    /// The last full round.
    pub last: Option<RoundView>,
    /// The round under way.
    pub present: Option<RoundView>,
}

/// One walk over all linked tickets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundView {
    /// When it began.
    pub began_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Tickets verified.
    pub verified: u64,
    /// Differences found, of every kind; each was put right, but for `missing`.
    pub differences: u64,
    /// The same by kind: `fields`, `comments`, `cases`, `missing`.
    pub by_kind: BTreeMap<String, u64>,
}

impl From<Round> for RoundView {
    fn from(round: Round) -> Self {
        Self {
            began_at: round.began_at,
            ended_at: round.ended_at,
            verified: round.verified,
            differences: round.differences.values().sum(),
            by_kind: round.differences,
        }
    }
}

impl From<SweepState> for SweepView {
    fn from(state: SweepState) -> Self {
        let last = state.last.map(RoundView::from);
        Self {
            // Whatever the present round has not come to yet was verified in the last one.
            oldest_verified_at: last.as_ref().and_then(|last| last.began_at),
            present: state.round.began_at.is_some().then(|| state.round.into()),
            last,
        }
    }
}

/// How far the sweep of an integration has come.
///
/// # Errors
/// As the database says.
pub async fn view(engine: &Engine, integration: &Integration) -> Result<SweepView> {
    let mut reader = engine.store.read().await?;
    Ok(sweeps::load(&mut reader, &integration.id).await?.into())
}

/// Goes on with the present round as far as the budget lets it, or begins one if it is time. Returns
/// whether there is more to do at once.
///
/// # Errors
/// As the database or Zendesk says; the round goes on from where it was.
pub async fn go_on(engine: &Engine, integration: &Integration) -> Result<bool> {
    Box::pin(case_sync::sweep(engine, integration)).await
}

/// Verifies everything now, tickets and comments, waiting where the budget says so, together with the workers
/// that verify a little all the time.
///
/// # Errors
/// If nothing was ever pulled, or somebody else begins another round; as the database or Zendesk says.
pub async fn verify(engine: &Engine, integration: &Integration) -> Result<RoundView> {
    let round = Box::pin(case_sync::verify_all(engine, integration)).await?;
    Ok(round.into())
}
