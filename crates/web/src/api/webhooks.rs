//! Outgoing webhooks over the API: other systems that are told what happens here.

mod events;
mod record;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use engine::outgoing_webhooks;
use secrecy::ExposeSecret as _;
use store::outgoing_webhooks::{OutgoingWebhook, OutgoingWebhookDraft};
use utoipa_axum::routes;

use super::body::{Json, check_match, etag, new_record};
use super::page::Page;
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::pages::record_id;
use crate::problem::Problem;
use record::{
    NewSecret, OutgoingWebhookAdded, OutgoingWebhookChange, OutgoingWebhookNew,
    OutgoingWebhookRecord, TestedWebhook, words,
};

pub(crate) fn operations(operations: Operations) -> Operations {
    const MANAGE: Right = Right::ManageSettings;
    let operations = operations
        .with(MANAGE, routes!(list_outgoing_webhooks))
        .with(MANAGE, routes!(add_outgoing_webhook))
        .with(MANAGE, routes!(read_outgoing_webhook))
        .with(MANAGE, routes!(edit_outgoing_webhook))
        .with(MANAGE, routes!(delete_outgoing_webhook))
        .with(MANAGE, routes!(roll_outgoing_webhook))
        .with(MANAGE, routes!(test_outgoing_webhook));
    events::operations(operations)
}

/// List outgoing webhooks
///
/// All of them by name, on one page.
#[utoipa::path(get, path = "/api/v1/outgoing-webhooks", tag = "Outgoing webhooks", responses((status = 200, description = "The webhooks.", body = Page<OutgoingWebhookRecord>)))]
async fn list_outgoing_webhooks(
    State(app): State<App>,
) -> Result<Answer<Page<OutgoingWebhookRecord>>, Problem> {
    let connection = &mut *app.engine.store.read().await?;
    let all = store::outgoing_webhooks::list(connection).await?;
    Ok(Answer(Page {
        items: all.into_iter().map(OutgoingWebhookRecord::from).collect(),
        next: None,
    }))
}

/// Add an outgoing webhook
///
/// Its secret is in this answer, and in no other.
#[utoipa::path(
    post, path = "/api/v1/outgoing-webhooks", tag = "Outgoing webhooks", request_body = OutgoingWebhookNew,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of your own making: the same request under it makes no second webhook.", max_length = 200)),
    responses((status = 201, description = "The webhook with its secret.", body = OutgoingWebhookAdded, headers(("ETag" = String, description = "Names this version of the webhook's settings."), ("Location" = String, description = "Where the webhook is found.")))),
)]
async fn add_outgoing_webhook(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json { value, bytes }: Json<OutgoingWebhookNew>,
) -> Result<Response, Problem> {
    let place = "POST /api/v1/outgoing-webhooks";
    let id = new_record(&app, &caller, &headers, place, &bytes).await?;
    let draft = OutgoingWebhookDraft {
        name: value.name,
        url: value.url,
        kinds: words(value.kinds),
        active: value.active,
        owner_id: value.owner_id.unwrap_or_else(|| caller.user.id.clone()),
    };
    check(&app, &draft).await?;
    let actor = &caller.user.email;
    let added = outgoing_webhooks::add(&app.engine, id, &draft, actor).await?;
    let place = format!("/api/v1/outgoing-webhooks/{}", added.webhook.id);
    let etag = version(&added.webhook)?;
    let record = OutgoingWebhookAdded {
        webhook: added.webhook.into(),
        secret: added.secret.expose_secret().to_owned(),
    };
    let headers = [(LOCATION, place), (ETAG, etag)];
    Ok((StatusCode::CREATED, headers, Answer(record)).into_response())
}

