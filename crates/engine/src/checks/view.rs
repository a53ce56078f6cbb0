//! Checks as people see them.

use jiff::Timestamp;
use store::checks::{self, Check, CheckKind, Filter, Subject};

use super::found::Found;
use crate::engine::Engine;
use crate::error::Result;

/// Where a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// No worker has come to it yet.
    Waiting,
    /// A worker is at it.
    Running,
    /// It was seen through.
    Done,
    /// It could not be.
    Failed,
}

impl Shown {
    /// The word that the API says.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// A check.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckView {
    /// Its id.
    pub id: String,
    /// What it looks at, and how.
    pub kind: CheckKind,
    /// What it is of.
    pub subject: Subject,
    /// Where it stands.
    pub state: Shown,
    /// Whether it was asked to stop and has not yet.
    pub is_stopping: bool,
    /// Who asked for it.
    pub actor: String,
    /// What it is at.
    pub stage: Option<String>,
    /// Why it could not be seen through, with what to do.
    pub problem: Option<String>,
    /// What it found. Lists leave it out.
    pub found: Option<Found>,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it began.
    pub began_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl CheckView {
    /// Whether nothing more will come.
    pub fn is_over(&self) -> bool {
        matches!(self.state, Shown::Done | Shown::Failed)
    }
}

impl From<Check> for CheckView {
    fn from(check: Check) -> Self {
        let state = match (&check.ended_at, &check.problem, &check.began_at) {
            (Some(_), Some(_), _) => Shown::Failed,
            (Some(_), None, _) => Shown::Done,
            (None, _, Some(_)) => Shown::Running,
            (None, _, None) => Shown::Waiting,
        };
        let found = check.result.as_deref();
        Self {
            id: check.id,
            kind: check.kind,
            subject: check.subject,
            state,
            is_stopping: check.stop_asked && check.ended_at.is_none(),
            actor: check.actor,
            stage: check.stage,
            problem: check.problem,
            found: found.and_then(|found| serde_json::from_str(found).ok()),
            asked_at: check.asked_at,
            began_at: check.began_at,
            ended_at: check.ended_at,
        }
    }
}

/// Checks, the one asked for last first.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckPage {
    /// Those of this page.
    pub checks: Vec<CheckView>,
    /// The id to go on before; none at the end.
    pub next: Option<String>,
}

/// The check with this id.
///
/// # Errors
/// As the database says.
pub async fn find(engine: &Engine, id: &str) -> Result<Option<CheckView>> {
    let found = checks::find(&mut *engine.store.read().await?, id).await?;
    Ok(found.map(CheckView::from))
}

/// Checks, `limit` of them, without what they found.
///
/// # Errors
/// As the database says.
pub async fn list(engine: &Engine, filter: &Filter, limit: usize) -> Result<CheckPage> {
    let asked = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut found = checks::list(&mut *engine.store.read().await?, filter, asked).await?;
    let is_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_more);
    Ok(CheckPage {
        next: next.map(|last| last.id.clone()),
        checks: found.into_iter().map(CheckView::from).collect(),
    })
}
