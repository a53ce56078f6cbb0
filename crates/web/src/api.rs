//! The REST API: the same nouns as the pages, for programs.
//!
//! Every operation stands in one list ([`Operations`]), of which both the routes and the OpenAPI document
//! are made: what is not in the document cannot be called, and nobody gets by the guard. Programs sign in
//! with a token ([`caller`]) and never with a cookie, so that no site can send something in their name.

mod accounts;
mod answer;
mod attachments;
mod audit;
mod body;
mod caller;
mod cases;
mod checks;
mod conflicts;
mod contacts;
mod credentials;
mod describe;
mod destinations;
mod integrations;
mod me;
mod notifications;
mod operations;
mod orchestrations;
mod page;
mod parked;
mod queries;
mod runs;
mod users;
mod webhooks;
mod workflows;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::OpenApi;

pub(crate) use caller::Caller;
pub(crate) use operations::Operations;

use crate::app::App;
use crate::problem;

/// Where the API is found.
pub(crate) const PLACE: &str = "/api";

/// All operations.
pub(crate) fn operations() -> Operations {
    let nouns: [fn(Operations) -> Operations; 20] = [
        accounts::operations,
        attachments::operations,
        audit::operations,
        cases::operations,
        checks::operations,
        conflicts::operations,
        contacts::operations,
        credentials::operations,
        describe::operations,
        destinations::operations,
        integrations::operations,
        me::operations,
        notifications::operations,
        orchestrations::operations,
        parked::operations,
        queries::operations,
        runs::operations,
        users::operations,
        webhooks::operations,
        workflows::operations,
    ];
    nouns
        .into_iter()
        .fold(Operations::default(), |operations, add| add(operations))
}

/// The document that describes them all.
pub(crate) fn document() -> OpenApi {
    operations().document()
}

/// The service.
pub(crate) fn router(app: &App) -> Router<App> {
    operations()
        .build(app)
        .fallback(problem::no_such_operation)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(from_fn_with_state(app.clone(), problem::become_json))
}