/// Read an outgoing webhook
#[utoipa::path(
    get, path = "/api/v1/outgoing-webhooks/{id}", tag = "Outgoing webhooks",
    params(("id" = String, Path, description = "The webhook's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The webhook.", body = OutgoingWebhookRecord, headers(("ETag" = String, description = "Names this version of the webhook's settings."))),
        (status = 404, description = "There is no such webhook.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_outgoing_webhook(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    answer(find(&app, &id).await?)
}

/// Change an outgoing webhook
///
/// One that is switched on, or that has moved, is tried at once.
#[utoipa::path(
    patch, path = "/api/v1/outgoing-webhooks/{id}", tag = "Outgoing webhooks", request_body = OutgoingWebhookChange,
    params(
        ("id" = String, Path, description = "The webhook's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 200, description = "The webhook as it is now.", body = OutgoingWebhookRecord, headers(("ETag" = String, description = "Names this version of the webhook's settings."))),
        (status = 404, description = "There is no such webhook.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the webhook since you read it.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn edit_outgoing_webhook(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json { value, .. }: Json<OutgoingWebhookChange>,
) -> Result<Response, Problem> {
    let read = find(&app, &id).await?;
    check_match(&headers, &version(&read)?)?;
    let was = read.draft.clone();
    let draft = OutgoingWebhookDraft {
        name: value.name.unwrap_or(was.name),
        url: value.url.unwrap_or(was.url),
        kinds: value.kinds.map_or(was.kinds, words),
        active: value.active.unwrap_or(was.active),
        owner_id: value.owner_id.unwrap_or(was.owner_id),
    };
    check(&app, &draft).await?;
    let actor = &caller.user.email;
    let edited = outgoing_webhooks::edit(&app.engine, &read, &draft, actor).await?;
    answer(edited.ok_or_else(Problem::stale)?)
}

/// Delete an outgoing webhook
///
/// With everything that waits for it.
#[utoipa::path(
    delete, path = "/api/v1/outgoing-webhooks/{id}", tag = "Outgoing webhooks",
    params(
        ("id" = String, Path, description = "The webhook's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 404, description = "There is no such webhook.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the webhook since you read it.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn delete_outgoing_webhook(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let read = find(&app, &id).await?;
    check_match(&headers, &version(&read)?)?;
    if !outgoing_webhooks::remove(&app.engine, &read, &caller.user.email).await? {
        return Err(Problem::stale());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Roll the secret of an outgoing webhook
///
/// The new secret is in this answer, and in no other. The one before signs too for 24 hours.
#[utoipa::path(
    post, path = "/api/v1/outgoing-webhooks/{id}/roll", tag = "Outgoing webhooks",
    params(("id" = String, Path, description = "The webhook's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The new secret.", body = NewSecret),
        (status = 404, description = "There is no such webhook.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn roll_outgoing_webhook(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<NewSecret>, Problem> {
    let found = find(&app, &id).await?;
    let secret = outgoing_webhooks::roll(&app.engine, &found, &caller.user.email).await?;
    let rolled = find(&app, &id).await?;
    Ok(Answer(NewSecret {
        secret: secret.expose_secret().to_owned(),
        previous_until: rolled.previous_until.map(|at| at.to_string()),
    }))
}

/// Send a test event to an outgoing webhook
///
/// At once, also to one that is off. It is not listed among the webhook's events.
#[utoipa::path(
    post, path = "/api/v1/outgoing-webhooks/{id}/test", tag = "Outgoing webhooks",
    params(("id" = String, Path, description = "The webhook's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "What became of it.", body = TestedWebhook),
        (status = 404, description = "There is no such webhook.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn test_outgoing_webhook(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<TestedWebhook>, Problem> {
    let found = find(&app, &id).await?;
    let testing = outgoing_webhooks::test(&app.engine, &found, &caller.user.email);
    Ok(Answer(Box::pin(testing).await?.into()))
}

/// Refuses what is wrong with a draft, by field.
async fn check(app: &App, draft: &OutgoingWebhookDraft) -> Result<(), Problem> {
    let wrongs = outgoing_webhooks::check(&app.engine, draft).await?;
    match wrongs.into_iter().next() {
        Some(wrong) => Err(Problem::invalid(wrong.field, wrong.sentence)),
        None => Ok(()),
    }
}

async fn find(app: &App, id: &str) -> Result<OutgoingWebhook, Problem> {
    let missing = || Problem::missing("There is no such outgoing webhook.");
    let id = record_id(id).ok_or_else(missing)?;
    let connection = &mut *app.engine.store.read().await?;
    let found = store::outgoing_webhooks::find(connection, id).await?;
    found.filter(|webhook| webhook.id == id).ok_or_else(missing)
}

/// What names a version of the settings. How the deliveries go is left out: it changes all the time, and
/// nobody edits it.
fn version(webhook: &OutgoingWebhook) -> Result<String, Problem> {
    etag(&(&webhook.id, webhook.version))
}

fn answer(webhook: OutgoingWebhook) -> Result<Response, Problem> {
    let etag = version(&webhook)?;
    let record = OutgoingWebhookRecord::from(webhook);
    Ok(([(ETAG, etag)], Answer(record)).into_response())
}
