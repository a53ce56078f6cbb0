//! Requests for credentials over the API: links on which somebody else enters a secret once.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use engine::credentials::{Kind, check_name, requests};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use store::credential_requests::{self, CredentialRequest};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::access::Right;
use crate::api::body::{Json, Query};
use crate::api::page::{Page, Place};
use crate::api::{Caller, Operations};
use crate::app::App;
use crate::form::Wrongs;
use crate::pages::credentials::add::account;
use crate::pages::record_id;
use crate::problem::{Problem, ProblemBody};

pub(super) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::ManageDestinations, routes!(list_credential_requests))
        .with(Right::ManageDestinations, routes!(request_credential))
        .with(
            Right::ManageDestinations,
            routes!(withdraw_credential_request),
        )
}

/// What a credential is for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RequestedType {
    /// A PostgreSQL database that queries read.
    Database,
    /// An object store (S3) that queries read.
    ObjectStore,
    /// A Zendesk account.
    Zendesk,
}

impl From<RequestedType> for Kind {
    fn from(kind: RequestedType) -> Self {
        match kind {
            RequestedType::Database => Self::Database,
            RequestedType::ObjectStore => Self::ObjectStore,
            RequestedType::Zendesk => Self::Zendesk,
        }
    }
}

/// A link on which somebody may still enter a secret. What opens it is not part of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CredentialRequestRecord {
    /// Our id, by which it is withdrawn.
    id: String,
    /// The name that the credential gets.
    name: String,
    /// What it is for.
    description: String,
    /// What is asked for.
    #[serde(rename = "type")]
    kind: RequestedType,
    /// The address of the account on which it is tried before it is stored; null if it is not tried.
    account: Option<String>,
    /// Who asked.
    requested_by: String,
    /// When.
    #[schema(format = DateTime)]
    created_at: String,
    /// Until when the link may be used.
    #[schema(format = DateTime)]
    expires_at: String,
}

impl From<CredentialRequest> for CredentialRequestRecord {
    fn from(request: CredentialRequest) -> Self {
        Self {
            kind: match Kind::parse(&request.kind) {
                Some(Kind::Database) => RequestedType::Database,
                Some(Kind::ObjectStore) => RequestedType::ObjectStore,
                Some(Kind::Zendesk) | None => RequestedType::Zendesk,
            },
            id: request.id,
            name: request.name,
            description: request.description,
            account: request.url,
            requested_by: request.requested_by,
            created_at: request.created_at.to_string(),
            expires_at: request.expires_at.to_string(),
        }
    }
}

/// A credential that somebody else is to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialRequestNew {
    /// The name that the credential gets, unique.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What it is for, as they read it.
    #[serde(default)]
    description: String,
    /// What is asked for.
    #[serde(rename = "type")]
    kind: RequestedType,
    /// The Zendesk account on which it is tried before it is stored, by its subdomain or address.
    #[serde(default)]
    account: String,
}

/// A link that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CredentialRequestMade {
    /// What was asked for.
    request: CredentialRequestRecord,
    /// The link to send to them. It is answered this once and opens for 7 days; only a path if the address
    /// at which browsers reach this installation is not set (`web.public_url`).
    link: String,
}

/// List requests for credentials
///
/// The links that can still be used, in the order in which they were made.
#[utoipa::path(
    get, path = "/api/v1/credential-requests", tag = "Credentials", params(Place),
    responses((status = 200, description = "A page of the links.", body = Page<CredentialRequestRecord>)),
)]
async fn list_credential_requests(
    State(app): State<App>,
    caller: Caller,
    Query(place): Query<Place>,
) -> Result<Answer<Page<CredentialRequestRecord>>, Problem> {
    let reader = &mut *app.engine.store.read().await?;
    let all = credential_requests::list(reader, app.engine.now()).await?;
    Ok(Answer(place.page_of(caller.see(all), |one| &one.id)?))
}

/// Request a credential
///
/// Makes a link on which somebody without an account enters the secret once. Only the link's hash is kept,
/// so it cannot be answered again: a request under the same name is refused while it is open.
#[utoipa::path(
    post, path = "/api/v1/credential-requests", tag = "Credentials", request_body = CredentialRequestNew,
    responses(
        (status = 201, description = "The link.", body = CredentialRequestMade),
        (status = 409, description = "The name is taken or asked for already.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn request_credential(
    State(app): State<App>,
    caller: Caller,
    Json { value, .. }: Json<CredentialRequestNew>,
) -> Result<Response, Problem> {
    if let Err(error) = check_name(&value.name) {
        return Err(Wrongs::field("name", error.to_string()).into());
    }
    let kind = Kind::from(value.kind);
    let url = account(&app, &value.account)
        .map_err(|wrongs| Problem::from(wrongs.renamed(&[("subdomain", "account")])))?
        .filter(|_| kind == Kind::Zendesk);
    let (name, about, actor) = (&value.name, &value.description, &caller.user.email);
    let path = requests::add(&app.engine, kind, name, about, url, actor).await?;
    let path = path.expose_secret();
    let token = path.strip_prefix(requests::PATH).unwrap_or(path);
    let made = requests::find(&app.engine, token).await?;
    let made = made.ok_or_else(|| Problem::broken("a link was gone as soon as it was made"))?;
    let origin = app.options.public_url().unwrap_or_default();
    let answer = CredentialRequestMade {
        request: caller.see(made).into(),
        link: format!("{origin}{path}"),
    };
    Ok((StatusCode::CREATED, Answer(answer)).into_response())
}

/// Withdraw a request for a credential
///
/// The link opens nothing any more.
#[utoipa::path(
    delete, path = "/api/v1/credential-requests/{id}", tag = "Credentials",
    params(("id" = String, Path, description = "The request's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 204, description = "The link opens nothing any more."),
        (status = 404, description = "This link was used, withdrawn or has expired already.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn withdraw_credential_request(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let missing = || Problem::missing("This link was used, withdrawn or has expired already.");
    let id = record_id(&id).ok_or_else(missing)?;
    match requests::withdraw(&app.engine, id, &caller.user.email).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(missing()),
    }
}
