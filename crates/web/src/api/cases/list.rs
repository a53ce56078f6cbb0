//! `GET /api/v1/cases`: cases by what is looked for.

#![expect(
    unused_qualifications,
    reason = "the macro that describes parameters writes them so"
)]

use axum::Json as Answer;
use axum::extract::State;
use domain::case::{CasePriority, CaseStatus};
use engine::case_view;
use serde::Deserialize;
use store::cases::Place as At;
use utoipa::IntoParams;

use super::record::CaseSummary;
use super::word::{CaseState, CaseUrgency};
use crate::api::Caller;
use crate::api::body::Query;
use crate::api::page::{Page, Place};
use crate::app::App;
use crate::pages::cases::Asked;
use crate::problem::Problem;

/// Which cases: those that everything given holds for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CaseWish {
    /// Words of the subject, of the contact's name or email, or the number of a case or ticket. Who sees
    /// personal data masked finds nobody by name or email.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only of this status.
    #[param(inline)]
    status: Option<CaseState>,
    /// Only of this priority.
    #[param(inline)]
    priority: Option<CaseUrgency>,
    /// `me`, `anybody`, `nobody`, or a user's id.
    #[param(max_length = 64)]
    assigned: Option<String>,
    /// Only with a ticket of this integration, by id.
    #[param(max_length = 64)]
    integration: Option<String>,
    /// Only of this contact, by id.
    #[param(max_length = 64)]
    contact: Option<String>,
    /// Only those with a conflict of which no value was restored, if true.
    conflict: Option<bool>,
    /// Only those with something parked, if true.
    parked: Option<bool>,
}

impl CaseWish {
    /// The same as the address of the page says it.
    fn asked(self) -> Asked {
        let ticked = |wish: Option<bool>| match wish {
            Some(true) => "yes".to_owned(),
            Some(false) | None => String::new(),
        };
        let status = self.status.map(CaseStatus::from);
        let priority = self.priority.map(CasePriority::from);
        Asked {
            q: self.q.unwrap_or_default(),
            status: status.map_or("", CaseStatus::as_str).to_owned(),
            priority: priority.map_or("", CasePriority::as_str).to_owned(),
            assigned: self.assigned.unwrap_or_default(),
            integration: self.integration.unwrap_or_default(),
            contact: self.contact.unwrap_or_default(),
            conflict: ticked(self.conflict),
            parked: ticked(self.parked),
        }
    }
}

/// List cases
///
/// Cases by what is looked for, the newest first, deleted ones left out. Where much has to be looked
/// through, a page may be shorter than asked for, or empty, and have a `next` all the same.
#[utoipa::path(
    get, path = "/api/v1/cases", tag = "Cases", params(CaseWish, Place),
    responses(
        (status = 200, description = "A page of cases.", body = Page<CaseSummary>),
        (status = 400, description = "The query cannot be read.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list_cases(
    State(app): State<App>,
    caller: Caller,
    Query(wish): Query<CaseWish>,
    Query(place): Query<Place>,
) -> Result<Answer<Page<CaseSummary>>, Problem> {
    let filter = wish.asked().filter(&caller.user);
    let at = place.number()?.map_or(At::Newest, At::Below);
    let limit = i64::try_from(place.limit()).unwrap_or(1);
    let page = case_view::search(&app.engine, &filter, at, limit).await?;
    let older = page.older;
    let items = caller.see(page).cases.into_iter();
    Ok(Answer(Page {
        items: items.map(CaseSummary::from).collect(),
        next: older.map(|number| number.to_string()),
    }))
}
