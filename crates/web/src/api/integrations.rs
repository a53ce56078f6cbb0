//! Integrations over the API: connected accounts, their settings, and what is done with them.

mod backlog;
mod change;
mod deed;
mod maps;
mod record;
mod settings;
mod webhook;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::{IntoResponse as _, Response};
use engine::integration_view;
use store::integrations::Integration;
use utoipa_axum::routes;

use super::page::Page;
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::pages::integrations::find;
use crate::problem::Problem;
use record::{IntegrationRecord, IntegrationSummary};

pub(crate) fn operations(operations: Operations) -> Operations {
    let (see, manage) = (Right::SeeIntegrations, Right::ManageIntegrations);
    operations
        .with(see, routes!(list_integrations))
        .with(Right::AddIntegrations, routes!(change::add_integration))
        .with(see, routes!(read_integration))
        .with(manage, routes!(change::edit_integration))
        .with(manage, routes!(deed::delete_integration))
        .with(manage, routes!(deed::read_loss))
        .with(manage, routes!(deed::activate_integration))
        .with(manage, routes!(deed::deactivate_integration))
        .with(manage, routes!(deed::sync_integration))
        .with(manage, routes!(backlog::read_backlog))
        .with(manage, routes!(backlog::send_backlog))
        .with(manage, routes!(webhook::read_integration_webhook))
        .with(manage, routes!(webhook::install_integration_webhook))
        .with(manage, routes!(webhook::rotate_integration_webhook))
        .with(manage, routes!(webhook::remove_integration_webhook))
}

/// List integrations
///
/// Every connected account by name, with its last run and its next one, on one page.
#[utoipa::path(get, path = "/api/v1/integrations", tag = "Integrations", responses((status = 200, description = "The integrations.", body = Page<IntegrationSummary>)))]
async fn list_integrations(
    State(app): State<App>,
    caller: Caller,
) -> Result<Answer<Page<IntegrationSummary>>, Problem> {
    let lines = integration_view::list(&app.engine).await?;
    let items = caller.see(lines).into_iter();
    Ok(Answer(Page {
        items: items.map(IntegrationSummary::from).collect(),
        next: None,
    }))
}

/// Read an integration
///
/// Its settings, how it signs in (without secrets), and how it does.
#[utoipa::path(
    get, path = "/api/v1/integrations/{id}", tag = "Integrations",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The integration.", body = IntegrationRecord, headers(("ETag" = String, description = "Names this version of the settings."))),
        (status = 404, description = "There is no such integration.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_integration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let integration = find(&app, &id).await?;
    shown(&app, &caller, &integration, StatusCode::OK).await
}

/// The integration as a caller may see it.
async fn read(
    app: &App,
    caller: &Caller,
    integration: &Integration,
) -> Result<IntegrationRecord, Problem> {
    let details = integration_view::details(&app.engine, integration).await?;
    Ok(IntegrationRecord::from(caller.see(details)))
}

/// The same as an answer, with what names the version of its settings.
async fn shown(
    app: &App,
    caller: &Caller,
    integration: &Integration,
    status: StatusCode,
) -> Result<Response, Problem> {
    let record = read(app, caller, integration).await?;
    Ok((status, [(ETAG, record.version()?)], Answer(record)).into_response())
}
