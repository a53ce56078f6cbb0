//! The webhook by which Zendesk tells of its changes by itself: looked at, installed, given another secret,
//! removed.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::webhooks::{self, Change, Counts, LONGEST_ADDRESS, Standing, Status};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::record::told;
use crate::api::Caller;
use crate::api::body::{Json, refused};
use crate::api::cases::words;
use crate::app::App;
use crate::form::Wrongs;
use crate::pages::integrations::managed;
use crate::problem::Problem;

/// Deliveries, and what became of them, up to the last minute.
#[derive(Serialize, ToSchema)]
struct DeliveryCounts {
    /// Signed by Zendesk and new: each led to a look at its record.
    noted: u64,
    /// Signed by Zendesk and seen before.
    repeated: u64,
    /// Signed by Zendesk, about nothing that is kept here.
    ignored: u64,
    /// Refused: too large, or not signed by Zendesk just now.
    rejected: u64,
}

impl From<Counts> for DeliveryCounts {
    fn from(counts: Counts) -> Self {
        let Counts {
            noted,
            repeated,
            ignored,
            rejected,
        } = counts;
        Self {
            noted,
            repeated,
            ignored,
            rejected,
        }
    }
}

/// What is known here of the webhook of an integration. Its secret is never shown.
#[derive(Serialize, ToSchema)]
struct IntegrationWebhook {
    /// The address that Zendesk calls.
    endpoint: String,
    /// Zendesk's id of it; null if Deskbridge did not make it.
    remote_id: Option<String>,
    /// When it was set up.
    created_at: String,
    /// When Zendesk last sent something, to the minute; null if it has not.
    last_seen_at: Option<String>,
    /// Until when the former secret is good too; null if there is none.
    previous_until: Option<String>,
    /// What came in.
    counts: DeliveryCounts,
    /// Records that wait to be looked at.
    waiting: i64,
    /// Since when the oldest of them has waited.
    oldest_waiting_at: Option<String>,
    /// That changes came in by polling only, as a sentence.
    silence: Option<String>,
}

impl From<Status> for IntegrationWebhook {
    fn from(status: Status) -> Self {
        Self {
            endpoint: status.endpoint,
            remote_id: status.remote_id,
            created_at: status.created_at.to_string(),
            last_seen_at: told(status.last_seen_at),
            previous_until: told(status.previous_until),
            counts: status.counts.into(),
            waiting: status.waiting,
            oldest_waiting_at: told(status.oldest_waiting_at),
            silence: status.silence,
        }
    }
}

/// The webhook of an integration, and how Zendesk has it.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct IntegrationWebhookState {
    /// The webhook; null if there is none, and changes come in by polling.
    webhook: Option<IntegrationWebhook>,
    /// What Zendesk says of it just now: `active`, `inactive` or `missing`; null if there is none, or if
    /// Zendesk did not say.
    in_zendesk: Option<String>,
    /// Why Zendesk did not say, as a sentence.
    in_zendesk_problem: Option<String>,
}

/// Where Zendesk is to send its events.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookWish {
    /// The address at which Zendesk reaches this installation, such as `https://desk.example.com`; left out,
    /// it is the `web.public_url` of the configuration.
    #[schema(max_length = 300)]
    url: Option<String>,
}

/// The document names it.
const _: () = assert!(LONGEST_ADDRESS == 300);

words! {
    /// What had to be done for a webhook to be there.
    WebhookChange is Change {
        /// There was none of ours; one was made in Zendesk.
        Made,
        /// There was one of ours, and something about it was wrong.
        Mended,
        /// There was one of ours, and all of it was right.
        None,
    }
}

/// The webhook as it is now.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookInstalled {
    /// The address that Zendesk calls.
    endpoint: String,
    /// What had to be done.
    change: WebhookChange,
}

/// A secret that was exchanged.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookRotated {
    /// Until when the former secret is good too.
    previous_until: String,
}

/// Read the webhook of an integration
///
/// Whether Zendesk tells of its changes by itself, and what became of what it told. Zendesk is asked how it has
/// the webhook, for five seconds at most; what is known here is answered all the same.
#[utoipa::path(
    get, path = "/api/v1/integrations/{id}/webhook", tag = "Integrations",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The webhook, or that there is none.", body = IntegrationWebhookState),
        (status = 404, description = "There is no such integration.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn read_integration_webhook(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<IntegrationWebhookState>, Problem> {
    let found = managed(&app, &caller.user, &id).await?;
    let Some(status) = webhooks::status(&app.engine, &found).await? else {
        return Ok(Answer(IntegrationWebhookState::default()));
    };
    let standing = webhooks::standing(&app.engine, &found, &status);
    let (in_zendesk, in_zendesk_problem) = match caller.see(Box::pin(standing).await) {
        Standing::Known(word) => (Some(word), None),
        Standing::Unknown(why) => (None, Some(why)),
    };
    Ok(Answer(IntegrationWebhookState {
        webhook: Some(status.into()),
        in_zendesk,
        in_zendesk_problem,
    }))
}

/// Install the webhook of an integration
///
/// Makes the webhook in Zendesk, or mends the one that is there. Safe to repeat.
#[utoipa::path(
    put, path = "/api/v1/integrations/{id}/webhook", tag = "Integrations", request_body = WebhookWish,
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The webhook is there and calls this address.", body = WebhookInstalled),
        (status = 404, description = "There is no such integration.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Zendesk cannot be reached, or its account refuses it; the sentence says why.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The address is none that Zendesk may call, or none is known.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn install_integration_webhook(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json { value, .. }: Json<WebhookWish>,
) -> Result<Answer<WebhookInstalled>, Problem> {
    let found = managed(&app, &caller.user, &id).await?;
    let url = value.url.as_deref().or(app.options.public_url());
    let actor = &caller.user.email;
    let installing = webhooks::install(&app.engine, &found, url.unwrap_or_default(), actor);
    match Box::pin(installing).await {
        Ok(installed) => Ok(Answer(WebhookInstalled {
            endpoint: installed.endpoint,
            change: installed.change.into(),
        })),
        Err(error) => Err(refused(&Wrongs::refusal(error)?)),
    }
}

/// Exchange the secret of the webhook of an integration
///
/// Has Zendesk sign with another secret. The former one is good for 24 hours more.
#[utoipa::path(
    post, path = "/api/v1/integrations/{id}/webhook/rotate", tag = "Integrations",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "Zendesk signs with a new secret.", body = WebhookRotated),
        (status = 404, description = "There is no such integration.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The integration has no webhook, or Zendesk cannot be reached or refuses it; the sentence says why.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn rotate_integration_webhook(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<WebhookRotated>, Problem> {
    let found = managed(&app, &caller.user, &id).await?;
    let rotating = webhooks::rotate(&app.engine, &found, &caller.user.email);
    let until = Box::pin(rotating).await?;
    Ok(Answer(WebhookRotated {
        previous_until: until.to_string(),
    }))
}

/// Remove the webhook of an integration
///
/// In Zendesk first, then here. Changes come in by polling only.
#[utoipa::path(
    delete, path = "/api/v1/integrations/{id}/webhook", tag = "Integrations",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 204, description = "It was removed."),
        (status = 404, description = "There is no such integration, or it has no webhook.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Zendesk cannot be reached or refuses it; the webhook is still known here, so that it can be removed later.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn remove_integration_webhook(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let found = managed(&app, &caller.user, &id).await?;
    let removing = webhooks::remove(&app.engine, &found, &caller.user.email);
    if Box::pin(removing).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::missing(
        "This integration has no webhook, so there was nothing to remove.",
    ))
}
