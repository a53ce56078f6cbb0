//! Who belongs to a company.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::{account_view, actions};

use super::find;
use crate::api::Caller;
use crate::api::body::Query;
use crate::api::contacts::ContactSummary;
use crate::api::page::{Page, Place};
use crate::app::App;
use crate::pages::contacts;
use crate::problem::Problem;

/// List the contacts of an account
///
/// The one made last first.
#[utoipa::path(
    get, path = "/api/v1/accounts/{id}/contacts", tag = "Accounts",
    params(("id" = String, Path, description = "The account's id.", min_length = 1, max_length = 64), Place),
    responses(
        (status = 200, description = "A page of contacts.", body = Page<ContactSummary>),
        (status = 400, description = "The query cannot be read.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such account.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list_members(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Answer<Page<ContactSummary>>, Problem> {
    let account = find(&app, &id).await?;
    let limit = i64::try_from(place.limit()).unwrap_or(1);
    let view = account_view::show(&app.engine, &account.id, place.after()?, limit).await?;
    let view = view.ok_or_else(|| Problem::missing("There is no such account."))?;
    let items = caller.see(view.contacts).into_iter();
    Ok(Answer(Page {
        items: items.map(ContactSummary::from).collect(),
        next: view.next,
    }))
}

/// Put a contact into an account
///
/// The contact leaves the account it was in.
#[utoipa::path(
    put, path = "/api/v1/accounts/{id}/contacts/{contact}", tag = "Accounts",
    params(
        ("id" = String, Path, description = "The account's id.", min_length = 1, max_length = 64),
        ("contact" = String, Path, description = "The contact's id.", min_length = 1, max_length = 64),
    ),
    responses(
        (status = 204, description = "The contact belongs to the account."),
        (status = 404, description = "There is no such account or contact.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn add_member(
    State(app): State<App>,
    caller: Caller,
    Path((id, contact)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let account = find(&app, &id).await?;
    let contact = contacts::edit::find(&app, &contact).await?;
    let actor = &caller.user.email;
    actions::join_account(&app.engine, &account.id, &contact.id, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a contact out of an account
#[utoipa::path(
    delete, path = "/api/v1/accounts/{id}/contacts/{contact}", tag = "Accounts",
    params(
        ("id" = String, Path, description = "The account's id.", min_length = 1, max_length = 64),
        ("contact" = String, Path, description = "The contact's id.", min_length = 1, max_length = 64),
    ),
    responses(
        (status = 204, description = "The contact belongs to no account any more."),
        (status = 404, description = "There is no such account or contact.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The contact does not belong to this account.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn remove_member(
    State(app): State<App>,
    caller: Caller,
    Path((id, contact)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let account = find(&app, &id).await?;
    let contact = contacts::edit::find(&app, &contact).await?;
    let actor = &caller.user.email;
    actions::leave_account(&app.engine, &account.id, &contact.id, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
