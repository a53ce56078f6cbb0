//! Users over the API: the staff, and what they may do.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use engine::staff::{self, NewUser};
use serde::{Deserialize, Serialize};
use store::users::{self, Member, User, UserEdit, UserRole};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::body::{Json, check_match, etag, new_record};
use super::page::Page;
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::form::SecretText;
use crate::pages::record_id;
use crate::problem::Problem;

pub(crate) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::ManageUsers, routes!(list_users))
        .with(Right::ManageUsers, routes!(add_user))
        .with(Right::ManageUsers, routes!(read_user))
        .with(Right::ManageUsers, routes!(edit_user))
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Everything.
    Administrator,
    /// Everything but users and keys.
    Operator,
    /// Queries, and orchestrations to destinations that are open to them.
    Analyst,
    /// Cases, and the integrations they own.
    Agent,
}

impl From<UserRole> for Role {
    fn from(role: UserRole) -> Self {
        match role {
            UserRole::Administrator => Self::Administrator,
            UserRole::Operator => Self::Operator,
            UserRole::Analyst => Self::Analyst,
            UserRole::Agent => Self::Agent,
        }
    }
}

impl From<Role> for UserRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Administrator => Self::Administrator,
            Role::Operator => Self::Operator,
            Role::Analyst => Self::Analyst,
            Role::Agent => Self::Agent,
        }
    }
}

/// Somebody on the staff.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserRecord {
    /// Our id.
    id: String,
    /// Their email address, with which they sign in.
    email: String,
    /// Their name.
    name: String,
    /// What they may do.
    role: Role,
    /// Whether they see personal data only masked.
    restrict_pii: bool,
    /// Since when they may no longer sign in; null if they may.
    disabled_at: Option<String>,
}

impl From<User> for UserRecord {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            email: user.email,
            name: user.name,
            role: user.role.into(),
            restrict_pii: user.restrict_pii,
            disabled_at: None,
        }
    }
}

impl From<Member> for UserRecord {
    fn from(member: Member) -> Self {
        Self {
            disabled_at: member.disabled_at.map(|at| at.to_string()),
            ..Self::from(member.user)
        }
    }
}

/// Somebody new.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserNew {
    /// Their email address, with which they sign in.
    #[schema(max_length = 254)]
    email: String,
    /// Their name.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What they may do.
    role: Role,
    /// Whether they see personal data only masked.
    #[serde(default)]
    restrict_pii: bool,
    /// The password they begin with: 8 characters or more, none that is guessed first.
    #[schema(value_type = String, format = Password, min_length = 8)]
    password: SecretText,
}

/// What is changed about somebody; what is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    /// Their name.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// What they may do.
    role: Option<Role>,
    /// Whether they see personal data only masked.
    restrict_pii: Option<bool>,
    /// Whether they may no longer sign in. What they have open ends at once.
    disabled: Option<bool>,
}

/// List users
///
/// Everybody on the staff by name, also those who may no longer sign in, on one page.
#[utoipa::path(get, path = "/api/v1/users", tag = "Users", responses((status = 200, description = "The users.", body = Page<UserRecord>)))]
async fn list_users(
    State(app): State<App>,
    caller: Caller,
) -> Result<Answer<Page<UserRecord>>, Problem> {
    let members = users::members(&mut *app.engine.store.read().await?).await?;
    Ok(Answer(Page {
        items: caller
            .see(members)
            .into_iter()
            .map(UserRecord::from)
            .collect(),
        next: None,
    }))
}

/// Add a user
#[utoipa::path(
    post, path = "/api/v1/users", tag = "Users", request_body = UserNew,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of your own making: the same request under it makes no second user.", max_length = 200)),
    responses((status = 201, description = "The user.", body = UserRecord, headers(("ETag" = String, description = "Names this version of the user."), ("Location" = String, description = "Where the user is found.")))),
)]
async fn add_user(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json { value, bytes }: Json<UserNew>,
) -> Result<Response, Problem> {
    let id = new_record(&app, &caller, &headers, "POST /api/v1/users", &bytes).await?;
    let new = NewUser {
        id,
        email: value.email,
        name: value.name,
        role: value.role.into(),
        restrict_pii: value.restrict_pii,
        password: value.password.0,
    };
    let user = staff::add(&app.engine, new, &caller.user.email).await?;
    let place = format!("/api/v1/users/{}", user.id);
    let answer = found(&app, &caller, &user.id, StatusCode::CREATED).await?;
    Ok(([(LOCATION, place)], answer).into_response())
}

/// Read a user
#[utoipa::path(
    get, path = "/api/v1/users/{id}", tag = "Users",
    params(("id" = String, Path, description = "The user's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The user.", body = UserRecord, headers(("ETag" = String, description = "Names this version of the user."))),
        (status = 404, description = "There is no such user.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_user(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    found(&app, &caller, &id, StatusCode::OK).await
}

/// Change a user
#[utoipa::path(
    patch, path = "/api/v1/users/{id}", tag = "Users", request_body = UserChange,
    params(
        ("id" = String, Path, description = "The user's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 200, description = "The user as they are now.", body = UserRecord, headers(("ETag" = String, description = "Names this version of the user."))),
        (status = 404, description = "There is no such user.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the user since you read them.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn edit_user(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json { value, .. }: Json<UserChange>,
) -> Result<Response, Problem> {
    let member = find(&app, &id).await?;
    let read = UserRecord::from(caller.see(member.clone()));
    check_match(&headers, &etag(&read)?)?;
    let edit = UserEdit {
        name: value.name,
        role: value.role.map(UserRole::from),
        restrict_pii: value.restrict_pii,
        disabled: value.disabled,
    };
    let actor = &caller.user.email;
    if !staff::edit_as_read(&app.engine, &member, edit, actor).await? {
        return Err(Problem::stale());
    }
    found(&app, &caller, &id, StatusCode::OK).await
}

async fn find(app: &App, id: &str) -> Result<Member, Problem> {
    let missing = || Problem::missing("There is no such user.");
    let id = record_id(id).ok_or_else(missing)?;
    let connection = &mut *app.engine.store.read().await?;
    users::member(connection, id).await?.ok_or_else(missing)
}

/// The user as they are now, with what names that version.
async fn found(
    app: &App,
    caller: &Caller,
    id: &str,
    status: StatusCode,
) -> Result<Response, Problem> {
    let record = UserRecord::from(caller.see(find(app, id).await?));
    let etag = etag(&record)?;
    Ok((status, [(ETAG, etag)], Answer(record)).into_response())
}
