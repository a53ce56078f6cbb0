//! Orchestrations over the API: from a query to a destination.

mod fields;
mod mapping;
mod record;
mod run;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::orchestration_view::{self, OrchestrationView};
use engine::orchestrations;
use engine::profile_send::SendSettings;
use utoipa_axum::routes;

use self::record::{
    NAMES, OrchestrationChange, OrchestrationDetails, OrchestrationNew, OrchestrationRecord,
};
use super::answer;
use super::body::{Json, Query, check_match, etag, new_record};
use super::page::{Page, Place};
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::form::Wrongs;
use crate::pages::orchestrations::find;
use crate::pages::orchestrations::form::Entry;
use crate::pages::workflows::reach::Reach;
use crate::problem::{Problem, ProblemBody};

pub(crate) fn operations(operations: Operations) -> Operations {
    let operations = operations
        .with(Right::SeeSends, routes!(list_orchestrations))
        .with(Right::EditSends, routes!(add_orchestration))
        .with(Right::SeeSends, routes!(read_orchestration))
        .with(Right::EditSends, routes!(edit_orchestration))
        .with(Right::EditSends, routes!(delete_orchestration))
        .with(Right::EditSends, routes!(activate_orchestration))
        .with(Right::EditSends, routes!(deactivate_orchestration));
    let operations = run::operations(operations);
    fields::operations(mapping::operations(operations))
}

/// List orchestrations
///
/// Those to destinations that are open to the token's owner, in the order in which they were made.
#[utoipa::path(
    get, path = "/api/v1/orchestrations", tag = "Orchestrations", params(Place),
    responses((status = 200, description = "A page of the orchestrations.", body = Page<OrchestrationRecord>)),
)]
async fn list_orchestrations(
    State(app): State<App>,
    caller: Caller,
    Query(place): Query<Place>,
) -> Result<Answer<Page<OrchestrationRecord>>, Problem> {
    let reach = Reach::of(&app, &caller.user).await?;
    let mut all = orchestration_view::list(&app.engine).await?;
    all.retain(|view| reach.has(&view.orchestration.destination_id));
    let mut page: Page<OrchestrationRecord> = place.page_of(all, |view| &view.orchestration.id)?;
    page.items = caller.see(page.items);
    Ok(Answer(page))
}

