//! Accounts over the API: the companies that customers belong to.

#![expect(
    unused_qualifications,
    reason = "the macro that describes parameters writes them so"
)]

mod member;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use engine::account_view::{self, AccountLine};
use engine::actions;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::body::{Json, Query, check_match, etag, new_record};
use super::page::{Page, Place};
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::pages::accounts::find;
use crate::pages::cases::{MASKED, written};
use crate::problem::{Problem, is_refusal};

pub(crate) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::SeeCases, routes!(list_accounts))
        .with(Right::EditCases, routes!(add_account))
        .with(Right::SeeCases, routes!(read_account))
        .with(Right::EditCases, routes!(edit_account))
        .with(Right::SeeCases, routes!(member::list_members))
        .with(Right::EditCases, routes!(member::add_member))
        .with(Right::EditCases, routes!(member::remove_member))
}

/// A company.
#[derive(Serialize, ToSchema)]
struct AccountRecord {
    /// Its id.
    id: String,
    /// What it is called.
    name: String,
    /// When it was made here.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<AccountLine> for AccountRecord {
    fn from(line: AccountLine) -> Self {
        Self {
            id: line.id,
            name: line.name,
            created_at: line.created_at.to_string(),
            updated_at: line.updated_at.to_string(),
        }
    }
}

/// A new company.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountNew {
    /// What it is called.
    #[schema(min_length = 1, max_length = 255)]
    name: String,
}

/// What is changed about a company; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountChange {
    /// What it is called.
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
}

/// Which accounts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AccountWish {
    /// Words of the name.
    #[param(max_length = 200)]
    q: Option<String>,
}

/// List accounts
///
/// Companies by name, the one made last first.
#[utoipa::path(
    get, path = "/api/v1/accounts", tag = "Accounts", params(AccountWish, Place),
    responses(
        (status = 200, description = "A page of accounts.", body = Page<AccountRecord>),
        (status = 400, description = "The query cannot be read.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn list_accounts(
    State(app): State<App>,
    caller: Caller,
    Query(wish): Query<AccountWish>,
    Query(place): Query<Place>,
) -> Result<Answer<Page<AccountRecord>>, Problem> {
    let text = wish.q.unwrap_or_default();
    let limit = i64::try_from(place.limit()).unwrap_or(1);
    let page = account_view::list(&app.engine, &text, place.after()?, limit).await?;
    let items = caller.see(page.accounts).into_iter();
    Ok(Answer(Page {
        items: items.map(AccountRecord::from).collect(),
        next: page.next,
    }))
}

/// Add an account
#[utoipa::path(
    post, path = "/api/v1/accounts", tag = "Accounts", request_body = AccountNew,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of your own making: the same request under it makes no second account.", max_length = 200)),
    responses(
        (status = 201, description = "The account.", body = AccountRecord, headers(("ETag" = String, description = "Names this version of the account."), ("Location" = String, description = "Where the account is found."))),
        (status = 422, description = "A field cannot be as it was sent.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn add_account(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json { value, bytes }: Json<AccountNew>,
) -> Result<Response, Problem> {
    let id = new_record(&app, &caller, &headers, "POST /api/v1/accounts", &bytes).await?;
    let id = id.unwrap_or_else(|| app.engine.new_id());
    let actor = &caller.user.email;
    let made = actions::create_account_as(&app.engine, id, &value.name, actor).await;
    let id = made.map_err(of_name)?;
    let answer = found(&app, &caller, &id, StatusCode::CREATED).await?;
    let place = format!("/api/v1/accounts/{id}");
    Ok(([(LOCATION, place)], answer).into_response())
}

/// Read an account
///
/// Its contacts are read by themselves.
#[utoipa::path(
    get, path = "/api/v1/accounts/{id}", tag = "Accounts",
    params(("id" = String, Path, description = "The account's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The account.", body = AccountRecord, headers(("ETag" = String, description = "Names this version of the account."))),
        (status = 404, description = "There is no such account.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_account(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    found(&app, &caller, &id, StatusCode::OK).await
}

/// Change an account
#[utoipa::path(
    patch, path = "/api/v1/accounts/{id}", tag = "Accounts", request_body = AccountChange,
    params(
        ("id" = String, Path, description = "The account's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 200, description = "The account as it is now.", body = AccountRecord, headers(("ETag" = String, description = "Names this version of the account."))),
        (status = 404, description = "There is no such account.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the account since you read it.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be as it was sent.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn edit_account(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json { value, .. }: Json<AccountChange>,
) -> Result<Response, Problem> {
    let account = find(&app, &id).await?;
    let read = AccountRecord::from(caller.see(AccountLine::from(account.clone())));
    check_match(&headers, &etag(&read)?)?;
    let name = value
        .name
        .map(|name| written(&caller.user, &account.name, &name));
    let name = name
        .transpose()
        .map_err(|()| Problem::invalid("name", MASKED))?;
    if let Some(name) = name.flatten() {
        let actor = &caller.user.email;
        let renamed = actions::rename_account_as_read(&app.engine, &account, &name, actor).await;
        if !renamed.map_err(of_name)? {
            return Err(Problem::stale());
        }
    }
    found(&app, &caller, &account.id, StatusCode::OK).await
}

/// What is wrong with a name.
fn of_name(error: engine::Error) -> Problem {
    match is_refusal(&error) {
        true => Problem::invalid("name", error.to_string()),
        false => error.into(),
    }
}

/// The account as it is now, with what names that version.
async fn found(
    app: &App,
    caller: &Caller,
    id: &str,
    status: StatusCode,
) -> Result<Response, Problem> {
    let account = AccountLine::from(find(app, id).await?);
    let record = AccountRecord::from(caller.see(account));
    let etag = etag(&record)?;
    Ok((status, [(ETAG, etag)], Answer(record)).into_response())
}
