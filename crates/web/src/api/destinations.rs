//! Destinations over the API: Zendesk accounts that profiles are sent to.

mod record;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use engine::credentials::check_name;
use engine::destinations;
use store::destinations::Destination;
use utoipa_axum::routes;

use self::record::{
    ConnectionTest, DestinationChange, DestinationDetails, DestinationNew, DestinationRecord,
    NAMES, PromotionMade, PromotionWish,
};
use super::answer;
use super::body::{Json, Query, check_match, etag, new_record};
use super::page::{Page, Place};
use super::{Caller, Operations};
use crate::access::{self, Right};
use crate::app::App;
use crate::form::Wrongs;
use crate::pages::destinations::add::wrong_credential;
use crate::pages::destinations::form::Entry;
use crate::pages::destinations::{find, may_see, promote, show};
use crate::problem::{Problem, ProblemBody};

pub(crate) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::SeeSends, routes!(list_destinations))
        .with(Right::ManageDestinations, routes!(add_destination))
        .with(Right::SeeSends, routes!(read_destination))
        .with(Right::ManageDestinations, routes!(edit_destination))
        .with(Right::ManageDestinations, routes!(delete_destination))
        .with(Right::ManageDestinations, routes!(test_destination))
        .with(Right::ManageDestinations, routes!(promote_destination))
}

/// List destinations
///
/// Those that are open to the token's owner, in the order in which they were made.
#[utoipa::path(
    get, path = "/api/v1/destinations", tag = "Destinations", params(Place),
    responses((status = 200, description = "A page of the destinations.", body = Page<DestinationRecord>)),
)]
async fn list_destinations(
    State(app): State<App>,
    caller: Caller,
    Query(place): Query<Place>,
) -> Result<Answer<Page<DestinationRecord>>, Problem> {
    let mut all = store::destinations::list(&mut *app.engine.store.read().await?).await?;
    all.retain(|one| may_see(&caller.user, one).is_ok());
    Ok(Answer(place.page_of(all, |one| &one.id)?))
}