/// Add an orchestration
///
/// Inactive: look at its mapping, try a dry run, then activate it.
#[utoipa::path(
    post, path = "/api/v1/orchestrations", tag = "Orchestrations", request_body = OrchestrationNew,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of your own making: the same request under it makes no second orchestration.", max_length = 200)),
    responses(
        (status = 201, description = "The orchestration.", body = OrchestrationDetails, headers(("ETag" = String, description = "Names this version of the orchestration."), ("Location" = String, description = "Where the orchestration is found."))),
        (status = 409, description = "It cannot run when it says so, or its name is taken.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn add_orchestration(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json { value, bytes }: Json<OrchestrationNew>,
) -> Result<Response, Problem> {
    let entry = Entry::from(value);
    let draft = entry.draft(&app, &caller.user, SendSettings::default());
    let draft = draft.await?.map_err(told)?;
    let id = new_record(
        &app,
        &caller,
        &headers,
        "POST /api/v1/orchestrations",
        &bytes,
    )
    .await?;
    let made = orchestrations::add_as(&app.engine, id, &draft, &caller.user.email).await?;
    let place = format!("/api/v1/orchestrations/{}", made.id);
    let view = find(&app, &caller.user, &made.id).await?;
    answer::made(place, &details(&app, &caller, view).await?)
}

/// Read an orchestration
#[utoipa::path(
    get, path = "/api/v1/orchestrations/{id}", tag = "Orchestrations",
    params(("id" = String, Path, description = "The orchestration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The orchestration.", body = OrchestrationDetails, headers(("ETag" = String, description = "Names this version of the orchestration."))),
        (status = 404, description = "There is no such orchestration.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_orchestration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    shown(&app, &caller, &id).await
}

/// Change an orchestration
#[utoipa::path(
    patch, path = "/api/v1/orchestrations/{id}", tag = "Orchestrations", request_body = OrchestrationChange,
    params(
        ("id" = String, Path, description = "The orchestration's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 200, description = "The orchestration as it is now.", body = OrchestrationDetails, headers(("ETag" = String, description = "Names this version of the orchestration."))),
        (status = 404, description = "There is no such orchestration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It cannot run when it says so, or its name is taken.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the orchestration since you read it.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn edit_orchestration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json { value, .. }: Json<OrchestrationChange>,
) -> Result<Response, Problem> {
    let view = as_read(&app, &caller, &id, &headers).await?;
    let entry = value.over(&view);
    let draft = entry.draft(&app, &caller.user, view.settings());
    let draft = draft.await?.map_err(told)?;
    let (found, actor) = (&view.orchestration, &caller.user.email);
    orchestrations::edit(&app.engine, found, &draft, actor).await?;
    shown(&app, &caller, &id).await
}

/// Delete an orchestration
///
/// Its workflows stay, and what was sent. Refused while something uses it.
#[utoipa::path(
    delete, path = "/api/v1/orchestrations/{id}", tag = "Orchestrations",
    params(
        ("id" = String, Path, description = "The orchestration's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is no such orchestration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Something uses it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the orchestration since you read it.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn delete_orchestration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let view = as_read(&app, &caller, &id, &headers).await?;
    let actor = &caller.user.email;
    orchestrations::delete(&app.engine, &view.orchestration, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Activate an orchestration
///
/// It runs by itself from now on, as it is scheduled.
#[utoipa::path(
    post, path = "/api/v1/orchestrations/{id}/activate", tag = "Orchestrations",
    params(("id" = String, Path, description = "The orchestration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The orchestration as it is now.", body = OrchestrationDetails, headers(("ETag" = String, description = "Names this version of the orchestration."))),
        (status = 404, description = "There is no such orchestration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its query is a draft.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn activate_orchestration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    switch(&app, &caller, &id, true).await
}

/// Deactivate an orchestration
///
/// It runs only when asked for.
#[utoipa::path(
    post, path = "/api/v1/orchestrations/{id}/deactivate", tag = "Orchestrations",
    params(("id" = String, Path, description = "The orchestration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The orchestration as it is now.", body = OrchestrationDetails, headers(("ETag" = String, description = "Names this version of the orchestration."))),
        (status = 404, description = "There is no such orchestration.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn deactivate_orchestration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    switch(&app, &caller, &id, false).await
}

async fn switch(app: &App, caller: &Caller, id: &str, active: bool) -> Result<Response, Problem> {
    let view = find(app, &caller.user, id).await?;
    let (found, actor) = (&view.orchestration, &caller.user.email);
    orchestrations::set_active(&app.engine, found, active, actor).await?;
    shown(app, caller, id).await
}

/// What is wrong, by the fields of a body.
fn told(wrongs: Wrongs) -> Problem {
    wrongs.renamed(&NAMES).into()
}

/// The orchestration, if it is still as the caller has read it.
async fn as_read(
    app: &App,
    caller: &Caller,
    id: &str,
    headers: &HeaderMap,
) -> Result<OrchestrationView, Problem> {
    let view = find(app, &caller.user, id).await?;
    let read = details(app, caller, view.clone()).await?;
    check_match(headers, &etag(&read)?)?;
    Ok(view)
}

/// The orchestration as it is now.
async fn shown(app: &App, caller: &Caller, id: &str) -> Result<Response, Problem> {
    let view = find(app, &caller.user, id).await?;
    answer::record(&details(app, caller, view).await?)
}

async fn details(
    app: &App,
    caller: &Caller,
    view: OrchestrationView,
) -> Result<OrchestrationDetails, Problem> {
    let connection = &mut *app.engine.store.read().await?;
    Ok(OrchestrationDetails {
        uses: store::orchestrations::uses(connection, &view.orchestration.id).await?,
        orchestration: caller.see(view.into()),
    })
}
