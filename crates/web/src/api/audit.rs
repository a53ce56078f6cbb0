//! The audit log over the API: who changed which setting.

#![expect(
    unused_qualifications,
    reason = "the macro that describes parameters writes them so"
)]

use axum::Json;
use axum::extract::State;
use engine::audit_view;
use serde::{Deserialize, Serialize};
use store::audit::{Entry, EntryFilter};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::body::Query;
use super::page::{Page, Place};
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::problem::Problem;

pub(crate) fn operations(operations: Operations) -> Operations {
    operations.with(Right::ManageSettings, routes!(list_audit))
}

/// Something that was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Our id; it begins with the time.
    id: String,
    /// When it was done.
    #[schema(format = DateTime)]
    at: String,
    /// Who did it: an email address, or `command line`.
    actor: String,
    /// What was done, such as `destination.edit`.
    action: String,
    /// To what, by its name.
    subject: String,
    /// What changed, from what to what. Secrets appear only as "changed".
    detail: String,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            at: entry.at.to_string(),
            actor: entry.actor,
            action: entry.action,
            subject: entry.subject,
            detail: entry.detail,
        }
    }
}

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wish {
    /// Only what they did: an email address, exactly.
    actor: Option<String>,
    /// Only this, such as `user.edit`, exactly.
    action: Option<String>,
    /// Only what was done to this, by its name, exactly.
    subject: Option<String>,
}

/// Read the audit log
///
/// Who changed which setting, the newest first.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "Audit log", params(Wish, Place),
    responses(
        (status = 200, description = "A page of the log.", body = Page<AuditEntry>),
        (status = 400, description = "The query cannot be read.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn list_audit(
    State(app): State<App>,
    caller: Caller,
    Query(wish): Query<Wish>,
    Query(place): Query<Place>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let filter = EntryFilter {
        actor: wish.actor,
        action: wish.action,
        subject: wish.subject,
    };
    let page = audit_view::page(&app.engine, &filter, place.after()?, place.limit()).await?;
    Ok(Json(Page {
        items: caller
            .see(page.entries)
            .into_iter()
            .map(AuditEntry::from)
            .collect(),
        next: page.next,
    }))
}