/// Add a destination
///
/// Signs in to the account first, and stores nothing if that fails.
#[utoipa::path(
    post, path = "/api/v1/destinations", tag = "Destinations", request_body = DestinationNew,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of your own making: the same request under it makes no second destination.", max_length = 200)),
    responses(
        (status = 201, description = "The destination.", body = DestinationDetails, headers(("ETag" = String, description = "Names this version of the destination."), ("Location" = String, description = "Where the destination is found."))),
        (status = 409, description = "The account does not let us in, or the name is taken.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn add_destination(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json { value, bytes }: Json<DestinationNew>,
) -> Result<Response, Problem> {
    let entry = Entry::from(value);
    check(&app, &entry).await?;
    let draft = entry.draft(&app, None).map_err(told)?;
    let id = new_record(&app, &caller, &headers, "POST /api/v1/destinations", &bytes).await?;
    let (engine, actor) = (&app.engine, &caller.user.email);
    let made = match id {
        Some(id) => Box::pin(destinations::add_as(engine, id, draft, actor)).await?,
        None => Box::pin(destinations::add(engine, draft, actor)).await?.0,
    };
    let place = format!("/api/v1/destinations/{}", made.id);
    answer::made(place, &details(&app, &caller, made).await?)
}

/// Read a destination
#[utoipa::path(
    get, path = "/api/v1/destinations/{id}", tag = "Destinations",
    params(("id" = String, Path, description = "The destination's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The destination.", body = DestinationDetails, headers(("ETag" = String, description = "Names this version of the destination."))),
        (status = 404, description = "There is no such destination.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_destination(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &caller.user, &id).await?;
    answer::record(&details(&app, &caller, found).await?)
}

/// Change a destination
///
/// Signs in with what it would be, and changes nothing if that fails. It keeps its account: what was sent to
/// one says nothing about another.
#[utoipa::path(
    patch, path = "/api/v1/destinations/{id}", tag = "Destinations", request_body = DestinationChange,
    params(
        ("id" = String, Path, description = "The destination's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 200, description = "The destination as it is now.", body = DestinationDetails, headers(("ETag" = String, description = "Names this version of the destination."))),
        (status = 404, description = "There is no such destination.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The account does not let us in, or the name is taken.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the destination since you read it.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn edit_destination(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json { value, .. }: Json<DestinationChange>,
) -> Result<Response, Problem> {
    let found = as_read(&app, &caller, &id, &headers).await?;
    let entry = value.over(&found)?;
    check(&app, &entry).await?;
    let draft = entry.draft(&app, Some(&found)).map_err(told)?;
    let editing = destinations::edit(&app.engine, &found, draft, &caller.user.email);
    Box::pin(editing).await?;
    let now = find(&app, &caller.user, &id).await?;
    answer::record(&details(&app, &caller, now).await?)
}

/// Delete a destination
///
/// With what is known of the customers sent to it and its workflows that are over; the users in Zendesk stay
/// as they are. Refused while something uses it.
#[utoipa::path(
    delete, path = "/api/v1/destinations/{id}", tag = "Destinations",
    params(
        ("id" = String, Path, description = "The destination's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is no such destination.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Something uses it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the destination since you read it.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn delete_destination(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let found = as_read(&app, &caller, &id, &headers).await?;
    destinations::delete(&app.engine, &found, &caller.user.email).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Test a destination
///
/// Whether its account lets us in. Nothing is changed.
#[utoipa::path(
    post, path = "/api/v1/destinations/{id}/test", tag = "Destinations",
    params(("id" = String, Path, description = "The destination's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "What was found.", body = ConnectionTest),
        (status = 404, description = "There is no such destination.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn test_destination(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<ConnectionTest>, Problem> {
    let found = find(&app, &caller.user, &id).await?;
    let (works, sentence) = Box::pin(show::probe(&app, &caller.user, &found)).await?;
    Ok(Answer(ConnectionTest { works, sentence }))
}

/// Promote a sandbox
///
/// Copies it with its mappings and orchestrations to a production account, after a test or send that was
/// completed without failures.
#[utoipa::path(
    post, path = "/api/v1/destinations/{id}/promote", tag = "Destinations", request_body = PromotionWish,
    params(("id" = String, Path, description = "The sandbox's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 201, description = "What was made.", body = PromotionMade, headers(("Location" = String, description = "Where the new destination is found."))),
        (status = 404, description = "There is no such destination.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It cannot be promoted as things stand.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn promote_destination(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json { value, .. }: Json<PromotionWish>,
) -> Result<Response, Problem> {
    let found = find(&app, &caller.user, &id).await?;
    let to = promote::read(&app, &value.into()).await?.map_err(told)?;
    let promoting = destinations::promote(&app.engine, &found, to, &caller.user.email);
    let promoted = Box::pin(promoting).await?;
    let place = format!("/api/v1/destinations/{}", promoted.destination.id);
    let made = PromotionMade {
        destination: details(&app, &caller, promoted.destination).await?,
        orchestrations: promoted.orchestrations,
    };
    Ok((StatusCode::CREATED, [(LOCATION, place)], Answer(made)).into_response())
}

/// What is wrong, by the fields of a body.
fn told(wrongs: Wrongs) -> Problem {
    wrongs.renamed(&NAMES).into()
}

/// What the form's draft does not look at.
async fn check(app: &App, entry: &Entry) -> Result<(), Problem> {
    if let Some(wrongs) = wrong_credential(app, entry).await? {
        return Err(told(wrongs));
    }
    match check_name(&entry.name) {
        Ok(_) => Ok(()),
        Err(error) => Err(told(Wrongs::field("name", error.to_string()))),
    }
}

/// The destination, if it is still as the caller has read it.
async fn as_read(
    app: &App,
    caller: &Caller,
    id: &str,
    headers: &HeaderMap,
) -> Result<Destination, Problem> {
    let found = find(app, &caller.user, id).await?;
    let read = details(app, caller, found.clone()).await?;
    check_match(headers, &etag(&read)?)?;
    Ok(found)
}

async fn details(
    app: &App,
    caller: &Caller,
    found: Destination,
) -> Result<DestinationDetails, Problem> {
    let connection = &mut *app.engine.store.read().await?;
    Ok(DestinationDetails {
        uses: store::destinations::uses(connection, &found.id).await?,
        not_for_you: access::may_send(&caller.user, &found).err(),
        destination: found.into(),
    })
}
