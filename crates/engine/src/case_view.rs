//! A case as people see it: fields, ticket panel, comments. The pages and `deskbridge case` show it.
//!
//! Everything here only reads, a handful of queries a case whatever the number of its comments, and
//! everything is `Serialize` with keys that stay: scripts read them.

mod comment;
mod details;
mod history;
mod list;
mod mirror;
mod names;
mod notice;
mod panel;
mod parts;
mod publishing;

use domain::case::{CasePriority, CaseSource, CaseStatus};
use jiff::Timestamp;
use serde::Serialize;

pub use comment::CommentView;
pub use history::{FieldChange, HistoryKind, HistoryLine, MOST as HISTORY_MOST};
pub use list::{CaseLine, CasePage, CaseSearch, list, search};
pub use names::{Name, PersonView, contact_name};
pub(crate) use notice::what;
pub use notice::{
    ConflictDetail, ConflictPage, ConflictView, Did, Notice, NoticeKind, ParkedKind, ParkedPage,
    ParkedView, conflict, conflicts, parked, parked_one,
};
pub use panel::{CustomField, PanelField, PanelValue, Problem, TicketPanel};
pub use parts::{CommentPage, HistoryPage, comments, history, ticket};
pub use publishing::{Progress, TicketWish, publishing};

use crate::engine::Engine;
use crate::error::Result;
use comment::Spoken;
use history::History;
use mirror::Mirror;
use names::{Names, Wanted};

/// How many comments one view of a case holds at most.
pub const COMMENTS_PAGE: i64 = 200;

/// How many conflicts and how many parked changes one view of a case holds at most.
pub const NOTICES: i64 = 50;

/// Which part of a long case is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// How many comments to pass over.
    pub comments_after: i64,
    /// Only history before the entry of this number.
    pub history_before: Option<i64>,
    /// Neither comments nor history: [`comments`] and [`history()`] read them by themselves.
    pub is_bare: bool,
}

/// A case with all that stands on its page.
#[derive(Serialize)]
pub struct CaseView {
    /// Our id: what programs keep.
    pub id: String,
    /// What people say to each other.
    pub number: i64,
    /// Subject, never empty.
    pub subject: String,
    /// Description; usually the first comment too, which then says so.
    pub description: String,
    /// Status.
    pub status: CaseStatus,
    /// Priority.
    pub priority: CasePriority,
    /// How it came in.
    pub source: CaseSource,
    /// The user it is assigned to.
    pub assigned_to: Option<Name>,
    /// The customer it is for.
    pub contact: Option<Name>,
    /// The user who owns it.
    pub owner: Option<Name>,
    /// When it was reported.
    pub reported_at: Timestamp,
    /// When it was resolved or closed.
    pub closed_at: Option<Timestamp>,
    /// When it was made here.
    pub created_at: Timestamp,
    /// When it last changed here.
    pub updated_at: Timestamp,
    /// When it was deleted here.
    pub deleted_at: Option<Timestamp>,
    /// What a reader must know before all else.
    pub notices: Vec<Notice>,
    /// What of it cannot be delivered now, newest first, at most [`NOTICES`] of it.
    pub parked: Vec<ParkedView>,
    /// Its ticket, if it has one.
    pub ticket: Option<TicketPanel>,
    /// The number of the case that this one follows up.
    pub predecessor: Option<i64>,
    /// The numbers of the cases that follow this one up.
    pub follow_ups: Vec<i64>,
    /// How many of its fields were changed on both sides at once, over its life.
    pub conflicts: i64,
    /// Those fields with both values, newest first, at most [`NOTICES`] of them.
    pub conflict_records: Vec<ConflictView>,
    /// Its comments, oldest first, at most [`COMMENTS_PAGE`] of them.
    pub comments: Vec<CommentView>,
    /// How many comments come before the first of these.
    pub comments_skipped: i64,
    /// How many comments it has in all.
    pub comments_total: i64,
    /// What happened to it, newest first, at most [`HISTORY_MOST`] entries.
    pub history: Vec<HistoryLine>,
    /// What to give as [`Window::history_before`] for the entries before these, if there are any.
    pub history_next: Option<i64>,
}

impl CaseView {
    /// What keeps a comment from Zendesk, if it is parked.
    pub fn parked_comment(&self, comment: &str) -> Option<&ParkedView> {
        let found = |parked: &&ParkedView| parked.comment.as_deref() == Some(comment);
        self.parked.iter().find(found)
    }
}

/// Without names and texts: they are people's own.
impl std::fmt::Debug for CaseView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaseView")
            .field("id", &self.id)
            .field("number", &self.number)
            .field("status", &self.status)
            .field("priority", &self.priority)
            .field("notices", &self.notices)
            .field("ticket", &self.ticket)
            .field("comments", &self.comments)
            .finish_non_exhaustive()
    }
}

/// The case with this number or id and the first of its comments, deleted or not.
///
/// # Errors
/// As the store says.
pub async fn show(engine: &Engine, number_or_id: &str) -> Result<Option<CaseView>> {
    show_part(engine, number_or_id, Window::default()).await
}

/// As [`show`], of a case with many comments or a long history the part that `window` names.
///
/// # Errors
/// As the store says.
pub async fn show_part(
    engine: &Engine,
    number_or_id: &str,
    window: Window,
) -> Result<Option<CaseView>> {
    let connection = &mut *engine.store.read().await?;
    let Some(case) = store::cases::find(connection, number_or_id).await? else {
        return Ok(None);
    };
    let skip = window.comments_after.max(0);
    let (spoken, history) = match window.is_bare {
        true => (Spoken::default(), History::default()),
        false => (
            Spoken::read(connection, &case.id, skip, COMMENTS_PAGE).await?,
            History::read(connection, &case.id, window.history_before, HISTORY_MOST).await?,
        ),
    };
    let mirror = Mirror::read(connection, &case.id, &spoken.authors()).await?;

    let mut wanted = Wanted::default();
    wanted.contact(case.fields.contact.as_ref());
    wanted.user(case.fields.assigned_to.as_ref());
    wanted.user(case.owner_id.as_ref());
    spoken.want(&mut wanted);
    if let Some(mirror) = &mirror {
        mirror.want(&mut wanted);
    }
    history.want(&mut wanted);
    let names = Names::read(connection, wanted).await?;

    let (predecessor, follow_ups) = mirror
        .as_ref()
        .map_or((None, Vec::new()), Mirror::relatives);
    Ok(Some(CaseView {
        notices: notice::notices(&case, mirror.as_ref()),
        comments: spoken.tell(mirror.as_ref(), &names),
        ticket: mirror.as_ref().map(|mirror| panel::panel(mirror, &names)),
        predecessor,
        follow_ups,
        parked: notice::parked_of_case(connection, &case.id, NOTICES).await?,
        conflicts: store::conflicts::count(connection, &case.id).await?,
        conflict_records: notice::conflicts_of_case(connection, &case.id, NOTICES).await?,
        comments_skipped: skip,
        comments_total: store::comments::count(connection, &case.id).await?,
        history_next: history.next,
        history: history.tell(&names),
        assigned_to: names.user(case.fields.assigned_to.as_ref()),
        contact: names.contact(case.fields.contact.as_ref()),
        owner: names.user(case.owner_id.as_ref()),
        number: case.number,
        subject: case.fields.subject,
        description: case.fields.description,
        status: case.fields.status,
        priority: case.fields.priority,
        source: case.source,
        reported_at: case.reported_at,
        closed_at: case.fields.closed_at,
        created_at: case.created_at,
        updated_at: case.updated_at,
        deleted_at: case.deleted_at,
        id: case.id,
    }))
}
