//! `GET /api/v1/cases/{id}/history`: what happened to a case.

use axum::Json as Answer;
use axum::extract::{Path, State};
use engine::case_view::{self, FieldChange, HistoryLine};
use serde::Serialize;
use utoipa::ToSchema;

use super::find;
use super::word::CaseEvent;
use crate::api::Caller;
use crate::api::body::Query;
use crate::api::page::{Page, Place};
use crate::app::App;
use crate::problem::Problem;

/// A field that took another value.
#[derive(Serialize, ToSchema)]
pub(super) struct CaseFieldChange {
    /// The field's word.
    field: String,
    /// What a person calls the field.
    label: String,
    /// Its value before as a person reads it, if that is told.
    from: Option<String>,
    /// Its value after.
    to: Option<String>,
}

impl From<FieldChange> for CaseFieldChange {
    fn from(change: FieldChange) -> Self {
        Self {
            field: change.field,
            label: change.label,
            from: change.from,
            to: change.to,
        }
    }
}

/// Something that happened to a case.
#[derive(Serialize, ToSchema)]
pub(super) struct CaseHistory {
    /// Counts up per case, from 1.
    seq: i64,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Whose doing it was: `crm` (here) or `zendesk`.
    side: String,
    /// Who: a person, or a part of the sync.
    actor: String,
    /// In which run, if in one.
    run: Option<String>,
    /// What it was.
    kind: CaseEvent,
    /// What it was, in a few words for people.
    what: String,
    /// The fields that changed; of a beginning those it began with.
    changes: Vec<CaseFieldChange>,
    /// The words of those fields that had been changed on both sides.
    conflicts: Vec<String>,
}

impl From<HistoryLine> for CaseHistory {
    fn from(line: HistoryLine) -> Self {
        Self {
            seq: line.seq,
            at: line.at.to_string(),
            side: line.side,
            actor: line.actor,
            run: line.run,
            kind: line.kind.into(),
            what: line.what,
            changes: line
                .changes
                .into_iter()
                .map(CaseFieldChange::from)
                .collect(),
            conflicts: line.conflicts,
        }
    }
}

/// List the history of a case
///
/// What happened to a case, here and in Zendesk, the newest first.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}/history", tag = "Cases",
    params(("id" = String, Path, description = "The case's number or id.", min_length = 1, max_length = 64), Place),
    responses(
        (status = 200, description = "A page of the history.", body = Page<CaseHistory>),
        (status = 400, description = "The query cannot be read.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such case.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list_history(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Answer<Page<CaseHistory>>, Problem> {
    let case = find(&app, &id).await?;
    let before = place.number()?;
    let page = case_view::history(&app.engine, &case.id, before, place.limit()).await?;
    let items = caller.see(page.lines).into_iter();
    Ok(Answer(Page {
        items: items.map(CaseHistory::from).collect(),
        next: page.next.map(|seq| seq.to_string()),
    }))
}
