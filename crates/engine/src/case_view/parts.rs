//! Parts of a case by themselves: its comments, its history, its ticket.

use serde::Serialize;

use super::comment::{CommentView, Spoken};
use super::history::{History, HistoryLine};
use super::mirror::Mirror;
use super::names::{Names, Wanted};
use super::panel::{self, TicketPanel};
use crate::engine::Engine;
use crate::error::Result;

/// A page of a case's comments, oldest first.
#[derive(Debug, Serialize)]
pub struct CommentPage {
    /// The comments.
    pub comments: Vec<CommentView>,
    /// How many to pass over for the next page; none on the last one.
    pub next: Option<i64>,
}

/// The comments of a case (by id), at most `limit` of them (at least 1), behind the first `skip`.
///
/// # Errors
/// As the store says.
pub async fn comments(engine: &Engine, case: &str, skip: i64, limit: usize) -> Result<CommentPage> {
    let connection = &mut *engine.store.read().await?;
    let most = i64::try_from(limit).unwrap_or(i64::MAX - 1);
    let mut spoken = Spoken::read(connection, case, skip.max(0), most + 1).await?;
    let more = spoken.rows.len() > limit;
    spoken.rows.truncate(limit);
    let mirror = Mirror::read(connection, case, &spoken.authors()).await?;
    let mut wanted = Wanted::default();
    spoken.want(&mut wanted);
    if let Some(mirror) = &mirror {
        mirror.want(&mut wanted);
    }
    let names = Names::read(connection, wanted).await?;
    Ok(CommentPage {
        comments: spoken.tell(mirror.as_ref(), &names),
        next: more.then(|| skip.max(0).saturating_add(most)),
    })
}

/// A page of what happened to a case, newest first.
#[derive(Serialize)]
pub struct HistoryPage {
    /// What happened.
    pub lines: Vec<HistoryLine>,
    /// What to give as `before` for the next page; none on the last one.
    pub next: Option<i64>,
}

/// Without what happened: it holds people's own.
impl std::fmt::Debug for HistoryPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HistoryPage")
            .field("lines", &self.lines.len())
            .field("next", &self.next)
            .finish()
    }
}

/// What happened to a case (by id), at most `limit` entries (at least 1), of those before the entry
/// `before` if given.
///
/// # Errors
/// As the store says.
pub async fn history(
    engine: &Engine,
    case: &str,
    before: Option<i64>,
    limit: usize,
) -> Result<HistoryPage> {
    let connection = &mut *engine.store.read().await?;
    let history = History::read(connection, case, before, limit).await?;
    let mut wanted = Wanted::default();
    history.want(&mut wanted);
    let names = Names::read(connection, wanted).await?;
    Ok(HistoryPage {
        next: history.next,
        lines: history.tell(&names),
    })
}

/// The ticket panel of a case (by id), if it has a ticket.
///
/// # Errors
/// As the store says.
pub async fn ticket(engine: &Engine, case: &str) -> Result<Option<TicketPanel>> {
    let connection = &mut *engine.store.read().await?;
    let Some(mirror) = Mirror::read(connection, case, &[]).await? else {
        return Ok(None);
    };
    let mut wanted = Wanted::default();
    mirror.want(&mut wanted);
    let names = Names::read(connection, wanted).await?;
    Ok(Some(panel::panel(&mirror, &names)))
}
