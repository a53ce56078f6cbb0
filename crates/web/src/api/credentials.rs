//! Credentials over the API: stored sign-in details. A secret goes in and never comes out.

mod record;
mod requests;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::credentials::{self, Kind, check_name};
use store::credentials::Credential;
use utoipa_axum::routes;

use self::record::{
    CredentialChange, CredentialDetails, CredentialNew, CredentialRecord, TrialRecord, Trials,
    body_names,
};
use super::answer;
use super::body::{Json, Query, check_match, etag, new_record};
use super::page::{Page, Place};
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::form::Wrongs;
use crate::pages::credentials::add::{account, on_failure};
use crate::pages::credentials::find;
use crate::pages::credentials::form::Entry;
use crate::problem::{Problem, ProblemBody};

pub(crate) fn operations(operations: Operations) -> Operations {
    let operations = operations
        .with(Right::ManageDestinations, routes!(list_credentials))
        .with(Right::ManageDestinations, routes!(add_credential))
        .with(Right::ManageDestinations, routes!(read_credential))
        .with(Right::ManageDestinations, routes!(edit_credential))
        .with(Right::ManageDestinations, routes!(delete_credential))
        .with(Right::ManageDestinations, routes!(test_credential));
    requests::operations(operations)
}

/// List credentials
///
/// What is stored, without secrets, in the order in which it was stored.
#[utoipa::path(
    get, path = "/api/v1/credentials", tag = "Credentials", params(Place),
    responses((status = 200, description = "A page of the credentials.", body = Page<CredentialRecord>)),
)]
async fn list_credentials(
    State(app): State<App>,
    caller: Caller,
    Query(place): Query<Place>,
) -> Result<Answer<Page<CredentialRecord>>, Problem> {
    let all = store::credentials::list(&mut *app.engine.store.read().await?).await?;
    let page = place.page_of(caller.see(all), |one| &one.id)?;
    Ok(Answer(page))
}

/// Add a credential
///
/// A database is opened with it, and a Zendesk account signed in to if one is named. Nothing is stored if
/// that fails, unless you ask for it.
#[utoipa::path(
    post, path = "/api/v1/credentials", tag = "Credentials", request_body = CredentialNew,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of your own making: the same request under it makes no second credential.", max_length = 200)),
    responses(
        (status = 201, description = "The credential, without its secret.", body = CredentialDetails, headers(("ETag" = String, description = "Names this version of the credential."), ("Location" = String, description = "Where the credential is found."))),
        (status = 409, description = "It does not sign in, or its name is taken.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn add_credential(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json { value, bytes }: Json<CredentialNew>,
) -> Result<Response, Problem> {
    let (kind, entry) = (value.kind, value.entry());
    let named = |wrongs: Wrongs| Problem::from(wrongs.renamed(&body_names(kind)));
    check(&entry).map_err(named)?;
    let draft = entry.draft(kind.kind(), None).map_err(named)?;
    let url = account(&app, &entry.subdomain).map_err(named)?;
    let id = new_record(&app, &caller, &headers, "POST /api/v1/credentials", &bytes).await?;
    let (engine, actor) = (&app.engine, &caller.user.email);
    let (url, on_failure) = (url.as_deref(), on_failure(entry.anyway));
    let saved = match id {
        Some(id) => {
            Box::pin(credentials::add_as(
                engine, id, draft, url, on_failure, actor,
            ))
            .await
        }
        None => Box::pin(credentials::add(engine, draft, url, on_failure, actor)).await,
    };
    let id = saved?.id;
    let details = details(&app, &caller, find(&app, &id).await?).await?;
    answer::made(format!("/api/v1/credentials/{id}"), &details)
}

/// Read a credential
///
/// With what uses it, and without its secret.
#[utoipa::path(
    get, path = "/api/v1/credentials/{id}", tag = "Credentials",
    params(("id" = String, Path, description = "The credential's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The credential.", body = CredentialDetails, headers(("ETag" = String, description = "Names this version of the credential."))),
        (status = 404, description = "There is no such credential.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_credential(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &id).await?;
    answer::record(&details(&app, &caller, found).await?)
}

/// Change a credential
///
/// What is not given stays, the secret too. It is tried on every account that uses it; nothing is changed if
/// that fails, unless you ask for it.
#[utoipa::path(
    patch, path = "/api/v1/credentials/{id}", tag = "Credentials", request_body = CredentialChange,
    params(
        ("id" = String, Path, description = "The credential's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 200, description = "The credential as it is now.", body = CredentialDetails, headers(("ETag" = String, description = "Names this version of the credential."))),
        (status = 404, description = "There is no such credential.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It does not sign in, or its name is taken.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the credential since you read it.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn edit_credential(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json { value, .. }: Json<CredentialChange>,
) -> Result<Response, Problem> {
    let found = as_read(&app, &caller, &id, &headers).await?;
    let (kind, entry) = value.entry(&found)?;
    let named = |wrongs: Wrongs| Problem::from(wrongs.renamed(&body_names(kind)));
    check(&entry).map_err(named)?;
    let draft = entry
        .draft(Kind::of(found.kind), Some(&found))
        .map_err(named)?;
    let actor = &caller.user.email;
    let on_failure = on_failure(entry.anyway);
    Box::pin(credentials::edit(
        &app.engine,
        &found,
        draft,
        on_failure,
        actor,
    ))
    .await?;
    let now = find(&app, &id).await?;
    answer::record(&details(&app, &caller, now).await?)
}

/// Delete a credential
///
/// Refused while something uses it.
#[utoipa::path(
    delete, path = "/api/v1/credentials/{id}", tag = "Credentials",
    params(
        ("id" = String, Path, description = "The credential's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is no such credential.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Something uses it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the credential since you read it.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn delete_credential(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let found = as_read(&app, &caller, &id, &headers).await?;
    credentials::delete(&app.engine, &found, &caller.user.email).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Test a credential
///
/// Signs in with it to every account that uses it, or opens its database. Nothing is changed.
#[utoipa::path(
    post, path = "/api/v1/credentials/{id}/test", tag = "Credentials",
    params(("id" = String, Path, description = "The credential's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "What was found at each place.", body = Trials),
        (status = 404, description = "There is no such credential.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn test_credential(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<Trials>, Problem> {
    let found = find(&app, &id).await?;
    let places = credentials::accounts(&app.engine, &found.id).await?;
    let trying = credentials::try_everywhere(&app.engine, &found, &places);
    let trials = caller.see(Box::pin(trying).await?);
    Ok(Answer(Trials {
        trials: trials.into_iter().map(TrialRecord::from).collect(),
    }))
}

/// What the engine checks too, said beside its field.
fn check(entry: &Entry) -> Result<(), Wrongs> {
    match check_name(&entry.name) {
        Ok(_) => Ok(()),
        Err(error) => Err(Wrongs::field("name", error.to_string())),
    }
}

/// The credential, if it is still as the caller has read it.
async fn as_read(
    app: &App,
    caller: &Caller,
    id: &str,
    headers: &HeaderMap,
) -> Result<Credential, Problem> {
    let found = find(app, id).await?;
    let read = details(app, caller, found.clone()).await?;
    check_match(headers, &etag(&read)?)?;
    Ok(found)
}

async fn details(
    app: &App,
    caller: &Caller,
    found: Credential,
) -> Result<CredentialDetails, Problem> {
    let connection = &mut *app.engine.store.read().await?;
    let uses = store::credentials::uses(connection, &found.id).await?;
    Ok(CredentialDetails {
        credential: caller.see(found).into(),
        uses,
    })
}
